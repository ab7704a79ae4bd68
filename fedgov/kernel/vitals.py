"""Signs of life of one running instance: the heartbeats of its workers, and whether it is about to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PATIENCE: Final = 60.0
"""Seconds after which a silent worker is taken for stuck; none waits that long for anything."""


@dataclass(slots=True)
class _Worker:
    patience: float
    last: float
    is_at_work: bool = False


class Vitals:
    """Who gave a sign of life, and when.

    Args:
        monotonic: A clock in seconds that nobody sets.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._workers: dict[str, _Worker] = {}
        self.stopping = False

    def expect(self, name: str, *, patience: float = PATIENCE) -> None:
        """Expect signs of life of a worker from when it begins.

        Args:
            name: A word of ours.
            patience: Seconds after a sign of life after which it is taken for stuck.
        """
        self._workers[name] = _Worker(patience=patience, last=self._monotonic())

    def begin(self, name: str) -> None:
        """Note that a worker begins; when it begins again before it did anything, that is no sign of life."""
        worker = self._workers.get(name)
        if worker is not None and not worker.is_at_work:
            worker.last = self._monotonic()
            worker.is_at_work = True

    def beat(self, name: str) -> None:
        """Note that a worker lives and does something; one of whom nothing is expected is not noted."""
        worker = self._workers.get(name)
        if worker is not None:
            worker.last = self._monotonic()
            worker.is_at_work = True

    def rest(self, name: str) -> None:
        """Note that a worker waits, however long: for its time, or for another process to let it do the work."""
        worker = self._workers.get(name)
        if worker is not None:
            worker.last = self._monotonic()
            worker.is_at_work = False

    def forget(self) -> None:
        """Expect nothing of anybody any more."""
        self._workers.clear()

    def ages(self) -> dict[str, float]:
        """Return how many seconds ago each worker gave a sign of life; 0 for one that waits for work."""
        now = self._monotonic()
        return {name: now - each.last if each.is_at_work else 0.0 for name, each in self._workers.items()}

    def stuck(self) -> list[str]:
        """Return the names of the workers that are silent for too long."""
        now = self._monotonic()
        return [name for name, each in self._workers.items() if each.is_at_work and now - each.last > each.patience]
