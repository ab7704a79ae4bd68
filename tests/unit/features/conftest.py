"""A town hall for the tests of every room."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection

from fedgov.store.transaction import Transaction
from tests import services
from tests.unit.features.residents import Town, synchronous, town_hall, town_on


@pytest.fixture(scope="session")
def postgres_connection(postgres_server: services.PostgresServer) -> Iterator[Connection]:
    """A connection to a PostgreSQL database with empty tables; whoever writes there takes it back."""
    with postgres_server.database() as url, synchronous(url) as connection:
        yield connection


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables of all rooms and nothing in them."""
    path = tmp_path_factory.mktemp("features") / "empty.sqlite3"
    with synchronous(f"sqlite:///{path}"):
        pass
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def people_town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """Gemeente Groningen with one open transaction, on SQLite and on PostgreSQL."""
    if request.param == "postgres":
        with town_on(request.getfixturevalue("postgres_connection"), folder=tmp_path) as town:
            yield town
        return
    path = tmp_path / "fedgov.sqlite3"
    shutil.copyfile(request.getfixturevalue("empty_database"), path)
    with town_hall(f"sqlite:///{path}", folder=tmp_path) as town:
        yield town


@pytest.fixture
def tx_of(tmp_path: Path) -> Iterator[Callable[[str], Transaction]]:
    """Open transactions of town halls by domain, each on a fresh SQLite database of its own."""
    with ExitStack() as stack:

        def open_transaction(domain: str) -> Transaction:
            url = f"sqlite:///{tmp_path / domain.replace(':', '-')}.sqlite3"
            return stack.enter_context(town_hall(url, folder=tmp_path, domain=domain)).tx

        yield open_transaction
