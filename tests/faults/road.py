"""The road to a town hall, on which things go wrong: answers and requests that get lost.

A `Road` listens where the town hall is said to be; the town hall itself listens
elsewhere. One request after the other is passed on, or not, as a test wants.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

import orjson

from tests.fediverse import Fediverse, Town
from tests.unit.federation.neighbours import Document

Fate = Literal["arrives", "answer lost", "lost", "swallowed"]
"""``lost`` breaks the connection; ``swallowed`` says 202 and passes nothing on."""

_ACCEPTED: Final = b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"


def everything_arrives(_activity: Document) -> Fate:
    """On a good day."""
    return "arrives"


@dataclass(slots=True)
class Road:
    """A listener in front of a town hall.

    Args:
        fate: What becomes of an activity that is POSTed.
        met: What was decided, by type of activity.
    """

    fate: Callable[[Document], Fate] = everything_arrives
    met: list[tuple[str, Fate]] = field(default_factory=list)
    port: int = 0
    _target: int = 0
    _server: asyncio.Server | None = None

    async def open(self, *, to: int) -> None:
        """Listen; pass on to a port of this machine."""
        self._target = to
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port or 0, limit=4_194_304)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Let nobody through any more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request; the connection ends with its answer."""
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            fate: Fate = "arrives"
            if head.startswith(b"POST"):
                activity = orjson.loads(body)
                fate = self.fate(activity)
                self.met.append((activity["type"], fate))
            if fate == "swallowed":
                writer.write(_ACCEPTED)
            elif fate != "lost":
                answer = await self._pass_on(head, body)
                if fate == "arrives":
                    writer.write(answer)
            await writer.drain()
        writer.close()

    async def _pass_on(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._target, limit=4_194_304)
        try:
            writer.write(head[:-2] + b"connection: close\r\n\r\n" + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            rest = await reader.readexactly(_length(answer))
            return answer[:-2] + b"connection: close\r\n\r\n" + rest
        finally:
            writer.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def add_behind(fediverse: Fediverse, name: str, road: Road) -> Town:
    """Open a town hall that others reach by this road only."""
    listener = socket.socket()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as `fedgov serve` has it
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    await road.open(to=listener.getsockname()[1])
    town = Town(config=fediverse._config(name, road.port, {}), listener=listener)
    fediverse.towns.append(town)
    await town.open()
    return town
