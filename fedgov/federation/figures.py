"""How long the queues of an instance are and how old: for `/metrics`, for the doctor and for whoever is on duty.

Counted in the database, because that is where the queues are: figures kept in
memory would be wrong after a crash and beside another process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, func, or_, select

from fedgov.federation import inbox, parcels
from fedgov.kernel.clock import id_time
from fedgov.store.tables import audit_entries, deliveries, inbox_items, is_queued, peers
from fedgov.store.transaction import Transaction

BACKUP: Final = "backup.begun"
"""What the audit log says when a backup is made."""


@dataclass(frozen=True, slots=True)
class Queue:
    """How much of one kind waits.

    Args:
        number: How many.
        since: When the oldest came, in milliseconds; None when there is none.
    """

    number: int = 0
    since: int | None = None

    def seconds(self, now: int) -> float:
        """Return the age of the oldest; 0 when there is none."""
        return 0.0 if self.since is None else max(0, now - self.since) / 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The state of the queues at one moment.

    Args:
        taken_at: That moment, in milliseconds.
        inbox: What was accepted and is not done: ``due``, ``waiting``, ``parked``.
        deliveries: What has not arrived: ``due``, ``waiting``, ``resting``, ``parked``, ``failed``.
        peers: Other servers: ``known``, ``resting``, ``parked``, ``pinned``.
        failing_since: Since when the server that is longest away does not answer; None when all do.
        backup_at: When a backup was last begun; None when never.
    """

    taken_at: int
    inbox: dict[str, Queue] = field(default_factory=dict)
    deliveries: dict[str, Queue] = field(default_factory=dict)
    peers: dict[str, int] = field(default_factory=dict)
    failing_since: int | None = None
    backup_at: int | None = None


def _due_and_waiting(row_id: ColumnElement[int], *, may_go: ColumnElement[bool]) -> Select[Any, Any, Any, Any]:
    """Count what may go now and what waits, and find the oldest of each, in one pass."""
    return select(
        func.count(case((may_go, row_id))).label("due"),
        func.min(case((may_go, row_id))).label("first_due"),
        func.count(case((may_go, None), else_=row_id)).label("waiting"),
        func.min(case((may_go, None), else_=row_id)).label("first_waiting"),
    )


_RESTING: Final = select(peers.c.host).where(peers.c.next_attempt_at > bindparam("now"))
# The index on state, host and id answers this alone; the rows themselves are not read.
_BY_HOST: Final = (
    select(
        deliveries.c.state,
        deliveries.c.host,
        func.count().label("number"),
        func.min(deliveries.c.id).label("first"),
    )
    .where(deliveries.c.state.in_(("queued", "parked", "failed")))
    .group_by(deliveries.c.state, deliveries.c.host)
    .subquery()
)
_STANDING_STILL: Final = (
    select(
        case((_BY_HOST.c.state == "queued", "resting"), else_=_BY_HOST.c.state).label("kind"),
        func.sum(_BY_HOST.c.number).label("number"),
        func.min(_BY_HOST.c.first).label("first"),
    )
    .where(or_(_BY_HOST.c.state != "queued", _BY_HOST.c.host.in_(_RESTING)))
    .group_by(_BY_HOST.c.state)
)
_MOVING: Final = _due_and_waiting(deliveries.c.id, may_go=parcels.MAY_GO).where(
    is_queued(deliveries), deliveries.c.host.not_in(_RESTING)
)
_INBOX: Final = _due_and_waiting(inbox_items.c.id, may_go=inbox.MAY_GO).where(is_queued(inbox_items))
_INBOX_PARKED: Final = select(func.count().label("number"), func.min(inbox_items.c.id).label("first")).where(
    inbox_items.c.state == "parked"
)
_PEERS: Final = select(
    func.count().label("known"),
    func.count(case((peers.c.next_attempt_at > bindparam("now"), 1))).label("resting"),
    func.count(peers.c.parked_at).label("parked"),
    func.count(peers.c.pinned_at).label("pinned"),
    func.min(peers.c.failing_since).label("failing_since"),
)
_BACKUP: Final = (
    select(audit_entries.c.at).where(audit_entries.c.kind == BACKUP).order_by(audit_entries.c.number.desc()).limit(1)
)


def figures(tx: Transaction) -> Figures:
    """Count what waits, by state, and find the oldest."""
    now = {"now": tx.now}
    still = {row.kind: _queue(row.number, row.first) for row in tx.rows(_STANDING_STILL, now)}
    met = tx.rows(_PEERS, now)[0]
    parked = tx.rows(_INBOX_PARKED)[0]
    return Figures(
        taken_at=tx.now,
        inbox=_moving(tx.rows(_INBOX, now)[0]) | {"parked": _queue(parked.number, parked.first)},
        deliveries=_moving(tx.rows(_MOVING, now)[0])
        | {kind: still.get(kind, Queue()) for kind in ("resting", "parked", "failed")},
        peers={name: int(getattr(met, name)) for name in ("known", "resting", "parked", "pinned")},
        failing_since=met.failing_since,
        backup_at=tx.value(_BACKUP),
    )


def _moving(row: Row[Any]) -> dict[str, Queue]:
    return {"due": _queue(row.due, row.first_due), "waiting": _queue(row.waiting, row.first_waiting)}


def _queue(number: int, first: int | None) -> Queue:
    return Queue(int(number), None if first is None else id_time(int(first)))
