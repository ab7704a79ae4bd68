"""How many examples a property gets, and what escaping means.

`make test` draws few examples and always the same ones. ``FEDGOV_PROPERTIES=thorough``
draws many, other ones each time. What was ever found stands beside its property as an
``@example``, so both try it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import hypothesis

from fedgov.kernel.errors import FedgovError

T = TypeVar("T")

THOROUGH: Final = os.environ.get("FEDGOV_PROPERTIES") == "thorough"
PATIENCE: Final = 10.0
"""Seconds of processor time, not of the clock on the wall: a busy machine is no mistake."""

some = hypothesis.settings(
    max_examples=4_000 if THOROUGH else 60,
    derandomize=not THOROUGH,
    database=None,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
"""For what takes microseconds."""

few = hypothesis.settings(some, max_examples=100 if THOROUGH else 5)
"""For what takes a second."""


class refusals:  # noqa: N801 - reads like contextlib.suppress
    """Let our own refusals pass; everything else is a bug and stays loud."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        """Tell whether it was a refusal, which has a reason that may be shown."""
        return isinstance(error, FedgovError) and bool(error.safe)


def tried(read: Callable[[], T]) -> T | None:
    """Return what was read; None when it was refused. What is demanded afterwards may not be refused."""
    with refusals():
        return read()
    return None


@contextmanager
def in_bounded_time() -> Iterator[None]:
    """Demand that what is inside takes no more than `PATIENCE`."""
    begun = time.process_time()
    yield
    spent = time.process_time() - begun
    assert spent < PATIENCE, f"took {spent:.1f} seconds of processor time"
