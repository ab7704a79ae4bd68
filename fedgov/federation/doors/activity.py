"""Activities as JSON, so that whoever got one second-hand can read it at its origin."""

from __future__ import annotations

from fedgov.activitystreams.document import Document
from fedgov.activitystreams.object import tombstone
from fedgov.federation import collections, objects
from fedgov.federation.doors.answers import Reply, private, public, unless_known
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.face import PublicFace
from fedgov.federation.doors.lobby import Lobby
from fedgov.federation.doors.readers import may_fetch, may_fetch_activity
from fedgov.federation.doors.visitor import admit_reader, identify
from fedgov.federation.gate import Signer
from fedgov.kernel.errors import NotFoundError
from fedgov.store.transaction import Transaction


async def show(lobby: Lobby, request: Request, *, uri: str) -> Reply:
    """Show an activity to those whom it is for, with its object as that is now.

    Raises:
        NotFoundError: There is no such activity, or not for this reader.
        FedgovError: What `admit_reader` and `identify` raise.
    """
    if not lobby.signed_only:
        found = await lobby.instance.read(_readable, uri=uri, signer=None, face=lobby.face)
        if found is not None:
            await admit_reader(lobby, request)
            document, status = found
            return unless_known(public(document, status=status), request.headers.get(b"if-none-match"))
    signer = await (admit_reader if lobby.signed_only else identify)(lobby, request)
    found = await lobby.instance.read(_readable, uri=uri, signer=signer, face=lobby.face)
    if found is None:
        raise NotFoundError("there is nothing at this address")
    document, status = found
    return private(document, status=status)


def _readable(tx: Transaction, *, uri: str, signer: Signer | None, face: PublicFace) -> tuple[Document, int] | None:
    """Return the activity when this signer may fetch it and its object, or the Tombstone of what it was about."""
    row = collections.find_activity(tx, uri=uri)
    if row is None or not may_fetch_activity(tx, row=row, signer=signer, face=face):
        return None
    about = objects.find(tx, uri=row.object_uri) if row.object_uri is not None else None
    if about is not None and about.local and not may_fetch(tx, row=about, signer=signer, face=face):
        return None
    ended_at = collections.ended_at(tx, activity=row, about=about)
    if ended_at is not None:
        return tombstone(uri, deleted=ended_at), 410
    return collections.as_it_is_now(tx, activity=row, about=about), 200
