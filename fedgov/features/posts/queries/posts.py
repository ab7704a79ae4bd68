"""One post, and who may read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, and_, bindparam, false, or_, select

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.features.people.queries import any_block, shut_out
from fedgov.features.posts.tables import post_edits, posts
from fedgov.features.trust.queries import hidden
from fedgov.federation import objects as object_store
from fedgov.kernel.errors import NotFoundError
from fedgov.store.tables import actors, audience, follows, objects
from fedgov.store.transaction import Transaction

POST: Final[Select[Any]] = select(posts, objects.c.id, objects.c.uri, objects.c.attributed_to).join(
    objects, objects.c.id == posts.c.object_id
)
"""A post as everything here reads it: the projection, and of the object what decides who may read it."""

_BY_ID: Final = POST.where(posts.c.object_id == bindparam("id"))
_BY_IDS: Final = POST.where(posts.c.object_id.in_(bindparam("ids", expanding=True)))
_BY_URI: Final = POST.where(objects.c.uri == bindparam("uri"))
_BY_URIS: Final = POST.where(objects.c.uri.in_(bindparam("uris", expanding=True)))
_FOLLOWED_HERE: Final = (
    select(follows.c.id)
    .join(actors, actors.c.uri == follows.c.follower)
    .where(follows.c.following == bindparam("of"), actors.c.local)
    .limit(1)
)
_LOCAL_AMONG: Final = select(actors.c.uri).where(
    actors.c.uri.in_(bindparam("uris", expanding=True)), actors.c.local, actors.c.deleted_at.is_(None)
)
_EDITS: Final = select(post_edits).where(post_edits.c.object_id == bindparam("id")).order_by(post_edits.c.at.desc())

_ALL_OF: Final = select(posts.c.object_id).where(posts.c.author == bindparam("author"))


def find(tx: Transaction, *, object_id: int) -> Row[Any] | None:
    """Return a post, whoever may read it; None when it is unknown or deleted."""
    return tx.row(_BY_ID, {"id": object_id})


def find_by_uri(tx: Transaction, *, uri: str) -> Row[Any] | None:
    """Return a post, whoever may read it; None when it is unknown or deleted."""
    return tx.row(_BY_URI, {"uri": uri})


def find_many(tx: Transaction, *, object_ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Return posts by row id, whoever may read them."""
    wanted = list(dict.fromkeys(object_ids))
    rows = tx.rows(_BY_IDS, {"ids": wanted}) if wanted else ()
    return {row.object_id: row for row in rows}


def find_many_by_uri(tx: Transaction, *, uris: Iterable[str]) -> dict[str, Row[Any]]:
    """Return posts by id, whoever may read them."""
    wanted = list(dict.fromkeys(uris))
    rows = tx.rows(_BY_URIS, {"uris": wanted}) if wanted else ()
    return {row.uri: row for row in rows}


def readable(tx: Transaction, *, rows: Sequence[Row[Any]], viewer: str | None) -> list[Row[Any]]:
    """Return those posts that somebody may read. This is the one check under every list, page and answer.

    What people of a blocked domain wrote is shown to nobody, whoever shared it.

    Args:
        tx: The open transaction.
        rows: Posts.
        viewer: URI of the actor who asks; None for somebody unknown.

    Spec: row AUT-08 of the threat table.
    """
    authors = {row.author for row in rows}
    shut = _shut_doors(tx, viewer=viewer, authors=authors) | hidden(tx, uris=authors)
    return object_store.readable(tx, rows=[row for row in rows if row.author not in shut], viewer=viewer)


def _shut_doors(tx: Transaction, *, viewer: str | None, authors: set[str]) -> frozenset[str]:
    """Return at least those of the authors who blocked the viewer or whom the viewer blocked."""
    if viewer is None or authors <= {viewer}:
        return frozenset()
    if len(authors) == 1 and not tx.is_snapshot:  # a snapshot has asked about everybody already, or will
        (author,) = authors
        return frozenset(authors) if any_block(tx, one=author, other=viewer) else frozenset()
    return shut_out(tx, viewer=viewer)


def may_read(tx: Transaction, *, row: Row[Any], viewer: str | None) -> bool:
    """Tell whether somebody may read a post."""
    return bool(readable(tx, rows=(row,), viewer=viewer))


def get(tx: Transaction, *, viewer: str | None, object_id: int | None = None, uri: str | None = None) -> Row[Any]:
    """Return a post that somebody may read.

    Args:
        tx: The open transaction.
        viewer: URI of the actor who asks; None for somebody unknown.
        object_id: Row id of the object.
        uri: Its id, where the row id is not known.

    Raises:
        NotFoundError: There is no such post, or it must look like that (row AC-03 of the threat table).
    """
    row = find_by_uri(tx, uri=uri) if uri is not None else find(tx, object_id=object_id or 0)
    if row is None or not may_read(tx, row=row, viewer=viewer):
        raise NotFoundError("there is no such message", detail=uri or str(object_id))
    return row


def get_any(tx: Transaction, *, object_id: int) -> Row[Any]:
    """Return a post, whoever may read it.

    Raises:
        NotFoundError: There is no such post.
    """
    row = find(tx, object_id=object_id)
    if row is None:
        raise NotFoundError("there is no such message", detail=str(object_id))
    return row


def may_be_readable(tx: Transaction, *, viewer: str | None) -> Any:  # noqa: ANN401 - an SQL condition
    """Return a condition that leaves out most of what somebody may not read, so that pages are not empty.

    `readable` decides; this only spares it work.
    """
    everyone = posts.c.visibility.in_(FOR_EVERYONE)
    if viewer is None:
        return everyone
    named = select(audience.c.target).where(audience.c.object_id == posts.c.object_id, audience.c.target == viewer)
    follower = select(follows.c.id).where(
        follows.c.follower == viewer, follows.c.following == posts.c.author, follows.c.state == "accepted"
    )
    return or_(
        everyone,
        posts.c.author == viewer,
        posts.c.visibility == Visibility.ORGANISATION.value if tx.site.owns(viewer) else false(),
        and_(posts.c.visibility == Visibility.FOLLOWERS.value, follower.exists()),
        named.exists(),
    )


def is_followed_here(tx: Transaction, *, actor: str) -> bool:
    """Tell whether anybody of this instance follows an actor, or asked to.

    The answer to the request and the first message may arrive in either order.
    """
    return tx.value(_FOLLOWED_HERE, {"of": actor}) is not None


def local_among(tx: Transaction, *, uris: Iterable[str]) -> list[str]:
    """Return those actors that are of this instance, in the order given."""
    ours = [uri for uri in dict.fromkeys(uris) if tx.site.owns(uri)]
    known = set(tx.values(_LOCAL_AMONG, {"uris": ours})) if ours else set()
    return [uri for uri in ours if uri in known]


def earlier_versions(tx: Transaction, *, object_id: int) -> Sequence[Row[Any]]:
    """Return the earlier texts of a post, newest first; whoever may read the post may read them."""
    return tx.rows(_EDITS, {"id": object_id})


def all_by_author(tx: Transaction, *, author: str) -> Sequence[int]:
    """Return the row ids of everything that somebody wrote."""
    return tx.values(_ALL_OF, {"author": author})
