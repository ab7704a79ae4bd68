"""The page that tells what is kept how long names ages that there are."""

from __future__ import annotations

import re

from fedgov.kernel.metrics import PRUNED
from tests.documents import ROOT

PAGE = (ROOT / "docs/explanation/what-is-kept.md").read_text(encoding="utf-8")


def test_every_age_that_is_told_stands_where_it_is_told() -> None:
    found = re.findall(r"`([a-z_/]+\.py)`((?:, `[A-Z_]+`)+)", PAGE)
    assert len(found) > 10
    for path, names in found:
        code = (ROOT / "fedgov" / path).read_text(encoding="utf-8")
        for name in re.findall(r"`([A-Z_]+)`", names):
            assert re.search(rf"^{name}: Final = ", code, re.MULTILINE), (path, name)


def test_what_is_counted_is_counted_somewhere() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "fedgov").rglob("*.py"))
    assert [what for what in PRUNED if code.count(f'"{what}"') < 2] == []
