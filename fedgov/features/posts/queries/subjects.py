"""What somebody writes about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, select

from fedgov.activitystreams.audience import Visibility
from fedgov.features.posts.tables import hashtags, posts
from fedgov.store.transaction import Transaction

MAX_FOUND: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much somebody used a hashtag in what everyone may read.

    Args:
        tag: As it is stored.
        posts: In how many posts.
        last_at: When last, in milliseconds since the epoch.
    """

    tag: str
    posts: int
    last_at: int


def used_by(tx: Transaction, *, author: str, tags: Collection[str]) -> dict[str, Use]:
    """Return how much somebody used some hashtags, by hashtag; those never used are left out."""
    rows = tx.rows(_uses(author).where(hashtags.c.tag.in_(list(tags)))) if tags else ()
    return {row.tag: Use(tag=row.tag, posts=int(row.times), last_at=int(row.last)) for row in rows}


def most_used(tx: Transaction, *, author: str) -> list[Use]:
    """Return the hashtags that somebody used most, the most used first."""
    rows = tx.rows(_uses(author).order_by(func.count().desc(), hashtags.c.tag).limit(MAX_FOUND))
    return [Use(tag=row.tag, posts=int(row.times), last_at=int(row.last)) for row in rows]


def _uses(author: str) -> Select[Any]:
    return (
        select(hashtags.c.tag, func.count().label("times"), func.max(posts.c.published_at).label("last"))
        .join(posts, posts.c.object_id == hashtags.c.object_id)
        .where(posts.c.author == author, posts.c.visibility == Visibility.PUBLIC.value)
        .group_by(hashtags.c.tag)
    )
