"""The post room of one instance that has no rooms: everything of the federation floor, and a trust of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from fedgov.activitystreams.audience import Visibility
from fedgov.federation import actors, objects
from fedgov.federation.client import GuardedClient
from fedgov.federation.dispatch import ANY, FetchedObject, Keepers
from fedgov.federation.fetch import Fetcher
from fedgov.federation.gate import Gate
from fedgov.federation.keyring import KeyRing
from fedgov.federation.keys import KeyPair
from fedgov.federation.postroom import PostRoom
from fedgov.federation.signatures.keys import generate_ed25519
from fedgov.instance import Instance
from fedgov.kernel import config as configuration
from fedgov.kernel.clock import ManualClock
from fedgov.kernel.config import Config
from fedgov.store.database import open_database
from fedgov.store.leases import LeaseLostError, OnlyProcess
from fedgov.store.transaction import Setting, Transaction
from tests.tables import make_tables
from tests.trust import TrustInAllBut
from tests.unit.federation.neighbours import rsa_key

NOW = 1_795_000_000_000
DOMAIN = "gouda.example"


@dataclass
class Office:
    """Everything of one instance up to its post room."""

    instance: Instance
    clock: ManualClock
    trust: TrustInAllBut
    room: PostRoom
    fetcher: Fetcher
    keyring: KeyRing
    gate: Gate
    stack: AsyncExitStack

    async def again(self) -> Office:
        """The same instance in another process: its own connections, caches and workers on one database."""
        opened = _open(self.instance.config, clock=self.clock)
        return await self.stack.enter_async_context(opened)

    @property
    def now(self) -> int:
        """What the clock says."""
        return self.clock.now()

    async def person(self, username: str = "fatima") -> str:
        """Somebody of ours, with keys."""
        uri = self.instance.site.actor(username)
        await self.instance.write(create, uri=uri, kind="Person", username=username)
        return uri

    async def rows(self, table: Any) -> list[Row[Any]]:
        """All rows of a table, oldest first."""
        order = table.c.id if "id" in table.c else table.c.host
        return list(await self.instance.read(lambda tx: tx.rows(select(table).order_by(order))))


def create(tx: Transaction, *, uri: str, kind: str, username: str) -> None:
    """Make a local actor."""
    pair = KeyPair(rsa=rsa_key(f"{uri}#main-key"), ed25519=generate_ed25519(f"{uri}#ed25519-key"))
    actors.create_local(tx, uri=uri, kind=kind, username=username, name=username.title(), pair=pair)


def keep(tx: Transaction, fetched: FetchedObject) -> None:
    """Store whatever was fetched."""
    objects.add(
        tx,
        uri=fetched.document["id"],
        kind=fetched.document["type"],
        author=fetched.author,
        visibility=Visibility.PUBLIC,
        targets=(),
        document=fetched.body.decode(),
        published_at=tx.now,
    )


KEEPERS: Keepers = {ANY: keep}


@asynccontextmanager
async def open_office(
    database_url: str,
    *,
    folder: Path,
    federation: Mapping[str, Any] | None = None,
) -> AsyncIterator[Office]:
    """Open a post room with an Application actor, which signs what it fetches."""
    await make_tables(database_url)
    config = configuration.read(
        {
            "instance": {"domain": DOMAIN, "organisation": "gemeente Gouda"},
            "database": {"url": database_url},
            "federation": federation or {"allow_http": True, "allow_networks": ["127.0.0.0/8"]},
        },
        folder=folder / "gouda",
    )
    async with _open(config, clock=ManualClock(NOW)) as office:
        application = office.instance.site.application
        await office.instance.write(create, uri=application, kind="Application", username="gouda")
        yield office


@asynccontextmanager
async def _open(config: Config, *, clock: ManualClock) -> AsyncIterator[Office]:
    database = open_database(config.database_url, setting=Setting(config=config, clock=clock))
    trust = TrustInAllBut()
    instance = Instance(config=config, clock=clock, database=database, trust=trust)
    room = PostRoom(instance, client=GuardedClient(config.federation, user_agent="fedgov-test"))
    fetcher = Fetcher(room, keepers=KEEPERS)
    instance.fetch = fetcher
    keyring = KeyRing(room, fetcher=fetcher)
    gate = Gate(room, keyring=keyring)
    try:
        async with AsyncExitStack() as stack:
            yield Office(
                instance=instance,
                clock=clock,
                trust=trust,
                room=room,
                fetcher=fetcher,
                keyring=keyring,
                gate=gate,
                stack=stack,
            )
    finally:
        await room.close()
        await database.close()


class LostLease(OnlyProcess):
    """The lease of a process that hung too long.

    Args:
        notices: Whether it knows.
    """

    def __init__(self, *, notices: bool = False) -> None:
        self._notices = notices

    def demand_held(self) -> None:
        """Refuse, for whoever knows."""
        if self._notices:
            raise LeaseLostError("another process does this work now")

    def fenced(self, use_case: Callable[..., Any]) -> Callable[..., Any]:
        """Return what refuses."""

        def refuse(*_args: Any, **_values: Any) -> None:
            raise LeaseLostError("another process does this work now")

        return refuse
