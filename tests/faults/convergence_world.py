"""Town halls whose workers run only when told to, so that one seed gives one story.

A town hall that is killed keeps what it had committed at that moment and nothing
else: its database is copied at the stroke, and it opens again on the copy.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from quart import Quart
from sqlalchemy import func, select

from fedgov import app
from fedgov.app import Running, Server
from fedgov.cli.serve import make_server
from fedgov.features.people.service import accounts
from fedgov.features.posts.service.polls import end_polls
from fedgov.features.posts.tables import polls, posts
from fedgov.federation import keys, results
from fedgov.kernel import clock as ids
from fedgov.kernel.clock import SECOND, ManualClock
from fedgov.store import schema
from fedgov.store.tables import deliveries, inbox_items, peers
from fedgov.store.transaction import Transaction
from tests.faults.convergence_road import Highway, Sky
from tests.faults.convergence_state import State
from tests.fediverse import Fediverse, Town

NAMES: Final = ("gouda", "delft", "breda", "zwolle", "assen", "goes")
PEOPLE: Final = ("fatima", "jan")
START: Final = 1_795_000_000_000
ROUNDS: Final = 400
"""Most times that everybody works after the faults; each time the clock goes to what is due next."""


@contextmanager
def by_hand() -> Iterator[None]:
    """Let no worker start by itself, and leave out the pages, which nobody opens here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Running, "start", lambda _running: None)
        patch.setattr(app, "web_application", lambda: Quart("nothing", static_folder=None))
        # What is drawn at random in the order in which answers come would make each play another story.
        patch.setattr(results, "random", SimpleNamespace(uniform=lambda least, most: (least + most) / 2))
        patch.setattr(ids, "secrets", SimpleNamespace(randbits=lambda _bits: 1))
        yield


@dataclass(slots=True)
class Hall(Town):
    """A town hall with the clock of the simulation, at the end of a highway."""

    clock: ManualClock = field(kw_only=True)
    highway: Highway = field(kw_only=True)
    copy: Path | None = None

    async def open(self) -> None:
        """Start serving."""
        self.server = make_server([self.config])
        self.app = self.server.config.app = Server([self.config], clock=self.clock)
        self.task = asyncio.create_task(self.server.serve(sockets=[self.listener.dup()]))
        while not self.server.started:
            if self.task.done():
                await self.task
                raise AssertionError("the town hall did not open")
            await asyncio.sleep(0.005)

    @property
    def database(self) -> Path:
        """Where its data is."""
        return self.config.folder / "fedgov.sqlite3"

    def take_copy(self) -> None:
        """Keep what is committed now."""
        self.copy = self.config.folder / "copy.sqlite3"
        self.copy.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.database)) as source:
            source.execute("VACUUM INTO ?", (str(self.copy),))

    async def bury(self) -> None:
        """Close without an end: only what was committed at the stroke is left."""
        if self.copy is None:
            self.take_copy()
        await self.close()
        self._go_back()

    def _go_back(self) -> None:
        assert self.copy is not None
        for ending in ("-wal", "-shm"):
            Path(f"{self.database}{ending}").unlink(missing_ok=True)
        self.copy.rename(self.database)
        self.copy = None


