"""What became of deliveries is written together, and what cannot be written takes nothing else along."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Row

from fedgov.federation import parcels, peers, results
from fedgov.federation.results import Results
from fedgov.federation.signatures.shapes import Shape
from fedgov.kernel.clock import HOUR
from fedgov.kernel.errors import UnreachableError
from fedgov.store.leases import ONLY_PROCESS
from fedgov.store.tables import deliveries
from fedgov.store.tables import peers as peers_table
from fedgov.store.transaction import Transaction
from tests.unit.federation.neighbours import Neighbour
from tests.unit.federation.office import LostLease, Office
from tests.unit.federation.test_delivery import follower, publish

LEARNT = {"shape": Shape.CAVAGE.value, "shape_learnt_at": 5}


@pytest.fixture
def office(office_on_both: Office) -> Office:
    """A post room on each database."""
    return office_on_both


async def due(office: Office, delft: Neighbour, *, number: int = 3) -> list[Row[Any]]:
    """Some deliveries that could be sent now."""
    await office.person("fatima")
    await follower(office, delft)
    for _ in range(number):
        await publish(office)
    return await read(office)


async def read(office: Office) -> list[Row[Any]]:
    found = await office.instance.read(parcels.due, now=office.now, busy=(), most=100)
    return [parcel.row for queue in found.parcels.values() for parcel in queue]


async def states(office: Office) -> list[str]:
    return [row.state for row in await office.rows(deliveries)]


def book(office: Office, **more: Any) -> Results:
    return Results(office.instance, **{"lease": ONLY_PROCESS, "pause": lambda: 0.0, **more})


def mistake(_tx: Transaction) -> None:
    """A bug."""
    raise ZeroDivisionError


async def test_what_comes_in_at_the_same_moment_is_one_transaction(
    office: Office, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = await due(office, delft)
    write, together = office.instance.database.write, []

    async def note(use_case: Callable[..., Any], **values: Any) -> Any:
        together.append(len(values["results"]))
        return await write(use_case, **values)

    monkeypatch.setattr(office.instance.database, "write", note)
    notes = book(office)
    await asyncio.gather(
        notes.arrived(rows[0], learnt=LEARNT),
        notes.note(results.end, row=rows[1], state="failed", reason="no"),
        notes.arrived(rows[2], learnt={}),
    )
    assert together == [3]
    assert await states(office) == ["sent", "failed", "sent"]
    stored = await office.rows(deliveries)
    assert [(row.attempts, row.sent_at, row.reason) for row in stored] == [
        (1, office.now, None),
        (1, None, "no"),
        (1, office.now, None),
    ]
    (host,) = [row for row in await office.rows(peers_table) if row.host == delft.host]
    assert (host.shape, host.shape_learnt_at, host.last_success_at) == ("cavage", 5, office.now)


async def test_a_mistake_takes_no_other_result_along(office: Office, delft: Neighbour) -> None:
    first, second, _ = await due(office, delft)
    notes = book(office)
    told = await asyncio.gather(
        notes.arrived(first, learnt={}), notes.note(mistake), notes.arrived(second, learnt={}), return_exceptions=True
    )
    assert told[0] is None
    assert isinstance(told[1], ZeroDivisionError)
    assert told[2] is None
    assert await states(office) == ["sent", "sent", "queued"]


async def test_what_could_not_be_stored_is_told_to_each_and_stays_queued(
    office: Office, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = await due(office, delft)

    async def refuse(_use_case: Callable[..., Any], **_values: Any) -> None:
        raise UnreachableError("the disk is full")

    monkeypatch.setattr(office.instance.database, "write", refuse)
    notes = book(office)
    told = await asyncio.gather(*(notes.arrived(row, learnt={}) for row in rows), return_exceptions=True)
    assert [type(error) for error in told] == [UnreachableError] * 3
    monkeypatch.undo()
    assert await states(office) == ["queued"] * 3
    await notes.arrived(rows[0], learnt={})
    assert await states(office) == ["sent", "queued", "queued"]


async def test_r13_without_the_lease_nothing_of_it_is_written(office: Office, delft: Neighbour) -> None:
    rows = await due(office, delft)
    notes = book(office, lease=LostLease(notices=False))
    told = await asyncio.gather(
        notes.arrived(rows[0], learnt=LEARNT),
        notes.note(results.postpone, row=rows[1], pause=HOUR, reason="later"),
        return_exceptions=True,
    )
    assert all(isinstance(error, UnreachableError) for error in told)
    assert [row.id for row in await read(office)] == [row.id for row in rows]
    assert all(host.last_success_at is None for host in await office.rows(peers_table))


async def test_what_was_noted_before_the_end_is_written_although_nobody_waits_for_it(
    office: Office, delft: Neighbour
) -> None:
    rows = await due(office, delft)
    notes = book(office)
    waiting = [asyncio.create_task(notes.arrived(row, learnt={})) for row in rows]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    await notes.settle()
    assert await states(office) == ["sent"] * 3


async def test_more_results_than_fit_in_one_transaction_are_all_written(
    office: Office, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MOST_TOGETHER", 2)
    rows = await due(office, delft, number=5)
    notes = book(office)
    async with asyncio.timeout(60):
        await asyncio.gather(*(notes.arrived(row, learnt={}) for row in rows))
    assert await states(office) == ["sent"] * 5


async def test_facts_about_servers_old_and_new_are_stored_at_once(office: Office) -> None:
    await office.instance.write(peers.change, host="old.example", values={"failures": 3})
    await office.instance.write(peers.change_many, hosts=["new.example", "old.example"], values=peers.ANSWERS)
    found = {row.host: row.failures for row in await office.rows(peers_table)}
    assert found["new.example"] == found["old.example"] == 0
