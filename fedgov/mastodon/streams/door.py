"""The door for WebSockets: who may open one, before it is opened.

Spec: https://docs.joinmastodon.org/methods/streaming/#websocket
"""

from __future__ import annotations

from typing import Final

import structlog

from fedgov.features.people.service.tokens import Bearer, find_bearer
from fedgov.federation.doors.answers import COUNTED, Reply
from fedgov.federation.doors.asgi import Receive, Scope, Send
from fedgov.federation.doors.visitor import source_network
from fedgov.instance import Instance
from fedgov.kernel.acting import By
from fedgov.kernel.errors import FedgovError, NotFoundError, UnverifiedError
from fedgov.kernel.metrics import STATUS_CODES
from fedgov.mastodon import rates, replies
from fedgov.mastodon.bearers import token_in, token_in_query
from fedgov.mastodon.bodies import query_of
from fedgov.mastodon.parameters import Parameters
from fedgov.mastodon.streams.hub import Hub
from fedgov.mastodon.streams.names import ROOT, STREAMS
from fedgov.mastodon.streams.socket import Socket
from fedgov.mastodon.streams.wire import WIRE

_log = structlog.get_logger(__name__)
_SWITCHED: Final = 101


class StreamDoor:
    """Opens WebSockets of one instance.

    Args:
        instance: The instance.
        hub: Shows the news.
    """

    def __init__(self, instance: Instance, *, hub: Hub) -> None:
        self._instance = instance
        self._hub = hub

    async def open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket, or refuse it in HTTP; nothing leaves here as an exception."""
        source = source_network(scope)
        try:
            self._instance.turnstile.demand(source, now=self._instance.clock.now())
            await self._serve(scope, receive, send, source=source)
        except FedgovError as error:
            _log.debug("refused", path=scope["path"], code=error.code, reason=error.safe, detail=error.detail)
            await self._refuse(replies.refusal(error), send, source=source)
        except Exception:  # a bug stays loud, and the client is not left waiting
            _log.exception("stream_failed", path=scope["path"])
            await self._refuse(replies.FAILED, send, source=source)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, *, source: str) -> None:
        path = scope["path"].rstrip("/")
        if path != ROOT and path not in STREAMS:
            raise NotFoundError("Record not found")
        bearer, subprotocol = await self._bearer(scope)
        rates.spend(self._instance, who=bearer.actor_uri, uploads=False)
        first = query_of(scope)
        if path in STREAMS:
            first = Parameters({**first.tree, "stream": STREAMS[path]})
        socket = Socket(
            instance=self._instance.acting(By(who=bearer.actor_uri, door="api", source=source)),
            hub=self._hub,
            wire=scope["extensions"][WIRE],
            bearer=bearer,
        )
        self._instance.metrics.answered("api", _SWITCHED, 0.0)
        await socket.serve(first=first, subprotocol=subprotocol, receive=receive, send=send)

    async def _bearer(self, scope: Scope) -> tuple[Bearer, str | None]:
        """Return whose token it is, and what to answer where it came as the name of a subprotocol.

        Raises:
            UnverifiedError: There is no token, or it is not a person's, or not valid (any more).
        """
        offered = scope["subprotocols"]
        token = token_in(dict(scope["headers"])) or token_in_query(scope)
        if not token and offered:
            token = offered[0]
        bearer = await find_bearer(self._instance, token=token) if token else None
        if bearer is None or not bearer.actor_uri:
            raise UnverifiedError("The access token is invalid")
        # A browser gives up a socket that was offered a subprotocol and takes none.
        return bearer, offered[0] if offered else None

    async def _refuse(self, reply: Reply, send: Send, *, source: str) -> None:
        if reply.status in COUNTED:
            self._instance.turnstile.note(source, now=self._instance.clock.now())
        self._instance.metrics.answered("api", reply.status, 0.0)
        if code := STATUS_CODES.get(reply.status, ""):
            self._instance.metrics.refused("api", code)
        headers = [*reply.headers, *replies.OPEN, (b"connection", b"close")]
        await send({"type": "websocket.http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": reply.body})
