"""Whom a call is about, and pages of people: what the endpoints about accounts share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec

from sqlalchemy import Row

from fedgov.federation import actors
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon.call import Call
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.replies import listed
from fedgov.mastodon.shelves import account_entities
from fedgov.store.transaction import Transaction

P = ParamSpec("P")

DEFAULT: Final = 40
MOST: Final = 80
"""Accounts on one page."""


def find(tx: Transaction, *, row_id: int) -> Row[Any]:
    """Return the actor that an id in a path stands for.

    Raises:
        NotFoundError: There is none, or it is the server itself.
    """
    uris = actors.known_uris(tx, row_ids=[row_id])
    row = actors.get(tx, uri=uris[0]) if uris else None
    if row is None or row.kind == "Application":
        raise NotFoundError("Record not found")
    return row


async def uri_of(call: Call, *, place: str = "id") -> str:
    """Return the URI of the actor whose id stands in the path.

    Raises:
        NotFoundError: There is none.
    """
    return str((await call.read(find, row_id=call.row_id(place))).uri)


async def list_people(
    call: Call,
    read: Callable[Concatenate[Transaction, P], Page[Row[Any]]],
    *args: P.args,
    **values: P.kwargs,
) -> Reply:
    """Answer with a page of Account entities.

    Args:
        call: The call.
        read: Gives rows with the ``uri`` of each.
        args: For ``read``.
        values: For ``read``, besides ``page``.
    """
    page = await call.read(_page, read, args, values)
    return listed(page.items, links=call.links(page))


def wanted(call: Call) -> PageRequest:
    """Return which part of a list of people is wanted."""
    return call.parameters.page(default=DEFAULT, maximum=MOST)


def _page(
    tx: Transaction, read: Callable[..., Page[Row[Any]]], args: tuple[Any, ...], values: dict[str, Any]
) -> Page[Entity]:
    page = read(tx, *args, **values)
    return page.with_items(account_entities(tx, uris=[row.uri for row in page.items]))
