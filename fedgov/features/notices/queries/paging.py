"""A page of rows of one owner, along an index that starts with the owner and goes on with the id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, bindparam, select

from fedgov.kernel.pagination import Page, PageRequest, page_of
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

T = TypeVar("T")

_LARGEST_ID: Final = 2**63 - 1


def owner_id() -> ScalarSelect[Any]:
    """Return the row id of the actor whose URI is bound as ``owner``."""
    return select(actors.c.id).where(actors.c.uri == bindparam("owner")).correlate(None).scalar_subquery()


@dataclass(frozen=True, slots=True)
class PagedStatement:
    """The two statements behind a list: downwards from an id, and upwards from one.

    Args:
        down: Newest first.
        up: Oldest first, for ``min_id``.
    """

    down: Select[Any]
    up: Select[Any]

    def page(
        self,
        tx: Transaction,
        *,
        owner: str,
        request: PageRequest,
        row_id: Callable[[T], int],
        read: Callable[[Row[Any]], T],
        values: Mapping[str, Any] | None = None,
    ) -> Page[T]:
        """Return a page.

        Args:
            tx: The open transaction.
            owner: URI of the local actor whose list it is.
            request: Which part.
            row_id: Gives the id that the list is ordered by.
            read: Makes an item of a row.
            values: What else the statement binds.
        """
        rows = tx.rows(
            self.up if request.upwards else self.down,
            {
                "owner": owner,
                "below": _LARGEST_ID if request.max_id is None else request.max_id,
                "above": -1 if request.after is None else request.after,
                "limit": request.limit,
                **(values or {}),
            },
        )
        return page_of([read(row) for row in rows], request, row_id=row_id)


def paged(statement: Select[Any], *, order: ColumnElement[int]) -> PagedStatement:
    """Return a statement with its bounds and order.

    Args:
        statement: Selects the rows of one owner.
        order: Column with the id.
    """
    bounded = statement.where(order < bindparam("below"), order > bindparam("above")).limit(bindparam("limit"))
    return PagedStatement(down=bounded.order_by(order.desc()), up=bounded.order_by(order.asc()))
