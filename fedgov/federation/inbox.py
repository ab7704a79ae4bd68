"""The inbox: a durable log of accepted activities, and the worker that handles it.

An activity is on disk before its sender hears 202. The worker reads the log in
order per key, fetches what a handler needs, and then runs the handler and marks
the item done in one transaction: the effect happens exactly once.

Spec: ``docs/explanation/delivery.md``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, Final, ParamSpec, Self, TypeVar

import orjson
import structlog
from sqlalchemy import Row, and_, bindparam, func, or_, select, update

from fedgov.activitystreams.activity import Activity
from fedgov.activitystreams.document import types
from fedgov.federation import actors, fetch, forwarding, gate, objects, outbox
from fedgov.federation.dispatch import ACTOR, ANY, Handler, Handlers, Need, VerifiedActivity, order_key
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, MINUTE, SECOND
from fedgov.kernel.errors import FedgovError, ForbiddenError, NotFoundError, RateLimitedError, UnreachableError
from fedgov.kernel.uris import host
from fedgov.store.leases import ONLY_PROCESS, Lease
from fedgov.store.tables import inbox_items, is_queued, was_tried
from fedgov.store.transaction import Transaction, insert_or_ignore

P = ParamSpec("P")
T = TypeVar("T")

BATCH: Final = 500
FETCHES_AT_ONCE: Final = 64
FETCH_SECONDS: Final = 60.0
PATIENCE: Final = 0.25
"""Seconds that the next look at the log waits for what runs; what takes longer runs on beside it."""
IDLE_SECONDS: Final = 5.0
MAX_WAITING: Final = 10_000
MAX_UNDER_WAY: Final = 32 * 1_048_576
"""Most bytes of requests that are being read, checked and stored at one moment."""
COST_OF_REQUEST: Final = 8_192
"""Bytes that a request takes besides its body, so that many small ones have a limit too."""
MAX_IN_HAND: Final = 16 * 1_048_576
"""Most bytes of activities that the worker has in memory, unless one alone is larger."""
BUSY_RETRY_AFTER: Final = 5.0
RUSH_PER_SECOND: Final = 200
RUSH_AT_ONCE: Final = 8
"""Activities that one sync stores: so many wait for it only when they come faster than they can be taken in."""
GATHER_SECONDS: Final = 0.001
"""In a rush the next sync waits so long for company: a sync costs more than what it stores."""
RUSH_PAUSE: Final = 0.05
LONGEST_RUSH: Final = 5.0
GIVE_UP_AFTER: Final = 3 * DAY
LONGEST_PAUSE: Final = 30 * MINUTE

_INNER: Final = frozenset({"Undo", "Accept", "Reject"})
_APPEND: Final = insert_or_ignore(inbox_items)
_earlier: Final = inbox_items.alias("earlier")
_KEY_WAITS: Final = (
    select(_earlier.c.id)
    .where(
        was_tried(_earlier),
        _earlier.c.order_key == inbox_items.c.order_key,
        _earlier.c.next_attempt_at > bindparam("now"),
    )
    .correlate(inbox_items)
    .exists()
)
MAY_GO: Final = and_(
    # what was not tried yet is due, also when the clock was put back meanwhile
    or_(inbox_items.c.attempts == 0, inbox_items.c.next_attempt_at <= bindparam("now")),
    ~_KEY_WAITS,  # or those behind one that waits would fill the batch for ever
)
"""Of what is queued: what need not wait for its next attempt."""

_IS_DUE: Final = and_(
    is_queued(inbox_items),
    MAY_GO,
)
_SIZES: Final = (
    select(inbox_items.c.id, func.length(inbox_items.c.body).label("size"))
    .where(_IS_DUE)
    .order_by(inbox_items.c.id)
    .limit(BATCH)
)
_DUE: Final = select(inbox_items).where(_IS_DUE, inbox_items.c.id <= bindparam("last")).order_by(inbox_items.c.id)
STORED_ELSEWHERE: Final = frozenset({"Create", "Update"})
"""Types whose object has a row of its own once they are handled: then the log does not keep it twice, so that what
its author deletes is gone. Others may be named later by their URI alone, as in an Undo of a Like."""
_LOGGED: Final = select(inbox_items.c.body).where(
    inbox_items.c.origin == bindparam("origin"), inbox_items.c.activity_uri == bindparam("uri")
)
_FINISH: Final = (
    update(inbox_items)
    .where(inbox_items.c.id == bindparam("item"), inbox_items.c.state == "queued")
    .values(state=bindparam("new_state"), reason=bindparam("why"), done_at=bindparam("at"))
)
_FINISH_STORED: Final = _FINISH.values(body=b"")

_log = structlog.get_logger(__name__)


def append(tx: Transaction, *, verified: Sequence[VerifiedActivity]) -> None:
    """Write activities to the log; those that are there already are left as they are.

    Args:
        tx: The open transaction.
        verified: What the gate admitted.
    """
    batch = {each.activity.id: each for each in verified}
    rows = [
        {
            "id": tx.new_id(),
            "origin": each.origin,
            "activity_uri": each.activity.id,
            "actor": each.activity.actor,
            "type": each.activity.type[:100],
            "order_key": order_key(_with_inner(tx, each, batch=batch).activity),
            "body": each.body,
            "key_id": each.key_id,
            "proven": each.proven,
            "dated": each.activity.published is not None,
            "state": "queued",
            "attempts": 0,
            "next_attempt_at": each.received_at,
            "received_at": each.received_at,
        }
        for each in verified
    ]
    tx.execute(_APPEND, rows)
    tx.signal("inbox")


class Intake:
    """Where the doors hand in what the gate admitted.

    What arrives while the disk is syncing is written together with the next
    sync, so that a thousand messages a second cost a few hundred syncs.

    Args:
        instance: The server.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._waiting: list[tuple[VerifiedActivity, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._second = _Second(0)
        self._second_before = _Second(0)
        self._under_way = 0

    def weighing(self) -> Weighing:
        """Let one request come in; its bytes are weighed as they are read."""
        return Weighing(self)

    def pick_up(self, size: int) -> None:
        """Note that so many bytes more are under way.

        Their sum over all requests is limited, so that a flood costs its senders an answer and not the server its life.

        Raises:
            UnreachableError: It is too much now.
        """
        self._under_way += size
        if self._under_way > MAX_UNDER_WAY:
            raise UnreachableError("the server is busy", retry_after=BUSY_RETRY_AFTER, detail="too much under way")

    def put_down(self, size: int) -> None:
        """Note that so many bytes are no longer under way."""
        self._under_way -= size

    @property
    def in_a_rush(self) -> bool:
        """Whether more arrives, in this second or the one before, than can be taken in while others are handled."""
        now, before = self._this_second(), self._second_before
        return max(now.arrived, before.arrived) >= RUSH_PER_SECOND and max(now.at_once, before.at_once) >= RUSH_AT_ONCE

    def _this_second(self) -> _Second:
        number = self._instance.clock.now() // SECOND
        if number != self._second.number:
            self._second_before = self._second if number == self._second.number + 1 else _Second(number - 1)
            self._second = _Second(number)
        return self._second

    @property
    def waiting(self) -> int:
        """How many activities wait to be stored."""
        return len(self._waiting)

    async def add(self, verified: VerifiedActivity) -> None:
        """Write an activity to the log; return once it is on disk.

        Raises:
            UnreachableError: It could not be stored now, and was not.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise UnreachableError("the server is busy", retry_after=BUSY_RETRY_AFTER, detail="intake full")
        self._this_second().arrived += 1
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((verified, stored))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._store())
        await stored

    async def _store(self) -> None:
        while self._waiting:
            if self.in_a_rush:
                await asyncio.sleep(GATHER_SECONDS)
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            second = self._this_second()
            second.at_once = max(second.at_once, len(batch))
            try:
                await self._instance.write(append, verified=[verified for verified, _ in batch])
            except Exception as error:  # whoever waits gets it, and there it stays loud
                _resolve(batch, error)
            else:
                self._instance.metrics.accepted.inc(len(batch))
                _resolve(batch, None)


@dataclass(slots=True)
class _Second:
    """What came in during one second: how much, and the most that one sync stored."""

    number: int
    arrived: int = 0
    at_once: int = 0


class Weighing:
    """The bytes of one request that is under way; they count until it is left.

    Args:
        intake: Where they count.
    """

    __slots__ = ("_intake", "_weight")

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._weight = 0

    def __enter__(self) -> Self:
        """Count the request itself.

        Raises:
            UnreachableError: Too much is under way.
        """
        try:
            self.add(COST_OF_REQUEST)
        except UnreachableError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of all that was counted."""
        self._intake.put_down(self._weight)

    def add(self, size: int) -> None:
        """Count bytes that were read.

        Raises:
            UnreachableError: Too much is under way.
        """
        self._weight += size
        self._intake.pick_up(size)


def _resolve(batch: Sequence[tuple[VerifiedActivity, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, stored in batch:
        if stored.done():  # its sender hung up
            continue
        if error is None:
            stored.set_result(None)
        else:
            stored.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was found out about an item before it runs."""

    row: Row[Any] = field(repr=False)
    verified: VerifiedActivity
    handler: Handler | None
    missing: tuple[Need, ...]


def _plan(tx: Transaction, *, row: Row[Any], handlers: Handlers) -> _Plan:
    """Read an item and choose its handler by activity type and object type."""
    verified = _with_inner(tx, gate.restore(row))
    activity = verified.activity
    handler = None
    for kind in (*_object_types(tx, activity), ANY):
        handler = handlers.get((activity.type, kind))
        if handler is not None:
            break
    needs: Iterable[Need] = () if handler is None else handler.needs(activity)
    missing = [need for need in needs if not _is_here(tx, need)]
    if missing and handler is not None:
        handler.check(tx, verified)
    if activity.type != "Delete" and actors.find(tx, uri=activity.actor) is None:
        missing.insert(0, Need(kind="actor", uri=activity.actor))
    return _Plan(row=row, verified=verified, handler=handler, missing=tuple(missing))


def _is_here(tx: Transaction, need: Need) -> bool:
    if tx.site.owns(need.uri):
        return True  # and when it is not, nobody else has it
    if need.kind == "object":
        found = objects.find(tx, uri=need.uri)
        return found is not None and found.deleted_at is None
    return not need.fresh and fetch.is_fresh(actors.find(tx, uri=need.uri), now=tx.now)


def _with_inner(
    tx: Transaction, verified: VerifiedActivity, *, batch: Mapping[str, VerifiedActivity] | None = None
) -> VerifiedActivity:
    """Return an Undo, Accept or Reject with the activity it is about embedded, where that is known."""
    activity = verified.activity
    if activity.type not in _INNER or activity.object is not None or activity.object_uri is None:
        return verified
    beside = (batch or {}).get(activity.object_uri)
    if beside is not None and beside.origin == verified.origin:
        inner: dict[str, Any] | None = beside.activity.document
    else:
        inner = _find_inner(tx, origin=verified.origin, uri=activity.object_uri)
    return verified if inner is None else replace(verified, activity=replace(activity, object=inner))


def _find_inner(tx: Transaction, *, origin: str, uri: str) -> dict[str, Any] | None:
    """Return the activity that another one is about, from what we sent or what we received."""
    ours = outbox.find(tx, uri=uri)
    if ours is not None:
        return ours
    body = tx.value(_LOGGED, {"origin": origin, "uri": uri})
    return orjson.loads(bytes(body)) if body else None


def _object_types(tx: Transaction, activity: Activity) -> tuple[str, ...]:
    uri = activity.object_uri
    embedded = types(activity.object) if activity.object is not None else ()
    if embedded and embedded != ("Tombstone",) and activity.type in _INNER:
        return embedded
    if uri is not None and (uri == activity.actor or actors.find(tx, uri=uri) is not None):
        return (ACTOR,)
    if embedded and embedded != ("Tombstone",):
        return embedded
    stored = objects.find(tx, uri=uri) if uri is not None else None
    return (stored.type,) if stored is not None else ()


def _apply(tx: Transaction, *, plan: _Plan) -> None:
    """Mark the item and run its handler, in one transaction; nothing when another process did."""
    reason = "kept; this server does nothing with this type of activity" if plan.handler is None else None
    is_stored = plan.handler is not None and plan.verified.activity.type in STORED_ELSEWHERE
    was_queued = _finish(tx, row_id=plan.row.id, state="done", reason=reason, is_stored=is_stored)
    if was_queued and plan.handler is not None:
        _demand_not_suspended(tx, plan.verified.activity)
        plan.handler.apply(tx, plan.verified)
        forwarding.forward(tx, plan.verified)


def _demand_not_suspended(tx: Transaction, activity: Activity) -> None:
    """Refuse what somebody does whom an administrator suspended; they may still leave."""
    author = actors.find(tx, uri=activity.actor)
    if author is not None and author.disabled_at is not None and not author.local and activity.type != "Delete":
        raise ForbiddenError("this account was suspended here", detail=activity.actor)


def _finish(tx: Transaction, *, row_id: int, state: str, reason: str | None, is_stored: bool = False) -> bool:
    """Note the result; False when another process did. The body goes when what it said is stored elsewhere."""
    statement = _FINISH_STORED if is_stored else _FINISH
    return tx.execute(statement, {"item": row_id, "new_state": state, "why": reason, "at": tx.now}) > 0


def _postpone(tx: Transaction, *, row: Row[Any], reason: str, seconds: float | None) -> None:
    """Try an item again later; park it when it has waited for days."""
    attempts = row.attempts + 1
    pause = max(int((seconds or 0) * SECOND), min(SECOND * 2**attempts, LONGEST_PAUSE))
    expired = tx.now + pause > row.received_at + GIVE_UP_AFTER
    tx.execute(
        update(inbox_items)
        .where(inbox_items.c.id == row.id, inbox_items.c.state == "queued")
        .values(
            attempts=attempts,
            next_attempt_at=tx.now + pause,
            reason=reason,
            state="parked" if expired else "queued",
        )
    )


class InboxWorker:
    """Handles the log of one instance.

    Args:
        instance: The server.
        handlers: What rooms do with activities, by (activity type, object type).
        intake: Where activities come in; None when nothing does.
        lease: The right to handle.
    """

    def __init__(
        self,
        instance: Instance,
        *,
        handlers: Mapping[tuple[str, str], Handler],
        intake: Intake | None = None,
        lease: Lease = ONLY_PROCESS,
    ) -> None:
        self._instance = instance
        self._lease = lease
        self._intake = intake
        self._handlers = handlers
        self._fetches = asyncio.Semaphore(FETCHES_AT_ONCE)
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._in_hand = 0
        instance.signals.expect("inbox")

    async def run(self) -> None:
        """Handle items until cancelled, whenever it is ours to do."""
        await self._lease.hold(self._run)

    async def _run(self) -> None:
        self._instance.vitals.begin("inbox")
        try:
            while True:
                await self._let_the_rush_pass()
                try:
                    found = await self.work_once()
                except UnreachableError as error:  # the store is busy or full: what is logged stays logged
                    _log.warning("inbox_waits", reason=error.safe, detail=error.detail)
                    self._instance.vitals.beat("inbox")
                    await asyncio.sleep(1)
                    continue
                self._instance.vitals.beat("inbox")  # not before: one that fails each time is no sign of life
                if not found:
                    await self._instance.signals.wait("inbox", seconds=IDLE_SECONDS)
        except asyncio.CancelledError:
            self._instance.vitals.rest("inbox")  # another process does it now
            raise
        finally:
            await self._stop()

    async def _let_the_rush_pass(self) -> None:
        """Wait while senders queue at the door, but not longer than people accept to wait for a post.

        What is in the log is safe; a sender that is kept waiting gives up and comes back later.
        """
        pauses = int(LONGEST_RUSH / RUSH_PAUSE)
        while pauses and self._intake is not None and self._intake.in_a_rush:
            pauses -= 1
            await asyncio.sleep(RUSH_PAUSE)

    async def _stop(self) -> None:
        tasks = list(self._busy.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Handle everything that is due now and wait until it was; for tests and the command line."""
        while await self.work_once() or self._busy:
            if self._busy:
                await asyncio.wait(self._busy.values())

    async def work_once(self) -> bool:
        """Begin with the items that are due now; False when there were none.

        Nobody waits long for a slow one: it runs on, and its key is left out of the next look.
        """
        if len(self._busy) >= BATCH or self._in_hand >= MAX_IN_HAND:
            await asyncio.wait(self._busy.values(), timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            return True
        now, busy = self._instance.clock.now(), tuple(self._busy)
        room = MAX_IN_HAND - self._in_hand
        due = await self._instance.read(_due, now=now, handlers=self._handlers, busy=busy, room=room)
        if not due:
            return False
        done, _ = await asyncio.wait([self._start(*items) for items in due], timeout=PATIENCE)
        for task in done:
            task.result()
        return True

    def _start(self, first: _Plan | Row[Any], later: Sequence[Row[Any]]) -> asyncio.Task[None]:
        key = _row(first).order_key
        self._in_hand += (weight := sum(len(row.body) for row in (_row(first), *later)))
        task = self._busy[key] = asyncio.create_task(self._in_order(first, later))
        task.add_done_callback(lambda done: self._ended(key, weight, done))
        return task

    def _ended(self, key: str, weight: int, task: asyncio.Task[None]) -> None:
        del self._busy[key]
        self._in_hand -= weight
        error = None if task.cancelled() else task.exception()
        if error is not None:  # its result could not be written, so it is done again
            _log.warning("inbox_result_not_stored", reason=str(error)[:500])
        self._instance.signals.send(["inbox"])  # more may have come in for this key meanwhile

    async def _in_order(self, first: _Plan | Row[Any], later: Sequence[Row[Any]]) -> None:
        """Handle the items of one key one after the other; stop at one that must wait.

        Only the first could be planned ahead: what the next one is about may
        be in the store only after the one before it has run.
        """
        for item in (first, *later):
            if not await self._handle(item):
                return

    async def _handle(self, item: _Plan | Row[Any]) -> bool:
        """Handle one item; False when later items of its key must wait for it."""
        row = _row(item)
        tried = self._instance.metrics.tried
        try:
            plan = (
                item if isinstance(item, _Plan) else await self._instance.read(_plan, row=row, handlers=self._handlers)
            )
            await self._prepare(plan)
            await self._write(_apply, plan=plan)
        except (UnreachableError, RateLimitedError) as error:
            await self._write(_postpone, row=row, reason=error.safe, seconds=error.retry_after)
            tried("postponed")
            return False
        except FedgovError as error:
            _log.info("activity_refused", activity=row.activity_uri, reason=error.safe, detail=error.detail)
            await self._write(_finish, row_id=row.id, state="refused", reason=error.safe)
            tried("refused")
        except Exception as error:  # the one place: a bug in a handler must not stop the others
            _log.exception("activity_parked", activity=row.activity_uri)
            await self._write(_finish, row_id=row.id, state="parked", reason=f"{type(error).__name__}: {error}"[:500])
            tried("parked")
        else:
            tried("done")
        return True

    async def _write(self, use_case: Callable[Concatenate[Transaction, P], T], *args: P.args, **values: P.kwargs) -> T:
        """Carry out or note a result, unless another process handles the log by now."""
        return await self._instance.write_behind(self._lease.fenced(use_case), *args, **values)

    async def _prepare(self, plan: _Plan) -> None:
        """Get into the store what the handler needs."""
        if not plan.missing:
            return
        async with self._fetches:
            try:
                async with asyncio.timeout(FETCH_SECONDS):
                    for need in plan.missing:
                        await self._get(need, attempts=plan.row.attempts)
            except TimeoutError:
                raise UnreachableError("what it is about could not be fetched in time") from None

    async def _get(self, need: Need, *, attempts: int) -> None:
        if not self._instance.trust.allows(host(need.uri)):
            return  # the handler sees that it is missing
        source = self._instance.fetch
        get = source.object if need.kind == "object" else source.refresh_actor if need.fresh else source.actor
        try:
            if await get(need.uri) != need.uri:
                raise NotFoundError("what it is about has another address", detail=need.uri)
        except FedgovError as error:
            is_over = not isinstance(error, UnreachableError | RateLimitedError)
            if need.required or not (is_over or attempts >= need.patience):
                raise
            _log.info("need_not_met", uri=need.uri, reason=error.safe)


def _row(item: _Plan | Row[Any]) -> Row[Any]:
    return item.row if isinstance(item, _Plan) else item


def _due(
    tx: Transaction, *, now: int, handlers: Handlers, busy: Sequence[str], room: int
) -> list[tuple[_Plan | Row[Any], list[Row[Any]]]]:
    """Return what is due and fits in so many bytes, per key: the first item with its plan, then the later ones.

    Items whose key is busy or has an earlier one that waits are left out. An item
    that cannot be planned is returned bare, so that it fails where failing is noted.
    """
    by_key: dict[str, list[Row[Any]]] = {}
    others = (inbox_items.c.order_key.not_in(busy),) if busy else ()
    last = _last_that_fits(tx.rows(_SIZES.where(*others) if busy else _SIZES, {"now": now}), room=room)
    if last is None:
        return []
    for row in tx.rows(_DUE.where(*others) if busy else _DUE, {"now": now, "last": last}):
        by_key.setdefault(row.order_key, []).append(row)
    return [(_planned(tx, row=rows[0], handlers=handlers), rows[1:]) for rows in by_key.values()]


def _last_that_fits(sizes: Sequence[Row[Any]], *, room: int) -> int | None:
    """Return the id up to which items fit together; the first one always does."""
    last: int | None = None
    for row in sizes:
        room -= row.size
        if room < 0 and last is not None:
            break
        last = row.id
    return last


def _planned(tx: Transaction, *, row: Row[Any], handlers: Handlers) -> _Plan | Row[Any]:
    try:
        return _plan(tx, row=row, handlers=handlers)
    except Exception:  # it is planned once more on its own, where a failure parks it with its reason
        return row
