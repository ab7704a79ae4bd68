"""Letting go of what nobody reads any more, a few people at a time so that writing never waits long."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, select

from fedgov.features.notices.service.push import forget_unused_keys
from fedgov.features.notices.tables import home_entries, list_entries, lists, notifications
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, first_id_at
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

KEPT_ENTRIES: Final = 800
"""So many entries of a home timeline are always kept, however old."""
KEPT_TIME: Final = 14 * DAY
"""Milliseconds that every entry is kept, so that nobody who was away for two weeks misses anything."""
KEPT_NOTIFICATIONS: Final = 365 * DAY
"""Milliseconds that a notification is kept."""
EVERY: Final = DAY
"""Milliseconds between two times."""
SLICES: Final = 24
"""So many transactions for the timelines of everyone; row ids end in random bits, so that these are about equal."""
ROWS_AT_ONCE: Final = 1_000

_OWNERS: Final = select(actors.c.id).where(
    actors.c.host == bindparam("host"), actors.c.local, actors.c.id % SLICES == bindparam("slice")
)
_EDGE: Final = (
    select(home_entries.c.entry_id)
    .where(home_entries.c.owner_id == bindparam("owner"))
    .order_by(home_entries.c.entry_id.desc())
    .offset(KEPT_ENTRIES)
    .limit(1)
)
_CUT: Final = delete(home_entries).where(
    home_entries.c.owner_id == bindparam("owner"), home_entries.c.entry_id <= bindparam("edge")
)
_LISTS: Final = select(lists.c.id).where(lists.c.owner_id == bindparam("owner"))
_LIST_EDGE: Final = (
    select(list_entries.c.entry_id)
    .where(list_entries.c.list_id == bindparam("list"))
    .order_by(list_entries.c.entry_id.desc())
    .offset(KEPT_ENTRIES)
    .limit(1)
)
_LIST_CUT: Final = delete(list_entries).where(
    list_entries.c.list_id == bindparam("list"), list_entries.c.entry_id <= bindparam("edge")
)
_OLD: Final = select(notifications.c.id).where(notifications.c.id < bindparam("edge")).limit(ROWS_AT_ONCE)
_FORGET: Final = delete(notifications).where(notifications.c.id.in_(_OLD.scalar_subquery()))


async def prune(instance: Instance) -> None:
    """Remove old timeline entries and notifications; for a job that runs once every `EVERY` milliseconds."""
    for part in range(SLICES):
        await instance.write(prune_home, part=part)
    removed = ROWS_AT_ONCE
    while removed == ROWS_AT_ONCE:
        removed = await instance.write_behind(prune_notifications)
        instance.metrics.pruned.labels("notifications").inc(removed)
    instance.metrics.pruned.labels("push keys").inc(await instance.write_behind(forget_unused_keys))


def prune_home(tx: Transaction, *, part: int) -> None:
    """Shorten the home timelines and lists of some of the people here.

    Args:
        tx: The open transaction.
        part: Of those whose row id leaves this remainder, from 0 up to `SLICES`.
    """
    newest_to_go = first_id_at(max(tx.now - KEPT_TIME, 0)) - 1
    for owner in tx.values(_OWNERS, {"host": tx.site.domain, "slice": part}):
        edge = tx.value(_EDGE, {"owner": owner})
        if edge is not None:
            tx.execute(_CUT, {"owner": owner, "edge": min(edge, newest_to_go)})
        for number in tx.values(_LISTS, {"owner": owner}):
            edge = tx.value(_LIST_EDGE, {"list": number})
            if edge is not None:
                tx.execute(_LIST_CUT, {"list": number, "edge": min(edge, newest_to_go)})


def prune_notifications(tx: Transaction) -> int:
    """Remove notifications that are more than a year old, not too many at once; return how many."""
    return tx.execute(_FORGET, {"edge": first_id_at(max(tx.now - KEPT_NOTIFICATIONS, 0))})
