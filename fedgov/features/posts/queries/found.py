"""Posts by their words: whatever somebody may read and its author lets be found, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from fedgov.features.people.queries import hidden_from
from fedgov.features.posts.queries import indexed
from fedgov.features.posts.queries.posts import find_many, readable
from fedgov.features.posts.vocabulary import PostSearch, Where
from fedgov.kernel.clock import to_datetime
from fedgov.kernel.pagination import PageRequest
from fedgov.store import full_text
from fedgov.store.full_text import Question
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

MAX_OFFSET: Final = 400
_MORE: Final = 20
"""So many more are read at once than are wanted, for those that the reader hides."""
_ROUNDS: Final = 10
_FIRST_YEAR: Final = 1970
_ACTOR: Final = select(actors.c.id).where(actors.c.uri == bindparam("uri"))
_CONSENTS: Final = select(actors.c.uri).where(
    actors.c.uri.in_(bindparam("uris", expanding=True)), actors.c.local | actors.c.indexable
)


def search_posts(
    tx: Transaction, *, wanted: PostSearch, viewer: str, page: PageRequest, offset: int = 0
) -> list[Row[Any]]:
    """Return posts that hold some words, newest first, as far as the reader may read and find them.

    Found are what everyone may read of colleagues and of those elsewhere who let it be found, what is for the
    organisation only, what came to the reader as a follower, and always what the reader wrote, was named in,
    saved, liked, shared or answered. Never of somebody whom the reader blocked or muted.

    Args:
        tx: The open transaction.
        wanted: What they must hold.
        viewer: URI of the local actor who asks.
        page: Which part.
        offset: Leave out so many of the first, up to `MAX_OFFSET`.
    """
    reader = tx.value(_ACTOR, {"uri": viewer})
    question = None if reader is None else _question(tx, wanted, reader=reader)
    if question is None:
        return []
    with tx.setting.metrics.searching("messages"):
        return _search(tx, question, viewer=viewer, reader=reader, page=page, offset=offset)


def _search(
    tx: Transaction, question: Question, *, viewer: str, reader: int, page: PageRequest, offset: int
) -> list[Row[Any]]:
    hidden = hidden_from(tx, viewer=viewer)
    enough = min(offset, MAX_OFFSET) + page.limit
    found: list[Row[Any]] = []
    below, above, upwards = page.max_id, page.after, page.upwards
    for _ in range(_ROUNDS):
        ids = full_text.search(tx, question=question, limit=enough + _MORE, below=below, above=above, upwards=upwards)
        found += _shown(tx, ids, viewer=viewer, reader=reader, hidden=hidden)
        if len(ids) < enough + _MORE or len(found) >= enough:
            break
        below, above = (below, ids[-1]) if upwards else (ids[-1], above)
    chosen = found[enough - page.limit : enough]
    return list(reversed(chosen)) if upwards else chosen


def _shown(tx: Transaction, ids: Sequence[int], *, viewer: str, reader: int, hidden: frozenset[str]) -> list[Row[Any]]:
    """Return those posts that the reader may read, of authors who still let them be found; the index only proposes."""
    rows = find_many(tx, object_ids=ids)
    known = [rows[object_id] for object_id in ids if object_id in rows and rows[object_id].author not in hidden]
    consents = frozenset(tx.values(_CONSENTS, {"uris": list({row.author for row in known})})) if known else frozenset()
    return [
        row
        for row in readable(tx, rows=known, viewer=viewer)
        if row.author in consents or _touched(tx, object_id=row.object_id, reader=reader)
    ]


def _touched(tx: Transaction, *, object_id: int, reader: int) -> bool:
    entry = full_text.find(tx, row_id=object_id)
    return entry is not None and not entry.marks.isdisjoint((indexed.mine(reader), indexed.saved(reader)))


# --- from what somebody asks to what the index is asked ---------------------------------------------------------


def _question(tx: Transaction, wanted: PostSearch, *, reader: int) -> Question | None:
    """Return what the index is asked; None when nothing can be found."""
    groups = [_scope(wanted.where, reader=reader)]
    refused = [*wanted.without_traits, *map(indexed.in_language, wanted.without_languages)]
    groups += [(trait,) for trait in wanted.traits]
    groups += [(indexed.in_language(each),) for each in wanted.languages]
    groups += [_days(first, last, today=to_datetime(tx.now).date()) for first, last in wanted.days]
    for uri in wanted.authors:
        author = tx.value(_ACTOR, {"uri": uri})
        groups.append(() if author is None else (indexed.written_by(author),))
    for uri in wanted.without_authors:
        author = tx.value(_ACTOR, {"uri": uri})
        refused += [] if author is None else [indexed.written_by(author)]
    if not all(groups):
        return None
    return Question(phrases=wanted.phrases, without=wanted.without, marks=tuple(groups), without_marks=tuple(refused))


def _scope(where: Where, *, reader: int) -> tuple[str, ...]:
    if where == "public":
        return (indexed.EVERYBODY,)
    touched = (indexed.mine(reader), indexed.saved(reader))
    if where == "library":
        return touched
    return (indexed.EVERYBODY, indexed.COLLEAGUES, *touched, indexed.followed(reader))


def _days(first: date | None, last: date | None, *, today: date) -> tuple[str, ...]:
    """Return marks of which each day from the first to the last has one, and no other day."""
    start = first or date(_FIRST_YEAR, 1, 1)
    end = date(today.year, 12, 31)  # nothing is of a later moment than it came
    return tuple(_marks_of_days(start, end if last is None else min(last, end)))


def _marks_of_days(start: date, end: date) -> Iterable[str]:
    """Name whole years and months where the range holds all of one."""
    while start <= end:
        after_year = date(start.year + 1, 1, 1)
        after_month = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        if start.month == start.day == 1 and after_year - timedelta(days=1) <= end:
            yield indexed.year(start.year)
            start = after_year
        elif start.day == 1 and after_month - timedelta(days=1) <= end:
            yield indexed.month(start.year, start.month)
            start = after_month
        else:
            yield indexed.day(start.year, start.month, start.day)
            start += timedelta(days=1)
