"""Telling a person that something happened: once, never about themself, never by whom they shut out."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, delete, or_

from fedgov.features.notices import policy
from fedgov.features.notices.queries import notifications as queries
from fedgov.features.notices.queries.admission import mutes_thread_of
from fedgov.features.notices.service import admission, push
from fedgov.features.notices.service.actor_ids import actor_id, reader_id
from fedgov.features.notices.tables import notifications
from fedgov.features.notices.vocabulary import Kind, NewsKind, Wish
from fedgov.features.people import queries as people
from fedgov.store import news
from fedgov.store.transaction import Transaction, insert_or_ignore

MAX_DETAIL: Final = 200
_NOBODY: Final = 0
_NOTHING: Final = 0
_ALWAYS: Final = frozenset({Kind.MODERATION, Kind.REPORT})
"""What is about no post, though it has a number."""

_TELL: Final = insert_or_ignore(notifications)
_SAME: Final = delete(notifications).where(
    notifications.c.owner_id == bindparam("owner"),
    notifications.c.kind == bindparam("which"),
    notifications.c.actor_id == bindparam("by"),
    notifications.c.subject_id == bindparam("subject"),
)
_OF_POST: Final = delete(notifications).where(
    notifications.c.subject_id == bindparam("object_id"),
    notifications.c.kind.not_in([kind.value for kind in (Kind.MODERATION, Kind.REPORT)]),
)
_TAKEN_BACK: Final = delete(notifications).where(
    notifications.c.subject_id == bindparam("object_id"),
    notifications.c.kind == bindparam("which"),
    notifications.c.actor_id == bindparam("by"),
    notifications.c.detail == bindparam("precisely"),
)
_BY: Final = delete(notifications).where(
    notifications.c.owner_id == bindparam("owner"), notifications.c.actor_id == bindparam("by")
)
_OF_ACTOR: Final = delete(notifications).where(
    or_(notifications.c.actor_id == bindparam("gone"), notifications.c.owner_id == bindparam("gone"))
)
_ONE: Final = delete(notifications).where(
    notifications.c.owner_id == bindparam("owner"), notifications.c.id == bindparam("notification_id")
)
_GROUP: Final = delete(notifications).where(
    notifications.c.owner_id == bindparam("owner"),
    notifications.c.kind == bindparam("which"),
    notifications.c.subject_id == bindparam("subject"),
    notifications.c.id >= bindparam("first"),
    notifications.c.id < bindparam("end"),
    notifications.c.filtered.is_(False),
)
_ALL: Final = delete(notifications).where(
    notifications.c.owner_id == bindparam("owner"), notifications.c.filtered.is_(False)
)


def notify(
    tx: Transaction,
    *,
    owner: str,
    kind: Kind,
    actor: str | None = None,
    subject_id: int | None = None,
    detail: str = "",
    text: str = "",
    again: bool = False,
) -> bool:
    """Tell somebody here that something happened.

    Args:
        tx: The open transaction.
        owner: URI of whom it concerns; nothing happens for somebody elsewhere.
        kind: Why.
        actor: URI of who did it; None when nobody in particular did.
        subject_id: Row id of the post, or of the report for a decision of a moderator.
        detail: Emoji of a reaction, or outcome of a report; another one is another thing to tell.
        text: Plain text.
        again: It can happen more than once: the newest takes the place of the one before.

    Returns:
        Whether there is a new notification, which may wait until its owner wants to hear from that person.
    """
    reader = reader_id(tx, uri=owner)
    if reader is None or actor == owner:
        return False
    by = _NOBODY if actor is None else actor_id(tx, uri=actor)
    if by is None or (actor is not None and _is_unwanted(tx, owner=owner, actor=actor)):
        return False
    subject = _NOTHING if subject_id is None else subject_id
    if kind not in _ALWAYS and subject and mutes_thread_of(tx, owner=owner, object_id=subject):
        return False
    wish = Wish.ACCEPT
    if actor is not None:
        wish = admission.weigh(tx, owner=owner, reader=reader, kind=kind, actor=actor, by=by, object_id=subject_id)
    if wish is Wish.DROP:
        return False
    if again:
        tx.execute(_SAME, {"owner": reader, "which": kind.value, "by": by, "subject": subject})
    number = tx.new_id()
    told = tx.execute(
        _TELL,
        {
            "id": number,
            "owner_id": reader,
            "kind": kind.value,
            "actor_id": by,
            "subject_id": subject,
            "detail": detail[:MAX_DETAIL],
            "text": text,
            "at": tx.now,
            "filtered": wish is Wish.FILTER,
        },
    )
    if told and wish is Wish.FILTER:
        admission.ask(tx, reader=reader, by=by, object_id=subject_id)
    elif told:
        tx.signal(f"notifications:{owner}")
        push.queue(tx, owner=owner, reader=reader, kind=kind, actor=actor, notification_id=number)
        news.tell(tx, NewsKind.NOTIFICATION, number, owner)
    return told > 0


def _is_unwanted(tx: Transaction, *, owner: str, actor: str) -> bool:
    return people.silences(tx, who=owner, whom=actor)


def take_back(tx: Transaction, *, owner: str, kind: Kind, actor: str) -> bool:
    """Remove a notification about a person rather than a post, such as a follow; False when there was none."""
    values = {"owner": reader_id(tx, uri=owner), "which": kind.value, "by": actor_id(tx, uri=actor)}
    return tx.execute(_SAME, {**values, "subject": _NOTHING}) > 0


def take_back_about(tx: Transaction, *, object_id: int, kind: Kind, actor: str, detail: str = "") -> None:
    """Remove the notification that somebody did something with a post, because it was undone."""
    values = {"object_id": object_id, "which": kind.value, "precisely": detail[:MAX_DETAIL]}
    tx.execute(_TAKEN_BACK, {**values, "by": actor_id(tx, uri=actor)})


def remove_about(tx: Transaction, *, object_id: int) -> None:
    """Remove everyone's notifications about a post that was deleted."""
    tx.execute(_OF_POST, {"object_id": object_id})


def remove_by(tx: Transaction, *, owner: str, actor: str) -> None:
    """Remove what one person was told about another."""
    if tx.site.owns(owner):
        tx.execute(_BY, {"owner": actor_id(tx, uri=owner), "by": actor_id(tx, uri=actor)})


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Remove what everyone was told about an actor, and what the actor was told."""
    gone = actor_id(tx, uri=uri)
    if gone is not None:
        tx.execute(_OF_ACTOR, {"gone": gone})


def dismiss(tx: Transaction, *, owner: str, notification_id: int) -> bool:
    """Remove one of somebody's own notifications; False when it is not theirs."""
    return tx.execute(_ONE, {"owner": actor_id(tx, uri=owner), "notification_id": notification_id}) > 0


def dismiss_group(tx: Transaction, *, owner: str, key: str) -> int:
    """Remove a group of somebody's own notifications; return how many.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        key: Name of the group.

    Raises:
        NotFoundError: This person has no such group.
    """
    queries.get_group(tx, owner=owner, key=key)
    named = policy.read_group_key(key)
    reader = actor_id(tx, uri=owner)
    if isinstance(named, tuple):
        kind, subject, span = named
        bounds = {"first": span * policy.SPAN, "end": (span + 1) * policy.SPAN}
        return tx.execute(_GROUP, {"owner": reader, "which": kind.value, "subject": subject, **bounds})
    return tx.execute(_ONE, {"owner": reader, "notification_id": named})


def clear(tx: Transaction, *, owner: str) -> int:
    """Remove all notifications of somebody here; return how many."""
    return tx.execute(_ALL, {"owner": actor_id(tx, uri=owner)})
