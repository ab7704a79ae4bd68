"""Several instances in one process, talking over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedgov.federation import keys
from tests.fediverse import Fediverse, pooled_rsa


@pytest.fixture
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let actors share a few RSA keys."""
    monkeypatch.setattr(keys, "generate_rsa", pooled_rsa)


@pytest_asyncio.fixture
async def fediverse(tmp_path: Path, quick_keys: None) -> AsyncIterator[Fediverse]:
    """An empty fediverse; its town halls are closed at the end."""
    found = Fediverse(tmp_path)
    yield found
    await found.close()
