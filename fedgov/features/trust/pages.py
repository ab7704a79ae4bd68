"""An administrator's pages about other servers: deliveries, peers, trust, parked messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from quart import Blueprint, Response, request
from sqlalchemy import Row

from fedgov.features.trust import present, queries, service
from fedgov.features.trust.policy import is_blocked
from fedgov.federation import overview
from fedgov.kernel.errors import InvalidError, MalformedError
from fedgov.kernel.pagination import page_request
from fedgov.web.cards import PageLinks
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.redirects import back, redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.session import require_administrator

_PER_PAGE: Final = 50
_PARKED_PER_PAGE: Final = 20
_STATES: Final[Mapping[str, Sequence[str]]] = {
    "": ("queued", "failed", "parked"),
    "queued": ("queued",),
    "retry": ("queued",),
    "failed": ("failed",),
    "parked": ("parked",),
    "sent": ("sent",),
}


def blueprint() -> Blueprint:
    """Make the pages of this room."""
    pages = Blueprint("trust", __name__)
    for path, show, change in (
        ("/admin/deliveries", show_deliveries, change_deliveries),
        ("/admin/peers", show_peers, change_peers),
        ("/admin/blocks", show_blocks, change_blocks),
        ("/admin/parked", show_parked, change_parked),
    ):
        name = path.rpartition("/")[2]
        pages.add_url_rule(path, endpoint=name, view_func=show, methods=["GET"])
        pages.add_url_rule(path, endpoint=f"change_{name}", view_func=change, methods=["POST"])
    return pages


async def show_deliveries() -> Response:
    """Show what waits, failed or rests."""
    await require_administrator()
    state, host = request.args.get("state", ""), request.args.get("host", "").strip()
    rows = await current_instance().read(
        overview.list_deliveries,
        states=_STATES.get(state, _STATES[""]),
        host=host or None,
        tried=state == "retry",
        before=page_request(max_id=request.args.get("max_id")).max_id,
        limit=_PER_PAGE + 1,
    )
    return await render(
        "administration/deliveries.html",
        deliveries=[present.delivery_row(row) for row in rows[:_PER_PAGE]],
        state=state if state in _STATES else "",
        host=host,
        pages=_older(rows, per_page=_PER_PAGE, filters={"state": state, "host": host}),
    )


async def change_deliveries() -> Response:
    """Try one delivery again, or everything that failed."""
    await require_administrator()
    form = await read_form()
    match form.value("action"):
        case "retry":
            await current_instance().write(overview.retry_delivery, delivery_id=_number(form, "delivery"))
        case "retry_all":
            await current_instance().write(overview.retry_deliveries)
        case _:
            raise MalformedError("choose what to do")
    return await back(default="/admin/deliveries", notice="retried")


async def show_peers() -> Response:
    """Show the servers that we ever met."""
    await require_administrator()
    instance = current_instance()
    rows = await instance.read(
        overview.list_peers,
        after=request.args.get("after") or None,
        words=request.args.get("q", "").strip()[:100],
        limit=_PER_PAGE + 1,
    )
    rules = await instance.read(queries.rules)
    last = rows[_PER_PAGE - 1].host if len(rows) > _PER_PAGE else None
    return await render(
        "administration/peers.html",
        peers=[present.peer_row(row, blocked=is_blocked(row.host, blocked=rules.blocked)) for row in rows[:_PER_PAGE]],
        pages=PageLinks(older=_with_query(after=last, q=request.args.get("q")) if last else None),
    )


async def change_peers() -> Response:
    """Wake a server that rests, or learn anew how it signs."""
    await require_administrator()
    form = await read_form()
    match form.value("action"):
        case "wake":
            await current_instance().write(overview.wake_peer, host=form.value("host"))
            notice = "retried"
        case "unpin":
            await current_instance().write(overview.unpin_peer, host=form.value("host"))
            notice = "done"
        case _:
            raise MalformedError("choose what to do")
    return await back(default="/admin/peers", notice=notice)


async def show_blocks() -> Response:
    """Show with whom messages are exchanged."""
    await require_administrator()
    return await _blocks(Form())


async def _blocks(form: Form) -> Response:
    instance = current_instance()
    rows = await instance.read(queries.list_rules)
    return await render(
        "administration/blocks.html",
        status=422 if form.errors else 200,
        form=form,
        mode=await instance.read(queries.mode),
        blocks=[present.block_row(row) for row in rows if row.rule == "blocked"],
        trusted=[present.block_row(row) for row in rows if row.rule == "listed"],
    )


async def change_blocks() -> Response:
    """Block, list or forget a domain, or change the mode."""
    administrator = await require_administrator()
    form = await read_form()
    try:
        notice = await _apply(form, by=administrator.actor_uri)
    except InvalidError as error:
        translator = await current_translator()
        return await _blocks(form.with_refusal(error, message=translator.gettext(error.safe)))
    return redirect_to("/admin/blocks", notice=notice)


async def _apply(form: Form, *, by: str) -> str:
    """Do what the form asks; return the code of the line that says so."""
    instance, domain = current_instance(), form.value("domain")
    match form.value("action"), form.value("list"):
        case "mode", _:
            await instance.write(service.choose_mode, mode=form.value("mode"), by=by)
            return "trust_changed"
        case "add", "block":
            await instance.write(service.block, domain=domain, reason=form.value("reason"), by=by)
            return "block_added"
        case "add", "trust":
            await instance.write(service.allow, domain=domain, reason=form.value("reason"), by=by)
            return "done"
        case "remove", _:
            await instance.write(service.remove_rule, domain=domain)
            return "block_removed"
        case _:
            raise MalformedError("choose what to do")


async def show_parked() -> Response:
    """Show what came in and was not carried out."""
    await require_administrator()
    rows = await current_instance().read(
        overview.list_items,
        before=page_request(max_id=request.args.get("max_id")).max_id,
        limit=_PARKED_PER_PAGE + 1,
    )
    return await render(
        "administration/parked.html",
        parked=[present.parked_row(row) for row in rows[:_PARKED_PER_PAGE]],
        pages=_older(rows, per_page=_PARKED_PER_PAGE, filters={}),
    )


async def change_parked() -> Response:
    """Carry out what was parked once more, or give up on it."""
    await require_administrator()
    form = await read_form()
    notice = "retried"
    match form.value("action"):
        case "retry":
            await current_instance().write(overview.retry_item, item_id=_number(form, "item"))
        case "retry_all":
            await current_instance().write(overview.retry_items)
        case "remove":
            await current_instance().write(overview.dismiss_item, item_id=_number(form, "item"))
            notice = "removed"
        case _:
            raise MalformedError("choose what to do")
    return await back(default="/admin/parked", notice=notice)


def _number(form: Form, name: str) -> int:
    row_id = page_request(max_id=form.value(name)).max_id
    if row_id is None:
        raise MalformedError("the form names nothing that exists", detail=name)
    return row_id


def _older(rows: Sequence[Row[Any]], *, per_page: int, filters: Mapping[str, str]) -> PageLinks:
    if len(rows) <= per_page:
        return PageLinks()
    return PageLinks(older=_with_query(**filters, max_id=str(rows[per_page - 1].id)))


def _with_query(**values: str | None) -> str:
    return f"{request.path}?{urlencode({name: value for name, value in values.items() if value})}"
