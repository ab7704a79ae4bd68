"""Row ids in queries and forms."""

from __future__ import annotations

from typing import Final

from quart import request

_LARGEST: Final = 2**63 - 1


def read_row_id(text: str) -> int | None:
    """Return the row id that a text is; None when it is none."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_LARGEST)):
        return None
    number = int(text)
    return number if number <= _LARGEST else None


def asked_row_id(name: str) -> int | None:
    """Return a row id from the query of this request; None when there is none."""
    return read_row_id(request.args.get(name, ""))
