"""What the doors show of posts to other servers; fills `fedgov.federation.doors.face.PublicFace`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, func, select

from fedgov.features.people.queries import any_block, count_accounts
from fedgov.features.posts.queries import timelines
from fedgov.features.posts.queries.posts import find_by_uri
from fedgov.features.posts.tables import posts
from fedgov.federation.doors.face import PublicFace, Reactions, Usage
from fedgov.kernel.clock import DAY
from fedgov.store.tables import objects
from fedgov.store.transaction import Transaction

_OPEN: Final[ColumnElement[bool]] = posts.c.visibility.in_(["public", "unlisted"])
_REPLIES: Final = (
    select(objects.c.id, objects.c.uri)
    .join(posts, posts.c.object_id == objects.c.id)
    .where(posts.c.in_reply_to_uri == bindparam("uri"), _OPEN, posts.c.object_id > bindparam("after"))
    .order_by(posts.c.object_id)
    .limit(bindparam("limit"))
)
_COUNT_REPLIES: Final = (
    select(func.count()).select_from(posts).where(posts.c.in_reply_to_uri == bindparam("uri"), _OPEN)
)
_OURS: Final = select(func.count()).select_from(posts).where(posts.c.local)


class _Face:
    """Answers of this room and of people, who stand below it."""

    def featured(self, tx: Transaction, *, actor: str) -> Sequence[str]:
        """Return the URIs of the posts that a local actor pinned and everyone may read, newest pin first."""
        return [row.uri for row in timelines.featured(tx, actor=actor, viewer=None)]

    def replies(self, tx: Transaction, *, object_uri: str, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """Return row id and URI of the public and unlisted replies to a post, oldest first."""
        rows = tx.rows(_REPLIES, {"uri": object_uri, "after": after, "limit": limit})
        return [(row.id, row.uri) for row in rows]

    def reactions(self, tx: Transaction, *, object_uri: str) -> Reactions:
        """Return how many reacted to a post; of replies only the public and unlisted ones."""
        row: Any = find_by_uri(tx, uri=object_uri)
        if row is None:
            return Reactions()
        replies = int(tx.value(_COUNT_REPLIES, {"uri": object_uri}))
        return Reactions(replies=replies, likes=row.likes, shares=row.shares)

    def usage(self, tx: Transaction) -> Usage:
        """Return how much the instance is used."""
        return Usage(
            users=count_accounts(tx),
            active_month=count_accounts(tx, active_since=tx.now - 30 * DAY),
            active_half_year=count_accounts(tx, active_since=tx.now - 180 * DAY),
            posts=int(tx.value(_OURS.where(posts.c.in_reply_to_uri.is_(None)))),
            comments=int(tx.value(_OURS.where(posts.c.in_reply_to_uri.is_not(None)))),
        )

    def blocks(self, tx: Transaction, *, who: str, whom: str) -> bool:
        """Tell whether somebody must not see what another one wrote, because either blocks the other."""
        return any_block(tx, one=who, other=whom)


def public_face() -> PublicFace:
    """Return what the doors show of posts."""
    return _Face()
