"""The threads that read from SQLite: one does nearly all, another one helps while it is held up.

Two that read at once take the interpreter from one another at each step of SQLite, which
makes both slower than one alone would be (see ``docs/decisions/0012-editions.md``).
But nobody shall wait long because somebody else searches.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

HELD_UP_SECONDS: Final = 0.02
"""Whoever comes while one read has been going on for so long is served by the other thread."""

T = TypeVar("T")


class Readers:
    """Two threads for an event loop."""

    def __init__(self) -> None:
        self._first = ThreadPoolExecutor(1, thread_name_prefix="fedgov-reader")
        self._second = ThreadPoolExecutor(1, thread_name_prefix="fedgov-reader-beside")
        self._began: float | None = None

    async def run(self, read: Callable[[], T]) -> T:
        """Read on one of the threads; return what that gives."""
        loop, began = asyncio.get_running_loop(), self._began
        if began is not None and time.monotonic() - began > HELD_UP_SECONDS:
            return await loop.run_in_executor(self._second, read)
        return await loop.run_in_executor(self._first, self._timed, read)

    def _timed(self, read: Callable[[], T]) -> T:
        self._began = time.monotonic()
        try:
            return read()
        finally:
            self._began = None

    def close(self) -> None:
        """Finish what was begun and end both threads."""
        self._first.shutdown()
        self._second.shutdown()
