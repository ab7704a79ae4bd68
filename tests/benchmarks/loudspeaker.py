"""The least that a broadcast can cost: the same bytes to every connection of a bare server, at a steady rate."""

from __future__ import annotations

import asyncio
import sys
from typing import Final, cast

import uvloop

HEALTHY: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Line(asyncio.Protocol):
    """One connection: a listener, unless it asks something."""

    opened: Final[set[asyncio.Transport]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own has no base class

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"LISTEN"):
            self.opened.add(self.transport)
            return
        self.transport.write(HEALTHY)
        self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.opened.discard(self.transport)


async def _broadcast(port: int, clients: int, size: int, times: int, per_second: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Line, "127.0.0.1", port, backlog=2_048)
    while len(_Line.opened) < clients:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.05)
    begun = loop.time()
    for number in range(times):
        await asyncio.sleep(max(0.0, begun + (number + 1) / per_second - loop.time()))
        data = (b"%08d" % number).ljust(size, b".")
        for transport in _Line.opened:
            transport.write(data)
    while _Line.opened:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.05)
    server.close()


if __name__ == "__main__":
    _port, _clients, _size, _times = map(int, sys.argv[1:5])
    uvloop.run(_broadcast(_port, _clients, _size, _times, float(sys.argv[5])))
