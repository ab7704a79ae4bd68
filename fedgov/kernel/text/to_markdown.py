"""HTML that a program of our own people sends, as the Markdown in which everything here is written.

Spec: ActivityStreams 2.0, "content" and "mediaType".
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from fedgov.kernel.text.sanitise import sanitise

_SPECIAL: Final = re.compile(r"[\\`*\[\]]|(?<!\w)_|_(?!\w)|~(?=~)")
_LINE_START: Final = re.compile(r"(?m)^( *)(#{1,6}(?= )|[-+>](?= )|\d{1,9}(?=[.)] ))")
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_BLOCKS: Final = frozenset({"p", "blockquote", "ul", "ol", "pre", "h2", "h3", "h4", "h5", "h6", "table", "dl", "hr"})
_AROUND: Final = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "code": "`"}


def html_to_markdown(html: str) -> str:
    """Return HTML as Markdown; what Markdown has no words for becomes its text.

    Args:
        html: As received; it is sanitised first.
    """
    reader = _Reader()
    reader.feed(sanitise(html))
    reader.close()
    return _EMPTY_LINES.sub("\n\n", reader.text).strip()


def _escaped(words: str) -> str:
    """Return words of which nothing is taken for a sign of Markdown; names and subjects stay what they are."""
    return _SPECIAL.sub(r"\\\g<0>", words)


class _Reader(HTMLParser):
    """Writes Markdown while it reads; ``frames`` are the blocks and links that are open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._frames: list[tuple[str, str, list[str]]] = [("", "", [])]
        self._preformatted = 0

    @property
    def text(self) -> str:
        """What was written so far."""
        while len(self._frames) > 1:
            self._leave()
        return "".join(self._frames[0][2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        if tag == "br":
            self._say("\n")
        elif tag == "hr":
            self._say("\n\n---\n\n")
        elif tag in _BLOCKS or tag in ("li", "a"):
            self._frames.append((tag, dict(attrs).get("href") or "", []))
            self._preformatted += tag == "pre"
        elif tag in _AROUND and not self._preformatted:
            self._say(_AROUND[tag])

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag in _AROUND and not self._preformatted:
            self._say(_AROUND[tag])
        elif any(tag == open_tag for open_tag, _, _ in self._frames):
            while self._leave() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Write words."""
        self._say(data if self._preformatted else _escaped(_SPACES.sub(" ", data)))

    def _say(self, words: str) -> None:
        self._frames[-1][2].append(words)

    def _leave(self) -> str:
        tag, href, said = self._frames.pop()
        inside = "".join(said)
        if tag == "pre":
            self._preformatted -= 1
        self._say(self._of(tag, href, inside))
        return tag

    def _of(self, tag: str, href: str, inside: str) -> str:
        words = inside.strip()
        if tag == "a":
            plain = words.replace("\\", "")
            return words if not href or plain[:1] in ("@", "#") or plain == href else f"[{words}]({href})"
        if tag == "li":
            return f"\n{'1.' if self._frames[-1][0] == 'ol' else '-'} " + words.replace("\n", "\n    ")
        if tag == "pre":
            return f"\n\n```\n{inside.strip(chr(10))}\n```\n\n"
        if tag == "blockquote":
            return "\n\n" + "\n".join(f"> {line}".rstrip() for line in words.split("\n")) + "\n\n"
        if tag[:1] == "h":
            return f"\n\n{'#' * int(tag[1])} {words}\n\n"
        return f"\n\n{words if tag in ('ul', 'ol') else _LINE_START.sub(_hold, words)}\n\n"


def _hold(match: re.Match[str]) -> str:
    """Keep the beginning of a line from being read as a list or heading."""
    sign = match[2]
    return match[1] + (f"{sign}\\" if sign[0].isdigit() else f"\\{sign}")
