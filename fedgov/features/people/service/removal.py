"""What is left of an actor that is gone: a name that nobody gets again."""

from __future__ import annotations

from sqlalchemy import delete, or_, select

from fedgov.features.people.tables import (
    blocks,
    dismissed_suggestions,
    endorsements,
    host_blocks,
    mutes,
    notes,
    sanctions,
)
from fedgov.features.people.vocabulary import ActorRemoved
from fedgov.federation import actors, follows
from fedgov.store import erasures
from fedgov.store.tables import follows as follow_rows
from fedgov.store.transaction import Transaction


def remove_actor(tx: Transaction, *, uri: str) -> bool:
    """Forget an actor, here or elsewhere: description, follows, blocks, mutes and notes; other rooms add theirs.

    Args:
        tx: The open transaction.
        uri: Which one.

    Returns:
        False when it is unknown or was removed before.
    """
    row = actors.find(tx, uri=uri)
    if row is None or row.deleted_at is not None:
        return False
    actors.mark_deleted(tx, uri=uri)
    erasures.note(tx, "actor", uri)
    about = select(follow_rows.c.follower, follow_rows.c.following).where(
        or_(follow_rows.c.follower == uri, follow_rows.c.following == uri)
    )
    for pair in tx.rows(about):
        follows.remove(tx, follower=pair.follower, following=pair.following)
    for table in (blocks, mutes, notes, endorsements, dismissed_suggestions):
        tx.execute(delete(table).where(or_(table.c.who == uri, table.c.whom == uri)))
    tx.execute(delete(host_blocks).where(host_blocks.c.who == uri))
    tx.execute(delete(sanctions).where(sanctions.c.actor_uri == uri))
    tx.tell(ActorRemoved(uri=uri))
    return True
