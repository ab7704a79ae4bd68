"""Lists of accounts, and their timelines.

Spec: https://docs.joinmastodon.org/methods/lists/; https://docs.joinmastodon.org/methods/timelines/#list
"""

from __future__ import annotations

from typing import Final

from fedgov.features.notices.queries import lists as queries
from fedgov.features.notices.service import lists as service
from fedgov.features.notices.vocabulary import FilterContext, PersonList, Replies
from fedgov.federation.actors import uris_of
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.choices import choice
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.list import list_entity
from fedgov.mastodon.remembered import accounts_of
from fedgov.mastodon.replies import NOTHING, listed, shown
from fedgov.mastodon.shelves import status_entities
from fedgov.store.transaction import Transaction

_DEFAULT: Final = 40
_MOST: Final = 80
_ALL: Final = 10_000
"""So many members come on one page for a client that wants them all."""


async def index(call: Call) -> Reply:
    """View your lists."""
    return shown([list_entity(each) for each in await call.read(queries.lists_of, owner=call.me)])


async def show(call: Call) -> Reply:
    """Show a single list."""
    return shown(list_entity(await call.read(queries.get_list, owner=call.me, list_id=call.row_id())))


async def create(call: Call) -> Reply:
    """Create a list."""
    found = await call.write(
        _create,
        owner=call.me,
        title=call.parameters.text("title"),
        replies=choice(call.parameters, "replies_policy", Replies) or Replies.LIST,
        exclusive=call.parameters.flag("exclusive"),
    )
    return shown(list_entity(found))


def _create(tx: Transaction, *, owner: str, title: str, replies: Replies, exclusive: bool) -> PersonList:
    number = service.create_list(tx, owner=owner, title=title, replies=replies, exclusive=exclusive)
    return queries.get_list(tx, owner=owner, list_id=number)


async def update(call: Call) -> Reply:
    """Update a list."""
    sent = call.parameters
    found = await call.write(
        _change,
        owner=call.me,
        list_id=call.row_id(),
        title=sent.text("title") if sent.has("title") else None,
        replies=choice(sent, "replies_policy", Replies),
        exclusive=sent.flag("exclusive") if sent.has("exclusive") else None,
    )
    return shown(list_entity(found))


def _change(
    tx: Transaction, *, owner: str, list_id: int, title: str | None, replies: Replies | None, exclusive: bool | None
) -> PersonList:
    service.change_list(tx, owner=owner, list_id=list_id, title=title, replies=replies, exclusive=exclusive)
    return queries.get_list(tx, owner=owner, list_id=list_id)


async def delete(call: Call) -> Reply:
    """Delete a list."""
    await call.write(service.delete_list, owner=call.me, list_id=call.row_id())
    return NOTHING


async def accounts(call: Call) -> Reply:
    """View accounts in a list; a limit of 0 means all of them."""
    request = call.parameters.page(default=_DEFAULT, maximum=_MOST)
    if call.parameters.text("limit") == "0":
        request = PageRequest(limit=_ALL)
    page = await call.read(_accounts, owner=call.me, list_id=call.row_id(), request=request)
    return listed(page.items, links=call.links(page))


def _accounts(tx: Transaction, *, owner: str, list_id: int, request: PageRequest) -> Page[Entity]:
    page = queries.members_page(tx, owner=owner, list_id=list_id, request=request)
    known = accounts_of(tx, uris=[each.uri for each in page.items])
    return page.map(lambda each: known.get(each.uri))


async def add(call: Call) -> Reply:
    """Add accounts to a list."""
    await call.write(_add, owner=call.me, list_id=call.row_id(), ids=call.parameters.row_ids("account_ids"))
    return NOTHING


def _add(tx: Transaction, *, owner: str, list_id: int, ids: list[int]) -> None:
    service.add_members(tx, owner=owner, list_id=list_id, members=uris_of(tx, row_ids=ids))


async def remove(call: Call) -> Reply:
    """Remove accounts from list."""
    await call.write(_remove, owner=call.me, list_id=call.row_id(), ids=call.parameters.row_ids("account_ids"))
    return NOTHING


def _remove(tx: Transaction, *, owner: str, list_id: int, ids: list[int]) -> None:
    service.remove_members(tx, owner=owner, list_id=list_id, members=uris_of(tx, row_ids=ids))


async def containing(call: Call) -> Reply:
    """Get lists containing this account."""
    return shown([list_entity(each) for each in await call.read(_containing, owner=call.me, account_id=call.row_id())])


def _containing(tx: Transaction, *, owner: str, account_id: int) -> list[PersonList]:
    (member,) = uris_of(tx, row_ids=[account_id])
    return queries.lists_with(tx, owner=owner, member=member)


async def timeline(call: Call) -> Reply:
    """View list timeline."""
    page = await call.read(_timeline, viewer=call.me, list_id=call.row_id("list_id"), request=call.parameters.page())
    return listed(page.items, links=call.links(page))


def _timeline(tx: Transaction, *, viewer: str, list_id: int, request: PageRequest) -> Page[Entity]:
    page = queries.list_page(tx, owner=viewer, list_id=list_id, request=request)
    return page.with_items(status_entities(tx, page.items, viewer=viewer, context=FilterContext.HOME))


_READ: Final = Access.person("read:lists")
_WRITE: Final = Access.person("write:lists")
_ONE: Final = "/api/v1/lists/:id"
ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/lists", access=_READ, handle=index),
    Endpoint(method="POST", path="/api/v1/lists", access=_WRITE, handle=create),
    Endpoint(method="GET", path=_ONE, access=_READ, handle=show),
    Endpoint(method="PUT", path=_ONE, access=_WRITE, handle=update),
    Endpoint(method="DELETE", path=_ONE, access=_WRITE, handle=delete),
    Endpoint(method="GET", path=f"{_ONE}/accounts", access=_READ, handle=accounts),
    Endpoint(method="POST", path=f"{_ONE}/accounts", access=_WRITE, handle=add),
    Endpoint(method="DELETE", path=f"{_ONE}/accounts", access=_WRITE, handle=remove),
    Endpoint(method="GET", path="/api/v1/accounts/:id/lists", access=_READ, handle=containing),
    Endpoint(method="GET", path="/api/v1/timelines/list/:list_id", access=_READ, handle=timeline),
)
