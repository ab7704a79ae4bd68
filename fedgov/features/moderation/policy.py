"""What a report may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fedgov.kernel.errors import InvalidError, RateLimitedError

MAX_TEXT: Final = 5_000
"""Characters of an explanation (AUT-12)."""

MAX_OBJECTS: Final = 50
"""Most posts in one report."""

MAX_NOTE: Final = 1_000
MAX_OPEN: Final = 100
"""Most open reports of one reporter; another server reports everything as one."""

_RETRY_AFTER: Final = 3_600.0


def check_text(text: str) -> str:
    """Return an explanation without space around it.

    Raises:
        InvalidError: It is too long.
    """
    words = text.replace("\x00", "").strip()
    if len(words) > MAX_TEXT:
        raise InvalidError("the explanation is too long", field="comment")
    return words


def check_note(note: str) -> str:
    """Return an administrator's note without space around it.

    Raises:
        InvalidError: It is too long.
    """
    words = note.replace("\x00", "").strip()
    if len(words) > MAX_NOTE:
        raise InvalidError("the note is too long", field="note")
    return words


def check_rules(numbers: Iterable[int], *, rules: Sequence[str]) -> list[str]:
    """Return the words of the house rules with these numbers, counted from one.

    Raises:
        InvalidError: There is no such rule.
    """
    wanted = list(dict.fromkeys(numbers))
    if any(not 1 <= number <= len(rules) for number in wanted):
        raise InvalidError("there is no such rule", field="rule_ids")
    return [rules[number - 1] for number in wanted]


def shorten(text: str) -> str:
    """Return as much of another server's explanation as is kept."""
    return text.replace("\x00", "").strip()[:MAX_TEXT]


def distinct(uris: Iterable[str]) -> list[str]:
    """Return the URIs once each, in their order, as many as a report may name."""
    return list(dict.fromkeys(uris))[:MAX_OBJECTS]


def check_number(open_reports: int) -> None:
    """Refuse one more report of somebody who has very many open ones (AUT-12).

    Raises:
        RateLimitedError: Later, when some were decided, it may be accepted.
    """
    if open_reports >= MAX_OPEN:
        raise RateLimitedError("there are too many open reports already", retry_after=_RETRY_AFTER)
