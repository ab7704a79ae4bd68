"""Passing on what others say about our posts to those who follow the posts' author, where its own server cannot.

A reply from elsewhere that is addressed to the followers of somebody here reaches only those of them whom the
replier's server knows. This server knows them all. It passes on the very bytes that came, signed by its own
Application actor; the receiver believes not us but the proof inside (FEP-8b32). So only what carries a valid proof
is passed on, and only to servers that say that they check one.

Spec: ActivityPub, section 7.1.2, "Forwarding from Inbox".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, select

from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.document import first_http_uri
from fedgov.federation import follows, objects
from fedgov.federation.dispatch import VerifiedActivity, order_key
from fedgov.kernel.clock import HOUR
from fedgov.kernel.errors import OverLimitError
from fedgov.kernel.uris import host
from fedgov.store.tables import activities, actors, deliveries, peers
from fedgov.store.transaction import Transaction, insert_or_ignore

PROOFS: Final = "https://w3id.org/fep/8b32"
"""What a server says to implement that checks proofs (FEP-844e)."""
MOST_PER_HOUR: Final = 300
"""So many messages of one server are passed on; nobody may use us to reach many by writing once."""

_FOLLOWERS: Final = "/followers"
_OWNERS: Final = select(actors.c.uri, actors.c.followers_uri).where(
    actors.c.uri.in_(bindparam("uris", expanding=True)),  # and not by the collection, for which there is no index
    actors.c.local,
    actors.c.deleted_at.is_(None),
    actors.c.disabled_at.is_(None),
)
_CHECKERS: Final = select(peers.c.host).where(
    peers.c.host.in_(bindparam("hosts", expanding=True)), peers.c.implements.contains(f'"{PROOFS}"')
)
_KEEP: Final = insert_or_ignore(activities)


def forward(tx: Transaction, verified: VerifiedActivity) -> int:
    """Pass an activity on to the followers of somebody here, if that is for us to do; part of handling it.

    It is handled once only, so it is passed on once only.

    Args:
        tx: The open transaction.
        verified: What came in, with the bytes that came.

    Returns:
        To how many servers it will go.

    Spec: ActivityPub, section 7.1.2: the values of to, cc or audience contain a collection of ours, and inReplyTo,
        object or target are objects of ours; here also: of the one whose followers are addressed.
    """
    if not verified.proven or not verified.activity.id:
        return 0
    owners = _addressed(tx, verified)
    concerned = {row.attributed_to for row in _about(tx, verified)} if owners else set()
    inboxes = {
        row.shared_inbox or row.inbox: row.host
        for owner in owners
        if owner.uri in concerned
        for row in follows.remote_inboxes(tx, of=owner.uri)
        if row.host not in (host(verified.origin), host(verified.activity.actor))
    }
    targets = _who_check(tx, inboxes)
    if not targets or _is_too_much(tx, verified):
        return 0
    _queue(tx, verified, targets)
    return len(targets)


def _addressed(tx: Transaction, verified: VerifiedActivity) -> Sequence[Row[Any]]:
    ours = {uri for uri in verified.activity.audience.everyone if tx.site.owns(uri) and uri.endswith(_FOLLOWERS)}
    rows = tx.rows(_OWNERS, {"uris": [uri.removesuffix(_FOLLOWERS) for uri in ours]}) if ours else ()
    return [row for row in rows if row.followers_uri in ours]


def _about(tx: Transaction, verified: VerifiedActivity) -> list[Row[Any]]:
    """Return the things of ours that it is about and that are there for those who do not follow too."""
    activity = verified.activity
    answered = first_http_uri(activity.object, "inReplyTo") if activity.object is not None else None
    named = {uri for uri in (answered, activity.object_uri, activity.target) if uri is not None and tx.site.owns(uri)}
    found = (objects.find(tx, uri=uri) for uri in named)
    leaving = {each.value for each in Visibility if each.leaves_the_instance} - {Visibility.DIRECT.value}
    return [row for row in found if row is not None and row.deleted_at is None and row.visibility in leaving]


def _who_check(tx: Transaction, inboxes: dict[str, str]) -> list[tuple[str, str]]:
    """Return inboxes, each with its host, of servers that check proofs; others would refuse what we pass on."""
    hosts = sorted(set(inboxes.values()))
    checkers = set(tx.values(_CHECKERS, {"hosts": hosts})) if hosts else set()
    return [(inbox, at) for inbox, at in inboxes.items() if at in checkers and host(inbox) == at]


def _is_too_much(tx: Transaction, verified: VerifiedActivity) -> bool:
    limiter, whose = tx.setting.limiter, host(verified.activity.actor)
    try:
        limiter.demand("forwards", whose, most=MOST_PER_HOUR, per=HOUR, now=tx.now)
    except OverLimitError:
        return True
    limiter.note("forwards", whose, most=MOST_PER_HOUR, per=HOUR, now=tx.now)
    return False


def _queue(tx: Transaction, verified: VerifiedActivity, targets: Iterable[tuple[str, str]]) -> None:
    activity, row_id = verified.activity, tx.new_id()
    kept = {
        "id": row_id,
        "uri": activity.id,
        "actor": activity.actor,
        "type": activity.type[:40],
        "object_uri": activity.object_uri,
        "visibility": Visibility.DIRECT.value,  # it is theirs: nobody reads it here
        "document": verified.body.decode(),
        "published_at": tx.now,
    }
    if not tx.execute(_KEEP, kept):
        return  # passed on before
    times = {"next_attempt_at": tx.now, "created_at": tx.now}
    rows = [
        {"id": tx.new_id(), "activity_id": row_id, "host": at, "inbox": inbox, "state": "queued", **times}
        | {"recipients": orjson.dumps([inbox]).decode(), "order_key": order_key(activity)}
        for inbox, at in targets
    ]
    tx.execute(deliveries.insert(), rows)
    tx.signal("deliveries")
