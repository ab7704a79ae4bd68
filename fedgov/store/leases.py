"""Who of several processes does the work that only one at a time may do.

On PostgreSQL an instance may be served by several processes. Each worker runs
in the one that holds its lease; when that process dies, stops or hangs, another
takes over. Whoever lost a lease without noticing begins nothing new, and what it
still writes is refused by the fencing number, in the same transaction.

SQLite instances have one serving process (a lock file says so), so there the
work is simply done.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar

import structlog
from sqlalchemy import bindparam, or_, select, update

from fedgov.kernel.clock import SECOND
from fedgov.kernel.errors import UnreachableError
from fedgov.store.database import Database, SqliteDatabase
from fedgov.store.tables import leases
from fedgov.store.transaction import Transaction, insert_or_ignore

P = ParamSpec("P")
T = TypeVar("T")

LEASE_SECONDS: Final = 10.0
RENEWALS_PER_LEASE: Final = 4

_MAKE: Final = insert_or_ignore(leases)
_TAKE: Final = (
    update(leases)
    .where(
        leases.c.name == bindparam("which"),
        or_(leases.c.until <= bindparam("now"), leases.c.holder == bindparam("me")),
    )
    .values(holder=bindparam("me"), fence=leases.c.fence + 1, until=bindparam("end"))
)
_RENEW: Final = (
    update(leases)
    .where(
        leases.c.name == bindparam("which"), leases.c.holder == bindparam("me"), leases.c.fence == bindparam("number")
    )
    .values(until=bindparam("end"))
)
_FENCE: Final = select(leases.c.fence).where(leases.c.name == bindparam("which"), leases.c.holder == bindparam("me"))
# The lock makes another process that wants the lease wait for the end of this transaction.
_GUARD: Final = _FENCE.where(leases.c.fence == bindparam("number")).with_for_update(read=True)

_log = structlog.get_logger(__name__)


class LeaseLostError(UnreachableError):
    """Another process does this work now; nothing was written."""


class Lease(Protocol):
    """The right to do one kind of work."""

    def demand_held(self) -> None:
        """Return when the work may go on.

        Raises:
            LeaseLostError: It may not: another process may have taken over.
        """
        ...

    def fenced(self, use_case: Callable[Concatenate[Transaction, P], T]) -> Callable[Concatenate[Transaction, P], T]:
        """Return a use case that refuses with `LeaseLostError` when another process has taken over."""
        ...

    async def hold(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work whenever it is ours to do, until cancelled or until it raises."""
        ...


class OnlyProcess:
    """The lease of whoever cannot have a competitor."""

    def demand_held(self) -> None:
        """Return."""

    def fenced(self, use_case: Callable[Concatenate[Transaction, P], T]) -> Callable[Concatenate[Transaction, P], T]:
        """Return the use case itself."""
        return use_case

    async def hold(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work."""
        await work()


ONLY_PROCESS: Final = OnlyProcess()


class SharedLease:
    """A lease that processes with one database compete for.

    Args:
        database: Where it is kept.
        name: Of the work.
        seconds: How long after its holder's last sign of life another may take it.
    """

    def __init__(self, database: Database, *, name: str, seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._name = name
        self._seconds = seconds
        self._me = secrets.token_hex(8)
        self._number = 0
        self._ours_until = 0.0  # by our monotonic clock, which goes on while we are stopped

    def demand_held(self) -> None:
        """Return when the work may go on."""
        if time.monotonic() >= self._ours_until:
            raise LeaseLostError("another process does this work now", detail=self._name)

    def fenced(self, use_case: Callable[Concatenate[Transaction, P], T]) -> Callable[Concatenate[Transaction, P], T]:
        """Return a use case that refuses when another process has taken over."""
        number = self._number

        def guarded(tx: Transaction, /, *args: P.args, **values: P.kwargs) -> T:
            if tx.value(_GUARD, {"which": self._name, "me": self._me, "number": number}) is None:
                raise LeaseLostError("another process does this work now", detail=self._name)
            return use_case(tx, *args, **values)

        return guarded

    async def hold(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work whenever it is ours to do."""
        while True:
            if await self._extend(_take):
                _log.info("lease_taken", work=self._name, fence=self._number)
                await self._work_while_held(work)
            await asyncio.sleep(self._seconds / RENEWALS_PER_LEASE)

    async def _work_while_held(self, work: Callable[[], Awaitable[None]]) -> None:
        running = asyncio.ensure_future(work())
        try:
            while not running.done() and await self._still_held():
                await asyncio.wait([running], timeout=self._seconds / RENEWALS_PER_LEASE)
            if running.done():
                running.result()
            else:
                _log.warning("lease_lost", work=self._name, fence=self._number)
        finally:
            running.cancel()
            await asyncio.wait([running])
            with contextlib.suppress(UnreachableError):
                await self._database.write(self.fenced(_release), name=self._name)

    async def _still_held(self) -> bool:
        """Renew; when the database does not answer, we have it for as long as nobody else can have taken it."""
        return await self._extend(_renew) or time.monotonic() < self._ours_until

    async def _extend(self, how: Callable[..., int | None]) -> bool:
        asked = time.monotonic()  # before the database notes it, so that we believe it ends no later than others do
        try:
            number = await self._database.write(
                how, name=self._name, me=self._me, number=self._number, milliseconds=int(self._seconds * SECOND)
            )
        except UnreachableError as error:
            _log.warning("lease_not_extended", work=self._name, reason=error.safe)
            return False
        if number is None:
            self._ours_until = 0.0
            return False
        self._number, self._ours_until = number, asked + self._seconds
        return True


def lease_of(database: Database, name: str) -> Lease:
    """Return the lease for some work on a database.

    Args:
        database: Whose instance the work is for.
        name: Of the work.
    """
    return ONLY_PROCESS if isinstance(database, SqliteDatabase) else SharedLease(database, name=name)


def _take(tx: Transaction, *, name: str, me: str, number: int, milliseconds: int) -> int | None:
    tx.execute(_MAKE, {"name": name, "holder": "", "fence": 0, "until": 0})
    if not tx.execute(_TAKE, {"which": name, "me": me, "now": tx.now, "end": tx.now + milliseconds}):
        return None
    fence: int = tx.value(_FENCE, {"which": name, "me": me})
    return fence


def _renew(tx: Transaction, *, name: str, me: str, number: int, milliseconds: int) -> int | None:
    renewed = tx.execute(_RENEW, {"which": name, "me": me, "number": number, "end": tx.now + milliseconds})
    return number if renewed else None


def _release(tx: Transaction, *, name: str) -> None:
    tx.execute(update(leases).where(leases.c.name == name).values(until=0))
