"""Statements are compiled once for all tests of a process, instead of once for each database.

An engine keeps what it compiled, and thousands of tests open an engine of their own:
without this a third of their time went into the same statements. Only what is
compiled for exactly the same kind of database is used again.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

_MANY: Final = 50_000
_NOTED: Final = "_settings_for_tests"
_Plain = (str, int, bool, tuple, type(None))


def compile_once() -> None:
    """Let all engines of one kind keep what they compiled in one place."""
    Engine._compiled_cache = property(_shared, _keep)  # type: ignore[assignment]
    for kind in (SQLiteDialect_pysqlite, PGDialect_asyncpg):  # a dialect is part of the key
        kind.__hash__ = _hash_of  # type: ignore[method-assign, assignment]
        kind.__eq__ = _is_same  # type: ignore[method-assign]


def _shared(engine: Any) -> Any:
    return engine._compiled_cache_for_tests


def _keep(engine: Any, own: Any) -> None:
    """Put what all keep in the place of what an engine wants to keep; one that keeps nothing goes on so."""
    engine._compiled_cache_for_tests = None if own is None else _kept(type(engine.dialect).__name__)


@cache
def _kept(_kind: str) -> Any:
    return LRUCache(_MANY)


def _hash_of(dialect: Any) -> int:
    return hash(type(dialect))


def _is_same(one: Any, other: object) -> bool:
    return one is other or (type(one) is type(other) and _settings(one) == _settings(other))


def _settings(dialect: Any) -> dict[str, Any]:
    """All that decides how a statement is compiled: which server it is and how the engine was made."""
    known: dict[str, Any] | None = vars(dialect).get(_NOTED)
    if known is None:
        known = {name: value for name, value in vars(dialect).items() if isinstance(value, _Plain)}
        if known.get("default_isolation_level"):  # asked for last when the first connection is made
            setattr(dialect, _NOTED, known)
    return known
