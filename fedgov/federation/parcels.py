"""What may be sent now: the queues of all hosts as the delivery worker finds them.

Permission is asked again for all of it: what was deleted, or whose author left,
or what is for followers that are gone, is not sent any more.

Spec: ``docs/explanation/delivery.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, or_, select

from fedgov.activitystreams.audience import Visibility
from fedgov.federation import followers_sync, objects, outbox
from fedgov.store.tables import activities, actors, deliveries, follows, is_queued, was_tried
from fedgov.store.tables import peers as peers_table
from fedgov.store.transaction import Transaction

_earlier: Final = deliveries.alias("earlier")
_KEY_WAITS: Final = (
    select(_earlier.c.id)
    .where(
        was_tried(_earlier),
        _earlier.c.host == deliveries.c.host,
        _earlier.c.order_key == deliveries.c.order_key,
        _earlier.c.next_attempt_at > bindparam("now"),
    )
    .correlate(deliveries)
    .exists()
)
MAY_GO: Final = and_(
    # what was not tried yet is due, also when the clock was put back meanwhile
    or_(deliveries.c.attempts == 0, deliveries.c.next_attempt_at <= bindparam("now")),
    ~_KEY_WAITS,  # or what is behind one that waits would fill the batch for ever
)
"""Of what is queued: what need not wait for its next attempt, as far as its host answers."""

_DUE: Final = (
    select(
        deliveries,
        peers_table.c.failures,
        peers_table.c.failing_since,
        peers_table.c.last_success_at,
        peers_table.c.parked_at,
        activities.c.actor,
        activities.c.type,
        activities.c.object_uri,
        activities.c.visibility,
    )
    .join(activities, activities.c.id == deliveries.c.activity_id)
    .outerjoin(peers_table, peers_table.c.host == deliveries.c.host)
    .where(
        is_queued(deliveries),
        MAY_GO,
        deliveries.c.host.not_in(select(peers_table.c.host).where(peers_table.c.next_attempt_at > bindparam("now"))),
    )
    .order_by(deliveries.c.id)
    .limit(bindparam("most"))
)
_BODY: Final = select(activities.c.document).where(activities.c.id == bindparam("activity"))
_HAS_FOLLOWER_THERE: Final = (
    select(follows.c.id)
    .join(actors, actors.c.uri == follows.c.follower)
    .where(
        follows.c.following == bindparam("of"),
        follows.c.state == "accepted",
        actors.c.host == bindparam("host"),
        or_(actors.c.shared_inbox == bindparam("inbox"), actors.c.inbox == bindparam("inbox")),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that may be sent now.

    Args:
        row: The delivery, with what is known of its host and its activity.
        body: The activity.
        synchronisation: The Collection-Synchronization header; None when it has none.
    """

    row: Row[Any] = field(repr=False)
    body: bytes = field(repr=False)
    synchronisation: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """What one look at the queues found.

    Args:
        parcels: What may be sent, by host, the oldest first.
        withdrawn: What may not be sent any more, with the reason.
        is_all: Whether nothing else is due.
    """

    parcels: dict[str, list[Parcel]]
    withdrawn: list[tuple[Row[Any], str]]
    is_all: bool


def due(tx: Transaction, *, now: int, busy: Sequence[str], most: int) -> Due:
    """Return what is due at hosts that are not being sent to.

    Args:
        tx: The open transaction.
        now: The time, in milliseconds since the epoch.
        busy: The hosts that are.
        most: How many deliveries to read.
    """
    statement = _DUE.where(deliveries.c.host.not_in(busy)) if busy else _DUE
    rows = tx.rows(statement, {"now": now, "most": most})
    found = Due(parcels={}, withdrawn=[], is_all=len(rows) < most)
    bodies: dict[int, bytes] = {}
    objections = _Objections(tx)
    digests = followers_sync.Digests(tx)
    for row in rows:
        reason = objections.against(row)
        if reason is not None:
            found.withdrawn.append((row, reason))
            continue
        if row.activity_id not in bodies:
            bodies[row.activity_id] = tx.value(_BODY, {"activity": row.activity_id}).encode()
        header = digests.header(row.actor, row.host) if row.recipients == "[]" else None
        parcel = Parcel(row=row, body=bodies[row.activity_id], synchronisation=header)
        found.parcels.setdefault(row.host, []).append(parcel)
    return found


class _Objections:
    """Why something may not be sent; what is the same for all hosts is asked once for each activity."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._by_activity: dict[int, str | None] = {}

    def against(self, row: Row[Any]) -> str | None:
        """Return why this may not be sent any more; None when it may."""
        if row.type in ("Delete", "Undo", "Reject", "Remove"):
            return None  # taking something back is always allowed
        if row.activity_id not in self._by_activity:
            self._by_activity[row.activity_id] = _against_activity(self._tx, row)
        reason = self._by_activity[row.activity_id]
        if reason is None and row.visibility == Visibility.FOLLOWERS and row.recipients == "[]":
            return None if has_follower_there(self._tx, row=row) else "nobody there follows the author any more"
        return reason


def _against_activity(tx: Transaction, row: Row[Any]) -> str | None:
    if not outbox.sender_exists(tx, actor=row.actor):
        return "its author's account is no longer active"
    if row.object_uri is not None and tx.site.owns(row.object_uri):
        stored = objects.find(tx, uri=row.object_uri)
        if stored is not None and stored.deleted_at is not None:
            return "deleted before it was sent"
    return None


def has_follower_there(tx: Transaction, *, row: Row[Any]) -> bool:
    """Tell whether somebody follows the author through the inbox that a delivery is for."""
    return tx.row(_HAS_FOLLOWER_THERE, {"of": row.actor, "host": row.host, "inbox": row.inbox}) is not None
