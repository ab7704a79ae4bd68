"""Saving posts for oneself; nobody else learns of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, select

from fedgov.features.notices.service.actor_ids import actor_id, reader_id
from fedgov.features.notices.tables import bookmarks
from fedgov.features.posts.queries import posts
from fedgov.features.posts.service import indexing
from fedgov.kernel.errors import ForbiddenError
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction, insert_or_ignore

_SAVE: Final = insert_or_ignore(bookmarks)
_UNSAVE: Final = delete(bookmarks).where(
    bookmarks.c.owner_id == bindparam("owner"), bookmarks.c.object_id == bindparam("what")
)
_OF_POST: Final = delete(bookmarks).where(bookmarks.c.object_id == bindparam("what"))
_SAVED: Final = (
    select(bookmarks.c.id, bookmarks.c.object_id, actors.c.uri)
    .join(actors, actors.c.id == bookmarks.c.owner_id)
    .where(bookmarks.c.id > bindparam("after"))
    .order_by(bookmarks.c.id)
    .limit(bindparam("limit"))
)
_OF_ACTOR: Final = delete(bookmarks).where(bookmarks.c.owner_id == bindparam("owner"))


def bookmark(tx: Transaction, *, owner: str, object_id: int) -> None:
    """Save a post; saving it twice is the same as once.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        object_id: Row id of the post.

    Raises:
        NotFoundError: There is no such post, or this person may not read it; the answer is the same.
        ForbiddenError: The actor is nobody here.

    Spec: rows AC-03 and AC-15 of the threat table.
    """
    reader = reader_id(tx, uri=owner)
    if reader is None:
        raise ForbiddenError("only people of this organisation can save posts here")
    posts.get(tx, viewer=owner, object_id=object_id)
    tx.execute(_SAVE, {"id": tx.new_id(), "owner_id": reader, "object_id": object_id, "at": tx.now})
    indexing.save(tx, object_id=object_id, actor=owner, saved=True)


def unbookmark(tx: Transaction, *, owner: str, object_id: int) -> None:
    """No longer keep a post; does nothing when it was not saved."""
    tx.execute(_UNSAVE, {"owner": actor_id(tx, uri=owner), "what": object_id})
    indexing.save(tx, object_id=object_id, actor=owner, saved=False)


def remove_about(tx: Transaction, *, object_id: int) -> None:
    """Forget that anybody saved a post, because it was deleted."""
    tx.execute(_OF_POST, {"what": object_id})


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Forget all that an actor saved."""
    tx.execute(_OF_ACTOR, {"owner": actor_id(tx, uri=uri)})


def index_batch(tx: Transaction, *, after: int, limit: int = 500) -> int | None:
    """Let what some people saved be found by them, after the index was made again.

    Args:
        tx: The open transaction.
        after: Row id of the bookmark before.
        limit: How many.

    Returns:
        Row id of the last one; None when there are no more.
    """
    rows = tx.rows(_SAVED, {"after": after, "limit": limit})
    for row in rows:
        indexing.save(tx, object_id=row.object_id, actor=row.uri, saved=True)
    return int(rows[-1].id) if len(rows) == limit else None
