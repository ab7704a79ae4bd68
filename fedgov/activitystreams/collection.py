"""Collections: lists that are too long to send at once.

The URL of a page of ours never has a query string, because some servers leave
it out of what they sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fedgov.activitystreams.context import CONTEXT
from fedgov.activitystreams.document import Document, embedded, http_uri, integer, types, uri

MAX_ITEMS: Final = 1_000
"""Most items that are read from one page."""

COLLECTION_TYPES: Final = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})


def collection_document(
    collection_uri: str,
    *,
    total: int | None,
    first: str | None = None,
    items: Sequence[Any] | None = None,
    attributed_to: str | None = None,
) -> Document:
    """Build an OrderedCollection.

    Args:
        collection_uri: Its id.
        total: Number of items; None where even that is not for everyone.
        first: URI of its first page; None when it has no pages or they are private.
        items: URIs or documents, where the collection is short enough to be whole.
        attributed_to: URI of the actor whose collection it is.

    Spec: ActivityStreams 2.0, section 5.
    """
    members: Document = {"totalItems": total, "first": first, "attributedTo": attributed_to}
    document = {"@context": CONTEXT, "id": collection_uri, "type": "OrderedCollection"} | _given(members)
    if items is not None:
        document["orderedItems"] = list(items)
    return document


def page_document(
    page_uri: str,
    *,
    part_of: str,
    items: Sequence[Any],
    following: str | None = None,
    previous: str | None = None,
    total: int | None = None,
) -> Document:
    """Build an OrderedCollectionPage.

    Args:
        page_uri: Its id, without a query string.
        part_of: URI of the collection.
        items: URIs or documents, newest first.
        following: URI of the next page; None on the last one.
        previous: URI of the page before; None on the first one.
        total: Number of items in the whole collection.
    """
    members: Document = {"totalItems": total, "next": following, "prev": previous}
    document: Document = {"@context": CONTEXT, "id": page_uri, "type": "OrderedCollectionPage", "partOf": part_of}
    return document | _given(members) | {"orderedItems": list(items)}


def _given(members: Document) -> Document:
    return {key: value for key, value in members.items() if value is not None}


def page_uri(collection_uri: str, cursor: int | str) -> str:
    """Return the URI of a page: ``…/outbox/page/123``."""
    return f"{collection_uri}/page/{cursor}"


def is_collection(doc: Document) -> bool:
    """Tell whether this is a collection or a page of one."""
    return not COLLECTION_TYPES.isdisjoint(types(doc))


def total_items(doc: Document) -> int | None:
    """Return how many items a collection says to have."""
    return integer(doc, "totalItems")


def items(doc: Document, *, limit: int = MAX_ITEMS) -> list[Document | str]:
    """Return the items of a collection or page: documents as they stand, everything else as URI.

    A collection that embeds its first page gives the items of that. What is
    neither a document nor a URI is left out.
    """
    found = _listed(doc, limit)
    first = embedded(doc, "first")
    return found if found or first is None else _listed(first, limit)


def _listed(doc: Document, limit: int) -> list[Document | str]:
    members: Any = doc.get("orderedItems", doc.get("items", []))
    found: list[Document | str] = []
    for member in (members if isinstance(members, list) else [members])[:limit]:
        link = uri({"item": member}, "item")
        if isinstance(member, dict) and "Link" not in types(member):
            found.append(member)
        elif link is not None:
            found.append(link)
    return found


def item_uris(doc: Document, *, limit: int = MAX_ITEMS) -> list[str]:
    """Return the URIs of the items of a collection or page; items without an id are left out."""
    found = (uri({"item": item}, "item") for item in items(doc, limit=limit))
    return [item for item in found if item is not None]


def next_page(doc: Document) -> str | None:
    """Return the URI of the page to read after this document; None at the end.

    For a collection without items of its own that is its first page. Cycles and
    endless pages are for the caller to stop.
    """
    following = http_uri(doc, "next")
    if following is not None:
        return following
    first = embedded(doc, "first")
    if first is not None and _listed(first, 1):
        return http_uri(first, "next")
    return None if _listed(doc, 1) else http_uri(doc, "first")
