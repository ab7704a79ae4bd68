"""A database with the tables of the foundation, on each of the two storages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio

from fedgov.kernel import config as configuration
from fedgov.kernel.clock import ManualClock
from fedgov.store.database import Database, open_database
from fedgov.store.transaction import Setting
from tests.tables import make_tables

NOW = 1_795_000_000_000
Opener = Callable[[], Database]


def setting(folder: Path) -> Setting:
    """The facts about an instance whose clock stands still."""
    table = {"instance": {"domain": "groningen.example", "organisation": "gemeente Groningen"}}
    return Setting(config=configuration.read(table, folder=folder / "groningen"), clock=ManualClock(NOW))


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
