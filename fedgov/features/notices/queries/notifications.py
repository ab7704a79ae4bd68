"""What happened that concerns a person, and how much of it is new to them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Boolean, Row, String, bindparam, exists, func, or_, select

from fedgov.features.notices import policy
from fedgov.features.notices.policy import SPAN
from fedgov.features.notices.queries.hiding import unheard_among
from fedgov.features.notices.queries.paging import owner_id, paged
from fedgov.features.notices.tables import markers, notifications
from fedgov.features.notices.vocabulary import GROUPED, Group, Kind, Marker, Notification, Outcome, Timeline
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

MOST_UNREAD: Final = 100
"""Nobody needs to know how many more there are."""

MOST_IN_GROUP: Final = 1_000
"""So many of a group are counted."""
_NO_POST: Final = (Kind.MODERATION, Kind.REPORT)
_LARGEST: Final = 2**63 - 1

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
    .where(
        notifications.c.owner_id == owner_id(),
        notifications.c.kind.in_(bindparam("kinds", expanding=True)),
        or_(notifications.c.filtered.is_(False), bindparam("waiting", type_=Boolean)),
        or_(bindparam("by", type_=String) == "", actors.c.uri == bindparam("by", type_=String)),
    )
)
PAGE: Final = paged(_mine, order=notifications.c.id)
_newer: Final = notifications.alias("newer")
GROUPS: Final = paged(
    _mine.where(
        or_(
            notifications.c.kind.not_in(bindparam("grouped", expanding=True)),
            ~exists().where(
                _newer.c.subject_id == notifications.c.subject_id,
                _newer.c.kind == notifications.c.kind,
                _newer.c.owner_id == notifications.c.owner_id,
                _newer.c.id > notifications.c.id,
                _newer.c.id < (notifications.c.id // SPAN + 1) * SPAN,
                _newer.c.filtered.is_(False),
            ),
        )
    ),
    order=notifications.c.id,
)
"""The newest of each group, which stands for it; a test looks at the query plans."""
_IN_GROUP: Final = (
    select(notifications.c.id, actors.c.uri)
    .select_from(notifications)
    .outerjoin(actors, actors.c.id == notifications.c.actor_id)
    .where(
        notifications.c.owner_id == owner_id(),
        notifications.c.kind == bindparam("kind"),
        notifications.c.subject_id == bindparam("subject"),
        notifications.c.id >= bindparam("first"),
        notifications.c.id < bindparam("end"),
        notifications.c.filtered.is_(False),
    )
    .order_by(notifications.c.id.desc())
    .limit(MOST_IN_GROUP)
)
_ONE: Final = _mine.where(notifications.c.id == bindparam("id"))
_UNREAD: Final = (
    select(notifications.c.id, notifications.c.kind, notifications.c.subject_id, actors.c.uri)
    .select_from(notifications)
    .outerjoin(actors, actors.c.id == notifications.c.actor_id)
    .where(
        notifications.c.owner_id == owner_id(),
        notifications.c.id > _last_read,
        notifications.c.filtered.is_(False),
        notifications.c.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(notifications.c.id.desc())
    .limit(bindparam("limit"))
)
_MARKERS: Final = select(markers).where(markers.c.owner_id == owner_id())


def notification_page(
    tx: Transaction,
    *,
    owner: str,
    request: PageRequest,
    kinds: Collection[Kind] = tuple(Kind),
    actor: str | None = None,
    waiting: bool = False,
) -> Page[Notification]:
    """Return a page of somebody's notifications, without those by people of whom they want to hear nothing now.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        request: Which part; the cursors are of what was selected, hidden or not.
        kinds: Only these.
        actor: URI of an actor: only those that they caused.
        waiting: Also those that wait until the person wants to hear from who caused them.

    Spec: row DOS-14 of the threat table.
    """
    values = _values(kinds, actor=actor, waiting=waiting)
    page = PAGE.page(tx, owner=owner, request=request, row_id=_id, read=_notification, values=values)
    hidden = unheard_among(tx, viewer=owner, uris=[each.actor for each in page.items])
    return page.map(lambda each: None if each.actor in hidden else each)


def has_notifications_before(
    tx: Transaction, *, owner: str, notification_id: int, kinds: Collection[Kind] = tuple(Kind)
) -> bool:
    """Tell whether somebody's notifications of these kinds go on below one."""
    older = PageRequest(max_id=notification_id, limit=1)
    values = _values(kinds)
    return bool(PAGE.page(tx, owner=owner, request=older, row_id=_id, read=_notification, values=values).items)


def find_notification(tx: Transaction, *, owner: str, notification_id: int) -> Notification | None:
    """Return one of somebody's own notifications, or None."""
    row = tx.row(_ONE, {"owner": owner, "id": notification_id, **_values(tuple(Kind), waiting=True)})
    return None if row is None else _notification(row)


