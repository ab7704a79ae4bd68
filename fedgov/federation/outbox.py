"""Sending: activity, proof and deliveries are written in the sender's own transaction.

After a crash either all of them exist or none. The delivery worker does the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, select, update

from fedgov.activitystreams.activity import read_activity
from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.activitystreams.context import CONTEXT
from fedgov.activitystreams.document import Document
from fedgov.federation import actors, keys, recipients
from fedgov.federation.dispatch import order_key
from fedgov.federation.signatures.keys import PrivateKey
from fedgov.federation.signatures.proofs import add_proof
from fedgov.kernel.clock import to_rfc3339
from fedgov.store.tables import activities, deliveries
from fedgov.store.transaction import Transaction

SAFE_TO_REPEAT: Final = frozenset({"Create", "Delete", "Accept", "Flag"})
"""Activities that change nothing when they come again, however late."""

_BY_URI: Final = select(activities).where(activities.c.uri == bindparam("uri"))
_LATEST: Final = (
    select(activities.c.uri)
    .where(
        activities.c.actor == bindparam("actor"),
        activities.c.type == bindparam("type"),
        activities.c.object_uri == bindparam("object"),
    )
    .order_by(activities.c.id.desc())
    .limit(1)
)

_NEWEST: Final = (
    select(activities.c.uri)
    .where(activities.c.actor == bindparam("actor"), activities.c.type == bindparam("type"))
    .order_by(activities.c.id.desc())
    .limit(1)
)


def publish(
    tx: Transaction,
    *,
    actor: str,
    activity: Mapping[str, Any],
    audience: Audience,
    visibility: Visibility,
    also_to: Iterable[str] = (),
    about: str | None = None,
    proven_by: PrivateKey | None = None,
) -> str:
    """Sign an activity, store it, and queue it for every server in its audience.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who does it.
        activity: ``type``, ``object`` and whatever else belongs to it; id, actor,
            published, addressing, context and proof are added here.
        audience: Who it is for.
        visibility: Who may read it later; nothing of the organisation's own ever leaves.
        also_to: URIs of actors who get it without being named in it.
        about: Id of what this is news of; whoever was to get that gets this too.
        proven_by: The actor's Ed25519 key that vouches for it, when that is not the newest.

    Returns:
        The id of the activity.

    Spec: ActivityPub, section 6; FEP-8b32.
    """
    row_id = tx.new_id()
    uri = tx.site.activity(row_id)
    document: Document = {
        "@context": CONTEXT,
        "id": uri,
        "actor": actor,
        "published": to_rfc3339(tx.now),
        **audience.fields(),
        **activity,
    }
    key = proven_by or keys.signing_pair(tx, owner=actor).ed25519
    signed = add_proof(document, private_key=key, created_ms=tx.now)
    parsed = read_activity(signed)
    tx.execute(
        activities.insert(),
        {
            "id": row_id,
            "uri": uri,
            "actor": actor,
            "type": parsed.type,
            "object_uri": parsed.object_uri,
            "visibility": visibility.value,
            "document": orjson.dumps(signed).decode(),
            "published_at": tx.now,
        },
    )
    tx.signal(f"collection:{actor}")
    if visibility.leaves_the_instance:
        targets = recipients.expand(tx, actor=actor, audience=audience, also_to=also_to, about=about)
        _queue(tx, activity_id=row_id, key=order_key(parsed), targets=targets)
    return uri


def _queue(tx: Transaction, *, activity_id: int, key: str, targets: Iterable[recipients.Target]) -> None:
    rows = [
        {
            "id": tx.new_id(),
            "activity_id": activity_id,
            "host": target.host,
            "inbox": target.inbox,
            "recipients": orjson.dumps(target.recipients).decode(),
            "order_key": key,
            "state": "queued",
            "next_attempt_at": tx.now,
            "created_at": tx.now,
        }
        for target in targets
    ]
    if rows:
        tx.execute(deliveries.insert(), rows)
        tx.signal("deliveries")


def find(tx: Transaction, *, uri: str) -> Document | None:
    """Return an activity that was published here, or None."""
    row = tx.row(_BY_URI, {"uri": uri})
    return None if row is None else orjson.loads(row.document)


def latest(tx: Transaction, *, actor: str, kind: str, about: str) -> str | None:
    """Return the id of the last activity of one type with which somebody here did something about one thing, or None.

    Args:
        tx: The open transaction.
        actor: URI of the local actor.
        kind: Type of the activity.
        about: URI of its object.
    """
    found: str | None = tx.value(_LATEST, {"actor": actor, "type": kind, "object": about})
    return found


def newest(tx: Transaction, *, actor: str, kind: str) -> str | None:
    """Return the id of the last activity of one type of somebody here, whatever it is about, or None."""
    found: str | None = tx.value(_NEWEST, {"actor": actor, "type": kind})
    return found


def withdraw(tx: Transaction, *, object_uri: str) -> None:
    """End the deliveries about an object that have not left yet, because it was deleted."""
    about = select(activities.c.id).where(activities.c.object_uri == object_uri, activities.c.type != "Delete")
    tx.execute(
        update(deliveries)
        .where(deliveries.c.activity_id.in_(about), deliveries.c.state.in_(("queued", "parked")))
        .values(state="withdrawn", reason="deleted before it was sent")
    )


def hold_back(tx: Transaction) -> int:
    """Withdraw what waits in a restored backup and may have been overtaken by something that the backup does not know.

    A Follow, a Like or an old text that is sent again would win over the Undo or the newer
    text that the lost server sent since. What is made once (`SAFE_TO_REPEAT`) is known by its
    id where it arrived before; follows mend themselves.

    Returns:
        How many deliveries are withdrawn.
    """
    risky = select(activities.c.id).where(activities.c.type.not_in(SAFE_TO_REPEAT))
    return tx.execute(
        update(deliveries)
        .where(deliveries.c.activity_id.in_(risky), deliveries.c.state.in_(("queued", "parked", "failed")))
        .values(state="withdrawn", reason="it is from before a backup was restored")
    )


def confirm(tx: Transaction, *, host: str, object_uri: str) -> None:
    """Note that another server reacted to something of ours, so it certainly has it."""
    about = select(activities.c.id).where((activities.c.object_uri == object_uri) | (activities.c.uri == object_uri))
    tx.execute(
        update(deliveries)
        .where(deliveries.c.activity_id.in_(about), deliveries.c.host == host, deliveries.c.confirmed_at.is_(None))
        .values(confirmed_at=tx.now)
    )


def sender_exists(tx: Transaction, *, actor: str) -> bool:
    """Tell whether a local actor may still act."""
    row = actors.find(tx, uri=actor)
    return row is not None and row.deleted_at is None and row.disabled_at is None
