"""Who waits until somebody here looked at a quotation."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from fedgov.features.people.queries import paged
from fedgov.features.posts.queries.posts import find_many, readable
from fedgov.features.posts.tables import posts, quote_requests
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.transaction import Transaction

_ONE: Final = select(quote_requests).where(quote_requests.c.object_id == bindparam("id"))
_COUNT: Final = select(func.count()).where(quote_requests.c.author == bindparam("author"))
_OF_ONE: Final = (
    select(func.count())
    .select_from(quote_requests)
    .join(posts, posts.c.object_id == quote_requests.c.object_id)
    .where(quote_requests.c.author == bindparam("author"), posts.c.author == bindparam("by"))
)


def waiting(tx: Transaction, *, object_id: int) -> Row[Any] | None:
    """Return the request of a post that quotes, or None when nobody has to answer it."""
    return tx.row(_ONE, {"id": object_id})


def count(tx: Transaction, *, author: str, by: str | None = None) -> int:
    """Return how many requests somebody here has to answer; of one actor when given."""
    found = tx.value(_COUNT, {"author": author}) if by is None else tx.value(_OF_ONE, {"author": author, "by": by})
    return int(found)


def page(tx: Transaction, *, author: str, wanted: PageRequest) -> Page[Row[Any]]:
    """Return a page of the posts that wait for somebody here, newest first, as far as that person may read them.

    Args:
        tx: The open transaction.
        author: URI of the local actor who is asked.
        wanted: Which part.
    """
    query = select(quote_requests.c.object_id.label("id")).where(quote_requests.c.author == author)
    found = paged(tx, query, column=quote_requests.c.object_id, page=wanted)
    rows = find_many(tx, object_ids=[each.id for each in found.items])
    allowed = {row.object_id: row for row in readable(tx, rows=list(rows.values()), viewer=author)}
    return found.map(lambda each: allowed.get(each.id))
