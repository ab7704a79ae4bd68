"""Public answers kept as bytes, so that a popular actor costs a look in a dictionary."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from fedgov.federation.doors.answers import Reply
from fedgov.store.signals import EVERYTHING, Signals

MAX_BYTES: Final = 16_777_216
_OVERHEAD: Final = 1_024
"""Roughly what an entry costs besides its body."""


@dataclass(slots=True, eq=False)
class _Filling:
    """An answer that is being made; spoilt when what it is made of changes meanwhile."""

    topics: frozenset[str]
    spoilt: bool = False


class ReplyCache:
    """Keeps answers until something they are made of changes.

    Args:
        signals: Tells what changed.
        max_bytes: Most memory that it may take; the oldest entries go first.
    """

    def __init__(self, signals: Signals, *, max_bytes: int = MAX_BYTES) -> None:
        self._kept: dict[str, tuple[Reply, frozenset[str]]] = {}
        self._keys: dict[str, set[str]] = {}
        self._filling: set[_Filling] = set()
        self._bytes = 0
        self._max_bytes = max_bytes
        signals.on_signal(self._forget)

    def get(self, key: str) -> Reply | None:
        """Return the answer that is kept under a key, or None."""
        found = self._kept.get(key)
        return None if found is None else found[0]

    async def fill(
        self, key: str, *, topics: Iterable[str], make: Callable[[], Awaitable[Reply | None]]
    ) -> Reply | None:
        """Make an answer and keep it.

        Args:
            key: Under what it is found again.
            topics: Signals after which it is no longer true.
            make: Makes it; None is not kept.
        """
        filling = _Filling(frozenset(topics))
        self._filling.add(filling)
        try:
            reply = await make()
        finally:
            self._filling.discard(filling)
        if reply is not None and not filling.spoilt:
            self._keep(key, reply, filling.topics)
        return reply

    def _keep(self, key: str, reply: Reply, topics: frozenset[str]) -> None:
        self._drop(key)
        self._kept[key] = (reply, topics)
        self._bytes += len(reply.body) + _OVERHEAD
        for topic in topics:
            self._keys.setdefault(topic, set()).add(key)
        while self._bytes > self._max_bytes and self._kept:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        found = self._kept.pop(key, None)
        if found is None:
            return
        reply, topics = found
        self._bytes -= len(reply.body) + _OVERHEAD
        for topic in topics:
            keys = self._keys[topic]
            keys.discard(key)
            if not keys:
                del self._keys[topic]

    def _forget(self, topic: str) -> None:
        everything = topic == EVERYTHING
        for filling in self._filling:
            filling.spoilt = filling.spoilt or everything or topic in filling.topics
        if everything:
            self._kept.clear()
            self._keys.clear()
            self._bytes = 0
            return
        for key in tuple(self._keys.get(topic, ())):
            self._drop(key)
