"""Letting go of what nobody reads any more, a few people at a time so that writing never waits long."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, select

from fedgov.features.notices.tables import home_entries, notifications
from fedgov.kernel.clock import DAY, HOUR, first_id_at
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

KEPT_ENTRIES: Final = 800
"""So many entries of a home timeline are always kept, however old."""
KEPT_TIME: Final = 14 * DAY
"""Milliseconds that every entry is kept, so that nobody who was away for two weeks misses anything."""
KEPT_NOTIFICATIONS: Final = 365 * DAY
"""Milliseconds that a notification is kept."""
EVERY: Final = HOUR
"""Milliseconds between two turns."""
TURNS: Final = 24
"""Everyone's timeline has one turn a day; row ids end in random bits, so that the turns are about equally long."""
ROWS_AT_ONCE: Final = 5_000

_OWNERS: Final = select(actors.c.id).where(
    actors.c.host == bindparam("host"), actors.c.local, actors.c.id % TURNS == bindparam("turn")
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
_OLD: Final = select(notifications.c.id).where(notifications.c.id < bindparam("edge")).limit(ROWS_AT_ONCE)
_FORGET: Final = delete(notifications).where(notifications.c.id.in_(_OLD.scalar_subquery()))


def prune(tx: Transaction) -> None:
    """Remove old timeline entries of those whose turn it is, and some of the oldest notifications.

    For a job that runs once every `EVERY` milliseconds.

    Args:
        tx: The open transaction.
    """
    prune_home(tx, turn=tx.now // EVERY % TURNS)
    prune_notifications(tx)


def prune_home(tx: Transaction, *, turn: int) -> None:
    """Shorten the home timelines of those whose row id leaves this remainder.

    Args:
        tx: The open transaction.
        turn: From 0 up to `TURNS`.
    """
    newest_to_go = first_id_at(max(tx.now - KEPT_TIME, 0)) - 1
    for owner in tx.values(_OWNERS, {"host": tx.site.domain, "turn": turn}):
        edge = tx.value(_EDGE, {"owner": owner})
        if edge is not None:
            tx.execute(_CUT, {"owner": owner, "edge": min(edge, newest_to_go)})


def prune_notifications(tx: Transaction) -> int:
    """Remove notifications that are more than a year old, not too many at once; return how many."""
    return tx.execute(_FORGET, {"edge": first_id_at(max(tx.now - KEPT_NOTIFICATIONS, 0))})
