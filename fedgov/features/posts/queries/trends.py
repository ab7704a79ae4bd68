"""What is talked about: subjects by use and posts by what people did with them, of the last days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, bindparam, func, select

from fedgov.activitystreams.audience import Visibility
from fedgov.features.people.service.sanctions import unlisted_for
from fedgov.features.posts.queries.posts import find_many, readable
from fedgov.features.posts.tables import hashtags, links, posts
from fedgov.kernel.clock import DAY, beginning_of_week, first_id_at
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

DAYS: Final = 7
"""So many days count, today among them."""

_public: Final[ColumnElement[bool]] = (
    (posts.c.visibility == Visibility.PUBLIC.value)
    & posts.c.backfilled.is_(False)
    & (posts.c.object_id >= bindparam("since"))
)
_day: Final = posts.c.published_at - posts.c.published_at % DAY
_people: Final = func.count(posts.c.author.distinct())
_TAGS: Final = (
    select(hashtags.c.tag)
    .join(posts, posts.c.object_id == hashtags.c.object_id)
    .join(actors, actors.c.uri == posts.c.author)
    .where(_public, actors.c.discoverable)
    .group_by(hashtags.c.tag)
    .order_by(_people.desc(), func.count().desc(), hashtags.c.tag)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_HISTORY: Final = (
    select(hashtags.c.tag, _day.label("day"), func.count().label("uses"), _people.label("people"))
    .join(posts, posts.c.object_id == hashtags.c.object_id)
    .where(_public, hashtags.c.tag.in_(bindparam("tags", expanding=True)))
    .group_by(hashtags.c.tag, "day")
)
_LINKS: Final = (
    select(links.c.url)
    .join(posts, posts.c.object_id == links.c.object_id)
    .join(actors, actors.c.uri == posts.c.author)
    .where(_public, actors.c.discoverable)
    .group_by(links.c.url)
    .having(_people > 1)
    .order_by(_people.desc(), func.count().desc(), links.c.url)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_LINK_HISTORY: Final = (
    select(links.c.url, _day.label("day"), func.count().label("uses"), _people.label("people"))
    .join(posts, posts.c.object_id == links.c.object_id)
    .where(_public, links.c.url.in_(bindparam("urls", expanding=True)))
    .group_by(links.c.url, "day")
)
_week: Final = beginning_of_week(posts.c.published_at)
_WEEKS: Final = (
    select(_week.label("week"), func.count().label("times"))
    .where(posts.c.local, posts.c.published_at >= bindparam("since"))
    .group_by("week")
)
_score: Final = posts.c.likes + 2 * posts.c.shares + posts.c.replies
_POSTS: Final = (
    select(posts.c.object_id)
    .join(actors, actors.c.uri == posts.c.author)
    .where(_public, actors.c.discoverable, posts.c.likes + posts.c.shares > 0)
    .order_by(_score.desc(), posts.c.object_id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfUse:
    """How much a subject was used on one day.

    Args:
        day: Its beginning in UTC, in milliseconds since the epoch.
        uses: Posts.
        people: Different authors.
    """

    day: int
    uses: int
    people: int


def trending_tags(tx: Transaction, *, limit: int, offset: int = 0) -> list[str]:
    """Return the subjects that most people wrote about publicly, the most first.

    Only of authors who want to be found.

    Args:
        tx: The open transaction.
        limit: Most results.
        offset: Leave out so many of the first.
    """
    return list(tx.values(_TAGS, {"since": _since(tx), "limit": limit, "offset": offset}))


def tag_history(tx: Transaction, *, tags: Sequence[str]) -> dict[str, list[DayOfUse]]:
    """Return how much each of some subjects was used publicly on each of the last days, today first.

    Args:
        tx: The open transaction.
        tags: As they are stored.
    """
    rows = tx.rows(_HISTORY, {"since": _since(tx), "tags": list(tags)}) if tags else ()
    used = {(row.tag, row.day): row for row in rows}
    return {tag: [_use(used.get((tag, day)), day=day) for day in _days(tx)] for tag in tags}


def trending_links(tx: Transaction, *, limit: int, offset: int = 0) -> dict[str, list[DayOfUse]]:
    """Return the addresses to which most people linked publicly, the most first, and how much on which day.

    Only of authors who want to be found, and what more than one of them links to.

    Args:
        tx: The open transaction.
        limit: Most results.
        offset: Leave out so many of the first.
    """
    urls = tx.values(_LINKS, {"since": _since(tx), "limit": limit, "offset": offset})
    rows = tx.rows(_LINK_HISTORY, {"since": _since(tx), "urls": list(urls)}) if urls else ()
    used = {(row.url, row.day): row for row in rows}
    return {url: [_use(used.get((url, day)), day=day) for day in _days(tx)] for url in urls}


def _days(tx: Transaction) -> list[int]:
    today = tx.now - tx.now % DAY
    return [today - number * DAY for number in range(DAYS)]


def _use(row: Row[Any] | None, *, day: int) -> DayOfUse:
    return DayOfUse(day=day, uses=0 if row is None else row.uses, people=0 if row is None else row.people)


def trending_posts(tx: Transaction, *, viewer: str | None, limit: int, offset: int = 0) -> list[Row[Any]]:
    """Return the public posts that people liked, shared and answered most, as far as the reader may read them.

    Only of authors who want to be found.

    Args:
        tx: The open transaction.
        viewer: URI of the actor who asks; None for somebody unknown.
        limit: Most results.
        offset: Leave out so many of the first.
    """
    ids = tx.values(_POSTS, {"since": _since(tx), "limit": limit, "offset": offset})
    found = find_many(tx, object_ids=ids)
    unlisted = unlisted_for(tx, viewer=viewer, uris={row.author for row in found.values()})
    found = {number: row for number, row in found.items() if row.author not in unlisted}
    return readable(tx, rows=[found[object_id] for object_id in ids if object_id in found], viewer=viewer)


def _since(tx: Transaction) -> int:
    return first_id_at(tx.now - tx.now % DAY - (DAYS - 1) * DAY)


def weekly_posts(tx: Transaction, *, since: int) -> dict[int, int]:
    """Return how many posts were written here in each week, by its beginning in milliseconds since the epoch.

    Args:
        tx: The open transaction.
        since: Beginning of the first week.
    """
    return {row.week: row.times for row in tx.rows(_WEEKS, {"since": since})}
