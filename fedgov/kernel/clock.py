"""Time and the ids made of it.

All times inside fedgov are integers: milliseconds since 1970-01-01T00:00Z.
Text (RFC 3339) exists only at the edges.
"""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = 253_402_300_799_999  # the end of the year 9999
_RANDOM_BITS: Final = 21
_STEP_BITS: Final = 7


class Clock(Protocol):
    """Where the time comes from; tests hand in their own."""

    def now(self) -> int:
        """Return the current time in milliseconds since the epoch."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> int:
        """Return the current time in milliseconds since the epoch."""
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that moves only when told to; for tests and simulations."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        """Return the time it was set to."""
        return self._now

    def advance(self, milliseconds: int) -> None:
        """Move forward, or backward when negative."""
        self._now += milliseconds


class IdSource:
    """Gives row ids: 42 bits of milliseconds and 21 random bits.

    Ids sort by the time of receipt, are never reused (not even by a restored
    backup) and are what client apps see. Within one millisecond each is a small
    random step above the last, so that thousands of rows written at once cannot
    meet each other; what another process picks stays unguessable.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self, now: int) -> int:
        """Return a new id.

        Args:
            now: Time of receipt in milliseconds since the epoch.
        """
        with self._lock:
            if self._last >> _RANDOM_BITS >= now:
                self._last += 1 + secrets.randbits(_STEP_BITS)
            else:
                self._last = (now << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS - 1)
            return self._last


def id_time(row_id: int) -> int:
    """Return the milliseconds since the epoch that are inside a row id."""
    return row_id >> _RANDOM_BITS


def beginning_of_week(moment: Any) -> Any:  # noqa: ANN401 - a number, or an expression of the database
    """Return when the week of a moment began: on Monday, in UTC; both in milliseconds since the epoch."""
    return moment - (moment - 4 * DAY) % (7 * DAY)


def first_id_at(now: int) -> int:
    """Return the smallest id that can be given at this time."""
    return now << _RANDOM_BITS


def to_datetime(milliseconds: int) -> datetime:
    """Return an aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def to_rfc3339(milliseconds: int) -> str:
    """Return for instance ``2026-11-21T16:07:50.123Z`` (always with milliseconds)."""
    return to_datetime(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_rfc3339(text: str) -> int | None:
    """Read an RFC 3339 or xsd:dateTime text; None when it is not one.

    A time without an offset is read as UTC, as ActivityStreams implementations do.
    Years outside 1970-9999 give None.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        # Whole numbers all the way: as a float every two-hundredth time would be a millisecond early.
        milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    except OverflowError:
        return None
    return milliseconds if 0 <= milliseconds <= _LAST else None
