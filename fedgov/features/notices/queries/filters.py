"""Somebody's filters, with the words and posts that they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, or_, select

from fedgov.features.notices.queries.paging import owner_id
from fedgov.features.notices.tables import filter_keywords, filter_posts, filters
from fedgov.features.notices.vocabulary import Filter, FilterAction, FilterContext, FilteredPost, Keyword
from fedgov.kernel.errors import NotFoundError
from fedgov.store.transaction import Transaction

_mine: Final = select(filters).where(filters.c.owner_id == owner_id())
_ALL: Final = _mine.order_by(filters.c.id)
_ACTIVE: Final = _ALL.where(or_(filters.c.expires_at.is_(None), filters.c.expires_at > bindparam("now")))
_ONE: Final = _mine.where(filters.c.id == bindparam("filter"))
_KEYWORDS: Final = (
    select(filter_keywords)
    .where(filter_keywords.c.filter_id.in_(bindparam("ids", expanding=True)))
    .order_by(filter_keywords.c.id)
)
_POSTS: Final = (
    select(filter_posts)
    .where(filter_posts.c.filter_id.in_(bindparam("ids", expanding=True)))
    .order_by(filter_posts.c.id)
)
_OF_KEYWORD: Final = (
    select(filters.c.id)
    .join(filter_keywords, filter_keywords.c.filter_id == filters.c.id)
    .where(filters.c.owner_id == owner_id(), filter_keywords.c.id == bindparam("part"))
)
_OF_POST: Final = (
    select(filters.c.id)
    .join(filter_posts, filter_posts.c.filter_id == filters.c.id)
    .where(filters.c.owner_id == owner_id(), filter_posts.c.id == bindparam("part"))
)


def filters_of(tx: Transaction, *, owner: str) -> list[Filter]:
    """Return somebody's filters, those that ended too, the oldest first."""
    return _complete(tx, tx.rows(_ALL, {"owner": owner}))


def active_filters(tx: Transaction, *, owner: str) -> list[Filter]:
    """Return those of somebody's filters that work now."""
    return _complete(tx, tx.rows(_ACTIVE, {"owner": owner, "now": tx.now}))


def get_filter(tx: Transaction, *, owner: str, filter_id: int) -> Filter:
    """Return one of somebody's filters.

    Raises:
        NotFoundError: This person has no such filter.
    """
    rows = tx.rows(_ONE, {"owner": owner, "filter": filter_id})
    if not rows:
        raise NotFoundError("there is no such filter")
    return _complete(tx, rows)[0]


def find_keyword(tx: Transaction, *, owner: str, keyword_id: int) -> tuple[Filter, Keyword]:
    """Return words that one of somebody's filters looks for, and the filter.

    Raises:
        NotFoundError: This person has no such words.
    """
    found = _filter_of(tx, tx.value(_OF_KEYWORD, {"owner": owner, "part": keyword_id}), owner=owner)
    return found, next(each for each in found.keywords if each.id == keyword_id)


def find_filtered_post(tx: Transaction, *, owner: str, naming_id: int) -> tuple[Filter, FilteredPost]:
    """Return that one of somebody's filters names a post, and the filter.

    Raises:
        NotFoundError: None does so under this id.
    """
    found = _filter_of(tx, tx.value(_OF_POST, {"owner": owner, "part": naming_id}), owner=owner)
    return found, next(each for each in found.posts if each.id == naming_id)


def _filter_of(tx: Transaction, filter_id: int | None, *, owner: str) -> Filter:
    if filter_id is None:
        raise NotFoundError("there is no such filter")
    return get_filter(tx, owner=owner, filter_id=filter_id)


def _complete(tx: Transaction, rows: Sequence[Row[Any]]) -> list[Filter]:
    ids = [row.id for row in rows]
    keywords: dict[int, list[Keyword]] = defaultdict(list)
    posts: dict[int, list[FilteredPost]] = defaultdict(list)
    for row in tx.rows(_KEYWORDS, {"ids": ids}) if ids else ():
        keywords[row.filter_id].append(Keyword(id=row.id, keyword=row.keyword, whole_word=row.whole_word))
    for row in tx.rows(_POSTS, {"ids": ids}) if ids else ():
        posts[row.filter_id].append(FilteredPost(id=row.id, object_id=row.object_id))
    return [
        Filter(
            id=row.id,
            title=row.title,
            contexts=tuple(FilterContext(word) for word in row.contexts.split()),
            action=FilterAction(row.action),
            expires_at=row.expires_at,
            keywords=tuple(keywords[row.id]),
            posts=tuple(posts[row.id]),
        )
        for row in rows
    ]
