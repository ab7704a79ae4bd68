"""Limiting and suspending people, for administrators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from quart import Response

from fedgov.features.people import queries
from fedgov.features.people.pages.logins import with_words
from fedgov.features.people.present import person_cards
from fedgov.features.people.service import sanctions
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError
from fedgov.store.transaction import Transaction
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.redirects import back
from fedgov.web.render import render
from fedgov.web.rows import SanctionRow
from fedgov.web.session import require_administrator

_PATH: Final = "/admin/people"
_ACTS: Final[Mapping[str, Callable[..., None]]] = {
    "limit": sanctions.limit,
    "stop_limiting": sanctions.stop_limiting,
    "mark": sanctions.mark_sensitive,
    "unmark": sanctions.unmark_sensitive,
    "suspend": sanctions.suspend,
    "unsuspend": sanctions.unsuspend,
}


async def show_sanctions() -> Response:
    """Show who is limited, covered or suspended, with the form for somebody else."""
    await require_administrator()
    return await _page(form=Form())


async def change_sanctions() -> Response:
    """Limit, cover or suspend somebody, or end that."""
    visitor, form = await require_administrator(), await read_form()
    act = _ACTS.get(form.value("action"))
    if act is None:
        raise InvalidError("choose what to do with this person", field="action")
    try:
        await current_instance().write(_change, act=act, form=form, by=visitor.actor_uri)
    except (InvalidError, ConflictError, ForbiddenError) as error:
        refused = error if isinstance(error, InvalidError) else InvalidError(error.safe, field="handle")
        return await _page(form=await with_words(form, refused), status=422)
    return await back(default=_PATH, notice="done")


def _change(tx: Transaction, *, act: Callable[..., None], form: Form, by: str) -> None:
    act(tx, actor=form.value("actor") or _named(tx, form.value("handle")), by=by)


def _named(tx: Transaction, handle: str) -> str:
    row = queries.find_person(tx, handle=handle.strip())
    if row is None:
        raise InvalidError("nobody is known here by this address", field="handle")
    return str(row.uri)


async def _page(*, form: Form, status: int = 200) -> Response:
    return await render(
        "administration/people.html", status=status, form=form, **await current_instance().read(_values)
    )


def _values(tx: Transaction) -> dict[str, Any]:
    found = sanctions.sanctioned(tx)
    cards = person_cards(tx, [uri for uri, _ in found])
    rows = [
        SanctionRow(person=cards[uri], limited=each.limited, covered=each.sensitive, suspended=each.suspended)
        for uri, each in found
        if uri in cards
    ]
    return {"people": rows}
