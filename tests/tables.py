"""Empty databases with all tables, made in milliseconds: thousands of tests begin with one.

The statements are worked out once and given to the database in one piece. That the
migrations lead to the same tables is compared in tests/unit/store/test_migrations.py.
"""

from __future__ import annotations

import atexit
import importlib
import pkgutil
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy import create_mock_engine

import fedgov.features
from fedgov.store import counters, full_text, guards, schema
from fedgov.store.tables import metadata

SQLITE: Final = "sqlite:///"
_MODEL: Final = "with_all_tables"
_HAS_TABLES: Final = "SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1"


def known_tables() -> None:
    """Let every room that exists declare its tables."""
    assert guards.GUARDS and counters.FOLLOWS  # which hang on the tables once their modules are loaded
    assert full_text.TABLES  # so does this
    for room in pkgutil.iter_modules(fedgov.features.__path__):
        name = f"fedgov.features.{room.name}"
        if room.ispkg and importlib.util.find_spec(f"{name}.tables") is not None:
            importlib.import_module(f"{name}.tables")


@cache
def script(dialect: str) -> str:
    """Return the statements that make all tables, in one piece.

    Args:
        dialect: ``sqlite`` or ``postgresql+asyncpg``.
    """
    known_tables()
    statements: list[str] = []

    def note(statement: Any, *_values: Any, **_options: Any) -> None:
        statements.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine(f"{dialect}://", note)
    metadata.create_all(engine, checkfirst=False)
    return ";\n".join(statements) + ";"


async def make_tables(url: str) -> None:
    """Give an empty database all tables; one that has tables keeps them as they are.

    In PostgreSQL most tests are lent a database that has them (tests/furnished.py).
    """
    if url.startswith(SQLITE):
        make_sqlite_tables(url)
        return
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval(_HAS_TABLES) is None:
            await connection.execute(script("postgresql+asyncpg"))
    finally:
        await connection.close()


def make_sqlite_tables(url: str) -> None:
    """Give an empty SQLite database all tables; one that has tables keeps them as they are."""
    target = Path(url.removeprefix(SQLITE))
    if not target.exists() or not target.stat().st_size:
        shutil.copyfile(_sqlite_model(), target)


@cache
def _sqlite_model() -> Path:
    """A file with all tables, to be copied."""
    model = _folder() / f"{_MODEL}.sqlite3"
    with closing(sqlite3.connect(model)) as connection:
        # As an instance would have it, so that none has to turn it round first.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"PRAGMA synchronous = OFF; BEGIN; {script('sqlite')} COMMIT;")
    return model


async def begin_migrated(url: str) -> None:
    """Put a migrated empty database where an instance will look for its own; one that is there stays.

    A start would take longer to migrate than most tests take.
    """
    if not url.startswith(SQLITE):
        return
    ready = _folder() / "empty.sqlite3"
    if not _is_there(ready):
        fresh = ready.with_suffix(".new")
        await schema.upgrade(f"{SQLITE}{fresh}")
        _finish(fresh, ready)
    _lay_out(ready, Path(url.removeprefix(SQLITE)))


@cache
def _folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="fedgov-migrated-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _is_there(path: Path) -> bool:
    return path.exists()


def _finish(fresh: Path, ready: Path) -> None:
    with closing(sqlite3.connect(fresh)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    fresh.rename(ready)


def _lay_out(ready: Path, target: Path) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ready, target)
