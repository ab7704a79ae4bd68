"""Who gets through to a person: the policy, requests of those who wait, and talks that were enough."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from sqlalchemy import bindparam, delete, or_, update

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices import policy
from fedgov.features.notices.queries import admission as queries
from fedgov.features.notices.service.actor_ids import actor_id, reader_id
from fedgov.features.notices.tables import (
    muted_threads,
    notification_permissions,
    notification_policies,
    notification_requests,
    notifications,
)
from fedgov.features.notices.vocabulary import Kind, NewsKind, NotificationPolicy, Sender, Wish
from fedgov.features.people.service import sanctions
from fedgov.features.posts.queries import posts
from fedgov.federation import follows, objects
from fedgov.kernel.errors import ForbiddenError
from fedgov.store import news
from fedgov.store.transaction import Transaction, insert_or_ignore, insert_or_update

_COLUMNS: Final = ("not_following", "not_followers", "new_accounts", "private_mentions", "limited_accounts")
_SET: Final = insert_or_update(notification_policies, key=["owner_id"], update=_COLUMNS)
_ASK: Final = insert_or_update(
    notification_requests, key=["owner_id", "actor_id"], update=["last_object_id", "updated_at"]
)
_PERMIT: Final = insert_or_ignore(notification_permissions)
_MUTE: Final = insert_or_ignore(muted_threads)
_UNMUTE: Final = delete(muted_threads).where(
    muted_threads.c.owner_id == bindparam("owner"), muted_threads.c.thread_id == bindparam("thread")
)
_END: Final = delete(notification_requests).where(
    notification_requests.c.owner_id == bindparam("owner"), notification_requests.c.actor_id == bindparam("by")
)
_LET_IN: Final = (
    update(notifications)
    .where(
        notifications.c.owner_id == bindparam("owner"), notifications.c.actor_id == bindparam("by"),
        notifications.c.filtered,
    )
    .values(filtered=False)
)  # fmt: skip
_FORGET: Final = delete(notifications).where(
    notifications.c.owner_id == bindparam("owner"),
    notifications.c.actor_id == bindparam("by"),
    notifications.c.filtered,
)


def weigh(tx: Transaction, *, owner: str, reader: int, kind: Kind, actor: str, by: int, object_id: int | None) -> Wish:
    """Return what happens to a notification before anybody sees it.

    Args:
        tx: The open transaction.
        owner: URI of whom it concerns.
        reader: Row id of the same.
        kind: Why.
        actor: URI of who caused it.
        by: Row id of the same.
        object_id: Row id of the post, or None.
    """
    wanted = queries.policy_of(tx, owner=owner)
    if kind in policy.NEVER_FILTERED:
        return Wish.ACCEPT
    limited = sanctions.is_limited(tx, actor=actor)
    if wanted == NotificationPolicy() and not limited:
        return Wish.ACCEPT
    if queries.is_permitted(tx, reader=reader, by=by):
        return Wish.ACCEPT
    sender = Sender(
        followed=follows.is_follower(tx, follower=owner, following=actor),
        follower=follows.is_follower(tx, follower=actor, following=owner),
        known_since=queries.known_since(tx, actor=actor),
        unasked=kind is Kind.MENTION and _is_direct(tx, object_id),
        limited=limited,
    )
    return policy.wish(wanted, sender=sender, now=tx.now)


def _is_direct(tx: Transaction, object_id: int | None) -> bool:
    row = None if object_id is None else objects.find_by_id(tx, row_id=object_id)
    return row is not None and row.visibility == Visibility.DIRECT.value


def ask(tx: Transaction, *, reader: int, by: int, object_id: int | None) -> None:
    """Note that notifications of somebody wait; both are named by row id."""
    tx.execute(
        _ASK,
        {
            "id": tx.new_id(),
            "owner_id": reader,
            "actor_id": by,
            "last_object_id": object_id,
            "created_at": tx.now,
            "updated_at": tx.now,
        },
    )


def set_policy(tx: Transaction, *, owner: str, wanted: NotificationPolicy) -> None:
    """Decide from whom a person wants to hear; what came before stays as it is.

    Raises:
        ForbiddenError: It is nobody of this instance.
    """
    reader = reader_id(tx, uri=owner)
    if reader is None:
        raise ForbiddenError("only somebody of this instance is told anything")
    tx.execute(_SET, {"owner_id": reader, **{name: wish.value for name, wish in asdict(wanted).items()}})


def accept_request(tx: Transaction, *, owner: str, request_id: int) -> None:
    """Show what somebody did, and let them through from now on.

    Raises:
        NotFoundError: Nobody waits under this id.
    """
    values = _who(tx, owner=owner, request_id=request_id)
    tx.execute(_PERMIT, {"owner_id": values["owner"], "actor_id": values["by"]})
    tx.execute(_END, values)
    if tx.execute(_LET_IN, values):
        tx.signal(f"notifications:{owner}")
        news.tell(tx, NewsKind.MERGED, owner)


def dismiss_request(tx: Transaction, *, owner: str, request_id: int) -> None:
    """Remove what somebody did; when they do more, they wait again.

    Raises:
        NotFoundError: Nobody waits under this id.
    """
    values = _who(tx, owner=owner, request_id=request_id)
    tx.execute(_END, values)
    tx.execute(_FORGET, values)


def _who(tx: Transaction, *, owner: str, request_id: int) -> dict[str, int | None]:
    found = queries.get_request(tx, owner=owner, request_id=request_id)
    return {"owner": actor_id(tx, uri=owner), "by": actor_id(tx, uri=found.actor)}


def mute_thread(tx: Transaction, *, owner: str, object_id: int) -> None:
    """Tell somebody nothing more of the talk that a post is in.

    Raises:
        NotFoundError: There is no such post, or this person may not read it.
    """
    thread = posts.get(tx, viewer=owner, object_id=object_id).thread_id
    reader = reader_id(tx, uri=owner)
    if reader is not None:
        tx.execute(_MUTE, {"owner_id": reader, "thread_id": thread})


def unmute_thread(tx: Transaction, *, owner: str, object_id: int) -> None:
    """Tell somebody again what happens in the talk that a post is in.

    Raises:
        NotFoundError: There is no such post, or this person may not read it.
    """
    thread = posts.get(tx, viewer=owner, object_id=object_id).thread_id
    tx.execute(_UNMUTE, {"owner": actor_id(tx, uri=owner), "thread": thread})


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Forget what an actor decided, and what was decided about the actor."""
    gone = actor_id(tx, uri=uri)
    if gone is None:
        return
    tx.execute(delete(notification_policies).where(notification_policies.c.owner_id == gone))
    tx.execute(delete(muted_threads).where(muted_threads.c.owner_id == gone))
    for table in (notification_requests, notification_permissions):
        tx.execute(delete(table).where(or_(table.c.owner_id == gone, table.c.actor_id == gone)))
