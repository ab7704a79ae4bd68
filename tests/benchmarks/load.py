"""A load generator that costs little itself: requests are made beforehand and sent over kept connections."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Result:
    """What came of a load.

    Args:
        seconds: From the first request to the last answer.
        statuses: Answers by status.
        latencies: Seconds per request; in an open loop from when it was due.
    """

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def percentile(self, part: float) -> float:
        """Return a latency in milliseconds, for instance 0.99."""
        ordered = sorted(self.latencies)
        return 1_000 * ordered[min(len(ordered) - 1, int(len(ordered) * part))]


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 connection with one request under way."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if len(rest) < length:
            return
        self._buffer.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("closed"))

    async def send(self, request: bytes) -> int:
        """Send a request; return the status of its answer."""
        self._answer = asyncio.get_running_loop().create_future()
        assert self.transport is not None
        self.transport.write(request)
        return await self._answer


async def _connect(port: int, count: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(_Connection, "127.0.0.1", port))[1] for _ in range(count)]


async def as_fast_as_possible(port: int, requests: Sequence[bytes], *, connections: int = 64) -> Result:
    """Send all requests over some connections, each as soon as the one before was answered."""
    result = Result()
    waiting = iter(requests)
    opened = await _connect(port, connections)
    started = time.perf_counter()

    async def work(connection: _Connection) -> None:
        for request in waiting:
            begun = time.perf_counter()
            result.statuses[await connection.send(request)] += 1
            result.latencies.append(time.perf_counter() - begun)

    await asyncio.gather(*(work(connection) for connection in opened))
    result.seconds = time.perf_counter() - started
    _close(opened)
    return result


async def until_accepted(port: int, requests: Sequence[bytes], *, connections: int = 64, tries: int = 20) -> Result:
    """Send all requests; one that is put off (429, 503) is sent again after the others, as a patient server would."""
    result = Result()
    waiting: deque[bytes] = deque(requests)
    opened = await _connect(port, connections)
    started = time.perf_counter()

    async def work(connection: _Connection) -> None:
        while waiting and sum(result.statuses.values()) < tries * len(requests):
            request = waiting.popleft()
            status = await connection.send(request)
            result.statuses[status] += 1
            if status in (429, 503):
                waiting.append(request)

    await asyncio.gather(*(work(connection) for connection in opened))
    result.seconds = time.perf_counter() - started
    _close(opened)
    return result


async def at_a_rate(port: int, requests: Sequence[bytes], *, per_second: float, connections: int = 128) -> Result:
    """Send requests when they are due, whether or not earlier ones were answered (no coordinated omission)."""
    result = Result()
    opened = await _connect(port, connections)
    idle: asyncio.Queue[_Connection] = asyncio.Queue()
    for connection in opened:
        idle.put_nowait(connection)
    started = time.perf_counter()

    async def one(request: bytes, due: float) -> None:
        connection = await idle.get()
        result.statuses[await connection.send(request)] += 1
        result.latencies.append(time.perf_counter() - due)
        idle.put_nowait(connection)

    tasks = []
    for number, request in enumerate(requests):
        due = started + number / per_second
        pause = due - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.create_task(one(request, due)))
    await asyncio.gather(*tasks)
    result.seconds = time.perf_counter() - started
    _close(opened)
    return result


def _close(connections: Sequence[_Connection]) -> None:
    for connection in connections:
        if connection.transport is not None:
            connection.transport.close()
