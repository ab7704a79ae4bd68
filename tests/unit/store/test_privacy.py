"""What people wrote appears in no error, so in no log."""

from __future__ import annotations

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from fedgov.store.database import Database
from fedgov.store.tables import peers
from fedgov.store.transaction import Transaction
from fedgov.store.writer import storage_unavailable


def add_twice(tx: Transaction) -> None:
    for _ in range(2):
        tx.connection.execute(insert(peers).values(host="a.example", name="geheim", first_seen_at=1))


async def test_an_error_shows_its_statement_without_the_values(database: Database) -> None:
    with pytest.raises(IntegrityError) as caught:
        await database.write(add_twice)
    assert "INSERT INTO peers" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_what_the_log_sees_of_a_full_disk_is_the_disk_only() -> None:
    error = IntegrityError("INSERT INTO peers", {"name": "geheim"}, OSError("No space left on device"))
    assert storage_unavailable(error).detail == "No space left on device"
