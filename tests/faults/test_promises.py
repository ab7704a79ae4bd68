"""The page about reliability names tests that exist."""

from __future__ import annotations

import re

from tests.services import ROOT

PAGE = ROOT / "docs/explanation/reliability.md"


def test_every_test_that_the_page_names_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", text))
    assert {name for name in named if f"def {name}(" not in source} == set()
    paths = set(re.findall(r"`(tests/[\w/]+(?:\.py)?)`", text))
    assert {path for path in paths if not (ROOT / path).exists()} == set()
    assert len(named) > 25


def test_every_promise_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [number for number in range(1, 18) if f"**R{number}**" not in text] == []
