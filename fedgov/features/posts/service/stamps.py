"""Stamps, by which everybody sees that an author agrees to be quoted: made, checked, and buried.

A stamp of our own is a public object of its author, at an address like a post's.

Spec: FEP-044f.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, delete, select, update

from fedgov.activitystreams.activity import embeddable
from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.activitystreams.document import Document
from fedgov.activitystreams.object import tombstone
from fedgov.activitystreams.quotation import STAMP, stamp_document, stamps
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import documents
from fedgov.features.posts.tables import posts, quote_requests
from fedgov.features.posts.vocabulary import QuoteSettled
from fedgov.federation import actors, outbox
from fedgov.federation import objects as object_store
from fedgov.store.transaction import Transaction

_GIVEN: Final = select(posts.c.object_id, posts.c.author, posts.c.local, posts.c.quote_stamp).where(
    posts.c.quote_id == bindparam("id"), posts.c.quote_stamp.is_not(None)
)
_UNSTAMP: Final = update(posts).where(posts.c.object_id == bindparam("of")).values(quote_stamp=None)
_WAITING: Final = (
    select(quote_requests.c.object_id, posts.c.author)
    .join(posts, posts.c.object_id == quote_requests.c.object_id)
    .where(quote_requests.c.quoted_id == bindparam("id"))
)
_DROP_WAITING: Final = delete(quote_requests).where(quote_requests.c.quoted_id == bindparam("id"))


def make(tx: Transaction, *, quoted: Row[Any], quoting: str) -> str:
    """Make a stamp; return its URI.

    Args:
        tx: The open transaction.
        quoted: The post of ours that is quoted.
        quoting: URI of the post that quotes.
    """
    number = tx.new_id()
    uri = tx.site.post(number)
    _store(
        tx,
        uri=uri,
        author=quoted.author,
        document=stamp_document(uri, author=quoted.author, quoting=quoting, quoted=quoted.uri),
        row_id=number,
    )
    return uri


def keep(tx: Transaction, *, uri: str, author: str, document: Document) -> None:
    """Store a stamp that was read at its author's own server."""
    _store(tx, uri=uri, author=author, document=document)


def _store(tx: Transaction, *, uri: str, author: str, document: Document, row_id: int | None = None) -> None:
    object_store.add(
        tx,
        uri=uri,
        kind=STAMP,
        author=author,
        visibility=Visibility.PUBLIC,
        targets=(),
        document=orjson.dumps(document).decode(),
        published_at=tx.now,
        row_id=row_id,
    )


def is_valid(tx: Transaction, stamp: str, *, quoting: str, quoted: Row[Any]) -> bool:
    """Tell whether a stamp is here, of the quoted author, about these two posts, and not taken back."""
    found = object_store.find(tx, uri=stamp)
    if found is None or found.deleted_at is not None or found.attributed_to != quoted.author:
        return False
    return stamps(object_store.stored_document(found), quoting=quoting, quoted=quoted.uri)


def bury(tx: Transaction, *, stamp: str | None, author: str, quoting_author: str, quoted: Row[Any] | None) -> None:
    """Let a stamp of ours be gone for good, and say so; one of elsewhere is not ours to bury.

    Args:
        tx: The open transaction.
        stamp: Its URI; None for a quotation without one.
        author: URI of who gave it.
        quoting_author: URI of who has it.
        quoted: The post that it is about, when everybody who got that one should hear it too.
    """
    if stamp is None or not tx.site.owns(stamp) or object_store.bury(tx, uri=stamp, author=author) is None:
        return
    row = actors.find(tx, uri=author)
    if row is None or row.deleted_at is not None:  # that somebody is gone, everybody hears anyhow
        return
    around = None if quoted is None else documents.audience_of(tx, row=quoted)
    grave = embeddable(tombstone(stamp, deleted=tx.now, former_type=STAMP))
    outbox.publish(
        tx,
        actor=author,
        activity={"type": "Delete", "object": grave},
        audience=Audience(to=(quoting_author,), cc=() if around is None else around.everyone),
        visibility=Visibility.DIRECT,
        also_to=() if quoted is None else parts.interested(tx, object_id=quoted.object_id),
    )


def bury_all(tx: Transaction, *, row: Row[Any]) -> None:
    """Bury the stamps that a post has or gave, because it is deleted; nobody waits for its author any more.

    Args:
        tx: The open transaction.
        row: The post, which is still stored.
    """
    if row.quote_stamp is not None and tx.site.owns(row.quote_stamp):
        given = object_store.find(tx, uri=row.quote_stamp)
        if given is not None:
            bury(tx, stamp=row.quote_stamp, author=given.attributed_to, quoting_author=row.author, quoted=None)
    if not row.local:
        return
    for each in tx.rows(_GIVEN, {"id": row.object_id}):
        bury(tx, stamp=each.quote_stamp, author=row.author, quoting_author=each.author, quoted=None)
        tx.execute(_UNSTAMP, {"of": each.object_id})
        if each.local and post_queries.find(tx, object_id=each.object_id) is not None:
            documents.refresh(tx, object_id=each.object_id)
    for each in tx.rows(_WAITING, {"id": row.object_id}):
        tx.tell(QuoteSettled(object_id=each.object_id, by=each.author, author=row.author))
    tx.execute(_DROP_WAITING, {"id": row.object_id})
