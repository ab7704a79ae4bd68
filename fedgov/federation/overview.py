"""The post room as an administrator sees it: what waits, what failed, who is out there, and another try.

Deliveries, peers and accepted activities belong to the workers; here are the
questions about them and the few things that a person may decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, update

from fedgov.activitystreams.actor import PERSONAL
from fedgov.federation import follows as relations
from fedgov.kernel.errors import NotFoundError
from fedgov.store import audit
from fedgov.store.tables import activities, actors, deliveries, follows, inbox_items, objects, peers
from fedgov.store.transaction import Transaction

MAX_ROWS: Final = 100
"""Most rows of one page."""

WAITING: Final = ("queued", "parked")
"""States of a delivery that may still leave."""

ALL: Final = "all"
"""What the audit log says when everything was tried again."""

ATTENTION: Final = ("parked", "refused")
"""States of an accepted activity that was not carried out."""

POST_TYPES: Final = ("Note", "Article", "Question")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The state of the post room; ``oldest_queued_at`` in milliseconds."""

    accounts: int
    posts: int
    peers: int
    queued: int
    failed: int
    parked: int
    parked_items: int
    oldest_queued_at: int | None

    @property
    def attention(self) -> int:
        """How many things only a person can settle."""
        return self.failed + self.parked + self.parked_items


def numbers(tx: Transaction) -> Numbers:
    """Count what an administrator wants to know at a glance."""
    states = {row.state: row for row in tx.rows(_DELIVERY_STATES)}

    def count(state: str) -> int:
        return int(states[state].number) if state in states else 0

    return Numbers(
        accounts=int(tx.value(_ACCOUNTS)),
        posts=int(tx.value(_POSTS)),
        peers=int(tx.value(_PEERS)),
        queued=count("queued"),
        failed=count("failed"),
        parked=count("parked"),
        parked_items=int(tx.value(_PARKED_ITEMS)),
        oldest_queued_at=states["queued"].oldest if "queued" in states else None,
    )


_DELIVERY_STATES: Final = (
    select(deliveries.c.state, func.count().label("number"), func.min(deliveries.c.created_at).label("oldest"))
    .where(deliveries.c.state.in_(("queued", "failed", "parked")))
    .group_by(deliveries.c.state)
)
_ACCOUNTS: Final = select(func.count()).where(
    actors.c.local, actors.c.kind.in_(PERSONAL), actors.c.deleted_at.is_(None), actors.c.disabled_at.is_(None)
)
_POSTS: Final = select(func.count()).where(
    objects.c.local, objects.c.deleted_at.is_(None), objects.c.type.in_(POST_TYPES)
)
_PEERS: Final = select(func.count()).select_from(peers)
_PARKED_ITEMS: Final = select(func.count()).where(inbox_items.c.state == "parked")


# --- deliveries -------------------------------------------------------------------------------------------------


def _deliveries() -> Select[Any]:
    return (
        select(
            deliveries,
            activities.c.type.label("activity_type"),
            activities.c.actor,
            activities.c.object_uri,
            actors.c.username,
            actors.c.host.label("sender_host"),
            objects.c.id.label("object_id"),
            objects.c.deleted_at.label("object_deleted_at"),
        )
        .join(activities, activities.c.id == deliveries.c.activity_id)
        .outerjoin(actors, actors.c.uri == activities.c.actor)
        .outerjoin(objects, objects.c.uri == activities.c.object_uri)
    )


def list_deliveries(
    tx: Transaction,
    *,
    states: Sequence[str] = ("queued", "failed", "parked"),
    host: str | None = None,
    tried: bool = False,
    before: int | None = None,
    limit: int = MAX_ROWS,
) -> Sequence[Row[Any]]:
    """Return deliveries, the newest first, with their activity, its sender and the object it is about.

    Args:
        tx: The open transaction.
        states: Which states.
        tried: Only those that were tried before.
        host: Only to this host.
        before: Only those with a smaller row id, for the next page.
        limit: Most rows.
    """
    statement = _deliveries().where(deliveries.c.state.in_(states))
    if host is not None:
        statement = statement.where(deliveries.c.host == host)
    if tried:
        statement = statement.where(deliveries.c.attempts > 0)
    if before is not None:
        statement = statement.where(deliveries.c.id < before)
    return tx.rows(statement.order_by(deliveries.c.id.desc()).limit(min(limit, MAX_ROWS + 1)))


