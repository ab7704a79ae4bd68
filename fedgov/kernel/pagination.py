"""Pages of a list that grows at its top.

Items have ids that grow with time, and a page is always shown newest first.
With the ids 6 to 1 and a limit of 2: ``max_id=3`` gives 2 and 1 (older),
``since_id=3`` gives 6 and 5 (the newest), ``min_id=3`` gives 5 and 4 (those
right above). A short page, even an empty one, need not be the last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 40
_LARGEST_ID: Final = 2**63 - 1

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list somebody wants. Ids outside of a row id's range mean no bound.

    Args:
        max_id: Only items with a smaller id; None for no bound.
        since_id: Only items with a larger id, the newest first to be given.
        min_id: Only items with a larger id, those nearest to it first to be
            given. It wins over ``since_id``.
        limit: Most items on the page.
    """

    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    limit: int = DEFAULT_LIMIT

    @property
    def after(self) -> int | None:
        """Only items with a larger id than this."""
        return self.min_id if self.min_id is not None else self.since_id

    @property
    def upwards(self) -> bool:
        """Whether to select in ascending order; the page is turned round afterwards."""
        return self.min_id is not None


def page_request(
    *,
    max_id: str | int | None = None,
    since_id: str | int | None = None,
    min_id: str | int | None = None,
    limit: str | int | None = None,
    default: int = DEFAULT_LIMIT,
    maximum: int = MAX_LIMIT,
) -> PageRequest:
    """Read the parameters of a request; what cannot be read is as if it was not sent, and limits are clamped.

    Args:
        max_id: As received.
        since_id: As received.
        min_id: As received.
        limit: As received.
        default: Items on a page when no limit was sent.
        maximum: Most items on a page.
    """
    wanted = _whole(limit)
    return PageRequest(
        max_id=_whole(max_id),
        since_id=_whole(since_id),
        min_id=_whole(min_id),
        limit=default if wanted is None else max(1, min(wanted, maximum)),
    )


def _whole(value: str | int | None) -> int | None:
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) <= 19 else None
    return value if value is not None and 0 <= value <= _LARGEST_ID else None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, newest first.

    Args:
        items: What is on it; after filtering it may hold fewer than were selected.
        next_max_id: ``max_id`` of the older page; None when nothing older was asked for.
        prev_min_id: ``min_id`` of the newer page; None when the list is empty.
    """

    items: tuple[T, ...]
    next_max_id: int | None = None
    prev_min_id: int | None = None

    def map(self, change: Callable[[T], U | None]) -> Page[U]:
        """Return the page with every item changed, leaving out those that become None; the cursors stay.

        So a page of which everything was filtered away still leads on.
        """
        changed = (change(item) for item in self.items)
        return self.with_items([item for item in changed if item is not None])

    def with_items(self, items: Sequence[U]) -> Page[U]:
        """Return the page with other items under the same cursors."""
        return Page(items=tuple(items), next_max_id=self.next_max_id, prev_min_id=self.prev_min_id)


def page_of(rows: Sequence[T], request: PageRequest, *, row_id: Callable[[T], int]) -> Page[T]:
    """Return the page that selected rows make.

    Args:
        rows: At most ``limit`` rows, in the order of selection: ascending when
            the request goes ``upwards``, descending otherwise.
        request: What was asked for.
        row_id: Gives the id of a row.
    """
    items = tuple(reversed(rows)) if request.upwards else tuple(rows)
    if not items:
        return Page(items=())
    return Page(items=items, next_max_id=row_id(items[-1]), prev_min_id=row_id(items[0]))


def select_page(rows: Sequence[T], request: PageRequest, *, row_id: Callable[[T], int]) -> Page[T]:
    """Return a page of a list that is wholly in memory, by the same rules as a query.

    Args:
        rows: All rows in any order.
        request: What was asked for.
        row_id: Gives the id of a row.
    """
    chosen = [
        row
        for row in rows
        if (request.max_id is None or row_id(row) < request.max_id)
        and (request.after is None or row_id(row) > request.after)
    ]
    chosen.sort(key=row_id, reverse=not request.upwards)
    return page_of(chosen[: request.limit], request, row_id=row_id)
