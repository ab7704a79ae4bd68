"""What may be done with a post, by whom. Pure; the doors and the services ask here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.features.posts.vocabulary import PollDraft
from fedgov.kernel.clock import DAY, MINUTE
from fedgov.kernel.config import PostSettings
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.text.emoji import is_emoji

MAX_TITLE: Final = 200
MAX_SUMMARY: Final = 500
MAX_ALT: Final = 1_500
MAX_OPTION: Final = 100
MIN_POLL: Final = 5 * MINUTE
MAX_POLL: Final = 31 * DAY
MIN_SCHEDULE: Final = 5 * MINUTE
MAX_SCHEDULE: Final = 5 * 366 * DAY
MAX_SCHEDULED: Final = 300
"""Most messages of one person that wait for their time."""

MAX_MENTIONS: Final = 50
MAX_PINS: Final = 10
MAX_PINS_ELSEWHERE: Final = 2 * MAX_PINS
"""Kept of somebody elsewhere: their server has its own limit, and the end of an old one may come after a new one."""
MAX_REACTIONS: Final = 10
"""Different emoji that one actor may give one post."""

_HEARTS: Final = frozenset({"", "❤", "❤️", "♥", "♥️"})
_SHORTCODE: Final = re.compile(r":[A-Za-z0-9_+-]{1,100}(?:@[A-Za-z0-9.:-]{1,100})?:\Z")


_REPLIES: Final = {
    Visibility.PUBLIC: tuple(Visibility),
    Visibility.UNLISTED: tuple(Visibility),
    Visibility.FOLLOWERS: (Visibility.FOLLOWERS, Visibility.DIRECT),
    Visibility.DIRECT: (Visibility.DIRECT,),
    Visibility.ORGANISATION: (Visibility.ORGANISATION,),
}


def may_edit(*, author: str, actor: str) -> bool:
    """Tell whether somebody may change a post: its author alone."""
    return author == actor


def may_delete(*, author: str, actor: str) -> bool:
    """Tell whether somebody may delete a post: its author. What moderators do is theirs."""
    return author == actor


def may_share(visibility: Visibility) -> bool:
    """Tell whether a post may be passed on to others' followers: only what everyone may read already.

    Spec: row AC-15 of the threat table.
    """
    return visibility in FOR_EVERYONE


def quote_audiences(own: Visibility) -> tuple[Visibility, ...]:
    """Return who a quotation of an own message may be for that not everybody may read; of a direct one, nobody.

    Spec: row AC-15 of the threat table.
    """
    return () if own is Visibility.DIRECT else (own,)


def reply_audiences(parent: Visibility) -> tuple[Visibility, ...]:
    """Return who a reply may be for: never more people than what it answers.

    "Followers" in a reply means the followers of who replies, as everywhere in
    the fediverse; it is as narrow as what it answers, though not the same people.
    """
    return _REPLIES[parent]


def check_reply(*, parent: Visibility, reply: Visibility) -> None:
    """Refuse a reply that more people could read than what it answers.

    Raises:
        InvalidError: It would be wider.
    """
    if reply not in reply_audiences(parent):
        raise InvalidError("a reply cannot be for more people than the message it answers", field="audience")


def reaction_key(emoji: str | None) -> str:
    """Return how a reaction is stored: the emoji itself, or the empty text for a like.

    A heart is a like: that is what servers without other reactions show it as.

    Args:
        emoji: One emoji, ``:shortcode:`` of a custom one, or None.

    Raises:
        InvalidError: It is something else.

    Spec: FEP-c0e0.
    """
    key = (emoji or "").strip()
    if key in _HEARTS:
        return ""
    if _SHORTCODE.match(key):
        return f":{key.strip(':').partition('@')[0]}:"
    if not is_emoji(key):
        raise InvalidError("that is not an emoji", field="emoji")
    return key


def counts_as_reply(*, parent: Visibility, reply: Visibility) -> bool:
    """Tell whether a reply is in the number that stands under a post: one that its readers can read too."""
    return reply in FOR_EVERYONE or reply is parent


def may_vote(*, author: str, voter: str, closed: bool, has_voted: bool) -> bool:
    """Tell whether somebody may vote: once, while it is open, not in one's own poll.

    Spec: row AUT-14 of the threat table.
    """
    return author != voter and not closed and not has_voted


def check_text(
    text: str, *, settings: PostSettings, title: str = "", summary: str = "", has_more: bool = False
) -> None:
    """Refuse a text that is empty or too long.

    Args:
        text: What was typed.
        settings: Limits of this instance.
        title: Plain text.
        summary: Plain text.
        has_more: A file hangs on it, so the text may be empty.

    Raises:
        InvalidError: Naming the field.
    """
    if not text.strip() and not has_more:
        raise InvalidError("the message is empty", field="text")
    if len(text) > settings.max_characters:
        raise InvalidError("the message is too long", field="text")
    if len(title) > MAX_TITLE:
        raise InvalidError("the title is too long", field="title")
    if len(summary) > MAX_SUMMARY:
        raise InvalidError("the note in advance is too long", field="summary")


def check_attachments(alts: Sequence[str], *, settings: PostSettings) -> None:
    """Refuse too many files or too long descriptions.

    Raises:
        InvalidError: Naming the field.
    """
    if len(alts) > settings.max_attachments:
        raise InvalidError("there are too many attachments", field="attachment1")
    if any(len(alt) > MAX_ALT for alt in alts):
        raise InvalidError("a description is too long", field="alt1")


def check_poll(poll: PollDraft, *, settings: PostSettings, now: int) -> None:
    """Refuse a poll that cannot be answered.

    Raises:
        InvalidError: Naming the field.
    """
    options = poll.options
    if not 2 <= len(options) <= settings.max_poll_options:
        raise InvalidError("a poll needs at least two answers, and not too many", field="poll_option1")
    if any(not option.strip() or len(option) > MAX_OPTION for option in options):
        raise InvalidError("an answer is empty or too long", field="poll_option1")
    if len({option.casefold() for option in options}) != len(options):
        raise InvalidError("two answers are the same", field="poll_option1")
    if not MIN_POLL <= poll.ends_at - now <= MAX_POLL:
        raise InvalidError("a poll is open for five minutes to a month", field="poll_ends")


def check_schedule(due_at: int, *, now: int) -> None:
    """Refuse a time that is too soon to be called later, or so far away that nobody will know of it any more.

    Raises:
        InvalidError: It is.
    """
    if due_at - now < MIN_SCHEDULE:
        raise InvalidError("a message can be planned from five minutes ahead", field="scheduled_at")
    if due_at - now > MAX_SCHEDULE:
        raise InvalidError("a message can be planned for the next five years", field="scheduled_at")
