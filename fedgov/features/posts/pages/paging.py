"""Links to the rest of a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from quart import request

from fedgov.features.posts.present import post_cards
from fedgov.features.posts.queries.timelines import Entry
from fedgov.kernel.pagination import Page, PageRequest, page_request
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PageLinks, PostCard

Timeline = Callable[[PageRequest], Page[Entry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A part of a list, as a page shows it.

    Args:
        posts: The cards.
        page: The cursors.
        has_older: The list goes on.
    """

    posts: tuple[PostCard, ...]
    page: Page[Entry]
    has_older: bool


def stream(tx: Transaction, *, timeline: Timeline, wanted: PageRequest, viewer: str | None) -> Stream:
    """Return the cards of a part of a list, and whether it goes on.

    Args:
        tx: The open transaction.
        timeline: Gives the part that is asked for.
        wanted: Which part.
        viewer: URI of the actor who reads; None for a visitor.
    """
    page = timeline(wanted)
    edge = page.next_max_id
    has_older = edge is not None and timeline(PageRequest(max_id=edge, limit=1)).next_max_id is not None
    return Stream(posts=tuple(post_cards(tx, page.items, viewer)), page=page, has_older=has_older)


def wanted_page() -> PageRequest:
    """Return which part of a list this request asks for."""
    return page_request(
        max_id=request.args.get("max_id"), min_id=request.args.get("min_id"), since_id=request.args.get("since_id")
    )


def is_above_everything(found: Stream, wanted: PageRequest) -> bool:
    """Tell whether somebody went on to newer posts until there were none: the list's own address shows the top."""
    return wanted.upwards and found.page.prev_min_id is None


def page_links(path: str, found: Stream, wanted: PageRequest, **extra: str) -> PageLinks:
    """Return the links to newer and older posts.

    Args:
        path: Path of the list.
        found: The part that is shown.
        wanted: What was asked for.
        extra: The rest of the query.
    """
    is_top = wanted.max_id is None and not wanted.upwards
    newer, older = found.page.prev_min_id, found.page.next_max_id
    return PageLinks(
        newer=None if is_top or newer is None else _path(path, {**extra, "min_id": newer}),
        older=_path(path, {**extra, "max_id": older}) if found.has_older and older is not None else None,
    )


def _path(path: str, query: dict[str, Any]) -> str:
    return f"{path}?{urlencode(query)}"


def with_pinned(found: Stream, pinned: tuple[PostCard, ...]) -> Stream:
    """Return the list with some posts on top, each once."""
    above = {card.id for card in pinned}
    rest = (card for card in found.posts if card.id not in above or card.shared_by is not None)
    return replace(found, posts=(*pinned, *rest))
