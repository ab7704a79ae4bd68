"""Whom the reader blocked or muted, and servers of which they want to see nothing: seen and undone."""

from __future__ import annotations

from typing import Any, Final

from quart import Response

from fedgov.features.people import present, queries
from fedgov.features.people.service import blocks, hosts
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.redirects import back
from fedgov.web.render import current_translator, render
from fedgov.web.session import require_visitor

_PATH: Final = "/settings/blocks"
MOST: Final = 500


async def show_blocks() -> Response:
    """Show whom and what the reader shut out."""
    return await _page(Form())


async def _page(form: Form, *, status: int = 200) -> Response:
    visitor = await require_visitor()
    found = await current_instance().read(_read, who=visitor.actor_uri)
    return await render("people/settings_blocks.html", status=status, form=form, **found)


def _read(tx: Transaction, *, who: str) -> dict[str, Any]:
    part = PageRequest(limit=MOST)
    blocked = queries.paged_blocks(tx, who=who, page=part).items
    muted = queries.paged_mutes(tx, who=who, page=part).items
    cards = present.person_cards(tx, [row.uri for row in (*blocked, *muted)])
    return {
        "blocked": [(row.uri, cards.get(row.uri)) for row in blocked],
        "muted": [(row.uri, cards.get(row.uri), row.until) for row in muted],
        "hosts": [row.host for row in queries.blocked_hosts(tx, who=who, page=part).items],
    }


async def change_blocks() -> Response:
    """Open a door again, or shut out a whole server."""
    visitor, form = await require_visitor(), await read_form()
    instance, who, whom = current_instance(), visitor.actor_uri, form.value("actor")
    try:
        match form.value("action"):
            case "unblock":
                await instance.write(blocks.unblock, who=who, whom=whom)
            case "unmute":
                await instance.write(blocks.unmute, who=who, whom=whom)
            case "block_host":
                await instance.write(hosts.block_host, who=who, host=form.value("domain"))
            case "unblock_host":
                await instance.write(hosts.unblock_host, who=who, host=form.value("domain"))
            case _:
                raise InvalidError("choose what to do", field="action")
    except InvalidError as error:
        words = (await current_translator()).gettext(error.safe)
        return await _page(form.with_refusal(error, message=words), status=422)
    return await back(default=_PATH, notice="done")
