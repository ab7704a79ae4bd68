"""The inbox: a durable log of accepted activities, and the worker that handles it.

An activity is on disk before its sender hears 202. The worker reads the log in
order per key, fetches what a handler needs, and then runs the handler and marks
the item done in one transaction: the effect happens exactly once.

Spec: ``docs/explanation/delivery.md``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import Row, bindparam, select, update

from fedgov.activitystreams.activity import Activity
from fedgov.activitystreams.document import types
from fedgov.federation import actors, gate, objects, outbox
from fedgov.federation.dispatch import ACTOR, ANY, Handler, Handlers, Need, VerifiedActivity, order_key
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, MINUTE, SECOND
from fedgov.kernel.errors import FedgovError, RateLimitedError, UnreachableError
from fedgov.kernel.uris import host
from fedgov.store.tables import inbox_items
from fedgov.store.transaction import Transaction, insert_or_ignore

BATCH: Final = 500
AT_ONCE: Final = 64
IDLE_SECONDS: Final = 5.0
MAX_WAITING: Final = 10_000
BUSY_RETRY_AFTER: Final = 5.0
GIVE_UP_AFTER: Final = 3 * DAY
LONGEST_PAUSE: Final = 30 * MINUTE

_INNER: Final = frozenset({"Undo", "Accept", "Reject"})
_APPEND: Final = insert_or_ignore(inbox_items)
_DUE: Final = (
    select(inbox_items)
    .where(inbox_items.c.state == "queued", inbox_items.c.next_attempt_at <= bindparam("now"))
    .order_by(inbox_items.c.id)
    .limit(BATCH)
)
_WAITING_KEYS: Final = select(inbox_items.c.order_key, inbox_items.c.id).where(
    inbox_items.c.state == "queued", inbox_items.c.next_attempt_at > bindparam("now")
)
_LOGGED: Final = select(inbox_items.c.body).where(
    inbox_items.c.origin == bindparam("origin"), inbox_items.c.activity_uri == bindparam("uri")
)
_FINISH: Final = (
    update(inbox_items)
    .where(inbox_items.c.id == bindparam("item"))
    .values(state=bindparam("new_state"), reason=bindparam("why"), done_at=bindparam("at"))
)

_log = structlog.get_logger(__name__)


def append(tx: Transaction, *, verified: Sequence[VerifiedActivity]) -> None:
    """Write activities to the log; those that are there already are left as they are.

    Args:
        tx: The open transaction.
        verified: What the gate admitted.
    """
    rows = [
        {
            "id": tx.new_id(),
            "origin": each.origin,
            "activity_uri": each.activity.id,
            "actor": each.activity.actor,
            "type": each.activity.type[:100],
            "order_key": order_key(each.activity),
            "body": each.body,
            "key_id": each.key_id,
            "proven": each.proven,
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

    async def add(self, verified: VerifiedActivity) -> None:
        """Write an activity to the log; return once it is on disk.

        Raises:
            UnreachableError: It could not be stored now, and was not.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise UnreachableError("the server is busy", retry_after=BUSY_RETRY_AFTER, detail="intake full")
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((verified, stored))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._store())
        await stored

    async def _store(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                await self._instance.write(append, verified=[verified for verified, _ in batch])
            except Exception as error:  # whoever waits gets it, and there it stays loud
                _resolve(batch, error)
            else:
                _resolve(batch, None)


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

    row: Row[Any]
    verified: VerifiedActivity
    handler: Handler | None
    actor_known: bool


def _plan(tx: Transaction, *, row: Row[Any], handlers: Handlers) -> _Plan:
    """Read an item and choose its handler by activity type and object type."""
    verified = gate.restore(row)
    activity = verified.activity
    if activity.type in _INNER and activity.object is None and activity.object_uri is not None:
        inner = _find_inner(tx, origin=verified.origin, uri=activity.object_uri)
        if inner is not None:
            activity = replace(activity, object=inner)
            verified = replace(verified, activity=activity)
    handler = None
    for kind in (*_object_types(tx, activity), ANY):
        handler = handlers.get((activity.type, kind))
        if handler is not None:
            break
    known = actors.find(tx, uri=activity.actor)
    return _Plan(row=row, verified=verified, handler=handler, actor_known=known is not None)


def _find_inner(tx: Transaction, *, origin: str, uri: str) -> dict[str, Any] | None:
    """Return the activity that another one is about, from what we sent or what we received."""
    ours = outbox.find(tx, uri=uri)
    if ours is not None:
        return ours
    body = tx.value(_LOGGED, {"origin": origin, "uri": uri})
    return None if body is None else orjson.loads(bytes(body))


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
    """Run the handler and mark the item, in one transaction."""
    if plan.handler is None:
        reason = "kept; this server does nothing with this type of activity"
        _finish(tx, row_id=plan.row.id, state="done", reason=reason)
        return
    plan.handler.apply(tx, plan.verified)
    _finish(tx, row_id=plan.row.id, state="done", reason=None)


def _finish(tx: Transaction, *, row_id: int, state: str, reason: str | None) -> None:
    tx.execute(_FINISH, {"item": row_id, "new_state": state, "why": reason, "at": tx.now})


def _postpone(tx: Transaction, *, row: Row[Any], reason: str, seconds: float | None) -> None:
    """Try an item again later; park it when it has waited for days."""
    attempts = row.attempts + 1
    pause = max(int((seconds or 0) * SECOND), min(SECOND * 2**attempts, LONGEST_PAUSE))
    expired = tx.now + pause > row.received_at + GIVE_UP_AFTER
    tx.execute(
        update(inbox_items)
        .where(inbox_items.c.id == row.id)
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
    """

    def __init__(self, instance: Instance, *, handlers: Mapping[tuple[str, str], Handler]) -> None:
        self._instance = instance
        self._handlers = handlers
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Handle items until cancelled."""
        while True:
            try:
                busy = await self.work_once()
            except UnreachableError as error:  # the store is busy or full: what is logged stays logged
                _log.warning("inbox_waits", reason=error.safe, detail=error.detail)
                await asyncio.sleep(1)
                continue
            if not busy:
                await self._instance.signals.wait("inbox", seconds=IDLE_SECONDS)

    async def work_once(self) -> bool:
        """Handle the items that are due now; False when there were none."""
        now = self._instance.clock.now()
        due = await self._instance.read(_due, now=now, handlers=self._handlers)
        await asyncio.gather(*(self._in_order(first, later) for first, later in due))
        return bool(due)

    async def _in_order(self, first: _Plan | Row[Any], later: Sequence[Row[Any]]) -> None:
        """Handle the items of one key one after the other; stop at one that must wait.

        Only the first could be planned ahead: what the next one is about may
        be in the store only after the one before it has run.
        """
        async with self._slots:
            for item in (first, *later):
                if not await self._handle(item):
                    return

    async def _handle(self, item: _Plan | Row[Any]) -> bool:
        """Handle one item; False when later items of its key must wait for it."""
        row = item.row if isinstance(item, _Plan) else item
        write = self._instance.write
        try:
            plan = (
                item if isinstance(item, _Plan) else await self._instance.read(_plan, row=row, handlers=self._handlers)
            )
            await self._prepare(plan)
            await write(_apply, plan=plan)
        except (UnreachableError, RateLimitedError) as error:
            await write(_postpone, row=row, reason=error.safe, seconds=error.retry_after)
            return False
        except FedgovError as error:
            _log.info("activity_refused", activity=row.activity_uri, reason=error.safe, detail=error.detail)
            await write(_finish, row_id=row.id, state="refused", reason=error.safe)
        except Exception as error:  # the one place: a bug in a handler must not stop the others
            _log.exception("activity_parked", activity=row.activity_uri)
            await write(_finish, row_id=row.id, state="parked", reason=f"{type(error).__name__}: {error}"[:500])
        return True

    async def _prepare(self, plan: _Plan) -> None:
        """Get into the store what the handler needs."""
        activity = plan.verified.activity
        if not plan.actor_known and activity.type != "Delete":
            await self._instance.fetch.actor(activity.actor)
        if plan.handler is None:
            return
        for need in plan.handler.needs(activity):
            await self._get(need)

    async def _get(self, need: Need) -> None:
        if self._instance.site.owns(need.uri) or not self._instance.trust.allows(host(need.uri)):
            return  # ours is here already; the handler sees that the other is missing
        try:
            if need.kind == "actor":
                await self._instance.fetch.actor(need.uri)
            else:
                await self._instance.fetch.object(need.uri)
        except FedgovError as error:
            if need.required:
                raise
            _log.info("need_not_met", uri=need.uri, reason=error.safe)


def _due(tx: Transaction, *, now: int, handlers: Handlers) -> list[tuple[_Plan | Row[Any], list[Row[Any]]]]:
    """Return what is due, per key: the first item with its plan, then the later ones.

    Items whose key has an earlier one that waits are left out. An item that
    cannot be planned is returned bare, so that it fails where failing is noted.
    """
    waiting: dict[str, int] = {}
    for row in tx.rows(_WAITING_KEYS, {"now": now}):
        waiting[row.order_key] = min(row.id, waiting.get(row.order_key, row.id))
    by_key: dict[str, list[Row[Any]]] = {}
    for row in tx.rows(_DUE, {"now": now}):
        if row.id < waiting.get(row.order_key, row.id + 1):
            by_key.setdefault(row.order_key, []).append(row)
    return [(_planned(tx, row=rows[0], handlers=handlers), rows[1:]) for rows in by_key.values()]


def _planned(tx: Transaction, *, row: Row[Any], handlers: Handlers) -> _Plan | Row[Any]:
    try:
        return _plan(tx, row=row, handlers=handlers)
    except FedgovError:
        return row
