"""Giving up what was kept long enough: deliveries that nobody came for, and the graves of what others deleted.

Spec: ``docs/explanation/delivery.md``.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, select, update

from fedgov.federation.results import PARK_AFTER
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, HOUR
from fedgov.store.tables import deliveries, objects
from fedgov.store.transaction import Transaction

EVERY: Final = HOUR
KEEP_PARKED: Final = 30 * DAY
KEEP_GRAVES: Final = 90 * DAY
"""Three times the age at which an activity is too old to be accepted, so no late Create finds its grave gone."""
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


async def tidy(instance: Instance) -> None:
    """Give up and clear what is due, in as many transactions as are short."""
    while await instance.write(give_up_parked) == BATCH:
        pass
    while await instance.write(clear_graves) == BATCH:
        pass


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
