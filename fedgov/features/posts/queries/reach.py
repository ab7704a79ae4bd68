"""Whom a post would reach, and where a post went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from fedgov.activitystreams.actor import PERSONAL
from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.store.tables import activities, actors, deliveries, follows, peers
from fedgov.store.transaction import Transaction
from fedgov.web.cards import OrganisationReceipt, PersonCard, ReachCard, Receipt, ReceiptState

_FOLLOWERS: Final = (
    select(actors.c.uri, actors.c.host, actors.c.local)
    .join(follows, follows.c.follower == actors.c.uri)
    .where(follows.c.following == bindparam("of"), follows.c.state == "accepted", actors.c.deleted_at.is_(None))
)
_COLLEAGUES: Final = (
    select(func.count())
    .select_from(actors)
    .where(
        actors.c.local,
        actors.c.kind.in_(PERSONAL),
        actors.c.deleted_at.is_(None),
        actors.c.disabled_at.is_(None),
        actors.c.uri != bindparam("author"),
    )
)
_ACTORS: Final = select(actors.c.uri, actors.c.host, actors.c.local).where(
    actors.c.uri.in_(bindparam("uris", expanding=True))
)
_NAMES: Final = select(peers.c.host, peers.c.name).where(peers.c.host.in_(bindparam("hosts", expanding=True)))
_DELIVERIES: Final = (
    select(
        activities.c.object_uri,
        deliveries,
        peers.c.name.label("peer_name"),
        peers.c.next_attempt_at.label("peer_rests"),
    )
    .join(activities, activities.c.id == deliveries.c.activity_id)
    .outerjoin(peers, peers.c.host == deliveries.c.host)
    .where(activities.c.object_uri.in_(bindparam("uris", expanding=True)), activities.c.type.in_(["Create", "Update"]))
    .order_by(deliveries.c.id)
)
_WAITING: Final = (
    select(deliveries.c.id)
    .join(activities, activities.c.id == deliveries.c.activity_id)
    .where(
        activities.c.object_uri == bindparam("uri"),
        activities.c.type.in_(["Create", "Update"]),
        deliveries.c.state.in_(["queued", "parked", "failed"]),
    )
    .order_by(deliveries.c.id)
)
_STATES: Final[dict[str, ReceiptState]] = {
    "queued": "queued",
    "sent": "handed_over",
    "parked": "failed",
    "failed": "failed",
    "withdrawn": "withdrawn",
}


def reach(
    tx: Transaction,
    *,
    author: str,
    visibility: Visibility,
    mentioned: Iterable[str] = (),
    unknown: Sequence[str] = (),
    cards: Sequence[PersonCard] = (),
) -> ReachCard:
    """Return whom a post would reach, only what is really known.

    Args:
        tx: The open transaction.
        author: URI of the local actor who writes.
        visibility: The audience chosen.
        mentioned: URIs of actors who are named.
        unknown: Handles that are named and not known here yet.
        cards: The people named, to be shown.
    """
    own = tx.config.instance.organisation
    if visibility is Visibility.ORGANISATION:
        people = int(tx.value(_COLLEAGUES, {"author": author}))
        return ReachCard(people=people, organisations=(own,), unknown=tuple(unknown), mentioned=tuple(cards))
    named = tx.rows(_ACTORS, {"uris": list(mentioned)})
    followers = tx.rows(_FOLLOWERS, {"of": author}) if visibility is not Visibility.DIRECT else ()
    reached = {row.uri: row for row in (*followers, *named) if row.uri != author}
    hosts = sorted({row.host for row in reached.values() if not row.local})
    is_own = any(row.local for row in reached.values())
    is_open = visibility in FOR_EVERYONE
    elsewhere = _organisations(tx, hosts)
    return ReachCard(
        people=None if is_open else len(reached),
        organisations=((own,) if is_own and not is_open else ()) + elsewhere,
        unknown=tuple(unknown),
        mentioned=tuple(cards),
    )


def _organisations(tx: Transaction, hosts: Sequence[str]) -> tuple[str, ...]:
    names = {row.host: row.name for row in tx.rows(_NAMES, {"hosts": list(hosts)})} if hosts else {}
    return tuple(names.get(host) or host for host in hosts)


def receipts(tx: Transaction, *, uris: Sequence[str]) -> dict[str, Receipt]:
    """Return where posts of our own went, by URI of the post.

    Per organisation it is the last attempt that counts: an edit that waits is
    shown as waiting, also when the post itself arrived.
    """
    latest: dict[tuple[str, str], Row[Any]] = {}
    confirmed: dict[tuple[str, str], int] = {}
    for row in tx.rows(_DELIVERIES, {"uris": list(uris)}) if uris else ():
        key = (row.object_uri, row.host)
        latest[key] = row
        if row.confirmed_at is not None:
            confirmed[key] = row.confirmed_at
    found: dict[str, list[OrganisationReceipt]] = {uri: [] for uri in uris}
    for key, row in latest.items():
        found[key[0]].append(_organisation_receipt(row, confirmed_at=confirmed.get(key)))
    return {uri: Receipt(organisations=tuple(sorted(each, key=lambda it: it.name))) for uri, each in found.items()}


def _organisation_receipt(row: Row[Any], *, confirmed_at: int | None) -> OrganisationReceipt:
    state = _STATES.get(row.state, "queued")
    if state == "handed_over" and confirmed_at is not None:
        state = "confirmed"
    return OrganisationReceipt(
        host=row.host,
        name=row.peer_name or row.host,
        state=state,
        reason=row.reason or "" if state in ("queued", "failed", "withdrawn") else "",
        next_attempt_at=max(row.next_attempt_at, row.peer_rests or 0) if state == "queued" else None,
        attempts=row.attempts,
        updated_at=confirmed_at or row.sent_at or row.created_at,
    )


def receipt(tx: Transaction, *, uri: str) -> Receipt:
    """Return where a post of our own went."""
    return receipts(tx, uris=[uri])[uri]


def waiting(tx: Transaction, *, uri: str) -> Sequence[int]:
    """Return the row ids of the deliveries of a post that have not arrived."""
    return tx.values(_WAITING, {"uri": uri})
