"""Who wants to be told at once, and what is to be sent to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, bindparam, case, func, select

from fedgov.features.notices.tables import push_keys, push_messages, push_subscriptions
from fedgov.features.notices.vocabulary import Kind, PushPolicy, PushSubscription
from fedgov.kernel.clock import id_time
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

_KEY: Final = select(push_keys).order_by(push_keys.c.id.desc()).limit(1)
_KEY_NAMED: Final = select(push_keys).where(push_keys.c.id == bindparam("number"))
_OF_TOKEN: Final = select(push_subscriptions).where(push_subscriptions.c.token_id == bindparam("token"))
_OF_OWNER: Final = (
    select(push_subscriptions)
    .where(push_subscriptions.c.owner_id == bindparam("reader"))
    .order_by(push_subscriptions.c.id)
)
_WAITING: Final = select(func.count()).select_from(
    select(push_messages.c.id)
    .where(push_messages.c.subscription_id == bindparam("subscription"))
    .limit(bindparam("most"))
    .subquery()
)
_HOSTS: Final = (
    select(push_messages.c.host)
    .where(push_messages.c.due_at <= bindparam("now"), push_messages.c.host.not_in(bindparam("busy", expanding=True)))
    .group_by(push_messages.c.host)
    .order_by(func.min(push_messages.c.due_at))
    .limit(bindparam("most"))
)
_DUE: Final = (
    select(
        push_messages.c.id,
        push_messages.c.subscription_id,
        push_messages.c.notification_id,
        push_messages.c.attempts,
        push_subscriptions.c.token_id,
        push_subscriptions.c.token_sealed,
        push_subscriptions.c.endpoint,
        push_subscriptions.c.p256dh,
        push_subscriptions.c.auth,
        push_subscriptions.c.key_id,
        push_subscriptions.c.standard,
        actors.c.uri.label("owner"),
    )
    .join(push_subscriptions, push_subscriptions.c.id == push_messages.c.subscription_id)
    .join(actors, actors.c.id == push_subscriptions.c.owner_id)
    .where(push_messages.c.host == bindparam("at"), push_messages.c.due_at <= bindparam("now"))
    .order_by(push_messages.c.due_at, push_messages.c.id)
    .limit(bindparam("most"))
)
_QUEUE: Final = select(
    func.count(case((push_messages.c.due_at <= bindparam("now"), 1))).label("due"),
    func.count().label("all"),
    func.min(case((push_messages.c.due_at <= bindparam("now"), push_messages.c.id))).label("first"),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is to be left at push servers.

    Args:
        due: How many messages could go now.
        resting: How many wait because their push server does not answer or is busy.
        since: When the oldest that could go came, in milliseconds; None when there is none.
    """

    due: int
    resting: int
    since: int | None


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key of this instance: its number, its public half, and the whole as PEM."""

    id: int
    public: str
    private: str = field(repr=False)


def push_key(tx: Transaction, *, number: int | None = None) -> StoredKey | None:
    """Return a key by which push servers know this instance; None when there is none.

    Args:
        tx: The open transaction.
        number: Which; None for the newest, with which apps subscribe now.
    """
    row = tx.row(_KEY) if number is None else tx.row(_KEY_NAMED, {"number": number})
    return None if row is None else StoredKey(id=row.id, public=row.public, private=row.private)


def server_key(tx: Transaction) -> str:
    """Return the public half of the newest key as apps get it; empty before there is one."""
    found = push_key(tx)
    return "" if found is None else found.public


def find_subscription(tx: Transaction, *, token_id: int) -> PushSubscription | None:
    """Return the subscription that belongs to a token; None when it has none.

    Args:
        tx: The open transaction.
        token_id: Row id of the token of who asks; nobody can name that of another.

    Spec: row AC-05 of the threat table.
    """
    row = tx.row(_OF_TOKEN, {"token": token_id})
    return None if row is None else read_subscription(row, key=server_key(tx))


def subscription_rows(tx: Transaction, *, reader: int) -> list[Row[Any]]:
    """Return the subscriptions of somebody, named by row id; the oldest first."""
    return list(tx.rows(_OF_OWNER, {"reader": reader}))


def read_subscription(row: Row[Any], *, key: str) -> PushSubscription:
    """Return a subscription from its row."""
    return PushSubscription(
        id=row.id,
        endpoint=row.endpoint,
        standard=bool(row.standard),
        policy=PushPolicy(row.policy),
        kinds=read_kinds(row.kinds),
        server_key=key,
    )


def read_kinds(words: str) -> frozenset[Kind]:
    """Return of what an app wants to be told; words that no longer mean anything are left out."""
    known = {kind.value: kind for kind in Kind}
    return frozenset(known[word] for word in words.split() if word in known)


def count_waiting(tx: Transaction, *, subscription_id: int, most: int) -> int:
    """Return how many messages for an app were not sent yet, counted up to a limit."""
    return int(tx.value(_WAITING, {"subscription": subscription_id, "most": most}))


def waiting(tx: Transaction) -> Waiting:
    """Count what is to be left at push servers; at most `MOST_WAITING` for each app, so never much."""
    row = tx.rows(_QUEUE, {"now": tx.now})[0]
    return Waiting(
        due=int(row.due), resting=int(row.all - row.due), since=None if row.first is None else id_time(int(row.first))
    )


def hosts_due(tx: Transaction, *, busy: Collection[str], most: int) -> list[str]:
    """Return push servers that something is to be sent to now, those that wait longest first.

    Args:
        tx: The open transaction.
        busy: Hosts that are being sent to.
        most: So many at most.
    """
    return list(tx.values(_HOSTS, {"now": tx.now, "busy": list(busy) or [""], "most": most}))


def rows_due(tx: Transaction, *, host: str, most: int) -> list[Row[Any]]:
    """Return what is to be sent to a push server now, the oldest first; the token is still sealed."""
    return list(tx.rows(_DUE, {"at": host, "now": tx.now, "most": most}))
