"""Everybody's apps listen at once, by WebSocket to all streams and by event streams, to what fatima does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import orjson

from fedgov.features.posts.service import publishing, reacting
from tests.fediverse import PATIENCE
from tests.security.office import AUDIENCES, LOCAL, Office

ROOT: Final = "/api/v1/streaming"
CHANNELS: Final = (
    *("user", "user:notification", "public", "public:local", "public:remote", "public:media", "direct"),
    *("hashtag", "hashtag:local"),
)
EVENT_STREAMS: Final = ("user", "public")
"""What is read here; the channels are the same, and these two show the end of what is listened to."""


@dataclass(slots=True)
class Ear:
    """What one app heard: whole lines, as they came."""

    viewer: str
    kind: str
    heard: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.heard)


async def _by_socket(ear: Ear, socket: aiohttp.ClientWebSocketResponse, *, until: str) -> None:
    while True:
        line = await socket.receive_str(timeout=PATIENCE)
        ear.heard.append(line)
        found = orjson.loads(line)
        if found.get("event") == "delete" and found.get("payload") == until:
            return


async def _by_events(ear: Ear, answer: aiohttp.ClientResponse, *, until: str) -> None:
    event = ""
    while True:
        async with asyncio.timeout(PATIENCE):
            line = (await answer.content.readline()).decode()
        assert line, "the stream was closed"
        ear.heard.append(line)
        name, _, value = line.rstrip("\n").partition(": ")
        event = value if name == "event" else event
        if (name, value, event) == ("data", until, "delete"):
            return


@dataclass(slots=True)
class Ears:
    """All apps that listen."""

    office: Office
    sockets: list[tuple[Ear, aiohttp.ClientWebSocketResponse]] = field(default_factory=list)
    events: list[tuple[Ear, aiohttp.ClientResponse]] = field(default_factory=list)

    async def until(self, number: str) -> list[Ear]:
        """Return all of them once each heard that this message is gone."""
        await asyncio.gather(
            *(_by_socket(ear, socket, until=number) for ear, socket in self.sockets),
            *(_by_events(ear, answer, until=number) for ear, answer in self.events),
        )
        return [ear for ear, _ in (*self.sockets, *self.events)]


@asynccontextmanager
async def listening(office: Office) -> AsyncIterator[Ears]:
    """Let the app of everybody here watch everything that there is."""
    found, session, origin = Ears(office), office.internet.session, office.internet.origin
    async with AsyncExitStack() as stack:
        for viewer in LOCAL:
            bearer = {"Authorization": f"Bearer {office.tokens[viewer]}"}
            socket = await stack.enter_async_context(session.ws_connect(f"{origin}{ROOT}", headers=bearer))
            for channel in CHANNELS:
                await socket.send_json({"type": "subscribe", "stream": channel, "tag": "matrix"})
            if viewer in office.lists:
                await socket.send_json({"type": "subscribe", "stream": "list", "list": str(office.lists[viewer])})
            await socket.send_json({"type": "subscribe", "stream": "nonsense"})
            assert "Unknown stream type" in await socket.receive_str(timeout=PATIENCE)  # all before it was heard
            found.sockets.append((Ear(viewer, "socket"), socket))
            for path in EVENT_STREAMS:
                answer = await stack.enter_async_context(
                    session.get(f"{origin}{ROOT}/{path}", headers=bearer, timeout=aiohttp.ClientTimeout(total=None))
                )
                assert answer.status == 200
                # A script on any site may read it, because it brought a token; no cache keeps it.
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
                assert answer.headers["Cache-Control"] == "private, no-store"
                while await answer.content.readline() != b":thump\n":
                    pass
                found.events.append((Ear(viewer, path), answer))
        yield found


def spoken(audience: str) -> tuple[str, str]:
    """Return the words that stand in what is said to somebody, before and after it was edited."""
    return f"stroom{audience}woord", f"straks{audience}woord"


async def speak(office: Office) -> dict[str, str]:
    """Write to every audience, edit and like; return the number of each message."""
    internet, numbers = office.internet, {}
    write, site = internet.town.instance.write, internet.town.instance.site
    for audience in AUDIENCES:
        named = "@kees @boos " if audience == "direct" else ""
        first, then = spoken(audience)
        uri = await internet.fatima.post(f"{named}{first} #matrix", audience)
        numbers[audience] = uri.rpartition("/")[2]
        await write(
            publishing.edit_post,
            actor=internet.fatima.uri,
            object_id=int(numbers[audience]),
            text=f"{named}{then} #matrix",
        )
        liker = next(name for name, allowed in LOCAL.items() if audience in allowed and name != "fatima")
        await write(reacting.like, actor=site.actor(liker), object_uri=uri)
    await internet.settle()
    return numbers


async def fall_silent(office: Office, *numbers: str) -> str:
    """Delete some messages, and one more that all who listen hear of; return the number of that one."""
    internet = office.internet
    last = (await internet.fatima.post("Merkteken", "public")).rpartition("/")[2]
    for number in (*numbers, last):
        await internet.town.instance.write(publishing.delete_post, actor=internet.fatima.uri, object_id=int(number))
    return last
