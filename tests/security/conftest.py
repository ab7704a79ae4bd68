"""One town hall on a small internet for all rows of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.security.internet import Internet, open_internet


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def internet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Internet]:
    """Gemeente Gouda, where fatima works, and all servers of others."""
    async with open_internet(tmp_path_factory.mktemp("internet")) as found:
        yield found
