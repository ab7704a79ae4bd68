"""The posts that a person saved; nobody else sees them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from fedgov.features.notices.queries.paging import owner_id, paged
from fedgov.features.notices.tables import bookmarks
from fedgov.features.notices.vocabulary import Bookmark
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.transaction import Transaction

_mine: Final = select(bookmarks.c.id, bookmarks.c.object_id).where(bookmarks.c.owner_id == owner_id())
PAGE: Final = paged(_mine, order=bookmarks.c.id)
_WHICH: Final = select(bookmarks.c.object_id).where(
    bookmarks.c.owner_id == owner_id(), bookmarks.c.object_id.in_(bindparam("ids", expanding=True))
)


def bookmark_page(tx: Transaction, *, owner: str, request: PageRequest) -> Page[Bookmark]:
    """Return a page of what somebody saved, the newest saved first; whether they may still read it is not checked.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        request: Which part.
    """
    return PAGE.page(tx, owner=owner, request=request, row_id=lambda each: each.id, read=_bookmark)


def has_bookmarks_before(tx: Transaction, *, owner: str, bookmark_id: int) -> bool:
    """Tell whether the list of what somebody saved goes on below a bookmark."""
    older = PageRequest(max_id=bookmark_id, limit=1)
    return bool(bookmark_page(tx, owner=owner, request=older).items)


def bookmarked(tx: Transaction, *, owner: str, object_ids: Collection[int]) -> frozenset[int]:
    """Return those objects that somebody saved.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        object_ids: Row ids of objects.
    """
    return frozenset(tx.values(_WHICH, {"owner": owner, "ids": list(object_ids)})) if object_ids else frozenset()


def _bookmark(row: Row[Any]) -> Bookmark:
    return Bookmark(id=row.id, object_id=row.object_id)
