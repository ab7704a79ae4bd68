from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from fedgov.instance import Instance
from tests.tables import known_tables
from tests.unit.features.trust.town import town_hall


@pytest_asyncio.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen with all rooms, on SQLite and on PostgreSQL."""
    known_tables()
    async with town_hall(tmp_path, database_url=database_url) as instance:
        yield instance
