"""A WebSocket, on which an app watches several channels.

Spec: https://docs.joinmastodon.org/methods/streaming/#websocket; RFC 6455.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import structlog

from fedgov.features.notices.queries.lists import get_list
from fedgov.features.people.service.tokens import Bearer
from fedgov.federation.doors.asgi import Receive, Send
from fedgov.instance import Instance
from fedgov.kernel.errors import FedgovError
from fedgov.mastodon import rates, replies
from fedgov.mastodon.parameters import Parameters
from fedgov.mastodon.streams.channels import Channel, channel_of
from fedgov.mastodon.streams.hub import Hub
from fedgov.mastodon.streams.stream import Stream
from fedgov.mastodon.streams.wire import Wire, as_frame

SAID_MOST: Final = 4_096
"""Bytes of one message of an app; what is longer says nothing that we know."""

_log = structlog.get_logger(__name__)


async def open_channel(instance: Instance, *, name: str, sent: Parameters, bearer: Bearer) -> Channel:
    """Return what an app may watch.

    Args:
        instance: Where.
        name: Such as ``public:local``.
        sent: Which subject or list.
        bearer: Who asks.

    Raises:
        MalformedError: There is no such channel, or a parameter is missing.
        ForbiddenError: The token does not reach so far.
        NotFoundError: This person has no such list.
    """
    channel = channel_of(name, sent=sent, bearer=bearer)
    if channel.list_id is not None:
        await instance.read(get_list, owner=bearer.actor_uri, list_id=channel.list_id)
    return channel


@dataclass(slots=True, kw_only=True)
class Socket:
    """One WebSocket.

    Args:
        instance: Where.
        hub: Shows the news.
        wire: The connection.
        bearer: Whose it is.
    """

    instance: Instance
    hub: Hub
    wire: Wire
    bearer: Bearer
    stream: Stream = field(init=False)

    def __post_init__(self) -> None:
        self.stream = Stream(self.wire, bearer=self.bearer, is_socket=True)

    async def serve(self, *, first: Parameters, subprotocol: str | None, receive: Receive, send: Send) -> None:
        """Serve an app until it goes.

        Args:
            first: What it wants to watch from the beginning, by its address; perhaps nothing.
            subprotocol: Answered to what the app offered.
            receive: Where its messages come from.
            send: Where the answer goes.

        Raises:
            OverLimitError: This person has too many open.
            UnreachableError: There are too many of all, or the server is about to stop.
        """
        self.hub.enter(self.stream)
        try:
            await send({"type": "websocket.accept", "subprotocol": subprotocol})
            if first.text("stream"):
                await self._act("subscribe", first)
            while (message := await receive())["type"] != "websocket.disconnect":
                await self._hear(message)
        finally:
            self.hub.leave(self.stream)

    async def _hear(self, message: dict[str, Any]) -> None:
        """Do what the app says; what makes no sense is passed over, as Mastodon does."""
        said = message.get("text") or message.get("bytes") or ""
        if message["type"] != "websocket.receive" or len(said) > SAID_MOST:
            return
        try:
            tree = orjson.loads(said)
        except orjson.JSONDecodeError:
            return
        if isinstance(tree, dict):
            await self._act(tree.get("type"), Parameters(tree))

    async def _act(self, what: object, sent: Parameters) -> None:
        if what not in ("subscribe", "unsubscribe"):
            return
        try:
            rates.spend(self.instance, who=self.bearer.actor_uri, uploads=False)
            name = sent.text("stream")
            if what == "subscribe":
                channel = await open_channel(self.instance, name=name, sent=sent, bearer=self.bearer)
                if not self.stream.is_over:  # it may have ended while we looked
                    self.hub.register.watch(self.stream, channel)
            else:
                self.hub.register.unwatch(self.stream, channel_of(name, sent=sent, bearer=self.bearer))
        except FedgovError as error:
            _log.debug("refused", code=error.code, reason=error.safe, detail=error.detail)
            self.stream.give(as_frame(orjson.dumps({"error": error.safe, "status": replies.status_of(error)})))
