"""From an audience to the inboxes it is delivered to: one per server where possible."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import bindparam, or_, select

from fedgov.activitystreams.audience import PUBLIC, Audience
from fedgov.federation import actors, follows
from fedgov.kernel.uris import host
from fedgov.store.tables import activities, deliveries
from fedgov.store.transaction import Transaction

_EARLIER: Final = (
    select(deliveries.c.host, deliveries.c.inbox, deliveries.c.recipients)
    .join(activities, activities.c.id == deliveries.c.activity_id)
    .where(or_(activities.c.object_uri == bindparam("about"), activities.c.uri == bindparam("about")))
    .order_by(deliveries.c.id)
)


@dataclass(frozen=True, slots=True)
class Target:
    """One POST.

    Args:
        host: Where to.
        inbox: URI of the shared inbox, or of a personal one where there is no other.
        recipients: URIs of the actors it is meant for; empty when it is for the followers on that host.
    """

    host: str
    inbox: str
    recipients: tuple[str, ...] = ()


def expand(
    tx: Transaction, *, actor: str, audience: Audience, also_to: Iterable[str] = (), about: str | None = None
) -> list[Target]:
    """Return where an activity must be delivered.

    Local actors are left out: they see it in the store. Actors whose inbox we
    do not know are left out too; whoever addresses somebody looks them up first.

    Args:
        tx: The open transaction.
        actor: URI of the local sender, whose followers collection is expanded.
        audience: Who it is for.
        also_to: URIs of actors who get it without being named in it.
        about: Id of the object or activity that this is news of: every server that was to get that gets this too,
            also when nobody there follows any more. Whether it may still have it is asked again before sending.

    Spec: ActivityPub, section 7.1.
    """
    sender = actors.get(tx, uri=actor)
    named = [uri for uri in (*audience.everyone, *also_to) if uri not in (PUBLIC, sender.followers_uri)]
    found: dict[str, Target] = {}
    if sender.followers_uri in audience.everyone:
        for row in follows.remote_inboxes(tx, of=actor):
            inbox = row.shared_inbox or row.inbox
            if host(inbox) != row.host:  # whether they may get it is a question about another server than the inbox's
                named.append(row.uri)
                continue
            found.setdefault(inbox, Target(host=row.host, inbox=inbox))
    for row in actors.find_many(tx, uris=named).values():
        if row.local or row.deleted_at is not None:
            continue
        inbox = row.shared_inbox or row.inbox
        known = found.get(inbox)
        people = (*(known.recipients if known else ()), row.uri)
        found[inbox] = Target(host=host(inbox), inbox=inbox, recipients=people)
    for row in tx.rows(_EARLIER, {"about": about}) if about is not None else ():
        people = tuple(orjson.loads(row.recipients))
        found.setdefault(row.inbox, Target(host=row.host, inbox=row.inbox, recipients=people))
    return list(found.values())
