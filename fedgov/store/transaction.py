"""What a use case gets: one open transaction and the facts of its instance.

A use case is a plain synchronous function ``def publish(tx: Transaction, *, …)``.
It cannot wait for the network, so a transaction is never held open by a peer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Executable, Row, Table
from sqlalchemy.dialects.postgresql import Insert, insert  # its ON CONFLICT compiles on SQLite too

from fedgov.kernel.acting import SERVER, By
from fedgov.kernel.clock import Clock, IdSource
from fedgov.kernel.config import Config
from fedgov.kernel.limits import Limiter
from fedgov.kernel.metrics import Metrics
from fedgov.kernel.uris import Site
from fedgov.store.editions import Remembered
from fedgov.store.prepared import Prepared, Statements, driver_of
from fedgov.store.remembered import Answers, changed_by

T = TypeVar("T")
Listener = Callable[["Transaction", Any], None]


@dataclass(frozen=True, slots=True)
class Setting:
    """The facts about an instance that use cases need.

    Args:
        config: What the administrator set.
        clock: Where the time comes from.
        listeners: What other rooms do, in the same transaction, when something happens here; by type of event.
        ids: Where row ids come from.
        statements: What was compiled before.
        limiter: How often what was done lately.
        metrics: Where figures are counted.
        remembered: What was made of rows before.
    """

    config: Config
    clock: Clock
    listeners: Mapping[type, Sequence[Listener]] = field(default_factory=dict)
    ids: IdSource = field(default_factory=IdSource)
    statements: Statements = field(default_factory=Statements)
    limiter: Limiter = field(default_factory=Limiter)
    metrics: Metrics = field(default_factory=Metrics)
    remembered: Remembered = field(default_factory=Remembered)


class Transaction:
    """One open transaction.

    Args:
        connection: SQLAlchemy connection with a transaction begun.
        setting: The facts about this instance.
        answers: What the writer asked before; None for who cannot know whether it still holds.
        is_snapshot: Nothing changes while it is open: it only reads, and sees all at one moment.

    Attributes:
        by: Who acts; `fedgov.instance.Instance.acting` says so.
    """

    __slots__ = (
        "_answers",
        "_asked",
        "_driver",
        "_signals",
        "by",
        "connection",
        "is_snapshot",
        "now",
        "setting",
        "site",
    )

    def __init__(
        self, connection: Connection, setting: Setting, *, answers: Answers | None = None, is_snapshot: bool = False
    ) -> None:
        self.connection = connection
        self.setting = setting
        self.by: By = SERVER
        self.site: Site = setting.config.site
        self.now: int = setting.clock.now()
        self.is_snapshot = is_snapshot
        self._asked: dict[tuple[object, ...], object] = {}
        self._signals: set[str] = set()
        self._driver = driver_of(connection) if connection.dialect.name == "sqlite" else None
        self._answers = answers

    @property
    def config(self) -> Config:
        """What the administrator set."""
        return self.setting.config

    @property
    def signals(self) -> frozenset[str]:
        """What `signal` was called with so far."""
        return frozenset(self._signals)

    def new_id(self) -> int:
        """Return a fresh row id (see `fedgov.kernel.clock.IdSource`)."""
        return self.setting.ids.next(self.now)

    def signal(self, topic: str) -> None:
        """Tell workers and caches, once this is committed, that something under this topic changed.

        Args:
            topic: For instance ``inbox``, ``deliveries`` or ``document:URI``.
        """
        self._signals.add(topic)

    def limit(self, what: str, *, of: str) -> None:
        """Count one thing more that somebody does, and refuse when it is too often; see `Limiter.act`.

        Args:
            what: A setting of ``[limits]`` without its ending ``_per_hour``, such as ``posts``.
            of: URI of the local actor.

        Raises:
            OverLimitError: Too often; it says when to come back.
        """
        self.setting.limiter.act(what, of=of, by=self.by, limits=self.config.limits, now=self.now)

    def tell(self, event: object) -> None:
        """Let other rooms add their part to this transaction (a timeline entry, a notification)."""
        for listener in self.setting.listeners.get(type(event), ()):
            listener(self, event)

    def once(self, ask: Callable[[Transaction], T]) -> T:
        """Return the answer to a question that one page asks again and again; a snapshot is asked only once.

        Args:
            ask: A function of a module, so that the same question is known again.
        """
        if not self.is_snapshot:
            return ask(self)
        key = (ask,)
        if key not in self._asked:
            self._asked[key] = ask(self)
        return cast(T, self._asked[key])

    def once_of(self, ask: Callable[[Transaction, str], T], subject: str) -> T:
        """Do the same with a question about somebody or something.

        Args:
            ask: A function of a module.
            subject: About whom or what.
        """
        if not self.is_snapshot:
            return ask(self, subject)
        key = (ask, subject)
        if key not in self._asked:
            self._asked[key] = ask(self, subject)
        return cast(T, self._asked[key])

    def execute(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> int:
        """Run a statement that changes rows, once or for each of a list of values; return how many it matched."""
        if values is not None and not isinstance(values, Mapping):
            return self._execute_many(statement, values)
        found = self._prepared(statement, values)
        if found is None:
            return self.connection.execute(statement, values).rowcount
        return found[0].run(found[1], values or {}).rowcount

    def _execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> int:
        if not rows:
            return 0  # nothing to do, not a statement without values
        found = self._prepared(statement, rows[0])
        if found is None:
            return self.connection.execute(statement, rows).rowcount
        return found[0].run_many(found[1], rows)

    def row(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Row[Any] | None:
        """Return the first row, or None."""
        found = self._prepared(statement, values)
        if found is None:
            return self.connection.execute(statement, values).first()
        if (answer := self._answer(found[0], values)) is not None:
            return answer[0] if answer else None
        data = found[0].run(found[1], values or {}).fetchone()
        return None if data is None else found[0].row(data)

    def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Return all rows."""
        found = self._prepared(statement, values)
        if found is None:
            return self.connection.execute(statement, values).all()
        if (answer := self._answer(found[0], values)) is not None:
            return answer
        return [found[0].row(data) for data in found[0].run(found[1], values or {})]

    def value(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - whatever the column holds
        """Return the first column of the first row, or None."""
        found = self._prepared(statement, values)
        if found is None:
            return self.connection.execute(statement, values).scalar()
        if (answer := self._answer(found[0], values)) is not None:
            return answer[0][0] if answer else None
        data = found[0].run(found[1], values or {}).fetchone()
        return None if data is None else found[0].first_value(data)

    def values(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Return the first column of all rows."""
        found = self._prepared(statement, values)
        if found is None:
            return self.connection.execute(statement, values).scalars().all()
        if (answer := self._answer(found[0], values)) is not None:
            return [row[0] for row in answer]
        return [found[0].first_value(data) for data in found[0].run(found[1], values or {})]

    def _prepared(
        self, statement: Executable, values: Mapping[str, Any] | None
    ) -> tuple[Prepared, sqlite3.Connection] | None:
        """Return the compiled statement for the driver; also forgets what is remembered of what it changes."""
        if self._driver is None:
            return None
        prepared = self.setting.statements.find(self.connection, statement, values or {})
        if self._answers is not None:
            changes = changed_by(statement) if prepared is None else prepared.changes
            if changes:
                self._answers.forget(changes)
        return None if prepared is None else (prepared, self._driver)

    def _answer(self, prepared: Prepared, values: Mapping[str, Any] | None) -> Sequence[Row[Any]] | None:
        """Return what the database says, perhaps from memory; None for what is not remembered."""
        if self._answers is None or self._driver is None or not prepared.reads:
            return None
        return self._answers.find(prepared, prepared.parameters(values or {}), driver=self._driver)


def insert_or_ignore(table: Table) -> Insert:
    """Return an INSERT that leaves an existing row as it is; `Transaction.execute` then returns 0."""
    return insert(table).on_conflict_do_nothing()


def insert_or_update(table: Table, *, key: Sequence[str], update: Sequence[str]) -> Insert:
    """Return an INSERT that overwrites some columns of an existing row.

    Args:
        table: Where to insert.
        key: Columns of the unique constraint.
        update: Columns that take the inserted values.
    """
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(key), set_={name: statement.excluded[name] for name in update}
    )
