"""Custom emoji of our own as JSON, for everybody who may read what they stand in."""

from __future__ import annotations

from functools import partial

from fedgov.federation import emojis
from fedgov.federation.doors.answers import Reply, private, public, unless_known
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.lobby import Lobby
from fedgov.federation.doors.visitor import admit_reader
from fedgov.kernel.errors import NotFoundError


async def show(lobby: Lobby, request: Request, *, emoji_id: int) -> Reply:
    """Show an emoji.

    Raises:
        NotFoundError: There is none.
        FedgovError: What `admit_reader` raises.
    """
    await admit_reader(lobby, request)
    key = lobby.site.url(f"/emojis/{emoji_id}")
    reply = lobby.cache.get(key)
    if reply is None:
        reply = await lobby.cache.fill(key, topics=[emojis.TOPIC], make=partial(_make, lobby, emoji_id))
    if reply is None:
        raise NotFoundError("there is nothing at this address")
    return unless_known(reply, request.headers.get(b"if-none-match"))


async def _make(lobby: Lobby, emoji_id: int) -> Reply | None:
    try:
        document = await lobby.instance.read(emojis.document, emoji_id=emoji_id)
    except NotFoundError:
        return None
    return private(document) if lobby.signed_only else public(document)
