"""Posts as JSON, and what belongs to them.

The same steps are taken for what exists and what does not: whoever may not read
a post cannot learn from the answer that there is one.

Spec: ActivityPub, section 3.2 and 6.4; ``FEDERATION.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from sqlalchemy import Row

from fedgov.activitystreams.audience import FOR_EVERYONE
from fedgov.activitystreams.collection import collection_document, page_document, page_uri
from fedgov.activitystreams.document import Document
from fedgov.activitystreams.object import tombstone
from fedgov.federation import objects
from fedgov.federation.doors.answers import Reply, private, public, unless_known
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.face import PublicFace
from fedgov.federation.doors.lobby import Lobby
from fedgov.federation.doors.readers import may_fetch
from fedgov.federation.doors.visitor import admit_reader, identify
from fedgov.federation.gate import Signer
from fedgov.kernel.errors import NotFoundError
from fedgov.store.transaction import Transaction

PER_PAGE: Final = 20
FIRST_REPLY: Final = "0"

Part = Callable[[Transaction, PublicFace], Document]
"""Makes a collection that belongs to a post."""

_NOTHING: Final = "there is nothing at this address"


async def show(lobby: Lobby, request: Request, *, uri: str) -> Reply:
    """Show a post, or the Tombstone of one that was deleted.

    Raises:
        NotFoundError: There is no such post, or not for this reader.
        FedgovError: What `admit_reader` and `identify` raise.
    """
    if not lobby.signed_only:
        reply = lobby.cache.get(uri)
        if reply is None:
            reply = await lobby.cache.fill(uri, topics=[f"document:{uri}"], make=partial(_make_public, lobby, uri))
        if reply is not None:
            await admit_reader(lobby, request)
            return unless_known(reply, request.headers.get(b"if-none-match"))
    signer = await _signer(lobby, request)
    row = await lobby.instance.read(readable, uri=uri, signer=signer, face=lobby.face)
    if row is None:
        raise NotFoundError(_NOTHING)
    body, status = _body(row)
    return private(body, status=status)


async def _signer(lobby: Lobby, request: Request) -> Signer | None:
    return await admit_reader(lobby, request) if lobby.signed_only else await identify(lobby, request)


async def _make_public(lobby: Lobby, uri: str) -> Reply | None:
    row = await lobby.instance.read(_public, uri=uri)
    if row is None:
        return None
    body, status = _body(row)
    return public(body, status=status)


def _public(tx: Transaction, *, uri: str) -> Row[Any] | None:
    row = objects.find(tx, uri=uri)
    return row if row is not None and row.local and row.visibility in FOR_EVERYONE else None


def readable(tx: Transaction, *, uri: str, signer: Signer | None, face: PublicFace) -> Row[Any] | None:
    """Return the row of a local object, deleted or not, when this signer may fetch it; else None."""
    row = objects.find(tx, uri=uri)
    if row is None or not row.local or not may_fetch(tx, row=row, signer=signer, face=face):
        return None
    return row


def _body(row: Row[Any]) -> tuple[Any, int]:
    if row.deleted_at is not None:
        return tombstone(row.uri, deleted=row.deleted_at, former_type=row.type), 410
    return row.document.encode(), 200


# --- what belongs to a post -------------------------------------------------------------------------------------


async def show_replies(lobby: Lobby, request: Request, *, uri: str, cursor: str) -> Reply:
    """Show the replies to a post that everyone may read, oldest first.

    Raises:
        NotFoundError: There is no such post, or not for this reader.
        FedgovError: What `admit_reader` and `identify` raise.
    """
    return await _show_part(lobby, request, partial(_replies, uri=uri, cursor=cursor), uri=uri)


async def show_reactions(lobby: Lobby, request: Request, *, uri: str, kind: str) -> Reply:
    """Show how many like or shared a post; who that was is not told.

    Raises:
        NotFoundError: There is no such post, or not for this reader.
        FedgovError: What `admit_reader` and `identify` raise.
    """
    return await _show_part(lobby, request, partial(_reactions, uri=uri, kind=kind), uri=uri)


async def _show_part(lobby: Lobby, request: Request, part: Part, *, uri: str) -> Reply:
    read, face = lobby.instance.read, lobby.face
    if not lobby.signed_only:
        document = await read(_part, part=part, uri=uri, signer=None, face=face)
        if document is not None:
            await admit_reader(lobby, request)
            return public(document)
    signer = await _signer(lobby, request)
    document = await read(_part, part=part, uri=uri, signer=signer, face=face)
    if document is None:
        raise NotFoundError(_NOTHING)
    return private(document)


def _part(tx: Transaction, *, part: Part, uri: str, signer: Signer | None, face: PublicFace) -> Document | None:
    row = readable(tx, uri=uri, signer=signer, face=face)
    return None if row is None or row.deleted_at is not None else part(tx, face)


def _replies(tx: Transaction, face: PublicFace, *, uri: str, cursor: str) -> Document:
    collection = f"{uri}/replies"
    if not cursor:
        total = face.reactions(tx, object_uri=uri).replies
        return collection_document(collection, total=total, first=page_uri(collection, FIRST_REPLY))
    found = face.replies(tx, object_uri=uri, after=int(cursor), limit=PER_PAGE + 1)
    shown = found[:PER_PAGE]
    following = page_uri(collection, shown[-1][0]) if len(found) > PER_PAGE else None
    items = [reply for _, reply in shown]
    return page_document(page_uri(collection, cursor), part_of=collection, items=items, following=following)


def _reactions(tx: Transaction, face: PublicFace, *, uri: str, kind: str) -> Document:
    reactions = face.reactions(tx, object_uri=uri)
    total = reactions.likes if kind == "likes" else reactions.shares
    return collection_document(f"{uri}/{kind}", total=total)
