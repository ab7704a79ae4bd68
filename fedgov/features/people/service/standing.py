"""How a person and others stand: everything at once, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, or_, select

from fedgov.features.people.tables import blocks, endorsements, host_blocks, mutes, notes
from fedgov.store.tables import actors, follows
from fedgov.store.transaction import Transaction

MAX_TARGETS: Final = 200

_them: Final[BindParameter[Any]] = bindparam("them", expanding=True)
_me: Final[BindParameter[Any]] = bindparam("me")
_FOLLOWS: Final = select(follows.c.follower, follows.c.following, follows.c.state).where(
    or_(
        (follows.c.follower == _me) & follows.c.following.in_(_them),
        (follows.c.following == _me) & follows.c.follower.in_(_them),
    )
)
_BLOCKS: Final = select(blocks.c.who, blocks.c.whom).where(
    or_((blocks.c.who == _me) & blocks.c.whom.in_(_them), (blocks.c.whom == _me) & blocks.c.who.in_(_them))
)
_MUTES: Final = select(mutes.c.whom, mutes.c.until, mutes.c.notifications).where(
    mutes.c.who == _me, mutes.c.whom.in_(_them), or_(mutes.c.until.is_(None), mutes.c.until > bindparam("now"))
)
_HOSTS: Final = (
    select(actors.c.uri)
    .join(host_blocks, host_blocks.c.host == actors.c.host)
    .where(host_blocks.c.who == _me, actors.c.uri.in_(_them))
)
_NOTES: Final = select(notes.c.whom, notes.c.text).where(notes.c.who == _me, notes.c.whom.in_(_them))
_ENDORSED: Final = select(endorsements.c.whom).where(endorsements.c.who == _me, endorsements.c.whom.in_(_them))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a person stands to somebody.

    Args:
        following: Follows them.
        requested: Asked to follow them.
        followed_by: Is followed by them.
        requested_by: Was asked by them.
        blocking: Blocks them.
        blocked_by: Is blocked by them.
        muting: Does not want to see their posts.
        muting_notifications: Nor to hear what they do.
        muted_until: Milliseconds since the epoch; None until further notice.
        blocking_host: Wants to see nothing of their server.
        endorsed: Recommends them.
        note: What the person wrote down about them, plain text.
    """

    following: bool = False
    requested: bool = False
    followed_by: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    muted_until: int | None = None
    blocking_host: bool = False
    endorsed: bool = False
    note: str = ""


def standings(tx: Transaction, *, viewer: str, targets: Sequence[str]) -> dict[str, Standing]:
    """Return how a person stands to each of some others, by URI.

    Args:
        tx: The open transaction.
        viewer: URI of the local actor.
        targets: URIs of the others.
    """
    if not targets:
        return {}
    bound = {"me": viewer, "them": list(targets)}
    states = {(row.follower, row.following): row.state for row in tx.rows(_FOLLOWS, bound)}
    shut = {(row.who, row.whom) for row in tx.rows(_BLOCKS, bound)}
    muted = {row.whom: row for row in tx.rows(_MUTES, bound | {"now": tx.now})}
    hosts, named = set(tx.values(_HOSTS, bound)), set(tx.values(_ENDORSED, bound))
    written = {row.whom: row.text for row in tx.rows(_NOTES, bound)}
    return {
        uri: Standing(
            following=states.get((viewer, uri)) == "accepted",
            requested=states.get((viewer, uri)) == "pending",
            followed_by=states.get((uri, viewer)) == "accepted",
            requested_by=states.get((uri, viewer)) == "pending",
            blocking=(viewer, uri) in shut,
            blocked_by=(uri, viewer) in shut,
            muting=uri in muted,
            muting_notifications=uri in muted and bool(muted[uri].notifications),
            muted_until=muted[uri].until if uri in muted else None,
            blocking_host=uri in hosts,
            endorsed=uri in named,
            note=written.get(uri, ""),
        )
        for uri in targets
    }
