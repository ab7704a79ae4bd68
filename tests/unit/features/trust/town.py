"""A town hall for the tests of a room: an instance with a real database and nobody outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fedgov.instance import Instance
from fedgov.kernel.clock import ManualClock
from fedgov.kernel.config import Config, read
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.uris import Handle
from fedgov.store.database import open_database
from fedgov.store.tables import activities, actors, deliveries, follows, inbox_items, peers
from fedgov.store.transaction import Listener, Setting, Transaction
from tests.tables import make_tables
from tests.trust import TrustInAllBut

DOMAIN = "groningen.example"
NOW = 1_795_000_000_000


@dataclass
class Post:
    """What the world outside would answer; by default nothing is there."""

    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    async def actor_by_handle(self, handle: Handle) -> str:
        raise NotFoundError("nobody there", detail=str(handle))

    async def actor(self, uri: str) -> str:
        raise NotFoundError("nobody there", detail=uri)

    async def refresh_actor(self, uri: str) -> str:
        """Nothing is older than it was."""
        return await self.actor(uri)

    def refresh_thread(self, uri: str) -> None:
        """Nobody reads threads here."""

    async def object(self, uri: str) -> str:
        raise NotFoundError("nothing there", detail=uri)

    async def file(self, url: str, *, max_bytes: int, accept: str = "", stay: bool = False) -> tuple[str, bytes]:
        self.fetched.append(url)
        if url not in self.files or len(self.files[url][1]) > max_bytes:
            raise NotFoundError("nothing there", detail=url)
        return self.files[url]


def config_of(folder: Path, *, database: str = "", **sections: Mapping[str, Any]) -> Config:
    """The configuration of an instance in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    table = {
        "instance": {"domain": DOMAIN, "organisation": "gemeente Groningen"},
        "database": {"url": database},
        **sections,
    }
    return read(table, folder=folder)


@asynccontextmanager
async def town_hall(
    folder: Path,
    *,
    database_url: str,
    listeners: Mapping[type, Sequence[Listener]] | None = None,
    **sections: Mapping[str, Any],
) -> AsyncIterator[Instance]:
    """An instance with an empty database at this URL."""
    await make_tables(database_url)
    config = config_of(folder / "groningen", database=database_url, **sections)
    clock = ManualClock(NOW)
    setting = Setting(config=config, clock=clock, listeners=listeners or {})
    database = open_database(database_url, setting=setting)
    try:
        instance = Instance(config=config, clock=clock, database=database, trust=TrustInAllBut())
        instance.fetch = Post()
        yield instance
    finally:
        await database.close()


# --- use cases that prepare a test ------------------------------------------------------------------------------


def meet(tx: Transaction, *, uri: str, host: str, local: bool = False, kind: str = "Person") -> str:
    """Store an actor; return its URI."""
    tx.execute(
        actors.insert(),
        {
            "id": tx.new_id(),
            "uri": uri,
            "host": host,
            "local": local,
            "kind": kind,
            "username": uri.rpartition("/")[2],
            "name": uri.rpartition("/")[2].title(),
            "inbox": f"{uri}/inbox",
            "followers_uri": f"{uri}/followers",
            "created_at": tx.now,
            "updated_at": tx.now,
        },
    )
    return uri


def befriend(tx: Transaction, *, follower: str, following: str, state: str = "accepted") -> None:
    """Let somebody follow somebody."""
    tx.execute(
        follows.insert(),
        {"id": tx.new_id(), "follower": follower, "following": following, "state": state, "created_at": tx.now},
    )


def deliver(tx: Transaction, *, host: str, state: str = "queued", reason: str | None = None) -> int:
    """Queue something for a host; return the row id of the delivery."""
    activity, delivery = tx.new_id(), tx.new_id()
    tx.execute(
        activities.insert(),
        {
            "id": activity,
            "uri": tx.site.activity(activity),
            "actor": tx.site.actor("fatima"),
            "type": "Create",
            "object_uri": tx.site.post(activity),
            "visibility": "public",
            "document": "{}",
            "published_at": tx.now,
        },
    )
    tx.execute(
        deliveries.insert(),
        {
            "id": delivery,
            "activity_id": activity,
            "host": host,
            "inbox": f"https://{host}/inbox",
            "order_key": str(activity),
            "state": state,
            "attempts": 3,
            "next_attempt_at": tx.now + 60_000,
            "reason": reason,
            "created_at": tx.now,
        },
    )
    return delivery


def receive(tx: Transaction, *, origin: str, state: str = "queued", body: bytes = b"{}") -> int:
    """Put something in the inbox; return its row id."""
    item = tx.new_id()
    tx.execute(
        inbox_items.insert(),
        {
            "id": item,
            "origin": origin,
            "activity_uri": f"{origin}/activities/{item}",
            "actor": f"{origin}/users/pieter",
            "type": "Create",
            "order_key": str(item),
            "body": body,
            "key_id": f"{origin}/users/pieter#main-key",
            "proven": False,
            "state": state,
            "attempts": 2,
            "next_attempt_at": tx.now + 60_000,
            "reason": "because",
            "received_at": tx.now,
        },
    )
    return item


def note_peer(tx: Transaction, /, *, host: str, **values: object) -> None:
    """Know a server."""
    tx.execute(peers.insert(), {"host": host, "first_seen_at": tx.now, **values})
