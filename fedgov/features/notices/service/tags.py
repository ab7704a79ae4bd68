"""Following subjects, and showing them on one's profile."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.tag import normalise_hashtag
from fedgov.features.notices.service.actor_ids import actor_id, reader_id
from fedgov.features.notices.tables import featured_tags, followed_tags, home_entries
from fedgov.features.posts.queries.parts import hashtags_of
from fedgov.features.posts.vocabulary import PostAppeared
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction, insert_or_ignore

MAX_FOLLOWED: Final = 1_000
MAX_FEATURED: Final = 10

_FOLLOW: Final = insert_or_ignore(followed_tags)
_UNFOLLOW: Final = delete(followed_tags).where(
    followed_tags.c.owner_id == bindparam("owner"), followed_tags.c.tag == bindparam("which")
)
_FEATURE: Final = insert_or_ignore(featured_tags)
_UNFEATURE: Final = delete(featured_tags).where(
    featured_tags.c.owner_id == bindparam("owner"), featured_tags.c.id == bindparam("number")
)
_UNFEATURE_NAMED: Final = delete(featured_tags).where(
    featured_tags.c.owner_id == bindparam("owner"), featured_tags.c.tag == bindparam("which")
)
_FOLLOWED: Final = select(func.count()).select_from(followed_tags).where(followed_tags.c.owner_id == bindparam("owner"))
_FEATURED: Final = select(func.count()).select_from(featured_tags).where(featured_tags.c.owner_id == bindparam("owner"))
_ANY: Final = select(followed_tags.c.id).limit(1)
_DELIVER: Final = (
    insert(home_entries)
    .from_select(
        ["owner_id", "entry_id", "object_id", "author_id"],
        select(
            followed_tags.c.owner_id,
            bindparam("entry", type_=BigInteger),
            bindparam("object", type_=BigInteger),
            select(actors.c.id).where(actors.c.uri == bindparam("author")).scalar_subquery(),
        )
        .where(followed_tags.c.tag.in_(bindparam("tags", expanding=True)))
        .distinct(),
    )
    .on_conflict_do_nothing()
)


def follow_tag(tx: Transaction, *, owner: str, name: str) -> str:
    """Bring what is written about a subject to somebody's home timeline; return the subject as it is stored.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        name: With or without ``#``, in any case.

    Raises:
        NotFoundError: It is no hashtag.
        InvalidError: They follow too many.
    """
    tag, reader = tag_named(name), _reader(tx, owner)
    if tx.value(_FOLLOWED, {"owner": reader}) >= MAX_FOLLOWED:
        raise InvalidError(f"nobody can follow more than {MAX_FOLLOWED} subjects")
    tx.execute(_FOLLOW, {"id": tx.new_id(), "owner_id": reader, "tag": tag})
    return tag


def unfollow_tag(tx: Transaction, *, owner: str, name: str) -> str:
    """No longer bring what is written about a subject; return the subject as it is stored.

    Raises:
        NotFoundError: It is no hashtag.
    """
    tag = tag_named(name)
    tx.execute(_UNFOLLOW, {"owner": actor_id(tx, uri=owner), "which": tag})
    return tag


def feature_tag(tx: Transaction, *, owner: str, name: str) -> str:
    """Show a subject on somebody's profile; return it as it is stored.

    Raises:
        NotFoundError: It is no hashtag.
        InvalidError: There are too many.
    """
    tag, reader = tag_named(name), _reader(tx, owner)
    row = {"id": tx.new_id(), "owner_id": reader, "tag": tag, "name": name.strip().lstrip("#")}
    if tx.execute(_FEATURE, row) and tx.value(_FEATURED, {"owner": reader}) > MAX_FEATURED:
        raise InvalidError(f"a profile shows at most {MAX_FEATURED} subjects")
    return tag


def unfeature_tag(tx: Transaction, *, owner: str, featured_id: int | None = None, name: str = "") -> None:
    """No longer show a subject on somebody's profile, by its row id there or by its name.

    Raises:
        NotFoundError: Nothing on their profile has that row id, or the name is no hashtag.
    """
    reader = actor_id(tx, uri=owner)
    if featured_id is None:
        tx.execute(_UNFEATURE_NAMED, {"owner": reader, "which": tag_named(name)})
    elif not tx.execute(_UNFEATURE, {"owner": reader, "number": featured_id}):
        raise NotFoundError("there is no such subject on this profile")


def tag_named(name: str) -> str:
    """Return a subject as it is stored.

    Raises:
        NotFoundError: It is no hashtag.
    """
    tag = normalise_hashtag(name.strip())
    if tag is None:
        raise NotFoundError("that is not a hashtag")
    return tag


def deliver_post(tx: Transaction, *, post: PostAppeared) -> None:
    """Put a post that everyone may read, and that begins a talk, on the home timelines of who follows its subjects."""
    if post.visibility is not Visibility.PUBLIC or post.in_reply_to_author not in (None, post.author):
        return
    if tx.row(_ANY) is None:
        return
    tags = [row.tag for row in hashtags_of(tx, object_ids=[post.object_id]).get(post.object_id, ())]
    if tags:
        number = post.object_id
        tx.execute(_DELIVER, {"entry": number, "object": number, "author": post.author, "tags": tags})


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Forget the subjects of an actor."""
    gone = actor_id(tx, uri=uri)
    for table in (followed_tags, featured_tags):
        tx.execute(delete(table).where(table.c.owner_id == gone))


def _reader(tx: Transaction, owner: str) -> int:
    found = reader_id(tx, uri=owner)
    if found is None:
        raise ForbiddenError("only somebody of this instance can have followed subjects")
    return found
