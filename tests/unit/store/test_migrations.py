"""The migrations make what the code expects, all of it or nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

import fedgov.app
from fedgov.kernel.errors import ConflictError, UnreachableError
from fedgov.store import full_text, schema
from fedgov.store.tables import metadata

T = TypeVar("T")


async def look(url: str, question: Callable[[Connection], T]) -> T:
    """Ask something about a database, and keep what it changed."""
    if url.startswith("sqlite:"):
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                return question(connection)
        finally:
            engine.dispose()
    async_engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        async with async_engine.begin() as async_connection:
            return await async_connection.run_sync(question)
    finally:
        await async_engine.dispose()


def differences(connection: Connection) -> list[Any]:
    """Return in what a database differs from the tables in the code."""
    assert fedgov.app.FEATURES  # importing the rooms has filled the metadata
    defaults = connection.dialect.name == "postgresql"  # SQLite does not give them back as they were written
    options = {"compare_server_default": defaults, "include_name": full_text.is_no_part_of_it}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


def call_it_newer(connection: Connection) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


async def test_the_migrations_make_exactly_the_tables_in_the_code(empty_database_url: str) -> None:
    assert await schema.upgrade(empty_database_url) == schema.newest_revision()
    assert await look(empty_database_url, differences) == []


def index_statements(connection: Connection) -> list[str]:
    """Return how the database says that the index of words was made."""
    if connection.dialect.name == "sqlite":
        made = "SELECT sql FROM sqlite_master WHERE name GLOB '*_index*' ORDER BY name"
        found = connection.execute(text(made))
    else:
        found = connection.execute(
            text(
                "SELECT column_name || ' ' || data_type FROM information_schema.columns WHERE table_name LIKE '%_index'"
                " UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename LIKE '%_index' ORDER BY 1"
            )
        )
    return [str(row[0]) for row in found]


def make_index(connection: Connection) -> None:
    for statement in full_text.TABLES[connection.dialect.name]:
        connection.execute(text(statement))


async def test_the_migrations_make_the_same_index_of_words_as_the_code(
    empty_database_url: str,
) -> None:
    await schema.upgrade(empty_database_url)
    migrated = await look(empty_database_url, index_statements)
    assert migrated
    await look(empty_database_url, lambda connection: connection.execute(text("DROP TABLE post_index")))
    await look(empty_database_url, lambda connection: connection.execute(text("DROP TABLE people_index")))
    await look(empty_database_url, make_index)
    assert await look(empty_database_url, index_statements) == migrated


async def test_a_table_that_no_migration_makes_would_be_noticed(empty_database_url: str) -> None:
    await schema.upgrade(empty_database_url)
    await look(
        empty_database_url, lambda connection: connection.execute(text("ALTER TABLE peers DROP COLUMN software"))
    )
    (found,) = await look(empty_database_url, differences)
    assert found[0] == "add_column"


async def test_upgrading_again_changes_nothing(empty_database_url: str) -> None:
    await schema.upgrade(empty_database_url)
    await look(
        empty_database_url,
        lambda connection: connection.execute(text("INSERT INTO peers (host, first_seen_at) VALUES ('a.example', 1)")),
    )
    assert await schema.upgrade(empty_database_url) == schema.newest_revision()
    hosts = await look(empty_database_url, lambda connection: connection.execute(text("SELECT host FROM peers")).all())
    assert [tuple(row) for row in hosts] == [("a.example",)]


async def test_a_database_of_a_newer_program_is_refused_and_left_as_it_is(empty_database_url: str) -> None:
    await schema.upgrade(empty_database_url)
    await look(empty_database_url, call_it_newer)
    with pytest.raises(ConflictError, match="schema 9999, which this version of fedgov does not know"):
        await schema.upgrade(empty_database_url)
    versions = await look(
        empty_database_url,
        lambda connection: connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all(),
    )
    assert versions == ["9999"]


async def test_a_migration_that_breaks_off_leaves_nothing_behind(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def make_some(*words: Any, **values: Any) -> None:
        made.append(words[0])
        if len(made) == 5:
            raise KeyboardInterrupt
        real(*words, **values)

    real = op.create_table
    monkeypatch.setattr(op, "create_table", make_some)
    with pytest.raises(KeyboardInterrupt):
        await schema.upgrade(empty_database_url)
    assert await look(empty_database_url, lambda connection: inspect(connection).get_table_names()) == []

    monkeypatch.undo()
    assert await schema.upgrade(empty_database_url) == schema.newest_revision()


async def test_two_processes_may_start_at_the_same_moment(empty_database_url: str) -> None:
    def upgrade() -> str:
        return asyncio.run(schema.upgrade(empty_database_url))

    both = await asyncio.gather(asyncio.to_thread(upgrade), asyncio.to_thread(upgrade))
    assert set(both) == {schema.newest_revision()}


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "fedgov.sqlite3"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(UnreachableError, match="file is not a database"):
        await schema.upgrade(f"sqlite:///{path}")
    assert path.read_bytes() == b"no database" * 100


async def test_a_database_that_somebody_holds_is_refused_for_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedgov.store.writer.BUSY_MILLISECONDS", 50)
    path = tmp_path / "fedgov.sqlite3"
    await schema.upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnreachableError, match="locked"):
            await schema.upgrade(f"sqlite:///{path}")


async def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(UnreachableError) as caught:
        await schema.upgrade("postgresql://fedgov:geheim@127.0.0.1:1/fedgov")
    assert "geheim" not in str(caught.value)
