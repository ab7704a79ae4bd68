"""The subjects that somebody follows, and those that stand on a profile."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, select

from fedgov.features.notices.queries.paging import owner_id, paged
from fedgov.features.notices.tables import featured_tags, followed_tags
from fedgov.features.notices.vocabulary import FeaturedTag, FollowedTag
from fedgov.features.posts.queries.subjects import used_by
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.transaction import Transaction

_followed: Final = select(followed_tags.c.id, followed_tags.c.tag).where(followed_tags.c.owner_id == owner_id())
PAGE: Final = paged(_followed, order=followed_tags.c.id)
_AMONG: Final = select(followed_tags.c.tag).where(
    followed_tags.c.owner_id == owner_id(), followed_tags.c.tag.in_(bindparam("tags", expanding=True))
)
_FEATURED: Final = select(featured_tags).where(featured_tags.c.owner_id == owner_id()).order_by(featured_tags.c.id)


def followed_page(tx: Transaction, *, owner: str, request: PageRequest) -> Page[FollowedTag]:
    """Return a page of the subjects that somebody follows, the newest first."""
    return PAGE.page(
        tx,
        owner=owner,
        request=request,
        row_id=lambda each: each.id,
        read=lambda row: FollowedTag(id=row.id, tag=row.tag),
    )


def followed_among(tx: Transaction, *, owner: str, tags: Collection[str]) -> frozenset[str]:
    """Return those of some subjects that somebody follows."""
    return frozenset(tx.values(_AMONG, {"owner": owner, "tags": list(tags)})) if tags else frozenset()


def follows_tag(tx: Transaction, *, owner: str, tag: str) -> bool:
    """Tell whether somebody follows a subject, given as it is stored."""
    return bool(followed_among(tx, owner=owner, tags=[tag]))


def featured_by(tx: Transaction, *, owner: str) -> list[FeaturedTag]:
    """Return the subjects on somebody's profile, with how often and when they wrote about them for everyone."""
    rows = tx.rows(_FEATURED, {"owner": owner})
    used = used_by(tx, author=owner, tags=[row.tag for row in rows])
    return [
        FeaturedTag(
            id=row.id,
            tag=row.tag,
            name=row.name,
            posts=used[row.tag].posts if row.tag in used else 0,
            last_at=used[row.tag].last_at if row.tag in used else None,
        )
        for row in rows
    ]
