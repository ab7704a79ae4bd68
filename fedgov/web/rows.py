"""Rows of the lists on settings and administration pages, as plain data.

All times are milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fedgov.web.cards import PersonCard, PostCard

DeliveryState = Literal["queued", "retry", "sent", "parked", "failed", "withdrawn"]
ReportState = Literal["open", "resolved", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """Somewhere a person is logged in; ``device`` in plain words."""

    id: int
    device: str
    created_at: int
    last_used_at: int
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRow:
    """A program that can use the reader's account.

    Args:
        app_id: Row id of the app; None for a token made on the command line.
        token_id: Row id of its (newest) token.
        website: URL, or None.
        website_host: Host of that, for people to read; empty without one.
        scopes: What it may do.
        since: When it first got access.
    """

    app_id: int | None
    token_id: int
    name: str
    website: str | None
    website_host: str
    scopes: tuple[str, ...]
    since: int
    last_used_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowRequestRow:
    """Somebody asks to follow the reader."""

    person: PersonCard
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """An entry of the audit log.

    ``words`` is a message of the catalogue; ``who`` and ``target`` are names or empty.
    """

    number: int
    at: int
    kind: str
    words: str
    who: str
    door: str
    source: str
    target: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewCard:
    """The state of the instance in numbers."""

    accounts: int
    posts: int
    peers: int
    queued: int
    failed: int
    parked: int
    reports: int
    blocks: int
    oldest_queued_at: int | None = None
    database: str = ""
    disk_free: int | None = None
    started_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One message on its way to one peer.

    Args:
        activity: Type such as ``Create``.
        object_url: Path of the page about it, or None.
        reason: Why it waits or failed.
        sender: ``@name@host`` of who sends it.
    """

    id: int
    host: str
    activity: str
    state: DeliveryState
    created_at: int
    attempts: int = 0
    next_attempt_at: int | None = None
    reason: str = ""
    sender: str = ""
    object_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    """Another instance.

    Args:
        software: Such as ``mastodon 4.6.2``; empty when unknown.
        signature: Shape that it accepts, such as ``RFC 9421 · Ed25519``; empty when not learned.
        parked: Deliveries rest because it does not answer.
        pinned: A learned signature shape or key is fixed for it.
        blocked: On the block list.
    """

    host: str
    name: str = ""
    software: str = ""
    signature: str = ""
    last_contact_at: int | None = None
    last_failure: str = ""
    queued: int = 0
    parked: bool = False
    pinned: bool = False
    blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRow:
    """A domain that this instance exchanges nothing with (or, in ``listed`` mode, does)."""

    domain: str
    reason: str
    created_at: int
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedRow:
    """A message that came in and could not be handled.

    Args:
        json: The message, indented, as received.
    """

    id: int
    received_at: int
    origin: str
    activity: str
    reason: str
    attempts: int = 0
    json: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """Somebody asks an administrator to look."""

    id: int
    at: int
    about: PersonCard
    comment: str
    reporter: PersonCard | None = None
    posts: tuple[PostCard, ...] = ()
    state: ReportState = "open"
    forwarded: bool = False
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account of this instance, for its administrator."""

    id: int
    person: PersonCard
    username: str
    created_at: int
    administrator: bool = False
    disabled: bool = False
    last_seen_at: int | None = None
    posts: int = 0
    pending: bool = False
    """It waits for an administrator."""
    reason: str = ""
    """Why somebody who waits wants it, plain text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRow:
    """An earlier text of a post."""

    post: PostCard
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SanctionRow:
    """What an administrator decided about somebody, here or elsewhere.

    Args:
        limited: Shown only to those who follow them.
        covered: What they post is covered.
        suspended: Shown to nobody.
    """

    person: PersonCard
    limited: bool = False
    covered: bool = False
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiRow:
    """A custom emoji of this instance.

    Args:
        id: Row id.
        shortcode: Its name, without colons.
        category: The heading under which it is listed; may be empty.
        url: Path of its picture, standing still.
        hidden: In no list to choose from.
        created_at: When it was added, in milliseconds since the epoch.
    """

    id: int
    shortcode: str
    category: str
    url: str
    hidden: bool
    created_at: int
