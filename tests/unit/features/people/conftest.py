from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedgov.instance import Instance
from tests.unit.features.people.browser import Browser
from tests.unit.features.residents import Town, living_town


@pytest.fixture
def town(people_town: Town) -> Town:
    """Gemeente Groningen with one open transaction."""
    return people_town


@pytest.fixture
def browser(instance: Instance) -> Browser:
    """Somebody at the desk."""
    return Browser(instance)


@pytest_asyncio.fixture
async def instance(database_url: str, tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen as a whole instance, on SQLite and on PostgreSQL."""
    async with living_town(database_url, folder=tmp_path) as (opened, _):
        yield opened
