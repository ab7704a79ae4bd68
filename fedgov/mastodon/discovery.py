"""Finding people, subjects and posts that one does not know yet.

Spec: https://docs.joinmastodon.org/methods/directory/; methods/suggestions; methods/trends
"""

from __future__ import annotations

from typing import Final

from fedgov.features.people.service import suggestions
from fedgov.features.posts.queries import trends
from fedgov.federation.doors.answers import Reply
from fedgov.mastodon import people
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.link import link_entity
from fedgov.mastodon.entities.tag import tag_entity
from fedgov.mastodon.replies import NOTHING, shown
from fedgov.mastodon.shelves import account_entities, status_entities
from fedgov.store.transaction import Transaction

_MAX_OFFSET: Final = 10_000
_TAGS: Final = 10
_MOST_TAGS: Final = 20
_POSTS: Final = 20
_MOST_POSTS: Final = 40


def _limit(call: Call, *, default: int, most: int) -> int:
    wanted = call.parameters.whole("limit")
    return default if wanted is None else max(1, min(wanted, most))


def _offset(call: Call) -> int:
    return max(0, min(call.parameters.whole("offset") or 0, _MAX_OFFSET))


# --- people -----------------------------------------------------------------------------------------------------


async def directory(call: Call) -> Reply:
    """View profile directory."""
    order: suggestions.Order = "new" if call.parameters.text("order") == "new" else "active"
    found = await call.read(
        _directory,
        viewer=call.viewer,
        order=order,
        local_only=call.parameters.flag("local"),
        limit=_limit(call, default=people.DEFAULT, most=people.MOST),
        offset=_offset(call),
    )
    return shown(found)


def _directory(
    tx: Transaction, *, viewer: str | None, order: suggestions.Order, local_only: bool, limit: int, offset: int
) -> list[Entity]:
    rows = suggestions.directory(tx, viewer=viewer, order=order, local_only=local_only, limit=limit, offset=offset)
    return account_entities(tx, uris=[row.uri for row in rows])


async def suggest_v1(call: Call) -> Reply:
    """View follow suggestions (v1)."""
    return shown(await call.read(_suggested, who=call.me, limit=_limit(call, default=people.DEFAULT, most=people.MOST)))


async def suggest(call: Call) -> Reply:
    """View follow suggestions (v2)."""
    limit = _limit(call, default=people.DEFAULT, most=people.MOST)
    found = await call.read(_suggested, who=call.me, limit=limit)
    why = {"source": "past_interactions", "sources": ["friends_of_friends"]}
    return shown([why | {"account": account} for account in found])


def _suggested(tx: Transaction, *, who: str, limit: int) -> list[Entity]:
    return account_entities(tx, uris=suggestions.suggested(tx, who=who, limit=limit))


async def dismiss(call: Call) -> Reply:
    """Remove a suggestion."""
    await call.write(suggestions.dismiss, who=call.me, whom=await people.uri_of(call))
    return NOTHING


# --- what is talked about ---------------------------------------------------------------------------------------


async def tags(call: Call) -> Reply:
    """View trending tags."""
    limit = _limit(call, default=_TAGS, most=_MOST_TAGS)
    return shown(await call.read(_tags, limit=limit, offset=_offset(call)))


def _tags(tx: Transaction, *, limit: int, offset: int) -> list[Entity]:
    names = trends.trending_tags(tx, limit=limit, offset=offset)
    used = trends.tag_history(tx, tags=names)
    return [tag_entity(name, history=used[name], site=tx.site) for name in names]


async def statuses(call: Call) -> Reply:
    """View trending statuses."""
    limit = _limit(call, default=_POSTS, most=_MOST_POSTS)
    return shown(await call.read(_statuses, viewer=call.viewer, limit=limit, offset=_offset(call)))


def _statuses(tx: Transaction, *, viewer: str | None, limit: int, offset: int) -> list[Entity]:
    rows = trends.trending_posts(tx, viewer=viewer, limit=limit, offset=offset)
    return status_entities(tx, rows, viewer=viewer)


async def links(call: Call) -> Reply:
    """View trending links."""
    limit = _limit(call, default=_TAGS, most=_MOST_TAGS)
    found = await call.read(trends.trending_links, limit=limit, offset=_offset(call))
    return shown([link_entity(url, history=history) for url, history in found.items()])


_READ: Final = Access.person("read:accounts")
_TRENDS: Final = Access.public("read:statuses")

ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/directory", access=Access.public("read:accounts"), handle=directory),
    Endpoint(method="GET", path="/api/v1/suggestions", access=_READ, handle=suggest_v1),
    Endpoint(method="GET", path="/api/v2/suggestions", access=_READ, handle=suggest),
    Endpoint(
        method="DELETE", path="/api/v1/suggestions/:id", access=Access.person("write:accounts", "read"), handle=dismiss
    ),
    Endpoint(method="GET", path="/api/v1/trends", access=_TRENDS, handle=tags),
    Endpoint(method="GET", path="/api/v1/trends/tags", access=_TRENDS, handle=tags),
    Endpoint(method="GET", path="/api/v1/trends/statuses", access=_TRENDS, handle=statuses),
    Endpoint(method="GET", path="/api/v1/trends/links", access=_TRENDS, handle=links),
)
