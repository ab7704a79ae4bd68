"""A home for instances, and keys that are quickly made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedgov.federation import keys
from fedgov.kernel import log
from tests.fediverse import pooled_rsa


@pytest.fixture(autouse=True, scope="module")
def quick_keys() -> Iterator[None]:
    """Let actors that are made in this process share a few RSA keys."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate_rsa", pooled_rsa)
        yield


@pytest.fixture(autouse=True, scope="module")
def same_log() -> Iterator[None]:
    """Leave the log of the tests as it is: that of a command ends with its output."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "configure", lambda *, level, pretty: None)
        yield


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path / "instances"


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for all tests of a module."""
    return tmp_path_factory.mktemp("cli") / "instances"
