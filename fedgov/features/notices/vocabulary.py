"""What a person can be told, and how lists of it are described."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Why somebody gets a notification."""

    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    MENTION = "mention"
    REPLY = "reply"
    LIKE = "like"
    SHARE = "share"
    REACTION = "reaction"
    POLL = "poll"
    UPDATE = "update"
    MODERATION = "moderation"


class Outcome(StrEnum):
    """What became of somebody's report."""

    RESOLVED = "resolved"
    """An administrator here did something."""
    REJECTED = "rejected"
    """An administrator here found nothing wrong."""
    ACCEPTED_THERE = "accepted_there"
    """The server it was passed on to did something."""
    REFUSED_THERE = "refused_there"
    """The server it was passed on to found nothing wrong."""


class Timeline(StrEnum):
    """Lists of which is remembered how far somebody read."""

    HOME = "home"
    NOTIFICATIONS = "notifications"


class Replies(StrEnum):
    """Answers to whom a list shows, besides those to its owner and those that somebody gives themself."""

    FOLLOWED = "followed"
    """To everybody whom its owner follows."""
    LIST = "list"
    """To others who are on it."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonList:
    """A list of people.

    Args:
        id: Row id.
        title: Plain text.
        replies: Answers to whom it shows.
        exclusive: What it shows does not come to the home timeline.
    """

    id: int
    title: str
    replies: Replies
    exclusive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody on a list; ``id`` sorts by when they were added."""

    id: int
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeEntry:
    """A post on somebody's home timeline.

    Args:
        entry_id: Where it sorts: row id of the object, or of the share that brought it.
        object_id: Row id of the object.
        author: URI of who wrote it; empty when no longer known.
        shared_by: URI of who brought it here, or None.
    """

    entry_id: int
    object_id: int
    author: str
    shared_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Something that happened and concerns somebody here.

    Args:
        id: Row id; sorts by time.
        kind: Why.
        at: Milliseconds since the epoch.
        actor: URI of who did it, or None.
        object_id: Row id of the post, or None.
        emoji: Of a reaction; empty otherwise.
        outcome: Of a report, or None.
        text: What the administrator wrote about it, plain text; may be empty.
        unread: It is newer than how far the person read.
    """

    id: int
    kind: Kind
    at: int
    actor: str | None = None
    object_id: int | None = None
    emoji: str = ""
    outcome: Outcome | None = None
    text: str = ""
    unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """A post that somebody saved; ``id`` sorts by when."""

    id: int
    object_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """How far somebody read.

    Args:
        last_read_id: Row id of the newest item seen.
        version: Counts the changes.
        updated_at: Milliseconds since the epoch.
    """

    timeline: Timeline
    last_read_id: int
    version: int
    updated_at: int
