"""Reports that wait for an administrator or were decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from fedgov.features.moderation.tables import reports
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import Page, PageRequest, page_of
from fedgov.store.transaction import Transaction

MAX_ROWS: Final = 50

_BY_ID: Final = select(reports).where(reports.c.id == bindparam("id"))
_BY_FLAG: Final = select(reports).where(reports.c.flag_uri == bindparam("flag"))
_OPEN: Final = select(func.count()).select_from(reports).where(reports.c.state == "open")
_OPEN_OF: Final = _OPEN.where(reports.c.reporter == bindparam("who"))
_SAME: Final = select(reports).where(
    reports.c.reporter == bindparam("who"),
    reports.c.target == bindparam("target"),
    reports.c.objects == bindparam("objects"),
    reports.c.state == "open",
)


def get(tx: Transaction, *, report_id: int) -> Row[Any]:
    """Return one report.

    Raises:
        NotFoundError: There is no such.
    """
    row = tx.row(_BY_ID, {"id": report_id})
    if row is None:
        raise NotFoundError("there is no such report")
    return row


def list_reports(
    tx: Transaction, *, closed: bool = False, before: int | None = None, limit: int = MAX_ROWS
) -> Sequence[Row[Any]]:
    """Return reports, the newest first.

    Args:
        tx: The open transaction.
        closed: Those that were decided instead of those that wait.
        before: Only those with a smaller row id, for the next page.
        limit: Most rows.
    """
    statement = select(reports).where(reports.c.state != "open" if closed else reports.c.state == "open")
    if before is not None:
        statement = statement.where(reports.c.id < before)
    return tx.rows(statement.order_by(reports.c.id.desc()).limit(min(limit, MAX_ROWS + 1)))


def reports_page(
    tx: Transaction,
    *,
    page: PageRequest,
    closed: bool | None = None,
    reporter: str | None = None,
    target: str | None = None,
) -> Page[Row[Any]]:
    """Return a page of reports, the newest first.

    Args:
        tx: The open transaction.
        page: Which part.
        closed: True for those that were decided, False for those that wait; None for both.
        reporter: URI of who made them; None for everybody.
        target: URI of whom they are about; None for everybody.
    """
    query, column = select(reports), reports.c.id
    if closed is not None:
        query = query.where(reports.c.state != "open" if closed else reports.c.state == "open")
    if reporter is not None:
        query = query.where(reports.c.reporter == reporter)
    if target is not None:
        query = query.where(reports.c.target == target)
    if page.max_id is not None:
        query = query.where(column < page.max_id)
    if page.after is not None:
        query = query.where(column > page.after)
    rows = tx.rows(query.order_by(column if page.upwards else column.desc()).limit(page.limit))
    return page_of(rows, page, row_id=lambda row: int(row.id))


def count_open(tx: Transaction) -> int:
    """Return how many reports wait."""
    return int(tx.value(_OPEN))


def count_open_of(tx: Transaction, *, reporter: str) -> int:
    """Return how many reports of one reporter wait."""
    return int(tx.value(_OPEN_OF, {"who": reporter}))


def find_same(tx: Transaction, *, reporter: str, target: str, objects: str) -> Row[Any] | None:
    """Return the open report that says the same, or None; ``objects`` is the JSON array as stored."""
    return tx.row(_SAME, {"who": reporter, "target": target, "objects": objects})


def find_by_flag(tx: Transaction, *, uri: str) -> Row[Any] | None:
    """Return the report that this Flag is about, sent or received, or None."""
    return tx.row(_BY_FLAG, {"flag": uri})
