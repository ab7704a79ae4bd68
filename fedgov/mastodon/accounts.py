"""Accounts, and what they wrote.

Spec: https://docs.joinmastodon.org/methods/accounts/
"""

from __future__ import annotations

from typing import Any, Final, Literal

from sqlalchemy import Row

from fedgov.features.notices.vocabulary import FilterContext
from fedgov.features.people import queries
from fedgov.features.people.present import may_see_lists
from fedgov.features.people.service import finding
from fedgov.features.people.service.notes import endorsed
from fedgov.features.posts.queries.timelines import Kinds, author_timeline, featured
from fedgov.federation import actors
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import FedgovError, NotFoundError, RateLimitedError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.kernel.uris import is_http_uri, parse_handle
from fedgov.mastodon import people
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.replies import listed, shown
from fedgov.mastodon.shelves import account_entities, status_entities
from fedgov.store.transaction import Transaction

_MAX_OFFSET: Final = 10_000


async def show(call: Call) -> Reply:
    """Get account."""
    return shown(await call.read(_account, row_id=call.row_id()))


def _account(tx: Transaction, *, row_id: int) -> Entity:
    return account_entities(tx, uris=[people.find(tx, row_id=row_id).uri])[0]


async def show_many(call: Call) -> Reply:
    """Get multiple accounts."""
    wanted = (call.parameters.row_ids("id") or call.parameters.row_ids("ids"))[: people.MOST]
    return shown(await call.read(_accounts, row_ids=wanted))


def _accounts(tx: Transaction, *, row_ids: list[int]) -> list[Entity]:
    return account_entities(tx, uris=actors.known_uris(tx, row_ids=row_ids))


async def lookup(call: Call) -> Reply:
    """Lookup account ID from a handle, among those that are known here."""
    return shown(await call.read(_lookup, handle=call.parameters.text("acct")))


def _lookup(tx: Transaction, *, handle: str) -> Entity:
    row = queries.find_person(tx, handle=handle)
    if row is None or row.kind == "Application":
        raise NotFoundError("Record not found")
    return account_entities(tx, uris=[row.uri])[0]


# --- searching --------------------------------------------------------------------------------------------------


async def search(call: Call) -> Reply:
    """Search for matching accounts."""
    sent, words = call.parameters, call.parameters.text("q").strip()
    limit = max(1, min(sent.whole("limit") or people.DEFAULT, people.MOST))
    offset = max(0, min(sent.whole("offset") or 0, _MAX_OFFSET))
    first = await resolve(call, words) if sent.flag("resolve") and not offset else None
    found = await call.read(
        _search,
        text=words,
        viewer=call.me,
        limit=limit,
        offset=offset,
        followed_only=sent.flag("following"),
        first=first,
    )
    return shown(found)


async def resolve(call: Call, words: str) -> str | None:
    """Return the URI of the actor whose whole handle or address was typed, asked for elsewhere when it is new.

    Args:
        call: Of a person.
        words: As typed.

    Returns:
        None when it is no such thing, or nobody was found.

    Raises:
        RateLimitedError: Somebody lets us ask too often.
    """
    try:
        if is_http_uri(words):
            return await call.instance.fetch.actor(words)
        if "@" not in words.removeprefix("@"):
            return None
        known = await call.read(queries.find_person, handle=words)
        if known is not None:
            return str(known.uri)
        return await call.instance.fetch.actor_by_handle(parse_handle(words, scheme=call.site.scheme))
    except RateLimitedError:
        raise
    except FedgovError:
        return None


def _search(
    tx: Transaction, *, text: str, viewer: str, limit: int, offset: int, followed_only: bool, first: str | None
) -> list[Entity]:
    rows = finding.search(tx, text=text, viewer=viewer, limit=limit, offset=offset, followed_only=followed_only)
    uris = [row.uri for row in rows]
    if first is not None and not followed_only and first not in queries.shut_out(tx, viewer=viewer):
        uris = list(dict.fromkeys((first, *uris)))
    return account_entities(tx, uris=uris[:limit])


