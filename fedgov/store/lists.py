"""Lists of values in statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def filled_up(values: Sequence[T]) -> list[T]:
    """Return the values with the last one repeated, up to the next power of two.

    What ``IN`` finds stays the same, but a statement is compiled for each length
    of a list, and so there are few lengths.

    Args:
        values: At least one.
    """
    missing = (1 << (len(values) - 1).bit_length()) - len(values)
    return [*values, *[values[-1]] * missing]
