"""Statements that are used again and again, compiled once and run straight on SQLite's driver.

Most of what a small statement costs through SQLAlchemy is preparing it
and its result; SQLite itself is done in a few microseconds. A statement that is
a module constant is the same object each time, so after its second use it is
compiled, kept, and handed to the driver. What SQLAlchemy would do with values
and columns of each type is done here too, by its own processors, and rows are
its own rows: no caller can tell the difference, and a test compares both ways.

See ``docs/decisions/0005-prepared-statements.md``.
"""

from __future__ import annotations

import re
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Executable, Row
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

MAX_KEPT: Final = 2_000
ROWS_AT_ONCE: Final = (64, 16, 4)
"""Rows that one INSERT takes, where there are so many; SQLite allows 32,766 values in a statement."""
_LISTS: Final = (list, tuple, set, frozenset)
_ONE_ROW: Final = re.compile(r"(INSERT INTO \S+ \([^()]+\) VALUES )(\(\?(?:, \?)*\))( ON CONFLICT .+)?", re.DOTALL)

Processor = Callable[[Any], Any]
Key = tuple[object, ...]


class Prepared:
    """One compiled statement.

    Args:
        compiled: What SQLAlchemy made of it.
        values: An example of its values: lists of the same length, everything else of any value.
        dialect: For which database.
    """

    __slots__ = (
        "_columns",
        "_defaults",
        "_expansion",
        "_metadata",
        "_names",
        "_processors",
        "_several",
        "_take",
        "sql",
    )

    def __init__(self, compiled: SQLCompiler, values: Mapping[str, Any], *, dialect: Dialect) -> None:
        # An IN with a list has one placeholder per member, so this form is good for lists of this length.
        state = compiled.construct_expanded_state(dict(values))
        self.sql = state.statement
        self._names = tuple(state.positiontup or ())
        self._defaults = compiled.construct_params(_check=False)
        self._take = itemgetter(*self._names) if len(self._names) > 1 else None
        self._processors = tuple(
            (place, state.processors[name]) for place, name in enumerate(self._names) if name in state.processors
        )
        self._several = _for_several(self.sql)
        self._expansion = {name: tuple(members) for name, members in state.parameter_expansion.items()}
        entries = compiled._result_columns or ()
        self._metadata = SimpleResultMetaData([entry.keyname for entry in entries])
        found = [
            (place, entry.type.dialect_impl(dialect).result_processor(dialect, None))
            for place, entry in enumerate(entries)
        ]
        self._columns = tuple((place, processor) for place, processor in found if processor is not None)

    def run(self, driver: sqlite3.Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        """Run it with these values.

        Raises:
            DBAPIError: As SQLAlchemy would raise it.
            KeyError: A value is missing.
        """
        parameters = self._parameters(values)
        try:
            return driver.execute(self.sql, parameters)
        except sqlite3.Error as error:
            raise DBAPIError.instance(self.sql, parameters, error, sqlite3.Error) from error

    def run_many(self, driver: sqlite3.Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it once for each of these values, which all have the same names; return how many rows it matched.

        Raises:
            DBAPIError: As SQLAlchemy would raise it.
            KeyError: A value is missing.
        """
        parameters = [self._parameters(values) for values in rows]
        try:
            done = matched = 0
            for size, sql in self._several:
                # One step of SQLite for many rows: at each step Python's lock changes hands, twice.
                while len(parameters) - done >= size:
                    matched += driver.execute(sql, tuple(chain.from_iterable(parameters[done : done + size]))).rowcount
                    done += size
            if done < len(parameters):
                matched += driver.executemany(self.sql, parameters[done:]).rowcount
            return matched
        except sqlite3.Error as error:
            raise DBAPIError.instance(self.sql, parameters, error, sqlite3.Error) from error

    def _parameters(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        if self._expansion:
            values = self._expanded(values)
        try:
            found = (values[self._names[0]],) if self._take is None else self._take(values)
        except (KeyError, IndexError):
            found = tuple(values[name] if name in values else self._defaults[name] for name in self._names)
        if not self._processors:
            return found
        processed = list(found)
        for place, processor in self._processors:
            processed[place] = processor(processed[place])
        return tuple(processed)

    def _expanded(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        expanded = dict(values)
        for name, members in self._expansion.items():
            expanded.update(zip(members, values[name] if name in values else self._defaults[name], strict=True))
        return expanded

    def row(self, data: tuple[Any, ...]) -> Row[Any]:
        """Return the driver's row as SQLAlchemy's."""
        return Row(self._metadata, None, self._metadata._key_to_index, self._converted(data))

    def first_value(self, data: tuple[Any, ...]) -> Any:  # noqa: ANN401 - whatever the column holds
        """Return the first column of the driver's row."""
        return self._converted(data)[0]

    def _converted(self, data: tuple[Any, ...]) -> tuple[Any, ...]:
        if not self._columns:
            return data
        row = list(data)
        for place, processor in self._columns:
            row[place] = processor(row[place])
        return tuple(row)


def _for_several(sql: str) -> tuple[tuple[int, str], ...]:
    """Return the INSERT of one row as one of many rows, by their number, the largest first; nothing for others."""
    found = _ONE_ROW.fullmatch(sql)
    if found is None:
        return ()
    head, row, tail = found.groups(default="")
    return tuple((size, head + ", ".join([row] * size) + tail) for size in ROWS_AT_ONCE)


class Statements:
    """The compiled statements of one database; used by its threads one at a time or not, either is safe.

    The key is the statement object itself together with the names of the values,
    because an INSERT's columns depend on them, and the lengths of lists. A statement that was built for one
    call is seen only once, and soon forgotten.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, tuple[Executable, Prepared | bool | None]] = OrderedDict()

    @property
    def kept(self) -> int:
        """How many statements are remembered."""
        return len(self._kept)

    def find(self, connection: Connection, statement: Executable, values: Mapping[str, Any]) -> Prepared | None:
        """Return the compiled form of a statement that was seen before; None when SQLAlchemy must run it."""
        key = (
            id(statement),
            *((name, len(value)) if isinstance(value, _LISTS) else name for name, value in values.items()),
        )
        found = self._kept.get(key)
        if found is None or found[0] is not statement:
            self._keep(key, statement, False)
            return None
        prepared = found[1]
        if prepared is False:
            prepared = _prepare(connection, statement, values)
            self._keep(key, statement, prepared)
        return prepared if isinstance(prepared, Prepared) else None

    def _keep(self, key: Key, statement: Executable, prepared: Prepared | bool | None) -> None:
        self._kept[key] = (statement, prepared)  # holding the statement keeps its id from being given to another
        while len(self._kept) > MAX_KEPT:
            try:
                self._kept.popitem(last=False)
            except KeyError:  # another thread was quicker
                return


def _prepare(connection: Connection, statement: Executable, values: Mapping[str, Any]) -> Prepared | None:
    """Compile a statement; None for one that only SQLAlchemy can run."""
    if not isinstance(statement, ClauseElement):
        return None
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(values) or None)
    if not isinstance(compiled, SQLCompiler) or compiled.positiontup is None:
        return None
    if compiled.literal_execute_params:
        return None
    if any(bind.required and name not in values for name, bind in compiled.binds.items()):
        return None  # a value is missing: SQLAlchemy says so
    if compiled.insert_prefetch or compiled.update_prefetch or not _is_plain(compiled):
        return None
    return Prepared(compiled, values, dialect=connection.dialect)


def _is_plain(compiled: SQLCompiler) -> bool:
    """Tell whether the columns of the result are known by name and order (a text() has none)."""
    return bool(compiled._result_columns) or compiled.isinsert or compiled.isupdate or compiled.isdelete


def driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the driver's connection of a SQLite database."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the only SQLite driver we open
    return driver
