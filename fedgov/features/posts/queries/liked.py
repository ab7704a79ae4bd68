"""What somebody liked, and who liked or shared a post, page by page."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select

from fedgov.features.people.queries import paged
from fedgov.features.posts.tables import reactions, shares
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

_RANDOM: Final = 2**21
"""Row ids end in so much chance; with it a moment becomes a cursor that no two likes share."""


def liked_page(tx: Transaction, *, actor: str, request: PageRequest) -> Page[int]:
    """Return a page of the row ids of posts that somebody liked, the newest like first.

    Args:
        tx: The open transaction.
        actor: URI of the actor.
        request: Which part; whether the posts may be read is not checked.
    """
    cursor = _cursor(reactions.c.object_id)
    query = select(cursor.label("id"), reactions.c.object_id).where(reactions.c.actor == actor, reactions.c.emoji == "")
    return paged(tx, query, column=cursor, page=request).map(lambda row: int(row.object_id))


def likers_page(tx: Transaction, *, object_id: int, page: PageRequest) -> Page[Row[Any]]:
    """Return a page of who likes a post (``uri``), the newest like first; whether it may be read is not checked."""
    cursor = _cursor(actors.c.id)
    query = (
        select(cursor.label("id"), actors.c.uri)
        .join(actors, actors.c.uri == reactions.c.actor)
        .where(reactions.c.object_id == object_id, reactions.c.emoji == "")
    )
    return paged(tx, query, column=cursor, page=page)


def sharers_page(tx: Transaction, *, object_id: int, page: PageRequest) -> Page[Row[Any]]:
    """Return a page of who shares a post (``uri``), the newest first; whether it may be read is not checked."""
    query = select(shares.c.id, shares.c.actor.label("uri")).where(shares.c.object_id == object_id)
    return paged(tx, query, column=shares.c.id, page=page)


def _cursor(chance: Any) -> ColumnElement[int]:  # noqa: ANN401 - a column with row ids
    cursor: ColumnElement[int] = reactions.c.at * _RANDOM + chance % _RANDOM
    return cursor
