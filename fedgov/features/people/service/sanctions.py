"""What administrators decide about somebody, here or elsewhere; the only writer of sanctions.

Whoever is *limited* is shown to those who follow them, and to others only where these go and look. What somebody who
is marked *sensitive* posts is covered. Whoever is *suspended* is shown to nobody, can do nothing here, and nothing is
taken from them. Each ends without a trace but in the audit log; follows that ended do not come back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, or_, select, update

from fedgov.features.people import queries
from fedgov.features.people.service import accounts
from fedgov.features.people.tables import sanctions
from fedgov.features.people.vocabulary import Unfollowed
from fedgov.federation import actors, follows
from fedgov.kernel.errors import ForbiddenError
from fedgov.store import audit
from fedgov.store.tables import actors as actor_rows
from fedgov.store.tables import follows as follow_rows
from fedgov.store.transaction import Transaction, insert_or_update

_OF: Final = select(sanctions).where(sanctions.c.actor_uri.in_(bindparam("uris", expanding=True)))
_FEW: Final = select(sanctions).limit(bindparam("limit"))
_ALL: Final = (
    select(sanctions)
    .where(
        or_(
            sanctions.c.limited_at.is_not(None),
            sanctions.c.sensitive_at.is_not(None),
            sanctions.c.suspended_at.is_not(None),
        )
    )
    .order_by(sanctions.c.changed_at.desc())
    .limit(bindparam("limit"))
)
_FOLLOWED: Final = select(follow_rows.c.following).where(
    follow_rows.c.follower == bindparam("viewer"),
    follow_rows.c.following.in_(bindparam("uris", expanding=True)),
    follow_rows.c.state == "accepted",
)
_KEPT: Final = ("limited_at", "sensitive_at", "suspended_at")
_SET: Final = {
    name: insert_or_update(sanctions, key=["actor_uri"], update=[name, "changed_at", "changed_by"]) for name in _KEPT
}
MAX_LISTED: Final = 200
_MOST_AT_ONCE: Final = 50
"""Up to so many are read whole, once for a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanctions:
    """What was decided about somebody.

    Args:
        limited: Shown only to those who follow them.
        sensitive: What they post is covered.
        suspended: Shown to nobody, and nothing is taken from them.
    """

    limited: bool = False
    sensitive: bool = False
    suspended: bool = False


NONE: Final = Sanctions()


# --- asked ------------------------------------------------------------------------------------------------------


def sanctions_of(tx: Transaction, *, uris: Collection[str]) -> dict[str, Sanctions]:
    """Return what was decided about some people, by URI; those about whom nothing was are left out.

    Args:
        tx: The open transaction.
        uris: URIs of actors.
    """
    few = tx.once(_few) if uris else {}
    if few is None:
        return {row.actor_uri: _read(row) for row in tx.rows(_OF, {"uris": list(uris)})}
    return {uri: few[uri] for uri in few.keys() & set(uris)} if few else {}


def _few(tx: Transaction) -> dict[str, Sanctions] | None:
    """Return what was decided about anybody; None when that is about too many to be read at once."""
    rows = tx.rows(_FEW, {"limit": _MOST_AT_ONCE + 1})
    return None if len(rows) > _MOST_AT_ONCE else {row.actor_uri: _read(row) for row in rows}


def _read(row: Row[Any]) -> Sanctions:
    return Sanctions(
        limited=row.limited_at is not None,
        sensitive=row.sensitive_at is not None,
        suspended=row.suspended_at is not None,
    )


def suspended_among(tx: Transaction, *, uris: Collection[str]) -> frozenset[str]:
    """Return those of some people who are shown to nobody."""
    return frozenset(uri for uri, found in sanctions_of(tx, uris=uris).items() if found.suspended)


def sensitive_among(tx: Transaction, *, uris: Collection[str]) -> frozenset[str]:
    """Return those of some people whose posts are covered."""
    return frozenset(uri for uri, found in sanctions_of(tx, uris=uris).items() if found.sensitive)


def is_limited(tx: Transaction, *, actor: str) -> bool:
    """Tell whether somebody is shown only to those who follow them."""
    return sanctions_of(tx, uris=[actor]).get(actor, NONE).limited


def unlisted_for(tx: Transaction, *, viewer: str | None, uris: Iterable[str]) -> frozenset[str]:
    """Return those of some people whom a reader gets to see only by going and looking.

    They are limited, and the reader neither follows them nor is one of them; or they are suspended.

    Args:
        tx: The open transaction.
        viewer: URI of the actor who reads; None for a visitor.
        uris: URIs of actors.
    """
    found = sanctions_of(tx, uris=frozenset(uris))
    limited = [uri for uri, each in found.items() if each.limited and uri != viewer]
    if limited and viewer is not None:
        followed = set(tx.values(_FOLLOWED, {"viewer": viewer, "uris": limited}))
        limited = [uri for uri in limited if uri not in followed]
    return frozenset(limited) | frozenset(uri for uri, each in found.items() if each.suspended)


