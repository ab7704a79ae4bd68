"""The index of words by which people are found: written in the transaction that stores or changes them.

Which words somebody has, and the marks that keep those who are not to be found from being walked past. Who may see
whom is decided by `fedgov.features.people.service.finding`, each time; the index only proposes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from fedgov.kernel.text.plain import html_to_plain
from fedgov.kernel.text.words import words_of
from fedgov.store import full_text
from fedgov.store.full_text import PEOPLE, Entry
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

BATCH: Final = 500
CONSENTS: Final = "d"
"""Mark of whoever wants to be found."""
COLLEAGUE: Final = "l"
"""Mark of people of this instance."""

_SIGNS: Final = re.compile(r"[^0-9a-z]+")
_ROW: Final = select(actors).where(actors.c.uri == bindparam("uri"))
_ROWS: Final = select(actors).where(actors.c.id > bindparam("after")).order_by(actors.c.id).limit(bindparam("limit"))
_NEWEST: Final = select(actors).order_by(actors.c.id.desc()).limit(bindparam("limit"))
_COUNT: Final = (
    select(func.count()).select_from(actors).where(actors.c.deleted_at.is_(None), actors.c.kind != "Application")
)


def named(username: str) -> str:
    """Return the mark of whoever has this user name, or ``""`` when nothing of it counts; signs do not."""
    letters = "".join(words_of(username))
    return f"u{letters}" if letters else ""


def at_host(host: str) -> str:
    """Return the mark of whoever has a handle at this host; what it begins with is the mark of a host cut short."""
    return f"h{_SIGNS.sub('', host.lower())}"


def entry_of(row: Row[Any]) -> Entry:
    """Return what the index must say about somebody.

    Args:
        row: Of the actor.
    """
    username = words_of(row.username)
    whole = ["".join(username)] if len(username) > 1 else []
    words = [*words_of(row.name), *username, *whole, *words_of(row.function), *words_of(row.department)]
    words += words_of(html_to_plain(row.summary_html))
    marks = {named(row.username), at_host(row.host)} - {""}
    marks |= {CONSENTS} if row.discoverable else set()
    marks |= {COLLEAGUE} if row.local else set()
    return Entry(words=words, marks=frozenset(marks))


def index(tx: Transaction, *, uri: str) -> None:
    """Let somebody be found as they are now, or no longer when they are gone.

    Args:
        tx: The open transaction.
        uri: Of an actor, here or elsewhere.
    """
    row = tx.row(_ROW, {"uri": uri})
    if row is not None:
        _index(tx, row)


def _index(tx: Transaction, row: Row[Any]) -> None:
    if not _belongs(row):
        full_text.remove(tx, row_id=row.id, index=PEOPLE)
        return
    entry = entry_of(row)
    if not full_text.agrees(tx, row_id=row.id, entry=entry, index=PEOPLE):
        full_text.put(tx, row_id=row.id, entry=entry, index=PEOPLE)


def _belongs(row: Row[Any]) -> bool:
    return row.deleted_at is None and row.kind != "Application"


def index_batch(tx: Transaction, *, after: int, limit: int = BATCH) -> int | None:
    """Make the entries of some people anew; return the row id of the last of them, None when there was none.

    Args:
        tx: The open transaction.
        after: Row id of the actor before.
        limit: How many.
    """
    rows = tx.rows(_ROWS, {"after": after, "limit": limit})
    for row in rows:
        _index(tx, row)
    upto = rows[-1].id if len(rows) == limit else None
    known = {row.id for row in rows}
    for row_id in full_text.rows_after(tx, row_id=after, limit=2 * BATCH + limit, index=PEOPLE):
        if row_id not in known and (upto is None or row_id <= upto):
            full_text.remove(tx, row_id=row_id, index=PEOPLE)
    return upto


def fault(tx: Transaction) -> str:
    """Return in what the index differs from the people it is about, in words; ``""`` when it does not."""
    found, known = full_text.count(tx, index=PEOPLE), int(tx.value(_COUNT))
    if found != known:
        return f"{found} of {known} people are in the index of names"
    wrong = sum(not _agrees(tx, row) for row in _newest(tx))
    return f"{wrong} of the newest people are in the index with other words" if wrong else ""


def _newest(tx: Transaction) -> Sequence[Row[Any]]:
    return [row for row in tx.rows(_NEWEST, {"limit": BATCH}) if _belongs(row)]


def _agrees(tx: Transaction, row: Row[Any]) -> bool:
    return full_text.agrees(tx, row_id=row.id, entry=entry_of(row), index=PEOPLE)
