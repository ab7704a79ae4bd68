"""A small fediverse for tests: real instances on real sockets, all in this process.

Town halls are started and stopped one by one; everything between them is signed
HTTP over loopback.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
import uvicorn
from sqlalchemy import func, select

from fedgov.activitystreams.audience import Visibility
from fedgov.app import Running, Server
from fedgov.cli.serve import make_server
from fedgov.features.notices.tables import push_messages
from fedgov.features.people.service import accounts, follows
from fedgov.features.posts.service import publishing
from fedgov.federation import actors, objects
from fedgov.federation.signatures.keys import PrivateKey, generate_rsa
from fedgov.instance import Instance
from fedgov.kernel import config as configuration
from fedgov.kernel.config import Config
from fedgov.kernel.uris import parse_handle
from fedgov.store.tables import deliveries, inbox_items
from fedgov.store.transaction import Transaction
from tests.tables import begin_migrated

T = TypeVar("T")
PATIENCE: Final = 100.0
"""Seconds: a key that a busy machine did not give within two is asked for again after sixty, as it should be."""
PASSWORD: Final = "een-heel-lang-wachtwoord"

_pool = itertools.cycle([])  # type: ignore[var-annotated]


def pooled_rsa(key_id: str) -> PrivateKey:
    """Return one of a few RSA keys made once: making one takes a tenth of a second."""
    global _pool  # noqa: PLW0603
    try:
        key = next(_pool)
    except StopIteration:
        _pool = itertools.cycle([generate_rsa("pool:1"), generate_rsa("pool:2"), generate_rsa("pool:3")])
        key = next(_pool)
    return PrivateKey(key_id=key_id, kind="rsa", material=key.material)


@dataclass(slots=True)
class Colleague:
    """Somebody with an account at a town hall."""

    town: Town
    username: str
    uri: str

    @property
    def handle(self) -> str:
        """``@name@host``."""
        return f"@{self.username}@{self.town.domain}"

    async def follow(self, other: Colleague) -> None:
        """Look the other up by handle and ask to follow."""
        instance = self.town.instance
        uri = await instance.fetch.actor_by_handle(parse_handle(other.handle, scheme="http"))
        await instance.write(follows.follow, actor=self.uri, target=uri)

    async def unfollow(self, other: Colleague) -> None:
        """Stop following."""
        await self.town.instance.write(follows.unfollow, actor=self.uri, target=other.uri)

    async def post(self, text: str, visibility: str = "public", **values: Any) -> str:
        """Publish a post; return its URI."""
        row_id = await self.town.instance.write(
            publishing.publish_post, author=self.uri, text=text, visibility=Visibility(visibility), **values
        )
        return self.town.instance.site.post(row_id)

    async def reply(self, uri: str, text: str, visibility: str = "public", **values: Any) -> str:
        """Answer a post that has arrived here."""
        return await self.post(text, visibility, in_reply_to=uri, **values)


@dataclass(slots=True)
class Town:
    """A town hall: one instance with a server of its own."""

    config: Config
    listener: socket.socket
    server: uvicorn.Server | None = None
    app: Server | None = None
    task: asyncio.Task[None] | None = None
    colleagues: dict[str, Colleague] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """Its host, with the port."""
        return self.config.instance.domain

    @property
    def running(self) -> Running:
        """Everything that serves it."""
        assert self.app is not None, "the town hall is closed"
        return self.app.running[0]

    @property
    def instance(self) -> Instance:
        """The instance."""
        return self.running.instance

    @property
    def base(self) -> str:
        """Where it is reached without knowing its name."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    async def open(self) -> None:
        """Start serving."""
        await begin_migrated(self.config.database_url)
        self.server = make_server([self.config])
        self.app = self.server.config.app  # type: ignore[assignment]
        copy = self.listener.dup()
        self.task = asyncio.create_task(self.server.serve(sockets=[copy]))
        while not self.server.started:
            if self.task.done():
                await self.task
                raise AssertionError("the town hall did not open")
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Stop serving; the port stays ours, so connections wait."""
        assert self.server is not None
        assert self.task is not None
        self.server.should_exit = True
        await self.task
        self.app = None

    async def as_(self, username: str, **values: Any) -> Colleague:
        """Return a colleague, who gets an account when there is none."""
        if username not in self.colleagues:
            await accounts.open_account(
                self.instance, username=username, password=PASSWORD, name=username.title(), **values
            )
            uri = self.instance.site.actor(username)
            self.colleagues[username] = Colleague(town=self, username=username, uri=uri)
        return self.colleagues[username]

    async def ask(self, query: Callable[..., T], **values: Any) -> T:
        """Read something from its store."""
        return await self.instance.read(query, **values)

    async def object(self, uri: str) -> dict[str, Any] | None:
        """Return an object's document as stored here; None when unknown or deleted."""
        row = await self.instance.read(objects.find, uri=uri)
        return None if row is None or row.document is None else orjson.loads(row.document)

    async def knows(self, uri: str) -> bool:
        """Tell whether an actor is in its store and alive."""
        row = await self.instance.read(actors.find, uri=uri)
        return row is not None and row.deleted_at is None


