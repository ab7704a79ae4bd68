"""People at another server who write to an inbox, and write again until they are told that it arrived.

They do what a good server does: an answer that never came is no answer, so the
same activity is signed and sent once more.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

from fedgov.activitystreams.audience import PUBLIC
from fedgov.federation.signatures.shapes import Shape
from tests.cli.commandline import Served, done, hire, make_instance, rows, serving, until
from tests.unit.federation.neighbours import Document, Neighbour, Person

PATIENCE: Final = 90.0
_PAUSE: Final = 0.05
_TWICE: Final = 0.1
"""How often somebody sends again what was accepted, because the answer got lost on the way."""


def wall_clock() -> int:
    """The time that a real server goes by."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]


@dataclass(slots=True)
class Senders:
    """Some people of a neighbour who all answer one post.

    Args:
        port: Where the server under test listens.
        domain: Its name.
        people: Who write.
        about: URI of the post that they answer, by `author`.
        author: URI of who is mentioned.
        chance: Decides who sends what twice.
        accepted: Ids of the notes whose activity got a 2xx.
        statuses: Answers by status.
    """

    port: int
    domain: str
    people: list[Person]
    about: str
    author: str
    chance: random.Random
    accepted: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    def reply(self, person: Person, *, text: str = "Ik doe mee.") -> Document:
        """An answer to the post."""
        activity = person.activity()
        audience = {"to": [PUBLIC], "cc": [self.author]}
        note = {
            "id": activity["object"],
            "type": "Note",
            "attributedTo": person.uri,
            "inReplyTo": self.about,
            "content": f"<p>{text}</p>",
            "tag": [{"type": "Mention", "href": self.author, "name": "@fatima"}],
            **audience,
        }
        return {**activity, "object": note, **audience}

    async def post(
        self, session: aiohttp.ClientSession, person: Person, activity: Document, *, now: int | None = None
    ) -> Told:
        """Sign an activity and send it once.

        Raises:
            aiohttp.ClientError: The connection broke.
            OSError: There was none.
        """
        message = person.posts(
            activity, to=f"http://{self.domain}/inbox", now=now or wall_clock(), shape=Shape.RFC9421_ED25519
        )
        url = f"http://127.0.0.1:{self.port}/inbox"
        async with session.post(url, data=message.body, headers=dict(message.headers)) as answer:
            await answer.read()
            self.statuses[answer.status] += 1
            return Told(status=answer.status, headers={k.lower(): v for k, v in answer.headers.items()})

    async def deliver(self, session: aiohttp.ClientSession, person: Person, activity: Document) -> bool:
        """Send an activity until it is accepted; False when they ended before."""
        uri = activity["object"]["id"]
        self.tried.add(uri)
        while not self._ended.is_set():
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                told = await self.post(session, person, activity)
                assert told.status < 300 or told.status in (429, 503), told
                if told.status < 300:
                    self.accepted.append(uri)
                    async with self._moved:
                        self._moved.notify_all()
                    return True
            await asyncio.sleep(_PAUSE)
        return False

    async def _write_on(self, session: aiohttp.ClientSession, person: Person) -> None:
        while not self._ended.is_set():
            activity = self.reply(person)
            if await self.deliver(session, person, activity) and self.chance.random() < _TWICE:
                with suppress(aiohttp.ClientError, OSError, TimeoutError):
                    await self.post(session, person, activity)

    async def until_accepted(self, number: int) -> None:
        """Wait until so many more were accepted."""
        wanted = len(self.accepted) + number
        async with asyncio.timeout(PATIENCE), self._moved:
            await self._moved.wait_for(lambda: len(self.accepted) >= wanted)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Everybody writes, one activity after the other, until the block ends."""
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
            tasks = [asyncio.create_task(self._write_on(session, person)) for person in self.people]
            try:
                yield
            finally:
                self._ended.set()
                for done in await asyncio.gather(*tasks, return_exceptions=True):
                    if isinstance(done, BaseException):
                        raise done


def senders(
    delft: Neighbour, *, port: int, name: str, about: str, author: str, chance: random.Random, count: int = 6
) -> Senders:
    """Some people at a neighbour who answer a post of an instance that `make_instance` made."""
    return Senders(
        port=port,
        domain=f"{name}.localhost:{port}",
        people=[delft.person(f"u{number}", shared=True) for number in range(count)],
        about=about,
        author=author,
        chance=chance,
    )


async def make_gouda(home: Path, delft: Neighbour, chance: random.Random, *, more: str = "") -> Senders:
    """Make an instance with one post of fatima's; return people elsewhere who can answer it."""

    def make() -> tuple[int, str]:
        port = make_instance(home, "gouda", more=more)
        hire(home, "gouda", "fatima")
        return port, done(home, "post", "fatima", "Wie doet mee?").strip()

    port, post = await asyncio.to_thread(make)
    author = f"http://gouda.localhost:{port}/users/fatima"
    return senders(delft, port=port, name="gouda", about=post, author=author, chance=chance)


@asynccontextmanager
async def gouda_serves(home: Path) -> AsyncIterator[Served]:
    """Serve it from a process of its own."""
    running = serving("--home", home, "serve", "gouda", says="gemeente Gouda")
    served = await asyncio.to_thread(running.__enter__)
    try:
        yield served
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def until_handled(home: Path, *, seconds: float = PATIENCE) -> None:
    """Wait until nothing waits in the log."""
    await asyncio.to_thread(until, lambda: all_handled(home, "gouda"), seconds=seconds)


def all_handled(home: Path, name: str) -> bool:
    """Tell whether nothing waits in the log."""
    return rows(home, name, "SELECT count(*) FROM inbox_items WHERE state = 'queued'") == [(0,)]


def demand_each_once(home: Path, name: str, crowd: Senders) -> None:
    """Check that everything that was accepted is there exactly once, and had its effect exactly once."""
    logged: Counter[Any] = Counter(uri for (uri,) in rows(home, name, "SELECT order_key FROM inbox_items"))
    lost = [uri for uri in crowd.accepted if logged[uri] != 1]
    assert lost == [], f"{len(lost)} of {len(crowd.accepted)} accepted activities are not in the log once"
    assert set(logged) <= crowd.tried
    states = rows(home, name, "SELECT DISTINCT state, reason FROM inbox_items")
    assert states == [("done", None)], states
    notes = {uri for (uri,) in rows(home, name, "SELECT uri FROM objects WHERE NOT local AND type = 'Note'")}
    assert notes == set(logged), "every activity in the log has its note, and there are no others"
    told = rows(home, name, "SELECT count(*) FROM notifications WHERE kind = 'mention' OR kind = 'reply'")
    counted = rows(
        home, name, "SELECT replies FROM posts JOIN objects ON id = object_id WHERE objects.uri = ?", crowd.about
    )
    assert (told, counted) == ([(len(logged),)], [(len(logged),)]), "each had its effect once"
