"""What became of deliveries, and what that says about their hosts.

What comes in at the same moment is written together: for most of a fan-out that
is two statements for dozens of deliveries. Between an answer and its record lie
some milliseconds; a crash there means sending again, which changes nothing
elsewhere.

Spec: ``docs/explanation/delivery.md``.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Final, ParamSpec

import structlog
from sqlalchemy import Row, bindparam, update

from fedgov.federation import peers
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, HOUR, MINUTE, SECOND
from fedgov.kernel.errors import UnreachableError
from fedgov.kernel.uris import host as host_of
from fedgov.store.leases import Lease
from fedgov.store.lists import filled_up
from fedgov.store.tables import deliveries
from fedgov.store.transaction import Transaction

P = ParamSpec("P")

PARK_AFTER: Final = 7 * DAY
FIRST_PAUSE: Final = 10 * SECOND
LONGEST_PAUSE: Final = 6 * HOUR
REFUSED_PAUSES: Final = (1 * MINUTE, 5 * MINUTE, 30 * MINUTE)
MOST_TOGETHER: Final = 512
_AFTER_REFUSALS: Final = 5  # so that the pause after these is longer than the last of them
_SUCCESS_RESOLUTION: Final = HOUR
SECOND_CHOICE: Final = "its own inbox is gone, so the shared inbox is tried once"

_ARRIVED: Final = (
    update(deliveries)
    .where(deliveries.c.id.in_(bindparam("arrived", expanding=True)), deliveries.c.state == "queued")
    .values(state="sent", reason=None, attempts=deliveries.c.attempts + 1, sent_at=bindparam("at"))
)
_END: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"), deliveries.c.state == "queued")
    .values(state=bindparam("new_state"), reason=bindparam("why"), attempts=deliveries.c.attempts + 1)
)
_POSTPONE: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"), deliveries.c.state == "queued")
    .values(next_attempt_at=bindparam("next"), reason=bindparam("why"), attempts=deliveries.c.attempts + 1)
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A server said that it has a delivery."""

    row: Row[Any]
    learnt: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Note:
    """Something to be written, and whom to tell when it was."""

    result: _Arrival | Callable[[Transaction], None]
    written: asyncio.Future[None]


class Results:
    """Writes results, those that come in at the same moment in one transaction.

    Args:
        instance: Whose deliveries they are of.
        lease: The right to send; without it nothing is written.
        pause: How long to wait for others after the first, in seconds.
    """

    def __init__(self, instance: Instance, *, lease: Lease, pause: Callable[[], float]) -> None:
        self._instance = instance
        self._lease = lease
        self._pause = pause
        self._notes: list[_Note] = []
        self._writing: asyncio.Task[None] | None = None

    async def arrived(self, row: Row[Any], *, learnt: Mapping[str, Any]) -> None:
        """Note that a server has a delivery; return when that is on disk.

        Args:
            row: The delivery, with what was known of its host when it was read.
            learnt: What else is to be stored about the host.

        Raises:
            UnreachableError: It could not be stored, or another process sends by now.
        """
        await self._note(_Arrival(row=row, learnt=learnt))

    async def note(
        self, use_case: Callable[Concatenate[Transaction, P], None], *args: P.args, **values: P.kwargs
    ) -> None:
        """Note any other result; return when it is on disk.

        Raises:
            UnreachableError: It could not be stored, or another process sends by now.
        """
        await self._note(lambda tx: use_case(tx, *args, **values))

    async def settle(self) -> None:
        """Return when all that was noted is written, or could not be."""
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def _note(self, result: _Arrival | Callable[[Transaction], None]) -> None:
        note = _Note(result=result, written=asyncio.get_running_loop().create_future())
        self._notes.append(note)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all(), name="note what became of deliveries")
        await note.written

    async def _write_all(self) -> None:
        try:
            while self._notes:
                await asyncio.sleep(self._pause())
                notes, self._notes = self._notes[:MOST_TOGETHER], self._notes[MOST_TOGETHER:]
                await self._write(notes)
        finally:
            self._writing = None

    async def _write(self, notes: Sequence[_Note]) -> None:
        try:
            await self._instance.write(self._lease.fenced(_store), results=[note.result for note in notes])
        except Exception as error:
            if len(notes) > 1 and not isinstance(error, UnreachableError):
                for note in notes:  # a bug, from which the others must not suffer
                    await self._write([note])
                return
            _tell(notes, error)
        else:
            _tell(notes, None)


