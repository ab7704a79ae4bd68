"""What hangs on posts: files, names, subjects, reactions and polls; for many posts in one query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Row, Table, bindparam, func, select, union

from fedgov.activitystreams.attachment import Attachment
from fedgov.activitystreams.poll import Option, Poll
from fedgov.features.posts.tables import (
    attachments,
    hashtags,
    mentions,
    pins,
    poll_options,
    poll_votes,
    polls,
    posts,
    reactions,
    shares,
)
from fedgov.store.tables import actors, objects
from fedgov.store.transaction import Transaction

MAX_INTERESTED: Final = 1_000

Grouped = dict[int, list[Row[Any]]]

_ids: Final[BindParameter[Any]] = bindparam("ids", expanding=True)


def _of(table: Table, *order: Any) -> Any:  # noqa: ANN401 - columns and a statement
    return select(table).where(table.c.object_id.in_(_ids)).order_by(*order)


_ATTACHMENTS: Final = _of(attachments, attachments.c.object_id, attachments.c.position)
_MENTIONS: Final = _of(mentions, mentions.c.object_id, mentions.c.actor_uri)
_HASHTAGS: Final = _of(hashtags, hashtags.c.object_id, hashtags.c.tag)
_OPTIONS: Final = _of(poll_options, poll_options.c.object_id, poll_options.c.position)
_POLLS: Final = _of(polls)
_OWN_VOTES: Final = select(poll_votes).where(poll_votes.c.object_id.in_(_ids), poll_votes.c.actor == bindparam("actor"))
_REACTIONS: Final = (
    select(
        reactions.c.object_id,
        reactions.c.emoji,
        func.count().label("times"),
        reactions.c.emoji_url,
        func.min(reactions.c.at).label("first"),
    )
    .where(reactions.c.object_id.in_(_ids), reactions.c.emoji != "")
    .group_by(reactions.c.object_id, reactions.c.emoji, reactions.c.emoji_url)
    .order_by(reactions.c.object_id, func.min(reactions.c.at))
)
_OWN_REACTIONS: Final = select(reactions.c.object_id, reactions.c.emoji).where(
    reactions.c.object_id.in_(_ids), reactions.c.actor == bindparam("actor")
)
_PICTURES: Final = select(reactions.c.object_id, reactions.c.actor, reactions.c.emoji, reactions.c.emoji_url).where(
    reactions.c.object_id.in_(_ids),
    reactions.c.actor.in_(bindparam("actors", expanding=True)),
    reactions.c.emoji_url.is_not(None),
)
_OWN_SHARES: Final = select(shares.c.object_id).where(
    shares.c.object_id.in_(_ids), shares.c.actor == bindparam("actor")
)
_PINNED: Final = select(pins.c.object_id).where(pins.c.object_id.in_(_ids), pins.c.actor == bindparam("actor"))
_PINNED_ANYHOW: Final = select(pins.c.object_id).where(pins.c.object_id.in_(_ids))
_VOTERS: Final = select(poll_votes.c.actor).where(poll_votes.c.object_id == bindparam("id")).distinct()
_LIKERS: Final = (
    select(reactions.c.actor)
    .where(reactions.c.object_id == bindparam("id"), reactions.c.emoji == "")
    .order_by(reactions.c.at.desc())
    .limit(bindparam("limit"))
)
_SHARERS: Final = (
    select(shares.c.actor)
    .where(shares.c.object_id == bindparam("id"))
    .order_by(shares.c.id.desc())
    .limit(bindparam("limit"))
)
_quoted: Final = posts.alias("quoted")
_INVOLVED: Final = union(
    select(reactions.c.actor.label("actor")).where(reactions.c.object_id == bindparam("id")),
    select(shares.c.actor).where(shares.c.object_id == bindparam("id")),
    select(poll_votes.c.actor).where(poll_votes.c.object_id == bindparam("id")),
    select(posts.c.author)
    .join(objects, objects.c.uri == posts.c.in_reply_to_uri)
    .where(objects.c.id == bindparam("id")),
    select(posts.c.author).where(posts.c.quote_id == bindparam("id")),
    select(_quoted.c.author)
    .join(posts, posts.c.quote_id == _quoted.c.object_id)
    .where(posts.c.object_id == bindparam("id")),
).subquery()
_TOUCHED: Final = union(
    select(reactions.c.actor).where(reactions.c.object_id.in_(_ids)),
    select(shares.c.actor).where(shares.c.object_id.in_(_ids)),
    select(poll_votes.c.actor).where(poll_votes.c.object_id.in_(_ids)),
    select(posts.c.author).where(posts.c.object_id.in_(_ids)),
)
_INTERESTED: Final = (
    select(_INVOLVED.c.actor)
    .join(actors, actors.c.uri == _INVOLVED.c.actor)
    .where(actors.c.local.is_(False), actors.c.deleted_at.is_(None))
    .limit(MAX_INTERESTED)
)


def _grouped(tx: Transaction, statement: Any, ids: Sequence[int], **values: object) -> Grouped:  # noqa: ANN401
    found: Grouped = defaultdict(list)
    if ids:
        for row in tx.rows(statement, {"ids": list(ids), **values}):
            found[row.object_id].append(row)
    return found


def attachments_of(tx: Transaction, *, object_ids: Sequence[int]) -> Grouped:
    """Return the files of posts, by row id of the post."""
    return _grouped(tx, _ATTACHMENTS, object_ids)


def file_of(row: Row[Any]) -> Attachment:
    """Return a file of a post as it stands in a document."""
    return Attachment(
        url=row.url,
        kind=row.kind,
        media_type=row.media_type,
        name=row.alt or None,
        blurhash=row.blurhash,
        width=row.width,
        height=row.height,
        focal_point=None if row.focal_x is None or row.focal_y is None else (row.focal_x, row.focal_y),
    )


def mentions_of(tx: Transaction, *, object_ids: Sequence[int]) -> Grouped:
    """Return who is named in posts."""
    return _grouped(tx, _MENTIONS, object_ids)


def hashtags_of(tx: Transaction, *, object_ids: Sequence[int]) -> Grouped:
    """Return the subjects of posts."""
    return _grouped(tx, _HASHTAGS, object_ids)


def reactions_of(tx: Transaction, *, object_ids: Sequence[int]) -> Grouped:
    """Return (emoji, times, emoji_url) of each emoji that was given to posts; likes are counted in the post.

    Two custom emoji of one name with different pictures are two.
    """
    return _grouped(tx, _REACTIONS, object_ids)


def reaction_pictures(
    tx: Transaction, *, object_ids: Sequence[int], actors: Sequence[str]
) -> dict[tuple[int, str, str], str]:
    """Return the pictures of the custom emoji that somebody gave, by post, actor and ``:shortcode:``."""
    rows = tx.rows(_PICTURES, {"ids": list(object_ids), "actors": list(actors)}) if object_ids and actors else ()
    return {(row.object_id, row.actor, row.emoji): row.emoji_url for row in rows}


def own_reactions(tx: Transaction, *, object_ids: Sequence[int], actor: str) -> dict[int, set[str]]:
    """Return how somebody reacted to posts; the empty text is a like."""
    rows = _grouped(tx, _OWN_REACTIONS, object_ids, actor=actor)
    return {object_id: {row.emoji for row in each} for object_id, each in rows.items()}


def own_shares(tx: Transaction, *, object_ids: Sequence[int], actor: str) -> set[int]:
    """Return which of these posts somebody shares."""
    return set(_grouped(tx, _OWN_SHARES, object_ids, actor=actor))


def pinned(tx: Transaction, *, object_ids: Sequence[int], actor: str) -> set[int]:
    """Return which of these posts somebody put on top of the own profile."""
    return set(_grouped(tx, _PINNED, object_ids, actor=actor))


def pinned_by_author(tx: Transaction, *, object_ids: Sequence[int]) -> set[int]:
    """Return which of these posts stand on top of their author's profile."""
    return set(_grouped(tx, _PINNED_ANYHOW, object_ids))


