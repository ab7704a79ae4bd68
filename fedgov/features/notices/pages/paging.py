"""Links to the rest of a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from quart import request

from fedgov.kernel.pagination import Page, PageRequest, page_request
from fedgov.web.cards import PageLinks


def goes_on(page: Page[Any], *, read: Callable[[PageRequest], Page[Any]]) -> bool:
    """Tell whether a list has something older than a page of it.

    Args:
        page: The page.
        read: Gives any part of the list.
    """
    edge = page.next_max_id
    return edge is not None and read(PageRequest(max_id=edge, limit=1)).next_max_id is not None


def wanted_page() -> PageRequest:
    """Return which part of a list this request asks for."""
    return page_request(
        max_id=request.args.get("max_id"), min_id=request.args.get("min_id"), since_id=request.args.get("since_id")
    )


def is_above_everything(page: Page[Any], wanted: PageRequest) -> bool:
    """Tell whether somebody went on to newer items until there were none: the list's own address shows the top."""
    return wanted.upwards and page.prev_min_id is None


def page_links(
    path: str, page: Page[Any], wanted: PageRequest, *, has_older: bool, extra: dict[str, str] | None = None
) -> PageLinks:
    """Return where the newer and the older part of a list are."""
    is_top = wanted.max_id is None and not wanted.upwards
    return PageLinks(
        newer=None if is_top or page.prev_min_id is None else path_with(path, extra, min_id=page.prev_min_id),
        older=path_with(path, extra, max_id=page.next_max_id) if has_older and page.next_max_id is not None else None,
    )


def path_with(path: str, extra: dict[str, str] | None, **cursor: int) -> str:
    """Return an address with a query."""
    query = urlencode({**(extra or {}), **cursor})
    return f"{path}?{query}" if query else path
