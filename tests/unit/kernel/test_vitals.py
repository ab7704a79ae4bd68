"""Signs of life: who is silent for too long, and who only waits."""

from __future__ import annotations

import pytest

from fedgov.kernel.vitals import Vitals


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def vitals(time: Time) -> Vitals:
    found = Vitals(monotonic=time)
    found.expect("inbox", patience=60)
    found.begin("inbox")
    return found


def test_a_worker_that_gives_signs_of_life_is_well(vitals: Vitals, time: Time) -> None:
    for _ in range(5):
        time.now += 59
        vitals.beat("inbox")
    assert vitals.stuck() == []


def test_a_worker_that_is_silent_is_stuck(vitals: Vitals, time: Time) -> None:
    time.now = 61
    assert vitals.stuck() == ["inbox"]
    assert vitals.ages() == {"inbox": 61}


def test_a_worker_that_only_begins_again_and_again_is_stuck(vitals: Vitals, time: Time) -> None:
    for _ in range(61):
        time.now += 1
        vitals.begin("inbox")
    assert vitals.stuck() == ["inbox"]


def test_nothing_is_expected_of_a_worker_whose_turn_it_is_not(time: Time) -> None:
    vitals = Vitals(monotonic=time)
    vitals.expect("delivery", patience=10)
    time.now = 1_000
    assert vitals.stuck() == []
    vitals.begin("delivery")
    time.now += 11
    assert vitals.stuck() == ["delivery"]


def test_a_worker_that_waits_for_work_may_wait_for_ever(vitals: Vitals, time: Time) -> None:
    vitals.rest("inbox")
    time.now = 10_000
    assert vitals.stuck() == []
    vitals.beat("inbox")
    time.now += 61
    assert vitals.stuck() == ["inbox"]


def test_nothing_is_expected_of_who_is_stopped_or_unknown(vitals: Vitals, time: Time) -> None:
    vitals.beat("stranger")
    vitals.forget()
    time.now = 10_000
    assert vitals.stuck() == []
