"""The delivery worker: a persistent queue per destination host.

Order is kept per key and host; different keys and hosts go in parallel. A host
that does not answer costs the others nothing: its breaker opens, one request
probes it after a pause, and when it is back its queue is released at a ramp.
What fails for days is parked, never thrown away.

Spec: ``docs/explanation/delivery.md``; ActivityPub, section 7.1.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import orjson
import structlog
from sqlalchemy import Row, and_, bindparam, or_, select, update

from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.context import MEDIA_TYPE
from fedgov.federation import followers_sync, objects, outbox, peers
from fedgov.federation.client import Answer
from fedgov.federation.fetch import retry_after, wants_another_shape
from fedgov.federation.postroom import PostRoom
from fedgov.federation.signatures.message import outgoing
from fedgov.federation.signatures.shapes import Shape, next_shape, shape_for
from fedgov.kernel.clock import DAY, HOUR, MINUTE, SECOND
from fedgov.kernel.errors import ForbiddenError, MalformedError, UnreachableError
from fedgov.kernel.uris import host as host_of
from fedgov.store.leases import ONLY_PROCESS, Lease
from fedgov.store.tables import activities, actors, deliveries, follows, is_queued, was_tried
from fedgov.store.tables import peers as peers_table
from fedgov.store.transaction import Transaction

P = ParamSpec("P")
T = TypeVar("T")

BATCH: Final = 5_000
HOSTS_AT_ONCE: Final = 256
PER_HOST: Final = 8
IDLE_SECONDS: Final = 1.0
LOOK_PAUSE: Final = 0.05
PARK_AFTER: Final = 7 * DAY
GONE_INBOX_PATIENCE: Final = 48 * HOUR
FIRST_PAUSE: Final = 10 * SECOND
LONGEST_PAUSE: Final = 6 * HOUR
REFUSED_PAUSES: Final = (1 * MINUTE, 5 * MINUTE, 30 * MINUTE)
_AFTER_REFUSALS: Final = 5  # so that the pause after these is longer than the last of them
MUST_ARRIVE: Final = frozenset({"Delete", "Undo", "Accept", "Reject", "Remove"})
"""Activities that a refusal does not end: whoever has the old state must learn the new one."""

_SUCCESS_RESOLUTION: Final = HOUR
_SECOND_CHOICE: Final = "its own inbox is gone, so the shared inbox is tried once"

_earlier: Final = deliveries.alias("earlier")
_KEY_WAITS: Final = (
    select(_earlier.c.id)
    .where(
        was_tried(_earlier),
        _earlier.c.host == deliveries.c.host,
        _earlier.c.order_key == deliveries.c.order_key,
        _earlier.c.next_attempt_at > bindparam("now"),
    )
    .correlate(deliveries)
    .exists()
)
MAY_GO: Final = and_(
    # what was not tried yet is due, also when the clock was put back meanwhile
    or_(deliveries.c.attempts == 0, deliveries.c.next_attempt_at <= bindparam("now")),
    ~_KEY_WAITS,  # or what is behind one that waits would fill the batch for ever
)
"""Of what is queued: what need not wait for its next attempt, as far as its host answers."""

_DUE: Final = (
    select(
        deliveries,
        peers_table.c.failures,
        peers_table.c.failing_since,
        peers_table.c.last_success_at,
        peers_table.c.parked_at,
        activities.c.actor,
        activities.c.type,
        activities.c.object_uri,
        activities.c.visibility,
    )
    .join(activities, activities.c.id == deliveries.c.activity_id)
    .outerjoin(peers_table, peers_table.c.host == deliveries.c.host)
    .where(
        is_queued(deliveries),
        MAY_GO,
        deliveries.c.host.not_in(select(peers_table.c.host).where(peers_table.c.next_attempt_at > bindparam("now"))),
    )
    .order_by(deliveries.c.id)
    .limit(BATCH)
)
_FINISH: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"), deliveries.c.state == "queued")
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        attempts=deliveries.c.attempts + 1,
        sent_at=bindparam("at"),
    )
)
_POSTPONE: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"), deliveries.c.state == "queued")
    .values(next_attempt_at=bindparam("next"), reason=bindparam("why"), attempts=deliveries.c.attempts + 1)
)
_HAS_FOLLOWER_THERE: Final = (
    select(follows.c.id)
    .join(actors, actors.c.uri == follows.c.follower)
    .where(
        follows.c.following == bindparam("of"),
        follows.c.state == "accepted",
        actors.c.host == bindparam("host"),
        or_(actors.c.shared_inbox == bindparam("inbox"), actors.c.inbox == bindparam("inbox")),
    )
    .limit(1)
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A delivery that may be sent now."""

    row: Row[Any] = field(repr=False)
    body: bytes = field(repr=False)
    synchronisation: str | None


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
        room.instance.signals.expect("deliveries")

    async def run(self) -> None:
        """Send until cancelled, whenever it is ours to do."""
        await self._lease.hold(self._run)

    async def _run(self) -> None:
        self._instance.vitals.begin("delivery")
        try:
            while True:
                try:
                    started = await self.start_due()
                except UnreachableError as error:  # the store is busy: what is queued stays queued
                    _log.warning("delivery_waits", reason=error.safe, detail=error.detail)
                    started = 0
                self._instance.vitals.beat("delivery")  # not before: one that fails each time is no sign of life
                if started:
                    await asyncio.sleep(LOOK_PAUSE)  # each host that is done asks for a look; one serves many
                else:
                    await self._instance.signals.wait("deliveries", seconds=IDLE_SECONDS)
        except asyncio.CancelledError:
            self._instance.vitals.rest("delivery")  # another process does it now
            raise
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def settle(self) -> None:
        """Send everything that is due now and wait until it was tried; for tests and the command line."""
        while await self.start_due() or self._busy:
            await asyncio.gather(*self._busy.values())

    async def start_due(self) -> int:
        """Start sending to every host that has something due and is not being sent to; return how many."""
        if len(self._busy) >= BATCH:
            return 0  # one of them will be done soon
        parcels, refused = await self._instance.read(_due, now=self._instance.clock.now(), busy=tuple(self._busy))
        for row, reason in refused:
            await self._finish(row, "withdrawn", reason)
        if parcels:  # another process may have changed more than it queued: a key, a block
            await self._instance.database.catch_up()
            await self._instance.trust.settled()
            await self._room.peers.look_up(parcels)
        for host, queue in parcels.items():
            task = asyncio.create_task(self._drain(host, queue), name=f"deliver to {host}")
            self._busy[host] = task
            task.add_done_callback(lambda _, host=host: self._drained(host))  # type: ignore[misc]
        return len(parcels)

    def _drained(self, host: str) -> None:
        self._busy.pop(host, None)
        self._instance.signals.send(["deliveries"])  # more may have come in for this host meanwhile

    async def _drain(self, host: str, queue: Sequence[_Parcel]) -> None:
        """Send the queue of one host: a probe first when it was failing, then at a ramp."""
        by_key: dict[str, list[_Parcel]] = {}
        for parcel in queue:
            by_key.setdefault(parcel.row.order_key, []).append(parcel)
        waiting = list(by_key.values())
        width = 1 if queue[0].row.failures else PER_HOST
        async with self._slots:
            try:
                while waiting:
                    group, waiting = waiting[:width], waiting[width:]
                    results = await asyncio.gather(
                        *(self._in_order(parcels) for parcels in group), return_exceptions=True
                    )
                    for result in results:
                        if isinstance(result, BaseException):
                            raise result
                    width = min(width * 2, PER_HOST)
            except _HostDownError:
                pass
            except UnreachableError as error:
                _log.warning("delivery_result_not_stored", host=host, reason=error.safe, detail=error.detail)

    async def _in_order(self, parcels: Sequence[_Parcel]) -> None:
        for parcel in parcels:
            if not await self._deliver(parcel):
                return

    async def _deliver(self, parcel: _Parcel) -> bool:
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
        return await self._instance.read(_has_follower_there, row=row)

    async def _timed(self, parcel: _Parcel) -> tuple[Answer, Shape]:
        """Send, and note how long that took and how it ended."""
        begin, result = time.monotonic(), "unreachable"
        try:
            answer, shape = await self._post(parcel)
            result = _result_of(answer.status)
        finally:
            self._instance.metrics.posted.labels(result).observe(time.monotonic() - begin)
        return answer, shape

    async def _post(self, parcel: _Parcel) -> tuple[Answer, Shape]:
        """Send, knocking again in another shape where the first is refused; return the answer and to which shape."""
        row = parcel.row
        headers = {"Content-Type": MEDIA_TYPE, "Accept": "application/activity+json, application/json"}
        if parcel.synchronisation is not None:
            headers["Collection-Synchronization"] = parcel.synchronisation
        shape = await self._room.peers.shape(row.host)
        tried: list[Shape] = []
        request = outgoing("POST", url=row.inbox, headers={}, body=parcel.body)
        while True:
            signed = await self._room.sign(
                "POST", row.inbox, actor=row.actor, shape=shape, headers=headers, body=parcel.body
            )
            self._lease.demand_held()
            answer = _as_meant(await self._room.client.post(row.inbox, body=parcel.body, headers=signed))
            if not wants_another_shape(answer):
                return answer, shape
            tried.append(shape)
            asked = shape_for(answer.headers.get("accept-signature", ""), request=request)
            following = asked if asked is not None and asked not in tried else next_shape(shape, tried, request=request)
            if following is None:
                return answer, shape
            shape = following

    async def _judge(self, parcel: _Parcel, answer: Answer, *, shape: Shape) -> bool:
        """Decide what an answer means for the delivery and its host (see the table in the explanation)."""
        row, status = parcel.row, answer.status
        reason = f"the server answered {status}"
        if 200 <= status < 300:
            learnt = await self._room.peers.news_of_shape(row.host, shape)
            await self._write(_succeed, row=row, learnt=learnt)
            self._delivered(row.host)
            return True
        if status in (408, 429, 503):
            await self._host_down(row, reason=f"{reason}, {peers.TRY_LATER}", seconds=retry_after(answer))
        if status >= 500 or 300 <= status < 400:
            await self._host_down(row, reason=reason, seconds=None)
        if status in (401, 403):
            return await self._try_again(row, pause=_refused_pause(row.attempts), reason=f"{reason}: refused")
        if status in (404, 410):
            return await self._no_inbox(row, reason=f"{reason}: no inbox there now")
        return await self._refused(row, reason=f"{reason}: refused")

    async def _no_inbox(self, row: Row[Any], *, reason: str) -> bool:
        """A shared inbox will be back; in place of a personal one the shared inbox is tried, once."""
        if row.reason == _SECOND_CHOICE:
            return await self._refused(row, reason=reason)
        if await self._instance.read(_is_shared, inbox=row.inbox):
            if self._age(row) < GONE_INBOX_PATIENCE:
                await self._host_down(row, reason=reason, seconds=None)
            await self._finish(row, "parked", reason)
            return True
        shared = await self._instance.read(_shared_inbox, inbox=row.inbox)
        if shared is None:
            return await self._refused(row, reason=reason)
        await self._write(_redirect, row=row, inbox=shared)
        return False

    async def _refused(self, row: Row[Any], *, reason: str) -> bool:
        """The answer ends this delivery, unless it takes something back."""
        if row.type in MUST_ARRIVE:
            return await self._try_again(row, pause=_pause(row.attempts), reason=reason)
        await self._finish(row, "failed", reason)
        return True

    async def _try_again(self, row: Row[Any], *, pause: int, reason: str) -> bool:
        """Wait, and park the delivery when it has waited for a week."""
        if self._age(row) >= PARK_AFTER:
            await self._finish(row, "parked", reason)
            return True
        await self._write(_postpone, row=row, pause=pause, reason=reason)
        return False

    def _age(self, row: Row[Any]) -> int:
        return int(self._instance.clock.now() - row.created_at)

    async def _finish(self, row: Row[Any], state: str, reason: str) -> None:
        await self._write(_finish, row=row, state=state, reason=reason)

    async def _host_down(self, row: Row[Any], *, reason: str, seconds: float | None) -> None:
        await self._write(_host_failed, row=row, reason=reason, seconds=seconds)
        raise _HostDownError

    async def _write(self, use_case: Callable[Concatenate[Transaction, P], T], *args: P.args, **values: P.kwargs) -> T:
        """Note a result, unless another process sends by now."""
        return await self._instance.write(self._lease.fenced(use_case), *args, **values)


