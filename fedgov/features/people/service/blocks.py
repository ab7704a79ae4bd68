"""Blocking, which the other server is told, and muting, which nobody is told."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete

from fedgov.activitystreams.document import Document
from fedgov.features.people import queries
from fedgov.features.people.service import follows
from fedgov.features.people.tables import blocks, mutes
from fedgov.features.people.vocabulary import Blocked
from fedgov.federation import actors, outbox
from fedgov.kernel.errors import ForbiddenError
from fedgov.store.transaction import Transaction, insert_or_ignore, insert_or_update

_BLOCK: Final = insert_or_ignore(blocks)
_MUTE: Final = insert_or_update(mutes, key=["who", "whom"], update=["until", "notifications"])


def block(tx: Transaction, *, who: str, whom: str) -> None:
    """Shut the door on somebody: no follow either way, and neither sees the other.

    Args:
        tx: The open transaction.
        who: URI of the local actor.
        whom: URI of the other.

    Raises:
        ForbiddenError: Nobody can block themselves or a server.
        RateLimitedError: Too many follows and blocks in this hour.

    Spec: ActivityPub, section 6.9.
    """
    tx.limit("follows", of=who)
    follows.active(tx, uri=who)
    other = actors.get(tx, uri=whom)
    if who == whom:
        raise ForbiddenError("you cannot block yourself")
    if other.kind == "Application":
        raise ForbiddenError("a server is blocked by its administrator, not by one person")
    if queries.blocks(tx, who=who, whom=whom):
        return
    follows.unfollow(tx, actor=who, target=whom)
    follows.remove_follower(tx, actor=who, follower=whom)
    uri = follows.tell(tx, actor=who, to=whom, activity={"type": "Block", "object": whom})
    _shut(tx, who=who, whom=whom, activity_uri=uri)


def unblock(tx: Transaction, *, who: str, whom: str) -> bool:
    """Open the door again; follows do not come back by themselves. False when it was open.

    Args:
        tx: The open transaction.
        who: URI of the local actor.
        whom: URI of the other.
    """
    if not queries.blocks(tx, who=who, whom=whom):
        return False
    uri = queries.block_activity(tx, who=who, whom=whom)
    sent: Document = (outbox.find(tx, uri=uri) if uri is not None else None) or {
        "type": "Block",
        "actor": who,
        "object": whom,
    }
    follows.tell(tx, actor=who, to=whom, activity={"type": "Undo", "object": follows.bare(sent)})
    return _open(tx, who=who, whom=whom)


def receive_block(tx: Transaction, *, who: str, whom: str, activity_uri: str) -> None:
    """Note that somebody elsewhere shut the door on a person here; follows between them end.

    That the person here does not follow any more is told, because the door may be
    open again by now, and a new request have been granted there meanwhile.

    Args:
        tx: The open transaction.
        who: URI of who blocks.
        whom: URI of the local actor.
        activity_uri: URI of the Block.
    """
    if queries.blocks(tx, who=who, whom=whom):
        return
    follows.unfollow(tx, actor=whom, target=who)
    follows.receive_undo(tx, follower=who, following=whom)
    _shut(tx, who=who, whom=whom, activity_uri=activity_uri)


def receive_unblock(tx: Transaction, *, who: str, whom: str) -> bool:
    """Note that somebody elsewhere opened the door again; False when it was open."""
    return _open(tx, who=who, whom=whom)


def mute(tx: Transaction, *, who: str, whom: str, until: int | None = None, notifications: bool = True) -> None:
    """Leave somebody's posts out of one's own timelines; nobody is told.

    Args:
        tx: The open transaction.
        who: URI of the local actor.
        whom: URI of the other.
        until: Milliseconds since the epoch; None until further notice.
        notifications: Also do not tell what they do; False to leave out only their posts.

    Raises:
        ForbiddenError: Nobody can mute themselves.
        RateLimitedError: Too many follows and blocks in this hour.
    """
    tx.limit("follows", of=who)
    if who == whom:
        raise ForbiddenError("you cannot mute yourself")
    actors.get(tx, uri=whom)
    row = {"id": tx.new_id(), "who": who, "whom": whom, "until": until, "notifications": notifications}
    tx.execute(_MUTE, row | {"created_at": tx.now})
    tx.signal(f"relations:{who}")


def unmute(tx: Transaction, *, who: str, whom: str) -> bool:
    """See somebody's posts again; False when they were not left out."""
    tx.signal(f"relations:{who}")
    return tx.execute(delete(mutes).where(mutes.c.who == who, mutes.c.whom == whom)) > 0


def _shut(tx: Transaction, *, who: str, whom: str, activity_uri: str | None) -> None:
    row = {"id": tx.new_id(), "who": who, "whom": whom, "activity_uri": activity_uri, "created_at": tx.now}
    tx.execute(_BLOCK, row)
    tx.signal(f"relations:{who}")
    tx.signal(f"relations:{whom}")
    tx.tell(Blocked(who=who, whom=whom))


def _open(tx: Transaction, *, who: str, whom: str) -> bool:
    tx.signal(f"relations:{who}")
    tx.signal(f"relations:{whom}")
    return tx.execute(delete(blocks).where(blocks.c.who == who, blocks.c.whom == whom)) > 0
