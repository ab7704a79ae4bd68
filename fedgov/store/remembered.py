"""Answers that the one writer on SQLite remembers, about what seldom changes: who is who, who follows and blocks whom.

Each message that is handled asks the same about the same few people. Nobody writes
to the database beside this writer without its noticing (``PRAGMA data_version``), so
an answer holds until the writer itself changes a table that it was read from.

See ``docs/decisions/0011-remembered-answers.md``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, Protocol

from sqlalchemy import Executable, MetaData, Row, Select, Table
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.selectable import CompoundSelect, TableClause

CALM: Final = {"calm": True}
"""The ``info`` of a table that is read far more often than it changes; no trigger writes to it."""
MOST_ANSWERS: Final = 500
"""Of each kind."""
MOST_CHARACTERS: Final = 16_384
"""Of one answer; a longer one is read anew each time."""

ANYTHING: Final[frozenset[str]] = frozenset({"*"})
NOTHING: Final[frozenset[str]] = frozenset()


class Question(Protocol):
    """A statement that is asked: a `fedgov.store.prepared.Prepared`."""

    @property
    def reads(self) -> frozenset[str]:
        """Names of the tables that the answer depends on."""
        ...

    def ask(self, driver: sqlite3.Connection, parameters: tuple[Any, ...]) -> Iterable[Row[Any]]:
        """Return the rows."""
        ...


class Answers:
    """What was asked of the database of one instance, by its one writer."""

    def __init__(self) -> None:
        self._kept: dict[frozenset[str], dict[tuple[Question, tuple[Any, ...]], tuple[Row[Any], ...]]] = {}
        self._version: object = None

    def begin(self, driver: sqlite3.Connection) -> None:
        """Forget everything if another process has committed something; for the beginning of a transaction."""
        (version,) = driver.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            self.forget(ANYTHING)

    def find(
        self, question: Question, parameters: tuple[Any, ...], *, driver: sqlite3.Connection
    ) -> Sequence[Row[Any]]:
        """Return what the database answers, or answered before."""
        kept = self._kept.setdefault(question.reads, {})
        rows = kept.get((question, parameters))
        if rows is None:
            rows = tuple(question.ask(driver, parameters))
            if _size(rows) <= MOST_CHARACTERS:
                if len(kept) >= MOST_ANSWERS:
                    kept.clear()
                kept[question, parameters] = rows
        return rows

    def forget(self, tables: frozenset[str]) -> None:
        """Forget what was read from any of these tables, because they change."""
        for reads, kept in self._kept.items():
            if tables is ANYTHING or not reads.isdisjoint(tables):
                kept.clear()


def _size(rows: Iterable[Row[Any]]) -> int:
    return sum(len(cell) if isinstance(cell, str | bytes) else 1 for row in rows for cell in row)


def rememberable(statement: Executable) -> frozenset[str]:
    """Return the tables that a question is about, if all are calm; else none."""
    if not isinstance(statement, Select | CompoundSelect):
        return NOTHING
    found = list(_tables(statement))
    return frozenset(table.name for table in found) if found and all(map(_is_calm, found)) else NOTHING


def _tables(statement: ClauseElement) -> Iterator[TableClause]:
    return (each for each in visitors.iterate(statement) if isinstance(each, TableClause))


def _is_calm(table: TableClause) -> bool:
    return isinstance(table, Table) and bool(table.info.get("calm"))


def changed_by(statement: Executable) -> frozenset[str]:
    """Return the calm tables that a statement may change, those included of which the rows go along with others."""
    if isinstance(statement, UpdateBase):
        return _with_dependants(statement.table) if isinstance(statement.table, Table) else NOTHING
    return NOTHING if isinstance(statement, Select | CompoundSelect) else ANYTHING


@cache
def _with_dependants(table: Table) -> frozenset[str]:
    dependants = _dependants(table.metadata)
    found, new = {table.name}, {table.name}
    while new:
        new = {each for name in new for each in dependants.get(name, ())} - found
        found |= new
    return frozenset(name for name in found if _is_calm(table.metadata.tables[name]))


def _dependants(metadata: MetaData) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            if key.ondelete is not None:
                found.setdefault(key.column.table.name, set()).add(table.name)
    return found
