from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.federation.doors.porch import Elsewhere, Town, open_elsewhere, open_town


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Gemeente Groningen: its doors, without rooms."""
    async with open_town(tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def strict_town(tmp_path: Path) -> AsyncIterator[Town]:
    """The same, showing documents only to those who sign."""
    async with open_town(tmp_path, federation={"authorised_fetch": True}) as found:
        yield found


@pytest_asyncio.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """Another server, on loopback."""
    async with open_elsewhere() as found:
        yield found
