"""The pages in ``docs/`` that are partly made from the code.

``python -m tests.documents`` tells which pages are not up to date;
with ``--write`` (``make docs``) it writes the parts that come from the code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tests import reference
from tests.benchmarks import pictures, report

ROOT: Final = Path(__file__).resolve().parent.parent

PARTS: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "docs/reference/configuration.md": {"settings": reference.settings},
    "docs/reference/commands.md": {"commands": reference.commands},
    "docs/reference/http-addresses.md": {
        "doors": reference.door_addresses,
        "counter": reference.counter_addresses,
        "pages": reference.page_addresses,
    },
    "docs/reference/audit-log.md": {"kinds": reference.audit_kinds},
    "docs/reference/mastodon-api.md": {"endpoints": reference.mastodon_endpoints},
    "docs/reference/metrics.md": {"figures": reference.figures},
    "docs/reference/benchmarks.md": {"results": report.table},
    "docs/federation/README.md": {"handlers": reference.handlers},
}
"""Which parts of which page are made, and by what."""

PICTURES: Final[Mapping[str, Callable[[], str]]] = {"docs/reference/benchmarks/growth.svg": pictures.growth}
"""Which pictures are made, and by what."""

_IGNORED: Final = frozenset({"node_modules", "dist", "build", "instances"})


def mark(name: str) -> tuple[str, str]:
    """Return the lines between which a made part stands."""
    return f"<!-- {name}: made from the code by `make docs` -->", f"<!-- end of {name} -->"


def put(text: str, *, name: str, part: str) -> str:
    """Return a page with one of its parts replaced.

    Raises:
        ValueError: The page has no place for it, or more than one.
    """
    start, end = mark(name)
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        raise ValueError(f"expected the lines {start} and {end}, once and in this order")
    before, rest = text.split(start)
    return f"{before}{start}\n\n{part}\n\n{end}{rest.split(end)[1]}"


def written(page: str) -> str:
    """Return a page or picture as it must be."""
    if page in PICTURES:
        return PICTURES[page]()
    text = (ROOT / page).read_text(encoding="utf-8")
    for name, make in PARTS[page].items():
        text = put(text, name=name, part=make())
    return text


def pages() -> Iterator[Path]:
    """Give every Markdown page of this repository."""
    for path in sorted(ROOT.rglob("*.md")):
        inside = path.relative_to(ROOT)
        if inside.parts[:1] == ("instances",) and inside.parts != ("instances", "README.md"):
            continue
        if not any(part.startswith(".") or part in _IGNORED - {"instances"} for part in inside.parts):
            yield path


# --- what a page names ------------------------------------------------------------------------------------------

_FENCE: Final = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_SHELL: Final = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND: Final = re.compile(r"""(?:^|[|;&] *|sudo (?:-u \S+ )?)(?:\S*/)?fedgov ((?:"[^"]*"|'[^']*'|[^|;&>#"'])*)""")
_PATH: Final = re.compile(r"`((?:fedgov|templates|tests|docs|requirements|keys|instances|\.ci)/[\w./-]+)`")


def links(text: str) -> list[str]:
    """Return what a page links to, outside of code."""
    return _LINK.findall(_FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """Return the names under which the headings of a page can be linked to."""
    found = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)).strip().lower()
        found.add(words.replace(" ", "-"))
    return found


def broken_links(page: Path) -> list[str]:
    """Return the relative links of a page that lead nowhere."""
    found = []
    for link in links(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            found.append(link)
    return found


def named_paths(text: str) -> list[str]:
    """Return the paths of this repository that a text names."""
    return _PATH.findall(text)


def typed_commands(text: str) -> list[str]:
    """Return the arguments of each fedgov command that a page tells to type."""
    found = []
    for block in _SHELL.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            found += [match.strip() for match in _COMMAND.findall(line.removeprefix("$ "))]
    return found


def main(arguments: list[str]) -> int:
    """Write or compare; return the exit status."""
    stale = 0
    for page in (*PARTS, *PICTURES):
        path, text = ROOT / page, written(page)
        if text == (path.read_text(encoding="utf-8") if path.exists() else ""):
            continue
        if "--write" in arguments:
            path.write_text(text, encoding="utf-8")
        else:
            stale += 1
        sys.stdout.write(f"{page}: {'written' if '--write' in arguments else 'not up to date'}\n")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
