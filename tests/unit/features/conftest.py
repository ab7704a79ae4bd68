"""A town hall for the tests of every room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fedgov.store.transaction import Transaction
from tests.unit.features.residents import Town, town_hall


@pytest.fixture
def people_town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    """Gemeente Groningen with one open transaction, on SQLite and on PostgreSQL."""
    with town_hall(database_url, folder=tmp_path) as town:
        yield town


@pytest.fixture
def tx_of(tmp_path: Path) -> Iterator[Callable[[str], Transaction]]:
    """Open transactions of town halls by domain, each on a fresh SQLite database of its own."""
    with ExitStack() as stack:

        def open_transaction(domain: str) -> Transaction:
            url = f"sqlite:///{tmp_path / domain.replace(':', '-')}.sqlite3"
            return stack.enter_context(town_hall(url, folder=tmp_path, domain=domain)).tx

        yield open_transaction
