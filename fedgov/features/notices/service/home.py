"""Fan-out on write: a post that arrives gets a row for each reader here.

One statement per post, whoever many readers: the database finds the followers
and writes their rows without a loop here. Blocks and mutes are looked at when a
timeline is read, because they change; who may read a post at all is decided here
and again when it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Delete, Select, bindparam, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import Insert, insert

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.features.notices.service.actor_ids import actor_id
from fedgov.features.notices.tables import home_entries
from fedgov.features.posts.vocabulary import PostAppeared, PostShared
from fedgov.federation import objects
from fedgov.store.tables import actors, audience, follows
from fedgov.store.tables import objects as stored
from fedgov.store.transaction import Transaction

_COLUMNS: Final = ("owner_id", "entry_id", "object_id", "author_id", "shared_by_id")
_reader: Final = actors.alias("reader")
_other: Final = follows.alias("other")


def _id_of(whom: str) -> ColumnElement[Any]:
    """Return the row id of the actor whose URI is bound under this name; NULL for None."""
    return select(actors.c.id).where(actors.c.uri == bindparam(whom)).scalar_subquery()


def _values() -> list[ColumnElement[Any]]:
    ids = (bindparam(name, type_=BigInteger) for name in ("entry_id", "object_id"))
    return [_reader.c.id, *ids, _id_of("author"), _id_of("sharer")]


def _deliver(readers: Select[Any]) -> Insert:
    """Return the INSERT of one row for each reader; who has the post already keeps the row that is there."""
    return insert(home_entries).from_select(list(_COLUMNS), readers).on_conflict_do_nothing()


def _here() -> ColumnElement[bool]:
    return _reader.c.local & _reader.c.deleted_at.is_(None)


def _follows(whom: str) -> ColumnElement[bool]:
    """Return the condition that the reader follows the actor whose URI is bound under this name."""
    return exists().where(
        _other.c.follower == _reader.c.uri, _other.c.following == bindparam(whom), _other.c.state == "accepted"
    )


_followers: Final = (
    select(*_values())
    .select_from(follows)
    .join(_reader, _reader.c.uri == follows.c.follower)
    .where(follows.c.following == bindparam("source"), follows.c.state == "accepted", _here())
)
_named: Final = select(*_values()).where(_reader.c.uri.in_(bindparam("people", expanding=True)), _here())
_addressed: Final = exists().where(
    audience.c.object_id == bindparam("object_id", type_=BigInteger), audience.c.target == _reader.c.uri
)

TO_FOLLOWERS: Final = _deliver(_followers)
TO_FOLLOWERS_OF_BOTH: Final = _deliver(
    _followers.where(or_(_reader.c.uri == bindparam("answered"), _follows("answered")))
)
"""A reply is for those who follow both sides of the talk; others would hear half of it."""
_TO_SHARERS_FOLLOWERS: Final = _deliver(_followers.where(_reader.c.uri != bindparam("author")))
_TO_NAMED: Final[dict[Visibility, Insert]] = {
    Visibility.PUBLIC: _deliver(_named),
    Visibility.UNLISTED: _deliver(_named),
    Visibility.ORGANISATION: _deliver(_named),
    Visibility.FOLLOWERS: _deliver(
        _named.where(or_(_reader.c.uri == bindparam("author"), _addressed, _follows("author")))
    ),
    Visibility.DIRECT: _deliver(_named.where(or_(_reader.c.uri == bindparam("author"), _addressed))),
}
"""Being named in a text does not make somebody a reader: a closed post is also addressed to them."""

_OF_OBJECT: Final = delete(home_entries).where(home_entries.c.object_id == bindparam("object_id"))
_SHARED: Final = delete(home_entries).where(
    home_entries.c.object_id == bindparam("object_id"), home_entries.c.shared_by_id == bindparam("sharer_id")
)
_FROM: Final = delete(home_entries).where(
    home_entries.c.owner_id == bindparam("owner"),
    or_(
        (home_entries.c.author_id == bindparam("source")) & home_entries.c.shared_by_id.is_(None),
        home_entries.c.shared_by_id == bindparam("source"),
    ),
)
_WITH: Final = delete(home_entries).where(
    home_entries.c.owner_id == bindparam("owner"),
    or_(home_entries.c.author_id == bindparam("source"), home_entries.c.shared_by_id == bindparam("source")),
)
_WRITTEN_BY: Final = delete(home_entries).where(
    home_entries.c.object_id.in_(select(stored.c.id).where(stored.c.attributed_to == bindparam("uri")))
)
_SHARED_BY: Final = delete(home_entries).where(home_entries.c.shared_by_id == bindparam("actor_id"))
_OWNED_BY: Final = delete(home_entries).where(home_entries.c.owner_id == bindparam("actor_id"))


def _entry(entry_id: int, *, object_id: int, author: str, sharer: str | None = None) -> dict[str, Any]:
    return {"entry_id": entry_id, "object_id": object_id, "author": author, "sharer": sharer}


def deliver_post(tx: Transaction, *, post: PostAppeared, addressed: Sequence[str]) -> None:
    """Put a post on the home timelines of its author, of the people named and of those who follow.

    Args:
        tx: The open transaction.
        post: What appeared.
        addressed: URIs of the actors that a direct post is for.
    """
    entry = _entry(post.object_id, object_id=post.object_id, author=post.author)
    people = [uri for uri in dict.fromkeys((post.author, *post.mentions, *addressed)) if tx.site.owns(uri)]
    if people:
        tx.execute(_TO_NAMED[post.visibility], {**entry, "people": people})
    if post.visibility is Visibility.DIRECT:
        return
    if post.in_reply_to_author is None:
        tx.execute(TO_FOLLOWERS, {**entry, "source": post.author})
    else:
        tx.execute(TO_FOLLOWERS_OF_BOTH, {**entry, "source": post.author, "answered": post.in_reply_to_author})


def deliver_share(tx: Transaction, *, share: PostShared) -> None:
    """Put a shared post on the home timelines of those who follow whoever shared it.

    Who has the post already does not get it a second time, and its author not back.
    """
    row = objects.find_by_id(tx, row_id=share.object_id)
    if row is None or Visibility(row.visibility) not in FOR_EVERYONE:
        return
    entry = _entry(share.share_id, object_id=share.object_id, author=share.author, sharer=share.by)
    if tx.site.owns(share.by):
        tx.execute(_TO_NAMED[Visibility.PUBLIC], {**entry, "people": [share.by]})
    if share.visibility is not Visibility.DIRECT:
        tx.execute(_TO_SHARERS_FOLLOWERS, {**entry, "source": share.by})


def catch_up(tx: Transaction, *, reader: str, author: str, object_ids: Sequence[int]) -> None:
    """Put posts that we have already on the home timeline of somebody who starts to follow their author.

    Args:
        tx: The open transaction.
        reader: URI of the local actor.
        author: URI of who wrote them all.
        object_ids: Row ids of posts that the reader may read.
    """
    for object_id in object_ids:
        entry = _entry(object_id, object_id=object_id, author=author)
        tx.execute(_TO_NAMED[Visibility.PUBLIC], {**entry, "people": [reader]})


def remove_post(tx: Transaction, *, object_id: int) -> None:
    """Take a post off every home timeline."""
    tx.execute(_OF_OBJECT, {"object_id": object_id})


def remove_share(tx: Transaction, *, object_id: int, by: str) -> None:
    """Take a post off the timelines that it came to by one person's sharing."""
    tx.execute(_SHARED, {"object_id": object_id, "sharer_id": actor_id(tx, uri=by)})


def remove_followed(tx: Transaction, *, reader: str, source: str) -> None:
    """Take off somebody's timeline what a person wrote or shared, but not what others shared of it."""
    _remove(tx, _FROM, reader=reader, source=source)


def remove_everything_of(tx: Transaction, *, reader: str, source: str) -> None:
    """Take off somebody's timeline all that a person wrote or shared, whoever brought it."""
    _remove(tx, _WITH, reader=reader, source=source)


def _remove(tx: Transaction, statement: Delete, *, reader: str, source: str) -> None:
    if tx.site.owns(reader):
        tx.execute(statement, {"owner": actor_id(tx, uri=reader), "source": actor_id(tx, uri=source)})


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Take all that an actor wrote or shared off every timeline, and the actor's own timeline away."""
    gone = {"actor_id": actor_id(tx, uri=uri)}
    tx.execute(_WRITTEN_BY, {"uri": uri})
    tx.execute(_SHARED_BY, gone)
    tx.execute(_OWNED_BY, gone)
