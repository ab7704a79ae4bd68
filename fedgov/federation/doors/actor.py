"""Actors as JSON."""

from __future__ import annotations

from functools import partial

from fedgov.activitystreams.document import Document
from fedgov.activitystreams.object import tombstone
from fedgov.federation import actors
from fedgov.federation.doors.answers import Reply, private, public, unless_known
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.lobby import Lobby
from fedgov.federation.doors.visitor import admit_reader
from fedgov.kernel.errors import NotFoundError
from fedgov.store.transaction import Transaction


async def show(lobby: Lobby, request: Request, *, uri: str) -> Reply:
    """Show an actor, or the Tombstone of one that is gone.

    The Application actor and its key are for everyone: without them nobody
    could check the signature by which we ask for theirs.

    Raises:
        NotFoundError: There is no such actor.
        FedgovError: What `admit_reader` raises.
    """
    if uri != lobby.site.application:
        await admit_reader(lobby, request)
    reply = lobby.cache.get(uri)
    if reply is None:
        reply = await lobby.cache.fill(uri, topics=[f"document:{uri}"], make=partial(_make, lobby, uri))
    if reply is None:
        raise NotFoundError("there is nothing at this address")
    return unless_known(reply, request.headers.get(b"if-none-match"))


async def _make(lobby: Lobby, uri: str) -> Reply | None:
    found = await lobby.instance.read(_describe, uri=uri)
    if found is None:
        return None
    document, status = found
    if lobby.signed_only and uri != lobby.site.application:
        return private(document, status=status)
    return public(document, status=status)


def _describe(tx: Transaction, *, uri: str) -> tuple[Document, int] | None:
    row = actors.find(tx, uri=uri)
    if row is None or not row.local:
        return None
    if row.deleted_at is not None:
        return tombstone(uri, deleted=row.deleted_at, former_type=row.kind), 410
    return actors.document(tx, row=row), 200
