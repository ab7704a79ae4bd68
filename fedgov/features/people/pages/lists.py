"""Who follows somebody, and whom somebody follows."""

from __future__ import annotations

from typing import Any

from quart import Response, request

from fedgov.features.people import present, queries
from fedgov.features.people.pages.row_ids import asked_row_id
from fedgov.kernel.errors import NotFoundError
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PageLinks
from fedgov.web.desk import current_instance
from fedgov.web.render import render
from fedgov.web.session import current_visitor


async def followers(username: str) -> Response:
    """Show who follows somebody."""
    return await _list(username, kind="followers")


async def following(username: str) -> Response:
    """Show whom somebody follows."""
    return await _list(username, kind="following")


async def _list(username: str, *, kind: str) -> Response:
    visitor = await current_visitor()
    values = await current_instance().read(
        _values,
        handle=username,
        kind=kind,
        viewer=visitor.actor_uri if visitor else None,
        before=asked_row_id("before"),
        after=asked_row_id("after"),
        path=request.path,
    )
    return await render("people/people_list.html", kind=kind, **values)


def _values(
    tx: Transaction, *, handle: str, kind: str, viewer: str | None, before: int | None, after: int | None, path: str
) -> dict[str, Any]:
    row = queries.get_person(tx, handle=handle)
    if row.kind == "Application":
        raise NotFoundError("there is no such person")
    profile = present.profile_card(tx, row=row, viewer=viewer)
    if not profile.lists_public:
        return {"profile": profile, "people": (), "pages": PageLinks()}
    read = queries.followers if kind == "followers" else queries.following
    page = read(tx, of=row.uri, before=before, after=after)
    cards = present.person_cards(tx, [each.uri for each in page.rows])
    return {
        "profile": profile,
        "people": [cards[each.uri] for each in page.rows],
        "pages": links(path, page),
    }


def links(path: str, page: queries.Page) -> PageLinks:
    """Return where the pieces before and after this one are."""
    return PageLinks(
        newer=None if page.newer is None else f"{path}?after={page.newer}",
        older=None if page.older is None else f"{path}?before={page.older}",
    )
