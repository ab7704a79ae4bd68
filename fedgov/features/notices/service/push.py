"""Apps that want to be told at once, and what is left for them at their push servers.

A message is queued in the transaction that writes the notification, so that a crash loses neither. What it
says is made when it is sent, from what its reader may read then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, exists, update

from fedgov.features.notices import policy
from fedgov.features.notices.queries import push as queries
from fedgov.features.notices.service.actor_ids import actor_id, reader_id
from fedgov.features.notices.service.push_tokens import opened, sealed
from fedgov.features.notices.tables import push_keys, push_messages, push_subscriptions
from fedgov.features.notices.vocabulary import Kind, PushMessage, PushPolicy, PushSubscription
from fedgov.features.people.vocabulary import TokensEnded
from fedgov.features.trust import queries as trust
from fedgov.federation import follows
from fedgov.federation.webpush import PushKey, checked_endpoint, read_receiver
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, HOUR, SECOND, id_time
from fedgov.kernel.errors import ConflictError, ForbiddenError, NotFoundError
from fedgov.kernel.uris import host as host_of
from fedgov.store import audit
from fedgov.store.transaction import Transaction, insert_or_ignore, insert_or_update

MOST_SUBSCRIPTIONS: Final = 20
"""So many apps of one person are told at once; of one more the oldest gives way."""
MOST_WAITING: Final = 200
"""So many messages wait for one app; it fetches the rest when it is opened."""
KEPT: Final = DAY
"""Milliseconds that sending is tried: who was told nothing for a day is not told of yesterday."""
FIRST_PAUSE: Final = 30 * SECOND
LONGEST_PAUSE: Final = 2 * HOUR
FIRST_KEY: Final = 1
TOPIC: Final = "push"
"""What is signalled when something is to be sent."""

_KEEP_KEY: Final = insert_or_ignore(push_keys)
_newer: Final = push_keys.alias("newer")
_FORGET_KEYS: Final = delete(push_keys).where(
    exists().where(_newer.c.id > push_keys.c.id), ~exists().where(push_subscriptions.c.key_id == push_keys.c.id)
)
_SUBSCRIBE: Final = insert_or_update(
    push_subscriptions,
    key=["token_id"],
    update=[
        "id",
        "token_sealed",
        "owner_id",
        "endpoint",
        "p256dh",
        "auth",
        "key_id",
        "standard",
        "policy",
        "kinds",
        "created_at",
    ],
)
_CHANGE: Final = (
    update(push_subscriptions)
    .where(push_subscriptions.c.token_id == bindparam("token"))
    .values(policy=bindparam("whom"), kinds=bindparam("what"))
)
_OF_TOKEN: Final = delete(push_subscriptions).where(push_subscriptions.c.token_id == bindparam("token"))
_ONE: Final = delete(push_subscriptions).where(push_subscriptions.c.id == bindparam("subscription"))
_OF_OWNER: Final = delete(push_subscriptions).where(push_subscriptions.c.owner_id == bindparam("owner"))
_ALL: Final = delete(push_subscriptions)
_QUEUE: Final = push_messages.insert()
_DONE: Final = delete(push_messages).where(push_messages.c.id == bindparam("message"))
_TRIED: Final = (
    update(push_messages)
    .where(push_messages.c.id == bindparam("message"))
    .values(attempts=push_messages.c.attempts + 1)
)
_REST: Final = (
    update(push_messages)
    .where(push_messages.c.host == bindparam("at"), push_messages.c.due_at < bindparam("until"))
    .values(due_at=bindparam("until"))
)


# --- the key ----------------------------------------------------------------------------------------------------


async def make_push_key(instance: Instance) -> None:
    """Give a new instance the key by which push servers know it, made off the event loop."""
    if await instance.read(queries.push_key) is None:
        await instance.write(keep_push_key, key=await asyncio.to_thread(PushKey.make))


def keep_push_key(tx: Transaction, *, key: PushKey) -> None:
    """Store the key; another process that was first counts."""
    tx.execute(_KEEP_KEY, {"id": FIRST_KEY, "private": key.to_pem(), "public": key.public, "created_at": tx.now})


async def rotate_push_key(instance: Instance, *, end_old: bool = False) -> None:
    """Give an instance a new key by which push servers know it.

    Apps that subscribed with an older one go on being told, with that key, until they subscribe anew.

    Args:
        instance: The instance.
        end_old: Tell them nothing any more, and forget the older keys: somebody else may have them.
    """
    await instance.write(_rotate, key=await asyncio.to_thread(PushKey.make), end_old=end_old)


def _rotate(tx: Transaction, *, key: PushKey, end_old: bool) -> None:
    newest = queries.push_key(tx)
    number = FIRST_KEY if newest is None else newest.id + 1
    if not tx.execute(_KEEP_KEY, {"id": number, "private": key.to_pem(), "public": key.public, "created_at": tx.now}):
        raise ConflictError("somebody else gives the instance a new key at this moment")
    if end_old:
        tx.execute(_ALL)
    forget_unused_keys(tx)
    audit.note(tx, "push_key.rotated")


def forget_unused_keys(tx: Transaction) -> int:
    """Forget older keys that no app subscribed with; return how many."""
    return tx.execute(_FORGET_KEYS)


# --- subscriptions ----------------------------------------------------------------------------------------------


def subscribe(
    tx: Transaction,
    *,
    owner: str,
    token_id: int,
    token: str,
    endpoint: str,
    p256dh: str,
    auth: str,
    standard: bool,
    policy_word: PushPolicy,
    kinds: Collection[Kind],
) -> PushSubscription:
    """Let an app be told at once; what it asked for before is forgotten.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        token_id: Row id of the app's token.
        token: The token itself; it is sealed.
        endpoint: URL of its push server.
        p256dh: Its public key, base64url.
        auth: What it shares with us, base64url.
        standard: It knows the published way of wrapping.
        policy_word: Of what whom does.
        kinds: Of what.

    Raises:
        InvalidError: The address or the keys are none.
        ForbiddenError: An administrator blocked that server.
    """
    reader, key = reader_id(tx, uri=owner), queries.push_key(tx)
    if reader is None:
        raise NotFoundError("there is no such person here")
    url = checked_endpoint(endpoint, own_host=tx.site.domain, allow_http=tx.config.federation.allow_http)
    read_receiver(p256dh=p256dh, auth=auth)
    if is_blocked(tx, endpoint=url):
        raise ForbiddenError("we do not exchange messages with this server", detail=host_of(url))
    tx.execute(_OF_TOKEN, {"token": token_id})  # with what waits for it
    others = queries.subscription_rows(tx, reader=reader)
    for row in others[: max(len(others) - MOST_SUBSCRIPTIONS + 1, 0)]:
        end(tx, subscription_id=row.id)
    tx.execute(
        _SUBSCRIBE,
        {
            "id": tx.new_id(),
            "token_id": token_id,
            "token_sealed": sealed(token, token_id=token_id, folder=tx.config.folder),
            "owner_id": reader,
            "endpoint": url,
            "p256dh": p256dh.strip(),
            "auth": auth.strip(),
            "key_id": FIRST_KEY if key is None else key.id,
            "standard": standard,
            "policy": policy_word.value,
            "kinds": _words(kinds),
            "created_at": tx.now,
        },
    )
    return get_subscription(tx, token_id=token_id)


def change(tx: Transaction, *, token_id: int, policy_word: PushPolicy, kinds: Collection[Kind]) -> PushSubscription:
    """Change of what an app wants to be told.

    Raises:
        NotFoundError: The app of this token has no subscription.
    """
    tx.execute(_CHANGE, {"token": token_id, "whom": policy_word.value, "what": _words(kinds)})
    return get_subscription(tx, token_id=token_id)


def get_subscription(tx: Transaction, *, token_id: int) -> PushSubscription:
    """Return the subscription of a token.

    Raises:
        NotFoundError: It has none.
    """
    found = queries.find_subscription(tx, token_id=token_id)
    if found is None:
        raise NotFoundError("Record not found")
    return found


def unsubscribe(tx: Transaction, *, token_id: int) -> None:
    """Tell an app nothing any more; nothing happens when it was told nothing."""
    tx.execute(_OF_TOKEN, {"token": token_id})


def on_tokens_ended(tx: Transaction, event: TokensEnded) -> None:
    """Forget the apps that may no longer ask."""
    if event.token_id is not None:
        unsubscribe(tx, token_id=event.token_id)
    elif event.actor is not None:
        forget_actor(tx, uri=event.actor)
    else:
        tx.execute(_ALL)


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Forget all apps of somebody."""
    tx.execute(_OF_OWNER, {"owner": actor_id(tx, uri=uri)})


