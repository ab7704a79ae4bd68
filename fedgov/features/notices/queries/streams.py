"""One post and many readers: the questions of timelines the other way round, for those who watch them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, or_, select, union

from fedgov.features.notices.tables import bookmarks, filters, home_entries, list_entries, muted_threads
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

_HOMES: Final = (
    select(actors.c.uri)
    .join(home_entries, home_entries.c.owner_id == actors.c.id)
    .where(home_entries.c.object_id == bindparam("object_id"))
)
_HOMES_BY: Final = _HOMES.where(home_entries.c.entry_id == bindparam("entry_id"))
_LISTS: Final = select(list_entries.c.list_id).where(list_entries.c.object_id == bindparam("object_id"))
_LISTS_BY: Final = _LISTS.where(list_entries.c.entry_id == bindparam("entry_id"))
_KEEPERS: Final = union(
    select(actors.c.uri)
    .join(bookmarks, bookmarks.c.owner_id == actors.c.id)
    .where(bookmarks.c.object_id.in_(bindparam("objects", expanding=True))),
    select(actors.c.uri)
    .join(muted_threads, muted_threads.c.owner_id == actors.c.id)
    .where(muted_threads.c.thread_id.in_(bindparam("threads", expanding=True))),
)
_WITH_FILTERS: Final = (
    select(actors.c.uri)
    .join(filters, filters.c.owner_id == actors.c.id)
    .where(or_(filters.c.expires_at.is_(None), filters.c.expires_at > bindparam("now")))
    .distinct()
)


def with_post_at_home(tx: Transaction, *, object_id: int, entry_id: int | None = None) -> frozenset[str]:
    """Return the URIs of those whose home timeline has a post.

    Args:
        tx: The open transaction.
        object_id: Row id of the object.
        entry_id: Only where it stands under this row id, of the object or of a share; None for anywhere.
    """
    if entry_id is None:
        return frozenset(tx.values(_HOMES, {"object_id": object_id}))
    return frozenset(tx.values(_HOMES_BY, {"object_id": object_id, "entry_id": entry_id}))


def lists_with_post(tx: Transaction, *, object_id: int, entry_id: int | None = None) -> frozenset[int]:
    """Return the row ids of the lists that show a post; the arguments are as for `with_post_at_home`."""
    if entry_id is None:
        return frozenset(tx.values(_LISTS, {"object_id": object_id}))
    return frozenset(tx.values(_LISTS_BY, {"object_id": object_id, "entry_id": entry_id}))


def keepers(tx: Transaction, *, object_ids: Collection[int], thread_ids: Collection[int]) -> frozenset[str]:
    """Return the URIs of those who saved any of some posts, or want to hear no more of any of some talks."""
    values = {"objects": list(object_ids), "threads": list(thread_ids)}
    return frozenset(tx.values(_KEEPERS, values)) if object_ids else frozenset()


def with_filters(tx: Transaction) -> frozenset[str]:
    """Return the URIs of all here who have a filter that works now."""
    return frozenset(tx.values(_WITH_FILTERS, {"now": tx.now}))
