"""HTTP dates, read strictly and without the machine's locale."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache
from typing import Final

from fedgov.kernel.clock import SECOND

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
# Only the preferred form. The two obsolete ones of RFC 9110 are sent by nobody
# who signs; "UTC" and "+0000" are seen in home-made clients and mean the same.
_PREFERRED: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|\+0000)\Z"
)


@lru_cache(maxsize=256)
def parse_http_date(text: str) -> int | None:
    """Read a Date header; None when it is not one. Remembered: whatever is sent within a second has the same.

    Args:
        text: For instance ``Sun, 05 Jan 2014 21:31:40 GMT``.

    Returns:
        Milliseconds since the epoch.

    Spec: RFC 9110, section 5.6.7.
    """
    found = _PREFERRED.match(text)
    if found is None or found[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    try:
        moment = datetime(year, _MONTHS[found[2]], day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * SECOND


def format_http_date(milliseconds: int) -> str:
    """Return a Date header.

    Spec: RFC 9110, section 5.6.7.
    """
    return formatdate(milliseconds // SECOND, usegmt=True)
