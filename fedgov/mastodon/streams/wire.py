"""The connection under a stream, and how a message looks on it.

A stream writes past the ASGI server, straight into the transport: what is shown to
thousands is made into bytes once, and no task of each of them has to wake up to send it.
What a reader does not take waits in the transport as a reference to those same bytes.

Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html; RFC 9112, section 7.1; RFC 6455, section 5.2.
"""

from __future__ import annotations

import struct
from typing import Final, Protocol

import orjson

WIRE: Final = "fedgov.wire"
"""The extension of the ASGI scope under which the server hands over a connection's `Wire`."""


_NO_DATA: Final = "undefined"
"""An event without data is not heard by browsers, so Mastodon sends this word, and apps know it."""


class Wire(Protocol):
    """One open connection."""

    def write(self, data: bytes) -> None:
        """Send bytes, or keep them until the other side takes them."""
        ...

    def waiting(self) -> int:
        """Return how many bytes the other side has not taken yet."""
        ...

    def close(self) -> None:
        """Close the connection once all was sent."""
        ...

    def abort(self) -> None:
        """Close the connection now."""
        ...


def as_event(event: str, payload: str | None) -> bytes:
    """Return a message as a chunk of an answer that is an event stream."""
    return as_chunk(f"event: {event}\ndata: {_NO_DATA if payload is None else payload}\n\n".encode())


def as_chunk(data: bytes) -> bytes:
    """Return a chunk of an answer of unknown length."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def as_frame(text: bytes) -> bytes:
    """Return a text message as a frame of a WebSocket."""
    size = len(text)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + text
    if size < 65_536:
        return struct.pack("!BBH", 0x81, 126, size) + text
    return struct.pack("!BBQ", 0x81, 127, size) + text


def as_message(names: tuple[str, ...], event: str, payload: str | None) -> bytes:
    """Return a message of one of the channels of a socket as a frame."""
    data = {} if payload is None else {"payload": payload}
    return as_frame(orjson.dumps({"stream": names, "event": event, **data}))


THUMP: Final = as_chunk(b":thump\n\n")
LAST_CHUNK: Final = b"0\r\n\r\n"
PING: Final = b"\x89\x00"


def as_close(code: int) -> bytes:
    """Return the frame that closes a WebSocket."""
    return struct.pack("!BBH", 0x88, 2, code)
