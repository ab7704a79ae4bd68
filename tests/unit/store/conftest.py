"""A database with the tables of the foundation, on each of the two storages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from fedgov.kernel import config as configuration
from fedgov.kernel.clock import ManualClock
from fedgov.store.database import Database, open_database
from fedgov.store.tables import metadata
from fedgov.store.transaction import Setting

NOW = 1_795_000_000_000
Opener = Callable[[], Database]


def setting(folder: Path) -> Setting:
    """The facts about an instance whose clock stands still."""
    table = {"instance": {"domain": "groningen.example", "organisation": "gemeente Groningen"}}
    return Setting(config=configuration.read(table, folder=folder / "groningen"), clock=ManualClock(NOW))


async def make_tables(url: str) -> None:
    """Make all tables in an empty database."""
    if url.startswith("sqlite:"):
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=OFF")  # or each table waits for the disk
            metadata.create_all(connection)
        engine.dispose()
        return
    async_engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with async_engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await async_engine.dispose()


@pytest_asyncio.fixture
async def another(database_url: str, tmp_path: Path) -> AsyncIterator[Opener]:
    """Open the same database once more, as another process would."""
    await make_tables(database_url)
    async with AsyncExitStack() as stack:

        def open_one() -> Database:
            database = open_database(database_url, setting=setting(tmp_path))
            stack.push_async_callback(database.close)
            return database

        yield open_one


@pytest_asyncio.fixture
async def database(another: Opener) -> Database:
    """A database on SQLite and on PostgreSQL."""
    return another()


@pytest_asyncio.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """A database on SQLite."""
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    await make_tables(url)
    database = open_database(url, setting=setting(tmp_path))
    yield database
    await database.close()
