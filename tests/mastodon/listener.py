"""Apps that watch streams, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import orjson

from tests.mastodon.conftest import Answered, App

PATIENCE: Final = 60.0
ROOT: Final = "/api/v1/streaming"


@dataclass(frozen=True, slots=True)
class Told:
    """One event.

    Args:
        event: Its name.
        payload: Its data, read where it is JSON.
        stream: On which channel of a socket.
    """

    event: str
    payload: Any
    stream: tuple[str, ...] = ()


def _read(payload: str | None) -> Any:
    return orjson.loads(payload) if payload and payload[:1] in "{[" else payload


@dataclass(slots=True)
class EventStream:
    """An open event stream."""

    answer: aiohttp.ClientResponse = field(repr=False)

    async def line(self) -> bytes:
        """Return the next line; empty once the stream is closed."""
        async with asyncio.timeout(PATIENCE):
            return await self.answer.content.readline()

    async def thump(self) -> None:
        """Read until a heartbeat."""
        while (line := await self.line()) != b":thump\n":
            assert line, "the stream was closed"

    async def next(self) -> Told:
        """Return the next event."""
        found: dict[str, str] = {}
        while (line := (await self.line()).decode()) and (line != "\n" or "event" not in found):
            name, _, value = line.rstrip("\n").partition(": ")
            if name in ("event", "data"):
                found[name] = value
        assert found, "the stream was closed"
        return Told(found["event"], _read(found["data"]))

    async def closed(self) -> None:
        """Wait until the stream is closed, as a stream should be: complete."""
        while await self.line():
            pass


@asynccontextmanager
async def event_stream(app: App, path: str, **params: str) -> AsyncIterator[EventStream]:
    """Open an event stream, and return it once it listens."""
    headers = {"Host": app.town.domain, "Authorization": f"Bearer {app.token}"}
    url = f"{app.town.base}{ROOT}/{path}"
    timeout = aiohttp.ClientTimeout(total=None)
    async with app.session.get(url, params=params, headers=headers, timeout=timeout) as answer:
        assert answer.status == 200, await answer.text()
        found = EventStream(answer)
        await found.thump()
        yield found


async def refusal(app: App, path: str, **params: str) -> Answered:
    """Return how a stream is refused; one that opens is left at once, with nothing read of it."""
    headers = {"Host": app.town.domain, **({"Authorization": f"Bearer {app.token}"} if app.token else {})}
    async with app.session.get(f"{app.town.base}{ROOT}/{path}", params=params, headers=headers) as answer:
        found = {name.lower(): value for name, value in answer.headers.items()}
        return Answered(answer.status, found, None if answer.status == 200 else await answer.json())


@dataclass(slots=True)
class Socket:
    """An open WebSocket."""

    ws: aiohttp.ClientWebSocketResponse = field(repr=False)

    async def raw(self) -> Any:
        """Return the next message, read."""
        message = await self.ws.receive(timeout=PATIENCE)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return orjson.loads(message.data)

    async def next(self) -> Told:
        """Return the next event."""
        found = await self.raw()
        return Told(found["event"], _read(found.get("payload")), tuple(found["stream"]))

    async def say(self, what: str, **values: str) -> None:
        """Send a message, and return once it was heard: what comes behind it has been answered."""
        await self.ws.send_str(orjson.dumps({"type": what, **values}).decode())
        await self.heard()

    async def heard(self) -> None:
        """Return once everything that was said was heard."""
        await self.ws.send_str('{"type": "subscribe", "stream": "nonsense"}')
        assert await self.raw() == {"error": "Unknown stream type", "status": 400}

    async def closed(self) -> int:
        """Wait until the socket is closed; return the code that says why."""
        message = await self.ws.receive(timeout=PATIENCE)
        assert message.type is aiohttp.WSMsgType.CLOSE, message
        return int(message.data)


@asynccontextmanager
async def web_socket(app: App, path: str = "", **params: str) -> AsyncIterator[Socket]:
    """Open a WebSocket with the token in its address."""
    url = f"{app.town.base}{ROOT}{path}"
    sent = {"access_token": app.token, **params}
    async with app.session.ws_connect(url, params=sent, headers={"Host": app.town.domain}, autoclose=False) as ws:
        found = Socket(ws)
        await found.heard()
        yield found
