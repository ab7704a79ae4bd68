"""Plain text: of HTML, shortened, and names without tricks."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import Final

import nh3

from fedgov.kernel.text.sanitise import sanitise, without_tags

MAX_NAME: Final = 500
_MAX_MARKS: Final = 4
"""Most combining marks on one character; Thai and Tibetan need up to four."""

_STRUCTURE: Final = nh3.Cleaner(
    tags={"p", "br", "li", "blockquote", "h2", "h3", "h4", "h5", "h6", "pre", "hr", "tr", "td", "th", "dt", "dd"},
    attributes={},
    link_rel=None,
)
_BREAK: Final = re.compile(r"<br>|</li>|<hr>|</tr>|</d[td]>")
_END: Final = re.compile(r"</(?:p|blockquote|h[2-6]|pre)>")
_CELL: Final = re.compile(r"</t[dh]>")
_REST: Final = re.compile(r"</?[a-z0-9]+>")
_SPACES: Final = re.compile(r"[ \t\f\v\u00a0]+")
_LINES: Final = re.compile(r" ?\n ?")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")


def html_to_plain(html: str) -> str:
    """Return the text of any HTML, with line breaks where blocks end.

    For notifications, previews and mail. The result is text: whoever puts it
    into HTML must escape it.

    Args:
        html: Sanitised or not; never raises.
    """
    try:
        html = _STRUCTURE.clean(sanitise(html))
    except UnicodeError:
        return without_tags(html)
    html = _LINES.sub("\n", _SPACES.sub(" ", html.replace("\n", " ") if "<pre" not in html else html))
    html = _END.sub("\n\n", _BREAK.sub("\n", _CELL.sub(" ", html)))
    text = _LINES.sub("\n", unescape(_REST.sub("", html)))
    return _EMPTY_LINES.sub("\n\n", text).strip()


def excerpt(html: str, *, limit: int = 200) -> str:
    """Return the beginning of any HTML as one line of plain text of at most ``limit`` characters."""
    return truncate(" ".join(html_to_plain(html).split()), limit=limit)


def truncate(text: str, *, limit: int) -> str:
    """Return at most ``limit`` characters, cut at the end of a word and marked with an ellipsis.

    A single word longer than the limit is cut inside; a character and its
    combining marks stay together.
    """
    if len(text) <= limit:
        return text
    if limit <= 1:
        return "…"[:limit]
    cut = text[: limit - 1]
    space = max(cut.rfind(" "), cut.rfind("\n"))
    if not text[limit - 1].isspace() and space > limit // 2:
        cut = cut[:space]
    else:
        while cut and (unicodedata.combining(text[len(cut)]) or text[len(cut)] in _JOINING or cut[-1] == _ZWJ):
            cut = cut[:-1]
    return cut.rstrip() + "…"


# --- names ------------------------------------------------------------------------------------------------------

_ZWJ: Final = "\u200d"
_ZWNJ: Final = "\u200c"
_JOINING: Final = (_ZWJ, "\ufe0f")
_INVISIBLE: Final = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028\u2029\u2060\u2061\u2062\u2063\u2064"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f"
    "\u2800\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
)
"""Characters without a shape: direction controls, zero-width ones and blanks that are no spaces."""


def clean_name(text: str, *, limit: int = MAX_NAME) -> str:
    """Return a display name as one line that stays inside its own line and shows what it holds.

    Direction controls, zero-width characters and other invisible ones are
    dropped, so that nobody can imitate a handle; a pile of combining marks is
    cut to four. Joiners stay where emoji and joining scripts need them. May
    return an empty text.

    Args:
        text: Plain text from anybody.
        limit: Longest result in characters.

    Spec: rows XSS-08 and FET-14 of the threat table.
    """
    kept: list[str] = []
    marks = 0
    text = text[: limit * 8]
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        if category in ("Cc", "Zs", "Zl", "Zp"):
            character = " "  # noqa: PLW2901 - the cleaned form of the same character
        marks = marks + 1 if category in ("Mn", "Me") and character != "\ufe0f" else 0
        if _is_hidden(character, category) or marks > _MAX_MARKS:
            continue
        if character in (_ZWJ, _ZWNJ) and not _joins(text, position):
            continue
        kept.append(character)
    return truncate(" ".join("".join(kept).split()), limit=limit)


def _is_hidden(character: str, category: str) -> bool:
    return character in _INVISIBLE or category in ("Cs", "Co", "Cn") or 0xE0000 <= ord(character) <= 0xE0FFF


def _joins(text: str, position: int) -> bool:
    """Tell whether a joiner stands between emoji, or between letters of a script that has no case."""
    if not 0 < position < len(text) - 1:
        return False
    before, after = (unicodedata.category(text[neighbour]) for neighbour in (position - 1, position + 1))
    if text[position] == _ZWJ and (before in ("So", "Sk") or text[position - 1] == "\ufe0f"):
        return after == "So"
    return before in ("Lo", "Mn", "Mc") and after == "Lo"