def _words(kinds: Collection[Kind]) -> str:
    return " ".join(sorted(kind.value for kind in kinds))


def is_blocked(tx: Transaction, *, endpoint: str) -> bool:
    """Tell whether an administrator blocked a push server; that it is not on a list of partners does not matter."""
    return bool(trust.hidden(tx, uris=[endpoint]))


# --- the queue --------------------------------------------------------------------------------------------------


def queue(tx: Transaction, *, owner: str, reader: int, kind: Kind, actor: str | None, notification_id: int) -> None:
    """Leave a notification for the apps that want to be told of it; part of writing it.

    Args:
        tx: The open transaction.
        owner: URI of whom it concerns.
        reader: Their row id.
        kind: Why.
        actor: URI of who did it; None when nobody in particular did.
        notification_id: Row id of the notification.
    """
    rows = [row for row in queries.subscription_rows(tx, reader=reader) if kind in queries.read_kinds(row.kinds)]
    for row in rows:
        if not _is_wanted(tx, PushPolicy(row.policy), owner=owner, actor=actor):
            continue
        if queries.count_waiting(tx, subscription_id=row.id, most=MOST_WAITING) >= MOST_WAITING:
            continue
        tx.execute(
            _QUEUE,
            {
                "id": tx.new_id(),
                "subscription_id": row.id,
                "notification_id": notification_id,
                "host": host_of(row.endpoint),
                "due_at": tx.now,
                "attempts": 0,
            },
        )
        tx.signal(TOPIC)


