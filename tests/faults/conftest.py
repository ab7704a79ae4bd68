"""Homes, neighbours and the seed that makes a random test happen again."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedgov.federation import keys
from fedgov.kernel import log
from tests.fediverse import Fediverse, pooled_rsa
from tests.unit.federation.neighbours import Neighbour, OpenNeighbour, neighbourhood
from tests.unit.federation.office import Office, open_office


@pytest.fixture(autouse=True, scope="module")
def quick_keys() -> Iterator[None]:
    """Let actors that are made in this process share a few RSA keys, and leave the log of the tests alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate_rsa", pooled_rsa)
        patch.setattr(log, "configure", lambda **_settings: None)
        yield


@pytest.fixture
def chance() -> random.Random:
    """Chance that can be had again: it prints its seed, and takes it from FEDGOV_SEED."""
    seed = int(os.environ.get("FEDGOV_SEED") or random.SystemRandom().randrange(2**32))
    print(f"FEDGOV_SEED={seed}")  # noqa: T201 - shown by pytest when the test fails
    return random.Random(seed)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path / "instances"


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
async def fediverse(tmp_path: Path) -> AsyncIterator[Fediverse]:
    """An empty fediverse; its town halls are closed at the end."""
    found = Fediverse(tmp_path)
    yield found
    await found.close()


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