def _due(
    tx: Transaction, *, now: int, busy: Sequence[str]
) -> tuple[dict[str, list[_Parcel]], list[tuple[Row[Any], str]]]:
    """Return what may be sent now by host, and what may not be sent any more with the reason."""
    bodies: dict[int, bytes] = {}
    digests = followers_sync.Digests(tx)
    parcels: dict[str, list[_Parcel]] = {}
    refused: list[tuple[Row[Any], str]] = []
    statement = _DUE.where(deliveries.c.host.not_in(busy)) if busy else _DUE
    for row in tx.rows(statement, {"now": now}):
        reason = _objection(tx, row)
        if reason is not None:
            refused.append((row, reason))
            continue
        if row.activity_id not in bodies:
            bodies[row.activity_id] = _body(tx, row.activity_id)
        header = digests.header(row.actor, row.host) if row.recipients == "[]" else None
        parcel = _Parcel(row=row, body=bodies[row.activity_id], synchronisation=header)
        parcels.setdefault(row.host, []).append(parcel)
    return parcels, refused


def _objection(tx: Transaction, row: Row[Any]) -> str | None:
    """Ask again, right before sending, whether this may still be sent; return why not."""
    if row.type in ("Delete", "Undo", "Reject", "Remove"):
        return None  # taking something back is always allowed
    if not outbox.sender_exists(tx, actor=row.actor):
        return "its author's account is no longer active"
    if row.object_uri is not None and tx.site.owns(row.object_uri):
        stored = objects.find(tx, uri=row.object_uri)
        if stored is not None and stored.deleted_at is not None:
            return "deleted before it was sent"
    for_followers = row.visibility == Visibility.FOLLOWERS and row.recipients == "[]"
    if for_followers and not _has_follower_there(tx, row=row):
        return "nobody there follows the author any more"
    return None


