"""An administrator's first page, and the reports."""

from __future__ import annotations

import asyncio
import shutil
from typing import Final

from quart import Blueprint, Response, request

from fedgov.features.moderation import present, queries, service
from fedgov.features.trust import queries as trust
from fedgov.federation import overview
from fedgov.instance import Instance
from fedgov.kernel.errors import MalformedError
from fedgov.kernel.pagination import page_request
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PageLinks
from fedgov.web.desk import current_instance
from fedgov.web.forms import read_form
from fedgov.web.redirects import back
from fedgov.web.render import render
from fedgov.web.rows import OverviewCard, ReportRow
from fedgov.web.session import require_administrator

_PER_PAGE: Final = 20


def blueprint() -> Blueprint:
    """Make the pages of this room."""
    pages = Blueprint("moderation", __name__)
    pages.add_url_rule("/admin", view_func=show_overview, methods=["GET"])
    pages.add_url_rule("/admin/reports", view_func=show_reports, methods=["GET"])
    pages.add_url_rule("/admin/reports", view_func=change_reports, methods=["POST"])
    return pages


async def show_overview() -> Response:
    """Show the state of the instance at a glance."""
    await require_administrator()
    instance = current_instance()
    card = await instance.read(_overview, database=_database(instance), disk_free=await _disk_free(instance))
    return await render("administration/overview.html", overview=card)


def _overview(tx: Transaction, *, database: str, disk_free: int | None) -> OverviewCard:
    numbers = overview.numbers(tx)
    return OverviewCard(
        accounts=numbers.accounts,
        posts=numbers.posts,
        peers=numbers.peers,
        queued=numbers.queued,
        failed=numbers.failed,
        parked=numbers.parked_items,
        reports=queries.count_open(tx),
        blocks=trust.count_blocks(tx),
        oldest_queued_at=numbers.oldest_queued_at,
        database=database,
        disk_free=disk_free,
    )


def _database(instance: Instance) -> str:
    return "SQLite" if instance.config.database_url.startswith("sqlite:") else "PostgreSQL"


async def _disk_free(instance: Instance) -> int | None:
    try:
        return (await asyncio.to_thread(shutil.disk_usage, instance.config.folder)).free
    except OSError:
        return None


async def show_reports() -> Response:
    """Show what people asked an administrator to look at."""
    await require_administrator()
    closed = request.args.get("state") == "closed"
    before = page_request(max_id=request.args.get("max_id")).max_id
    found, last = await current_instance().read(_reports, closed=closed, before=before)
    older = None if last is None else f"/admin/reports?{'state=closed&' if closed else ''}max_id={last}"
    return await render(
        "administration/reports.html",
        reports=found,
        which="closed" if closed else "open",
        pages=PageLinks(older=older),
    )


def _reports(tx: Transaction, *, closed: bool, before: int | None) -> tuple[list[ReportRow], int | None]:
    """Return a page of reports, and where the next one starts if there is one."""
    rows = queries.list_reports(tx, closed=closed, before=before, limit=_PER_PAGE + 1)
    last = rows[_PER_PAGE - 1].id if len(rows) > _PER_PAGE else None
    return present.report_rows(tx, rows[:_PER_PAGE]), last


async def change_reports() -> Response:
    """Close a report."""
    administrator = await require_administrator()
    form = await read_form()
    report_id, action = page_request(max_id=form.value("report")).max_id, form.value("action")
    if report_id is None or action not in ("resolve", "reject", "delete_posts"):
        raise MalformedError("choose what to do")
    await current_instance().write(
        service.decide,
        report_id=report_id,
        resolved=action != "reject",
        by=administrator.actor_uri,
        note=form.value("note"),
        remove_posts=action == "delete_posts",
    )
    return await back(default="/admin/reports", notice="report_closed")
