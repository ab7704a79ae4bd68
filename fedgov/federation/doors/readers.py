"""Who may fetch a thing of ours: the readers it is for, and the servers that they live on.

A server fetches in its own name, with its Application actor, for those of its
people that a thing is addressed to; it already has a copy by delivery, or may
have one. Nobody else's Service or Person speaks for a server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, select

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility, read_audience
from fedgov.federation import actors, objects
from fedgov.federation.doors.face import PublicFace
from fedgov.federation.gate import Signer
from fedgov.kernel.uris import origin, same_origin
from fedgov.store.tables import follows
from fedgov.store.transaction import Transaction

_FOLLOWER_AT: Final = (
    select(follows.c.follower)
    .where(
        follows.c.following == bindparam("of"),
        follows.c.state == "accepted",
        follows.c.follower.like(bindparam("at"), escape="\\"),
    )
    .limit(1)
)


def may_fetch(tx: Transaction, *, row: Row[Any], signer: Signer | None, face: PublicFace) -> bool:
    """Tell whether a signer may fetch an object of ours.

    Args:
        tx: The open transaction.
        row: The object.
        signer: Who signed; None for nobody.
        face: Who knows about blocks.
    """
    named = partial(objects.targets, tx, row_id=row.id)
    return _may_fetch(tx, author=row.attributed_to, visibility=row.visibility, named=named, signer=signer, face=face)


def may_fetch_activity(tx: Transaction, *, row: Row[Any], signer: Signer | None, face: PublicFace) -> bool:
    """Tell whether a signer may fetch an activity of ours; what it is about is asked separately.

    Args:
        tx: The open transaction.
        row: The activity.
        signer: Who signed; None for nobody.
        face: Who knows about blocks.
    """

    def named() -> Iterable[str]:
        return read_audience(orjson.loads(row.document)).everyone

    return _may_fetch(tx, author=row.actor, visibility=row.visibility, named=named, signer=signer, face=face)


def _may_fetch(
    tx: Transaction,
    *,
    author: str,
    visibility: str,
    named: Callable[[], Iterable[str]],
    signer: Signer | None,
    face: PublicFace,
) -> bool:
    if signer is not None and face.blocks(tx, who=author, whom=signer.actor):
        return False
    kind = Visibility(visibility)
    if kind in FOR_EVERYONE:
        return True
    if signer is None or not signer.with_query or not kind.leaves_the_instance:
        return False
    people = tuple(named())
    return objects.is_for(
        tx, author=author, visibility=kind, names=people.__contains__, viewer=signer.actor
    ) or _is_for_server(tx, signer=signer, author=author, visibility=kind, named=people, face=face)


def _is_for_server(
    tx: Transaction, *, signer: Signer, author: str, visibility: Visibility, named: Iterable[str], face: PublicFace
) -> bool:
    """Tell whether a signer is the Application actor of a server that somebody lives on whom a thing is for."""
    row = actors.find(tx, uri=signer.actor)
    if row is None or row.kind != "Application":
        return False
    if any(same_origin(signer.actor, uri) and not face.blocks(tx, who=author, whom=uri) for uri in named):
        return True
    at = origin(signer.actor).replace("_", "\\_") + "/%"
    return visibility is Visibility.FOLLOWERS and tx.row(_FOLLOWER_AT, {"of": author, "at": at}) is not None
