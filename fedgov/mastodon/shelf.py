"""What somebody keeps for themself: bookmarks, favourites, and how far they read.

Spec: https://docs.joinmastodon.org/methods/bookmarks/; methods/favourites; methods/markers
"""

from __future__ import annotations

from typing import Final

from fedgov.features.notices.queries.bookmarks import bookmark_page
from fedgov.features.notices.queries.notifications import read_markers
from fedgov.features.notices.service.markers import mark_read
from fedgov.features.notices.vocabulary import Timeline
from fedgov.features.posts.queries.liked import liked_page
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.replies import listed, shown
from fedgov.mastodon.shelves import status_entities
from fedgov.store.transaction import Transaction


async def bookmarks(call: Call) -> Reply:
    """View bookmarked statuses."""
    page = await call.read(_bookmarks, viewer=call.me, request=call.parameters.page())
    return listed(page.items, links=call.links(page))


def _bookmarks(tx: Transaction, *, viewer: str, request: PageRequest) -> Page[Entity]:
    page = bookmark_page(tx, owner=viewer, request=request)
    return page.with_items(status_entities(tx, [each.object_id for each in page.items], viewer=viewer))


async def favourites(call: Call) -> Reply:
    """View favourited statuses."""
    page = await call.read(_favourites, viewer=call.me, request=call.parameters.page())
    return listed(page.items, links=call.links(page))


def _favourites(tx: Transaction, *, viewer: str, request: PageRequest) -> Page[Entity]:
    page = liked_page(tx, actor=viewer, request=request)
    return page.with_items(status_entities(tx, page.items, viewer=viewer))


async def markers(call: Call) -> Reply:
    """Get saved timeline positions."""
    wanted = call.parameters.texts("timeline")
    return shown(await call.read(_markers, owner=call.me, wanted=wanted))


async def save_markers(call: Call) -> Reply:
    """Save your position in a timeline; it only ever goes forward."""
    found = {each: call.parameters.inner(each.value).whole("last_read_id") for each in Timeline}
    sent = {timeline: number for timeline, number in found.items() if number is not None}
    if any(not 0 <= number < 2**63 for number in sent.values()):
        raise InvalidError("last_read_id must be an id", field="last_read_id")
    return shown(await call.write(_save_markers, owner=call.me, sent=sent))


def _save_markers(tx: Transaction, *, owner: str, sent: dict[Timeline, int]) -> Entity:
    for timeline, number in sent.items():
        mark_read(tx, owner=owner, timeline=timeline, last_read_id=number)
    return _markers(tx, owner=owner, wanted=[timeline.value for timeline in sent])


def _markers(tx: Transaction, *, owner: str, wanted: list[str]) -> Entity:
    return {
        each.timeline.value: {
            "last_read_id": str(each.last_read_id),
            "version": each.version,
            "updated_at": to_rfc3339(each.updated_at),
        }
        for each in read_markers(tx, owner=owner).values()
        if each.timeline.value in wanted
    }


_MARKERS: Final = "/api/v1/markers"
ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/bookmarks", access=Access.person("read:bookmarks"), handle=bookmarks),
    Endpoint(method="GET", path="/api/v1/favourites", access=Access.person("read:favourites"), handle=favourites),
    Endpoint(method="GET", path=_MARKERS, access=Access.person("read:statuses"), handle=markers),
    Endpoint(method="POST", path=_MARKERS, access=Access.person("write:statuses"), handle=save_markers),
)
