"""Reading posts.

Spec: https://docs.joinmastodon.org/methods/statuses/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Row

from fedgov.features.notices.vocabulary import FilterContext
from fedgov.features.posts.queries.entries import entry
from fedgov.features.posts.queries.liked import likers_page, sharers_page
from fedgov.features.posts.queries.threads import thread
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import ForbiddenError
from fedgov.kernel.pagination import Page
from fedgov.mastodon import people
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.replies import shown
from fedgov.mastodon.shelves import edit_entities, status_entities, status_entity_of
from fedgov.store.transaction import Transaction

MAX_AT_ONCE: Final = 20


async def show(call: Call) -> Reply:
    """View a single status."""
    return shown(await call.read(status_entity_of, row_id=call.row_id(), viewer=call.viewer))


async def show_many(call: Call) -> Reply:
    """View multiple statuses."""
    wanted = call.parameters.row_ids("id")[:MAX_AT_ONCE]
    return shown(await call.read(status_entities, wanted, viewer=call.viewer))


async def context(call: Call) -> Reply:
    """Get parent and child statuses in context."""
    return shown(await call.read(_context, row_id=call.row_id(), viewer=call.viewer))


async def history(call: Call) -> Reply:
    """View edit history of a status."""
    return shown(await call.read(_history, row_id=call.row_id(), viewer=call.viewer))


async def source(call: Call) -> Reply:
    """View status source."""
    row = await call.read(_readable, row_id=call.row_id(), viewer=call.me)
    if row.author != call.me:
        raise ForbiddenError("This action is not allowed")
    return shown({"id": str(row.object_id), "text": row.source or "", "spoiler_text": row.summary})


async def favourited_by(call: Call) -> Reply:
    """See who favourited a status."""
    return await _people(call, likers_page)


async def reblogged_by(call: Call) -> Reply:
    """See who boosted a status."""
    return await _people(call, sharers_page)


async def _people(call: Call, read: Callable[..., Page[Row[Any]]]) -> Reply:
    row = await call.read(_readable, row_id=call.row_id(), viewer=call.viewer)
    return await people.list_people(call, read, object_id=row.object_id, page=people.wanted(call))


def _readable(tx: Transaction, *, row_id: int, viewer: str | None) -> Row[Any]:
    return entry(tx, row_id=row_id, viewer=viewer).row


def _context(tx: Transaction, *, row_id: int, viewer: str | None) -> Entity:
    row = _readable(tx, row_id=row_id, viewer=viewer)
    around = thread(tx, row=row, viewer=viewer)
    parts = {"ancestors": around.ancestors, "descendants": around.descendants}
    return {
        name: status_entities(
            tx, [place.row for place in part if place.row is not None], viewer=viewer, context=FilterContext.THREAD
        )
        for name, part in parts.items()
    }


def _history(tx: Transaction, *, row_id: int, viewer: str | None) -> list[Entity]:
    return edit_entities(tx, row=_readable(tx, row_id=row_id, viewer=viewer), viewer=viewer)


_READING: Final = Access.public("read:statuses")

ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/statuses", access=_READING, handle=show_many),
    Endpoint(method="GET", path="/api/v1/statuses/:id", access=_READING, handle=show),
    Endpoint(method="GET", path="/api/v1/statuses/:id/context", access=_READING, handle=context),
    Endpoint(method="GET", path="/api/v1/statuses/:id/history", access=_READING, handle=history),
    Endpoint(method="GET", path="/api/v1/statuses/:id/source", access=Access.person("read:statuses"), handle=source),
    Endpoint(method="GET", path="/api/v1/statuses/:id/favourited_by", access=_READING, handle=favourited_by),
    Endpoint(method="GET", path="/api/v1/statuses/:id/reblogged_by", access=_READING, handle=reblogged_by),
)
