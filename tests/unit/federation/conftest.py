"""A post room without rooms behind it, and neighbours to exchange messages with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest_asyncio

from tests.unit.federation.neighbours import Neighbour
from tests.unit.federation.office import Office, open_office

OpenNeighbour = Callable[[str], Awaitable[Neighbour]]


@pytest_asyncio.fixture
async def open_neighbour() -> AsyncIterator[OpenNeighbour]:
    """Open a server at ``name.localhost``."""
    async with AsyncExitStack() as stack:

        async def open_one(name: str) -> Neighbour:
            neighbour = Neighbour(name)
            stack.push_async_callback(neighbour.close)
            return await neighbour.open()

        yield open_one


@pytest_asyncio.fixture
async def delft(open_neighbour: OpenNeighbour) -> Neighbour:
    """A neighbour."""
    return await open_neighbour("delft")


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """The post room of gouda.example, on SQLite."""
    async with open_office(f"sqlite:///{tmp_path / 'fedgov.sqlite3'}", folder=tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def office_on_both(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """The post room of gouda.example, once on SQLite and once on PostgreSQL."""
    async with open_office(database_url, folder=tmp_path) as found:
        yield found
