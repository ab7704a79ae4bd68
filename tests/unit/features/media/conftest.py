from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from fedgov.instance import Instance
from tests.unit.features.media import cabinet
from tests.unit.features.trust.town import town_hall


@pytest_asyncio.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen with two colleagues, on SQLite and on PostgreSQL."""
    async with town_hall(
        tmp_path,
        database_url=database_url,
        media={"max_bytes": 200_000, "max_pixels": 1_000_000, "cache_bytes": 10_000},
    ) as instance:
        await instance.write(cabinet.move_in)
        yield instance


@pytest_asyncio.fixture
async def quiet_town(tmp_path: Path) -> AsyncIterator[Instance]:
    """The same on SQLite only, for what does not depend on the database."""
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    async with town_hall(
        tmp_path, database_url=url, media={"max_bytes": 200_000, "max_pixels": 1_000_000, "cache_bytes": 10_000}
    ) as instance:
        await instance.write(cabinet.move_in)
        yield instance