def sanctioned(tx: Transaction) -> list[tuple[str, Sanctions]]:
    """Return everybody about whom something was decided, the last decision first."""
    return [(row.actor_uri, _read(row)) for row in tx.rows(_ALL, {"limit": MAX_LISTED})]


# --- decided ----------------------------------------------------------------------------------------------------


def limit(tx: Transaction, *, actor: str, by: str = "") -> None:
    """Show somebody only to those who follow them.

    Args:
        tx: The open transaction.
        actor: URI of somebody here or elsewhere.
        by: URI of the administrator; empty for the command line.

    Raises:
        NotFoundError: Nobody is known by that URI.
        ForbiddenError: It is the administrator, the organisation or the server itself.
    """
    _put(tx, "limited_at", actor=actor, by=by, kind="person.limited")


def stop_limiting(tx: Transaction, *, actor: str, by: str = "") -> None:
    """Show somebody to everybody again; as `limit`."""
    _take_away(tx, "limited_at", actor=actor, by=by, kind="person.limit_ended")


def mark_sensitive(tx: Transaction, *, actor: str, by: str = "") -> None:
    """Cover what somebody posts; as `limit`."""
    _put(tx, "sensitive_at", actor=actor, by=by, kind="person.marked_sensitive")


def unmark_sensitive(tx: Transaction, *, actor: str, by: str = "") -> None:
    """Cover what somebody posts no longer; as `limit`."""
    _take_away(tx, "sensitive_at", actor=actor, by=by, kind="person.mark_ended")


def suspend(tx: Transaction, *, actor: str, by: str = "") -> None:
    """Show somebody to nobody, and take nothing from them; follows in both directions end.

    Somebody of this instance is logged out and cannot log in.

    Args:
        tx: The open transaction.
        actor: URI of somebody here or elsewhere.
        by: URI of the administrator; empty for the command line.

    Raises:
        NotFoundError: Nobody is known by that URI.
        ForbiddenError: It is the administrator, the organisation or the server itself.
        ConflictError: It is the last administrator.
    """
    row = _put(tx, "suspended_at", actor=actor, by=by, kind="person.suspended")
    if row is None:
        return
    account = queries.account_of(tx, actor=actor)
    if account is not None and account.disabled_at is None:
        accounts.disable(tx, account_id=account.id)
    tx.execute(update(actor_rows).where(actor_rows.c.uri == actor).values(disabled_at=tx.now))
    _end_follows(tx, actor)


def unsuspend(tx: Transaction, *, actor: str, by: str = "") -> None:
    """Show somebody again, and let them do things here again; as `limit`."""
    row = _take_away(tx, "suspended_at", actor=actor, by=by, kind="person.suspension_ended")
    if row is None:
        return
    account = queries.account_of(tx, actor=actor)
    if account is not None and account.disabled_at is not None:
        accounts.enable(tx, account_id=account.id)
    tx.execute(update(actor_rows).where(actor_rows.c.uri == actor).values(disabled_at=None))


def _put(tx: Transaction, name: str, *, actor: str, by: str, kind: str) -> Row[Any] | None:
    """Let a sanction hold; None when it does already."""
    row = actors.get(tx, uri=actor)
    if actor == by or actor in (tx.site.application, tx.site.organisation):
        raise ForbiddenError("this cannot be done with yourself, the organisation or the server")
    before = tx.row(_OF, {"uris": [actor]})
    if before is not None and getattr(before, name) is not None:
        return None
    _store(tx, name, at=tx.now, actor=actor, by=by, kind=kind)
    return row


def _take_away(tx: Transaction, name: str, *, actor: str, by: str, kind: str) -> Row[Any] | None:
    """Let a sanction hold no longer; None when it did not."""
    row = actors.get(tx, uri=actor)
    before = tx.row(_OF, {"uris": [actor]})
    if before is None or getattr(before, name) is None:
        return None
    _store(tx, name, at=None, actor=actor, by=by, kind=kind)
    return row


def _store(tx: Transaction, name: str, *, at: int | None, actor: str, by: str, kind: str) -> None:
    tx.execute(_SET[name], {"actor_uri": actor, name: at, "changed_at": tx.now, "changed_by": by})
    audit.note(tx, kind, target=actor)


def _end_follows(tx: Transaction, actor: str) -> None:
    """End the follows between somebody and everybody here, as a block of their server would; nobody is told."""
    pairs = tx.rows(
        select(follow_rows.c.follower, follow_rows.c.following, follow_rows.c.state).where(
            or_(follow_rows.c.follower == actor, follow_rows.c.following == actor)
        )
    )
    for pair in pairs:
        follows.remove(tx, follower=pair.follower, following=pair.following)
        if pair.state == "accepted":
            tx.tell(Unfollowed(follower=pair.follower, following=pair.following))
