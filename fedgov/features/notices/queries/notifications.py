"""What happened that concerns a person, and how much of it is new to them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from fedgov.features.notices.queries.hiding import hidden_among
from fedgov.features.notices.queries.paging import owner_id, paged
from fedgov.features.notices.tables import markers, notifications
from fedgov.features.notices.vocabulary import Kind, Marker, Notification, Outcome, Timeline
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

MOST_UNREAD: Final = 100
"""Nobody needs to know how many more there are."""

_last_read: Final = func.coalesce(
    select(markers.c.last_read_id)
    .where(markers.c.owner_id == owner_id(), markers.c.timeline == Timeline.NOTIFICATIONS.value)
    .scalar_subquery(),
    -1,
)
_mine: Final = (
    select(notifications, actors.c.uri.label("actor"), (notifications.c.id > _last_read).label("unread"))
    .select_from(notifications)
    .outerjoin(actors, actors.c.id == notifications.c.actor_id)
    .where(notifications.c.owner_id == owner_id(), notifications.c.kind.in_(bindparam("kinds", expanding=True)))
)
PAGE: Final = paged(_mine, order=notifications.c.id)
_ONE: Final = _mine.where(notifications.c.id == bindparam("id"))
_UNREAD: Final = (
    select(actors.c.uri)
    .select_from(notifications)
    .outerjoin(actors, actors.c.id == notifications.c.actor_id)
    .where(
        notifications.c.owner_id == owner_id(),
        notifications.c.id > _last_read,
        notifications.c.kind.not_in(bindparam("without", expanding=True)),
    )
    .limit(MOST_UNREAD)
)
_MARKERS: Final = select(markers).where(markers.c.owner_id == owner_id())


def notification_page(
    tx: Transaction, *, owner: str, request: PageRequest, kinds: Collection[Kind] = tuple(Kind)
) -> Page[Notification]:
    """Return a page of somebody's notifications, without those by people who are blocked or muted now.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        request: Which part; the cursors are of what was selected, hidden or not.
        kinds: Only these.

    Spec: row DOS-14 of the threat table.
    """
    page = PAGE.page(
        tx,
        owner=owner,
        request=request,
        row_id=_id,
        read=_notification,
        values={"kinds": [kind.value for kind in kinds]},
    )
    hidden = hidden_among(tx, viewer=owner, uris=[each.actor for each in page.items])
    return page.map(lambda each: None if each.actor in hidden else each)


def has_notifications_before(
    tx: Transaction, *, owner: str, notification_id: int, kinds: Collection[Kind] = tuple(Kind)
) -> bool:
    """Tell whether somebody's notifications of these kinds go on below one."""
    older = PageRequest(max_id=notification_id, limit=1)
    values = {"kinds": [kind.value for kind in kinds]}
    return bool(PAGE.page(tx, owner=owner, request=older, row_id=_id, read=_notification, values=values).items)


def find_notification(tx: Transaction, *, owner: str, notification_id: int) -> Notification | None:
    """Return one of somebody's own notifications, or None."""
    row = tx.row(_ONE, {"owner": owner, "id": notification_id, "kinds": [kind.value for kind in Kind]})
    return None if row is None else _notification(row)


def count_unread(tx: Transaction, *, owner: str, without: Collection[Kind] = ()) -> int:
    """Return how many notifications a person has not seen, counted up to `MOST_UNREAD`.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        without: Kinds that are counted elsewhere.
    """
    by = tx.values(_UNREAD, {"owner": owner, "without": [kind.value for kind in without]})
    hidden = hidden_among(tx, viewer=owner, uris=by)
    return sum(actor not in hidden for actor in by)


def read_markers(tx: Transaction, *, owner: str) -> dict[Timeline, Marker]:
    """Return how far somebody read each list."""
    return {
        Timeline(row.timeline): Marker(
            timeline=Timeline(row.timeline),
            last_read_id=row.last_read_id,
            version=row.version,
            updated_at=row.updated_at,
        )
        for row in tx.rows(_MARKERS, {"owner": owner})
    }


def _id(each: Notification) -> int:
    return each.id


def _notification(row: Row[Any]) -> Notification:
    kind = Kind(row.kind)
    return Notification(
        id=row.id,
        kind=kind,
        at=row.at,
        actor=row.actor,
        object_id=row.subject_id if row.subject_id and kind is not Kind.MODERATION else None,
        emoji=row.detail if kind is Kind.REACTION else "",
        outcome=Outcome(row.detail) if kind is Kind.MODERATION else None,
        text=row.text,
        unread=bool(row.unread),
    )
