"""A post room without rooms behind it, and neighbours to exchange messages with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.unit.federation.neighbours import Neighbour, OpenNeighbour, neighbourhood
from tests.unit.federation.office import Office, open_office


@pytest_asyncio.fixture
async def open_neighbour() -> AsyncIterator[OpenNeighbour]:
    """Open a server at ``name.localhost``."""
    async with neighbourhood() as open_one:
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
