"""One town hall on a small internet for all rows of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.security.internet import Internet, open_internet
from tests.security.office import Office, furnish


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def internet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Internet]:
    """Gemeente Gouda, where fatima works, and all servers of others."""
    async with open_internet(tmp_path_factory.mktemp("internet")) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """Gemeente Gouda with a message for each audience, and everybody who looks at them."""
    async with open_internet(tmp_path_factory.mktemp("visibility")) as found:
        yield await furnish(found)