def _tell(notes: Sequence[_Note], error: Exception | None) -> None:
    for note in notes:
        if note.written.done():  # whoever waited was cancelled
            continue
        if error is None:
            note.written.set_result(None)
        else:
            note.written.set_exception(error)


def _store(tx: Transaction, *, results: Sequence[_Arrival | Callable[[Transaction], None]]) -> None:
    arrivals = [result for result in results if isinstance(result, _Arrival)]
    if arrivals:
        _store_arrivals(tx, arrivals)
    for result in results:
        if not isinstance(result, _Arrival):
            result(tx)


def _store_arrivals(tx: Transaction, arrivals: Sequence[_Arrival]) -> None:
    tx.execute(_ARRIVED, {"arrived": filled_up([arrival.row.id for arrival in arrivals]), "at": tx.now})
    news: dict[tuple[tuple[str, Any], ...], set[str]] = {}
    for arrival in arrivals:
        row, values = arrival.row, dict(arrival.learnt)
        if row.failures:
            values |= peers.ANSWERS
        if row.failures or tx.now - (row.last_success_at or 0) > _SUCCESS_RESOLUTION:
            values["last_success_at"] = tx.now
        if values:
            news.setdefault(tuple(values.items()), set()).add(row.host)
    for items, hosts in news.items():
        peers.change_many(tx, hosts=sorted(hosts), values=dict(items))
    for host in {arrival.row.host for arrival in arrivals if arrival.row.parked_at is not None}:
        peers.wake(tx, host=host)


def end(tx: Transaction, *, row: Row[Any], state: str, reason: str) -> None:
    """End a delivery otherwise than by its arrival: ``failed``, ``parked`` or ``withdrawn``."""
    tx.execute(_END, {"delivery": row.id, "new_state": state, "why": reason})


def postpone(tx: Transaction, *, row: Row[Any], pause: int, reason: str) -> None:
    """Try a delivery again after a pause, in milliseconds."""
    tx.execute(_POSTPONE, {"delivery": row.id, "next": tx.now + pause, "why": reason})


def redirect(tx: Transaction, *, row: Row[Any], inbox: str) -> None:
    """Send a delivery to another inbox."""
    values = {"inbox": inbox, "host": host_of(inbox), "attempts": row.attempts + 1, "reason": SECOND_CHOICE}
    tx.execute(update(deliveries).where(deliveries.c.id == row.id, deliveries.c.state == "queued").values(**values))
    tx.signal("deliveries")


def host_failed(tx: Transaction, *, row: Row[Any], reason: str, seconds: float | None) -> None:
    """Open the breaker of a host; after a week of failing its queue is parked, to be woken by a sign of life."""
    failures = (row.failures or 0) + 1
    since = row.failing_since or tx.now
    pause = pause_after(failures - 1) if seconds is None else int(min(max(seconds * SECOND, FIRST_PAUSE), DAY))
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


def pause_after(failures: int) -> int:
    """Return the pause after so many failures in a row: doubling, capped, and never the same for two hosts."""
    longest = min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE)
    return int(longest * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load, keeps no secret


def pause_after_refusal(attempts: int) -> int:
    """Return how long a delivery waits that was refused after so many attempts before."""
    return REFUSED_PAUSES[attempts] if attempts < len(REFUSED_PAUSES) else pause_after(attempts + _AFTER_REFUSALS)
