"""People for the tests of any room: a town hall's database, its staff, and acquaintances elsewhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import orjson
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from fedgov.activitystreams.activity import read_activity
from fedgov.activitystreams.actor import read_actor
from fedgov.activitystreams.document import Document
from fedgov.federation import actors, follows
from fedgov.federation.dispatch import VerifiedActivity
from fedgov.federation.keys import KeyPair
from fedgov.federation.signatures.keys import generate_ed25519, generate_rsa
from fedgov.instance import Instance
from fedgov.kernel.clock import ManualClock
from fedgov.kernel.config import Config, read
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.uris import Handle, host, origin, parse_handle
from fedgov.store.database import open_database
from fedgov.store.tables import activities, deliveries
from fedgov.store.tables import actors as actors_table
from fedgov.store.transaction import Listener, Setting, Transaction
from tests.tables import make_sqlite_tables, make_tables
from tests.trust import TrustInAllBut

T = TypeVar("T")
DOMAIN: Final = "groningen.example"
NOW: Final = 1_795_000_000_000
HASH: Final = "$argon2id$no password fits this"


@cache
def _keys() -> KeyPair:
    """Made once: an RSA key takes a tenth of a second and more."""
    return KeyPair(rsa=generate_rsa("https://nobody.example#rsa"), ed25519=generate_ed25519("https://nobody.example#e"))


def key_pair(owner: str, *, serial: int = 1) -> KeyPair:
    """Return keys of an actor, with the right names but always the same material."""
    suffix = "" if serial == 1 else f"-{serial}"
    pair = _keys()
    return KeyPair(
        rsa=replace(pair.rsa, key_id=f"{owner}#main-key{suffix}"),
        ed25519=replace(pair.ed25519, key_id=f"{owner}#ed25519-key{suffix}"),
    )


def config_of(folder: Path, *, domain: str = DOMAIN, database: str = "", **sections: Mapping[str, Any]) -> Config:
    """Return the configuration of an instance in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    table: dict[str, Mapping[str, Any]] = {
        "instance": {"domain": domain, "organisation": f"gemeente {domain.partition('.')[0].title()}"},
        "database": {"url": database},
    }
    return read(table | sections, folder=folder)


class Ears(Mapping[type, Sequence[Listener]]):
    """Listens to every event of every room.

    Args:
        heard: Where the events are written down.
    """

    def __init__(self, heard: list[object]) -> None:
        self._heard = heard

    def __getitem__(self, kind: type) -> Sequence[Listener]:
        return [lambda _tx, event: self._heard.append(event)]

    def __iter__(self) -> Iterator[type]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass
class Town:
    """A town hall with one open transaction.

    Args:
        tx: The transaction.
        clock: Its clock; `later` moves it.
        heard: The events that were told so far.
    """

    tx: Transaction
    clock: ManualClock
    heard: list[object] = field(default_factory=list)

    def later(self, milliseconds: int) -> Transaction:
        """Go on at a later time, in a new transaction on the same connection."""
        self.clock.advance(milliseconds)
        self.tx = Transaction(self.tx.connection, self.tx.setting)
        return self.tx

    def local(self, username: str = "fatima", **values: Any) -> str:
        """Give somebody an account here; return the URI of the actor."""
        from fedgov.features.people.service.accounts import create_account

        uri = self.tx.site.actor(username)
        columns: dict[str, Any] = {
            name: values.pop(name) for name in ("approves_followers", "lists_followers") if name in values
        }
        create_account(self.tx, username=username, password_hash=HASH, pair=key_pair(uri), **values)
        if columns:
            actors.change_local(self.tx, uri=uri, values=columns)
        return uri

    def house(self) -> None:
        """Make the actors of the server and of the organisation."""
        site = self.tx.site
        for uri, kind, username in (
            (site.application, "Application", site.domain),
            (site.organisation, "Organization", actors.ORGANISATION_USERNAME),
        ):
            actors.create_local(self.tx, uri=uri, kind=kind, username=username, name=username, pair=key_pair(uri))

    def remote(self, handle: str = "@pieter@leeuwarden.example", **members: object) -> str:
        """Get to know somebody elsewhere; return the URI of the actor."""
        document = actor_document(handle, **members)
        actors.remember_remote(self.tx, actor=read_actor(document), body=orjson.dumps(document).decode())
        return str(document["id"])

    def befriend(self, follower: str, following: str) -> None:
        """Let somebody follow somebody."""
        follows.put(self.tx, follower=follower, following=following, state="accepted", activity_uri=None)

    def sent(self, kind: str | None = None) -> list[Document]:
        """Return the activities of people here, oldest first; of one type when given."""
        found = self.tx.values(select(activities.c.document).order_by(activities.c.id))
        documents = [orjson.loads(document) for document in found]
        return [document for document in documents if kind in (None, document["type"])]

    def queued(self) -> list[tuple[str, str]]:
        """Return (type of the activity, inbox) of everything that waits for being sent, oldest first."""
        rows = self.tx.rows(
            select(activities.c.type, deliveries.c.inbox)
            .join(activities, activities.c.id == deliveries.c.activity_id)
            .order_by(deliveries.c.id)
        )
        return [(row.type, row.inbox) for row in rows]

    def events(self, kind: type[T]) -> list[T]:
        """Return the events of one type that were told so far."""
        return [event for event in self.heard if isinstance(event, kind)]


def actor_document(handle: str, **members: object) -> Document:
    """Return what the server of somebody elsewhere says about that person."""
    known = parse_handle(handle)
    uri = f"https://{known.host}/users/{known.username}"
    document: Document = {
        "id": uri,
        "type": "Person",
        "preferredUsername": known.username,
        "name": known.username.title(),
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "followers": f"{uri}/followers",
        "endpoints": {"sharedInbox": f"https://{known.host}/inbox"},
        "discoverable": True,
    }
    return document | members