def _is_wanted(tx: Transaction, wanted: PushPolicy, *, owner: str, actor: str | None) -> bool:
    if wanted is PushPolicy.ALL or actor is None:
        return wanted is not PushPolicy.NONE
    return policy.wants_push(
        wanted,
        followed=follows.is_follower(tx, follower=owner, following=actor),
        follower=follows.is_follower(tx, follower=actor, following=owner),
    )


def due_messages(tx: Transaction, *, host: str, most: int) -> list[PushMessage]:
    """Return what is to be sent to a push server now, the oldest first."""
    return [
        PushMessage(
            id=row.id,
            subscription_id=row.subscription_id,
            owner=row.owner,
            notification_id=row.notification_id,
            endpoint=row.endpoint,
            p256dh=row.p256dh,
            auth=row.auth,
            key_id=row.key_id,
            standard=bool(row.standard),
            access_token=opened(row.token_sealed, token_id=row.token_id, folder=tx.config.folder),
            attempts=row.attempts,
        )
        for row in queries.rows_due(tx, host=host, most=most)
    ]


def is_too_late(message: PushMessage, *, now: int) -> bool:
    """Tell whether a message waited so long that it is thrown away."""
    return id_time(message.id) <= now - KEPT


def finish(tx: Transaction, *, message_ids: Sequence[int]) -> None:
    """Forget messages that are done with."""
    for number in message_ids:
        tx.execute(_DONE, {"message": number})


def end(tx: Transaction, *, subscription_id: int) -> None:
    """Forget an app of which its push server says that it is gone."""
    tx.execute(_ONE, {"subscription": subscription_id})


def let_rest(tx: Transaction, *, message: PushMessage, seconds: float) -> None:
    """Leave a push server alone for a while: it does not answer, or it is busy.

    Args:
        tx: The open transaction.
        message: What was tried; each time the pause doubles.
        seconds: What it asked for itself; 0 when it did not.
    """
    pause = min(FIRST_PAUSE * 2**message.attempts, LONGEST_PAUSE)
    until = tx.now + int(min(max(seconds * SECOND, pause), KEPT))
    tx.execute(_TRIED, {"message": message.id})
    tx.execute(_REST, {"at": host_of(message.endpoint), "until": until})


def show_waiting(tx: Transaction) -> None:
    """Put into the instruments what is to be sent."""
    found, metrics = queries.waiting(tx), tx.setting.metrics
    metrics.push_messages.labels("due").set(found.due)
    metrics.push_messages.labels("resting").set(found.resting)
    metrics.push_oldest.set(0 if found.since is None else max(0, tx.now - found.since) / SECOND)
