"""An administrator's page with the audit log."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from quart import Blueprint, Response, request

from fedgov.features.audit import present, queries
from fedgov.kernel.pagination import page_request
from fedgov.store.audit import KINDS
from fedgov.web.cards import PageLinks
from fedgov.web.desk import current_instance
from fedgov.web.render import render
from fedgov.web.session import require_administrator

_PER_PAGE: Final = 50


def blueprint() -> Blueprint:
    """Make the pages of this room."""
    pages = Blueprint("audit", __name__)
    pages.add_url_rule("/admin/audit", view_func=show_audit, methods=["GET"])
    return pages


async def show_audit() -> Response:
    """Show who administered what, and who logged in."""
    await require_administrator()
    instance = current_instance()
    who, kind = request.args.get("who", "").strip()[:200], request.args.get("kind", "")
    if kind not in KINDS:
        kind = ""
    before = page_request(max_id=request.args.get("max_id")).max_id
    rows = await instance.read(queries.list_entries, who=who, kind=kind, before=before, limit=_PER_PAGE + 1)
    older = None
    if len(rows) > _PER_PAGE:
        wanted = {"who": who, "kind": kind, "max_id": str(rows[_PER_PAGE - 1].number)}
        older = f"{request.path}?{urlencode({name: value for name, value in wanted.items() if value})}"
    return await render(
        "administration/audit.html",
        entries=[present.audit_row(row, site=instance.site) for row in rows[:_PER_PAGE]],
        who=who,
        kind=kind,
        kinds=list(present.WORDS.items()),
        pages=PageLinks(older=older),
    )
