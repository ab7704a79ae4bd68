"""Days as people type them in a form, in the time zone of the house."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from fedgov.kernel.clock import SECOND
from fedgov.kernel.errors import InvalidError
from fedgov.web.language import time_zone


def beginning_of(text: str, *, field: str) -> int | None:
    """Return when a day begins, in milliseconds since the epoch; None when nothing was typed.

    Args:
        text: Such as ``2026-11-21``.
        field: Of the form.

    Raises:
        InvalidError: It is not a day.
    """
    day = _read(text, field=field)
    return None if day is None else _begins(day)


def end_of(text: str, *, field: str) -> int | None:
    """Return the last millisecond of a day; as `beginning_of`."""
    day = _read(text, field=field)
    return None if day is None else _begins(day + timedelta(days=1)) - 1


def as_typed(at: int | None) -> str:
    """Return the day of a moment as a form shows it; empty for None."""
    if at is None:
        return ""
    return datetime.fromtimestamp(at / SECOND, tz=UTC).astimezone(time_zone()).date().isoformat()


def _read(text: str, *, field: str) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidError("write a day like 2026-11-21", field=field) from None
    if not 1970 < day.year < 9000:
        raise InvalidError("write a day like 2026-11-21", field=field)
    return day


def _begins(day: date) -> int:
    return int(datetime.combine(day, time.min, tzinfo=time_zone()).timestamp()) * SECOND
