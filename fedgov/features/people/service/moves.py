"""Going on under another name: followers come along, closed memberships do not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
from sqlalchemy import Row, update

from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.features.people import queries
from fedgov.features.people.policy import people as policy
from fedgov.features.people.service import blocks, follows
from fedgov.features.people.service.profiles import publish_profile
from fedgov.features.people.tables import moves
from fedgov.features.people.vocabulary import ActorMoved
from fedgov.federation import actors, outbox
from fedgov.federation import follows as follow_rows
from fedgov.kernel.errors import ForbiddenError, InvalidError
from fedgov.store import audit
from fedgov.store.tables import actors as actor_rows
from fedgov.store.transaction import Transaction

MAX_ALIASES = 10


def add_alias(tx: Transaction, *, actor: str, alias: str) -> None:
    """Say that a person here is also somebody elsewhere, so that the other account may move here.

    Args:
        tx: The open transaction.
        actor: URI of the local actor.
        alias: URI of the other actor, who is in the store.

    Raises:
        InvalidError: It is the same account, or there are too many.
        NotFoundError: The other is unknown.
    """
    row = follows.active(tx, uri=actor)
    other = actors.get(tx, uri=alias)
    known: list[str] = orjson.loads(row.also_known_as)
    if other.uri == actor:
        raise InvalidError("this is the account itself", field="alias")
    if other.uri in known:
        return
    if len(known) >= MAX_ALIASES:
        raise InvalidError("ten other accounts are enough; remove one first", field="alias")
    _set_aliases(tx, actor=actor, aliases=[*known, other.uri])
    audit.note(tx, "account.alias_added", target=actor)


def remove_alias(tx: Transaction, *, actor: str, alias: str) -> None:
    """No longer say that a person here is also somebody elsewhere."""
    row = follows.active(tx, uri=actor)
    known: list[str] = orjson.loads(row.also_known_as)
    if alias in known:
        _set_aliases(tx, actor=actor, aliases=[uri for uri in known if uri != alias])
        audit.note(tx, "account.alias_removed", target=actor)


def _set_aliases(tx: Transaction, *, actor: str, aliases: list[str]) -> None:
    actors.change_local(tx, uri=actor, values={"also_known_as": orjson.dumps(aliases).decode()})
    publish_profile(tx, actor=actor)


def move(tx: Transaction, *, actor: str, target: str) -> None:
    """Let a person here go on under another account, and ask all followers to follow that one.

    Args:
        tx: The open transaction.
        actor: URI of the local actor who moves.
        target: URI of the new account, just fetched; it must name the old one in ``alsoKnownAs``.

    Raises:
        ForbiddenError: The new account does not name the old one, or the last move is too recent.
        NotFoundError: One of the two is unknown.

    Spec: FEP-7628, section "Move Actor".
    """
    old, new = follows.active(tx, uri=actor), actors.get(tx, uri=target)
    _check(tx, old=old, new=new)
    actors.change_local(tx, uri=actor, values={"moved_to": target})
    _note(tx, old=actor, new=target)
    publish_profile(tx, actor=actor)
    outbox.publish(
        tx,
        actor=actor,
        activity={"type": "Move", "object": actor, "target": target},
        audience=Audience(to=(old.followers_uri,)),
        visibility=Visibility.FOLLOWERS,
    )
    _bring_along(tx, old=actor, new=target)
    audit.note(tx, "account.moved", target=actor)


def receive_move(tx: Transaction, *, old: str, new: str) -> bool:
    """Let the people here who follow somebody follow the new account instead.

    Args:
        tx: The open transaction.
        old: URI of the remote actor who moves.
        new: URI of the new account, just fetched.

    Returns:
        False when this move was handled before.

    Raises:
        ForbiddenError: The new account does not name the old one, or the last move is too recent (AUT-05).
        NotFoundError: One of the two is unknown.
    """
    before, after = actors.get(tx, uri=old), actors.get(tx, uri=new)
    last = queries.last_move(tx, old=old)
    if last is not None and last.new == new:
        return False
    _check(tx, old=before, new=after)
    tx.execute(update(actor_rows).where(actor_rows.c.uri == old).values(moved_to=new))
    _note(tx, old=old, new=new)
    _bring_along(tx, old=old, new=new)
    return True


def _check(tx: Transaction, *, old: Row[Any], new: Row[Any]) -> None:
    last = queries.last_move(tx, old=old.uri)
    policy.may_move(
        queries.party(old), new=queries.party(new), last_moved_at=None if last is None else last.at, now=tx.now
    )


def _note(tx: Transaction, *, old: str, new: str) -> None:
    tx.execute(moves.insert(), {"id": tx.new_id(), "old": old, "new": new, "at": tx.now})
    tx.tell(ActorMoved(old=old, new=new))


def _bring_along(tx: Transaction, *, old: str, new: str) -> None:
    """Move local followers, and local blocks too: nobody gets around one by moving (AUT-11)."""
    for who in queries.who_blocks(tx, whom=old):
        if tx.site.owns(who) and who != new:
            with suppress(ForbiddenError):
                blocks.block(tx, who=who, whom=new)
    for follower in follow_rows.local_followers(tx, of=old):
        with suppress(ForbiddenError):
            follows.follow(tx, actor=follower, target=new)
        follows.unfollow(tx, actor=follower, target=old)
