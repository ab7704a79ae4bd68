"""Timelines.

Spec: https://docs.joinmastodon.org/methods/timelines/
"""

from __future__ import annotations

from typing import Final

from fedgov.features.notices.queries.home import home_page
from fedgov.features.notices.vocabulary import FilterContext
from fedgov.features.posts.queries import timelines
from fedgov.features.posts.queries.timelines import Entry
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.replies import listed
from fedgov.mastodon.shelves import status_entities
from fedgov.store.transaction import Transaction


async def home(call: Call) -> Reply:
    """View home timeline."""
    page = await call.read(_home, viewer=call.me, request=call.parameters.page())
    return listed(page.items, links=call.links(page))


async def public(call: Call) -> Reply:
    """View public timeline."""
    local_only = call.parameters.flag("local")
    page = await call.read(_public, viewer=call.viewer, request=call.parameters.page(), local_only=local_only)
    return listed(page.items, links=call.links(page))


async def tag(call: Call) -> Reply:
    """View hashtag timeline."""
    page = await call.read(_tag, viewer=call.viewer, request=call.parameters.page(), tag=call.places["hashtag"])
    return listed(page.items, links=call.links(page))


async def link(call: Call) -> Reply:
    """View link timeline."""
    page = await call.read(_link, viewer=call.viewer, request=call.parameters.page(), url=call.parameters.text("url"))
    return listed(page.items, links=call.links(page))


async def direct(call: Call) -> Reply:
    """View direct timeline."""
    page = await call.read(_direct, viewer=call.me, request=call.parameters.page())
    return listed(page.items, links=call.links(page))


def _home(tx: Transaction, *, viewer: str, request: PageRequest) -> Page[Entity]:
    page = home_page(tx, owner=viewer, request=request)
    return page.with_items(status_entities(tx, page.items, viewer=viewer, context=FilterContext.HOME))


def _public(tx: Transaction, *, viewer: str | None, request: PageRequest, local_only: bool) -> Page[Entity]:
    found = timelines.public_timeline(tx, viewer=viewer, page=request, local_only=local_only)
    return _as_statuses(tx, found, viewer=viewer)


def _tag(tx: Transaction, *, viewer: str | None, request: PageRequest, tag: str) -> Page[Entity]:
    return _as_statuses(tx, timelines.hashtag_timeline(tx, viewer=viewer, page=request, tag=tag), viewer=viewer)


def _link(tx: Transaction, *, viewer: str | None, request: PageRequest, url: str) -> Page[Entity]:
    return _as_statuses(tx, timelines.link_timeline(tx, viewer=viewer, page=request, url=url), viewer=viewer)


def _direct(tx: Transaction, *, viewer: str, request: PageRequest) -> Page[Entity]:
    found = timelines.direct_timeline(tx, viewer=viewer, page=request)
    return found.with_items(status_entities(tx, found.items, viewer=viewer))


def _as_statuses(tx: Transaction, page: Page[Entry], *, viewer: str | None) -> Page[Entity]:
    return page.with_items(status_entities(tx, page.items, viewer=viewer, context=FilterContext.PUBLIC))


ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/timelines/home", access=Access.person("read:statuses"), handle=home),
    Endpoint(method="GET", path="/api/v1/timelines/link", access=Access.public("read:statuses"), handle=link),
    Endpoint(method="GET", path="/api/v1/timelines/direct", access=Access.person("read:statuses"), handle=direct),
    Endpoint(method="GET", path="/api/v1/timelines/public", access=Access.public("read:statuses"), handle=public),
    Endpoint(method="GET", path="/api/v1/timelines/tag/:hashtag", access=Access.public("read:statuses"), handle=tag),
)
