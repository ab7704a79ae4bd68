"""Those who wait for the one writer: whoever somebody waits for goes first, other work behind them."""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """What stands in the line."""

    @property
    def behind(self) -> bool:
        """Whether it stands behind everybody else."""
        ...


W = TypeVar("W", bound=Waiting)


class Line(Generic[W]):
    """A line with two places to stand; any thread may join, one thread serves."""

    def __init__(self) -> None:
        self._arrivals: queue.SimpleQueue[W | None] = queue.SimpleQueue()
        self._first: deque[W] = deque()
        self._behind: deque[W] = deque()
        self._closed = False
        self._door = threading.Lock()  # nobody may come in behind the one who closes

    def __len__(self) -> int:
        """Return how many wait."""
        return self._arrivals.qsize() + len(self._first) + len(self._behind)

    def join(self, job: W) -> bool:
        """Stand in the line; False when it is closed."""
        with self._door:
            if not self._closed:
                self._arrivals.put(job)
            return not self._closed

    def close(self) -> None:
        """Let nobody in any more; those who wait are still served."""
        with self._door:
            self._closed = True
            self._arrivals.put(None)

    def wait(self) -> W | None:
        """Wait for the next one; None when the line is closed and empty."""
        while True:
            if (found := self.first() or self.behind()) is not None:
                return found
            arrived = self._arrivals.get()
            if arrived is None:
                return None  # nobody came in after the one who closed
            self._place(arrived)

    def first(self) -> W | None:
        """Return the next of those who go first, if any waits."""
        while not self._arrivals.empty():
            arrived = self._arrivals.get()
            if arrived is None:
                self._arrivals.put(None)  # for `wait`
                break
            self._place(arrived)
        return self._first.popleft() if self._first else None

    def behind(self) -> W | None:
        """Return the next of those behind, if any waits; `first` looks for arrivals, this does not."""
        return self._behind.popleft() if self._behind else None

    def everybody(self) -> list[W]:
        """Return all who wait now, in no one's turn."""
        found = []
        while (job := self.first() or self.behind()) is not None:
            found.append(job)
        return found

    def _place(self, job: W) -> None:
        (self._behind if job.behind else self._first).append(job)
