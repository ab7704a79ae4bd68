"""The addresses in a document: where people read it, and where its file lies.

Only http and https addresses are ever given back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from fedgov.activitystreams.document import Document, text
from fedgov.kernel.uris import is_http_uri

HTML: Final = ("text/html", "application/xhtml+xml")
_MAX_LINKS: Final = 50


@dataclass(frozen=True, slots=True)
class Link:
    """An http(s) address and what it says to lead to.

    Args:
        href: The address.
        media_type: Lower case, without parameters; None when not said.
        document: The object that held it; None when it was a mere string.
    """

    href: str
    media_type: str | None = None
    document: Document | None = None


def links(doc: Document, key: str = "url") -> list[Link]:
    """Return the usable addresses of a property, which may be text, Link, object with ``url`` or array of these."""
    return list(_links(doc.get(key), depth=0))


def _links(value: Any, *, depth: int) -> Iterator[Link]:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        if is_http_uri(value):
            yield Link(href=value)
    elif isinstance(value, list) and depth < 3:
        for member in value[:_MAX_LINKS]:
            yield from _links(member, depth=depth + 1)
    elif isinstance(value, dict) and depth < 3:
        yield from _links_of_object(value, depth=depth)


def _links_of_object(value: Document, *, depth: int) -> Iterator[Link]:
    href = text(value, "href")
    if href is not None:
        if is_http_uri(href):
            yield Link(href=href, media_type=media_type(value), document=value)
        return
    for inner in _links(value.get("url"), depth=depth + 1):
        yield Link(href=inner.href, media_type=inner.media_type or media_type(value), document=value)


def media_type(doc: Document) -> str | None:
    """Return the stated media type in lower case and without parameters."""
    value = text(doc, "mediaType", limit=255)
    return value.partition(";")[0].strip().lower() or None if value is not None else None


def web_url(doc: Document) -> str | None:
    """Return the address of the page for people: an HTML link, or one that states no type.

    None means that there is no such; the id of the object is the next best.
    """
    found = links(doc)
    for link in found:
        if link.media_type in HTML:
            return link.href
    return next((link.href for link in found if link.media_type is None), None)


def file_url(doc: Document, key: str) -> str | None:
    """Return the first address of a picture property such as ``icon``."""
    return next((link.href for link in links(doc, key) if link.media_type not in HTML), None)
