"""What other rooms may hear from this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from fedgov.activitystreams.audience import Visibility
from fedgov.kernel.clock import SECOND
from fedgov.kernel.text.words import Phrase

PENDING: Final = "pending"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
REVOKED: Final = "revoked"
"""How a quotation stands with the author of what it quotes."""


class QuotePolicy(StrEnum):
    """Who may quote a post."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    ASK_OTHERS = "ask_others"
    """Followers at once; whoever else wants to, asks its author."""
    ASK = "ask"
    """Everybody asks its author."""
    NOBODY = "nobody"

    @property
    def at_once(self) -> QuotePolicy:
        """Who may without being looked at: all that apps of Mastodon can say."""
        return {QuotePolicy.ASK_OTHERS: QuotePolicy.FOLLOWERS, QuotePolicy.ASK: QuotePolicy.NOBODY}.get(self, self)


Consent = Literal["automatic", "manual", "denied", "unknown"]
"""What somebody may expect who quotes a post."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAppeared:
    """A post is in the store for the first time.

    Args:
        object_id: Row id of the object.
        uri: Its id.
        author: URI of the actor.
        visibility: Who may read it.
        published_at: Milliseconds since the epoch.
        in_reply_to_author: URI of whom it answers, when known.
        mentions: URIs of the actors it names.
        is_backfill: It is older news, fetched to complete a thread: no notifications, no timelines.
    """

    object_id: int
    uri: str
    author: str
    visibility: Visibility
    published_at: int
    in_reply_to_author: str | None = None
    mentions: tuple[str, ...] = ()
    is_backfill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostChanged:
    """A post was edited by its author."""

    object_id: int
    uri: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRemoved:
    """A post was deleted."""

    object_id: int
    uri: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLiked:
    """Somebody liked a post, or reacted to it with an emoji."""

    object_id: int
    uri: str
    by: str
    author: str
    emoji: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostUnliked:
    """A like or reaction was taken back."""

    object_id: int
    by: str
    emoji: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostShared:
    """Somebody shared a post with their followers.

    Args:
        object_id: Row id of the object.
        uri: Its id.
        by: URI of who shared it.
        author: URI of who wrote it.
        share_id: Row id of the share; it sorts in timelines by this.
        visibility: Who may see the share.
    """

    object_id: int
    uri: str
    by: str
    author: str
    share_id: int
    visibility: Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class PostQuoted:
    """Somebody quotes a post, with its author's consent.

    Args:
        object_id: Row id of the post that quotes.
        by: URI of who quotes.
        author: URI of who is quoted.
    """

    object_id: int
    by: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteAsked:
    """Somebody wants to quote a post of somebody here who looks at that first.

    Args:
        object_id: Row id of the post that quotes.
        by: URI of who asks.
        author: URI of who is asked.
    """

    object_id: int
    by: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteSettled:
    """Nobody waits for an answer to that any more; the same as in `QuoteAsked`."""

    object_id: int
    by: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostUnshared:
    """A share was taken back."""

    object_id: int
    by: str
    share_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PollEnded:
    """A poll of somebody here, or in which somebody here voted, is over."""

    object_id: int
    author: str
    voters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentDraft:
    """A file that a person hangs on a post.

    Args:
        media_id: Row id of the uploaded file.
        alt: Description, plain text; may be empty.
    """

    media_id: int
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollDraft:
    """A poll that a person writes.

    Args:
        options: Plain texts, in order.
        ends_at: When it closes, in milliseconds since the epoch.
        multiple: Several answers may be chosen.
    """

    options: tuple[str, ...]
    ends_at: int
    multiple: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDraft:
    """A post as somebody wants it, before anything of it is looked up.

    Args:
        text: Markdown.
        visibility: Who may read it.
        reply_to: Row id of the post that it answers.
        summary: Note in advance, plain text.
        language: BCP 47 tag; None: the language of the instance.
        sensitive: Whether pictures should be covered at first.
        media_ids: Row ids of uploaded files, which have their descriptions already.
        poll_options: Answers of a poll, in order; none: no poll.
        poll_seconds: How long it is open.
        poll_multiple: Several answers may be chosen.
        quote: Row id of the post that it quotes.
        quote_policy: Who may quote it; None: what the author chose once for all.
    """

    text: str
    visibility: Visibility
    reply_to: int | None = None
    summary: str = ""
    language: str | None = None
    sensitive: bool = False
    media_ids: tuple[int, ...] = ()
    poll_options: tuple[str, ...] = ()
    poll_seconds: int = 0
    poll_multiple: bool = False
    quote: int | None = None
    quote_policy: QuotePolicy | None = None

    def poll(self, *, now: int) -> PollDraft | None:
        """Return its poll, when it is published now (milliseconds since the epoch)."""
        if not self.poll_options:
            return None
        ends_at = now + self.poll_seconds * SECOND
        return PollDraft(options=self.poll_options, ends_at=ends_at, multiple=self.poll_multiple)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledPost:
    """A post that is to be published later.

    Args:
        id: Row id.
        author: URI of the local actor.
        due_at: When, in milliseconds since the epoch.
        draft: What.
        refusal: Why it could not be published when it was due; empty while it waits.
    """

    id: int
    author: str
    due_at: int
    draft: PostDraft
    refusal: str = ""


Where = Literal["all", "public", "library"]
"""Everything that one may find, what everyone may read, or what one wrote, was named in or did something with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSearch:
    """What a post must be like to be found.

    Args:
        phrases: Words that stand in it, all of them.
        without: Words that do not stand in it.
        traits: What it has or is: ``media``, ``image``, ``video``, ``audio``, ``document``, ``poll``, ``link``,
            ``quote``, ``reply``, ``sensitive``; all of them.
        without_traits: What it has not and is not.
        authors: URIs of its author.
        without_authors: URIs of who has not written it.
        languages: Language codes.
        without_languages: Language codes.
        days: First and last day on which it was written, in UTC; None for an open end.
        where: Among what.
    """

    phrases: tuple[Phrase, ...] = ()
    without: tuple[Phrase, ...] = ()
    traits: tuple[str, ...] = ()
    without_traits: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    without_authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    without_languages: tuple[str, ...] = ()
    days: tuple[tuple[date | None, date | None], ...] = ()
    where: Where = "all"
