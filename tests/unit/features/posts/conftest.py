"""The town hall of these tests; on SQLite from a copy of one empty database, which is faster than making it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.features.residents import Town, synchronous, town_hall


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables of all rooms and nothing in them."""
    path = tmp_path_factory.mktemp("posts") / "empty.sqlite3"
    with synchronous(f"sqlite:///{path}"):
        pass
    return path


@pytest.fixture
def people_town(database_url: str, tmp_path: Path, empty_database: Path) -> Iterator[Town]:
    """Gemeente Groningen with one open transaction, on SQLite and on PostgreSQL."""
    if database_url.startswith("sqlite:///"):
        shutil.copyfile(empty_database, database_url.removeprefix("sqlite:///"))
    with town_hall(database_url, folder=tmp_path) as town:
        yield town
