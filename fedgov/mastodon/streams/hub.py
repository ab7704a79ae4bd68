"""The one place of a process that hears the news and shows it on all open streams."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import structlog

from fedgov.features.people.queries import live_tokens
from fedgov.features.people.service.tokens import account_in
from fedgov.instance import Instance
from fedgov.kernel.errors import UnreachableError
from fedgov.mastodon.streams.channels import TOLD, Channel
from fedgov.mastodon.streams.plan import PLANNERS, Parcel, plan
from fedgov.mastodon.streams.register import Register, Seat
from fedgov.mastodon.streams.sieve import Sieve
from fedgov.mastodon.streams.stream import GOING_AWAY, NO_LONGER_ALLOWED, Stream
from fedgov.mastodon.streams.wire import as_event, as_message
from fedgov.store import news
from fedgov.store.news import News
from fedgov.store.signals import EVERYTHING

BEAT_SECONDS: Final = 15.0
MOST_AT_ONCE: Final = 50
"""News that are planned together."""
MOST_NEWS: Final = 5_000
"""News that wait; older ones are dropped when the database is that slow."""
_REMEMBERED: Final = 5_000
_IN_A_ROW: Final = 250
"""Streams that are written to before others get their turn."""
_TOKENS: Final = 500
_AGAIN_SECONDS: Final = 1.0
_FILTERS: Final = "filters:"

_log = structlog.get_logger(__name__)


class Hub:
    """Shows the news of one instance on the open streams of this process.

    Args:
        instance: The instance.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.register = Register()
        self._sieve = Sieve()
        self._news: deque[News] = deque(maxlen=MOST_NEWS)
        self._seen: set[int] = set()
        self._order: deque[int] = deque()
        self._doubted: set[int] = set()
        self._doubts_all = False
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        instance.signals.on_signal(self._on_signal)

    # --- streams come and go ------------------------------------------------------------------------------------

    def enter(self, stream: Stream) -> None:
        """Open a stream.

        Raises:
            OverLimitError: This person has too many.
            UnreachableError: There are too many of all, or the server is about to stop.
        """
        if self._stopping:
            raise UnreachableError("the server is stopping")
        self.register.enter(stream)
        self._instance.metrics.streams.set(len(self.register.streams))
        self._doubt(stream.account_id)  # its token may have ended between the look at it and now

    def leave(self, stream: Stream) -> None:
        """Forget a stream whose connection is closed."""
        stream.is_over = True
        self.register.leave(stream)
        self._instance.metrics.streams.set(len(self.register.streams))

    def stop(self) -> None:
        """End all streams, and let no new ones in, because the server is about to stop."""
        self._stopping = True
        self._end(list(self.register.streams), GOING_AWAY)

    def _end(self, streams: Iterable[Stream], code: int) -> None:
        for stream in streams:
            stream.end(code)
            self.register.leave(stream)
        self._instance.metrics.streams.set(len(self.register.streams))

    # --- what is heard ------------------------------------------------------------------------------------------

    def _on_signal(self, topic: str) -> None:
        """Note what was signalled; this runs after each commit, so it does next to nothing."""
        if topic == EVERYTHING:
            self._sieve.forget(None)
            self._doubts_all = True
            self._wake.set()
        elif topic.startswith(_FILTERS):
            self._sieve.forget(topic.removeprefix(_FILTERS))
            self._changed.add(topic.removeprefix(_FILTERS))
            self._wake.set()
        elif not self.register.streams:
            return
        elif (found := news.read(topic)) is not None:
            self._note(found)
        elif (account_id := account_in(topic)) is not None:
            self._doubt(account_id)

    def _note(self, found: News) -> None:
        """Keep news until they are shown; with PostgreSQL our own come twice, by hand and by the database."""
        if found.serial in self._seen or found.kind not in PLANNERS:
            return
        self._seen.add(found.serial)
        self._order.append(found.serial)
        if len(self._order) > _REMEMBERED:
            self._seen.discard(self._order.popleft())
        self._news.append(found)
        self._wake.set()

    def _doubt(self, account_id: int) -> None:
        self._doubted.add(account_id)
        self._wake.set()

    # --- what is done -------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Show the news and keep connections alive, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._serve())
            group.create_task(self._beat())

    async def _serve(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._work()
            except UnreachableError as error:
                _log.warning("streams_wait", reason=error.safe)
                await asyncio.sleep(_AGAIN_SECONDS)
                self._wake.set()

    async def _work(self) -> None:
        """Do what there is to do: first close what may not be open any more, then show the news."""
        await self._close_dead()
        changed, self._changed = self._changed, set()
        if changed:
            await self._show([Parcel(TOLD, "filters_changed", None, frozenset(changed))])
        while self._news:
            batch = [self._news.popleft() for _ in range(min(MOST_AT_ONCE, len(self._news)))]
            if not self.register.streams:
                continue
            batch.sort(key=lambda each: each.serial)
            watchers = self.register.watchers()
            parcels = await self._instance.read(plan, news=batch, watchers=watchers, sieve=self._sieve)
            if self._doubts_all or self._doubted:  # a token may have ended while we looked
                await self._close_dead()
            await self._show(parcels)

    async def _close_dead(self) -> None:
        """End the streams whose token may not be used any more."""
        doubts_all, self._doubts_all = self._doubts_all, False
        doubted, self._doubted = self._doubted, set()
        concerned = [each for each in self.register.streams if doubts_all or each.account_id in doubted]
        if not concerned:
            return
        try:
            live = await self._live(sorted({stream.token_id for stream in concerned}))
        except UnreachableError:
            self._doubts_all |= doubts_all
            self._doubted |= doubted
            raise
        self._end([stream for stream in concerned if stream.token_id not in live], NO_LONGER_ALLOWED)

    async def _live(self, ids: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for first in range(0, len(ids), _TOKENS):
            found |= await self._instance.read(live_tokens, ids=ids[first : first + _TOKENS])
        return found

    async def _show(self, parcels: Iterable[Parcel]) -> None:
        """Send parcels; each is made into bytes once for all event streams, and once for each channel of sockets."""
        for parcel in parcels:
            seats = self.register.seats(parcel.topic, parcel.viewers)
            frames: dict[tuple[str, ...] | None, bytes] = {}
            for first in range(0, len(seats), _IN_A_ROW):
                _send(seats[first : first + _IN_A_ROW], parcel, frames)
                if len(seats) > _IN_A_ROW:
                    await asyncio.sleep(0)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._doubts_all = True  # should a signal ever be lost, this ends what it would have ended
            self._wake.set()
            streams = list(self.register.streams)
            for first in range(0, len(streams), _IN_A_ROW):
                for stream in streams[first : first + _IN_A_ROW]:
                    stream.beat()
                await asyncio.sleep(0)


def _send(seats: Sequence[Seat], parcel: Parcel, frames: dict[tuple[str, ...] | None, bytes]) -> None:
    for stream, channel in seats:
        key = channel.names if stream.is_socket else None
        data = frames.get(key)
        if data is None:
            data = frames[key] = _frame(parcel, channel, is_socket=stream.is_socket)
        stream.give(data)


def _frame(parcel: Parcel, channel: Channel, *, is_socket: bool) -> bytes:
    if is_socket:
        return as_message(channel.names, parcel.event, parcel.payload)
    return as_event(parcel.event, parcel.payload)
