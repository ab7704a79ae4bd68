"""Whether an instance can do its work now: what a proxy or whoever is on duty asks at `/readyz`.

Spec: ``docs/how-to/monitor.md``.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import structlog

from fedgov.instance import Instance
from fedgov.kernel.errors import UnreachableError
from fedgov.store import schema
from fedgov.store.transaction import Transaction

Reason = Literal["stopping", "database", "schema", "workers", "disk"]

MIN_FREE_BYTES: Final = 50_000_000
"""With less than this, a write may fail at any moment."""

FRESH_SECONDS: Final = 1.0
"""How long an answer counts: whoever asks more often costs nothing."""

DATABASE_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


def free_bytes(folder: Path) -> int:
    """Return how much space is left for the files of an instance."""
    return shutil.disk_usage(folder).free


class Readiness:
    """Looks whether an instance can do its work, at most once a second.

    Args:
        instance: The instance.
        revision: The schema that this program works with; empty: whatever the database has.
        monotonic: A clock in seconds that nobody sets.
    """

    def __init__(
        self, instance: Instance, *, revision: str = "", monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._instance = instance
        self._revision = revision
        self._monotonic = monotonic
        self._task: asyncio.Task[Reason | None] | None = None
        self._looked_at = 0.0
        self._said: Reason | None = None

    async def reason(self) -> Reason | None:
        """Return why the instance cannot do its work now; None when it can."""
        if self._instance.vitals.stopping:
            return "stopping"
        now = self._monotonic()
        if self._task is None or (self._task.done() and now - self._looked_at > FRESH_SECONDS):
            self._task = asyncio.create_task(self._look())
            self._looked_at = now
        # One that hangs is waited for by nobody for long, and no second one is started beside it.
        done, _ = await asyncio.wait([self._task], timeout=DATABASE_SECONDS)
        return self._say(self._task.result() if done else "database")

    def _say(self, found: Reason | None) -> Reason | None:
        if found != self._said:
            silent = self._instance.vitals.stuck()
            _log.warning("readiness_changed", instance=self._instance.config.name, reason=found, silent=silent)
            self._said = found
        return found

    async def _look(self) -> Reason | None:
        try:
            if not await self._instance.read(_is_schema, wanted=self._revision):
                return "schema"
            await self._instance.database.write(_nothing)
        except UnreachableError:
            return await self._full() or "database"
        except Exception:  # logged with its traceback; whoever asks must get an answer
            _log.exception("readiness_unknown", instance=self._instance.config.name)
            return "database"
        return await self._full() or ("workers" if self._instance.vitals.stuck() else None)

    async def _full(self) -> Reason | None:
        try:
            free = await asyncio.to_thread(free_bytes, self._instance.config.folder)
        except OSError:  # the folder itself is away
            return "disk"
        return "disk" if free < MIN_FREE_BYTES else None


def _is_schema(tx: Transaction, *, wanted: str) -> bool:
    return not wanted or schema.current_revision(tx) == wanted


def _nothing(_tx: object) -> None:
    """Write nothing: whether the writer has its turn is what we want to know."""
