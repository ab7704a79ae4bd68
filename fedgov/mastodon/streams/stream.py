"""One open stream of one app."""

from __future__ import annotations

from fedgov.features.people.service.tokens import Bearer
from fedgov.mastodon.streams.channels import Channel
from fedgov.mastodon.streams.wire import LAST_CHUNK, PING, THUMP, Wire, as_close

MOST_WAITING = 256 * 1024
"""Bytes that a slow reader may leave waiting before the connection is dropped."""
GOING_AWAY = 1012
NO_LONGER_ALLOWED = 1008


class Stream:
    """One open stream.

    Args:
        wire: Its connection.
        bearer: Whose it is.
        is_socket: It is a WebSocket, which can show several channels; otherwise an event stream with one.
    """

    __slots__ = ("account_id", "channels", "is_over", "is_socket", "token_id", "viewer", "wire")

    def __init__(self, wire: Wire, *, bearer: Bearer, is_socket: bool) -> None:
        self.wire = wire
        self.is_socket = is_socket
        self.viewer = bearer.actor_uri
        self.account_id = bearer.account_id
        self.token_id = bearer.token_id
        self.channels: tuple[Channel, ...] = ()
        self.is_over = False

    def give(self, data: bytes) -> None:
        """Send bytes; whoever does not read is dropped."""
        if self.is_over:
            return
        if self.wire.waiting() > MOST_WAITING:
            self.is_over = True
            self.wire.abort()
            return
        self.wire.write(data)

    def beat(self) -> None:
        """Show that the connection is alive, to whoever is on the other side and to proxies between."""
        self.give(PING if self.is_socket else THUMP)

    def end(self, code: int) -> None:
        """Say that it is over, and close the connection.

        Args:
            code: Why, as a WebSocket says it.
        """
        if self.is_over:
            return
        self.is_over = True
        self.wire.write(as_close(code) if self.is_socket else LAST_CHUNK)
        self.wire.close()
