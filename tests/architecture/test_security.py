"""The page about security names a test for every row of the threat table, or says why there is none yet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs/explanation/security.md"
DESIGN: Final = ROOT.parent / "shared" / "design" / "security.md"
"""The table of threats itself, which lies beside the repository where there is one."""

COUNTS: Final = {
    "SIG": 26,
    "LD": 8,
    "FET": 15,
    "SSRF": 8,
    "DOS": 19,
    "XSS": 10,
    "MED": 7,
    "AC": 19,
    "AUT": 15,
    "WEB": 13,
    "CAC": 5,
    "GRP": 16,
    "TRU": 5,
    "C2S": 3,
    "ANS": 5,
}
"""How many rows each table has."""

ROWS: Final = [f"{family}-{number:02d}" for family, count in COUNTS.items() for number in range(1, count + 1)]
_ROW: Final = re.compile(r"^\| ([A-Z][A-Z0-9]*-\d\d) \| (.+?) \| (.+) \|$", re.MULTILINE)
_NAMED: Final = re.compile(r"test_([a-z][a-z0-9]*)_(\d\d(?:_(?:to_|and_)?\d\d)*)_")


def rows_named(test: str) -> set[str]:
    """The rows in the name of a test, which may be ``sig_07``, ``fet_07_08``, ``xss_01_and_03`` or ``aut_01_to_07``."""
    found = _NAMED.match(test)
    if found is None:
        return set()
    numbers: list[int] = []
    upto = False
    for word in found[2].split("_"):
        if word.isdigit():
            numbers += range(numbers[-1] + 1, int(word) + 1) if upto else [int(word)]
        upto = word == "to"
    return {f"{found[1].upper()}-{number:02d}" for number in numbers}


def explained(page: str) -> dict[str, str]:
    """What the page says about each row, and that it says it once."""
    rows = _ROW.findall(page)
    assert len({name for name, _, _ in rows}) == len(rows), "a row stands there twice"
    return {name: cell for name, _, cell in rows}


def names_of_tests() -> set[str]:
    return {
        name
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for name in re.findall(r"^(?:async )?def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def mistakes(page: str, *, known: set[str]) -> list[str]:
    """What is wrong with the tables of the page."""
    found = explained(page)
    wrong = [f"{row} is missing" for row in ROWS if row not in found]
    wrong += [f"{row} is no row" for row in found if row not in ROWS]
    for row, cell in found.items():
        named = re.findall(r"`(test_\w+)`", cell)
        wrong += [f"{row}: there is no {test}" for test in named if test not in known]
        wrong += [f"{row}: {test} is named after another row" for test in named if row not in rows_named(test)]
        if not named and not cell.startswith("Not yet: "):
            wrong.append(f"{row}: neither a test nor a reason")
    return wrong


def test_every_row_of_the_design_is_asked_for() -> None:
    if not DESIGN.exists():
        pytest.skip(f"the table of threats is not at {DESIGN}")
    assert re.findall(r"^\| ([A-Z][A-Z0-9]*-\d\d) \|", DESIGN.read_text(encoding="utf-8"), re.MULTILINE) == ROWS


def test_every_row_has_its_tests_or_a_reason() -> None:
    assert mistakes(PAGE.read_text(encoding="utf-8"), known=names_of_tests()) == []


def test_every_test_that_is_named_after_a_row_is_on_the_page() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8")))
    assert {test for test in names_of_tests() if rows_named(test) & set(ROWS)} - named == set()


@pytest.mark.parametrize(
    ("test", "rows"),
    [
        ("test_sig_07_two_hosts_are_refused", {"SIG-07"}),
        ("test_fet_07_08_09_an_object", {"FET-07", "FET-08", "FET-09"}),
        ("test_dos_05_and_12_hostile_html", {"DOS-05", "DOS-12"}),
        ("test_aut_01_to_03_what_is_anothers", {"AUT-01", "AUT-02", "AUT-03"}),
        ("test_r4_order_is_kept", set()),
        ("test_a_follow_is_accepted", set()),
    ],
)
def test_the_rows_of_a_name_are_read(test: str, rows: set[str]) -> None:
    assert rows_named(test) == rows


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("`test_sig_01_it`", []),
        ("Not yet: nothing is there.", []),
        ("", ["SIG-01: neither a test nor a reason"]),
        ("`test_sig_01_gone`", ["SIG-01: there is no test_sig_01_gone"]),
        ("`test_sig_02_it`", ["SIG-01: test_sig_02_it is named after another row"]),
    ],
)
def test_a_row_without_test_or_reason_is_noticed(cell: str, wrong: list[str]) -> None:
    page = f"| SIG-01 | forged | {cell or 'later'} |\n"
    found = mistakes(page, known={"test_sig_01_it", "test_sig_02_it"})
    assert [each for each in found if not each.endswith("is missing")] == wrong
