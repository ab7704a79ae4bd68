"""The roads between all the town halls of a simulation, and the weather on them.

One `Highway` leads to each town hall; every request carries who sends it in its
User-Agent, so each ordered pair of hosts has weather of its own.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

import orjson

from tests.faults.road import Road, _length

Weather = Literal["lost", "answer lost", "twice", "late", "copy later", "busy", "error", "arrives"]
"""What becomes of one request.

``lost``: the connection breaks before it arrived. ``answer lost``: it was carried out, and
nobody hears of it. ``twice``: it arrives two times, one right after the other. ``late``: its
sender gives it up, and it arrives later, behind others. ``copy later``: it arrives now and
once more later. ``busy`` and ``error``: 503, 429 or 500 are answered.
"""

STORM: Final[tuple[Weather, ...]] = ("lost", "answer lost", "twice", "late", "copy later", "busy", "error")
_PORT: Final = re.compile(r"(:|%3A)\d{5}")
_SENDER: Final = re.compile(rb"\r\nuser-agent:[^\r\n]*\(\+https?://([^)/]+)", re.IGNORECASE)
_ANSWERS: Final[dict[str, tuple[bytes, ...]]] = {
    "busy": (
        b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 30\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 120\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ),
    "error": (b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",),
}


@dataclass(slots=True)
class Sky:
    """What may go wrong between all of them.

    Args:
        seed: Says what becomes of which request: the same for the same one, in whatever order they come.
        harm: How many requests of a hundred meet something else than good weather.
        broken: Ordered pairs of hosts (sender, receiver) between which nothing passes.
        dead: Hosts that neither hear nor say anything.
        met: How often what was met, for a report.
    """

    seed: int
    harm: int = 0
    broken: set[tuple[str, str]] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)
    met: Counter[str] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    doomed: tuple[str, int] | None = None
    dies: Callable[[str], Awaitable[None]] | None = None

    def about(self, sender: str, receiver: str, what: str) -> random.Random:
        """Return the chance of one request, which hangs on nothing but who asks whom what, and how often before."""
        name = f"{self.seed} {sender.partition(':')[0]} {receiver.partition(':')[0]} {what}"
        self.came[name] += 1
        return random.Random(f"{name} {self.came[name]}")

    def weather(self, sender: str, receiver: str, *, is_post: bool, chance: random.Random) -> Weather:
        """Decide about one request."""
        if {sender, receiver} & self.dead or (sender, receiver) in self.broken:
            return "lost"
        if chance.randrange(100) >= self.harm:
            return "arrives"
        if not is_post:
            return chance.choice(("lost", "answer lost", "busy", "error"))
        return chance.choice(STORM)

    async def strike(self, sender: str, receiver: str) -> None:
        """Let somebody die in the middle of things, when that was arranged."""
        if self.doomed is None or self.dies is None or self.doomed[0] not in (sender, receiver):
            return
        host, left = self.doomed
        if left > 0:
            self.doomed = (host, left - 1)
            return
        self.doomed = None
        self.dead.add(host)
        self.met["killed"] += 1
        await self.dies(host)


@dataclass(slots=True)
class Highway(Road):
    """The way to one town hall, whoever comes.

    Args:
        sky: What goes wrong on all of them.
        domain: Host of the town hall, once it is known.
        held: Requests that will arrive later, each behind what it is.
    """

    sky: Sky = field(kw_only=True)
    domain: str = ""
    held: list[tuple[str, bytes, bytes]] = field(default_factory=list)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            answer = await self._travel(head, body)
            if answer is not None:
                writer.write(answer)
            await writer.drain()
        writer.close()

    async def _travel(self, head: bytes, body: bytes) -> bytes | None:
        """Return what the sender hears; None for nothing."""
        found = _SENDER.search(head)
        sender, what = found[1].decode() if found else "", _what(head, body)
        chance = self.sky.about(sender, self.domain, what)
        fate = self.sky.weather(sender, self.domain, is_post=head.startswith(b"POST"), chance=chance)
        self.sky.met[fate] += 1
        if fate in _ANSWERS:
            return chance.choice(_ANSWERS[fate])
        if fate == "late":
            self.held.append((what, head, body))
        if fate in ("lost", "late"):
            return None
        answer = await self._pass_on(head, body)
        await self.sky.strike(sender, self.domain)
        if {sender, self.domain} & self.sky.dead:
            return None
        if fate == "twice":
            await self._pass_on(head, body)
        if fate == "copy later":
            self.held.append((what, head, body))
        return None if fate == "answer lost" else answer

    async def let_stragglers_in(self, count: int, *, chance: random.Random) -> None:
        """Let some of the requests arrive that were held, in any order."""
        self.held.sort(key=lambda request: request[0])
        for _ in range(min(count, len(self.held))):
            _, head, body = self.held.pop(chance.randrange(len(self.held)))
            if self.domain not in self.sky.dead:
                with suppress(OSError, asyncio.IncompleteReadError):
                    await self._pass_on(head, body)


def _what(head: bytes, body: bytes) -> str:
    """Say what a request is, in words that are the same whenever its story is played."""
    if head.startswith(b"POST"):
        activity = orjson.loads(body)
        return f"{activity['type']} of {activity['actor'].rpartition('/')[2]} at {activity.get('published')}"
    return _PORT.sub("", head.partition(b"\r\n")[0].decode())
