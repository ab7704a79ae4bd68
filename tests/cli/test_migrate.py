"""Bringing a database to the newest schema."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from fedgov.store import schema
from tests.cli.commandline import change, done, make_instance, refused, rows


def test_migrating_tells_the_schema_and_may_be_done_again(home: Path) -> None:
    make_instance(home, "gouda")
    for _ in range(2):
        assert done(home, "migrate") == f"gouda: schema {schema.newest_revision()}\n"


@pytest.mark.parametrize("command", [("migrate",), ("serve",), ("user", "list")])
def test_a_database_of_a_newer_version_is_refused_in_a_sentence(home: Path, command: tuple[str, ...]) -> None:
    make_instance(home, "gouda")
    change(home, "gouda", "UPDATE alembic_version SET version_num = '9999'")
    assert refused(home, *command) == (
        "Error: the database has schema 9999, which this version of fedgov does not know; install the newer fedgov\n"
    )
    assert rows(home, "gouda", "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_newer_database_is_refused_on_postgres_too(home: Path, postgres_url: str) -> None:
    make_instance(home, "gouda", database=postgres_url)

    async def call_it_newer() -> None:
        engine = create_async_engine(postgres_url.replace("postgresql://", "postgresql+asyncpg://", 1))
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await engine.dispose()

    asyncio.run(call_it_newer())
    assert "the database has schema 9999" in refused(home, "migrate")
