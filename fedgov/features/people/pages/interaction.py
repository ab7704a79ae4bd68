"""Following somebody here from an account elsewhere.

It changes nothing and leads a browser to another server only when its reader follows the link.
"""

from __future__ import annotations

from urllib.parse import quote

from quart import Response, request

from fedgov.features.people import present, queries
from fedgov.kernel.errors import MalformedError, NotFoundError
from fedgov.kernel.uris import parse_handle
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PersonCard
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.render import current_translator, render


async def show_interact() -> Response:
    """Ask a visitor for the own address, to follow somebody of this instance from there."""
    return await _interact_page(request.args.get("handle", ""), form=Form())


async def lead_home() -> Response:
    """Show the link to the visitor's own server, where the follow is confirmed."""
    form = await read_form()
    instance = current_instance()
    try:
        own = parse_handle(form.value("own_handle"), scheme=instance.site.scheme)
    except MalformedError:
        words = (await current_translator()).gettext("this is not an address like @name@organisation.example")
        again = form.with_error("own_handle", words)
        return await _interact_page(form.value("handle"), form=again, status=422)
    person = await instance.read(_local_person, handle=form.value("handle"))
    destination = f"{instance.site.scheme}://{own.host}/authorize_interaction?uri={quote(person.uri, safe='')}"
    return await render("people/interact.html", person=person, destination=destination, destination_host=own.host)


async def _interact_page(handle: str, *, form: Form, status: int = 200) -> Response:
    person = await current_instance().read(_local_person, handle=handle)
    return await render("people/interact.html", status=status, person=person, form=form)


def _local_person(tx: Transaction, *, handle: str) -> PersonCard:
    row = queries.get_person(tx, handle=handle)
    if not row.local or row.kind == "Application":
        raise NotFoundError("there is no such person")
    return present.person_card(tx, row=row)
