"""R11: every released schema, with data in it, comes to the newest one, on both storages, and nothing gets lost.

That a database of a newer fedgov is refused and left as it is: ``tests/unit/store/test_migrations.py`` and
``tests/cli/test_migrate.py``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, MetaData, insert, select

from fedgov.app import open_instance
from fedgov.federation import objects
from fedgov.kernel import config as configuration
from fedgov.store import schema
from tests.faults import releases
from tests.unit.store.test_migrations import differences, look

HINT = "the schema changed: write its dump anew with `python -m tests.faults.releases`, unless it was released"


def test_every_schema_up_to_the_newest_has_its_dump() -> None:
    assert [path.stem for path in releases.files()] == schema.revisions()


def test_no_dump_holds_a_key_or_a_password() -> None:
    for dump in releases.files():
        text = dump.read_text(encoding="utf-8")
        assert "PRIVATE KEY" not in text
        assert "argon2" not in text


def fill(connection: Connection, *, dump: Path) -> None:
    """Make the database of an older schema by its own migrations, and put the data of a dump into it."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, dump.stem)
    known = MetaData()
    known.reflect(connection)
    data = releases.rows(dump)
    for table in known.sorted_tables:
        if data.get(table.name) and _is_told(table.name):
            booleans = [column.name for column in table.c if column.type.python_type is bool]
            rows = [row | {name: bool(row[name]) for name in booleans} for row in data[table.name]]
            connection.execute(insert(table), rows)


def content(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Return all rows."""
    known = MetaData()
    known.reflect(connection)
    return {
        table.name: [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]
        for table in known.sorted_tables
        if _is_told(table.name)
    }


def _is_told(name: str) -> bool:
    """Whether a table is one of those that a model describes; the index of words is made anew from them."""
    return name != "alembic_version" and not name.startswith(releases.INDEXES)


@pytest.mark.parametrize("dump", releases.files(), ids=lambda path: path.stem)
async def test_r11_a_released_schema_with_data_comes_to_the_newest(
    dump: Path, empty_database_url: str, tmp_path: Path
) -> None:
    if empty_database_url.startswith("sqlite:"):
        releases.load(dump, Path(empty_database_url.removeprefix("sqlite:///")))  # byte for byte what it was then
    else:
        await look(empty_database_url, lambda connection: fill(connection, dump=dump))
    before = await look(empty_database_url, content)
    assert await schema.upgrade(empty_database_url) == schema.newest_revision()
    assert await look(empty_database_url, differences) == [], HINT
    after = await look(empty_database_url, content)
    for table, rows in before.items():
        kept = [{name: row[name] for name in old if name in row} for old, row in zip(rows, after[table], strict=True)]
        assert kept == [{name: old[name] for name in kept[place]} for place, old in enumerate(rows)], table

    settings = {**releases.SETTINGS, "database": {"url": empty_database_url}}
    async with open_instance(configuration.read(settings, folder=tmp_path / "gouda")) as running:
        (post,) = (row for row in before["posts"] if row["type"] == "Article")
        found = await running.instance.read(objects.find_by_id, row_id=post["object_id"])
        assert found is not None
        assert "<strong>bericht</strong>" in found.document
