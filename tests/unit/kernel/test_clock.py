"""Time and the ids made of it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fedgov.kernel.clock import HOUR, IdSource, ManualClock, first_id_at, from_rfc3339, id_time, to_rfc3339

NOW = 1_763_741_270_123


@pytest.mark.parametrize(
    "text",
    ["2025-11-21T16:07:50.123Z", "2025-11-21T17:07:50.123+01:00", "2025-11-21T16:07:50.123", "20251121T160750.123Z"],
)
def test_a_time_is_read_in_every_usual_form(text: str) -> None:
    assert from_rfc3339(text) == NOW


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "1969-12-31T23:59:59Z", "99999-01-01T00:00:00Z", "2025-13-01T00:00:00Z"),
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
    ],
)
def test_what_is_no_time_of_ours_is_none(text: str) -> None:
    assert from_rfc3339(text) is None


@example(1_068_984_535)
@given(st.integers(0, 4_000_000_000_000))
def test_a_written_time_is_read_back(now: int) -> None:
    assert from_rfc3339(to_rfc3339(now)) == now


@pytest.mark.parametrize("now", [2_164_920_571_799, 2_173_234_163_108, 1_083_142_148_699])
def test_no_time_is_read_a_millisecond_too_early(now: int) -> None:
    assert from_rfc3339(to_rfc3339(now)) == now


def test_a_time_with_nanoseconds_is_read_too() -> None:
    assert from_rfc3339("2025-11-21T16:07:50.123456789Z") == NOW


@given(st.integers(0, 4_000_000_000_000))
def test_an_id_remembers_its_time_and_fits_63_bits(now: int) -> None:
    row_id = IdSource().next(now)
    assert id_time(row_id) == now
    assert first_id_at(now) <= row_id < first_id_at(now + 1)
    assert row_id < 2**63


def test_ids_grow_even_within_a_millisecond_or_when_the_clock_goes_back() -> None:
    ids = IdSource()
    given_out = [ids.next(NOW) for _ in range(1_000)] + [ids.next(NOW - 5)]
    assert given_out == sorted(set(given_out))


def test_ten_thousand_ids_of_one_millisecond_differ_and_sort_in_their_order() -> None:
    ids = IdSource()
    given_out = [ids.next(NOW) for _ in range(10_000)]
    assert all(earlier < later for earlier, later in itertools.pairwise(given_out))
    assert id_time(given_out[-1]) <= NOW + 1


def test_ids_never_go_back_when_the_clock_does() -> None:
    ids = IdSource()
    before = [ids.next(NOW + step) for step in range(10)]
    after = [ids.next(NOW - HOUR + step) for step in range(1_000)]
    assert max(before) < min(after)
    assert after == sorted(set(after))
    assert ids.next(NOW + HOUR) > first_id_at(NOW + HOUR) > after[-1]


def test_the_next_id_cannot_be_guessed() -> None:
    first, second = IdSource(), IdSource()
    assert [first.next(NOW) for _ in range(20)] != [second.next(NOW) for _ in range(20)]


@given(st.text(max_size=40))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    from_rfc3339(text)


def test_a_clock_by_hand_moves_only_when_told() -> None:
    clock = ManualClock(5)
    clock.advance(10)
    assert clock.now() == 15
