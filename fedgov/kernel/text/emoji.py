"""Custom emoji: where ``:shortcode:`` in a text is a small picture. This is the one place that decides it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from html import escape
from typing import Final

MAX_EMOJI: Final = 64
"""Most different emoji of one object or actor."""

MAX_PICTURES: Final = 256
"""Most pictures in one text; what comes after is text, so that nobody can fill a page with a hundred thousand."""

_LONGEST: Final = 24
_SHORTCODE: Final = re.compile(r"[A-Za-z0-9_]{2,64}\Z")
_NAMED: Final = re.compile(r"(?<![A-Za-z0-9]):([A-Za-z0-9_]{2,64})(?=:(?![A-Za-z0-9]))")
_TAG: Final = re.compile(r'(<(?:[^>"]|"[^"]*")*>)')
_NAME: Final = re.compile(r"</?([a-z0-9]+)")
_LITERAL: Final = frozenset({"a", "code", "kbd", "pre", "samp"})
"""In these the text stays as it is: code is shown as written, and a picture in the text of a link could spell
another address than the link leads to."""


def is_emoji(text: str) -> bool:
    """Tell whether this is one Unicode emoji, and no word and no custom one."""
    if len(text) > _LONGEST or not _has_symbol(text):
        return False
    return not any(unicodedata.category(character)[0] in "LZ" for character in text)


def _has_symbol(text: str) -> bool:
    """Tell whether there is a symbol in it, or the frame around a digit that makes it a key."""
    return any(unicodedata.category(character) == "So" or character == "\u20e3" for character in text)


def is_shortcode(text: str) -> bool:
    """Tell whether this can be the name of a custom emoji, without its colons."""
    return _SHORTCODE.match(text) is not None


def shortcodes_in(*texts: str | None) -> tuple[str, ...]:
    """Return the names between colons in some texts, each once, at most `MAX_EMOJI`; any of them may be an emoji."""
    found = (match[1] for text in texts if text and ":" in text for match in _NAMED.finditer(text))
    return tuple(dict.fromkeys(found))[:MAX_EMOJI]


def with_pictures(html: str, pictures: Mapping[str, str]) -> str:
    """Return HTML in which the names of custom emoji in the text are pictures.

    Attributes, links and code stay as they are. The picture is called what was
    written, so whoever does not see it reads the shortcode.

    Args:
        html: Sanitised HTML, or escaped plain text.
        pictures: Addresses of the pictures by shortcode, of what the text itself belongs to.
    """
    named = [name for name in pictures if is_shortcode(name)][:MAX_EMOJI]
    if not named or ":" not in html:
        return html
    pattern = re.compile(rf"(?<![A-Za-z0-9]):({'|'.join(named)}):(?![A-Za-z0-9])")
    left, literal = MAX_PICTURES, 0
    pieces = _TAG.split(html)
    for number, piece in enumerate(pieces):
        if number % 2:
            literal += _opens(piece)
        elif not literal and left and ":" in piece:
            pieces[number], found = pattern.subn(lambda match: _picture(match, pictures), piece, count=left)
            left -= found
    return "".join(pieces)


def _opens(tag: str) -> int:
    """Return 1 where text begins that stays as it is, -1 where it ends, else 0."""
    name = _NAME.match(tag)
    if name is None or name[1] not in _LITERAL:
        return 0
    return -1 if tag.startswith("</") else 1


def _picture(match: re.Match[str], pictures: Mapping[str, str]) -> str:
    source, words = escape(pictures[match[1]]), match[0]
    return (
        f'<img class="emoji" src="{source}" alt="{words}" title="{words}" width="20" height="20"'
        ' loading="lazy" decoding="async">'
    )
