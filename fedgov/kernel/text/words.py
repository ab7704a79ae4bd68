"""The words of a text as they are searched for: small letters, without accents, one after the other."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MAX_WORD: Final = 60
"""Characters of one word that count; nobody types more, and an index need not hold what is no word at all."""

_SPECIAL: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})
_WORDS_OF_ASCII: Final = re.compile(r"[0-9a-z]+")
_IDEOGRAPH: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORDS: Final = re.compile(f"(?![\\W_])[{_IDEOGRAPH}]|(?:(?![{_IDEOGRAPH}])[^\\W_])+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one after the other.

    Args:
        words: As `fedgov.kernel.text.words` gives them; at least one.
        begins: Whether the last of them may go on: ``fiets`` then finds ``fietspad``.
    """

    words: tuple[str, ...]
    begins: bool = False


def words_of(text: str) -> list[str]:
    """Return the words of a text in order; what is between them is left out.

    ``Café-bezoek`` is ``cafe`` and ``bezoek``. Scripts without spaces give one word for each character, so that
    a row of them is found as the phrase that it is.

    Args:
        text: Plain text; never raises.
    """
    small = text.casefold()
    if small.isascii():
        return [word[:MAX_WORD] for word in _WORDS_OF_ASCII.findall(small)]
    return [word[:MAX_WORD] for word in _WORDS.findall(_without_accents(small))]


def _without_accents(small: str) -> str:
    apart = unicodedata.normalize("NFKD", small)
    kept = (each for each in apart if unicodedata.category(each) not in ("Mn", "Me", "Cf"))
    return "".join(kept).casefold().translate(_SPECIAL)
