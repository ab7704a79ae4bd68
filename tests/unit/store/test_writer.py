"""The thread that writes to SQLite: groups, failures of the disk, and the end."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from fedgov.kernel.errors import UnreachableError
from fedgov.store.database import Database, SqliteDatabase
from fedgov.store.transaction import Transaction
from tests.unit.store.conftest import setting
from tests.unit.store.test_database import until, watching
from tests.unit.store.use_cases import count, known, meet, meet_and_fail


class GiveUp(BaseException):
    """What no ``except Exception`` catches."""


@contextmanager
def said_by_writers(what: str) -> Iterator[list[str]]:
    """Collect how often writers said something to their database."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement == what and threading.current_thread().name == "fedgov-writer":
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def lock_of_another(path: Path) -> Iterator[None]:
    """Hold the write lock, as another process would."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def pragma(tx: Transaction, *, name: str) -> Any:
    """Read or set something of the connection."""
    return tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar()


async def test_five_hundred_writers_at_once_share_two_commits(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedgov.store.writer.MAX_SECONDS", 5.0)  # whatever else the machine does
    started, go = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        started.set()
        go.wait(5)

    with said_by_writers("COMMIT") as found:
        first = asyncio.create_task(sqlite.write(hold))
        await asyncio.to_thread(started.wait, 5)
        others = [asyncio.create_task(sqlite.write(meet, host=f"{number}.example")) for number in range(500)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in others)
        go.set()
        await asyncio.gather(first, *others)
    assert len(found) == 2
    assert await sqlite.read(count) == 500


async def test_a_group_is_committed_before_those_in_it_have_waited_long(sqlite: Database) -> None:
    with said_by_writers("COMMIT") as found:
        await asyncio.gather(*(sqlite.write(lambda _tx: time.sleep(0.006)) for _ in range(5)))
    assert len(found) == 5


@asynccontextmanager
async def busy(database: Database) -> AsyncIterator[None]:
    """Keep the writer busy, so that what is asked for in the block waits for it together."""
    started, go = threading.Event(), threading.Event()

    def hold(_tx: Transaction) -> None:
        started.set()
        go.wait(10)

    holding = asyncio.create_task(database.write_behind(hold))
    await asyncio.to_thread(started.wait, 10)
    yield
    await asyncio.sleep(0)  # who waits stands in the line now
    go.set()
    await holding


async def test_work_that_nobody_waits_for_goes_behind(sqlite: Database) -> None:
    done: list[str] = []
    async with busy(sqlite):
        tasks = [asyncio.create_task(sqlite.write_behind(lambda _tx: done.append("behind"))) for _ in range(3)]
        tasks += [asyncio.create_task(sqlite.write(lambda _tx: done.append("first"))) for _ in range(3)]
    await asyncio.gather(*tasks)
    assert done == ["first"] * 3 + ["behind"] * 3


async def test_work_behind_gets_on_however_many_come(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedgov.store.writer.MAX_SECONDS", 0.0)  # each group is one, and one of those behind
    done: list[str] = []
    async with busy(sqlite):
        tasks = [asyncio.create_task(sqlite.write_behind(lambda _tx: done.append("behind"))) for _ in range(2)]
        tasks += [asyncio.create_task(sqlite.write(lambda _tx: done.append("first"))) for _ in range(6)]
    await asyncio.gather(*tasks)
    assert done.index("behind") < 3
    assert done[-1] == "first"


async def test_a_group_of_work_behind_is_committed_soon_when_somebody_comes(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedgov.store.writer.MAX_SECONDS", 0.0)
    monkeypatch.setattr("fedgov.store.writer.MAX_SECONDS_BEHIND", 60.0)
    with said_by_writers("COMMIT") as found:
        async with busy(sqlite):
            tasks = [asyncio.create_task(sqlite.write_behind(meet, host=f"{number}.example")) for number in range(99)]
            somebody = asyncio.create_task(sqlite.write(count))
        assert await somebody < 3
        await asyncio.gather(*tasks)
    assert len(found) == 2


async def test_who_stops_loses_nothing_that_waits_behind(sqlite: Database) -> None:
    async with busy(sqlite):
        tasks = [asyncio.create_task(sqlite.write_behind(meet, host=f"{number}.example")) for number in range(9)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(sqlite.close())
    await asyncio.gather(*tasks, closing)


async def test_committed_means_on_disk(sqlite: Database) -> None:
    assert await sqlite.write(pragma, name="journal_mode") == "wal"
    assert await sqlite.write(pragma, name="synchronous") == 2
    assert await sqlite.write(pragma, name="foreign_keys") == 1
    assert await sqlite.write(pragma, name="busy_timeout") == 5_000
    assert await sqlite.read(pragma, name="query_only") == 1


async def test_a_full_disk_is_come_back_later_and_nothing_is_changed(sqlite: Database) -> None:
    await sqlite.write(meet, host="before.example")
    pages = await sqlite.write(pragma, name="page_count")
    await sqlite.write(pragma, name=f"max_page_count={pages}")

    def write_much(tx: Transaction) -> None:
        for number in range(2_000):
            meet(tx, host=f"{number}.{'x' * 200}.example")

    with pytest.raises(UnreachableError) as refusal:
        await sqlite.write(write_much)
    assert refusal.value.retry_after
    assert await sqlite.read(known) == ["before.example"]

    await sqlite.write(pragma, name="max_page_count=100000")
    await sqlite.write(meet, host="after.example")
    assert await sqlite.read(known) == ["after.example", "before.example"]


async def test_a_full_disk_takes_nobody_else_of_the_group_along_without_telling(sqlite: Database) -> None:
    pages = await sqlite.write(pragma, name="page_count")
    await sqlite.write(pragma, name=f"max_page_count={pages}")

    def write_much(tx: Transaction) -> None:
        for number in range(2_000):
            meet(tx, host=f"{number}.{'x' * 200}.example")

    results = await asyncio.gather(
        sqlite.write(meet, host="a.example"),
        sqlite.write(write_much),
        sqlite.write(meet, host="b.example"),
        return_exceptions=True,
    )
    stored = await sqlite.read(known)
    assert isinstance(results[1], UnreachableError)
    assert stored == [str(result).lower() for result in results if isinstance(result, str)]


async def test_a_lock_of_another_process_is_come_back_later_for_all_who_wait(sqlite: Database, tmp_path: Path) -> None:
    await sqlite.write(pragma, name="busy_timeout=200")
    with lock_of_another(tmp_path / "fedgov.sqlite3"), said_by_writers("BEGIN IMMEDIATE") as asked:
        results = await asyncio.gather(
            *(sqlite.write(meet, host=f"{number}.example") for number in range(50)), return_exceptions=True
        )
        assert await sqlite.read(count) == 0
    assert all(isinstance(result, UnreachableError) and result.retry_after for result in results)
    assert len(asked) < 10, "they waited one after the other"

    await sqlite.write(meet, host="later.example")
    assert await sqlite.read(known) == ["later.example"]


async def test_a_lock_that_is_let_go_in_time_costs_only_time(sqlite: Database, tmp_path: Path) -> None:
    assert await sqlite.write(known) == []  # so that it is connected
    with lock_of_another(tmp_path / "fedgov.sqlite3"):
        waiting = asyncio.create_task(sqlite.write(meet, host="delft.example"))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    await waiting
    assert await sqlite.read(known) == ["delft.example"]


async def test_a_commit_that_fails_is_told_to_everybody_of_the_group(
    sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    sqlite.signals.on_signal(heard.append)

    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement == "COMMIT" and threading.current_thread().name == "fedgov-writer":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
            raise error

    event.listen(Engine, "before_cursor_execute", refuse)
    try:
        results = await asyncio.gather(
            *(sqlite.write(meet, host=f"{number}.example", topic="t") for number in range(5)), return_exceptions=True
        )
    finally:
        event.remove(Engine, "before_cursor_execute", refuse)
    assert all(isinstance(result, Exception) for result in results)
    assert await sqlite.read(count) == 0
    assert heard == []
    await sqlite.write(meet, host="later.example")


@pytest.mark.parametrize(
    "error", [StopIteration("next"), GiveUp(), KeyError("x"), sqlite3.ProgrammingError("wrong number of values")]
)
async def test_no_failure_of_a_use_case_ends_the_thread(sqlite: Database, error: BaseException) -> None:
    task = asyncio.ensure_future(sqlite.write(meet_and_fail, host="a.example", error=error))
    other = asyncio.ensure_future(sqlite.write(meet, host="b.example"))
    done, _ = await asyncio.wait([task, other], timeout=60)
    assert len(done) == 2, "somebody waits for ever"
    assert isinstance(task.exception(), type(error) | RuntimeError)
    assert await sqlite.read(known) == ["b.example"]


async def test_a_database_that_cannot_be_opened_is_come_back_later(tmp_path: Path) -> None:
    folder = tmp_path / "not-there"
    database = SqliteDatabase(f"sqlite:///{folder / 'fedgov.sqlite3'}", setting=setting(tmp_path))
    for run in (database.write, database.read):
        with pytest.raises(UnreachableError):
            await asyncio.wait_for(run(count), 60)
    folder.mkdir()
    await database.write(lambda tx: tx.connection.exec_driver_sql("CREATE TABLE peers (host TEXT, first_seen_at INT)"))
    await database.write(meet, host="delft.example")
    await database.close()


async def test_after_the_end_nobody_waits_for_ever(sqlite: Database) -> None:
    await sqlite.close()
    with pytest.raises(UnreachableError, match="stopping"):
        await asyncio.wait_for(sqlite.write(meet, host="late.example"), 60)


async def test_too_many_who_wait_are_refused(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedgov.store.writer.MAX_WAITING", 10)
    results = await asyncio.gather(
        *(sqlite.write(meet, host=f"{number}.example") for number in range(500)), return_exceptions=True
    )
    written = sum(1 for result in results if isinstance(result, str))
    assert 10 <= written < 500
    assert all(isinstance(result, str | UnreachableError) for result in results)
    assert await sqlite.read(count) == written


async def test_a_commit_of_a_program_beside_us_is_noticed(sqlite: Database, tmp_path: Path) -> None:
    program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
    program += "c.execute(\"INSERT INTO peers (host, first_seen_at) VALUES ('beside.example', 1)\"); c.commit()"
    async with watching(sqlite) as heard:
        command = [sys.executable, "-c", program, str(tmp_path / "fedgov.sqlite3")]
        await asyncio.to_thread(subprocess.run, command, check=True, timeout=20)
        await until(lambda: bool(heard))
    assert await sqlite.read(known) == ["beside.example"]


async def test_what_was_committed_before_the_first_look_is_not_missed(sqlite: Database) -> None:
    async with watching(sqlite) as heard:  # it told of everything at its first look
        assert heard == []