def group_page(
    tx: Transaction,
    *,
    owner: str,
    request: PageRequest,
    kinds: Collection[Kind] = tuple(Kind),
    grouped: Collection[Kind] = GROUPED,
    actor: str | None = None,
    waiting: bool = False,
) -> Page[Group]:
    """Return a page of somebody's notifications in groups, each where its newest stands.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        request: Which part; the cursors are of the newest of each group.
        kinds: Only these.
        grouped: Of these those that can be.
        actor: URI of an actor: only those that they caused.
        waiting: Also those that wait until the person wants to hear from who caused them.
    """
    together = frozenset(grouped) & GROUPED if actor is None else frozenset()
    values = _values(kinds, actor=actor, waiting=waiting) | {"grouped": [kind.value for kind in together] or [""]}
    page = GROUPS.page(tx, owner=owner, request=request, row_id=_id, read=_notification, values=values)
    return page.map(lambda each: _group(tx, each, owner=owner, grouped=together))


def get_group(tx: Transaction, *, owner: str, key: str) -> Group:
    """Return a group of somebody's notifications.

    Raises:
        NotFoundError: This person has no such group.
    """
    named = policy.read_group_key(key)
    newest: int | None = named if isinstance(named, int) else None
    if isinstance(named, tuple):
        newest = next((row.id for row in tx.rows(_IN_GROUP, _of_group(owner, *named))), None)
    each = None if newest is None or newest >= 2**63 else find_notification(tx, owner=owner, notification_id=newest)
    found = (
        None
        if each is None
        else _group(tx, each, owner=owner, grouped=GROUPED if isinstance(named, tuple) else frozenset())
    )
    if found is None:
        raise NotFoundError("there is no such group of notifications")
    return found


def _group(tx: Transaction, each: Notification, *, owner: str, grouped: frozenset[Kind]) -> Group | None:
    subject = each.object_id or 0
    key = policy.group_key(each.kind, subject_id=subject, notification_id=each.id, grouped=grouped)
    if each.kind in grouped:
        rows = tx.rows(_IN_GROUP, _of_group(owner, each.kind, subject, each.id // SPAN))
        found = [(row.id, row.uri) for row in rows]
    else:
        found = [(each.id, each.actor)]
    hidden = unheard_among(tx, viewer=owner, uris=[uri for _, uri in found])
    heard = [(number, uri) for number, uri in found if uri not in hidden]
    if not heard:
        return None
    return Group(
        key=key,
        newest=each,
        count=len(heard),
        actors=tuple(uri for _, uri in heard if uri is not None),
        oldest_id=heard[-1][0],
    )


def _of_group(owner: str, kind: Kind, subject: int, span: int) -> dict[str, Any]:
    bounds = {"first": min(span * SPAN, _LARGEST), "end": min((span + 1) * SPAN, _LARGEST)}
    return {"owner": owner, "kind": kind.value, "subject": min(subject, _LARGEST), **bounds}


def _values(kinds: Collection[Kind], *, actor: str | None = None, waiting: bool = False) -> dict[str, Any]:
    return {"kinds": [kind.value for kind in kinds], "by": actor or "", "waiting": waiting}


def count_unread(
    tx: Transaction,
    *,
    owner: str,
    without: Collection[Kind] = (),
    kinds: Collection[Kind] = tuple(Kind),
    actor: str | None = None,
    limit: int = MOST_UNREAD,
    in_groups: Collection[Kind] = (),
) -> int:
    """Return how many notifications a person has not seen, counted up to a limit.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        without: Kinds that are counted elsewhere.
        kinds: Only these.
        actor: URI of an actor: only those that they caused.
        limit: Nobody needs to know how many more there are.
        in_groups: A group of these counts as one.
    """
    wanted = [kind.value for kind in kinds if kind not in without]
    rows = tx.rows(_UNREAD, {"owner": owner, "kinds": wanted, "limit": limit})
    hidden = unheard_among(tx, viewer=owner, uris=[row.uri for row in rows])
    together = frozenset(in_groups) & GROUPED
    return len(
        {
            policy.group_key(Kind(row.kind), subject_id=row.subject_id, notification_id=row.id, grouped=together)
            for row in rows
            if row.uri not in hidden and actor in (None, row.uri)
        }
    )


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
        object_id=row.subject_id if row.subject_id and kind not in _NO_POST else None,
        report_id=row.subject_id if kind is Kind.REPORT else None,
        emoji=row.detail if kind is Kind.REACTION else "",
        outcome=Outcome(row.detail) if kind is Kind.MODERATION else None,
        text=row.text,
        group_key=policy.group_key(kind, subject_id=row.subject_id, notification_id=row.id),
        unread=bool(row.unread),
    )