def retry_delivery(tx: Transaction, *, delivery_id: int) -> str:
    """Try a delivery again now, even one that was given up.

    Returns:
        The host it goes to.

    Raises:
        NotFoundError: There is no such delivery, or it was sent or withdrawn.
    """
    row = tx.row(
        select(deliveries.c.host).where(deliveries.c.id == delivery_id, deliveries.c.state.in_((*WAITING, "failed")))
    )
    if row is None:
        raise NotFoundError("there is no such delivery that waits or failed")
    _send_again(tx, deliveries.c.id == delivery_id)
    _forgive(tx, host=row.host)
    audit.note(tx, "delivery.retried", target=delivery_id)
    return str(row.host)


def retry_deliveries(tx: Transaction, *, host: str | None = None) -> int:
    """Try again everything that failed or rests, to one host or to all; return how many deliveries."""
    which: ColumnElement[bool] = deliveries.c.state.in_((*WAITING, "failed"))
    if host is not None:
        which = and_(which, deliveries.c.host == host)
    for each in tx.values(select(deliveries.c.host).where(which).distinct()):
        _forgive(tx, host=each)
    count = _send_again(tx, which)
    audit.note(tx, "delivery.retried", target=host or ALL)
    return count


def _send_again(tx: Transaction, which: ColumnElement[bool]) -> int:
    count = tx.execute(
        update(deliveries).where(which).values(state="queued", attempts=0, next_attempt_at=tx.now, reason=None)
    )
    tx.signal("deliveries")
    return count


def withdraw_deliveries(tx: Transaction, *, domain: str, reason: str) -> int:
    """End everything that waits to be sent to a domain and its subdomains; return how many deliveries."""
    count = tx.execute(
        update(deliveries)
        .where(within(deliveries.c.host, domain), deliveries.c.state.in_(WAITING))
        .values(state="withdrawn", reason=reason)
    )
    tx.signal("deliveries")
    return count


# --- peers ------------------------------------------------------------------------------------------------------

_QUEUED_HERE: Final = (
    select(func.count())
    .select_from(deliveries)
    .where(deliveries.c.host == peers.c.host, deliveries.c.state.in_(WAITING))
    .correlate(peers)
    .scalar_subquery()
)


def list_peers(
    tx: Transaction, *, after: str | None = None, words: str = "", limit: int = MAX_ROWS
) -> Sequence[Row[Any]]:
    """Return the servers that we ever met, in the order of the alphabet, each with how much is ``queued`` for it.

    Args:
        tx: The open transaction.
        after: Only those behind this host, for the next page.
        words: Only those whose host or name contains this.
        limit: Most rows.
    """
    statement = select(peers, _QUEUED_HERE.label("queued"))
    if after is not None:
        statement = statement.where(peers.c.host > after)
    if words:
        statement = statement.where(
            or_(peers.c.host.icontains(words, autoescape=True), peers.c.name.icontains(words, autoescape=True))
        )
    return tx.rows(statement.order_by(peers.c.host).limit(min(limit, MAX_ROWS + 1)))


def find_peer(tx: Transaction, *, host: str) -> Row[Any] | None:
    """Return the row of one server, or None when we never met it."""
    return tx.row(select(peers).where(peers.c.host == host))


def wake_peer(tx: Transaction, *, host: str) -> int:
    """End the rest of a server that did not answer for long; return how many deliveries leave now.

    Raises:
        NotFoundError: We never met it.
    """
    if not _forgive(tx, host=host):
        raise NotFoundError("we never met this server", detail=host)
    count = _send_again(tx, and_(deliveries.c.host == host, deliveries.c.state.in_(WAITING)))
    audit.note(tx, "peer.woken", target=host)
    return count


def _forgive(tx: Transaction, *, host: str) -> bool:
    """Forget the failures of a server, so that the next attempt need not wait."""
    values = {"parked_at": None, "failures": 0, "failing_since": None, "next_attempt_at": None, "reason": None}
    tx.signal(f"peer:{host}")
    return tx.execute(update(peers).where(peers.c.host == host).values(values)) > 0


def unpin_peer(tx: Transaction, *, host: str) -> None:
    """Accept weaker signatures from a server again, for when it was installed anew or restored.

    How it wants *our* requests signed is kept: it may have pinned us, and then a weaker
    signature of ours would be put off for ever. Refused ones teach us another shape.

    Raises:
        NotFoundError: We never met it.
    """
    values = {"pinned_at": None, "strong_count": 0}
    if not tx.execute(update(peers).where(peers.c.host == host).values(values)):
        raise NotFoundError("we never met this server", detail=host)
    tx.signal(f"peer:{host}")
    tx.signal("deliveries")
    audit.note(tx, "peer.unpinned", target=host)


# --- accepted activities ----------------------------------------------------------------------------------------


