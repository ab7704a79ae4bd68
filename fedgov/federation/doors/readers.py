"""Who may fetch a thing of ours: the readers it is for, and the servers that they live on.

A server fetches in its own name, with its Application actor, for those of its
people that a thing is addressed to; it already has a copy by delivery, or may
have one. Nobody else's Service or Person speaks for a server.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import orjson
from sqlalchemy import Row, bindparam, select

from fedgov.activitystreams.audience import Visibility, read_audience
from fedgov.federation import actors, objects
from fedgov.federation import follows as relations
from fedgov.federation.doors.face import PublicFace
from fedgov.federation.gate import Signer
from fedgov.kernel.uris import origin, same_origin
from fedgov.store.tables import follows
from fedgov.store.transaction import Transaction

FOR_EVERYONE: Final = (Visibility.PUBLIC.value, Visibility.UNLISTED.value)
"""Visibilities of what anybody may read."""

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
    author, visibility = row.attributed_to, Visibility(row.visibility)
    if signer is not None and face.blocks(tx, who=author, whom=signer.actor):
        return False
    if visibility.value in FOR_EVERYONE:
        return True
    if signer is None or not signer.with_query or not visibility.leaves_the_instance:
        return False
    if objects.may_read(tx, row=row, viewer=signer.actor):
        return True
    named = objects.targets(tx, row_id=row.id)
    return is_for_server(tx, signer=signer, author=author, visibility=visibility, named=named, face=face)


def is_for_server(
    tx: Transaction, *, signer: Signer, author: str, visibility: Visibility, named: Iterable[str], face: PublicFace
) -> bool:
    """Tell whether a signer is the Application actor of a server that somebody lives on whom a thing is for.

    Args:
        tx: The open transaction.
        signer: Who signed.
        author: URI of the local author.
        visibility: Who may read it.
        named: URIs that it is addressed to.
        face: Who knows about blocks.
    """
    row = actors.find(tx, uri=signer.actor)
    if row is None or row.kind != "Application":
        return False
    if any(same_origin(signer.actor, uri) and not face.blocks(tx, who=author, whom=uri) for uri in named):
        return True
    at = origin(signer.actor).replace("_", "\\_") + "/%"
    return visibility is Visibility.FOLLOWERS and tx.row(_FOLLOWER_AT, {"of": author, "at": at}) is not None


def may_fetch_activity(tx: Transaction, *, row: Row[Any], signer: Signer | None, face: PublicFace) -> bool:
    """Tell whether a signer may fetch an activity of ours; what it is about is asked separately.

    Args:
        tx: The open transaction.
        row: The activity.
        signer: Who signed; None for nobody.
        face: Who knows about blocks.
    """
    author, visibility = row.actor, Visibility(row.visibility)
    if signer is not None and face.blocks(tx, who=author, whom=signer.actor):
        return False
    if visibility.value in FOR_EVERYONE:
        return True
    if signer is None or not signer.with_query or not visibility.leaves_the_instance:
        return False
    named = read_audience(orjson.loads(row.document)).everyone
    is_follower = visibility is Visibility.FOLLOWERS and relations.is_follower(
        tx, follower=signer.actor, following=author
    )
    if signer.actor in (author, *named) or is_follower:
        return True
    return is_for_server(tx, signer=signer, author=author, visibility=visibility, named=named, face=face)