# --- what they wrote --------------------------------------------------------------------------------------------


async def statuses(call: Call) -> Reply:
    """Get account's statuses."""
    sent = call.parameters
    kinds = Kinds(
        replies=not sent.flag("exclude_replies"),
        shares=not sent.flag("exclude_reblogs"),
        only_media=sent.flag("only_media"),
        tag=sent.text("tagged") or None,
    )
    page = await call.read(
        _statuses,
        row_id=call.row_id(),
        viewer=call.viewer,
        request=sent.page(),
        kinds=kinds,
        pinned=sent.flag("pinned"),
    )
    return listed(page.items, links=call.links(page))


def _statuses(
    tx: Transaction, *, row_id: int, viewer: str | None, request: PageRequest, kinds: Kinds, pinned: bool
) -> Page[Entity]:
    author = people.find(tx, row_id=row_id).uri
    if pinned:
        on_top = featured(tx, actor=author, viewer=viewer)
        return Page(items=tuple(status_entities(tx, on_top, viewer=viewer)))
    page = author_timeline(tx, author=author, viewer=viewer, page=request, kinds=kinds)
    return page.with_items(status_entities(tx, page.items, viewer=viewer, context=FilterContext.ACCOUNT))


# --- who follows, and whom they follow and recommend ------------------------------------------------------------


async def followers(call: Call) -> Reply:
    """Get account's followers."""
    return await _list(call, side="follower")


async def following(call: Call) -> Reply:
    """Get account's following."""
    return await _list(call, side="following")


async def _list(call: Call, *, side: Literal["follower", "following"]) -> Reply:
    request = people.wanted(call)
    return await people.list_people(call, _follows, row_id=call.row_id(), viewer=call.viewer, side=side, page=request)


def _follows(
    tx: Transaction, *, row_id: int, viewer: str | None, side: Literal["follower", "following"], page: PageRequest
) -> Page[Row[Any]]:
    row = people.find(tx, row_id=row_id)
    if not may_see_lists(tx, row=row, viewer=viewer):
        return Page(items=())
    found = queries.paged_follows(tx, of=row.uri, side=side, page=page)
    hidden = queries.shut_out(tx, viewer=viewer) if viewer not in (None, row.uri) else frozenset()
    return found.map(lambda each: None if each.uri in hidden else each)


async def endorsements_of(call: Call) -> Reply:
    """Get featured accounts."""
    return await people.list_people(call, endorsed, who=await people.uri_of(call), page=people.wanted(call))


async def endorsements(call: Call) -> Reply:
    """View currently featured profiles."""
    return await people.list_people(call, endorsed, who=call.me, page=people.wanted(call))


_PUBLIC: Final = Access.public("read:accounts")
_READ: Final = Access.person("read:accounts")

ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/accounts", access=_PUBLIC, handle=show_many),
    Endpoint(method="GET", path="/api/v1/accounts/lookup", access=_PUBLIC, handle=lookup),
    Endpoint(method="GET", path="/api/v1/accounts/search", access=_READ, handle=search),
    Endpoint(method="GET", path="/api/v1/accounts/:id", access=_PUBLIC, handle=show),
    Endpoint(
        method="GET", path="/api/v1/accounts/:id/statuses", access=Access.public("read:statuses"), handle=statuses
    ),
    Endpoint(method="GET", path="/api/v1/accounts/:id/followers", access=_PUBLIC, handle=followers),
    Endpoint(method="GET", path="/api/v1/accounts/:id/following", access=_PUBLIC, handle=following),
    Endpoint(method="GET", path="/api/v1/accounts/:id/endorsements", access=_PUBLIC, handle=endorsements_of),
    Endpoint(method="GET", path="/api/v1/endorsements", access=_READ, handle=endorsements),
)
