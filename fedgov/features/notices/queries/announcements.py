"""What administrators tell everybody here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, or_, select, union

from fedgov.features.notices.queries.paging import owner_id
from fedgov.features.notices.tables import announcement_dismissals, announcement_reactions, announcements
from fedgov.features.notices.vocabulary import Announcement, AnnouncementReaction
from fedgov.federation import emojis
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.text.emoji import is_shortcode
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

MOST: Final = 100
"""So many are listed."""

_ALL: Final = select(announcements).order_by(announcements.c.id.desc()).limit(MOST)
_SHOWN: Final = (
    select(announcements)
    .where(
        announcements.c.published_at.is_not(None),
        or_(announcements.c.starts_at.is_(None), announcements.c.starts_at <= bindparam("now")),
        or_(announcements.c.ends_at.is_(None), announcements.c.ends_at >= bindparam("now")),
    )
    .order_by(announcements.c.published_at.desc(), announcements.c.id.desc())
    .limit(MOST)
)
_ONE: Final = select(announcements).where(announcements.c.id == bindparam("announcement"))
_READ: Final = select(announcement_dismissals.c.announcement_id).where(
    announcement_dismissals.c.owner_id == owner_id(),
    announcement_dismissals.c.announcement_id.in_(bindparam("ids", expanding=True)),
)
_ANSWERED: Final = union(
    select(actors.c.uri)
    .join(announcement_dismissals, announcement_dismissals.c.owner_id == actors.c.id)
    .where(announcement_dismissals.c.announcement_id == bindparam("announcement")),
    select(actors.c.uri)
    .join(announcement_reactions, announcement_reactions.c.actor_id == actors.c.id)
    .where(announcement_reactions.c.announcement_id == bindparam("announcement")),
)
_REACTIONS: Final = (
    select(
        announcement_reactions.c.announcement_id,
        announcement_reactions.c.emoji,
        (announcement_reactions.c.actor_id == owner_id()).label("mine"),
    )
    .where(announcement_reactions.c.announcement_id.in_(bindparam("ids", expanding=True)))
    .order_by(announcement_reactions.c.at, announcement_reactions.c.emoji)
)


def shown(tx: Transaction, *, reader: str, unread_only: bool = False) -> list[Announcement]:
    """Return the announcements of now, the newest first.

    Args:
        tx: The open transaction.
        reader: URI of the local actor who reads.
        unread_only: Without those that the reader dismissed.
    """
    found = _read(tx, tx.rows(_SHOWN, {"now": tx.now}), reader=reader)
    return [each for each in found if not (unread_only and each.read)]


def every(tx: Transaction) -> list[Announcement]:
    """Return all announcements, drafts and those that are over too, the newest first; for administrators."""
    return _read(tx, tx.rows(_ALL), reader="")


def get(tx: Transaction, *, announcement_id: int, reader: str = "") -> Announcement:
    """Return an announcement, whether it is shown or not.

    Args:
        tx: The open transaction.
        announcement_id: Row id.
        reader: URI of the local actor who reads.

    Raises:
        NotFoundError: There is none.
    """
    row = tx.row(_ONE, {"announcement": announcement_id})
    if row is None:
        raise NotFoundError("there is no such announcement")
    return _read(tx, [row], reader=reader)[0]


def get_shown(tx: Transaction, *, announcement_id: int, reader: str) -> Announcement:
    """Return an announcement that is shown now; as `get`.

    Raises:
        NotFoundError: There is none, or it is not shown.
    """
    found = get(tx, announcement_id=announcement_id, reader=reader)
    if not found.is_shown:
        raise NotFoundError("there is no such announcement")
    return found


def _read(tx: Transaction, rows: Sequence[Row[Any]], *, reader: str) -> list[Announcement]:
    if not rows:
        return []
    bound = {"owner": reader, "ids": [row.id for row in rows]}
    dismissed, reactions = frozenset(tx.values(_READ, bound)), _reactions(tx, bound)
    return [
        Announcement(
            id=row.id,
            text=row.text,
            content_html=row.content_html,
            mentions=tuple(orjson.loads(row.mentions)),
            hashtags=tuple(orjson.loads(row.hashtags)),
            posts=tuple(orjson.loads(row.posts)),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            all_day=row.all_day,
            published_at=row.published_at,
            updated_at=row.updated_at,
            is_shown=is_shown(row, now=tx.now),
            read=row.id in dismissed,
            reactions=reactions.get(row.id, ()),
            emojis=emojis.used_in(tx, row.content_html),
        )
        for row in rows
    ]


def answered_by(tx: Transaction, *, announcement_id: int) -> frozenset[str]:
    """Return the URIs of those who dismissed an announcement or put an emoji under it."""
    return frozenset(tx.values(_ANSWERED, {"announcement": announcement_id}))


def is_shown(row: Row[Any], *, now: int) -> bool:
    """Tell whether an announcement is published, has begun and has not ended."""
    begun = row.starts_at is None or row.starts_at <= now
    return row.published_at is not None and begun and (row.ends_at is None or row.ends_at >= now)


def _reactions(tx: Transaction, bound: Mapping[str, Any]) -> dict[int, tuple[AnnouncementReaction, ...]]:
    """Return the reactions by announcement, each emoji where it was first used; what was removed is left out."""
    found: dict[int, dict[str, tuple[int, bool]]] = {}
    for row in tx.rows(_REACTIONS, bound):
        of = found.setdefault(row.announcement_id, {})
        count, mine = of.get(row.emoji, (0, False))
        of[row.emoji] = (count + 1, mine or bool(row.mine))
    names = {name for of in found.values() for name in of if is_shortcode(name)}
    own = {each.shortcode: each for each in emojis.named(tx, shortcodes=names)}
    return {
        number: tuple(
            AnnouncementReaction(emoji=emoji, count=count, mine=mine, picture=own.get(emoji))
            for emoji, (count, mine) in of.items()
            if emoji in own or not is_shortcode(emoji)
        )
        for number, of in found.items()
    }
