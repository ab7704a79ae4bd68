from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from fedgov.features.moderation.vocabulary import PostsCondemned, ReportAnswered, ReportDecided, ReportMade
from fedgov.federation.keys import KeyPair, generate_pair
from fedgov.instance import Instance
from fedgov.store.transaction import Listener
from tests.unit.features.moderation import complaints
from tests.unit.features.trust.town import DOMAIN, town_hall


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pair() -> KeyPair:
    """Keys of the server; made once because that takes long."""
    return await generate_pair(f"https://{DOMAIN}/actor")


@pytest_asyncio.fixture
async def told() -> list[object]:
    """What the room told others."""
    return []


@pytest_asyncio.fixture
async def town(database_url: str, tmp_path: Path, told: list[object], pair: KeyPair) -> AsyncIterator[Instance]:
    """Gemeente Groningen with two colleagues and an acquaintance elsewhere, on SQLite and on PostgreSQL."""
    listeners: dict[type, list[Listener]] = {
        kind: [lambda _tx, event: told.append(event)]
        for kind in (PostsCondemned, ReportAnswered, ReportDecided, ReportMade)
    }
    async with town_hall(tmp_path, database_url=database_url, listeners=listeners) as instance:
        await instance.write(complaints.move_in, pair=pair)
        yield instance
