"""An index of words: what holds these words, newest first, on both storages alike.

An entry is a row of words, as `fedgov.kernel.text.words` gives them, and a set of
marks. A mark says something that is no word of the text, such as who may find it
or when it was written; it begins with a colon, which no word does. So one look in
the index answers "these words, and for this reader", and what is for others only
is not even walked past.

On SQLite it is a virtual table of FTS5, on PostgreSQL a column of type ``tsvector``.
Words are cut here and not by the database, so that both find the same. It is
written in the transaction of what it tells about; whoever removes that removes the entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    MetaData,
    Select,
    bindparam,
    cast,
    column,
    delete,
    event,
    func,
    insert,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.types import BigInteger, Text

from fedgov.kernel.text.words import Phrase
from fedgov.store.lists import filled_up
from fedgov.store.tables import metadata
from fedgov.store.transaction import Transaction

MAX_WORDS: Final = 10_000
"""Words of one entry; PostgreSQL keeps positions up to 16,383."""
WINDOW: Final = 1_000
"""How many of the newest entries are looked through for the beginning of a word before the index is asked.

Whatever stands in one of fifty fills a page from there; of what is rarer the index has so little to gather
that it is quick.
"""
MANY: Final = 512
"""Entries that are read at once."""
_ENDLESS: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Index:
    """One index.

    Args:
        name: Of its table.
    """

    name: str


POSTS: Final = Index("post_index")
PEOPLE: Final = Index("people_index")

TABLES: Final[Mapping[str, Sequence[str]]] = {
    "sqlite": (
        """CREATE VIRTUAL TABLE IF NOT EXISTS post_index USING fts5(
        document, columnsize = 0, tokenize = "ascii tokenchars ':'")""",
        """CREATE VIRTUAL TABLE IF NOT EXISTS people_index USING fts5(
        document, columnsize = 0, tokenize = "ascii tokenchars ':'")""",
    ),
    "postgresql": (
        """CREATE TABLE IF NOT EXISTS post_index (
        rowid BIGINT NOT NULL, document TSVECTOR NOT NULL, CONSTRAINT pk_post_index PRIMARY KEY (rowid))""",
        "CREATE INDEX IF NOT EXISTS ix_post_index_document ON post_index USING gin (document)",
        """CREATE TABLE IF NOT EXISTS people_index (
        rowid BIGINT NOT NULL, document TSVECTOR NOT NULL, CONSTRAINT pk_people_index PRIMARY KEY (rowid))""",
        "CREATE INDEX IF NOT EXISTS ix_people_index_document ON people_index USING gin (document)",
    ),
}
"""The same statements stand in the migration; a test compares."""


@event.listens_for(metadata, "after_create")
def _make(_target: MetaData, connection: Connection, **_options: Any) -> None:  # noqa: ANN401 - as SQLAlchemy has it
    """Make the index where tables are made without a migration, as tests do."""
    for statement in TABLES.get(connection.dialect.name, ()):
        connection.execute(text(statement))


def is_no_part_of_it(name: str | None, kind: str, _parents: object) -> bool:
    """Tell Alembic that a table is none of those of which an index consists, which no model describes."""
    return kind != "table" or not (name or "").startswith((POSTS.name, PEOPLE.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an entry must hold.

    Args:
        phrases: All of these.
        without: None of these.
        marks: Of each group at least one; at least one group.
        without_marks: None of these.
    """

    phrases: tuple[Phrase, ...] = ()
    without: tuple[Phrase, ...] = ()
    marks: tuple[tuple[str, ...], ...]
    without_marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index holds about one thing.

    Args:
        words: In order; those after the first `MAX_WORDS` are left out.
        marks: Without their colon.
    """

    words: Sequence[str]
    marks: frozenset[str]


_query: Final = cast(bindparam("query", type_=Text), TSQUERY)
_MATCH: Final = {"sqlite": ("MATCH", bindparam("query", type_=Text)), "postgresql": ("@@", _query)}


class _Statements:
    """What is asked of one index in one dialect."""

    def __init__(self, index: Index, dialect: str) -> None:
        rows = table(index.name, column("rowid", BigInteger), column("document", Text))
        vector = cast(bindparam("document", type_=Text), TSVECTOR)
        document = bindparam("document") if dialect == "sqlite" else vector
        here = rows.c.rowid == bindparam("row")
        shown = rows.c.document if dialect == "sqlite" else cast(rows.c.document, Text)
        operator, query = _MATCH[dialect]
        self.rows: Final = rows
        self.range: Final = (rows.c.rowid < bindparam("below"), rows.c.rowid > bindparam("above"))
        self.matches: Final = rows.c.document.op(operator, is_comparison=True)(query)
        self.put: Final = insert(rows).values(rowid=bindparam("row"), document=document)
        self.change: Final = update(rows).where(here).values(document=document)
        self.read: Final = select(shown.label("document")).where(here)
        among = rows.c.rowid.in_(bindparam("rows", expanding=True))
        self.read_many: Final = select(rows.c.rowid.label("row_id"), shown.label("document")).where(among)
        self.remove: Final = delete(rows).where(here)
        self.count: Final = select(func.count()).select_from(rows)
        after = select(rows.c.rowid).where(rows.c.rowid > bindparam("above"))
        self.after: Final = after.order_by(rows.c.rowid).limit(bindparam("limit"))

    def in_order(self, rows: FromClause, *, upwards: bool) -> ColumnElement[Any]:
        """Return in which order rows are wanted."""
        row_id: ColumnElement[Any] = rows.c.rowid
        return row_id if upwards else row_id.desc()


@cache
def _asked(index: Index, dialect: str) -> _Statements:
    return _Statements(index, dialect)


def _of(tx: Transaction, index: Index) -> _Statements:
    return _asked(index, tx.connection.dialect.name)


# --- writing ----------------------------------------------------------------------------------------------------


def put(tx: Transaction, *, row_id: int, entry: Entry, index: Index = POSTS) -> None:
    """Write the entry of something, or write it anew.

    Args:
        tx: The open transaction.
        row_id: Of what it tells about.
        entry: What it says.
        index: Where.
    """
    values = {"row": row_id, "document": _document(tx.connection.dialect.name, entry)}
    if not tx.execute(_of(tx, index).change, values):
        tx.execute(_of(tx, index).put, values)


def add(tx: Transaction, *, row_id: int, entry: Entry, index: Index = POSTS) -> None:
    """Write the entry of something that has none yet."""
    tx.execute(_of(tx, index).put, {"row": row_id, "document": _document(tx.connection.dialect.name, entry)})


def remove(tx: Transaction, *, row_id: int, index: Index = POSTS) -> None:
    """Take the entry of something away; nothing happens when there is none."""
    tx.execute(_of(tx, index).remove, {"row": row_id})


def find(tx: Transaction, *, row_id: int, index: Index = POSTS) -> Entry | None:
    """Return the entry of something, or None."""
    document = tx.value(_of(tx, index).read, {"row": row_id})
    return None if document is None else _entry(tx.connection.dialect.name, str(document))


def find_many(tx: Transaction, *, row_ids: Sequence[int], index: Index = POSTS) -> dict[int, Entry]:
    """Return the entries of some things by their row ids, in the order given; there is none of what is not in it.

    Args:
        tx: The open transaction.
        row_ids: At most `MANY`.
        index: Where.
    """
    if not row_ids:
        return {}
    dialect = tx.connection.dialect.name
    rows = tx.rows(_of(tx, index).read_many, {"rows": filled_up(row_ids)})
    entries = {int(row.row_id): _entry(dialect, str(row.document)) for row in rows}
    return {row_id: entries[row_id] for row_id in row_ids if row_id in entries}


def count(tx: Transaction, *, index: Index = POSTS) -> int:
    """Return how many entries there are."""
    return int(tx.value(_of(tx, index).count))


def rows_after(tx: Transaction, *, row_id: int, limit: int, index: Index = POSTS) -> Sequence[int]:
    """Return the row ids of the entries after one of them, lowest first."""
    return tx.values(_of(tx, index).after, {"above": row_id, "limit": limit})


def check(tx: Transaction) -> None:
    """Let the database compare the indexes with what it keeps of the entries.

    Raises:
        DBAPIError: It is damaged.
    """
    if tx.connection.dialect.name == "sqlite":
        for index in (POSTS, PEOPLE):
            tx.connection.exec_driver_sql(f"INSERT INTO {index.name}({index.name}) VALUES('integrity-check')")


def mend(tx: Transaction) -> None:
    """Let the database make its indexes again from the entries that it keeps, in case they are damaged."""
    if tx.connection.dialect.name == "sqlite":
        for index in (POSTS, PEOPLE):
            tx.connection.exec_driver_sql(f"INSERT INTO {index.name}({index.name}) VALUES('rebuild')")


def _document(dialect: str, entry: Entry) -> str:
    words = entry.words[:MAX_WORDS]
    marks = sorted(f":{mark}" for mark in entry.marks)
    if dialect == "sqlite":
        return f" {' '.join((*words, *marks))} "
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(words, start=1):
        places[word].append(place)
    lexemes = [f"{_quoted(word)}:{','.join(map(str, at))}" for word, at in places.items()]
    return " ".join((*lexemes, *map(_quoted, marks)))


def _entry(dialect: str, document: str) -> Entry:
    if dialect == "sqlite":
        held = document.split()
        return Entry(
            words=[each for each in held if not each.startswith(":")],
            marks=frozenset(each[1:] for each in held if each.startswith(":")),
        )
    at: dict[int, str] = {}
    marks = set()
    for lexeme in document.split():  # 'word':1,5 or ':mark'; none of them holds a space or a quote
        word, _, places = lexeme.rpartition("'")
        word = word.removeprefix("'")
        if word.startswith(":"):
            marks.add(word[1:])
        else:
            at |= dict.fromkeys(map(int, places.removeprefix(":").split(",")), word)
    return Entry(words=[at[place] for place in sorted(at)], marks=frozenset(marks))


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


# --- asking -----------------------------------------------------------------------------------------------------


def search(
    tx: Transaction,
    *,
    question: Question,
    limit: int,
    below: int | None = None,
    above: int | None = None,
    upwards: bool = False,
    index: Index = POSTS,
) -> list[int]:
    """Return the row ids of entries, newest first; never more than are asked for, however many there are.

    Args:
        tx: The open transaction.
        question: What they must hold.
        limit: Most results.
        below: Only with a smaller row id.
        above: Only with a larger row id.
        upwards: The lowest first.
        index: In which.
    """
    values = {
        "below": _ENDLESS if below is None else below,
        "above": -1 if above is None else above,
        "limit": limit,
        "window": WINDOW,
    }
    if tx.connection.dialect.name == "sqlite":
        return _search_sqlite(tx, question, values, upwards=upwards, index=index)
    return _search_postgres(tx, question, values, upwards=upwards, index=index)


def _search_sqlite(
    tx: Transaction, question: Question, values: dict[str, Any], *, upwards: bool, index: Index
) -> list[int]:
    """Ask FTS5, which walks the rows that hold whole words and marks in their order, and stops at the last one wanted.

    All that hold the beginning of a word it must gather first. So the newest are looked through before: a frequent
    beginning fills the page from them.
    """
    begins = [phrase for phrase in question.phrases if phrase.begins]
    if begins:
        whole = _match(question, [phrase for phrase in question.phrases if not phrase.begins])
        texts = {f"begin{number}": f" {' '.join(phrase.words)}" for number, phrase in enumerate(begins)}
        among = {**values, "query": whole}
        found = list(tx.values(_newest_that_hold(index, len(begins), upwards), {**among, **texts}))
        if len(found) == values["limit"] or tx.value(_in_window(index, upwards), among) < WINDOW:
            return found
    asked = {name: value for name, value in values.items() if name != "window"}
    return list(tx.values(_all_that_match(index, upwards), {**asked, "query": _match(question, question.phrases)}))


@cache
def _all_that_match(index: Index, upwards: bool) -> Select[Any]:
    asked = _asked(index, "sqlite")
    found = select(asked.rows.c.rowid).where(asked.matches, *asked.range)
    return found.order_by(asked.in_order(asked.rows, upwards=upwards)).limit(bindparam("limit"))


@cache
def _newest_that_hold(index: Index, beginnings: int, upwards: bool) -> Select[Any]:
    asked = _asked(index, "sqlite")
    rows = _window(asked, asked.matches, upwards=upwards)
    holds = (func.instr(rows.c.document, bindparam(f"begin{number}")) > 0 for number in range(beginnings))
    return select(rows.c.rowid).where(*holds).order_by(asked.in_order(rows, upwards=upwards)).limit(bindparam("limit"))


@cache
def _in_window(index: Index, upwards: bool) -> Select[Any]:
    asked = _asked(index, "sqlite")
    return select(func.count()).select_from(_window(asked, asked.matches, upwards=upwards))


def _window(asked: _Statements, *conditions: ColumnElement[bool], upwards: bool) -> FromClause:
    """Return the newest entries, to look through them one by one."""
    found = select(asked.rows.c.rowid, asked.rows.c.document).where(*conditions, *asked.range)
    return found.order_by(asked.in_order(asked.rows, upwards=upwards)).limit(bindparam("window")).subquery()


def _match(question: Question, phrases: Sequence[Phrase]) -> str:
    """Return an expression of FTS5: every word stands in quotes, so that none is taken for an operator."""
    groups = [" OR ".join(f'":{mark}"' for mark in group) for group in question.marks]
    wanted = " AND ".join([*map(_fts5, phrases), *(f"({group})" for group in groups)])
    refused = [*map(_fts5, question.without), *(f'":{mark}"' for mark in question.without_marks)]
    return f"({wanted}) NOT ({' OR '.join(refused)})" if refused else wanted


def _fts5(phrase: Phrase) -> str:
    quoted = " ".join(phrase.words).replace('"', "")
    return f'"{quoted}" *' if phrase.begins else f'"{quoted}"'


def _search_postgres(
    tx: Transaction, question: Question, values: dict[str, Any], *, upwards: bool, index: Index
) -> list[int]:
    """Look through the newest, then ask the index, which gathers all before it can put them in order."""
    among = {**values, "query": _tsquery(question)}
    found = list(tx.values(_newest_that_match(index, upwards), among))
    if len(found) == values["limit"]:
        return found
    among.pop("window")
    return list(tx.values(_gathered(index, upwards), among))


@cache
def _newest_that_match(index: Index, upwards: bool) -> Select[Any]:
    asked = _asked(index, "postgresql")
    rows = _window(asked, upwards=upwards)
    matches = rows.c.document.op("@@", is_comparison=True)(_query)
    found = select(rows.c.rowid).where(matches).order_by(asked.in_order(rows, upwards=upwards))
    return found.limit(bindparam("limit"))


@cache
def _gathered(index: Index, upwards: bool) -> Select[Any]:
    asked = _asked(index, "postgresql")
    rows = select(asked.rows.c.rowid).where(asked.matches, *asked.range).cte().prefix_with("MATERIALIZED")
    return select(rows.c.rowid).order_by(asked.in_order(rows, upwards=upwards)).limit(bindparam("limit"))


def _tsquery(question: Question) -> str:
    groups = (" | ".join(_quoted(f":{mark}") for mark in group) for group in question.marks)
    wanted = [*map(_lexemes, question.phrases), *(f"({group})" for group in groups)]
    refused = [*map(_lexemes, question.without), *(_quoted(f":{mark}") for mark in question.without_marks)]
    return " & ".join([*wanted, *(f"!{each}" for each in refused)])


def _lexemes(phrase: Phrase) -> str:
    quoted = [*map(_quoted, phrase.words)]
    if phrase.begins:
        quoted[-1] += ":*"
    return f"({' <-> '.join(quoted)})"


def agrees(tx: Transaction, *, row_id: int, entry: Entry, ignoring: Collection[str] = (), index: Index = POSTS) -> bool:
    """Tell whether the entry of something says this.

    Args:
        tx: The open transaction.
        row_id: Of what it tells about.
        entry: What it should say.
        ignoring: Beginnings of marks that may differ.
        index: Where.
    """
    stored = find(tx, row_id=row_id, index=index)
    return (
        stored is not None
        and list(stored.words) == list(entry.words[:MAX_WORDS])
        and _but(stored.marks, ignoring) == _but(entry.marks, ignoring)
    )


def _but(marks: Iterable[str], ignoring: Collection[str]) -> set[str]:
    return {mark for mark in marks if not mark.startswith(tuple(ignoring))}
