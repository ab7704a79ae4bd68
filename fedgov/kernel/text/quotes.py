"""The line ``RE: …`` that servers add to a quotation for those who cannot show the quoted message itself."""

from __future__ import annotations

import re
from typing import Final

CLASS: Final = "quote-inline"
"""How that line is marked; Mastodon marks a paragraph, Misskey and Akkoma a span."""

_TAG: Final = re.compile(r'(<(?:[^>"]|"[^"]*")*>)')
_MARKED: Final = re.compile(rf'<(p|span)\b[^>]*\sclass="(?:[^"]*\s)?{CLASS}(?:\s[^"]*)?"')


def without_quote_line(html: str) -> str:
    """Return HTML without that line, for where the quoted message stands below it.

    Args:
        html: Sanitised HTML.
    """
    if CLASS not in html:
        return html
    kept: list[str] = []
    inside, depth = "", 0
    for number, piece in enumerate(_TAG.split(html)):
        marked = _MARKED.match(piece) if number % 2 and not depth else None
        if marked is not None:
            inside, depth = marked[1], 1
        elif not depth:
            kept.append(piece)
        elif number % 2:
            depth += _step(piece, inside)
    return "".join(kept)


def _step(tag: str, name: str) -> int:
    """Return 1 where another element of this name opens, -1 where one ends, else 0."""
    if tag == f"</{name}>":
        return -1
    return 1 if tag.startswith((f"<{name} ", f"<{name}>")) else 0
