"""Following somebody here from an account elsewhere, and coming back from such a page elsewhere.

Neither page changes anything or leads a browser to another server by itself.
"""

from __future__ import annotations

from urllib.parse import quote

from quart import Response, request

from fedgov.features.people import present, queries
from fedgov.federation import objects
from fedgov.kernel.errors import MalformedError, NotFoundError
from fedgov.kernel.uris import is_http_uri, parse_handle
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PersonCard
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.redirects import redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.session import require_visitor


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


async def come_home() -> Response:
    """Bring somebody who clicked "follow" or "reply" elsewhere to our page of that person or post."""
    await require_visitor()
    instance, asked = current_instance(), request.args.get("uri", "").strip()
    if is_http_uri(asked):
        return redirect_to(await _path_of(asked))
    uri = await instance.fetch.actor_by_handle(parse_handle(asked, scheme=instance.site.scheme))
    return redirect_to(await _path_of(uri))


async def _path_of(uri: str) -> str:
    instance = current_instance()
    known = await instance.read(_known_path, uri=uri)
    if known is not None:
        return known
    try:
        found = await instance.fetch.actor(uri)
    except (NotFoundError, MalformedError):
        found = await instance.fetch.object(uri)
    path = await instance.read(_known_path, uri=found)
    if path is None:
        raise NotFoundError("there is nothing at this address that we can show")
    return path


def _known_path(tx: Transaction, *, uri: str) -> str | None:
    row = queries.find_actor(tx, uri=uri)
    if row is not None:
        return present.profile_path(row)
    thing = objects.find(tx, uri=uri)
    return None if thing is None or thing.deleted_at is not None else f"/posts/{thing.id}"
