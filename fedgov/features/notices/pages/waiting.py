"""People whose notifications wait until the reader decides, and who has to wait at all."""

from __future__ import annotations

from typing import Final

from quart import Response

from fedgov.features.notices.present import saved_cards
from fedgov.features.notices.queries import admission as queries
from fedgov.features.notices.service import admission
from fedgov.features.notices.vocabulary import NotificationPolicy, NotificationRequest, Wish
from fedgov.features.people.present import person_cards
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.pagination import PageRequest, page_request
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PersonCard, PostCard
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, form_of, read_form
from fedgov.web.redirects import back
from fedgov.web.render import render
from fedgov.web.session import require_visitor

_PATH: Final = "/notifications/requests"
_MOST: Final = 100
_CHOICES: Final = ("not_following", "not_followers", "new_accounts", "private_mentions")

Waiting = tuple[NotificationRequest, PersonCard, PostCard | None]


async def show_requests() -> Response:
    """Show who waits, with the newest post of each, and the rules that make people wait."""
    visitor = await require_visitor()
    requests, wanted = await current_instance().read(_read, owner=visitor.actor_uri)
    values = {name: getattr(wanted, name).value for name in _CHOICES}
    return await render("notices/requests.html", requests=requests, choices=values, form=form_of(values))


def _read(tx: Transaction, *, owner: str) -> tuple[list[Waiting], NotificationPolicy]:
    page = queries.request_page(tx, owner=owner, request=PageRequest(limit=_MOST))
    persons = person_cards(tx, {each.actor for each in page.items})
    ids = [each.last_object_id for each in page.items if each.last_object_id is not None]
    posts = saved_cards(tx, object_ids=ids, viewer=owner)
    found = [
        (each, persons[each.actor], posts.get(each.last_object_id or 0)) for each in page.items if each.actor in persons
    ]
    return found, queries.policy_of(tx, owner=owner)


async def decide() -> Response:
    """Let somebody through, put somebody aside, or change who has to wait."""
    visitor, form = await require_visitor(), await read_form()
    instance, owner = current_instance(), visitor.actor_uri
    match form.value("action"):
        case "accept":
            await instance.write(admission.accept_request, owner=owner, request_id=_row_id(form))
        case "dismiss":
            await instance.write(admission.dismiss_request, owner=owner, request_id=_row_id(form))
        case "rules":
            await instance.write(_change_rules, owner=owner, form=form)
            return await back(default=_PATH, notice="saved")
        case _:
            raise InvalidError("choose what to do with this person", field="action")
    return await back(default=_PATH, notice="done")


def _change_rules(tx: Transaction, *, owner: str, form: Form) -> None:
    before, known = queries.policy_of(tx, owner=owner), {each.value: each for each in Wish}
    chosen = {name: known.get(form.value(name), getattr(before, name)) for name in _CHOICES}
    wanted = NotificationPolicy(limited_accounts=before.limited_accounts, **chosen)
    admission.set_policy(tx, owner=owner, wanted=wanted)


def _row_id(form: Form) -> int:
    return page_request(max_id=form.value("request")).max_id or 0  # 0 is nobody's
