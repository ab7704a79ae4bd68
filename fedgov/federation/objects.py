"""The one store of objects: what exists, who may read it, and what was deleted.

Rooms add projections of their own; serving an object, its Tombstone and the
question who may read it are answered here once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, delete, select, update

from fedgov.activitystreams.audience import FOR_EVERYONE, PUBLIC, Visibility
from fedgov.activitystreams.document import Document
from fedgov.federation import actors, follows
from fedgov.store import erasures
from fedgov.store.lists import filled_up
from fedgov.store.tables import audience, objects
from fedgov.store.transaction import Transaction, insert_or_ignore

_BY_URI: Final = select(objects).where(objects.c.uri == bindparam("uri"))
_BY_ID: Final = select(objects).where(objects.c.id == bindparam("id"))
_INSERT: Final = insert_or_ignore(objects)
_ADDRESS: Final = insert_or_ignore(audience)
_ADDRESSED: Final = select(audience.c.target).where(
    audience.c.object_id == bindparam("id"), audience.c.target == bindparam("target")
)
_ADDRESSED_AMONG: Final = select(audience.c.object_id).where(
    audience.c.object_id.in_(bindparam("ids", expanding=True)), audience.c.target == bindparam("target")
)
_TARGETS: Final = select(audience.c.target).where(audience.c.object_id == bindparam("id"))

_WORTH_ASKING_AT_ONCE: Final = 2


def find(tx: Transaction, *, uri: str) -> Row[Any] | None:
    """Return the row of an object, Tombstones included, or None."""
    return tx.row(_BY_URI, {"uri": uri})


def find_by_id(tx: Transaction, *, row_id: int) -> Row[Any] | None:
    """Return the row of an object, Tombstones included, or None."""
    return tx.row(_BY_ID, {"id": row_id})


def add(
    tx: Transaction,
    *,
    uri: str,
    kind: str,
    author: str,
    visibility: Visibility,
    targets: Iterable[str],
    document: str,
    published_at: int,
    row_id: int | None = None,
    updated_at: int | None = None,
) -> int | None:
    """Store a new object.

    Args:
        tx: The open transaction.
        uri: Its id.
        kind: Its first type.
        author: URI of the actor it is attributed to.
        visibility: Who may read it.
        targets: URIs it is addressed to; the Public collection is left out.
        document: JSON exactly as received or published.
        published_at: Milliseconds; never later than now, so nothing can sit on top of a timeline.
        row_id: The id that its URI already contains, for a local object.
        updated_at: Milliseconds; None for one that was not edited.

    Returns:
        Its row id, or None when this URI is known already, deleted or not.
    """
    new = tx.new_id() if row_id is None else row_id
    added = tx.execute(
        _INSERT,
        {
            "id": new,
            "uri": uri,
            "type": kind[:100],
            "attributed_to": author,
            "local": tx.site.owns(uri),
            "visibility": visibility.value,
            "document": document,
            "published_at": min(published_at, tx.now),
            "updated_at": updated_at,
            "received_at": tx.now,
        },
    )
    if not added:
        return None
    address(tx, row_id=new, targets=targets)
    return new


def address(tx: Transaction, *, row_id: int, targets: Iterable[str]) -> None:
    """Add addressees to an object."""
    rows = [{"object_id": row_id, "target": target} for target in dict.fromkeys(targets) if target != PUBLIC]
    if rows:
        tx.execute(_ADDRESS, rows)


def replace(
    tx: Transaction, *, row: Row[Any], document: str, updated_at: int, visibility: Visibility, targets: Iterable[str]
) -> bool:
    """Store a newer version of an object; False when the stored one is newer or it was deleted.

    Args:
        tx: The open transaction.
        row: The stored object.
        document: JSON exactly as received or published.
        updated_at: Milliseconds, as the document says.
        visibility: Who may read it now.
        targets: URIs it is addressed to now.
    """
    if row.deleted_at is not None or updated_at < (row.updated_at or row.published_at):
        return False
    tx.execute(
        update(objects)
        .where(objects.c.id == row.id)
        .values(document=document, updated_at=updated_at, visibility=visibility.value)
    )
    tx.execute(delete(audience).where(audience.c.object_id == row.id))
    address(tx, row_id=row.id, targets=targets)
    tx.signal(f"document:{row.uri}")
    return True


def bury(tx: Transaction, *, uri: str, author: str, kind: str = "Tombstone") -> Row[Any] | None:
    """Delete an object for good: its content goes, its grave stays, so a late Create finds it.

    Args:
        tx: The open transaction.
        uri: Its id.
        author: URI of the actor on whose behalf it is deleted.
        kind: Its former type, when it was never known here.

    Returns:
        The row as it was, or None when it was never known or already deleted.
    """
    row = find(tx, uri=uri)
    if row is None:
        add(
            tx,
            uri=uri,
            kind=kind,
            author=author,
            visibility=Visibility.DIRECT,
            targets=(),
            document="",
            published_at=tx.now,
        )
    if row is not None and row.deleted_at is not None:
        return None
    if row is not None:
        erasures.note(tx, "object", uri, author=author)
    tx.execute(update(objects).where(objects.c.uri == uri).values(document=None, deleted_at=tx.now))
    tx.signal(f"document:{uri}")
    return row


def is_undecided(row: Row[Any]) -> bool:
    """Tell whether a grave was dug for something that never was here: whose it is, only its own server can say."""
    return row.deleted_at is not None and not row.local and row.type == "Tombstone"


def is_final(tx: Transaction, *, uri: str, author: str) -> bool:
    """Tell whether an object was deleted by who may: its author, or the program that is the author's server.

    Whoever deletes what is not here yet may be a colleague of its author, who may not. So the grave remembers who
    dug it, and counts once its author is known.

    Args:
        tx: The open transaction.
        uri: Id of the object.
        author: URI of who wrote it.

    Spec: row AUT-09 of the threat table.
    """
    row = find(tx, uri=uri)
    if row is None or row.deleted_at is None:
        return False
    if row.local or not is_undecided(row):
        return True
    dug_by = {row.attributed_to, *targets(tx, row_id=row.id)}
    return author in dug_by or any(actors.is_program(tx, uri=each) for each in dug_by)


def unbury(tx: Transaction, *, row_id: int) -> None:
    """Forget the grave of an object that was never here, because somebody dug it who had no right to."""
    tx.execute(delete(objects).where(objects.c.id == row_id, objects.c.deleted_at.is_not(None)))


def stored_document(row: Row[Any]) -> Document:
    """Return the parsed document of an object that is not deleted."""
    found: Document = orjson.loads(row.document)
    return found


def targets(tx: Transaction, *, row_id: int) -> list[str]:
    """Return the URIs an object is addressed to, the Public collection left out."""
    return list(tx.values(_TARGETS, {"id": row_id}))


def may_read(tx: Transaction, *, row: Row[Any], viewer: str | None) -> bool:
    """Tell whether an actor may read an object. Blocks are not considered here.

    Args:
        tx: The open transaction.
        row: The object.
        viewer: URI of the actor who asks; None for somebody unknown.

    The same check stands under every page, collection and API answer.
    """
    names = partial(is_addressed, tx, row.id)
    return is_for(tx, author=row.attributed_to, visibility=Visibility(row.visibility), names=names, viewer=viewer)


def is_addressed(tx: Transaction, row_id: int, uri: str) -> bool:
    """Tell whether an object is addressed to this very URI."""
    return tx.row(_ADDRESSED, {"id": row_id, "target": uri}) is not None


def readable(tx: Transaction, *, rows: Sequence[Row[Any]], viewer: str | None) -> list[Row[Any]]:
    """Return those objects that an actor may read, by the rule of `may_read`; a page of them costs two queries.

    Args:
        tx: The open transaction.
        rows: The objects.
        viewer: URI of the actor who asks; None for somebody unknown.
    """
    closed = [row for row in rows if row.visibility not in FOR_EVERYONE]
    if not closed:
        return list(rows)
    if len(closed) < _WORTH_ASKING_AT_ONCE or viewer is None:
        return [row for row in rows if may_read(tx, row=row, viewer=viewer)]
    ids = filled_up([row.id for row in closed])
    named = frozenset(tx.values(_ADDRESSED_AMONG, {"ids": ids, "target": viewer}))
    followed = follows.followed_among(tx, follower=viewer, uris={row.attributed_to for row in closed})

    def is_named(row: Row[Any]) -> Callable[[str], bool]:
        return lambda _viewer: row.id in named

    return [
        row
        for row in rows
        if is_for(
            tx,
            author=row.attributed_to,
            visibility=Visibility(row.visibility),
            names=is_named(row),
            viewer=viewer,
            follows_author=followed.__contains__,
        )
    ]


def is_for(
    tx: Transaction,
    *,
    author: str,
    visibility: Visibility,
    names: Callable[[str], bool],
    viewer: str | None,
    follows_author: Callable[[str], bool] | None = None,
) -> bool:
    """Tell whether something with this audience is for an actor: the rule behind `may_read`.

    Args:
        tx: The open transaction.
        author: URI of its author.
        visibility: Who may read it.
        names: Tells whether it is addressed to the actor with this URI.
        viewer: URI of the actor who asks; None for somebody unknown.
        follows_author: Tells whether that actor follows an author, where the caller asked beforehand.
    """
    if visibility in FOR_EVERYONE:
        return True
    if viewer is None:
        return False
    if viewer == author:
        return True
    if visibility is Visibility.ORGANISATION:
        return tx.site.owns(viewer)
    if names(viewer):
        return True
    if visibility is not Visibility.FOLLOWERS:
        return False
    if follows_author is not None:
        return follows_author(author)
    return follows.is_follower(tx, follower=viewer, following=author)
