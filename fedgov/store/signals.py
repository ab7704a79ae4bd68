"""Who wants to know when something was committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

EVERYTHING = "*"
"""The topic for "another process changed something; we do not know what"."""


class Signals:
    """Wakes workers and clears caches after a commit, on the event loop."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}
        self._callbacks: list[Callable[[str], None]] = []

    def expect(self, topic: str) -> None:
        """Keep signals of this topic from now on, for the first `wait`."""
        self._events.setdefault(topic, asyncio.Event())

    def on_signal(self, callback: Callable[[str], None]) -> None:
        """Call this with each topic, right after the commit."""
        self._callbacks.append(callback)

    def send(self, topics: Iterable[str]) -> None:
        """Pass on the topics of a committed transaction; only on the event loop's thread."""
        for topic in topics:
            events = self._events.values() if topic == EVERYTHING else filter(None, [self._events.get(topic)])
            for event in events:
                event.set()
            for callback in self._callbacks:
                callback(topic)

    async def wait(self, topic: str, *, seconds: float) -> bool:
        """Wait until the topic is signalled or the time is over.

        A signal sent since the last call, or since `expect`, counts, so a worker
        that looks at the tables between two calls cannot miss anything.

        Returns:
            Whether there was a signal.
        """
        event = self._events.setdefault(topic, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        event.clear()
        return True
