"""What somebody did with posts for themself alone: saved them, muted the talk; and whether they filter at all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, literal, select, union_all

from fedgov.features.notices.queries.paging import owner_id
from fedgov.features.notices.tables import bookmarks, filters, muted_threads
from fedgov.store.lists import filled_up
from fedgov.store.transaction import Transaction

_MARKS: Final = union_all(
    select(literal("saved").label("kind"), bookmarks.c.object_id.label("number")).where(
        bookmarks.c.owner_id == owner_id(), bookmarks.c.object_id.in_(bindparam("ids", expanding=True))
    ),
    select(literal("muted"), muted_threads.c.thread_id).where(
        muted_threads.c.owner_id == owner_id(), muted_threads.c.thread_id.in_(bindparam("threads", expanding=True))
    ),
    select(literal("filter"), filters.c.id).where(filters.c.owner_id == owner_id()),
)


@dataclass(frozen=True, slots=True)
class Marks:
    """What somebody did with posts for themself alone.

    Args:
        saved: Row ids of the posts that they saved.
        muted: Row ids of the first posts of talks of which they want no more notifications.
        filters: Whether they have any filter, even one that has ended.
    """

    saved: frozenset[int] = frozenset()
    muted: frozenset[int] = frozenset()
    filters: bool = False


NONE: Final = Marks()


def marks(tx: Transaction, *, owner: str | None, object_ids: Collection[int], thread_ids: Collection[int]) -> Marks:
    """Return what somebody did with some posts for themself alone.

    Args:
        tx: The open transaction.
        owner: URI of the local actor; None for a visitor.
        object_ids: Row ids of the posts.
        thread_ids: Row ids of the first posts of the talks that they are in.
    """
    if owner is None or not object_ids:
        return NONE
    found: dict[str, set[int]] = {"saved": set(), "muted": set(), "filter": set()}
    values = {"owner": owner, "ids": filled_up(list(object_ids)), "threads": filled_up(list(thread_ids))}
    for row in tx.rows(_MARKS, values):
        found[row.kind].add(row.number)
    return Marks(saved=frozenset(found["saved"]), muted=frozenset(found["muted"]), filters=bool(found["filter"]))
