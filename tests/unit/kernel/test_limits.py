"""How often is too often."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.kernel import limits
from fedgov.kernel.acting import SERVER, By
from fedgov.kernel.clock import HOUR, MINUTE, SECOND
from fedgov.kernel.config import LimitSettings, read
from fedgov.kernel.errors import OverLimitError, RateLimitedError
from fedgov.kernel.limits import Limiter, Turnstile

NOW = 1_795_000_000_000
ANNA = "https://groningen.example/users/anna"
AT_THE_DESK = By(who=ANNA, door="web")


def spent(limiter: Limiter, *, most: int, at: int, times: int, who: str = "anna") -> int:
    """How many of so many attempts at one moment are let through."""
    done = 0
    for _ in range(times):
        try:
            limiter.spend("posts", who, most=most, per=MINUTE, now=at)
        except OverLimitError:
            continue
        done += 1
    return done


def test_as_many_as_allowed_pass_at_once_and_no_more() -> None:
    assert spent(Limiter(), most=10, at=NOW, times=50) == 10


def test_after_a_while_there_is_room_again_bit_by_bit() -> None:
    limiter = Limiter()
    spent(limiter, most=10, at=NOW, times=10)
    assert spent(limiter, most=10, at=NOW + 5_999, times=5) == 0
    assert spent(limiter, most=10, at=NOW + 6_000, times=5) == 1
    assert spent(limiter, most=10, at=NOW + 6_000 + MINUTE, times=50) == 10


def test_a_refusal_says_when_to_come_back_and_then_there_is_room() -> None:
    limiter = Limiter()
    spent(limiter, most=10, at=NOW, times=10)
    with pytest.raises(RateLimitedError) as caught:
        limiter.spend("posts", "anna", most=10, per=MINUTE, now=NOW + SECOND)
    assert caught.value.retry_after == pytest.approx(5.0)
    limiter.spend("posts", "anna", most=10, per=MINUTE, now=NOW + 6 * SECOND)


def test_each_has_a_count_of_their_own_for_each_thing() -> None:
    limiter = Limiter()
    assert spent(limiter, most=3, at=NOW, times=9) == 3
    assert spent(limiter, most=3, at=NOW, times=9, who="bram") == 3
    limiter.spend("follows", "anna", most=3, per=MINUTE, now=NOW)


def test_what_costs_more_counts_more() -> None:
    limiter = Limiter()
    limiter.note("inbox", "a.example", most=100, per=MINUTE, now=NOW, cost=64)
    limiter.demand("inbox", "a.example", most=100, per=MINUTE, now=NOW)
    limiter.note("inbox", "a.example", most=100, per=MINUTE, now=NOW, cost=64)
    with pytest.raises(OverLimitError):
        limiter.demand("inbox", "a.example", most=100, per=MINUTE, now=NOW)


def test_nobody_waits_longer_than_a_period_however_much_was_noted() -> None:
    limiter = Limiter()
    for _ in range(1_000):
        limiter.note("refused", "x", most=10, per=MINUTE, now=NOW, cost=99)
    assert limiter.wait("refused", "x", most=10, per=MINUTE, now=NOW) <= MINUTE + MINUTE / 10


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    limiter = Limiter()
    spent(limiter, most=10, at=NOW, times=10)
    assert limiter.wait("posts", "anna", most=10, per=MINUTE, now=NOW - 1_000 * HOUR) <= MINUTE + MINUTE / 10


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20_000)), max_size=200), st.integers(1, 20))
def test_no_window_ever_lets_more_than_twice_the_limit_through(steps: list[tuple[int, int]], most: int) -> None:
    limiter, now = Limiter(), NOW
    passed: list[int] = []
    for times, later in steps:
        now += later
        passed += [now] * spent(limiter, most=most, at=now, times=times)
    for start in passed:
        assert sum(start <= each < start + MINUTE for each in passed) <= 2 * most


def test_state_that_strangers_make_is_bounded_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SUBJECTS", 100)
    limiter = Limiter()
    for number in range(10_000):
        limiter.note("refused", str(number), most=1, per=MINUTE, now=NOW)
    assert len(limiter) <= 101
    for number in range(200):
        limiter.note("refused", f"later{number}", most=1_000, per=MINUTE, now=NOW + 2 * HOUR + number * 100)
    assert len(limiter) < 5, "what is paid off is forgotten"


def test_two_threads_lose_no_count() -> None:
    limiter = Limiter()

    def note() -> None:
        for _ in range(5_000):
            limiter.note("posts", "anna", most=100_000, per=HOUR, now=NOW)

    threads = [threading.Thread(target=note) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paid = limiter._paid_until["posts", "anna"] - NOW
    assert paid == pytest.approx(10_000 * HOUR / 100_000, rel=1e-6)


# --- accounts ---------------------------------------------------------------------------------------------------


def test_the_server_itself_is_not_limited() -> None:
    limiter, few = Limiter(), LimitSettings(posts_per_hour=1)
    for _ in range(5):
        limiter.act("posts", of=ANNA, by=SERVER, limits=few, now=NOW)
    limiter.act("posts", of=ANNA, by=AT_THE_DESK, limits=few, now=NOW)
    with pytest.raises(OverLimitError):
        limiter.act("posts", of=ANNA, by=AT_THE_DESK, limits=few, now=NOW)


# --- networks ---------------------------------------------------------------------------------------------------


def turnstile(folder: Path, *proxies: str) -> Turnstile:
    table: dict[str, Any] = {
        "instance": {"domain": "groningen.example", "organisation": "gemeente Groningen"},
        "limits": {"refused_per_minute": 3},
        "server": {"trusted_proxies": list(proxies)},
    }
    return Turnstile(Limiter(), config=read(table, folder=folder / "groningen"))


def test_a_network_that_is_refused_often_is_not_let_in_for_a_while(tmp_path: Path) -> None:
    gate = turnstile(tmp_path)
    for _ in range(3):
        gate.demand("8.8.8.0/24", now=NOW)
        gate.note("8.8.8.0/24", now=NOW)
    with pytest.raises(OverLimitError):
        gate.demand("8.8.8.0/24", now=NOW)
    gate.demand("9.9.9.0/24", now=NOW)
    gate.demand("8.8.8.0/24", now=NOW + MINUTE)


def is_put_off(gate: Turnstile, network: str) -> bool:
    for _ in range(9):
        gate.note(network, now=NOW)
    try:
        gate.demand(network, now=NOW)
    except OverLimitError:
        return True
    return False


@pytest.mark.parametrize("network", ["127.0.0.0/24", "172.17.0.0/24", "fd00::/64", "::/64", "unknown"])
def test_a_proxy_that_nobody_told_us_about_is_not_everybody(tmp_path: Path, network: str) -> None:
    assert not is_put_off(turnstile(tmp_path), network)


def test_a_trusted_proxy_that_names_no_client_is_not_everybody(tmp_path: Path) -> None:
    gate = turnstile(tmp_path, "127.0.0.1/32", "10.0.0.7/32", "8.8.4.4/32")
    for network in ("127.0.0.0/24", "10.0.0.0/24", "8.8.4.0/24", "::/64"):
        assert not is_put_off(gate, network)
    for network in ("10.0.1.0/24", "8.8.8.0/24", "fd00::/64"):
        assert is_put_off(gate, network)
