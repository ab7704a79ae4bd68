"""R17: what comes faster than it can be handled is told to come back, and the server's queues stay bounded."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
import pytest_asyncio

from fedgov.federation import inbox
from fedgov.federation.dispatch import Handler, Need
from fedgov.federation.inbox import InboxWorker
from fedgov.federation.signatures.shapes import Shape
from tests.benchmarks import load
from tests.faults.senders import Senders, gouda_serves, make_gouda, until_handled, wall_clock
from tests.federation.doors.porch import Elsewhere, Response, Town, open_elsewhere, open_town
from tests.unit.federation.neighbours import Neighbour

MEGABYTE = 1_048_576
LARGE = 900_000
FLOOD = 30
MANY = 60
PATIENCE = 90.0


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A town hall with doors."""
    async with open_town(tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """Another server."""
    async with open_elsewhere() as found:
        yield found


def stop_writing(town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let every write wait, as for a disk that does not answer; return what lets them go on."""
    go = asyncio.Event()
    write = town.instance.database.write

    async def wait(*words: Any, **values: Any) -> Any:
        await go.wait()
        return await write(*words, **values)

    monkeypatch.setattr(town.instance.database, "write", wait)
    return go.set


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - the other side has no event for this
            await asyncio.sleep(0.01)


async def test_r17_what_is_under_way_is_limited_and_the_rest_is_told_to_come_back(
    town: Town, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieter = elsewhere.stranger("delft")
    assert (await town.post(pieter.note(), by=pieter)).status == 202  # now his keys are known
    go_on = stop_writing(town, monkeypatch)

    def large() -> dict[str, Any]:
        activity = pieter.note()
        activity["object"]["content"] = "<p>" + "x" * LARGE + "</p>"
        return activity

    asked = [asyncio.create_task(town.post(large(), by=pieter)) for _ in range(MANY)]
    most = inbox.MAX_UNDER_WAY // (LARGE + inbox.COST_OF_REQUEST + 1_000)
    await until(lambda: sum(task.done() for task in asked) >= MANY - most)
    answers: list[Response] = [task.result() for task in asked if task.done()]
    assert {answer.status for answer in answers} == {503}
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in answers)
    assert len(answers) == MANY - most, "what fits is still waited for"

    go_on()
    statuses = [answer.status for answer in await asyncio.gather(*asked)]
    assert statuses.count(202) == most
    assert len(await town.arrived()) == most + 1
    assert (await town.post(large(), by=pieter)).status == 202, "and afterwards there is room again"


async def test_r17_many_small_requests_have_a_limit_too(
    town: Town, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieter = elsewhere.stranger("delft")
    await town.post(pieter.note(), by=pieter)
    monkeypatch.setattr(inbox, "MAX_UNDER_WAY", 20 * inbox.COST_OF_REQUEST)
    go_on = stop_writing(town, monkeypatch)
    asked = [asyncio.create_task(town.post(pieter.note(), by=pieter)) for _ in range(30)]
    await until(lambda: sum(task.done() for task in asked) >= 10)
    go_on()
    statuses = [answer.status for answer in await asyncio.gather(*asked)]
    assert set(statuses) == {202, 503}
    assert statuses.count(202) < 20


async def test_r17_the_worker_takes_no_more_into_its_hands_than_fits(
    town: Town, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieter = elsewhere.stranger("delft")
    notes = [pieter.note() for _ in range(20)]
    for note in notes:
        await town.post(note, by=pieter)
    size = max(len(orjson.dumps(note)) for note in notes)
    monkeypatch.setattr(inbox, "MAX_IN_HAND", 5 * size)
    seen: list[str] = []
    at_once: list[int] = []
    go = asyncio.Event()

    class Slow:
        async def object(self, uri: str) -> str:
            at_once.append(len(worker._busy))
            await go.wait()
            return uri

    monkeypatch.setattr(town.instance, "fetch", Slow())
    handler = Handler(
        lambda _tx, verified: seen.append(verified.activity.id),
        needs=lambda _activity: (Need(kind="object", uri=elsewhere.url("delft", "/agenda")),),
    )
    worker = InboxWorker(town.instance, handlers={("Create", "Note"): handler})
    working = asyncio.create_task(worker.settle())
    await until(lambda: len(at_once) >= 5)
    assert len(worker._busy) <= 6
    go.set()
    async with asyncio.timeout(PATIENCE):
        await working
    assert sorted(seen) == sorted(note["id"] for note in notes)
    assert max(at_once) <= 6


def memory(pid: int) -> int:
    """The most bytes that a process ever had in memory."""
    fields = Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()
    return int(fields[0]) * 1024


async def test_r17_r12_a_flood_while_another_program_holds_the_database_is_put_off_and_costs_little_memory(
    home: Path, delft: Neighbour, chance: random.Random
) -> None:
    crowd = await make_gouda(home, delft, chance)
    text = "x" * LARGE
    async with gouda_serves(home) as served:
        other = sqlite3.connect(home / "gouda" / "fedgov.sqlite3", isolation_level=None)
        try:
            await _flood(crowd, served.process.pid, other, text)
        finally:
            other.close()


@pytest.mark.soak
async def test_r17_twice_as_much_as_it_can_take_lessens_what_it_takes_by_a_tenth_at_most(
    home: Path, delft: Neighbour, chance: random.Random
) -> None:
    crowd = await make_gouda(home, delft, chance)
    async with gouda_serves(home):
        await load.as_fast_as_possible(crowd.port, raw(crowd, 200))
        await until_handled(home, seconds=900)
        peak = await load.as_fast_as_possible(crowd.port, raw(crowd, 6_000))
        await until_handled(home, seconds=900)
        per_second = peak.statuses[202] / peak.seconds
        flood = await load.at_a_rate(crowd.port, raw(crowd, 20_000), per_second=2 * per_second, connections=1_000)
        await until_handled(home, seconds=900)
    assert peak.statuses == {202: 6_000}
    assert set(flood.statuses) <= {202, 429, 503}
    goodput = flood.statuses[202] / flood.seconds
    assert goodput >= 0.9 * per_second, f"{goodput:.0f}/s of {per_second:.0f}/s; {dict(flood.statuses)}"


def raw(crowd: Senders, number: int) -> list[bytes]:
    """Signed requests, as they go over the wire."""
    made = []
    for _ in range(number):
        person = crowd.chance.choice(crowd.people)
        message = person.posts(
            crowd.reply(person), to=f"http://{crowd.domain}/inbox", now=wall_clock(), shape=Shape.RFC9421_ED25519
        )
        lines = [f"{name}: {value}" for name, value in message.headers] + [f"content-length: {len(message.body)}"]
        made.append(("POST /inbox HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + message.body)
    return made


async def _flood(crowd: Senders, pid: int, other: sqlite3.Connection, text: str) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for person in crowd.people:
            assert (await crowd.post(session, person, crowd.reply(person))).status == 202
        before = memory(pid)
        other.execute("BEGIN IMMEDIATE")  # nothing leaves the queue
        told = await asyncio.gather(
            *(crowd.post(session, person, crowd.reply(person, text=text)) for person in crowd.people * FLOOD)
        )
        grown = memory(pid) - before
        other.execute("ROLLBACK")
        assert {each.status for each in told} == {503}
        assert all(int(each.headers["retry-after"]) >= 1 for each in told)
        assert grown < 200 * MEGABYTE, f"{grown / MEGABYTE:.0f} MiB"
        assert await crowd.deliver(session, crowd.people[0], crowd.reply(crowd.people[0]))
