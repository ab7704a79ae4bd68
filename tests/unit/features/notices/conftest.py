from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from fedgov.features.notices.service.listeners import LISTENERS
from fedgov.instance import Instance
from tests.unit.features.notices.people import settle
from tests.unit.features.trust.town import town_hall


@pytest_asyncio.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen with its people, on SQLite and on PostgreSQL; this room listens."""
    async with town_hall(tmp_path, database_url=database_url, listeners=LISTENERS) as instance:
        await instance.write(settle)
        yield instance
