"""Rules about what people make for themselves here; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Final

from fedgov.features.notices.vocabulary import (
    GROUPED,
    Filter,
    FilterAction,
    FilterContext,
    FilterMatch,
    Kind,
    NotificationPolicy,
    PushPolicy,
    Sender,
    Wish,
)
from fedgov.kernel.clock import DAY, first_id_at
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.text.emoji import is_emoji
from fedgov.kernel.text.plain import clean_name

MAX_TITLE: Final = 256


def checked_title(title: str) -> str:
    """Return the title of a list or a filter as one clean line.

    Raises:
        InvalidError: It is empty.
    """
    found = clean_name(title, limit=MAX_TITLE)
    if not found:
        raise InvalidError("a title is needed", field="title")
    return found


# --- announcements ----------------------------------------------------------------------------------------------

MAX_ANNOUNCEMENT: Final = 10_000
"""Characters of an announcement."""
MAX_ANNOUNCED_EMOJI: Final = 8
"""Different emoji under one announcement."""


def checked_announcement(text: str, *, starts_at: int | None, ends_at: int | None) -> str:
    """Return the text of an announcement without space around it.

    Args:
        text: As typed.
        starts_at: From when it is shown, in milliseconds since the epoch, or None.
        ends_at: The last moment, or None.

    Raises:
        InvalidError: It says nothing or too much, or ends before it begins.
    """
    words = text.replace("\x00", "").strip()
    if not words:
        raise InvalidError("write what you want to announce", field="text")
    if len(words) > MAX_ANNOUNCEMENT:
        raise InvalidError("the announcement is too long", field="text")
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise InvalidError("the end must be after the start", field="ends")
    return words


def checked_reaction(emoji: str, *, there: Sequence[str], own: Collection[str]) -> str:
    """Return an emoji that may be put under an announcement.

    Args:
        emoji: As sent: a Unicode one, or the name of one of our own, with or without colons.
        there: The different ones that are there.
        own: Those of these names that are custom emoji of this instance.

    Raises:
        InvalidError: It is no emoji, or there are too many different ones already.
    """
    named = emoji.strip().strip(":")
    if named not in own and not is_emoji(named):
        raise InvalidError("that is not an emoji", field="name")
    if named not in there and len(there) >= MAX_ANNOUNCED_EMOJI:
        raise InvalidError("there are enough different reactions already", field="name")
    return named


# --- filters ----------------------------------------------------------------------------------------------------

MAX_KEYWORD: Final = 500
_SPACES: Final = re.compile(r"\s+")


def checked_keyword(keyword: str) -> str:
    """Return what a filter looks for as one line.

    Raises:
        InvalidError: It is empty or too long.
    """
    found = _SPACES.sub(" ", keyword).strip()
    if not found:
        raise InvalidError("a keyword is needed", field="keyword")
    if len(found) > MAX_KEYWORD:
        raise InvalidError(f"a keyword has at most {MAX_KEYWORD} characters", field="keyword")
    return found


def checked_contexts(contexts: Iterable[FilterContext]) -> tuple[FilterContext, ...]:
    """Return where a filter works, each place once.

    Raises:
        InvalidError: It works nowhere.
    """
    found = tuple(dict.fromkeys(contexts))
    if not found:
        raise InvalidError("say where the filter works", field="context")
    return found


def matches(filters: Sequence[Filter], *, object_id: int, texts: Sequence[str], now: int) -> tuple[FilterMatch, ...]:
    """Return which filters are about a post; those that ended are not.

    Args:
        filters: Of the reader.
        object_id: Row id of the post.
        texts: What it says, as plain texts: title, note in advance, content, answers of a poll, descriptions.
        now: Milliseconds since the epoch.
    """
    whole = "\n".join(_SPACES.sub(" ", text) for text in texts)
    found = []
    for each in filters:
        if each.expires_at is not None and each.expires_at <= now:
            continue
        words = tuple(word.keyword for word in each.keywords if _pattern(word.keyword, word.whole_word).search(whole))
        named = any(post.object_id == object_id for post in each.posts)
        if words or named:
            found.append(FilterMatch(filter=each, keywords=words, named=named))
    return tuple(found)


def is_hidden(found: Iterable[FilterMatch], *, context: FilterContext | None) -> bool:
    """Tell whether one of the filters leaves the post out of this place.

    Args:
        found: What `matches` gave.
        context: Where the post would be; None for where filters hide nothing, such as the post's own page.
    """
    return any(each.filter.action is FilterAction.HIDE and context in each.filter.contexts for each in found)


@lru_cache(maxsize=4_096)
def _pattern(keyword: str, whole_word: bool) -> re.Pattern[str]:
    """Return what finds a keyword; only where it begins or ends with a letter or digit can it be part of a word."""
    before = r"(?<!\w)" if whole_word and re.match(r"\w", keyword) else ""
    after = r"(?!\w)" if whole_word and re.search(r"\w\Z", keyword) else ""
    return re.compile(f"{before}{re.escape(keyword)}{after}", re.IGNORECASE)


# --- notifications ----------------------------------------------------------------------------------------------

NEW_FOR: Final = 30 * DAY
"""Milliseconds that an account counts as new."""
SPAN: Final = first_id_at(DAY // 2)
"""Row ids of half a day: what happens in the same way in that time is one group."""
NEVER_FILTERED: Final = frozenset(
    {Kind.POLL, Kind.UPDATE, Kind.QUOTED_UPDATE, Kind.MODERATION, Kind.SIGN_UP, Kind.REPORT}
)
"""What nobody sends to anybody: a policy about senders says nothing about it."""
_GROUP: Final = re.compile(r"([a-z_]{1,20})-([0-9]{1,19})-([0-9]{1,9})")
_SINGLE: Final = re.compile(r"ungrouped-([0-9]{1,19})")
_STRICTNESS: Final = (Wish.ACCEPT, Wish.FILTER, Wish.DROP)


def wish(policy: NotificationPolicy, *, sender: Sender, now: int) -> Wish:
    """Return what happens to a notification: the strictest that applies.

    Args:
        policy: What the person wants.
        sender: What is known of who caused it.
        now: Milliseconds since the epoch.
    """
    found = [Wish.ACCEPT]
    if not sender.followed:
        found.append(policy.not_following)
    if not sender.follower:
        found.append(policy.not_followers)
    if not sender.followed and sender.limited:
        found.append(policy.limited_accounts)
    if not sender.followed and sender.known_since > now - NEW_FOR:
        found.append(policy.new_accounts)
    if not sender.followed and sender.unasked:
        found.append(policy.private_mentions)
    return max(found, key=_STRICTNESS.index)


def group_key(kind: Kind, *, subject_id: int, notification_id: int, grouped: frozenset[Kind] = GROUPED) -> str:
    """Return the name of the group that a notification is in; of its own where its kind is not grouped."""
    if kind not in grouped:
        return f"ungrouped-{notification_id}"
    return f"{kind.value}-{subject_id}-{notification_id // SPAN}"


def read_group_key(key: str) -> tuple[Kind, int, int] | int | None:
    """Return kind, subject and number of the span of a group; the row id where it is one notification alone.

    Args:
        key: As `group_key` gave it; None is returned for anything else.
    """
    single = _SINGLE.fullmatch(key)
    if single is not None:
        return int(single[1])
    found = _GROUP.fullmatch(key)
    if found is None or found[1] not in {kind.value for kind in GROUPED}:
        return None
    return Kind(found[1]), int(found[2]), int(found[3])


# --- push messages ----------------------------------------------------------------------------------------------


def wants_push(policy: PushPolicy, *, followed: bool, follower: bool) -> bool:
    """Tell whether an app wants to be told of what somebody does.

    Args:
        policy: Of what whom does.
        followed: The person follows them.
        follower: They follow the person.
    """
    match policy:
        case PushPolicy.ALL:
            return True
        case PushPolicy.FOLLOWED:
            return followed
        case PushPolicy.FOLLOWER:
            return follower
        case PushPolicy.NONE:
            return False