def _has_follower_there(tx: Transaction, *, row: Row[Any]) -> bool:
    return tx.row(_HAS_FOLLOWER_THERE, {"of": row.actor, "host": row.host, "inbox": row.inbox}) is not None


def _body(tx: Transaction, activity_id: int) -> bytes:
    document: str = tx.value(select(activities.c.document).where(activities.c.id == activity_id))
    return document.encode()


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


def _redirect(tx: Transaction, *, row: Row[Any], inbox: str) -> None:
    values = {"inbox": inbox, "host": host_of(inbox), "attempts": row.attempts + 1, "reason": _SECOND_CHOICE}
    tx.execute(update(deliveries).where(deliveries.c.id == row.id, deliveries.c.state == "queued").values(**values))


def _pause(failures: int) -> int:
    """Return the pause after so many failures in a row: doubling, capped, and never the same for two hosts."""
    longest = min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE)
    return int(longest * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load, keeps no secret


def _refused_pause(attempts: int) -> int:
    return REFUSED_PAUSES[attempts] if attempts < len(REFUSED_PAUSES) else _pause(attempts + _AFTER_REFUSALS)


def _succeed(tx: Transaction, *, row: Row[Any], learnt: Mapping[str, Any]) -> None:
    tx.execute(_FINISH, {"delivery": row.id, "new_state": "sent", "why": None, "at": tx.now})
    values = dict(learnt)
    if row.failures or tx.now - (row.last_success_at or 0) > _SUCCESS_RESOLUTION:
        values |= {
            "failures": 0,
            "failing_since": None,
            "next_attempt_at": None,
            "reason": None,
            "last_success_at": tx.now,
        }
    if values:
        peers.change(tx, host=row.host, values=values)
    if row.parked_at is not None:
        peers.wake(tx, host=row.host)


def _finish(tx: Transaction, *, row: Row[Any], state: str, reason: str) -> None:
    tx.execute(_FINISH, {"delivery": row.id, "new_state": state, "why": reason, "at": None})


def _postpone(tx: Transaction, *, row: Row[Any], pause: int, reason: str) -> None:
    tx.execute(_POSTPONE, {"delivery": row.id, "next": tx.now + pause, "why": reason})


def _host_failed(tx: Transaction, *, row: Row[Any], reason: str, seconds: float | None) -> None:
    """Open the breaker of a host; after a week of failing its queue is parked, to be woken by a sign of life."""
    failures = (row.failures or 0) + 1
    since = row.failing_since or tx.now
    pause = _pause(failures - 1) if seconds is None else int(min(max(seconds * SECOND, FIRST_PAUSE), DAY))
    parked = tx.now - since > PARK_AFTER
    peers.change(
        tx,
        host=row.host,
        values={
            "failures": failures,
            "failing_since": since,
            "next_attempt_at": tx.now + pause,
            "parked_at": (row.parked_at or tx.now) if parked else None,
            "reason": reason,
        },
    )
    tx.execute(
        update(deliveries)
        .where(deliveries.c.id == row.id, deliveries.c.state == "queued")
        .values(attempts=deliveries.c.attempts + 1, reason=reason)
    )
    if parked:
        tx.execute(
            update(deliveries)
            .where(deliveries.c.host == row.host, deliveries.c.state == "queued")
            .values(state="parked", reason=reason)
        )
    _log.info("host_down", host=row.host, reason=reason, pause_ms=pause, parked=parked)
