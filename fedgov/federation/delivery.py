"""The delivery worker: a persistent queue per destination host.

Order is kept per key and host; different keys and hosts go in parallel. A host
that does not answer costs the others nothing: its breaker opens, one request
probes it after a pause, and when it is back its queue is released at a ramp.
What fails for days is parked, never thrown away.

Spec: ``docs/explanation/delivery.md``; ActivityPub, section 7.1.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import Row, select

from fedgov.activitystreams.context import MEDIA_TYPE
from fedgov.federation import peers, results
from fedgov.federation.client import Answer
from fedgov.federation.fetch import retry_after, wants_another_shape
from fedgov.federation.parcels import Parcel, due, has_follower_there
from fedgov.federation.postroom import PostRoom
from fedgov.federation.results import PARK_AFTER, Results, pause_after, pause_after_refusal
from fedgov.federation.signatures.message import outgoing
from fedgov.federation.signatures.shapes import Shape, next_shape, shape_for
from fedgov.kernel.clock import HOUR
from fedgov.kernel.errors import ForbiddenError, MalformedError, UnreachableError
from fedgov.kernel.uris import host as host_of
from fedgov.store.leases import ONLY_PROCESS, Lease
from fedgov.store.signals import EVERYTHING
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

BATCH: Final = 5_000
HOSTS_AT_ONCE: Final = 256
PER_HOST: Final = 8
IDLE_SECONDS: Final = 1.0
LOOK_PAUSE: Final = 0.05
GONE_INBOX_PATIENCE: Final = 48 * HOUR
MUST_ARRIVE: Final = frozenset({"Delete", "Undo", "Accept", "Reject", "Remove"})
"""Activities that a refusal does not end: whoever has the old state must learn the new one."""

_PAUSE_PER_HOST: Final = 0.0002
_LONGEST_PAUSE: Final = 0.02

_log = structlog.get_logger(__name__)


class _HostDownError(Exception):
    """The host does not answer; the rest of its queue waits."""


class DeliveryWorker:
    """Sends what one instance has to send.

    Args:
        room: The post room.
        delivered: Told the host of each delivery that arrived.
        lease: The right to send.
    """

    def __init__(
        self,
        room: PostRoom,
        *,
        delivered: Callable[[str], None] = lambda _host: None,
        lease: Lease = ONLY_PROCESS,
    ) -> None:
        self._room = room
        self._lease = lease
        self._delivered = delivered
        self._instance = room.instance
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(HOSTS_AT_ONCE)
        self._results = Results(self._instance, lease=lease, pause=self._pause)
        self._news = 0
        room.instance.signals.expect("deliveries")
        room.instance.signals.on_signal(self._note_news)

    async def run(self) -> None:
        """Send until cancelled, whenever it is ours to do."""
        await self._lease.hold(self._run)

    async def _run(self) -> None:
        self._instance.vitals.begin("delivery")
        try:
            while True:
                try:
                    await self.start_due()
                except UnreachableError as error:  # the store is busy: what is queued stays queued
                    _log.warning("delivery_waits", reason=error.safe, detail=error.detail)
                self._instance.vitals.beat("delivery")  # not before: one that fails each time is no sign of life
                if self._busy:
                    await asyncio.sleep(LOOK_PAUSE)  # each host that is done may ask for a look; one serves many
                await self._instance.signals.wait("deliveries", seconds=IDLE_SECONDS)
        except asyncio.CancelledError:
            self._instance.vitals.rest("delivery")  # another process does it now
            raise
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
            await self._results.settle()

    async def settle(self) -> None:
        """Send everything that is due now and wait until it was tried; for tests and the command line."""
        while await self.start_due() or self._busy:
            await asyncio.gather(*self._busy.values())

    async def start_due(self) -> int:
        """Start sending to every host that has something due and is not being sent to; return how many."""
        if len(self._busy) >= BATCH:
            return 0  # one of them will be done soon
        news = self._news
        found = await self._instance.read(due, now=self._instance.clock.now(), busy=tuple(self._busy), most=BATCH)
        await asyncio.gather(*(self._finish(row, "withdrawn", reason) for row, reason in found.withdrawn))
        if found.parcels:  # another process may have changed more than it queued: a key, a block
            await self._instance.database.catch_up()
            await self._instance.trust.settled()
            await self._room.peers.look_up(found.parcels)
        for host, queue in found.parcels.items():
            task = asyncio.create_task(self._drain(host, queue), name=f"deliver to {host}")
            self._busy[host] = task
            task.add_done_callback(partial(self._drained, host, news))
        if not found.is_all:
            self._instance.signals.send(["deliveries"])
        return len(found.parcels)

    def _note_news(self, topic: str) -> None:
        if topic in ("deliveries", EVERYTHING):
            self._news += 1

    def _drained(self, host: str, news: int, _task: asyncio.Task[None]) -> None:
        self._busy.pop(host, None)
        if news != self._news:  # something for this host may have come in meanwhile
            self._instance.signals.send(["deliveries"])

    def _pause(self) -> float:
        """Return how long the first result waits for others: the longer, the more of them are on their way."""
        return min(len(self._busy) * _PAUSE_PER_HOST, _LONGEST_PAUSE)

    async def _drain(self, host: str, queue: Sequence[Parcel]) -> None:
        """Send the queue of one host: a probe first when it was failing, then at a ramp."""
        by_key: dict[str, list[Parcel]] = {}
        for parcel in queue:
            by_key.setdefault(parcel.row.order_key, []).append(parcel)
        waiting = list(by_key.values())
        width = 1 if queue[0].row.failures else PER_HOST
        async with self._slots:
            try:
                while waiting:
                    group, waiting = waiting[:width], waiting[width:]
                    await self._together(group)
                    width = min(width * 2, PER_HOST)
            except _HostDownError:
                pass
            except UnreachableError as error:
                _log.warning("delivery_result_not_stored", host=host, reason=error.safe, detail=error.detail)

    async def _together(self, group: Sequence[Sequence[Parcel]]) -> None:
        if len(group) == 1:
            await self._in_order(group[0])
            return
        ends = await asyncio.gather(*(self._in_order(parcels) for parcels in group), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def _in_order(self, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            if not await self._deliver(parcel):
                return

    async def _deliver(self, parcel: Parcel) -> bool:
        """Try one delivery; False when later ones of its key must wait for it.

        Raises:
            _HostDownError: The host does not answer at all.
        """
        row = parcel.row
        if not await self._trusted(row):
            await self._finish(row, "withdrawn", "this instance no longer exchanges messages with this server")
            return True
        try:
            answer, shape = await self._timed(parcel)
        except (ForbiddenError, MalformedError) as error:
            await self._finish(row, "failed", error.safe)
            return True
        except UnreachableError as error:
            await self._host_down(row, reason=error.safe, seconds=None)
        except Exception as error:  # a bug, such as a sender without keys, must not stop the others
            _log.exception("delivery_parked", delivery=row.id, host=row.host)
            await self._finish(row, "parked", f"{type(error).__name__}: {error}"[:500])
            return True
        return await self._judge(parcel, answer, shape=shape)

    async def _trusted(self, row: Row[Any]) -> bool:
        """Tell whether the inbox and somebody whom it is for are on servers that we exchange messages with.

        Our own is none of them: somebody elsewhere who names it as an inbox would let us write to ourselves.
        """
        allows = self._instance.trust.allows
        people = orjson.loads(row.recipients)
        if row.host == self._instance.site.domain or not allows(row.host):
            return False
        if not people or any(allows(host_of(uri)) for uri in people):
            return True
        return await self._instance.read(has_follower_there, row=row)

    async def _timed(self, parcel: Parcel) -> tuple[Answer, Shape]:
        """Send, and note how long that took and how it ended."""
        begin, result = time.monotonic(), "unreachable"
        try:
            answer, shape = await self._post(parcel)
            result = _result_of(answer.status)
        finally:
            self._instance.metrics.posted.labels(result).observe(time.monotonic() - begin)
        return answer, shape

    def _signer_of(self, row: Row[Any]) -> str:
        """Return whose key signs a request: the sender's; our server's for what is passed on for others."""
        return str(row.actor) if self._instance.site.owns(row.actor) else self._instance.site.application

    async def _post(self, parcel: Parcel) -> tuple[Answer, Shape]:
        """Send, knocking again in another shape where the first is refused; return the answer and to which shape."""
        row = parcel.row
        headers = {"Content-Type": MEDIA_TYPE, "Accept": "application/activity+json, application/json"}
        if parcel.synchronisation is not None:
            headers["Collection-Synchronization"] = parcel.synchronisation
        shape = await self._room.peers.shape(row.host)
        tried: list[Shape] = []
        while True:
            signed = await self._room.sign(
                "POST", row.inbox, actor=self._signer_of(row), shape=shape, headers=headers, body=parcel.body
            )
            self._lease.demand_held()
            answer = _as_meant(await self._room.client.post(row.inbox, body=parcel.body, headers=signed))
            if not wants_another_shape(answer):
                return answer, shape
            tried.append(shape)
            request = outgoing("POST", url=row.inbox, headers={}, body=parcel.body)
            asked = shape_for(answer.headers.get("accept-signature", ""), request=request)
            following = asked if asked is not None and asked not in tried else next_shape(shape, tried, request=request)
            if following is None:
                return answer, shape
            shape = following

    async def _judge(self, parcel: Parcel, answer: Answer, *, shape: Shape) -> bool:
        """Decide what an answer means for the delivery and its host (see the table in the explanation)."""
        row, status = parcel.row, answer.status
        reason = f"the server answered {status}"
        if 200 <= status < 300:
            learnt = await self._room.peers.news_of_shape(row.host, shape)
            self._delivered(row.host)
            await self._results.arrived(row, learnt=learnt)
            return True
        if status in (408, 429, 503):
            await self._host_down(row, reason=f"{reason}, {peers.TRY_LATER}", seconds=retry_after(answer))
        if status >= 500 or 300 <= status < 400:
            await self._host_down(row, reason=reason, seconds=None)
        if status in (401, 403):
            return await self._try_again(row, pause=pause_after_refusal(row.attempts), reason=f"{reason}: refused")
        if status in (404, 410):
            return await self._no_inbox(row, reason=f"{reason}: no inbox there now")
        return await self._refused(row, reason=f"{reason}: refused")

    async def _no_inbox(self, row: Row[Any], *, reason: str) -> bool:
        """A shared inbox will be back; in place of a personal one the shared inbox is tried, once."""
        if row.reason == results.SECOND_CHOICE:
            return await self._refused(row, reason=reason)
        if await self._instance.read(_is_shared, inbox=row.inbox):
            if self._age(row) < GONE_INBOX_PATIENCE:
                await self._host_down(row, reason=reason, seconds=None)
            await self._finish(row, "parked", reason)
            return True
        shared = await self._instance.read(_shared_inbox, inbox=row.inbox)
        if shared is None:
            return await self._refused(row, reason=reason)
        await self._results.note(results.redirect, row=row, inbox=shared)
        return False

    async def _refused(self, row: Row[Any], *, reason: str) -> bool:
        """The answer ends this delivery, unless it takes something back."""
        if row.type in MUST_ARRIVE:
            return await self._try_again(row, pause=pause_after(row.attempts), reason=reason)
        await self._finish(row, "failed", reason)
        return True

    async def _try_again(self, row: Row[Any], *, pause: int, reason: str) -> bool:
        """Wait, and park the delivery when it has waited for a week."""
        if self._age(row) >= PARK_AFTER:
            await self._finish(row, "parked", reason)
            return True
        await self._results.note(results.postpone, row=row, pause=pause, reason=reason)
        return False

    def _age(self, row: Row[Any]) -> int:
        return int(self._instance.clock.now() - row.created_at)

    async def _finish(self, row: Row[Any], state: str, reason: str) -> None:
        await self._results.note(results.end, row=row, state=state, reason=reason)

    async def _host_down(self, row: Row[Any], *, reason: str, seconds: float | None) -> None:
        await self._results.note(results.host_failed, row=row, reason=reason, seconds=seconds)
        raise _HostDownError


def _result_of(status: int) -> str:
    """Return in one word how an attempt ended, for the figures."""
    if 200 <= status < 300:
        return "delivered"
    return "refused" if 400 <= status < 500 and status not in (408, 429) else "later"


def _as_meant(answer: Answer) -> Answer:
    """Read a 200 that says "error" as the refusal it is (Mobilizon, for signatures that it cannot verify)."""
    if answer.status == 200 and answer.body.strip() in (b'"error"', b"error"):
        return Answer(url=answer.url, status=401, headers=answer.headers, body=answer.body)
    return answer


def _is_shared(tx: Transaction, *, inbox: str) -> bool:
    return tx.row(select(actors.c.id).where(actors.c.shared_inbox == inbox).limit(1)) is not None


def _shared_inbox(tx: Transaction, *, inbox: str) -> str | None:
    found: str | None = tx.value(select(actors.c.shared_inbox).where(actors.c.inbox == inbox))
    return found if found != inbox else None
