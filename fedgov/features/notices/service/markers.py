"""Remembering how far a person has read."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from fedgov.features.notices.service.actor_ids import actor_id, reader_id
from fedgov.features.notices.tables import markers, notifications
from fedgov.features.notices.vocabulary import Timeline
from fedgov.store.transaction import Transaction

_SET: Final = insert(markers)
_PUT: Final = _SET.on_conflict_do_update(
    index_elements=["owner_id", "timeline"],
    set_={
        "last_read_id": _SET.excluded.last_read_id,
        "version": markers.c.version + 1,
        "updated_at": _SET.excluded.updated_at,
    },
    where=markers.c.last_read_id < _SET.excluded.last_read_id,
)
_NEWEST: Final = (
    select(notifications.c.id)
    .where(notifications.c.owner_id == bindparam("owner"))
    .order_by(notifications.c.id.desc())
    .limit(1)
)
_OF_ACTOR: Final = delete(markers).where(markers.c.owner_id == bindparam("owner"))


def mark_read(tx: Transaction, *, owner: str, timeline: Timeline, last_read_id: int) -> bool:
    """Remember that somebody read up to an item; False when they had read further already.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        timeline: Which list.
        last_read_id: Row id of the newest item that was seen.
    """
    reader = reader_id(tx, uri=owner)
    if reader is None:
        return False
    values = {"owner_id": reader, "timeline": timeline.value, "last_read_id": last_read_id}
    return tx.execute(_PUT, {**values, "version": 1, "updated_at": tx.now}) > 0


def mark_notifications_read(tx: Transaction, *, owner: str) -> bool:
    """Remember that somebody saw all notifications there are; False when nothing was new."""
    newest = tx.value(_NEWEST, {"owner": actor_id(tx, uri=owner)})
    if newest is None:
        return False
    return mark_read(tx, owner=owner, timeline=Timeline.NOTIFICATIONS, last_read_id=newest)


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Forget how far an actor had read."""
    tx.execute(_OF_ACTOR, {"owner": actor_id(tx, uri=uri)})
