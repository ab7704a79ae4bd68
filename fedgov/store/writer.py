"""The one thread that writes to SQLite, and groups commits.

A disk can sync a few hundred times a second, a server accepts thousands of
messages a second. So use cases that wait at the same moment share one commit:
each runs in a savepoint of its own, a failing one rolls back alone, and every
caller resumes only after the sync (see ``docs/decisions``).

Work that nobody waits for, such as handling what was accepted, goes behind what
somebody waits for, and in larger groups: fewer commits write each page of an index less often.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from fedgov.kernel.errors import UnreachableError
from fedgov.store.line import Line
from fedgov.store.prepared import driver_of
from fedgov.store.remembered import ANYTHING, Answers
from fedgov.store.signals import Signals
from fedgov.store.transaction import Setting, Transaction

MAX_BATCH: Final = 500
MAX_SECONDS: Final = 0.005
MAX_SECONDS_BEHIND: Final = 0.05
"""A group of work that nobody waits for may take so long; it ends when somebody comes."""
MAX_WAITING: Final = 20_000
BUSY_RETRY_AFTER: Final = 5.0
BUSY_MILLISECONDS: Final = 5_000
PAGES_TO_CHECKPOINT: Final = 8_000
"""Pages in the write-ahead log (32 MB) before they are moved: most of them are written again and again."""

_WAIT: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""What disk and locks do to us; any other error of SQLite is a mistake in a statement."""

T = TypeVar("T")


@dataclass(slots=True)
class _Job:
    run: Callable[[Transaction], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    behind: bool = False
    result: Any = None
    error: BaseException | None = None
    signals: frozenset[str] = frozenset()


class GroupCommitWriter:
    """Runs use cases one after the other and commits them in groups.

    Args:
        engine: A SQLite engine in AUTOCOMMIT mode; this class says BEGIN itself.
        setting: The facts that each transaction carries.
        signals: Told after each commit, on the caller's event loop.
    """

    def __init__(self, engine: Engine, *, setting: Setting, signals: Signals) -> None:
        self._engine = engine
        self._setting = setting
        self._signals = signals
        self._answers = Answers()
        self._line: Line[_Job] = Line()
        self._thread = threading.Thread(target=self._serve, name="fedgov-writer", daemon=True)
        self._thread.start()

    async def run(self, use_case: Callable[[Transaction], T], *, behind: bool = False) -> T:
        """Run a use case; return its result once it is on disk.

        Args:
            use_case: What is to be done.
            behind: Let all go first for whom somebody waits.

        Raises:
            UnreachableError: The database is busy, full, read-only or closed; nothing was changed.
        """
        if len(self._line) > MAX_WAITING:
            raise UnreachableError("the server is busy", retry_after=BUSY_RETRY_AFTER, detail="writer queue full")
        loop = asyncio.get_running_loop()
        job = _Job(run=use_case, future=loop.create_future(), loop=loop, behind=behind)
        if not self._line.join(job):
            raise UnreachableError("the server is stopping", retry_after=BUSY_RETRY_AFTER)
        result: T = await job.future
        return result

    @property
    def waiting(self) -> int:
        """How many use cases wait for their turn."""
        return len(self._line)

    def close(self) -> None:
        """Finish what waits and stop the thread."""
        self._line.close()
        self._thread.join()

    def _serve(self) -> None:
        connection: Connection | None = None
        while (job := self._line.wait()) is not None:
            try:
                connection = connection or self._engine.connect()
            except Exception as error:  # tried again for the next one
                job.error = refusal(error)
                _hand_back([job], self._signals)
                continue
            self._commit_group(connection, job)
        if connection is not None:
            connection.close()

    def _commit_group(self, connection: Connection, first: _Job) -> None:
        """Run the first job and those that wait behind it, and commit them together."""
        group: list[_Job] = [first]
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except Exception as error:
            # Who came while we waited for the lock waited too: one after the other they would wait for ever.
            group += self._line.everybody()
            for waiting in group:
                waiting.error = refusal(error)
            _hand_back(group, self._signals)
            return
        begin = time.monotonic()
        try:
            self._answers.begin(driver_of(connection))
            self._run_in_savepoint(connection, first)
            self._fill(group, connection=connection, begin=begin)
            connection.exec_driver_sql("COMMIT")
        except Exception as error:  # the thread must live; every caller of the group gets the error
            _roll_back(connection)
            self._answers.forget(ANYTHING)
            for job in group:
                job.error = job.error or refusal(error)
        self._setting.metrics.committed(len(group), time.monotonic() - begin)
        _hand_back(group, self._signals)

    def _fill(self, group: list[_Job], *, connection: Connection, begin: float) -> None:
        """Run more jobs until somebody would wait too long for those in the group."""
        hurried = not group[0].behind
        deadline = begin + (MAX_SECONDS if hurried else MAX_SECONDS_BEHIND)
        while len(group) < MAX_BATCH and time.monotonic() < deadline:
            job = self._line.first()
            if job is not None and not hurried:
                hurried, deadline = True, time.monotonic() + MAX_SECONDS
            elif job is None and not hurried:
                job = self._line.behind()
            if job is None:
                break
            group.append(job)
            self._run_in_savepoint(connection, job)
        if hurried and (last := self._line.behind()) is not None:  # however many come, those behind get on too
            group.append(last)
            self._run_in_savepoint(connection, last)

    def _run_in_savepoint(self, connection: Connection, job: _Job) -> None:
        driver = driver_of(connection)
        driver.execute("SAVEPOINT use_case")
        tx = Transaction(connection, self._setting, answers=self._answers)
        try:
            job.result = job.run(tx)
        except BaseException as error:  # handed to the caller, where it stays loud; the thread must live
            job.error = refusal(error)
            driver.execute("ROLLBACK TO use_case")
            self._answers.forget(ANYTHING)
        driver.execute("RELEASE use_case")
        job.signals = tx.signals


def _roll_back(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    if driver is not None and driver.in_transaction:
        with contextlib.suppress(DBAPIError):  # what cannot be rolled back now was not committed either
            connection.exec_driver_sql("ROLLBACK")


def refusal(error: BaseException) -> BaseException:
    """Turn what the disk or a lock did into "come back later"; leave bugs as they are."""
    if isinstance(error, StopIteration):
        return RuntimeError(f"a use case let StopIteration escape: {error}")  # no future can carry that one
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", 0)  # errors of the driver itself have none
    return storage_unavailable(error) if code & 0xFF in _WAIT else error


def storage_unavailable(error: BaseException) -> UnreachableError:
    """Return the refusal for a database that is busy, full, read-only or away."""
    cause = getattr(error, "orig", None) or error  # the words around it quote the statement with what people wrote
    return UnreachableError("the server cannot store this now", retry_after=BUSY_RETRY_AFTER, detail=str(cause))


def _hand_back(group: list[_Job], signals: Signals) -> None:
    """Resume all callers of a group, with one wake-up per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in group:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resume, jobs, signals)


def _resume(jobs: list[_Job], signals: Signals) -> None:
    topics: set[str] = set()
    for job in jobs:
        if job.error is None:
            topics |= job.signals
        if job.future.done():  # its caller was cancelled
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)
    signals.send(topics)


def set_up_connections(engine: Engine, *, read_only: bool) -> None:
    """Give every new SQLite connection of an engine our settings.

    ``synchronous=FULL`` is what makes "committed" mean "on disk" in WAL mode.
    """

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-16000",
            f"wal_autocheckpoint={PAGES_TO_CHECKPOINT}",
            *(("query_only=ON",) if read_only else ()),
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
