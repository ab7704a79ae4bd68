from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from fedgov.features.trust.vocabulary import DomainBlocked, DomainUnblocked
from fedgov.instance import Instance
from fedgov.store.transaction import Listener
from tests.unit.features.trust.town import town_hall


@pytest_asyncio.fixture
async def told() -> list[object]:
    """What the room told others."""
    return []


@pytest_asyncio.fixture
async def town(database_url: str, tmp_path: Path, told: list[object]) -> AsyncIterator[Instance]:
    """Gemeente Groningen, on SQLite and on PostgreSQL."""
    listeners: dict[type, list[Listener]] = {
        kind: [lambda _tx, event: told.append(event)] for kind in (DomainBlocked, DomainUnblocked)
    }
    async with town_hall(tmp_path, database_url=database_url, listeners=listeners) as instance:
        yield instance
