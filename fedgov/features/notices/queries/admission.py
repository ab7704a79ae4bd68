"""Whose notifications get through to a person, and whose wait."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from fedgov.activitystreams.actor import read_actor
from fedgov.features.notices.queries.paging import owner_id, paged
from fedgov.features.notices.tables import (
    muted_threads,
    notification_permissions,
    notification_policies,
    notification_requests,
    notifications,
)
from fedgov.features.notices.vocabulary import NotificationPolicy, NotificationRequest, Wish
from fedgov.features.posts.queries import posts
from fedgov.federation import actors as actor_store
from fedgov.kernel.errors import FedgovError, NotFoundError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

MOST_PENDING: Final = 100

_POLICY: Final = select(notification_policies).where(notification_policies.c.owner_id == owner_id())
_PERMITTED: Final = select(notification_permissions.c.actor_id).where(
    notification_permissions.c.owner_id == bindparam("reader"), notification_permissions.c.actor_id == bindparam("by")
)
_waiting: Final = (
    select(func.count())
    .select_from(notifications)
    .where(
        notifications.c.owner_id == notification_requests.c.owner_id,
        notifications.c.actor_id == notification_requests.c.actor_id,
        notifications.c.filtered,
    )
    .scalar_subquery()
)
_requests: Final = (
    select(notification_requests, actors.c.uri, _waiting.label("number"))
    .join(actors, actors.c.id == notification_requests.c.actor_id)
    .where(notification_requests.c.owner_id == owner_id(), actors.c.deleted_at.is_(None))
)
PAGE: Final = paged(_requests, order=notification_requests.c.id)
_ONE: Final = _requests.where(notification_requests.c.id == bindparam("request"))
_PENDING: Final = select(func.count()).select_from(
    select(notification_requests.c.id)
    .where(notification_requests.c.owner_id == owner_id())
    .limit(MOST_PENDING)
    .subquery()
)
_PENDING_NOTIFICATIONS: Final = select(func.count()).select_from(
    select(notifications.c.id)
    .join(
        notification_requests,
        (notification_requests.c.owner_id == notifications.c.owner_id)
        & (notification_requests.c.actor_id == notifications.c.actor_id),
    )
    .where(notifications.c.owner_id == owner_id(), notifications.c.filtered)
    .limit(MOST_PENDING * MOST_PENDING)
    .subquery()
)
_MUTES_ANY: Final = select(muted_threads.c.thread_id).where(muted_threads.c.owner_id == owner_id())
_MUTED: Final = _MUTES_ANY.where(muted_threads.c.thread_id.in_(bindparam("threads", expanding=True)))


def policy_of(tx: Transaction, *, owner: str) -> NotificationPolicy:
    """Return from whom somebody wants to hear."""
    row = tx.row(_POLICY, {"owner": owner})
    if row is None:
        return NotificationPolicy()
    return NotificationPolicy(
        not_following=Wish(row.not_following),
        not_followers=Wish(row.not_followers),
        new_accounts=Wish(row.new_accounts),
        private_mentions=Wish(row.private_mentions),
        limited_accounts=Wish(row.limited_accounts),
    )


def is_permitted(tx: Transaction, *, reader: int, by: int) -> bool:
    """Tell whether somebody gets through whatever the policy says; both are named by row id."""
    return tx.row(_PERMITTED, {"reader": reader, "by": by}) is not None


def known_since(tx: Transaction, *, actor: str) -> int:
    """Return when an account was made, as its server says, or when we first heard of it."""
    row = actor_store.get(tx, uri=actor)
    if row.local:
        return int(row.created_at)
    try:
        published = read_actor(actor_store.document(tx, row=row)).published
    except FedgovError:
        published = None
    first_heard = int(row.created_at)
    return first_heard if published is None else min(published, first_heard)


def request_page(tx: Transaction, *, owner: str, request: PageRequest) -> Page[NotificationRequest]:
    """Return a page of those whose notifications wait, the newest request first."""
    return PAGE.page(tx, owner=owner, request=request, row_id=lambda each: each.id, read=_request)


def get_request(tx: Transaction, *, owner: str, request_id: int) -> NotificationRequest:
    """Return one of those whose notifications wait.

    Raises:
        NotFoundError: Nobody waits under this id.
    """
    row = tx.row(_ONE, {"owner": owner, "request": request_id})
    if row is None:
        raise NotFoundError("there is no such request")
    return _request(row)


def pending(tx: Transaction, *, owner: str) -> tuple[int, int]:
    """Return how many people wait (counted up to `MOST_PENDING`), and how many notifications of theirs."""
    values = {"owner": owner}
    return int(tx.value(_PENDING, values)), int(tx.value(_PENDING_NOTIFICATIONS, values))


def mutes_thread_of(tx: Transaction, *, owner: str, object_id: int) -> bool:
    """Tell whether somebody wants no more notifications of the talk that a post is in."""
    return bool(muted_among(tx, owner=owner, object_ids=[object_id]))


def muted_among(tx: Transaction, *, owner: str, object_ids: list[int]) -> frozenset[int]:
    """Return those posts that are in a talk of which somebody wants no more notifications.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        object_ids: Row ids of posts.
    """
    if not object_ids or tx.row(_MUTES_ANY, {"owner": owner}) is None:
        return frozenset()
    threads = {number: row.thread_id for number, row in posts.find_many(tx, object_ids=object_ids).items()}
    if not threads:
        return frozenset()
    muted = set(tx.values(_MUTED, {"owner": owner, "threads": sorted(set(threads.values()))}))
    return frozenset(number for number, thread in threads.items() if thread in muted)


def _request(row: Row[Any]) -> NotificationRequest:
    return NotificationRequest(
        id=row.id,
        actor=row.uri,
        created_at=row.created_at,
        updated_at=row.updated_at,
        count=int(row.number),
        last_object_id=row.last_object_id,
    )
