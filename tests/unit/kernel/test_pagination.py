"""Pages of a list that grows at its top."""

from __future__ import annotations

import pytest

from fedgov.kernel.pagination import Page, PageRequest, page_of, page_request, select_page

IDS = [6, 5, 4, 3, 2, 1]


def same(value: int) -> int:
    return value


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (PageRequest(limit=2), (6, 5)),
        (PageRequest(max_id=3, limit=2), (2, 1)),
        (PageRequest(since_id=3, limit=2), (6, 5)),
        (PageRequest(min_id=3, limit=2), (5, 4)),
        (PageRequest(min_id=2, max_id=6, limit=2), (4, 3)),
        (PageRequest(since_id=2, max_id=6, limit=2), (5, 4)),
        (PageRequest(since_id=5, min_id=1, limit=2), (3, 2)),
        (PageRequest(min_id=6, limit=2), ()),
        (PageRequest(max_id=1, limit=2), ()),
    ],
)
def test_each_bound_selects_its_part(asked: PageRequest, expected: tuple[int, ...]) -> None:
    assert select_page(IDS, asked, row_id=same).items == expected


def test_the_cursors_lead_through_the_whole_list_and_back() -> None:
    seen: list[int] = []
    page = select_page(IDS, PageRequest(limit=4), row_id=same)
    while page.items:
        seen += page.items
        page = select_page(IDS, PageRequest(max_id=page.next_max_id, limit=4), row_id=same)
    assert seen == IDS
    older = select_page(IDS, PageRequest(max_id=3, limit=2), row_id=same)
    assert select_page(IDS, PageRequest(min_id=older.prev_min_id, limit=2), row_id=same).items == (4, 3)


def test_rows_selected_upwards_are_turned_round() -> None:
    assert page_of([4, 5], PageRequest(min_id=3, limit=2), row_id=same).items == (5, 4)


def test_dos_14_a_page_of_which_everything_is_filtered_away_still_leads_on() -> None:
    page = select_page(IDS, PageRequest(limit=2), row_id=same)
    emptied: Page[str] = page.map(lambda _: None)
    assert (emptied.items, emptied.next_max_id, emptied.prev_min_id) == ((), 5, 6)
    assert page.map(str).items == ("6", "5")


@pytest.mark.parametrize(
    ("limit", "clamped"), [("100000", 40), ("0", 1), ("-3", 20), ("x", 20), (None, 20), ("7", 7), (99, 40)]
)
def test_dos_13_a_limit_is_clamped(limit: str | int | None, clamped: int) -> None:
    assert page_request(limit=limit).limit == clamped


@pytest.mark.parametrize("bad", ["", "x", "-1", "9" * 19, "1" * 400, "١", "1.0", None])
def test_an_id_that_cannot_be_read_is_no_bound(bad: str | None) -> None:
    asked = page_request(max_id=bad, since_id=bad, min_id=bad)
    assert (asked.max_id, asked.since_id, asked.min_id) == (None, None, None)
    assert page_request(max_id="12").max_id == 12


def test_limits_can_be_wider_for_lists_of_accounts() -> None:
    assert page_request(limit="80", default=40, maximum=80).limit == 80
    assert page_request(default=40, maximum=80).limit == 40
