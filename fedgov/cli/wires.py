"""uvicorn's connections, which streams may write to directly (see `fedgov.mastodon.streams.wire`)."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto.events import Request

from fedgov.mastodon.streams.wire import WIRE

MAX_MESSAGE: Final = 16_384
"""Bytes of a message on a WebSocket: apps only say which streams they want."""


class _Wire:
    """A connection as a stream sees it; see `fedgov.mastodon.streams.wire.Wire`."""

    transport: asyncio.Transport

    def write(self, data: bytes) -> None:
        if not self.transport.is_closing():  # uvloop raises when it is closed, and its owner is told a moment later
            self.transport.write(data)

    def waiting(self) -> int:
        return 0 if self.transport.is_closing() else self.transport.get_write_buffer_size()

    def close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def abort(self) -> None:
        self.transport.abort()


class HttpWire(_Wire, HttpToolsProtocol):
    """A connection for requests."""

    def on_message_begin(self) -> None:
        """Begin a request, whose answer may be a stream."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {WIRE: self}


class SocketWire(_Wire, WSProtocol):
    """A connection for messages."""

    def handle_connect(self, event: Request) -> None:
        """Begin a WebSocket; its task, made just now, has not looked at its scope yet."""
        super().handle_connect(event)
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"][WIRE] = self