def list_items(
    tx: Transaction, *, states: Sequence[str] = ATTENTION, before: int | None = None, limit: int = MAX_ROWS
) -> Sequence[Row[Any]]:
    """Return accepted activities in these states, the newest first, with their body as received.

    Args:
        tx: The open transaction.
        states: Which states.
        before: Only those with a smaller row id, for the next page.
        limit: Most rows.
    """
    statement = select(inbox_items).where(inbox_items.c.state.in_(states))
    if before is not None:
        statement = statement.where(inbox_items.c.id < before)
    return tx.rows(statement.order_by(inbox_items.c.id.desc()).limit(min(limit, MAX_ROWS + 1)))


def find_item(tx: Transaction, *, item_id: int) -> Row[Any]:
    """Return one accepted activity.

    Raises:
        NotFoundError: There is no such.
    """
    row = tx.row(select(inbox_items).where(inbox_items.c.id == item_id))
    if row is None:
        raise NotFoundError("there is no such message")
    return row


def retry_item(tx: Transaction, *, item_id: int) -> None:
    """Carry out an accepted activity again that was parked or refused.

    Raises:
        NotFoundError: There is no such, or it was carried out.
    """
    if not _handle_again(tx, and_(inbox_items.c.id == item_id, inbox_items.c.state.in_(ATTENTION))):
        raise NotFoundError("there is no such message that was parked or refused")
    audit.note(tx, "inbox.retried", target=item_id)


def retry_items(tx: Transaction) -> int:
    """Carry out again everything that is parked; return how many activities."""
    count = _handle_again(tx, inbox_items.c.state == "parked")
    audit.note(tx, "inbox.retried", target=ALL)
    return count


def dismiss_item(tx: Transaction, *, item_id: int) -> None:
    """Give up on an accepted activity that was parked or refused; that it came stays known.

    Raises:
        NotFoundError: There is no such, or it was carried out.
    """
    dismissed = tx.execute(
        update(inbox_items)
        .where(inbox_items.c.id == item_id, inbox_items.c.state.in_(ATTENTION))
        .values(state="done", reason="dismissed by an administrator", done_at=tx.now)
    )
    if not dismissed:
        raise NotFoundError("there is no such message that was parked or refused")
    audit.note(tx, "inbox.dismissed", target=item_id)


def _handle_again(tx: Transaction, which: ColumnElement[bool]) -> int:
    count = tx.execute(
        update(inbox_items)
        .where(which)
        .values(state="queued", attempts=0, next_attempt_at=tx.now, reason=None, done_at=None)
    )
    tx.signal("inbox")
    return count


def refuse_items(tx: Transaction, *, domain: str, reason: str) -> int:
    """Refuse what a domain and its subdomains sent and was not carried out yet; return how many activities."""
    # An origin is the scheme, "://" and the host.
    origins = or_(*(within(inbox_items.c.origin, domain, before=scheme) for scheme in ("https://", "http://")))
    return tx.execute(
        update(inbox_items)
        .where(origins, inbox_items.c.state.in_(("queued", "parked")))
        .values(state="refused", reason=reason, done_at=tx.now)
    )


# --- a whole domain ---------------------------------------------------------------------------------------------


def within(column: ColumnElement[str], domain: str, *, before: str = "") -> ColumnElement[bool]:
    """Return the condition that a host is this domain or a subdomain of it.

    Args:
        column: Column with canonical hosts.
        domain: Canonical domain; without a port it is about every port.
        before: What stands before the host in that column.
    """
    has_port = domain.rpartition(":")[2].isdigit() and not domain.endswith("]")
    found = [column == before + domain, column.like(f"{_escape(before)}%.{_escape(domain)}", escape="/")]
    if not has_port:
        found.append(column.like(f"{_escape(before + domain)}:%", escape="/"))
        found.append(column.like(f"{_escape(before)}%.{_escape(domain)}:%", escape="/"))
    return or_(*found)


def _escape(text: str) -> str:
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def known_hosts(tx: Transaction, *, domain: str) -> Sequence[str]:
    """Return the hosts of this domain and its subdomains that somebody we know lives on."""
    return tx.values(select(actors.c.host).where(within(actors.c.host, domain)).distinct().order_by(actors.c.host))


def end_follows(tx: Transaction, *, domain: str) -> list[tuple[str, str]]:
    """End every follow between somebody here and somebody of a domain, in both directions.

    Returns:
        Pairs (follower, following) of those that were accepted.
    """
    there = select(actors.c.uri).where(within(actors.c.host, domain), actors.c.local.is_(False))
    ended = tx.rows(
        select(follows.c.follower, follows.c.following, follows.c.state).where(
            or_(follows.c.follower.in_(there), follows.c.following.in_(there))
        )
    )
    for row in ended:
        relations.remove(tx, follower=row.follower, following=row.following)
    return [(row.follower, row.following) for row in ended if row.state == "accepted"]
