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
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Executable, Row
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from fedgov.store.remembered import changed_by, rememberable

MAX_KEPT: Final = 2_000
ROWS_AT_ONCE: Final = (64, 16, 4)
"""Rows that one INSERT takes, where there are so many; SQLite allows 32,766 values in a statement."""
_ONE_ROW: Final = re.compile(r"(INSERT INTO \S+ \([^()]+\) VALUES )(\(\?(?:, \?)*\))( ON CONFLICT .+)?", re.DOTALL)

Processor = Callable[[Any], Any]
Key = tuple[object, ...]


class Prepared:
    """One compiled statement.

    Args:
        statement: What it says.
        compiled: What SQLAlchemy made of it.
        values: An example of its values: lists of the same length, everything else of any value.
        dialect: For which database.
    """

    __slots__ = (
        "_columns",
        "_defaults",
        "_expansion",
        "_lengths",
        "_metadata",
        "_pick",
        "_processors",
        "_several",
        "changes",
        "reads",
        "sql",
    )

    def __init__(
        self, statement: Executable, compiled: SQLCompiler, values: Mapping[str, Any], *, dialect: Dialect
    ) -> None:
        # An IN with a list has one placeholder per member, so this form is good for lists of this length.
        state = compiled.construct_expanded_state(dict(values))
        self.sql = state.statement
        names = tuple(state.positiontup or ())
        self._several = _for_several(self.sql)
        self._pick = _picker(names)
        self._expansion = {name: tuple(members) for name, members in state.parameter_expansion.items()}
        self._lengths = tuple((name, len(values[name])) for name in self._expansion if name in values)
        members = {each for expanded in self._expansion.values() for each in expanded}
        is_complete = all(name in values for name in {*names, *self._expansion} - members)
        self._defaults = None if is_complete else compiled.construct_params(_check=False)
        self._processors = tuple(
            (place, state.processors[name]) for place, name in enumerate(names) if name in state.processors
        )
        entries = compiled._result_columns or ()
        self._metadata = SimpleResultMetaData([entry.keyname for entry in entries])
        found = [
            (place, entry.type.dialect_impl(dialect).result_processor(dialect, None))
            for place, entry in enumerate(entries)
        ]
        self._columns = tuple((place, processor) for place, processor in found if processor is not None)
        self.reads = rememberable(statement)
        self.changes = changed_by(statement)

    def fits(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the lists among these values are as long as in the example."""
        return not self._lengths or all(len(values[name]) == length for name, length in self._lengths)

    def with_lengths(self, key: Key, values: Mapping[str, Any]) -> Key:
        """Return the key of the form of this statement that fits these values."""
        return (*key, *[len(values[name]) for name, _ in self._lengths])

    def run(self, driver: sqlite3.Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        """Run it with these values.

        Raises:
            DBAPIError: As SQLAlchemy would raise it.
            KeyError: A value is missing.
        """
        return self._run(driver, self.parameters(values))

    def ask(self, driver: sqlite3.Connection, parameters: tuple[Any, ...]) -> Iterator[Row[Any]]:
        """Return the rows for these parameters.

        Raises:
            DBAPIError: As SQLAlchemy would raise it.
        """
        return map(self.row, self._run(driver, parameters))

    def _run(self, driver: sqlite3.Connection, parameters: tuple[Any, ...]) -> sqlite3.Cursor:
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
        parameters = [self.parameters(values) for values in rows]
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

    def parameters(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return what the driver gets for these values.

        Raises:
            KeyError: A value is missing.
        """
        if self._defaults is not None:
            values = {**self._defaults, **values}
        if self._expansion:
            values = self._expanded(values)
        found = self._pick(values)
        if not self._processors:
            return found
        processed = list(found)
        for place, processor in self._processors:
            processed[place] = processor(processed[place])
        return tuple(processed)

    def _expanded(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        expanded = dict(values)
        for name, members in self._expansion.items():
            expanded.update(zip(members, values[name], strict=True))
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
        self._kept: OrderedDict[Key, tuple[Executable, Prepared | bool]] = OrderedDict()

    @property
    def kept(self) -> int:
        """How many statements are remembered."""
        return len(self._kept)

    def find(self, connection: Connection, statement: Executable, values: Mapping[str, Any]) -> Prepared | None:
        """Return the compiled form of a statement that was seen before; None when SQLAlchemy must run it."""
        key = (id(statement), *values)
        prepared = self._found(key, statement)
        if isinstance(prepared, Prepared) and not prepared.fits(values):
            key = prepared.with_lengths(key, values)
            prepared = self._found(key, statement)
        if prepared is None:
            self._keep(key, statement, False)
        elif prepared is False:
            prepared = _prepare(connection, statement, values)
            self._keep(key, statement, prepared or True)
        return prepared if isinstance(prepared, Prepared) else None

    def _found(self, key: Key, statement: Executable) -> Prepared | bool | None:
        found = self._kept.get(key)
        return None if found is None or found[0] is not statement else found[1]

    def _keep(self, key: Key, statement: Executable, prepared: Prepared | bool) -> None:
        self._kept[key] = (statement, prepared)  # holding the statement keeps its id from being given to another
        while len(self._kept) > MAX_KEPT:
            try:
                self._kept.popitem(last=False)
            except KeyError:  # another thread was quicker
                return


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Return what takes the values of these names out of a mapping, in this order."""
    if not names:
        return lambda _values: ()
    pick = itemgetter(*names)
    return pick if len(names) > 1 else lambda values: (pick(values),)


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
    return Prepared(statement, compiled, values, dialect=connection.dialect)


def _is_plain(compiled: SQLCompiler) -> bool:
    """Tell whether the columns of the result are known by name and order (a text() has none)."""
    return bool(compiled._result_columns) or compiled.isinsert or compiled.isupdate or compiled.isdelete


def driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the driver's connection of a SQLite database."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the only SQLite driver we open
    return driver
