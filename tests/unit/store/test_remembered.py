"""What the writer remembers is what the database would answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, bindparam, delete, func, insert, select, text, update

from fedgov.features.notices.tables import list_members, lists
from fedgov.features.people.tables import blocks
from fedgov.kernel.errors import ConflictError
from fedgov.store import remembered
from fedgov.store.database import Database
from fedgov.store.prepared import Prepared
from fedgov.store.remembered import changed_by, rememberable
from fedgov.store.tables import actors, follows, metadata, objects, peers
from fedgov.store.transaction import Transaction
from tests.tables import known_tables, make_sqlite_tables

WHOM = select(blocks.c.whom).where(blocks.c.who == bindparam("of")).order_by(blocks.c.whom)
BLOCK = insert(blocks)
UNBLOCK = delete(blocks).where(blocks.c.whom == bindparam("other"))
MEMBERS = select(list_members.c.member_id).where(list_members.c.list_id == bindparam("of"))
NO_LIST = delete(lists).where(lists.c.id == bindparam("gone"))


def block(tx: Transaction, whom: str) -> None:
    tx.execute(BLOCK, {"id": tx.new_id(), "who": "anna", "whom": whom, "created_at": 1})


def whom(tx: Transaction) -> list[str]:
    return list(tx.values(WHOM, {"of": "anna"}))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what the database itself is asked of what can be remembered."""
    found: list[str] = []
    ask = Prepared.ask

    def noting(self: Prepared, driver: sqlite3.Connection, parameters: tuple[Any, ...]) -> Iterator[Row[Any]]:
        found.append(self.sql)
        return ask(self, driver, parameters)

    monkeypatch.setattr(Prepared, "ask", noting)
    return found


async def test_the_same_is_asked_once(sqlite: Database, asked: list[str]) -> None:
    await sqlite.write(block, "bram")
    for _ in range(5):
        assert await sqlite.write(whom) == ["bram"]
    assert len(asked) == 1


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_what_we_change_ourselves_is_seen_at_once(sqlite: Database, times: int) -> None:
    for number in range(times):
        await sqlite.write(block, f"b{number}")
        assert len(await sqlite.write(whom)) == len(await sqlite.read(whom)) == number + 1
    for number in range(times):
        await sqlite.write(lambda tx, n: tx.execute(UNBLOCK, {"other": f"b{n}"}), number)
        assert len(await sqlite.write(whom)) == times - number - 1


async def test_a_use_case_sees_what_it_wrote_itself(sqlite: Database) -> None:
    def both(tx: Transaction) -> tuple[list[str], list[str]]:
        before = whom(tx)
        block(tx, f"b{len(before)}")
        return before, whom(tx)

    for number in range(4):
        before, after = await sqlite.write(both)
        assert (len(before), len(after)) == (number, number + 1)


async def test_what_a_refused_use_case_saw_is_forgotten(sqlite: Database) -> None:
    def look_and_refuse(tx: Transaction) -> None:
        block(tx, "carla")
        assert whom(tx) == ["bram", "carla"]
        raise ConflictError("no")

    await sqlite.write(block, "bram")
    for _ in range(4):
        assert await sqlite.write(whom) == ["bram"]
        with pytest.raises(ConflictError):
            await sqlite.write(look_and_refuse)
    assert await sqlite.write(whom) == ["bram"]


async def test_what_goes_along_with_another_row_is_forgotten(sqlite: Database) -> None:
    def gather(tx: Transaction, number: int) -> None:
        values = {"id": number, "owner_id": 1, "title": "x", "replies": "list", "exclusive": False, "created_at": 1}
        tx.execute(insert(lists), values)
        tx.execute(insert(list_members), {"id": number, "list_id": number, "member_id": 5})

    for number in (1, 2, 3):
        await sqlite.write(gather, number)
        assert list(await sqlite.write(lambda tx, n: tx.values(MEMBERS, {"of": n}), number)) == [5]
        await sqlite.write(lambda tx, n: tx.execute(NO_LIST, {"gone": n}), number)
        assert list(await sqlite.write(lambda tx, n: tx.values(MEMBERS, {"of": n}), number)) == []


