"""The audit log: a chain that shows every change."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from fedgov.kernel.acting import By
from fedgov.kernel.errors import ConflictError
from fedgov.store import audit
from fedgov.store.audit import FIRST_HASH, Finding, Mark
from fedgov.store.database import Database
from fedgov.store.transaction import Transaction
from tests.tables import make_tables
from tests.unit.store.conftest import NOW
from tests.unit.store.test_migrations import look

ANNA = By(who="https://groningen.example/users/anna", door="web", source="192.0.2.0/24")


def block(tx: Transaction, *, domain: str = "evil.example", at: int = NOW) -> Mark:
    tx.now = at
    return audit.note(tx, "domain.blocked", target=domain, by=ANNA)


def block_and_fail(tx: Transaction) -> None:
    block(tx)
    raise ConflictError("no")


def rows(tx: Transaction) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in audit.walk(tx)]


def run(tx: Transaction, statement: str) -> None:
    tx.connection.execute(text(statement))


def tamper(tx: Transaction, *statements: str) -> None:
    """Do what only who owns the database can do: take the triggers away first."""
    dialect = tx.connection.dialect.name
    for name in ("audit_entries_stay", "audit_entries_stay_as_they_are", "audit_head_stays", "audit_head_goes_on"):
        table = "audit_head" if "head" in name else "audit_entries"
        tx.connection.execute(text(f"DROP TRIGGER {name}" + (f" ON {table}" if dialect == "postgresql" else "")))
    for statement in statements:
        tx.connection.execute(text(statement))


async def filled(database: Database, *, entries: int = 5) -> list[Mark]:
    return [await database.write(block, domain=f"evil-{number}.example") for number in range(1, entries + 1)]


async def checked(database: Database, *, marks: tuple[Mark, ...] = (), hashes: tuple[str, ...] = ()) -> Finding:
    return await database.read(audit.check, marks=marks, hashes=hashes)


# --- writing ----------------------------------------------------------------------------------------------------


async def test_an_entry_says_who_did_what_on_what_from_where_and_when(database: Database) -> None:
    await database.write(block)
    (row,) = await database.read(rows)
    assert row | {"hash": ""} == {
        "number": 1,
        "at": NOW,
        "kind": "domain.blocked",
        "who": ANNA.who,
        "door": "web",
        "source": "192.0.2.0/24",
        "target": "evil.example",
        "result": "done",
        "hash": "",
    }


async def test_the_hash_is_over_the_one_before_and_the_canonical_json(database: Database) -> None:
    """Whoever wants to check the log without this program can: two lines of any language do it."""
    await filled(database, entries=2)
    first, second = await database.read(rows)
    for row, before in ((first, FIRST_HASH), (second, first["hash"])):
        said = {str(name): value for name, value in row.items() if name != "hash"}
        canonical = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)  # for such plain values the same as RFC 8785
        assert row["hash"] == hashlib.sha256(bytes.fromhex(before) + canonical).hexdigest()


async def test_what_failed_leaves_no_entry(database: Database) -> None:
    with pytest.raises(ConflictError):
        await database.write(block_and_fail)
    assert await database.read(rows) == []
    assert (await checked(database)).fault == ""


async def test_many_at_once_make_one_chain(another: Callable[[], Database]) -> None:
    databases = [another(), another()]
    await asyncio.gather(*(databases[number % 2].write(block) for number in range(24)))
    found = await checked(databases[0])
    assert (found.entries, found.fault) == (24, "")


async def test_a_kind_that_nobody_described_is_a_mistake(database: Database) -> None:
    with pytest.raises(ValueError, match=r"'domain\.painted' is not a kind"):
        await database.write(audit.note, "domain.painted")


async def test_a_long_target_is_cut(database: Database) -> None:
    await database.write(block, domain="e" * 10_000)
    (row,) = await database.read(rows)
    assert len(row["target"]) == audit.MAX_TARGET


# --- guarding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET who = '' WHERE number = 2",
        "DELETE FROM audit_entries WHERE number = 2",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET number = 1",
        "UPDATE audit_head SET anchor_number = 9",
    ],
)
async def test_the_database_refuses_to_change_or_remove_an_entry(database: Database, statement: str) -> None:
    await filled(database)
    before = await database.read(rows)
    with pytest.raises(DBAPIError, match="append-only"):
        await database.write(run, statement)
    assert await database.read(rows) == before


async def test_postgresql_refuses_to_empty_the_table(postgres_url: str) -> None:
    await make_tables(postgres_url)
    with pytest.raises(DBAPIError, match="append-only"):
        await look(postgres_url, partial(do, "TRUNCATE audit_entries"))


def do(statement: str, connection: Connection) -> None:
    connection.execute(text(statement))


# --- checking ---------------------------------------------------------------------------------------------------


async def test_an_untouched_log_is_in_order(database: Database) -> None:
    marks = await filled(database)
    found = await checked(database, marks=(marks[2],), hashes=(marks[0].hash, marks[4].hash.upper()))
    assert (found.entries, found.head, found.fault) == (5, marks[4], "")
    empty = await checked(database, marks=(), hashes=())
    assert empty.fault == ""


@pytest.mark.parametrize(
    ("column", "value"),
    [("who", "'x'"), ("at", "1"), ("kind", "'domain.listed'"), ("target", "'a.example'"), ("result", "'failed'"),
     ("door", "'api'"), ("source", "''"), ("hash", f"'{'1' * 64}'")],
)  # fmt: skip
async def test_a_changed_entry_is_named(database: Database, column: str, value: str) -> None:
    await filled(database)
    await database.write(tamper, f"UPDATE audit_entries SET {column} = {value} WHERE number = 3")
    found = await checked(database)
    assert found.number == 3
    assert found.fault.startswith("entry 3 does not fit")


async def test_a_removed_entry_is_named(database: Database) -> None:
    await filled(database)
    await database.write(tamper, "DELETE FROM audit_entries WHERE number = 3")
    assert (await checked(database)).fault == "entry 3 is missing: behind entry 2 comes entry 4"


async def test_entries_cut_off_at_the_end_are_missed(database: Database) -> None:
    await filled(database)
    await database.write(tamper, "DELETE FROM audit_entries WHERE number > 3")
    assert (await checked(database)).fault == ("the log ends at entry 3, but 5 were written: the newest 2 are gone")


async def test_a_log_cut_off_with_its_head_is_missed_by_a_head_kept_elsewhere(database: Database) -> None:
    marks = await filled(database)
    await database.write(
        tamper,
        "DELETE FROM audit_entries WHERE number > 3",
        f"UPDATE audit_head SET number = 3, hash = '{marks[2].hash}'",
    )
    assert (await checked(database)).fault == ""
    assert "the newest 2 are gone" in (await checked(database, marks=(marks[4],))).fault
    assert marks[4].hash in (await checked(database, hashes=(marks[4].hash,))).fault


async def test_a_log_written_anew_is_missed_by_a_head_kept_elsewhere(database: Database) -> None:
    marks = await filled(database)
    await database.write(
        tamper, "DELETE FROM audit_entries", f"UPDATE audit_head SET number = 0, hash = '{FIRST_HASH}'"
    )
    for _ in marks:
        await database.write(block, domain="innocent.example")
    assert (await checked(database)).fault == ""
    found = await checked(database, marks=(marks[3],))
    assert found.number == 4
    assert "entry 4 is not the one that was kept elsewhere" in found.fault


async def test_a_log_without_its_head_is_not_in_order(database: Database) -> None:
    await filled(database)
    await database.write(tamper, "DELETE FROM audit_head")
    assert (await checked(database)).fault != ""


# --- pruning ----------------------------------------------------------------------------------------------------


async def test_old_entries_can_be_pruned_and_the_rest_still_fits(database: Database) -> None:
    marks = [await database.write(block, at=NOW + number) for number in range(5)]
    assert await database.write(audit.prune, before=NOW + 3) == 3
    kept = await database.read(rows)
    assert [(row["number"], row["kind"]) for row in kept] == [
        (4, "domain.blocked"),
        (5, "domain.blocked"),
        (6, "audit.pruned"),
    ]
    assert kept[-1]["target"] == str(marks[2])
    found = await checked(database, marks=(marks[0], marks[4]), hashes=(marks[2].hash,))
    assert (found.entries, found.fault) == (3, "")


async def test_pruning_nothing_changes_nothing(database: Database) -> None:
    await database.write(block)
    assert await database.write(audit.prune, before=NOW) == 0
    assert len(await database.read(rows)) == 1


async def test_a_clock_that_went_back_tears_no_hole(database: Database) -> None:
    for at in (NOW, NOW + 50, NOW + 10, NOW + 60):
        await database.write(block, at=at)
    assert await database.write(audit.prune, before=NOW + 20) == 1
    assert [row["number"] for row in await database.read(rows)] == [2, 3, 4, 5]
    assert (await checked(database)).fault == ""


async def test_more_than_was_pruned_cannot_be_removed(database: Database) -> None:
    for number in range(3):
        await database.write(block, at=NOW + number)
    await database.write(audit.prune, before=NOW + 1)
    with pytest.raises(DBAPIError, match="append-only"):
        await database.write(
            lambda tx: tx.connection.execute(text("DELETE FROM audit_entries WHERE number = 2")) and None
        )