@dataclass(slots=True)
class World:
    """All town halls, the sky over them and the time.

    Args:
        fediverse: Who keeps the folders.
        chance: Chance that can be had again.
        clock: The time of all.
    """

    fediverse: Fediverse
    chance: random.Random
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    halls: dict[str, Hall] = field(default_factory=dict)
    people: list[tuple[Hall, str]] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    sky: Sky = field(init=False)
    empty: Path = field(init=False)

    def __post_init__(self) -> None:
        self.sky = Sky(self.chance.randrange(2**32))
        self.sky.dies = self._dies

    @property
    def open_halls(self) -> list[Hall]:
        """Those that serve now."""
        return [hall for hall in self.halls.values() if hall.app is not None]

    async def build(self, count: int) -> None:
        """Open town halls, with two people in each."""
        self.empty = self.fediverse._folder / "empty.sqlite3"
        await schema.upgrade(f"sqlite:///{self.empty}")
        for name in NAMES[:count]:
            hall = await self._open(name)
            self.halls[hall.domain] = hall
            for username in PEOPLE:
                uri = hall.instance.site.actor(username)
                pair = await keys.generate_pair(uri)
                await hall.instance.write(accounts.create_account, username=username, password_hash="x", pair=pair)
                self.people.append((hall, uri))

    async def _open(self, name: str) -> Hall:
        listener = socket.socket()
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as `fedgov serve` has it
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        highway = Highway(sky=self.sky)
        await highway.open(to=listener.getsockname()[1])
        config = self.fediverse._config(name, highway.port, {})
        highway.domain = config.instance.domain
        hall = Hall(config=config, listener=listener, clock=self.clock, highway=highway)
        self.fediverse.towns.append(hall)
        shutil.copy(self.empty, hall.database)  # the tables are made once for all
        await hall.open()
        return hall

    async def close(self) -> None:
        """Close all; the fediverse closes the town halls."""
        for hall in self.halls.values():
            await hall.highway.close()

    def followed(self, states: Mapping[str, State]) -> set[tuple[str, str]]:
        """Return all pairs (follower, followed) that there ever were, as far as anybody asked."""
        return {
            (item.actor, item.object_uri) for state in states.values() for item in state.did if item.type == "Follow"
        }

    def shut(self, states: Mapping[str, State]) -> set[frozenset[str]]:
        """Return all pairs between which there ever was a block."""
        return {
            frozenset((item.actor, item.object_uri))
            for state in states.values()
            for item in state.did
            if item.type == "Block"
        }

    def tell(self, *words: object) -> None:
        """Write down what happened."""
        self.story.append(" ".join(map(str, words)))

    # --- death --------------------------------------------------------------------------------------------------

    async def _dies(self, domain: str) -> None:
        await asyncio.to_thread(self.halls[domain].take_copy)

    async def bury_the_dead(self) -> None:
        """Close those that died."""
        for domain in sorted(self.sky.dead):
            hall = self.halls[domain]
            if hall.app is not None:
                self.tell("dies", domain)
                await hall.bury()

    async def revive(self, domain: str) -> None:
        """Open one again on what it had."""
        await self.bury_the_dead()
        if domain in self.sky.dead:
            self.tell("opens again", domain)
            await self.halls[domain].open()
            self.sky.dead.discard(domain)

    # --- work ---------------------------------------------------------------------------------------------------

    async def send(self, hall: Hall) -> None:
        """Let one send what is due."""
        await hall.running.delivery.settle()
        await self.bury_the_dead()

    async def receive(self, hall: Hall) -> None:
        """Let one carry out what came in."""
        await hall.running.inbox.settle()
        await self.bury_the_dead()

    async def mend(self, hall: Hall) -> None:
        """Let one compare follows."""
        await hall.running.mender.settle()
        await self.bury_the_dead()

    async def count(self, hall: Hall) -> None:
        """Let one end its polls and send their numbers."""
        await hall.instance.write(end_polls)

    async def settle(self) -> None:
        """Let all faults end, and everybody work until nothing is under way."""
        sky = self.sky
        sky.harm, sky.doomed = 0, None
        sky.broken.clear()
        await self.bury_the_dead()
        for domain in sorted(sky.dead):
            await self.revive(domain)
        for hall in self.open_halls:
            await hall.highway.let_stragglers_in(len(hall.highway.held), chance=self.chance)
        await self._work()

    async def _work(self) -> None:
        """Work until nothing is under way."""
        for _ in range(ROUNDS):
            for hall in self.open_halls:
                await self.count(hall)
                await self.send(hall)
                await self.receive(hall)
                await self.mend(hall)
            due = [at for hall in self.open_halls if (at := await hall.ask(_next)) is not None]
            if not due:
                return
            # What stands behind something that waits is due already.
            self.clock.advance(max(min(due) - self.clock.now(), 30 * SECOND))
        waiting = [(hall.domain, await hall.ask(_what)) for hall in self.open_halls]
        raise AssertionError(f"it never settled: {waiting}")


def _next(tx: Transaction) -> int | None:
    """Return when something is due next; None when nothing waits."""
    out = select(
        func.min(func.max(deliveries.c.next_attempt_at, func.coalesce(peers.c.next_attempt_at, 0)))
    ).select_from(deliveries.outerjoin(peers, peers.c.host == deliveries.c.host))
    times = [
        tx.value(out.where(deliveries.c.state == "queued")),
        tx.value(select(func.min(inbox_items.c.next_attempt_at)).where(inbox_items.c.state == "queued")),
        tx.value(
            select(func.min(polls.c.tally_due_at))
            .join(posts, posts.c.object_id == polls.c.object_id)
            .where(posts.c.local)
        ),
    ]
    found = [int(at) for at in times if at is not None]
    return min(found) if found else None


def _what(tx: Transaction) -> list[Any]:
    return [
        *(
            tuple(row)
            for row in tx.rows(select(deliveries.c.host, deliveries.c.reason).where(deliveries.c.state == "queued"))
        ),
        *(
            tuple(row)
            for row in tx.rows(select(inbox_items.c.type, inbox_items.c.reason).where(inbox_items.c.state == "queued"))
        ),
    ]
