"""GET of an inbox: what came in for a person, as far as they may still read it.

What other servers sent is not kept as it came, so the activities are made of what is stored:
the object as it is now, and the id of the activity where that is known. A Create of somebody
elsewhere has none, because nothing but its object is kept.

Spec: ActivityPub, sections 5.2 and 6; row C2S-03 of the threat table.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from sqlalchemy import Row

from fedgov.activitystreams.activity import embeddable
from fedgov.activitystreams.collection import collection_document, page_document, page_uri
from fedgov.activitystreams.document import Document
from fedgov.c2s.outbox import demand_own
from fedgov.features.notices.queries.received import Received, received
from fedgov.features.notices.vocabulary import HomeEntry, Kind, Notification
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries.acts import reaction_activity, share_activity
from fedgov.federation import follows, objects, outbox
from fedgov.federation.collections import FIRST
from fedgov.federation.doors.answers import ACTIVITY_JSON, Reply, plain
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.errors import NotFoundError
from fedgov.mastodon.call import Call
from fedgov.store.transaction import Transaction

PER_PAGE: Final = 20
_HIDDEN: Final = ("bto", "bcc")
_PRIVATE: Final = [(b"cache-control", b"private, no-store"), (b"vary", b"Authorization, Origin")]


async def show(call: Call) -> Reply:
    """Show the inbox of the person whose token it is."""
    demand_own(call)
    collection = f"{call.me}/inbox"
    return _document(collection_document(collection, total=None, first=page_uri(collection, FIRST)))


async def show_page(call: Call) -> Reply:
    """Show a page of it, newest first; what may not be read any more is left out."""
    demand_own(call)
    cursor = call.places["cursor"]
    before = None if cursor == FIRST else call.row_id("cursor")
    return _document(await call.read(_page, owner=call.me, cursor=cursor, before=before))


def _document(document: Document) -> Reply:
    return plain(200, orjson.dumps(document), content_type=ACTIVITY_JSON, headers=_PRIVATE)


def _page(tx: Transaction, *, owner: str, cursor: str, before: int | None) -> Document:
    found = received(tx, owner=owner, before=before, limit=PER_PAGE)
    posts = _readable(tx, found, owner=owner)
    items = [_activity(tx, each, posts=posts, owner=owner) for each in found.items]
    uri = f"{owner}/inbox"
    return page_document(
        page_uri(uri, cursor),
        part_of=uri,
        items=[item for item in items if item is not None],
        following=None if found.older is None else page_uri(uri, found.older),
    )


def _readable(tx: Transaction, found: Received, *, owner: str) -> dict[int, Row[Any]]:
    rows = post_queries.find_many(tx, object_ids=[each.object_id for each in found.items if each.object_id is not None])
    return {row.object_id: row for row in post_queries.readable(tx, rows=list(rows.values()), viewer=owner)}


def _activity(
    tx: Transaction, each: HomeEntry | Notification, *, posts: dict[int, Row[Any]], owner: str
) -> Document | None:
    """Return what happened as an activity; None when it is the reader's own, or not for the reader any more."""
    post = None if each.object_id is None else posts.get(each.object_id)
    if isinstance(each, HomeEntry):
        by = each.shared_by
        if post is None or owner in (by, post.author if by is None else None):
            return None
        return _created(tx, post) if by is None else _shared(tx, post, by=by)
    if each.actor is None or (each.object_id is not None and post is None):
        return None
    return _told(tx, each, post=post, by=each.actor, owner=owner)


def _told(tx: Transaction, each: Notification, *, post: Row[Any] | None, by: str, owner: str) -> Document | None:
    if each.kind in (Kind.FOLLOW, Kind.FOLLOW_REQUEST):
        row = follows.find(tx, follower=by, following=owner)
        return None if row is None else _made("Follow", row.activity_uri, by=by, what=owner, at=each.at)
    if post is None:
        return None
    if each.kind in (Kind.MENTION, Kind.REPLY):
        return _created(tx, post)
    if each.kind is Kind.SHARE:
        return _shared(tx, post, by=by)
    if each.kind is Kind.UPDATE:
        return _made("Update", None, by=post.author, what=_object(tx, post), at=each.at)
    known = reaction_activity(tx, object_id=post.object_id, actor=by, emoji=each.emoji)
    made = _made("EmojiReact" if each.emoji else "Like", known, by=by, what=post.uri, at=each.at)
    return {**made, "content": each.emoji} if each.emoji else made


def _created(tx: Transaction, post: Row[Any]) -> Document:
    thing = _object(tx, post)
    known = outbox.latest(tx, actor=post.author, kind="Create", about=post.uri) if post.local else None
    made = _made("Create", known, by=post.author, what=thing, at=post.published_at)
    return {**made, **{name: thing[name] for name in ("to", "cc") if name in thing}}


def _shared(tx: Transaction, post: Row[Any], *, by: str) -> Document:
    return _made("Announce", share_activity(tx, object_id=post.object_id, actor=by), by=by, what=post.uri, at=None)


def _object(tx: Transaction, post: Row[Any]) -> Document:
    row = objects.find_by_id(tx, row_id=post.object_id)
    if row is None or row.document is None:
        raise NotFoundError("there is no such message")
    return without_hidden(embeddable(objects.stored_document(row)))


def without_hidden(document: Document) -> Document:
    """Return a document without those who got it in secret; some servers leave them in (AC-17)."""
    return {name: value for name, value in document.items() if name not in _HIDDEN}


def _made(kind: str, identifier: str | None, *, by: str, what: Document | str, at: int | None) -> Document:
    made: Document = {"type": kind, "actor": by, "object": what}
    if identifier:
        made = {"id": identifier, **made}
    return made if at is None else {**made, "published": to_rfc3339(at)}
