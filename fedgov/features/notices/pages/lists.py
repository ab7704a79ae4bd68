"""A person's lists: made, read, changed, and who is on them."""

from __future__ import annotations

from typing import Any, Final

from quart import Response, request

from fedgov.features.notices.pages.paging import goes_on, is_above_everything, page_links, wanted_page
from fedgov.features.notices.present import list_cards
from fedgov.features.notices.queries import lists as queries
from fedgov.features.notices.service import lists as service
from fedgov.features.notices.vocabulary import PersonList, Replies
from fedgov.features.people import queries as people
from fedgov.features.people.present import person_cards
from fedgov.kernel.errors import InvalidError, NotFoundError
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PersonCard
from fedgov.web.desk import current_instance
from fedgov.web.folding import sifted
from fedgov.web.forms import Form, form_of, read_form
from fedgov.web.redirects import back, redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.session import require_visitor

MOST_MEMBERS: Final = 500
MOST_CANDIDATES: Final = 200


async def show_lists() -> Response:
    """Show the reader's lists, with the form for a new one."""
    return await _lists(Form())


async def _lists(form: Form, *, status: int = 200) -> Response:
    visitor = await require_visitor()
    found = await current_instance().read(queries.lists_of, owner=visitor.actor_uri)
    return await render("notices/lists.html", status=status, lists=found, form=form)


async def make_list() -> Response:
    """Make a list and go on to choose who is on it."""
    visitor, form = await require_visitor(), await read_form()
    try:
        number = await current_instance().write(
            service.create_list, owner=visitor.actor_uri, title=form.value("title"), replies=Replies.LIST
        )
    except InvalidError as error:
        return await _lists(await refused(form, error), status=422)
    return redirect_to(f"/lists/{number}/people")


async def show_list(list_id: int) -> Response:
    """Show what the people on a list write."""
    visitor, wanted, instance = await require_visitor(), wanted_page(), current_instance()
    found = await instance.read(queries.get_list, owner=visitor.actor_uri, list_id=list_id)
    page = await instance.read(list_cards, viewer=visitor.actor_uri, list_id=list_id, request=wanted)
    path = f"/lists/{list_id}"
    if is_above_everything(page, wanted):
        return redirect_to(path)
    older = await instance.read(_goes_on, owner=visitor.actor_uri, list_id=list_id, request=wanted)
    return await render(
        "notices/list.html",
        list=found,
        posts=await sifted(page.items, place="home"),
        pages=page_links(path, page, wanted, has_older=older),
    )


def _goes_on(tx: Transaction, *, owner: str, list_id: int, request: PageRequest) -> bool:
    def read(part: PageRequest) -> Any:  # noqa: ANN401 - a page of entries
        return queries.list_page(tx, owner=owner, list_id=list_id, request=part)

    return goes_on(read(request), read=read)


async def show_people(list_id: int) -> Response:
    """Show who is on a list, and who could be."""
    visitor = await require_visitor()
    found, members, others = await current_instance().read(_people, owner=visitor.actor_uri, list_id=list_id)
    return await render("notices/list_people.html", list=found, members=members, others=others)


def _people(
    tx: Transaction, *, owner: str, list_id: int
) -> tuple[PersonList, tuple[PersonCard, ...], tuple[PersonCard, ...]]:
    found = queries.get_list(tx, owner=owner, list_id=list_id)
    page = queries.members_page(tx, owner=owner, list_id=list_id, request=PageRequest(limit=MOST_MEMBERS))
    members = [each.uri for each in page.items]
    followed = people.paged_follows(
        tx, of=owner, side="following", page=PageRequest(limit=MOST_CANDIDATES + len(members))
    )
    others = [row.uri for row in followed.items if row.uri not in set(members)][:MOST_CANDIDATES]
    cards = person_cards(tx, [*members, *others])
    return found, _in_order(cards, members), _in_order(cards, others)


def _in_order(cards: dict[str, PersonCard], uris: list[str]) -> tuple[PersonCard, ...]:
    known = [cards[uri] for uri in uris if uri in cards]
    return tuple(sorted(known, key=lambda card: card.name.casefold()))


async def change_people(list_id: int) -> Response:
    """Put somebody on a list, or take somebody off."""
    visitor, form = await require_visitor(), await read_form()
    acts = {"add": service.add_members, "remove": service.remove_members}
    act = acts.get(form.value("action"))
    if act is None:
        raise InvalidError("choose what to do with this person", field="action")
    await current_instance().write(act, owner=visitor.actor_uri, list_id=list_id, members=[form.value("actor")])
    return await back(default=f"/lists/{list_id}/people", notice="done")


async def show_lists_of() -> Response:
    """Show which of the reader's lists somebody is on, to put them on others."""
    visitor, handle = await require_visitor(), request.args.get("handle", "")
    found, mine = await current_instance().read(_lists_of, owner=visitor.actor_uri, handle=handle)
    return await render("notices/lists_of.html", person=found, lists=mine)


def _lists_of(tx: Transaction, *, owner: str, handle: str) -> tuple[PersonCard, list[tuple[PersonList, bool]]]:
    row = people.get_person(tx, handle=handle)
    on = {each.id for each in queries.lists_with(tx, owner=owner, member=row.uri)}
    mine = [(each, each.id in on) for each in queries.lists_of(tx, owner=owner)]
    return person_cards(tx, [row.uri])[row.uri], mine


async def show_list_settings(list_id: int) -> Response:
    """Show how a list works."""
    visitor = await require_visitor()
    found = await current_instance().read(queries.get_list, owner=visitor.actor_uri, list_id=list_id)
    values = {"title": found.title, "replies": found.replies.value, **({"exclusive": "yes"} if found.exclusive else {})}
    return await render("notices/list_settings.html", list=found, form=form_of(values))


async def change_list(list_id: int) -> Response:
    """Change how a list works, or remove it."""
    visitor, form, instance = await require_visitor(), await read_form(), current_instance()
    if form.value("action") == "delete":
        await instance.write(service.delete_list, owner=visitor.actor_uri, list_id=list_id)
        return redirect_to("/lists", notice="removed")
    if form.value("replies") not in set(Replies):
        raise NotFoundError("there is no such choice")
    try:
        await instance.write(
            service.change_list,
            owner=visitor.actor_uri,
            list_id=list_id,
            title=form.value("title"),
            replies=Replies(form.value("replies")),
            exclusive=form.has("exclusive"),
        )
    except InvalidError as error:
        found = await instance.read(queries.get_list, owner=visitor.actor_uri, list_id=list_id)
        return await render("notices/list_settings.html", status=422, list=found, form=await refused(form, error))
    return redirect_to(f"/lists/{list_id}", notice="saved")


async def refused(form: Form, error: InvalidError) -> Form:
    """Return the form with a refusal in the reader's language."""
    translator = await current_translator()
    return form.with_refusal(error, message=translator.gettext(error.safe))
