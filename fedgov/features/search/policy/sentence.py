"""The words and operators with which posts are looked for, as people know them from Mastodon.

Whatever is typed means something: an operator that is not one, or says nothing that can be, is words like any other.

Spec: https://docs.joinmastodon.org/methods/search/; https://docs.joinmastodon.org/user/searching/
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from fedgov.features.posts.vocabulary import PostSearch
from fedgov.features.search.policy.wanted import tidy
from fedgov.kernel.text.words import Phrase, words_of

MAX_PARTS: Final = 16
"""More than so many words and operators nobody means; those after them count for nothing."""
BEGINS_FROM: Final = 3
"""So many letters are enough to find longer words that begin with them.

The last word that is typed may go on, as every word with a star: so a search can be seen to narrow while somebody
types, and what begins with one of several frequent words need not be gathered for each of them.
"""

_PART: Final = re.compile(
    r"(?P<minus>-)?(?:(?P<operator>[A-Za-z]+):)?(?:[\"“”](?P<quoted>[^\"“”]*)[\"“”]?|(?P<word>[^\s\"“”]+))"
)
_HAS: Final = {
    "media": "media", "attachment": "media", "image": "image", "video": "video", "audio": "audio", "file": "document",
    "poll": "poll", "link": "link", "embed": "link", "quote": "quote",
}  # fmt: skip
_IS: Final = {"reply": "reply", "sensitive": "sensitive", "quote": "quote"}
_DATE: Final = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What somebody typed to find posts.

    Args:
        search: What they must be like, but for their authors.
        by: Handles of their author, as typed; ``me`` is who asks.
        not_by: Handles of who has not written them.
    """

    search: PostSearch = field(default_factory=PostSearch)
    by: tuple[str, ...] = ()
    not_by: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it asks for anything."""
        return self != Sentence()


def read_sentence(text: str) -> Sentence:
    """Return what posts somebody is looking for; never raises.

    Args:
        text: As typed.
    """
    found = Sentence()
    parts = list(_PART.finditer(tidy(text)))[:MAX_PARTS]
    for part in parts:
        found = _read_part(found, part, is_last=part is parts[-1])
    return found


def _read_part(sentence: Sentence, part: re.Match[str], *, is_last: bool) -> Sentence:
    operator, is_quoted = (part["operator"] or "").lower(), part["quoted"] is not None
    value = part["quoted"] if is_quoted else part["word"]
    reader = _OPERATORS.get(operator)
    if reader is not None:
        read = reader(sentence, value.lower(), bool(part["minus"]))
        if read is not None:
            return read
    words = tuple(words_of(f"{operator} {value}"))
    if not words:
        return sentence
    search = sentence.search
    if part["minus"]:
        refused = Phrase(words, begins=value.endswith("*") and not is_quoted)
        return replace(sentence, search=replace(search, without=(*search.without, refused)))
    goes_on = (is_last or value.endswith("*")) and len(words[-1]) >= BEGINS_FROM
    wanted = Phrase(words, begins=goes_on and not is_quoted)
    return replace(sentence, search=replace(search, phrases=(*search.phrases, wanted)))


# --- operators: each returns None when the value says nothing ---------------------------------------------------


def _has(sentence: Sentence, value: str, refused: bool) -> Sentence | None:
    return _trait(sentence, _HAS.get(value), refused)


def _is(sentence: Sentence, value: str, refused: bool) -> Sentence | None:
    return _trait(sentence, _IS.get(value), refused)


def _trait(sentence: Sentence, trait: str | None, refused: bool) -> Sentence | None:
    if trait is None:
        return None
    search = sentence.search
    if refused:
        return replace(sentence, search=replace(search, without_traits=(*search.without_traits, trait)))
    return replace(sentence, search=replace(search, traits=(*search.traits, trait)))


def _from(sentence: Sentence, value: str, refused: bool) -> Sentence | None:
    handle = value.lstrip("@")
    if not handle:
        return None
    if refused:
        return replace(sentence, not_by=(*sentence.not_by, handle))
    return replace(sentence, by=(*sentence.by, handle))


def _language(sentence: Sentence, value: str, refused: bool) -> Sentence | None:
    if not _LANGUAGE.fullmatch(value):
        return None
    search = sentence.search
    if refused:
        return replace(sentence, search=replace(search, without_languages=(*search.without_languages, value)))
    return replace(sentence, search=replace(search, languages=(*search.languages, value)))


def _in(sentence: Sentence, value: str, refused: bool) -> Sentence | None:
    if refused:
        return None
    match value:
        case "all" | "public" | "library":
            return replace(sentence, search=replace(sentence.search, where=value))
    return None


def _before(sentence: Sentence, value: str, refused: bool) -> Sentence | None:
    span = _span(value)
    if span is None:
        return None
    return _days(sentence, (span[0], None) if refused else (None, span[0] - timedelta(days=1)))


def _after(sentence: Sentence, value: str, refused: bool) -> Sentence | None:
    span = _span(value)
    if span is None:
        return None
    return _days(sentence, (None, span[1]) if refused else (span[1] + timedelta(days=1), None))


def _during(sentence: Sentence, value: str, refused: bool) -> Sentence | None:
    span = _span(value)
    return None if span is None or refused else _days(sentence, span)


def _days(sentence: Sentence, span: tuple[date | None, date | None]) -> Sentence:
    search = sentence.search
    return replace(sentence, search=replace(search, days=(*search.days, span)))


def _span(value: str) -> tuple[date, date] | None:
    """Return the first and the last day of a day, a month or a year."""
    found = _DATE.fullmatch(value)
    if found is None or not 1970 <= int(found["year"]) <= 9000:
        return None
    year, month, day = int(found["year"]), int(found["month"] or 0), int(found["day"] or 0)
    if found["month"] is None:
        return date(year, 1, 1), date(year, 12, 31)
    if not 1 <= month <= 12 or (found["day"] is not None and not 1 <= day <= calendar.monthrange(year, month)[1]):
        return None
    if found["day"] is None:
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


_OPERATORS: Final[dict[str, Callable[[Sentence, str, bool], Sentence | None]]] = {
    "has": _has,
    "is": _is,
    "from": _from,
    "language": _language,
    "lang": _language,
    "in": _in,
    "before": _before,
    "after": _after,
    "during": _during,
}
