"""A prepared statement gives exactly what SQLAlchemy gives for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Executable, bindparam, create_engine, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from fedgov.store.prepared import MAX_KEPT
from fedgov.store.tables import actors, follows, metadata, peers
from fedgov.store.transaction import Transaction, insert_or_ignore, insert_or_update
from tests.unit.store.conftest import setting

INSERT = insert(peers)
BY_HOST = select(peers).where(peers.c.host == bindparam("of"))
IN_LIST = select(peers.c.host).where(peers.c.host.in_(bindparam("hosts", expanding=True))).order_by(peers.c.host)
LITERALS = select(peers.c.host).where(peers.c.host.in_(["a", "b"]), peers.c.failures > 0).order_by(peers.c.host)
LITERAL_LIST = select(peers.c.host).where(peers.c.host.in_(["a", "b"]), peers.c.failures < bindparam("most"))
LIMITED = select(peers.c.host, peers.c.failures).order_by(peers.c.host).limit(bindparam("most"))
COUNT = select(func.count()).select_from(peers)
BOOLEANS = select(actors.c.id, actors.c.local, actors.c.approves_followers).order_by(actors.c.id)
SAME_NAMES = select(actors.c.id, follows.c.id).join(follows, follows.c.follower == actors.c.uri)
CHANGE = update(peers).where(peers.c.host == bindparam("of")).values(failures=peers.c.failures + bindparam("more"))
IGNORE = insert_or_ignore(peers)
OVERWRITE = insert_or_update(peers, key=["host"], update=["name"])


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path / 'prepared.sqlite3'}")
    metadata.create_all(engine)
    with engine.connect() as opened:
        for number, host in enumerate("abc"):
            opened.execute(INSERT, {"host": host, "first_seen_at": number, "failures": number})
        for number in (1, 2):
            values = {"id": number, "uri": f"u{number}", "host": "a", "local": number == 1, "kind": "Person"}
            more = {"username": "x", "inbox": "i", "created_at": 1, "updated_at": 1, "approves_followers": number == 2}
            opened.execute(insert(actors), values | more)
        follow = {"id": 7, "follower": "u1", "following": "u2", "state": "accepted", "created_at": 1}
        opened.execute(insert(follows), follow)
        yield opened
    engine.dispose()


@pytest.fixture
def tx(connection: Connection, tmp_path: Path) -> Transaction:
    return Transaction(connection, setting(tmp_path))


def is_prepared(tx: Transaction, statement: Executable, values: dict[str, Any]) -> bool:
    """Tell whether the next use goes straight to the driver."""
    return tx.setting.statements.find(tx.connection, statement, values) is not None


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (BY_HOST, {"of": "b"}),
        (BY_HOST, {"of": "nobody"}),
        (IN_LIST, {"hosts": ["c", "a"]}),
        (IN_LIST, {"hosts": []}),
        (LITERALS, {}),
        (LITERAL_LIST, {"most": 1}),
        (LIMITED, {"most": 2}),
        (COUNT, {}),
        (BOOLEANS, {}),
        (SAME_NAMES, {}),
    ],
    ids=str,
)
def test_reading_gives_what_sqlalchemy_gives(tx: Transaction, statement: Executable, values: dict[str, Any]) -> None:
    expected = tx.connection.execute(statement, values).all()
    for _ in range(3):
        found = tx.rows(statement, values)
        assert [tuple(row) for row in found] == [tuple(row) for row in expected]
        assert [row._mapping.keys() for row in found] == [row._mapping.keys() for row in expected]
        assert [type(cell) for row in found for cell in row] == [type(cell) for row in expected for cell in row]
        first = tx.row(statement, values)
        assert (first is None) == (not expected)
        assert first is None or tuple(first) == tuple(expected[0])
        assert tx.value(statement, values) == (expected[0][0] if expected else None)
        assert list(tx.values(statement, values)) == [row[0] for row in expected]
    assert is_prepared(tx, statement, values)


def test_lists_of_other_lengths_are_other_statements(tx: Transaction) -> None:
    for hosts in (["a"], ["a", "b"], ["a"], ["c", "b"], ["b"], []):
        assert list(tx.values(IN_LIST, {"hosts": hosts})) == sorted(hosts)


def test_changes_are_counted_as_sqlalchemy_counts_them(tx: Transaction) -> None:
    for _ in range(4):
        assert tx.execute(CHANGE, {"of": "a", "more": 2}) == 1
        assert tx.execute(CHANGE, {"of": "nobody", "more": 2}) == 0
    row = tx.row(BY_HOST, {"of": "a"})
    assert row is not None
    assert row.failures == 8


def test_what_exists_is_left_or_overwritten(tx: Transaction) -> None:
    for _ in range(3):
        assert tx.execute(IGNORE, {"host": "a", "first_seen_at": 9}) == 0
    for number in range(3):
        assert tx.execute(IGNORE, {"host": f"new{number}", "first_seen_at": 9}) == 1
    for name in ("een", "twee", "drie"):
        tx.execute(OVERWRITE, {"host": "a", "first_seen_at": 9, "name": name})
    row = tx.row(BY_HOST, {"of": "a"})
    assert row is not None
    assert (row.name, row.first_seen_at) == ("drie", 0)


def test_an_insert_with_other_columns_is_another_statement(tx: Transaction) -> None:
    for number in range(3):
        tx.execute(INSERT, {"host": f"bare{number}", "first_seen_at": 1})
        tx.execute(INSERT, {"host": f"named{number}", "first_seen_at": 1, "name": "Gouda"})
        tx.execute(INSERT, {"host": f"other{number}", "first_seen_at": 1, "software": "fedgov"})
    for number in range(3):
        found = [tx.row(BY_HOST, {"of": f"{kind}{number}"}) for kind in ("bare", "named", "other")]
        written = [row and (row.name, row.software, row.failures) for row in found]
        assert written == [(None, None, 0), ("Gouda", None, 0), (None, "fedgov", 0)]


def test_many_rows_at_once_are_all_written(tx: Transaction) -> None:
    for start in (0, 10, 20):
        tx.execute(IGNORE, [{"host": f"m{start + number}", "first_seen_at": 1} for number in range(5)])
    assert tx.value(COUNT) == 3 + 15
    assert tx.execute(IGNORE, []) == 0


@pytest.mark.parametrize("count", [1, 3, 4, 5, 21, 63, 64, 65, 150])
def test_any_number_of_rows_is_written_and_counted_whatever_is_there_already(tx: Transaction, count: int) -> None:
    rows = [{"host": f"r{number}", "first_seen_at": number} for number in range(count)]
    for _ in range(2):
        tx.execute(IGNORE, [{"host": "a", "first_seen_at": 1}])  # compiled by now
    assert tx.execute(IGNORE, rows[::2]) == len(rows[::2])
    assert tx.execute(IGNORE, rows) == len(rows[1::2])
    again = [row | {"name": f"n{row['first_seen_at']}"} for row in rows]
    for _ in range(3):
        assert tx.execute(OVERWRITE, again) == count
    found = tx.rows(select(peers).where(peers.c.host.startswith("r")).order_by(peers.c.first_seen_at))
    assert [(row.host, row.name) for row in found] == [(f"r{number}", f"n{number}") for number in range(count)]


def test_one_wrong_row_among_many_is_the_same_error(tx: Transaction) -> None:
    rows = [{"host": f"w{number}", "first_seen_at": 1} for number in range(70)]
    for _ in range(2):
        tx.execute(INSERT, [{"host": "first", "first_seen_at": 1}] if not tx.row(BY_HOST, {"of": "first"}) else [])
    tx.execute(INSERT, [{"host": "second", "first_seen_at": 1}])
    with pytest.raises(IntegrityError):
        tx.execute(INSERT, [*rows, {"host": "a", "first_seen_at": 1}])


def test_a_refusal_of_the_database_is_the_same_error(tx: Transaction) -> None:
    for _ in range(3):
        with pytest.raises(IntegrityError):
            tx.execute(INSERT, {"host": "a", "first_seen_at": 1})
    wrong = text("SELECT nonsense FROM nowhere")
    for _ in range(3):
        with pytest.raises(OperationalError):
            tx.rows(wrong)


def test_a_value_that_is_missing_is_an_error_and_not_a_null(tx: Transaction) -> None:
    for _ in range(3):
        tx.execute(CHANGE, {"of": "a", "more": 0})
    for _ in range(3):
        with pytest.raises(Exception, match="more"):
            tx.execute(CHANGE, {"of": "a"})


def test_statements_that_are_built_for_one_call_are_soon_forgotten(tx: Transaction) -> None:
    for number in range(MAX_KEPT + 10):
        tx.setting.statements.find(tx.connection, select(peers.c.host).where(peers.c.failures == number), {})
    assert tx.setting.statements.kept <= MAX_KEPT