class Fediverse:
    """Town halls that talk with one another.

    Args:
        folder: Where their data goes.
        database_url: Makes the database URL of a town hall; SQLite in its folder when not given.
    """

    def __init__(self, folder: Path, *, database_url: Callable[[str], str] = lambda _name: "") -> None:
        self._folder = folder
        self._database_url = database_url
        self.towns: list[Town] = []

    async def add(self, name: str, *, settings: Mapping[str, Mapping[str, Any]] | None = None) -> Town:
        """Open a town hall at ``name.localhost``.

        Args:
            name: First label of its host.
            settings: Sections of the configuration that differ from a demo's.
        """
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as `fedgov serve` has it
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        town = Town(config=self._config(name, listener.getsockname()[1], settings or {}), listener=listener)
        self.towns.append(town)
        await town.open()
        return town

    def _config(self, name: str, port: int, settings: Mapping[str, Mapping[str, Any]]) -> Config:
        folder = self._folder / name
        folder.mkdir()
        table: dict[str, dict[str, Any]] = {
            "instance": {
                "domain": f"{name}.localhost:{port}",
                "organisation": f"gemeente {name.title()}",
                "scheme": "http",
            },
            "server": {"listen": f"127.0.0.1:{port}", "aliases": [f"localhost:{port}", f"127.0.0.1:{port}"]},
            "database": {"url": self._database_url(name)},
            "federation": {"allow_http": True, "allow_networks": ["127.0.0.0/8"]},
        }
        for section, values in settings.items():
            table.setdefault(section, {}).update(values)
        return configuration.read(tomllib.loads(tomllib_text(table)), folder=folder)

    async def settle(self) -> None:
        """Wait until nothing is on its way any more between the open town halls."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        quiet = 0
        while quiet < 2:
            if asyncio.get_running_loop().time() > deadline:
                waiting = [(town.domain, await town.ask(_busy)) for town in self.towns if town.app is not None]
                raise AssertionError(f"not settled after {PATIENCE} s: {waiting}")
            busy = [await town.ask(_busy) for town in self.towns if town.app is not None]
            quiet = quiet + 1 if not any(busy) else 0
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Close all town halls."""
        for town in self.towns:
            if town.app is not None:
                await town.close()
            town.listener.close()


def _busy(tx: Transaction) -> int:
    """Count what is due: deliveries and push messages to be sent, and activities to be handled."""
    out = select(func.count()).where(deliveries.c.state == "queued", deliveries.c.next_attempt_at <= tx.now)
    come = select(func.count()).where(inbox_items.c.state == "queued", inbox_items.c.next_attempt_at <= tx.now)
    told = select(func.count()).where(push_messages.c.due_at <= tx.now)
    return int(tx.value(out)) + int(tx.value(come)) + int(tx.value(told))


def tomllib_text(table: Mapping[str, Mapping[str, Any]]) -> str:
    """Write simple settings as TOML, so that tests go through the same reader as files."""
    lines = []
    for section, values in table.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {orjson.dumps(value).decode()}" for key, value in values.items()]
    return "\n".join(lines)
