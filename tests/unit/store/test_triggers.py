"""What the database does by itself: the migrations make the same as the code says."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection, text

from fedgov.features.posts.tables import COUNTED, EDITIONS
from fedgov.store import schema
from fedgov.store.counters import FOLLOWS
from fedgov.store.editions import ACTORS
from fedgov.store.guards import GUARDS
from tests.unit.store.test_migrations import look

ALL = (GUARDS, FOLLOWS, COUNTED, ACTORS, EDITIONS)


def do(statement: str, connection: Connection) -> None:
    connection.execute(text(statement))


def triggers(connection: Connection) -> set[tuple[str, str, str]]:
    if connection.dialect.name == "sqlite":
        statement = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        statement = (
            "SELECT tgname, relname, pg_get_triggerdef(pg_trigger.oid) || COALESCE(prosrc, '') FROM pg_trigger "
            "JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal"
        )
    return {(row[0], row[1], " ".join(row[2].split())) for row in connection.execute(text(statement))}


async def test_the_migrations_make_the_same_triggers(empty_database_url: str) -> None:
    await schema.upgrade(empty_database_url)
    made = await look(empty_database_url, triggers)
    kind = "sqlite" if empty_database_url.startswith("sqlite") else "postgresql"
    statements = [each for group in ALL for each in group[kind]]
    assert len(made) == sum("TRIGGER" in each for each in statements)
    for name, table, _ in made:
        await look(
            empty_database_url, partial(do, f"DROP TRIGGER {name}" + (f" ON {table}" if kind == "postgresql" else ""))
        )

    for statement in statements:
        await look(empty_database_url, partial(do, statement))
    assert await look(empty_database_url, triggers) == made