def verified(document: Document, *, received_at: int = NOW) -> VerifiedActivity:
    """Return an activity as the gate would admit it, without asking the gate."""
    activity = read_activity(document)
    make = cast("Callable[..., VerifiedActivity]", VerifiedActivity)
    return make(
        activity=activity,
        origin=origin(activity.actor),
        key_id=f"{activity.actor}#main-key",
        proven=False,
        body=orjson.dumps(document),
        received_at=received_at,
    )


# --- databases --------------------------------------------------------------------------------------------------


@contextmanager
def synchronous(url: str) -> Iterator[Connection]:
    """Open a database at this URL for synchronous use, with the tables of all rooms and a transaction begun."""
    opened = _sqlite(url) if url.startswith("sqlite:") else _postgres(url)
    with opened as connection:
        yield connection


@contextmanager
def _sqlite(url: str) -> Iterator[Connection]:
    make_sqlite_tables(url)
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.rollback()
        yield connection
        connection.rollback()
    engine.dispose()


class _Bridge:
    """A connection of the asynchronous driver, used from outside its event loop.

    Its results are complete when `execute` returns, so they can be read anywhere.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: AsyncConnection) -> None:
        self._loop = loop
        self._connection = connection

    @property
    def dialect(self) -> Any:
        return self._connection.dialect

    def execute(self, statement: Any, values: Any = None) -> Any:
        return self.wait(self._connection.run_sync(lambda connection: connection.execute(statement, values)))

    def wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def rollback(self) -> None:
        self.wait(self._connection.rollback())


@contextmanager
def _postgres(url: str) -> Iterator[Connection]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)
    connection = engine.connect()
    bridge = _Bridge(loop, connection)
    try:
        bridge.wait(make_tables(url))
        bridge.wait(_start(connection))
        yield cast("Connection", bridge)
        bridge.rollback()
    finally:
        bridge.wait(connection.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(connection: AsyncConnection) -> None:
    await connection.start()


@contextmanager
def town_hall(url: str, *, folder: Path, domain: str = DOMAIN, **sections: Mapping[str, Any]) -> Iterator[Town]:
    """Open a town hall with an empty database and one transaction."""
    with synchronous(url) as connection:
        config = config_of(folder / domain.partition(".")[0], domain=domain, database=url, **sections)
        yield _town_on(connection, config=config)


@contextmanager
def town_on(connection: Connection, *, folder: Path) -> Iterator[Town]:
    """Open a town hall on the empty tables of a connection, and take back afterwards what was done there."""
    assert connection.execute(select(actors_table.c.id).limit(1)).first() is None, "somebody committed here"
    yield _town_on(connection, config=config_of(folder / DOMAIN.partition(".")[0]))
    connection.rollback()


def _town_on(connection: Connection, *, config: Config) -> Town:
    heard: list[object] = []
    clock = ManualClock(NOW)
    setting = Setting(config=config, clock=clock, listeners=Ears(heard))
    return Town(tx=Transaction(connection, setting), clock=clock, heard=heard)


@asynccontextmanager
async def living_town(
    url: str, *, folder: Path, domain: str = DOMAIN, **sections: Mapping[str, Any]
) -> AsyncIterator[tuple[Instance, list[object]]]:
    """Open a whole instance with an empty database, and the list of events that it tells."""
    await make_tables(url)
    heard: list[object] = []
    config = config_of(folder / domain.partition(".")[0], domain=domain, database=url, **sections)
    clock = ManualClock(NOW)
    database = open_database(url, setting=Setting(config=config, clock=clock, listeners=Ears(heard)))
    try:
        instance = Instance(config=config, clock=clock, database=database, trust=TrustInAllBut())
        instance.fetch = World()
        yield instance, heard
    finally:
        await database.close()


def settle(tx: Transaction, /, username: str = "fatima", password_hash: str = HASH, **values: Any) -> int:
    """Give somebody an account, as a use case; return its row id."""
    from fedgov.features.people.service.accounts import create_account

    uri = tx.site.actor(username)
    return create_account(tx, username=username, password_hash=password_hash, pair=key_pair(uri), **values)


# --- the world outside ------------------------------------------------------------------------------------------


@dataclass
class World:
    """What would be found elsewhere; by default nothing.

    Args:
        handles: URIs of actors by ``name@host``.
    """

    handles: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def actor_by_handle(self, handle: Handle) -> str:
        self.asked.append(str(handle))
        found = self.handles.get(f"{handle.username}@{handle.host}")
        if found is None:
            raise NotFoundError("nobody there", detail=str(handle))
        return found

    async def actor(self, uri: str) -> str:
        self.asked.append(uri)
        if uri not in self.handles.values():
            raise NotFoundError("nobody there", detail=uri)
        return uri

    async def refresh_actor(self, uri: str) -> str:
        """Nothing is older than it was."""
        return await self.actor(uri)

    def refresh_thread(self, uri: str) -> None:
        """Nobody reads threads here."""

    async def object(self, uri: str) -> str:
        self.asked.append(uri)
        raise NotFoundError("nothing there", detail=uri)

    async def file(self, url: str, *, max_bytes: int, accept: str = "", stay: bool = False) -> tuple[str, bytes]:
        self.asked.append(f"{url} up to {max_bytes}")
        raise NotFoundError("nothing there", detail=url)


def host_of(uri: str) -> str:
    """Return the host of an actor."""
    return host(uri)
