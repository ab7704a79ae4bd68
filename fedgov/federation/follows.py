"""Who follows whom: the rows behind followers, following and fan-out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select, update

from fedgov.store.lists import filled_up
from fedgov.store.tables import actors, follow_figures, follows
from fedgov.store.transaction import Transaction, insert_or_update

_FIND: Final = select(follows).where(
    follows.c.follower == bindparam("follower"), follows.c.following == bindparam("following")
)
_BY_ACTIVITY: Final = select(follows).where(
    follows.c.following == bindparam("following"), follows.c.activity_uri == bindparam("activity")
)
_PUT: Final = insert_or_update(follows, key=["follower", "following"], update=["state", "activity_uri"])
_LOCAL_FOLLOWERS: Final = (
    select(follows.c.follower)
    .join(actors, actors.c.uri == follows.c.follower)
    .where(follows.c.following == bindparam("of"), follows.c.state == "accepted", actors.c.local)
)
_REMOTE_INBOXES: Final = (
    select(actors.c.uri, actors.c.host, actors.c.inbox, actors.c.shared_inbox)
    .join(follows, actors.c.uri == follows.c.follower)
    .where(
        follows.c.following == bindparam("of"),
        follows.c.state == "accepted",
        actors.c.local.is_(False),
        actors.c.deleted_at.is_(None),
    )
)
_FOLLOWED_AMONG: Final = select(follows.c.following).where(
    follows.c.follower == bindparam("follower"),
    follows.c.following.in_(bindparam("uris", expanding=True)),
    follows.c.state == "accepted",
)
_FIGURES: Final = select(follow_figures).where(follow_figures.c.actor.in_(bindparam("uris", expanding=True)))


def find(tx: Transaction, *, follower: str, following: str) -> Row[Any] | None:
    """Return the follow between two actors, or None."""
    return tx.row(_FIND, {"follower": follower, "following": following})


def find_by_activity(tx: Transaction, *, activity_uri: str, following: str) -> Row[Any] | None:
    """Return the follow of somebody that one activity asked for, or None."""
    return tx.row(_BY_ACTIVITY, {"activity": activity_uri, "following": following})


def put(tx: Transaction, *, follower: str, following: str, state: str, activity_uri: str | None) -> None:
    """Store a follow or change its state (``pending`` or ``accepted``)."""
    tx.execute(
        _PUT,
        {
            "id": tx.new_id(),
            "follower": follower,
            "following": following,
            "activity_uri": activity_uri,
            "state": state,
            "created_at": tx.now,
        },
    )
    _touch(tx, follower, following)


def accept(tx: Transaction, *, follower: str, following: str) -> bool:
    """Turn a pending follow into an accepted one; False when there is no pending one."""
    changed = tx.execute(
        update(follows)
        .where(follows.c.follower == follower, follows.c.following == following, follows.c.state == "pending")
        .values(state="accepted")
    )
    _touch(tx, follower, following)
    return changed > 0


def remove(tx: Transaction, *, follower: str, following: str) -> bool:
    """Forget a follow; False when there was none."""
    gone = tx.execute(delete(follows).where(follows.c.follower == follower, follows.c.following == following))
    _touch(tx, follower, following)
    return gone > 0


def is_follower(tx: Transaction, *, follower: str, following: str) -> bool:
    """Tell whether an accepted follow exists."""
    row = find(tx, follower=follower, following=following)
    return row is not None and row.state == "accepted"


def followed_among(tx: Transaction, *, follower: str, uris: Collection[str]) -> frozenset[str]:
    """Return those of some actors whom somebody follows, by the rule of `is_follower`."""
    if not uris:
        return frozenset()
    return frozenset(tx.values(_FOLLOWED_AMONG, {"follower": follower, "uris": filled_up(sorted(uris))}))


def local_followers(tx: Transaction, *, of: str) -> Sequence[str]:
    """Return the URIs of the people here who follow an actor."""
    return tx.values(_LOCAL_FOLLOWERS, {"of": of})


def remote_inboxes(tx: Transaction, *, of: str) -> Sequence[Row[Any]]:
    """Return (uri, host, inbox, shared_inbox) of each follower elsewhere."""
    return tx.rows(_REMOTE_INBOXES, {"of": of})


def count(tx: Transaction, *, follower: str | None = None, following: str | None = None) -> int:
    """Return how many accepted follows there are by a follower or of somebody."""
    uri = follower if follower is not None else following or ""
    followed_by, follows_so_many = counts(tx, uris=[uri])[uri]
    return follows_so_many if follower is not None else followed_by


def counts(tx: Transaction, *, uris: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return how many follow each actor and how many it follows, as far as known here.

    Args:
        tx: The open transaction.
        uris: URIs of actors.
    """
    found = {row.actor: (row.followers, row.following) for row in tx.rows(_FIGURES, {"uris": list(uris)})}
    return {uri: found.get(uri, (0, 0)) for uri in uris}


def _touch(tx: Transaction, *uris: str) -> None:
    for uri in uris:
        tx.signal(f"collection:{uri}")
