"""Too many requests: 429 with Retry-After, before work is done, and never a lost message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fedgov.kernel.clock import MINUTE
from fedgov.kernel.limits import Turnstile
from tests.federation.doors import porch
from tests.federation.doors.porch import Elsewhere, Town, knock

JUNK = b"{"


def with_limits(town: Town, **limits: int) -> None:
    """Set limits that a test can reach."""
    config = town.instance.config
    town.instance.config = replace(config, limits=replace(config.limits, **limits))
    town.instance.turnstile = Turnstile(town.instance.limiter, config=town.instance.config)


async def junk(town: Town, *, client: str = "8.8.8.8", receive: Any = None) -> porch.Response:
    headers = {"Content-Type": "application/activity+json", "Host": porch.DOMAIN}
    return await knock(town.doors, "POST", "/inbox", headers=headers, chunks=[JUNK], client=client, receive=receive)


async def test_a_source_of_junk_is_turned_away_before_its_body_is_read(town: Town) -> None:
    with_limits(town, refused_per_minute=5)
    assert [(await junk(town)).status for _ in range(5)] == [401] * 5

    async def nobody_reads() -> dict[str, Any]:
        raise AssertionError("the body was read")

    answer = await junk(town, receive=nobody_reads)
    assert answer.status == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json["error"] == "rate_limited"


async def test_a_whole_network_counts_as_one_and_another_does_not(town: Town) -> None:
    with_limits(town, refused_per_minute=5)
    for number in range(5):
        await junk(town, client=f"8.8.8.{number}")
    assert (await junk(town, client="8.8.8.99")).status == 429
    assert (await junk(town, client="8.8.9.1")).status == 401


async def test_after_the_pause_that_was_named_a_source_is_heard_again(town: Town) -> None:
    with_limits(town, refused_per_minute=5)
    for _ in range(5):
        await junk(town)
    seconds = int((await junk(town)).headers["retry-after"])
    town.clock.advance(seconds * 1_000)
    assert (await junk(town)).status == 401


async def test_being_turned_away_does_not_count_again(town: Town) -> None:
    with_limits(town, refused_per_minute=5)
    for _ in range(200):
        await junk(town)
    town.clock.advance(MINUTE)
    assert (await junk(town)).status == 401


async def test_looking_for_what_is_not_there_is_normal(town: Town) -> None:
    with_limits(town, refused_per_minute=5)
    for _ in range(20):
        answer = await knock(town.doors, "GET", "/posts/1", headers={"Accept": porch.ACTIVITY_JSON}, client="8.8.8.8")
        assert answer.status == 404


async def test_by_default_ten_refusals_a_second_are_borne(town: Town) -> None:
    assert [(await junk(town)).status for _ in range(600)] == [401] * 600
    assert (await junk(town)).status == 429


# --- the inbox, for each server ---------------------------------------------------------------------------------


async def test_a_server_that_sends_too_much_is_put_off_and_nothing_is_lost(town: Town, elsewhere: Elsewhere) -> None:
    with_limits(town, inbox_per_minute=5)
    pieter, els = elsewhere.stranger("delft"), elsewhere.stranger("gouda")
    notes = [pieter.note() for _ in range(7)]

    answers = [await town.post(note, by=pieter) for note in notes]

    assert [each.status for each in answers] == [202] * 5 + [429] * 2
    seconds = int(answers[-1].headers["retry-after"])
    assert 1 <= seconds <= 60
    assert (await town.post(els.note(), by=els)).status == (202 if els.host != pieter.host else 429)
    town.clock.advance(MINUTE)
    assert [(await town.post(note, by=pieter)).status for note in notes[5:]] == [202] * 2
    assert {note["id"] for note in notes} <= set(await town.arrived())


async def test_nobody_uses_up_the_pace_of_another_server(town: Town, elsewhere: Elsewhere) -> None:
    """A signature that only claims to be of a server does not count for it."""
    with_limits(town, inbox_per_minute=3)
    pieter = elsewhere.stranger("delft")
    forger = replace(pieter, pair=porch.pair_of(pieter.uri, number=7))  # the same names for other keys
    assert (await town.post(pieter.note(), by=pieter)).status == 202
    for _ in range(9):
        assert (await town.post(pieter.note(), by=forger)).status in (401, 503)
    assert (await town.post(pieter.note(), by=pieter)).status == 202


async def test_a_long_message_counts_as_several(town: Town, elsewhere: Elsewhere) -> None:
    with_limits(town, inbox_per_minute=20)
    pieter = elsewhere.stranger("delft")
    long = pieter.note() | {"summary": "x" * 400_000}
    assert (await town.post(long, by=pieter)).status == 202
    assert (await town.post(pieter.note(), by=pieter)).status == 429


async def test_a_server_that_is_put_off_costs_no_look_at_what_it_sent(town: Town, elsewhere: Elsewhere) -> None:
    with_limits(town, inbox_per_minute=1)
    pieter = elsewhere.stranger("delft")
    assert (await town.post(pieter.note(), by=pieter)).status == 202
    assert (await town.post(b"no JSON at all", by=pieter)).status == 429
