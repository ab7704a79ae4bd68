"""One database per instance: SQLite by default, PostgreSQL by URL, one interface.

``await database.write(use_case, …)`` runs a synchronous use case in a transaction
and returns once it is durable; ``await database.read(query, …)`` runs a query on a
reader connection. Which of the two storages is behind it, no caller can tell.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool

from fedgov.kernel.errors import UnreachableError
from fedgov.store import news
from fedgov.store.prepared import driver_of
from fedgov.store.readers import Readers
from fedgov.store.signals import EVERYTHING, Signals
from fedgov.store.transaction import Setting, Transaction
from fedgov.store.writer import GroupCommitWriter, refusal, set_up_connections, storage_unavailable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

P = ParamSpec("P")
T = TypeVar("T")
UseCase = Callable[Concatenate[Transaction, P], T]

_WATCH_SECONDS: Final = 0.5
_CHANNEL: Final = "fedgov"
_NOTIFY: Final = text("SELECT pg_notify(:channel, :topic)")
_MAX_TRIES: Final = 4
_RETRYABLE: Final = {"40001", "40P01"}  # serialisation failure, deadlock
_AWAY: Final = (OSError, TimeoutError, PoolTimeoutError)


class Database(Protocol):
    """What an instance needs of its storage."""

    signals: Signals

    @property
    def waiting(self) -> int:
        """How many use cases wait for their turn to write; always 0 where several can write at once."""
        ...

    async def write(self, use_case: UseCase[P, T], *args: P.args, **values: P.kwargs) -> T:
        """Run a use case in a transaction; return its result once it is durable."""
        ...

    async def write_behind(self, use_case: UseCase[P, T], *args: P.args, **values: P.kwargs) -> T:
        """Do the same with something that nobody waits for: where one writes at a time, all others go first."""
        ...

    async def read(self, query: UseCase[P, T], *args: P.args, **values: P.kwargs) -> T:
        """Run a query that changes nothing."""
        ...

    async def catch_up(self) -> None:
        """Send signals for what other processes have committed until now, as far as that can be known."""
        ...

    async def watch(self) -> None:
        """Send signals for what other processes commit, until cancelled."""
        ...

    async def close(self) -> None:
        """Finish what waits and let go of all connections."""
        ...


def open_database(url: str, *, setting: Setting) -> Database:
    """Open the storage at this URL; the schema must exist (see `fedgov.store.schema`).

    Args:
        url: ``sqlite:///PATH`` or ``postgresql://…``.
        setting: The facts that each transaction carries.
    """
    if url.startswith("sqlite:"):
        return SqliteDatabase(url, setting=setting)
    return PostgresDatabase(url, setting=setting)


class SqliteDatabase:
    """One writer thread with group commit, and two that read."""

    def __init__(self, url: str, *, setting: Setting) -> None:
        self.signals = Signals()
        self._setting = setting
        self._write_engine = _sqlite_engine(url, read_only=False)
        self._read_engine = _sqlite_engine(url, read_only=True)
        self._writer = GroupCommitWriter(self._write_engine, setting=setting, signals=self.signals)
        self._readers = Readers()
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._serves = False
        self._seen: int | None = None  # what happened before the first look was perhaps missed

    @property
    def waiting(self) -> int:
        """How many use cases wait for the writer thread."""
        return self._writer.waiting

    async def write(self, use_case: UseCase[P, T], *args: P.args, **values: P.kwargs) -> T:
        """Run a use case on the writer thread; return its result after the sync."""
        return await self._writer.run(self._told(use_case, *args, **values))

    async def write_behind(self, use_case: UseCase[P, T], *args: P.args, **values: P.kwargs) -> T:
        """Run a use case on the writer thread when nobody else waits for it; return its result after the sync."""
        return await self._writer.run(self._told(use_case, *args, **values), behind=True)

    def _told(self, use_case: UseCase[P, T], *args: P.args, **values: P.kwargs) -> Callable[[Transaction], T]:
        """Return the use case as the writer runs it; who does not serve leaves its news for the one who does."""

        def run(tx: Transaction) -> T:
            result = use_case(tx, *args, **values)
            if not self._serves:
                news.leave(tx)
            return result

        return run

    async def read(self, query: UseCase[P, T], *args: P.args, **values: P.kwargs) -> T:
        """Run a query on a reader thread, in a snapshot of its own."""
        return await self._readers.run(functools.partial(self._read, query, *args, **values))

    def _read(self, query: UseCase[P, T], *args: P.args, **values: P.kwargs) -> T:
        try:
            connection, driver = self._reader()
            driver.execute("BEGIN")
            try:
                return query(Transaction(connection, self._setting, is_snapshot=True), *args, **values)
            finally:
                if driver.in_transaction:  # SQLite ends it by itself after some failures
                    driver.execute("COMMIT")
        except sqlite3.Error as error:
            raise refusal(DBAPIError.instance(None, None, error, sqlite3.Error)) from error
        except DBAPIError as error:
            if getattr(error.orig, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY:
                raise  # a query that writes is a bug, not a full disk
            raise refusal(error) from error

    def _reader(self) -> tuple[Connection, sqlite3.Connection]:
        """Return this thread's connection, as SQLAlchemy's and as the driver's."""
        found: tuple[Connection, sqlite3.Connection] | None = getattr(self._local, "reader", None)
        if found is None:
            connection = self._read_engine.connect()
            self._connections.append(connection)
            found = self._local.reader = (connection, driver_of(connection))
        return found

    async def catch_up(self) -> None:
        """Send signals when another process, such as the command line, has committed something since the last look.

        ``data_version`` of a connection changes only by commits of others, and
        all our own writes go through the writer's.
        """
        version = await self.write(_data_version)
        if version != self._seen:
            self._seen = version
            left = await self.write(news.take) if self._serves else []
            self.signals.send([EVERYTHING, *left])

    async def watch(self) -> None:
        """Catch up twice a second, until cancelled."""
        self._serves = True
        while True:
            with contextlib.suppress(UnreachableError):  # busy or full: look again later
                await self.catch_up()
            await asyncio.sleep(_WATCH_SECONDS)

    async def close(self) -> None:
        """Finish what waits, then close all connections."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._readers.close()
        for connection in self._connections:
            connection.close()
        self._write_engine.dispose()
        self._read_engine.dispose()


def _sqlite_engine(url: str, *, read_only: bool) -> Engine:
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",  # we say BEGIN ourselves
        poolclass=NullPool,
        connect_args={"check_same_thread": False, "cached_statements": 512},
        hide_parameters=True,  # what people wrote belongs in no log
        query_cache_size=2_000,
    )
    set_up_connections(engine, read_only=read_only)
    return engine


def _data_version(tx: Transaction) -> int:
    return int(tx.connection.exec_driver_sql("PRAGMA data_version").scalar_one())


class PostgresDatabase:
    """The same use cases by ``run_sync`` over asyncpg, in as many processes as needed."""

    def __init__(self, url: str, *, setting: Setting) -> None:
        self.signals = Signals()
        self._setting = setting
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - not needed for SQLite

        self._engine: AsyncEngine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=8,
            max_overflow=8,
            pool_timeout=10,
            hide_parameters=True,
        )
        # The same as SQLite's readers: one snapshot, and nothing is changed.
        self._read_engine = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def waiting(self) -> int:
        """None: each has a connection or waits for one."""
        return 0

    async def write(self, use_case: UseCase[P, T], *args: P.args, **values: P.kwargs) -> T:
        """Run a use case in a transaction; a deadlock is tried again."""
        begin = time.monotonic()
        for attempt in range(1, _MAX_TRIES + 1):
            try:
                result, topics = await self._write_once(use_case, *args, **values)
            except DBAPIError as error:
                if attempt < _MAX_TRIES and getattr(error.orig, "sqlstate", None) in _RETRYABLE:
                    continue
                raise _as_refusal(error) from error
            except _AWAY as error:
                raise storage_unavailable(error) from error
            self._setting.metrics.committed(1, time.monotonic() - begin)
            self.signals.send(topics)
            return result
        raise AssertionError("unreachable")  # pragma: no cover

    async def write_behind(self, use_case: UseCase[P, T], *args: P.args, **values: P.kwargs) -> T:
        """Run a use case in a transaction of its own; here nobody waits for others."""
        return await self.write(use_case, *args, **values)

    async def _write_once(self, use_case: UseCase[P, T], *args: P.args, **values: P.kwargs) -> tuple[T, frozenset[str]]:
        def run(connection: Connection) -> tuple[T, frozenset[str]]:
            tx = Transaction(connection, self._setting)
            result = use_case(tx, *args, **values)
            for topic in tx.signals:
                connection.execute(_NOTIFY, {"channel": _CHANNEL, "topic": topic})
            return result, tx.signals

        async with self._engine.begin() as connection:
            return await connection.run_sync(run)

    async def read(self, query: UseCase[P, T], *args: P.args, **values: P.kwargs) -> T:
        """Run a query that changes nothing."""
        try:
            async with self._read_engine.connect() as connection:
                return await connection.run_sync(
                    lambda c: query(Transaction(c, self._setting, is_snapshot=True), *args, **values)
                )
        except DBAPIError as error:
            raise _as_refusal(error) from error
        except _AWAY as error:
            raise storage_unavailable(error) from error

    async def catch_up(self) -> None:
        """Do nothing: the server tells listeners at the commit."""

    async def watch(self) -> None:
        """Pass on what any process notifies, ourselves included."""

        def pass_on(_connection: object, _pid: int, _channel: str, topic: str) -> None:
            self.signals.send([topic])

        while True:
            async with self._engine.connect() as connection:
                raw = await connection.get_raw_connection()
                driver: Any = raw.driver_connection
                await driver.add_listener(_CHANNEL, pass_on)
                self.signals.send([EVERYTHING])  # before we listened, anything may have changed
                try:
                    while not driver.is_closed():  # noqa: ASYNC110 - the driver has no event for this
                        await asyncio.sleep(_WATCH_SECONDS)
                finally:
                    if driver.is_closed():
                        await connection.invalidate()  # or somebody else would get it from the pool
                    else:
                        await driver.remove_listener(_CHANNEL, pass_on)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._engine.dispose()


def _as_refusal(error: DBAPIError) -> Exception:
    """Turn "the server went away, is full or is busy" into "come back later"; leave bugs as they are."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or state.startswith(("08", "53", "57", "40", "55")):
        return storage_unavailable(error)
    return error
