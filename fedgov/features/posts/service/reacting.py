"""Likes, reactions and shares; the same for people here and elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, func, select, union, update

from fedgov.activitystreams.activity import embeddable
from fedgov.activitystreams.audience import PUBLIC, Audience, Visibility, read_audience
from fedgov.activitystreams.document import Document
from fedgov.activitystreams.tag import Emoji
from fedgov.features.posts import policy
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import indexing
from fedgov.features.posts.tables import posts, reactions, shares
from fedgov.features.posts.vocabulary import PostLiked, PostShared, PostUnliked, PostUnshared
from fedgov.federation import actors, outbox
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.uris import host
from fedgov.store.transaction import Transaction, insert_or_ignore

_LIKE: Final = insert_or_ignore(reactions)
_SHARE: Final = insert_or_ignore(shares)
_REACTION: Final = select(reactions).where(
    reactions.c.object_id == bindparam("object_id"),
    reactions.c.actor == bindparam("actor"),
    reactions.c.emoji == bindparam("emoji"),
)
_OWN_REACTIONS: Final = (
    select(func.count())
    .select_from(reactions)
    .where(reactions.c.object_id == bindparam("object_id"), reactions.c.actor == bindparam("actor"))
)
_SHARED: Final = select(shares).where(
    shares.c.object_id == bindparam("object_id"), shares.c.actor == bindparam("actor")
)
_COUNT_LIKES: Final = (
    update(posts).where(posts.c.object_id == bindparam("id")).values(likes=posts.c.likes + bindparam("more"))
)
_COUNT_SHARES: Final = (
    update(posts).where(posts.c.object_id == bindparam("id")).values(shares=posts.c.shares + bindparam("more"))
)


# --- likes ------------------------------------------------------------------------------------------------------


def like(
    tx: Transaction,
    *,
    actor: str,
    object_id: int | None = None,
    object_uri: str | None = None,
    emoji: str | None = None,
    activity_uri: str | None = None,
    picture: Emoji | None = None,
) -> bool:
    """Like a post, or react to it with an emoji; once, however often it is said.

    Args:
        tx: The open transaction.
        actor: URI of who likes it; for somebody here the author's server is told.
        object_id: Row id of the post's object.
        object_uri: Its id, where the row id is not known.
        emoji: One emoji, or ``:shortcode:`` of a custom one; None for a like.
        activity_uri: Id of the activity that came from elsewhere.
        picture: The custom emoji.

    Returns:
        Whether it was new.

    Raises:
        NotFoundError: There is no such post, or not for this person.
        InvalidError: That is not one emoji.
        ForbiddenError: Too many different reactions.
        RateLimitedError: Too many reactions in this hour.

    Spec: ActivityPub, section 6.8; FEP-c0e0.
    """
    tx.limit("reactions", of=actor)
    row = post_queries.get(tx, object_id=object_id, uri=object_uri, viewer=actor)
    key = policy.reaction_key(emoji)
    values = {"object_id": row.object_id, "actor": actor}
    if tx.row(_REACTION, {**values, "emoji": key}) is not None:
        return False
    if int(tx.value(_OWN_REACTIONS, values)) >= policy.MAX_REACTIONS:
        raise ForbiddenError("these are too many different reactions")
    sent = activity_uri or _publish_like(tx, actor=actor, row=row, emoji=key)
    added = tx.execute(
        _LIKE,
        {
            **values,
            "emoji": key,
            "emoji_url": picture.url if picture is not None else None,
            "activity_uri": sent,
            "at": tx.now,
        },
    )
    if not added:
        return False
    if not key:
        tx.execute(_COUNT_LIKES, {"id": row.object_id, "more": 1})
    _confirm(tx, actor=actor, row=row)
    indexing.note_reader(tx, object_id=row.object_id, actor=actor)
    tx.tell(PostLiked(object_id=row.object_id, uri=row.uri, by=actor, author=row.author, emoji=key or None))
    return True


def _publish_like(tx: Transaction, *, actor: str, row: Row[Any], emoji: str) -> str:
    activity: dict[str, object] = {"type": "EmojiReact" if emoji else "Like", "object": row.uri}
    if emoji:
        activity["content"] = emoji
    return outbox.publish(
        tx,
        actor=actor,
        activity=activity,
        audience=Audience(to=(row.author,)),
        visibility=_quiet(row),
    )


def _quiet(row: Row[Any]) -> Visibility:
    """Return the visibility of what concerns only who does it and the author."""
    organisation = Visibility.ORGANISATION
    return organisation if row.visibility == organisation.value else Visibility.DIRECT


def _confirm(tx: Transaction, *, actor: str, row: Row[Any]) -> None:
    if row.local and not tx.site.owns(actor):
        outbox.confirm(tx, host=host(actor), object_uri=row.uri)


def unlike(
    tx: Transaction,
    *,
    actor: str,
    object_id: int | None = None,
    object_uri: str | None = None,
    emoji: str | None = None,
) -> bool:
    """Take an own like or reaction back; False when there was none.

    Args:
        tx: The open transaction.
        actor: URI of who takes it back; for somebody here the author's server is told.
        object_id: Row id of the post's object.
        object_uri: Its id, where the row id is not known.
        emoji: As for `like`.
    """
    row = _find(tx, object_id=object_id, uri=object_uri)
    key = policy.reaction_key(emoji)
    if row is None:
        return False
    found = tx.row(_REACTION, {"object_id": row.object_id, "actor": actor, "emoji": key})
    if found is None:
        return False
    tx.execute(
        delete(reactions).where(
            reactions.c.object_id == row.object_id, reactions.c.actor == actor, reactions.c.emoji == key
        )
    )
    if not key:
        tx.execute(_COUNT_LIKES, {"id": row.object_id, "more": -1})
    if tx.site.owns(actor):
        _publish_undo(tx, actor=actor, activity_uri=found.activity_uri, visibility=_quiet(row))
    indexing.note_reader(tx, object_id=row.object_id, actor=actor)
    tx.tell(PostUnliked(object_id=row.object_id, by=actor, emoji=key or None))
    return True


def _find(tx: Transaction, *, object_id: int | None, uri: str | None) -> Row[Any] | None:
    if uri is not None:
        return post_queries.find_by_uri(tx, uri=uri)
    return None if object_id is None else post_queries.find(tx, object_id=object_id)


def _publish_undo(tx: Transaction, *, actor: str, activity_uri: str, visibility: Visibility) -> None:
    """Take an own activity back; whoever got that gets this."""
    done = outbox.find(tx, uri=activity_uri)
    if done is None:
        return
    outbox.publish(
        tx,
        actor=actor,
        activity={"type": "Undo", "object": embeddable(_without_proof(done))},
        audience=read_audience(done),
        visibility=visibility,
        about=activity_uri,
    )


def _without_proof(activity: Mapping[str, object]) -> Document:
    return {key: value for key, value in activity.items() if key != "proof"}


# --- shares -----------------------------------------------------------------------------------------------------


def share(
    tx: Transaction,
    *,
    actor: str,
    object_id: int | None = None,
    object_uri: str | None = None,
    visibility: Visibility = Visibility.PUBLIC,
    activity_uri: str | None = None,
) -> int | None:
    """Pass a post on to one's followers; only what everyone may read already.

    Args:
        tx: The open transaction.
        actor: URI of who shares it; for somebody here it is sent to the followers and the author.
        object_id: Row id of the post's object.
        object_uri: Its id, where the row id is not known.
        visibility: ``public`` or ``unlisted``, or for a share from elsewhere also ``followers``.
        activity_uri: Id of the activity that came from elsewhere.

    Returns:
        Row id of the share, or None when it was shared already.

    Raises:
        NotFoundError: There is no such post, or not for this person.
        ForbiddenError: Not everyone may read the post.
        RateLimitedError: Too many posts in this hour.

    Spec: ActivityPub, section 7.11; row AC-15 of the threat table.
    """
    tx.limit("posts", of=actor)
    row = post_queries.get(tx, object_id=object_id, uri=object_uri, viewer=actor)
    if not policy.may_share(Visibility(row.visibility)):
        raise ForbiddenError("this message is not public, so it cannot be shared", detail=row.uri)
    if activity_uri is None and not policy.may_share(visibility):
        raise InvalidError("a share is public", field="audience")
    if tx.row(_SHARED, {"object_id": row.object_id, "actor": actor}) is not None:
        return None
    if Visibility(row.visibility) is Visibility.UNLISTED and visibility is Visibility.PUBLIC:
        visibility = Visibility.UNLISTED
    sent = activity_uri or _publish_share(tx, actor=actor, row=row, visibility=visibility)
    share_id = tx.new_id()
    added = tx.execute(
        _SHARE,
        {
            "id": share_id,
            "object_id": row.object_id,
            "actor": actor,
            "visibility": visibility.value,
            "activity_uri": sent,
            "at": tx.now,
        },
    )
    if not added:
        return None
    tx.execute(_COUNT_SHARES, {"id": row.object_id, "more": 1})
    _confirm(tx, actor=actor, row=row)
    indexing.note_reader(tx, object_id=row.object_id, actor=actor)
    tx.tell(
        PostShared(
            object_id=row.object_id,
            uri=row.uri,
            by=actor,
            author=row.author,
            share_id=share_id,
            visibility=visibility,
        )
    )
    return share_id


def _publish_share(tx: Transaction, *, actor: str, row: Row[Any], visibility: Visibility) -> str:
    followers = actors.get(tx, uri=actor).followers_uri
    is_public = visibility is Visibility.PUBLIC
    audience = (
        Audience(to=(PUBLIC,), cc=(followers, row.author))
        if is_public
        else Audience(to=(followers,), cc=(PUBLIC, row.author))
    )
    return outbox.publish(
        tx,
        actor=actor,
        activity={"type": "Announce", "object": row.uri},
        audience=audience,
        visibility=visibility,
    )


def share_of(tx: Transaction, *, actor: str, object_id: int) -> int:
    """Return the row id of somebody's share of a post.

    Raises:
        NotFoundError: There is none.
    """
    found = tx.row(_SHARED, {"object_id": object_id, "actor": actor})
    if found is None:
        raise NotFoundError("this message was not shared")
    return int(found.id)


def unshare(tx: Transaction, *, actor: str, object_id: int | None = None, object_uri: str | None = None) -> bool:
    """Take an own share back; False when there was none.

    Args:
        tx: The open transaction.
        actor: URI of who takes it back; for somebody here everyone who got the share is told.
        object_id: Row id of the post's object.
        object_uri: Its id, where the row id is not known.
    """
    row = _find(tx, object_id=object_id, uri=object_uri)
    found = tx.row(_SHARED, {"object_id": row.object_id, "actor": actor}) if row is not None else None
    if row is None or found is None:
        return False
    tx.execute(delete(shares).where(shares.c.id == found.id))
    tx.execute(_COUNT_SHARES, {"id": row.object_id, "more": -1})
    if tx.site.owns(actor):
        _publish_undo(tx, actor=actor, activity_uri=found.activity_uri, visibility=Visibility(found.visibility))
    indexing.note_reader(tx, object_id=row.object_id, actor=actor)
    tx.tell(PostUnshared(object_id=row.object_id, by=actor, share_id=found.id))
    return True


# --- an actor who is gone ---------------------------------------------------------------------------------------


def forget_reactions(tx: Transaction, *, actor: str) -> None:
    """Take back all likes, reactions and shares of an actor who is gone; nobody is told.

    Args:
        tx: The open transaction.
        actor: URI of the actor, here or elsewhere.
    """
    liked = select(reactions.c.object_id).where(reactions.c.actor == actor, reactions.c.emoji == "")
    shared = select(shares.c.object_id).where(shares.c.actor == actor)
    touched = tx.values(union(select(reactions.c.object_id).where(reactions.c.actor == actor), shared))
    tx.execute(update(posts).where(posts.c.object_id.in_(liked)).values(likes=posts.c.likes - 1))
    tx.execute(update(posts).where(posts.c.object_id.in_(shared)).values(shares=posts.c.shares - 1))
    tx.execute(delete(reactions).where(reactions.c.actor == actor))
    tx.execute(delete(shares).where(shares.c.actor == actor))
    for object_id in touched:
        indexing.note_reader(tx, object_id=object_id, actor=actor)
