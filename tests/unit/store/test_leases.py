"""One of several processes does the work, and the others see to it that it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from fedgov.kernel.clock import SECOND, ManualClock
from fedgov.kernel.errors import UnreachableError
from fedgov.store.database import Database, SqliteDatabase
from fedgov.store.leases import ONLY_PROCESS, LeaseLostError, SharedLease, lease_of
from fedgov.store.tables import leases
from tests.unit.store.conftest import Opener
from tests.unit.store.use_cases import known, meet

SECONDS = 0.4
AGES = 60.0
"""Seconds of a lease that does not end by itself while a busy machine runs a test."""


class Worker:
    """Works while it may, and counts how often it began and ended."""

    def __init__(self, database: Database, *, seconds: float = SECONDS) -> None:
        self.database = database
        self.lease = SharedLease(database, name="delivery", seconds=seconds)
        self.began = self.ended = 0
        self.fails = False

    async def work(self) -> None:
        """Do nothing for as long as it may."""
        self.began += 1
        try:
            if self.fails:
                raise ValueError("a bug")
            await asyncio.Event().wait()
        finally:
            self.ended += 1

    async def meet(self, host: str) -> None:
        """Write something in the name of the lease."""
        await self.database.write(self.lease.fenced(meet), host=host)


@asynccontextmanager
async def holding(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    """Let a worker compete."""
    task = asyncio.create_task(worker.lease.hold(worker.work))
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


def forward(database: Database, seconds: float) -> None:
    """Let time pass for the database's process."""
    clock = database._setting.clock  # type: ignore[attr-defined]
    assert isinstance(clock, ManualClock)
    clock.advance(int(seconds * SECOND))


async def test_only_one_of_two_works(another: Opener) -> None:
    first, second = Worker(another()), Worker(another())
    async with holding(first):
        await until(lambda: first.began == 1)
        async with holding(second):
            await asyncio.sleep(SECONDS)
            assert (first.began, first.ended, second.began) == (1, 0, 0)
    assert first.ended == 1


async def test_when_one_stops_the_other_takes_over(another: Opener) -> None:
    first, second = Worker(another()), Worker(another())
    async with holding(second):
        async with holding(first):
            await until(lambda: first.began + second.began == 1)
            stopping, waiting = (first, second) if first.began else (second, first)
            if stopping is second:
                return  # it was quicker; the other test says the same of it
        await until(lambda: waiting.began == 1)


async def test_whoever_gave_no_sign_of_life_loses_the_lease_and_writes_nothing_more(another: Opener) -> None:
    hung, other = Worker(another()), Worker(another())
    async with holding(hung) as task:
        await until(lambda: hung.began == 1)
        await hung.meet("before.example")
        late = hung.lease.fenced(meet)
        task.get_loop().call_soon(task.cancel)  # as good as stopped: it renews no more
        with suppress(asyncio.CancelledError):
            await task
    forward(other.database, SECONDS + 1)
    async with holding(other):
        await until(lambda: other.began == 1)
        with pytest.raises(LeaseLostError):
            await hung.database.write(late, host="after.example")
        await other.meet("meanwhile.example")
    assert await other.database.read(known) == ["before.example", "meanwhile.example"]


async def test_a_worker_that_lost_its_lease_is_stopped(another: Opener) -> None:
    worker = Worker(another())
    async with holding(worker):
        await until(lambda: worker.began == 1)
        await worker.database.write(lambda tx: tx.execute(leases.update().values(holder="another", fence=9)))
        await until(lambda: worker.ended == 1)
        with pytest.raises(LeaseLostError):
            worker.lease.demand_held()


async def test_nothing_new_is_begun_after_the_time_is_over_by_our_own_clock(another: Opener) -> None:
    worker = Worker(another(), seconds=AGES)
    async with holding(worker):
        await until(lambda: worker.began == 1)
        worker.lease.demand_held()
        worker.lease._ours_until = 0.0
        with pytest.raises(LeaseLostError):
            worker.lease.demand_held()


async def test_the_lease_outlasts_a_database_that_is_away_for_a_moment(
    another: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(another(), seconds=4.0)  # renewed each second
    async with holding(worker):
        await until(lambda: worker.began == 1)
        write, answers = worker.database.write, [False, True]

        async def stutter(*args: object, **values: object) -> object:
            if answers and not answers.pop(0):
                raise UnreachableError("the database is away")
            return await write(*args, **values)  # type: ignore[arg-type]

        monkeypatch.setattr(worker.database, "write", stutter)
        await until(lambda: not answers)
        assert worker.ended == 0


async def test_a_bug_in_the_work_is_loud_and_frees_the_lease(another: Opener) -> None:
    worker = Worker(another())
    worker.fails = True
    with pytest.raises(ValueError, match="a bug"):
        await worker.lease.hold(worker.work)
    assert await worker.database.read(lambda tx: tx.value(select(leases.c.until))) == 0


async def test_only_where_several_processes_can_serve_is_there_a_lease(another: Opener, tmp_path: Path) -> None:
    database = another()
    lease = lease_of(database, "inbox")
    assert (lease is ONLY_PROCESS) == isinstance(database, SqliteDatabase)
    ONLY_PROCESS.demand_held()
    await database.write(ONLY_PROCESS.fenced(meet), host="delft.example")
