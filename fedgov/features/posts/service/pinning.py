"""What somebody puts on top of the own profile: the ``featured`` collection."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, func, select

from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.features.posts import policy
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service.documents import audience_of
from fedgov.features.posts.tables import pins
from fedgov.federation import actors, outbox
from fedgov.kernel.errors import ForbiddenError, InvalidError
from fedgov.store.transaction import Transaction, insert_or_ignore


def pin(tx: Transaction, *, actor: str, object_id: int) -> bool:
    """Put an own post on top of the own profile; False when it is there.

    Args:
        tx: The open transaction.
        actor: URI of who wrote it; for somebody here the followers are told.
        object_id: Row id of the object.

    Raises:
        NotFoundError: There is no such post, or not for this person.
        ForbiddenError: It is somebody else's.
        InvalidError: It is a direct message, or there are too many.

    Spec: row AUT-06 of the threat table.
    """
    row = _own(tx, actor=actor, object_id=object_id)
    if Visibility(row.visibility) is Visibility.DIRECT:
        raise InvalidError("a message to named people cannot be on a profile")
    count = int(tx.value(select(func.count()).select_from(pins).where(pins.c.actor == actor)))
    if count >= (policy.MAX_PINS if row.local else policy.MAX_PINS_ELSEWHERE):
        raise InvalidError("there are enough messages at the top; take one off first")
    added = tx.execute(insert_or_ignore(pins), {"object_id": object_id, "actor": actor, "at": tx.now})
    if added and row.local:
        _publish(tx, kind="Add", row=row)
    return added > 0


def unpin(tx: Transaction, *, actor: str, object_id: int) -> bool:
    """Take an own post off the top of the own profile; False when it was not there."""
    row = _own(tx, actor=actor, object_id=object_id)
    gone = tx.execute(delete(pins).where(pins.c.object_id == object_id, pins.c.actor == actor))
    if gone and row.local:
        _publish(tx, kind="Remove", row=row)
    return gone > 0


def _own(tx: Transaction, *, actor: str, object_id: int) -> Row[Any]:
    row = post_queries.get(tx, object_id=object_id, viewer=actor)
    if row.author != actor:
        raise ForbiddenError("this message is somebody else's")
    return row


def _publish(tx: Transaction, *, kind: str, row: Row[Any]) -> None:
    author = actors.get(tx, uri=row.author)
    audience: Audience = audience_of(tx, row=row)
    outbox.publish(
        tx,
        actor=row.author,
        activity={"type": kind, "object": row.uri, "target": author.featured_uri},
        audience=audience,
        visibility=Visibility(row.visibility),
        about=row.uri,
    )
