"""Servers of which a person here wants to see nothing; nobody there is told why."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, or_, select

from fedgov.features.people.service import follows
from fedgov.features.people.tables import host_blocks
from fedgov.kernel.errors import InvalidError, MalformedError
from fedgov.kernel.uris import normalise_host
from fedgov.store.tables import actors
from fedgov.store.tables import follows as follow_rows
from fedgov.store.transaction import Transaction, insert_or_ignore

_BLOCK: Final = insert_or_ignore(host_blocks)


def block_host(tx: Transaction, *, who: str, host: str) -> bool:
    """See nothing any more of a whole server, and end the follows from there and to there.

    Args:
        tx: The open transaction.
        who: URI of the local actor.
        host: As typed.

    Returns:
        False when it was so already.

    Raises:
        InvalidError: It is no host, or this server itself.
        RateLimitedError: Too many follows and blocks in this hour.
    """
    tx.limit("follows", of=who)
    follows.active(tx, uri=who)
    name = read_host(tx, host=host)
    if name == tx.site.domain:
        raise InvalidError("this is the server that you are on", field="domain")
    if not tx.execute(_BLOCK, {"id": tx.new_id(), "who": who, "host": name, "created_at": tx.now}):
        return False
    _end_follows(tx, who=who, host=name)
    tx.signal(f"relations:{who}")
    return True


def unblock_host(tx: Transaction, *, who: str, host: str) -> bool:
    """See a server again; follows do not come back by themselves. False when nothing was blocked.

    Raises:
        InvalidError: It is no host.
    """
    tx.signal(f"relations:{who}")
    name = read_host(tx, host=host)
    return tx.execute(delete(host_blocks).where(host_blocks.c.who == who, host_blocks.c.host == name)) > 0


def read_host(tx: Transaction, *, host: str) -> str:
    """Return the canonical form of a host as typed.

    Raises:
        InvalidError: It is no host.
    """
    try:
        return normalise_host(host.strip(), scheme=tx.site.scheme)
    except MalformedError:
        raise InvalidError("this is no domain", field="domain") from None


def _end_follows(tx: Transaction, *, who: str, host: str) -> None:
    there = select(actors.c.uri).where(actors.c.host == host)
    pairs = select(follow_rows.c.follower, follow_rows.c.following).where(
        or_(
            (follow_rows.c.follower == who) & follow_rows.c.following.in_(there),
            (follow_rows.c.following == who) & follow_rows.c.follower.in_(there),
        )
    )
    for pair in tx.rows(pairs):
        if pair.follower == who:
            follows.unfollow(tx, actor=who, target=pair.following)
        else:
            follows.remove_follower(tx, actor=who, follower=pair.follower)
