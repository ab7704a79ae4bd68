"""Posts and activities of people elsewhere, as their servers would send them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.activitystreams.document import Document, types
from fedgov.features.posts.inbox import HANDLERS
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service.publishing import publish_post
from fedgov.federation.dispatch import ANY
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.uris import origin
from fedgov.store.transaction import Transaction
from tests.unit.features.residents import NOW, Town, verified

PIETER: Final = "https://leeuwarden.example/users/pieter"
_serial = iter(range(1, 1_000_000))


def note(author: str = PIETER, *, key: str = "1", **members: Any) -> Document:
    """Return a public Note of somebody elsewhere."""
    document: Document = {
        "id": f"{origin(author)}/notes/{key}",
        "type": "Note",
        "attributedTo": author,
        "to": [PUBLIC],
        "cc": [f"{author}/followers"],
        "content": "<p>Moin</p>",
        "published": to_rfc3339(NOW - 60_000),
    }
    return {name: value for name, value in (document | members).items() if value is not None}


def activity(kind: str, what: Any, *, actor: str = PIETER, **members: Any) -> Document:
    """Return an activity of somebody elsewhere about an object or its URI."""
    document: Document = {
        "id": f"{origin(actor)}/activities/{next(_serial)}",
        "type": kind,
        "actor": actor,
        "object": what,
        "published": to_rfc3339(NOW),
    }
    if isinstance(what, dict):
        document |= {name: what[name] for name in ("to", "cc") if name in what}
    return document | members


def deliver(tx: Transaction, document: Document, *, received_at: int | None = None) -> None:
    """Let the room handle an activity, chosen from its table as the worker does."""
    arrived = verified(document, received_at=tx.now if received_at is None else received_at)
    inner = arrived.activity.object
    kinds = (*(types(inner) if inner is not None else ()), ANY)
    handler = next(HANDLERS[arrived.activity.type, kind] for kind in kinds if (arrived.activity.type, kind) in HANDLERS)
    handler.apply(tx, arrived)


def arrive(town: Town, document: Document) -> Row[Any]:
    """Let a post arrive in a Create of its author; return its row."""
    deliver(town.tx, activity("Create", document, actor=document["attributedTo"]))
    return the_post(town.tx, document["id"])


def the_post(tx: Transaction, uri: str) -> Row[Any]:
    """Return a post that is there."""
    row = post_queries.find_by_uri(tx, uri=uri)
    assert row is not None
    return row


def written(town: Town, author: str, text: str = "Hallo", **values: Any) -> Row[Any]:
    """Let somebody here write something; return its row."""
    values.setdefault("visibility", Visibility.PUBLIC)
    return post_queries.get_any(town.tx, object_id=publish_post(town.tx, author=author, text=text, **values))