async def test_what_another_process_commits_is_seen(sqlite: Database, tmp_path: Path) -> None:
    for number in range(4):
        assert len(await sqlite.write(whom)) == number
        with closing(sqlite3.connect(tmp_path / "fedgov.sqlite3")) as other, other:
            other.execute("INSERT INTO blocks (id, who, whom, created_at) VALUES (?, 'anna', ?, 1)", (number, number))
    assert len(await sqlite.write(whom)) == 4


async def test_a_statement_that_does_not_tell_what_it_changes_makes_all_forgotten(sqlite: Database) -> None:
    wrong = text("INSERT INTO blocks (id, who, whom, created_at) VALUES (:id, 'anna', :id, 1)")
    for number in range(4):
        assert len(await sqlite.write(whom)) == number
        await sqlite.write(lambda tx, n: tx.execute(wrong, {"id": n}), number)
    assert len(await sqlite.write(whom)) == 4


async def test_a_long_answer_is_read_anew_and_many_take_no_room(
    sqlite: Database, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "MOST_CHARACTERS", 100)
    await sqlite.write(block, "b" * 101)
    for _ in range(5):
        assert len(await sqlite.write(whom)) == 1
    assert len(asked) >= 3

    monkeypatch.setattr(remembered, "MOST_ANSWERS", 10)
    answers = remembered.Answers()

    class Echo:
        reads = frozenset({"blocks"})

        def ask(self, _driver: object, parameters: tuple[object, ...]) -> Iterator[object]:
            return iter([parameters])

    for number in range(50):
        answers.find(Echo(), (number,), driver=None)  # type: ignore[arg-type]
    assert sum(map(len, answers._kept.values())) <= 10


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        (WHOM, {"blocks"}),
        (select(actors.c.id).where(actors.c.uri.in_(select(follows.c.follower))), {"actors", "follows"}),
        (select(actors.alias("reader").c.id).where(select(objects.c.id).exists()), set()),
        (select(objects.c.id).join(actors, actors.c.uri == objects.c.attributed_to), set()),
        (select(select(func.count()).select_from(peers).scalar_subquery(), actors.c.id), set()),
        (select(blocks.c.whom).union(select(peers.c.host)), set()),
        (select(func.count()), set()),
        (text("SELECT whom FROM blocks"), set()),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else None,  # the same in each process
)
def test_only_what_is_all_about_calm_tables_is_remembered(statement: object, tables: set[str]) -> None:
    assert rememberable(statement) == tables  # type: ignore[arg-type]


def test_every_change_that_the_database_makes_is_known(tmp_path: Path) -> None:
    """SQLite itself says what a statement changes: by triggers, and in rows that go along with others."""
    known_tables()
    make_sqlite_tables(f"sqlite:///{tmp_path / 'all.sqlite3'}")
    calm = {table.name for table in metadata.tables.values() if table.info.get("calm")}
    assert len(calm) > 10
    along: set[str] = set()
    writes = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
    changed: set[str] = set()

    def note(action: int, name: str | None, *_rest: object) -> int:
        if action in writes and name in calm:
            changed.add(name)
        return sqlite3.SQLITE_OK

    with closing(sqlite3.connect(tmp_path / "all.sqlite3")) as database:
        database.execute("PRAGMA foreign_keys=ON")
        database.set_authorizer(note)
        for table in metadata.tables.values():
            first = next(iter(table.c)).name
            for sql, statement in (
                (f"DELETE FROM {table.name}", delete(table)),
                (f"UPDATE {table.name} SET {first} = {first}", update(table)),
                (f"INSERT INTO {table.name} DEFAULT VALUES", insert(table)),
            ):
                changed.clear()
                database.execute(f"EXPLAIN {sql}").fetchall()
                assert changed <= changed_by(statement), sql
                along |= changed - {table.name}
    assert "list_members" in along  # with their list: so SQLite does tell
