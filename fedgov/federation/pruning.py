"""Letting go of rows of the post room that nobody needs any more: deliveries that ended, servers never met again.

Looking for them is done by those who read, in stretches of the table; removing them goes behind all other work, a few
hundred at a time, so that whoever waits for the writer waits no longer for it.

Spec: ``docs/explanation/what-is-kept.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, delete, exists, func, or_, select

from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, first_id_at
from fedgov.store.tables import activities, actors, deliveries, objects, peers
from fedgov.store.transaction import Transaction

EVERY: Final = DAY
KEEP_DELIVERIES: Final = 30 * DAY
"""A delivery that ended is kept so long where nothing can follow from it any more; see `find_ended`."""
KEEP_PEERS: Final = 365 * DAY
"""So long a server is remembered with which nothing was exchanged and of which nobody is known."""
STRETCH: Final = 5_000
"""Rows that are looked at together."""
BATCH: Final = 500
"""Rows that are removed together."""
LAST_WORDS: Final = ("Accept", "Delete", "Reject", "Remove", "Undo")
"""Activities that no other one is ever about: who got them need not be known afterwards."""

_EDGE: Final = (
    select(deliveries.c.id)
    .where(deliveries.c.id > bindparam("after"), deliveries.c.id < bindparam("before"))
    .order_by(deliveries.c.id)
    .offset(STRETCH - 1)
    .limit(1)
)
_ENDED: Final = (
    select(deliveries.c.id)
    .join(activities, activities.c.id == deliveries.c.activity_id)
    .outerjoin(objects, objects.c.uri == activities.c.object_uri)
    .where(
        deliveries.c.id > bindparam("after"),
        deliveries.c.id <= bindparam("upto"),
        deliveries.c.state.in_(("sent", "withdrawn", "failed")),
        func.coalesce(deliveries.c.sent_at, deliveries.c.created_at) <= bindparam("long_ago"),
        or_(
            activities.c.type.in_(LAST_WORDS),
            objects.c.deleted_at <= bindparam("long_ago"),
            ~activities.c.uri.startswith(bindparam("ours")),  # what was passed on for others
        ),
    )
    .order_by(deliveries.c.id)
)
_FORGET_DELIVERIES: Final = delete(deliveries).where(deliveries.c.id.in_(bindparam("ids", expanding=True)))

_OLD: Final = [
    func.coalesce(column, 0) <= bindparam("long_ago")
    for column in (peers.c.first_seen_at, peers.c.last_inbound_at, peers.c.last_success_at)
]
_IS_STRANGE: Final = and_(
    *_OLD,
    peers.c.pinned_at.is_(None),
    ~exists().where(actors.c.host == peers.c.host),
    ~exists().where(deliveries.c.host == peers.c.host, deliveries.c.state.in_(("queued", "parked", "failed"))),
)
_NEXT_PEERS: Final = select(peers.c.host).where(peers.c.host > bindparam("after")).order_by(peers.c.host).limit(STRETCH)
_STRANGE: Final[Select[Any]] = select(peers.c.host).where(
    peers.c.host > bindparam("after"), peers.c.host <= bindparam("upto"), _IS_STRANGE
)
_FORGET_PEERS: Final = delete(peers).where(peers.c.host.in_(bindparam("hosts", expanding=True)), _IS_STRANGE)


async def prune(instance: Instance) -> None:
    """Remove all that is kept long enough; for a job that runs once every `EVERY` milliseconds."""
    await prune_deliveries(instance)
    await prune_peers(instance)


async def prune_deliveries(instance: Instance) -> None:
    """Remove deliveries that ended long ago and from which nothing can follow any more."""
    after, before = 0, first_id_at(max(instance.clock.now() - KEEP_DELIVERIES, 0))
    while after < before:
        upto = await instance.read(stretch_end, after=after, before=before)
        found = await instance.read(find_ended, after=after, upto=upto)
        await _remove(instance, "deliveries", found, forget_deliveries)
        after = upto


async def prune_peers(instance: Instance) -> None:
    """Remove servers that nobody has to do with any more."""
    after = ""
    while hosts := await instance.read(next_peers, after=after):
        found = await instance.read(find_strange, after=after, upto=hosts[-1])
        await _remove(instance, "peers", found, forget_peers)
        after = hosts[-1]


async def _remove(instance: Instance, what: str, found: Sequence[Any], forget: Callable[..., int]) -> None:
    for begin in range(0, len(found), BATCH):
        removed = await instance.write_behind(forget, found[begin : begin + BATCH])
        instance.metrics.pruned.labels(what).inc(removed)


def stretch_end(tx: Transaction, *, after: int, before: int) -> int:
    """Return the row id with which the next stretch of deliveries ends; ``before`` for the last one."""
    found = tx.value(_EDGE, {"after": after, "before": before})
    return before if found is None else int(found)


def find_ended(tx: Transaction, *, after: int, upto: int) -> Sequence[int]:
    """Return the deliveries between two row ids that ended long ago and that nobody needs.

    To whom a post went must be known for as long as it is there, because those servers get its edits and its end, and
    its author sees where it is. So only those go that carried an answer or an end, something about what was deleted
    long ago, or what was passed on for others (`fedgov.federation.forwarding`). Whatever waits or is parked stays.
    """
    return list(
        tx.values(_ENDED, {"after": after, "upto": upto, "long_ago": tx.now - KEEP_DELIVERIES, "ours": tx.site.origin})
    )


def forget_deliveries(tx: Transaction, ids: Sequence[int]) -> int:
    """Remove some deliveries; return how many there were."""
    return tx.execute(_FORGET_DELIVERIES, {"ids": list(ids)})


def next_peers(tx: Transaction, *, after: str) -> Sequence[str]:
    """Return the hosts of the next stretch of servers."""
    return list(tx.values(_NEXT_PEERS, {"after": after}))


def find_strange(tx: Transaction, *, after: str, upto: str) -> Sequence[str]:
    """Return the servers in a stretch with which nothing was exchanged for long, and of which nobody is known."""
    return list(tx.values(_STRANGE, {"after": after, "upto": upto, "long_ago": tx.now - KEEP_PEERS}))


def forget_peers(tx: Transaction, hosts: Sequence[str]) -> int:
    """Remove some servers, unless something came from them meanwhile; return how many were removed."""
    for host in hosts:
        tx.signal(f"peer:{host}")
    return tx.execute(_FORGET_PEERS, {"hosts": list(hosts), "long_ago": tx.now - KEEP_PEERS})
