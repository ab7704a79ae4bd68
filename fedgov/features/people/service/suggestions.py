"""Whom somebody may like to follow: people whom those follow whom they follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from sqlalchemy import Row, bindparam, exists, func, select

from fedgov.features.people import queries
from fedgov.features.people.service.sanctions import unlisted_for
from fedgov.features.people.tables import dismissed_suggestions
from fedgov.federation import actors as actor_store
from fedgov.store.tables import actors, follows
from fedgov.store.transaction import Transaction, insert_or_ignore

Order = Literal["active", "new"]
MAX_SUGGESTED: Final = 80
MAX_FAMILIAR: Final = 10

_DISMISS: Final = insert_or_ignore(dismissed_suggestions)
_near: Final = follows.alias("near")
_far: Final = follows.alias("far")
_known: Final = follows.alias("known")
_SHOWN: Final = (
    actors.c.discoverable,
    actors.c.deleted_at.is_(None),
    actors.c.disabled_at.is_(None),
    actors.c.moved_to.is_(None),
    actors.c.kind != "Application",
)
_SUGGESTED: Final = (
    select(actors.c.uri)
    .join(_far, _far.c.following == actors.c.uri)
    .join(_near, _near.c.following == _far.c.follower)
    .where(
        _near.c.follower == bindparam("who"),
        _near.c.state == "accepted",
        _far.c.state == "accepted",
        actors.c.uri != bindparam("who"),
        *_SHOWN,
        ~exists().where(_known.c.follower == bindparam("who"), _known.c.following == actors.c.uri),
        ~exists().where(dismissed_suggestions.c.who == bindparam("who"), dismissed_suggestions.c.whom == actors.c.uri),
    )
    .group_by(actors.c.uri, actors.c.id)
    .order_by(func.count().desc(), actors.c.id.desc())
    .limit(MAX_SUGGESTED)
)
_FAMILIAR: Final = (
    select(_near.c.follower.label("uri"), _near.c.following.label("of"))
    .join(_known, _known.c.following == _near.c.follower)
    .join(actors, actors.c.uri == _near.c.following)
    .where(
        _known.c.follower == bindparam("who"),
        _known.c.state == "accepted",
        _near.c.state == "accepted",
        _near.c.following.in_(bindparam("of", expanding=True)),
        actors.c.lists_followers,
    )
    .order_by(_near.c.id.desc())
)


def suggested(tx: Transaction, *, who: str, limit: int) -> list[str]:
    """Return the URIs of people whom somebody may like to follow, the likeliest first.

    Only those who want to be found, and nobody whom the person follows, asked,
    blocked, muted or dismissed.

    Args:
        tx: The open transaction.
        who: URI of the local actor.
        limit: Most results.
    """
    found = list(tx.values(_SUGGESTED, {"who": who}))
    hidden = queries.hidden_from(tx, viewer=who) | unlisted_for(tx, viewer=who, uris=found)
    return [uri for uri in found if uri not in hidden][:limit]


def dismiss(tx: Transaction, *, who: str, whom: str) -> None:
    """Do not suggest somebody any more.

    Raises:
        NotFoundError: There is no such person.
    """
    actor_store.get(tx, uri=whom)
    tx.execute(_DISMISS, {"who": who, "whom": whom})


def familiar_followers(tx: Transaction, *, who: str, of: Sequence[str]) -> dict[str, list[str]]:
    """Return who of those whom a person follows also follow each of some others; whoever hides this is left out.

    Args:
        tx: The open transaction.
        who: URI of the local actor.
        of: URIs of the others.
    """
    found: dict[str, list[str]] = {uri: [] for uri in of}
    hidden = queries.hidden_from(tx, viewer=who)
    for row in tx.rows(_FAMILIAR, {"who": who, "of": list(of)}) if of else ():
        if len(found[row.of]) < MAX_FAMILIAR and row.uri not in hidden:
            found[row.of].append(row.uri)
    return found


def directory(
    tx: Transaction, *, viewer: str | None, order: Order, local_only: bool, limit: int, offset: int
) -> Sequence[Row[Any]]:
    """Return people who want to be found (their rows).

    Args:
        tx: The open transaction.
        viewer: URI of the actor who asks; None for somebody unknown.
        order: Those who changed something last first, or those who came last.
        local_only: Only people of this instance.
        limit: Most results.
        offset: Leave out so many of the first.
    """
    query = select(actors).where(*_SHOWN)
    if local_only:
        query = query.where(actors.c.local)
    column = actors.c.created_at if order == "new" else actors.c.updated_at
    rows = tx.rows(query.order_by(column.desc(), actors.c.id.desc()).limit(limit).offset(offset))
    hidden = queries.hidden_from(tx, viewer=viewer) if viewer is not None else frozenset()
    hidden |= unlisted_for(tx, viewer=viewer, uris=[row.uri for row in rows])
    return [row for row in rows if row.uri not in hidden]
