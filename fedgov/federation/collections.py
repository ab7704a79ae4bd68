"""The collections of local actors as documents: outbox, followers, following, featured.

A page begins after a row id, which never changes, so nothing is lost or shown
twice when something new comes in between two pages.

Spec: ActivityPub, section 5; ActivityStreams 2.0, section 5; FEP-8fcf.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

import orjson
from sqlalchemy import Row, and_, bindparam, exists, func, or_, select

from fedgov.activitystreams.activity import embeddable
from fedgov.activitystreams.audience import FOR_EVERYONE
from fedgov.activitystreams.collection import collection_document, page_document, page_uri
from fedgov.activitystreams.document import Document
from fedgov.federation import actors, followers_sync
from fedgov.kernel.errors import GoneError, NotFoundError
from fedgov.store.tables import activities, follows, objects
from fedgov.store.transaction import Transaction

PER_PAGE: Final = 20
FIRST: Final = "latest"
"""The cursor of the first page."""

MAX_FEATURED: Final = 50

_LATEST: Final = 2**63 - 1
_undone: Final = activities.alias("undone")

# An activity shows its object, so it is shown only as long as that is.
_IN_OUTBOX: Final = and_(
    activities.c.actor == bindparam("of"),
    activities.c.visibility.in_(FOR_EVERYONE),
    activities.c.type.in_(("Create", "Announce")),
    or_(objects.c.id.is_(None), and_(objects.c.deleted_at.is_(None), objects.c.visibility.in_(FOR_EVERYONE))),
    ~exists().where(_undone.c.object_uri == activities.c.uri, _undone.c.type == "Undo"),
)
_ABOUT: Final = activities.outerjoin(objects, objects.c.uri == activities.c.object_uri)
_OUTBOX_SIZE: Final = select(func.count()).select_from(_ABOUT).where(_IN_OUTBOX)
_OUTBOX: Final = (
    select(activities, objects.c.document.label("about"), objects.c.updated_at.label("about_updated_at"))
    .select_from(_ABOUT)
    .where(_IN_OUTBOX, activities.c.id < bindparam("before"))
    .order_by(activities.c.id.desc())
    .limit(PER_PAGE + 1)
)
_ACTIVITY: Final = select(activities).where(activities.c.uri == bindparam("uri"))
_TAKEN_BACK: Final = select(activities.c.published_at).where(
    activities.c.object_uri == bindparam("uri"), activities.c.type == "Undo", activities.c.actor == bindparam("by")
)
_SIDES: Final = {
    "followers": (follows.c.following, follows.c.follower),
    "following": (follows.c.follower, follows.c.following),
}
_COUNT: Final = {
    name: select(func.count()).select_from(follows).where(mine == bindparam("of"), follows.c.state == "accepted")
    for name, (mine, _theirs) in _SIDES.items()
}
_PAGE: Final = {
    name: select(follows.c.id, theirs.label("uri"))
    .where(mine == bindparam("of"), follows.c.state == "accepted", follows.c.id < bindparam("before"))
    .order_by(follows.c.id.desc())
    .limit(PER_PAGE + 1)
    for name, (mine, theirs) in _SIDES.items()
}
_SHOWN: Final = select(objects.c.uri).where(objects.c.visibility.in_(FOR_EVERYONE), objects.c.deleted_at.is_(None))


def owner(tx: Transaction, *, actor: str) -> Row[Any]:
    """Return the row of a local actor whose collections are shown.

    Raises:
        NotFoundError: There is no such actor here.
        GoneError: It was deleted.
    """
    row = actors.find(tx, uri=actor)
    if row is None or not row.local:
        raise NotFoundError("there is nothing at this address")
    if row.deleted_at is not None:
        raise GoneError("this account was deleted")
    return row


# --- outbox -----------------------------------------------------------------------------------------------------


def outbox(tx: Transaction, *, actor: str, cursor: str = "") -> Document:
    """Return what an actor published for everyone, newest first; of deleted and taken back things nothing.

    Args:
        tx: The open transaction.
        actor: URI of the local actor.
        cursor: Empty for the collection itself, `FIRST` or a row id for a page.

    Raises:
        NotFoundError: There is no such actor here.
    """
    owner(tx, actor=actor)
    uri = f"{actor}/outbox"
    if not cursor:
        total = int(tx.value(_OUTBOX_SIZE, {"of": actor}))
        return collection_document(uri, total=total, first=page_uri(uri, FIRST), attributed_to=actor)
    rows = tx.rows(_OUTBOX, {"of": actor, "before": _before(cursor)})
    items = [_with_object(row, row.about, row.about_updated_at) for row in rows[:PER_PAGE]]
    return _page(uri, cursor, items=items, ids=[row.id for row in rows])


def find_activity(tx: Transaction, *, uri: str) -> Row[Any] | None:
    """Return the row of an activity that was published here, or None."""
    return tx.row(_ACTIVITY, {"uri": uri})


def ended_at(tx: Transaction, *, activity: Row[Any], about: Row[Any] | None) -> int | None:
    """Return since when an activity is no longer shown: deleted with its object or author, or taken back; else None.

    Args:
        tx: The open transaction.
        activity: The row of the activity.
        about: The row of its object, where that is an object we know.
    """
    if activity.type in ("Delete", "Undo"):
        return None
    author = actors.find(tx, uri=activity.actor)
    for row in (about, author):
        if row is not None and row.deleted_at is not None:
            return int(row.deleted_at)
    found: int | None = tx.value(_TAKEN_BACK, {"uri": activity.uri, "by": activity.actor})
    return found


def as_it_is_now(tx: Transaction, *, activity: Row[Any], about: Row[Any] | None) -> Document:
    """Return an activity with its object as that is now.

    Args:
        tx: The open transaction.
        activity: The row of an activity that did not end.
        about: The row of its object, where that is an object we know.
    """
    if activity.type == "Update" and activity.object_uri == activity.actor:
        profile = orjson.dumps(actors.document(tx, row=actors.get(tx, uri=activity.actor))).decode()
        return _with_object(activity, profile, tx.now)
    if about is None:
        return _with_object(activity, None, None)
    return _with_object(activity, about.document, about.updated_at)


def _with_object(activity: Row[Any], about: str | None, updated_at: int | None) -> Document:
    """Return an activity; what was edited out of its object since then is not shown again.

    Its proof belongs to the activity as it was, and is left out of a changed one.
    """
    document: Document = orjson.loads(activity.document)
    edited = about is not None and updated_at is not None and updated_at > activity.published_at
    if not edited or activity.type not in ("Create", "Update") or not isinstance(document.get("object"), dict):
        return document
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    return unsigned | {"object": embeddable(orjson.loads(about or "{}"))}


# --- followers and following ------------------------------------------------------------------------------------


def people(tx: Transaction, *, actor: str, kind: Literal["followers", "following"], cursor: str = "") -> Document:
    """Return who follows an actor or whom it follows, newest first; only how many, where the actor wants that.

    Args:
        tx: The open transaction.
        actor: URI of the local actor.
        kind: Which of the two.
        cursor: Empty for the collection itself, `FIRST` or a row id for a page.

    Raises:
        NotFoundError: There is no such actor here, or its list is not for others.
    """
    row = owner(tx, actor=actor)
    uri = f"{actor}/{kind}"
    if not cursor:
        total = int(tx.value(_COUNT[kind], {"of": actor}))
        first = page_uri(uri, FIRST) if row.lists_followers else None
        return collection_document(uri, total=total, first=first, attributed_to=actor)
    if not row.lists_followers:
        raise NotFoundError("there is nothing at this address")
    rows = tx.rows(_PAGE[kind], {"of": actor, "before": _before(cursor)})
    return _page(uri, cursor, items=[found.uri for found in rows[:PER_PAGE]], ids=[found.id for found in rows])


def followers_at(tx: Transaction, *, actor: str, at_host: str) -> Document:
    """Return the followers that live at one host, for that host only.

    Raises:
        NotFoundError: There is no such actor here.

    Spec: FEP-8fcf.
    """
    owner(tx, actor=actor)
    found = followers_sync.followers_at(tx, actor=actor, at_host=at_host)
    return collection_document(followers_sync.partial_url(actor), total=len(found), items=found, attributed_to=actor)


# --- featured ---------------------------------------------------------------------------------------------------


def featured(tx: Transaction, *, actor: str, pinned: Iterable[str]) -> Document:
    """Return the collection of posts that an actor pinned, as far as everyone may read them.

    Args:
        tx: The open transaction.
        actor: URI of the local actor.
        pinned: URIs of the pinned posts.

    Raises:
        NotFoundError: There is no such actor here.
    """
    owner(tx, actor=actor)
    wanted = list(pinned)[:MAX_FEATURED]
    shown = set(tx.values(_SHOWN.where(objects.c.uri.in_(wanted)))) if wanted else set()
    items = [uri for uri in wanted if uri in shown]
    return collection_document(f"{actor}/featured", total=len(items), items=items, attributed_to=actor)


# --- pages ------------------------------------------------------------------------------------------------------


def _before(cursor: str) -> int:
    return _LATEST if cursor == FIRST else int(cursor)


def _page(uri: str, cursor: str, *, items: list[Any], ids: list[int]) -> Document:
    """Return a page; ``ids`` has one more than is shown when there is a next one."""
    following = page_uri(uri, ids[PER_PAGE - 1]) if len(ids) > PER_PAGE else None
    return page_document(page_uri(uri, cursor), part_of=uri, items=items, following=following)
