"""Searching people, posts and subjects.

Spec: https://docs.joinmastodon.org/methods/search/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fedgov.features.notices.queries.tags import followed_among
from fedgov.features.people import queries as people_queries
from fedgov.features.people.service import finding
from fedgov.features.posts.queries import trends
from fedgov.features.posts.queries.tags_found import tags_that_begin
from fedgov.features.search.policy.wanted import Link, Wanted, Words, read_query
from fedgov.features.search.queries import NOTHING, Found, find_posts, known
from fedgov.features.search.service import look_up
from fedgov.federation import actors
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import FedgovError, MalformedError, RateLimitedError, UnverifiedError
from fedgov.kernel.pagination import PageRequest
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.tag import tag_entity
from fedgov.mastodon.replies import shown
from fedgov.mastodon.shelves import account_entities, status_entities
from fedgov.store.transaction import Transaction

DEFAULT: Final = 20
MOST: Final = 40
_MAX_OFFSET: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is looked for.

    Args:
        text: As typed.
        wanted: What that is.
        viewer: URI of the actor who asks; None for a visitor.
        kinds: Which of ``accounts``, ``statuses`` and ``hashtags`` are wanted.
        page: Which part.
        offset: Leave out so many of the first.
        followed_only: Only people whom the reader follows.
        author: Row id of whose posts are wanted; None for anybody's.
        met: What was found by its handle or address.
    """

    text: str
    wanted: Wanted
    viewer: str | None
    kinds: frozenset[str]
    page: PageRequest
    offset: int
    followed_only: bool
    author: int | None
    met: Found = NOTHING


async def search(call: Call) -> Reply:
    """Perform a search."""
    sent, viewer = call.parameters, call.viewer
    text = sent.text("q").strip()
    if not text:
        raise MalformedError("param is missing or the value is empty: q")
    kind, resolve = sent.text("type"), sent.flag("resolve")
    if viewer is None and resolve:
        raise UnverifiedError("Search queries that resolve remote resources are not supported without authentication")
    if viewer is None and (sent.whole("offset") or 0):
        raise UnverifiedError("Search queries pagination is not supported without authentication")
    wanted = read_query(text, scheme=call.site.scheme)
    author = sent.row_ids("account_id")
    asked = Asked(
        text=text,
        wanted=wanted,
        viewer=viewer,
        kinds=frozenset({kind} if kind else _KINDS),
        page=sent.page(default=DEFAULT, maximum=MOST),
        offset=max(0, min(sent.whole("offset") or 0, _MAX_OFFSET)) if kind else 0,
        followed_only=sent.flag("following"),
        author=author[0] if author else -1 if sent.text("account_id") else None,
        met=NOTHING if isinstance(wanted, Words) else await _meet(call, wanted, resolve=resolve),
    )
    return shown(await call.read(_found, asked=asked))


async def _meet(call: Call, wanted: Wanted, *, resolve: bool) -> Found:
    """Return whoever or whatever has this handle or address, asked for elsewhere when that is wanted."""
    if isinstance(wanted, Words):
        return NOTHING
    found = await call.read(known, wanted=wanted, viewer=call.viewer)
    if found or not resolve or call.viewer is None:
        return found
    try:
        return await look_up(call.instance, wanted=wanted, viewer=call.viewer)
    except RateLimitedError:
        raise
    except FedgovError:
        return NOTHING


def _found(tx: Transaction, *, asked: Asked) -> Entity:
    is_link = isinstance(asked.wanted, Link)
    return {
        "accounts": _accounts(tx, asked, is_link=is_link) if "accounts" in asked.kinds else [],
        "statuses": _statuses(tx, asked, is_link=is_link) if "statuses" in asked.kinds else [],
        "hashtags": [] if is_link or "hashtags" not in asked.kinds else _hashtags(tx, asked),
    }


def _accounts(tx: Transaction, asked: Asked, *, is_link: bool) -> list[Entity]:
    met = [] if asked.met.actor is None or asked.offset else [asked.met.actor]
    if asked.viewer is not None and met:
        shut_out = people_queries.shut_out(tx, viewer=asked.viewer)
        met = [uri for uri in met if uri not in shut_out and not asked.followed_only]
    if is_link or asked.text.startswith("#"):
        return account_entities(tx, uris=met)
    rows = finding.search(
        tx,
        text=asked.text,
        viewer=asked.viewer,
        limit=asked.page.limit,
        offset=asked.offset,
        followed_only=asked.followed_only,
    )
    uris = [row.uri for row in rows if _is_within(row.id, asked.page)]
    return account_entities(tx, uris=list(dict.fromkeys((*met, *uris)))[: asked.page.limit])


def _is_within(row_id: int, page: PageRequest) -> bool:
    return (page.max_id is None or row_id < page.max_id) and (page.after is None or row_id > page.after)


def _statuses(tx: Transaction, asked: Asked, *, is_link: bool) -> list[Entity]:
    if is_link:
        met = asked.met.object_id
        return [] if met is None or asked.offset else status_entities(tx, [met], viewer=asked.viewer)
    author = None
    if asked.author is not None:
        uris = actors.known_uris(tx, row_ids=[asked.author])
        if not uris:
            return []
        author = uris[0]
    rows = find_posts(tx, text=asked.text, viewer=asked.viewer, page=asked.page, offset=asked.offset, author=author)
    return status_entities(tx, rows, viewer=asked.viewer)


def _hashtags(tx: Transaction, asked: Asked) -> list[Entity]:
    if asked.text.startswith("@"):
        return []
    tags = tags_that_begin(tx, text=asked.text, viewer=asked.viewer, limit=asked.page.limit, offset=asked.offset)
    used = trends.tag_history(tx, tags=tags)
    found = [tag_entity(tag, history=used[tag], site=tx.site) for tag in tags]
    if asked.viewer is None:
        return found
    followed = followed_among(tx, owner=asked.viewer, tags=tags)
    return [each | {"following": tag in followed} for tag, each in zip(tags, found, strict=True)]


_KINDS: Final = frozenset({"accounts", "statuses", "hashtags"})
ENDPOINTS: Final = (Endpoint(method="GET", path="/api/v2/search", access=Access.public("read:search"), handle=search),)
