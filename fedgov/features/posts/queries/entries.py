"""A post under the row id that a list gave it: its own, or that of a share of it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from fedgov.activitystreams.audience import FOR_EVERYONE
from fedgov.features.posts.queries.posts import find, get
from fedgov.features.posts.queries.timelines import Entry
from fedgov.features.posts.tables import shares
from fedgov.federation import follows
from fedgov.kernel.errors import NotFoundError
from fedgov.store.transaction import Transaction

_SHARE: Final = select(shares).where(shares.c.id == bindparam("id"))


def entry(tx: Transaction, *, row_id: int, viewer: str | None) -> Entry:
    """Return what stands in a list under a row id.

    Args:
        tx: The open transaction.
        row_id: Of an object or of a share.
        viewer: URI of the actor who asks; None for somebody unknown.

    Raises:
        NotFoundError: There is no such thing, or not for this reader.
    """
    share = None if find(tx, object_id=row_id) is not None else tx.row(_SHARE, {"id": row_id})
    if share is None:
        return Entry(entry_id=row_id, row=get(tx, object_id=row_id, viewer=viewer))
    if not _may_see_share(tx, share, viewer=viewer):
        raise NotFoundError("there is no such message", detail=str(row_id))
    return Entry(entry_id=share.id, row=get(tx, object_id=share.object_id, viewer=viewer), shared_by=share.actor)


def shared_entry(tx: Transaction, *, share_id: int) -> Entry | None:
    """Return a post as somebody shared it, whoever may see that; None when either is gone."""
    share = tx.row(_SHARE, {"id": share_id})
    row = None if share is None else find(tx, object_id=share.object_id)
    return None if share is None or row is None else Entry(entry_id=share_id, row=row, shared_by=share.actor)


def _may_see_share(tx: Transaction, share: Row[Any], *, viewer: str | None) -> bool:
    if share.visibility in FOR_EVERYONE or share.actor == viewer:
        return True
    return viewer is not None and follows.is_follower(tx, follower=viewer, following=share.actor)
