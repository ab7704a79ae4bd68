"""The collections of an actor as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final, Literal, Protocol

from fedgov.activitystreams.document import Document
from fedgov.federation import collections
from fedgov.federation.doors.answers import Reply, private, public, unless_known
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.face import PublicFace
from fedgov.federation.doors.lobby import Lobby
from fedgov.federation.doors.visitor import admit_reader, identify
from fedgov.kernel.errors import NotFoundError, UnverifiedError
from fedgov.store.transaction import Transaction

FIRST: Final = collections.FIRST


class Show(Protocol):
    """A door to a collection of an actor."""

    async def __call__(self, lobby: Lobby, request: Request, *, actor: str, cursor: str) -> Reply:
        """Show it, or the page that begins at a cursor."""
        ...


class Read(Protocol):
    """Builds the document of a collection."""

    def __call__(self, tx: Transaction, *, actor: str, cursor: str) -> Document:
        """Build it, or the page that begins at a cursor."""
        ...


async def show_outbox(lobby: Lobby, request: Request, *, actor: str, cursor: str) -> Reply:
    """Show what an actor published for everyone."""
    return await _show(lobby, request, collections.outbox, name="outbox", actor=actor, cursor=cursor)


async def show_people(
    lobby: Lobby, request: Request, *, kind: Literal["followers", "following"], actor: str, cursor: str
) -> Reply:
    """Show who follows an actor, or whom it follows."""
    read = partial(collections.people, kind=kind)
    return await _show(lobby, request, read, name=kind, actor=actor, cursor=cursor)


async def show_featured(lobby: Lobby, request: Request, *, actor: str, cursor: str) -> Reply:
    """Show what an actor pinned; it has no pages."""
    if cursor:
        raise NotFoundError("there is nothing at this address")
    read = partial(_featured, face=lobby.face)
    return await _show(lobby, request, read, name="featured", actor=actor, cursor=cursor)


async def show_followers_there(lobby: Lobby, request: Request, *, actor: str, cursor: str) -> Reply:
    """Show a server which of its own people follow an actor; to nobody else (FEP-8fcf)."""
    if cursor:
        raise NotFoundError("there is nothing at this address")
    signer = await identify(lobby, request)
    if signer is None or not signer.with_query:
        raise UnverifiedError("sign this request, so that we know which server asks")
    return private(await lobby.instance.read(collections.followers_at, actor=actor, at_host=signer.host))


NAMES: Final[Mapping[str, Show]] = {
    "outbox": show_outbox,
    "followers": partial(show_people, kind="followers"),
    "following": partial(show_people, kind="following"),
    "featured": show_featured,
    "followers_synchronization": show_followers_there,
}
"""The collections of an actor by the last part of their address."""


async def _show(lobby: Lobby, request: Request, read: Read, *, name: str, actor: str, cursor: str) -> Reply:
    await admit_reader(lobby, request)
    key = f"{actor}/{name}/{cursor}"
    reply = lobby.cache.get(key)
    if reply is None:
        topics = [f"collection:{actor}", f"document:{actor}"]
        reply = await lobby.cache.fill(key, topics=topics, make=partial(_make, lobby, read, actor=actor, cursor=cursor))
    if reply is None:
        raise NotFoundError("there is nothing at this address")
    return unless_known(reply, request.headers.get(b"if-none-match"))


async def _make(lobby: Lobby, read: Read, *, actor: str, cursor: str) -> Reply:
    document = await lobby.instance.read(read, actor=actor, cursor=cursor)
    return private(document) if lobby.signed_only else public(document)


def _featured(tx: Transaction, *, actor: str, cursor: str, face: PublicFace) -> Document:
    return collections.featured(tx, actor=actor, pinned=face.featured(tx, actor=actor))