def poll_rows(tx: Transaction, *, object_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Return the polls of posts."""
    return {object_id: rows[0] for object_id, rows in _grouped(tx, _POLLS, object_ids).items()}


def options_of(tx: Transaction, *, object_ids: Sequence[int]) -> Grouped:
    """Return the answers of polls, in order."""
    return _grouped(tx, _OPTIONS, object_ids)


def own_votes(tx: Transaction, *, object_ids: Sequence[int], actor: str) -> dict[int, tuple[int, ...]]:
    """Return the positions that somebody chose in polls."""
    rows = _grouped(tx, _OWN_VOTES, object_ids, actor=actor)
    return {object_id: tuple(sorted(row.position for row in each)) for object_id, each in rows.items()}


def poll_of(tx: Transaction, *, object_id: int) -> Poll | None:
    """Return the poll of a post with the votes so far, or None."""
    row = poll_rows(tx, object_ids=[object_id]).get(object_id)
    if row is None:
        return None
    options = options_of(tx, object_ids=[object_id])[object_id]
    return Poll(
        options=tuple(Option(name=option.label, votes=option.votes) for option in options),
        multiple=row.multiple,
        end_time=row.ends_at,
        closed=row.closed_at,
        voters_count=row.voters_count,
    )


def voters(tx: Transaction, *, object_id: int) -> Sequence[str]:
    """Return the URIs of who voted, as far as known here."""
    return tx.values(_VOTERS, {"id": object_id})


def likers(tx: Transaction, *, object_id: int, limit: int = 80) -> Sequence[str]:
    """Return the URIs of who likes a post, newest first."""
    return tx.values(_LIKERS, {"id": object_id, "limit": limit})


def sharers(tx: Transaction, *, object_id: int, limit: int = 80) -> Sequence[str]:
    """Return the URIs of who shares a post, newest first."""
    return tx.values(_SHARERS, {"id": object_id, "limit": limit})


def touched_by(tx: Transaction, *, object_ids: Sequence[int]) -> frozenset[str]:
    """Return the URIs of all to whom posts look different than to others: who wrote, liked, shared them or voted."""
    return frozenset(tx.values(_TOUCHED, {"ids": list(object_ids)})) if object_ids else frozenset()


def interested(tx: Transaction, *, object_id: int) -> Sequence[str]:
    """Return actors elsewhere who reacted to a post, quote it or are quoted in it: their servers surely have it."""
    return tx.values(_INTERESTED, {"id": object_id})
