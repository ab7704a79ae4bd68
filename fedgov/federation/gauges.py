"""Puts into the instruments of an instance what is not counted on the way: queues, workers, disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from fedgov.federation.figures import Figures, figures
from fedgov.federation.readiness import free_bytes
from fedgov.instance import Instance
from fedgov.kernel.errors import UnreachableError
from fedgov.store.transaction import Transaction

FRESH_SECONDS: Final = 5.0
"""How long the queues are not counted again, at least."""

SHARE: Final = 20
"""Counting may take one part in this many of the time: long queues are counted less often."""

_log = structlog.get_logger(__name__)


class Gauges:
    """Brings the instruments up to date when somebody reads them, and counts queues not more often than is cheap.

    Args:
        instance: The instance.
        also: What rooms put into the instruments themselves, from the same moment.
        monotonic: A clock in seconds that nobody sets.
    """

    def __init__(
        self,
        instance: Instance,
        *,
        also: Sequence[Callable[[Transaction], None]] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._instance = instance
        self._also = also
        self._monotonic = monotonic
        self._next = 0.0
        self._last: Figures | None = None

    async def read(self) -> None:
        """Bring the instruments up to date; those that cannot be are left as they were."""
        begin = self._monotonic()
        if begin >= self._next:
            self._next = begin + FRESH_SECONDS  # also for those who ask while we count
            fresh = await self._count()
            self._instance.metrics.figures_fresh.set(fresh)
            end = self._monotonic()
            self._next = end + max(FRESH_SECONDS, SHARE * (end - begin))
        await self._put()

    async def _count(self) -> bool:
        try:
            self._last = await self._instance.read(self._look)
        except UnreachableError as error:
            _log.warning("figures_not_read", instance=self._instance.config.name, reason=error.safe)
            return False
        return True

    def _look(self, tx: Transaction) -> Figures:
        for show in self._also:
            show(tx)
        return figures(tx)

    async def _put(self) -> None:
        metrics, now = self._instance.metrics, self._instance.clock.now()
        for worker, age in self._instance.vitals.ages().items():
            metrics.worker_beat_age.labels(worker).set(age)
        metrics.write_queue.set(self._instance.database.waiting)
        try:
            metrics.disk_free.set(await asyncio.to_thread(free_bytes, self._instance.config.folder))
        except OSError:
            metrics.disk_free.set(0)
        if self._last is None:
            return
        for gauge, oldest, queues in (
            (metrics.inbox_items, metrics.inbox_oldest, self._last.inbox),
            (metrics.deliveries, metrics.deliveries_oldest, self._last.deliveries),
        ):
            for state, queue in queues.items():
                gauge.labels(state).set(queue.number)
                oldest.labels(state).set(queue.seconds(now))
        for state, number in self._last.peers.items():
            metrics.peers.labels(state).set(number)
        metrics.backup_at.set((self._last.backup_at or 0) / 1_000)
