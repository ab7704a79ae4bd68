"""Rules about what people make for themselves here; pure."""

from __future__ import annotations

from typing import Final

from fedgov.kernel.errors import InvalidError
from fedgov.kernel.text.plain import clean_name

MAX_TITLE: Final = 256


def checked_title(title: str) -> str:
    """Return the title of a list or a filter as one clean line.

    Raises:
        InvalidError: It is empty.
    """
    found = clean_name(title, limit=MAX_TITLE)
    if not found:
        raise InvalidError("a title is needed", field="title")
    return found
