"""Giving up what was kept long enough: deliveries that nobody came for, graves, and the log of what was handled.

Spec: ``docs/explanation/delivery.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, or_, select, update

from fedgov.federation.inbox import STORED_ELSEWHERE
from fedgov.federation.results import PARK_AFTER
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, HOUR, first_id_at
from fedgov.store.tables import deliveries, inbox_items, objects
from fedgov.store.transaction import Transaction

EVERY: Final = HOUR
KEEP_PARKED: Final = 30 * DAY
KEEP_GRAVES: Final = 90 * DAY
"""Three times the age at which an activity is too old to be accepted, so no late Create finds its grave gone."""
KEEP_LOG: Final = 90 * DAY
"""So long a copy of what was handled is known as one. Servers try again for a week and keep for thirty days, and after
thirty days an activity is too old; what comes later still finds the object that it made, or its grave."""
BATCH: Final = 1_000
GIVEN_UP: Final = "nobody there came for it in thirty days"

_GIVE_UP: Final = (
    update(deliveries)
    .where(
        deliveries.c.id.in_(
            select(deliveries.c.id)
            .where(deliveries.c.state == "parked", deliveries.c.created_at <= bindparam("before"))
            .limit(BATCH)
        )
    )
    .values(state="failed", reason=GIVEN_UP)
)
_CLEAR_GRAVES: Final = delete(objects).where(
    objects.c.id.in_(
        select(objects.c.id).where(objects.c.local.is_(False), objects.c.deleted_at <= bindparam("before")).limit(BATCH)
    )
)

_HANDLED: Final = (
    select(inbox_items.c.id)
    .where(
        inbox_items.c.state.in_(("done", "refused")),
        inbox_items.c.id > bindparam("after"),
        inbox_items.c.id < bindparam("before"),
        inbox_items.c.type.in_((*sorted(STORED_ELSEWHERE), "Delete", "Undo", "Remove")),
        or_(inbox_items.c.proven.is_(False), inbox_items.c.dated),
    )
    .order_by(inbox_items.c.id)
    .limit(BATCH)
)
_CLEAR_LOG: Final = delete(inbox_items).where(inbox_items.c.id.in_(bindparam("ids", expanding=True)))


async def tidy(instance: Instance) -> None:
    """Give up and clear what is due, in as many transactions as are short."""
    while await instance.write_behind(give_up_parked) == BATCH:
        pass
    cleared = BATCH
    while cleared == BATCH:
        cleared = await instance.write_behind(clear_graves)
        instance.metrics.pruned.labels("graves").inc(cleared)
    await _clear_log(instance)


async def _clear_log(instance: Instance) -> None:
    """Forget what was handled long ago; looking for it is no work for the one who writes."""
    after, before = 0, first_id_at(instance.clock.now() - KEEP_LOG)
    while handled := await instance.read(find_handled, after=after, before=before):
        removed = await instance.write_behind(clear_log, ids=handled)
        instance.metrics.pruned.labels("inbox log").inc(removed)
        after = handled[-1]


def find_handled(tx: Transaction, *, after: int, before: int) -> Sequence[int]:
    """Return the row ids of posts, edits, deletions and ends that were handled, received between two row ids.

    What may be named later by its URI alone, such as a Follow or a Like, stays. So does what carries
    a proof and does not say when it was made: anybody could bring it again, not only its own server, and the
    gate could not know how old it is.
    """
    return list(tx.values(_HANDLED, {"after": after, "before": before}))


def clear_log(tx: Transaction, *, ids: Sequence[int]) -> int:
    """Forget these items of the inbox log; return how many were there."""
    return tx.execute(_CLEAR_LOG, {"ids": ids})


def give_up_parked(tx: Transaction) -> int:
    """End deliveries that were tried for a week and kept for thirty days; their authors see it and may send again.

    Returns:
        How many; `BATCH` when there may be more.
    """
    return tx.execute(_GIVE_UP, {"before": tx.now - PARK_AFTER - KEEP_PARKED})


def clear_graves(tx: Transaction) -> int:
    """Forget objects of others that were deleted long ago; our own Tombstones stay, because their addresses do.

    Returns:
        How many; `BATCH` when there may be more.
    """
    return tx.execute(_CLEAR_GRAVES, {"before": tx.now - KEEP_GRAVES})
