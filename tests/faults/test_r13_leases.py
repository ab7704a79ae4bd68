"""R13: a process that lost its lease begins nothing new and records no result; the effect elsewhere is one."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests.cli.commandline import Served, done, free_ports, hire, make_instance, refused, serving
from tests.unit.federation.neighbours import Asked, Neighbour, OpenNeighbour, Page

PATIENCE = 90.0
"""Seconds: longer than a lease of ten, on a busy machine."""


class Ledger:
    """The shared database, looked at from outside."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def row(self, statement: str) -> tuple[Any, ...] | None:
        """The first row."""
        connection = await asyncpg.connect(self._url)
        try:
            found = await connection.fetchrow(statement)
            return None if found is None else tuple(found)
        finally:
            await connection.close()

    async def until(self, statement: str, fits: Callable[[tuple[Any, ...]], bool] = bool) -> tuple[Any, ...]:
        """Wait for a row that fits."""
        async with asyncio.timeout(PATIENCE):
            while (row := await self.row(statement)) is None or not fits(row):  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.1)
            return row


def welcome(neighbour: Neighbour, name: str) -> str:
    """Somebody who can be looked up there; return the handle."""
    person = neighbour.person(name, shared=True)
    neighbour.finger(name, to=person.uri)
    return f"@{name}@{neighbour.host}"


class Letterbox:
    """An inbox that can hold its answers back."""

    def __init__(self, neighbour: Neighbour) -> None:
        self.seen: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        neighbour.pages["/inbox"] = self._answer

    async def _answer(self, asked: Asked) -> Page:
        self.seen.append(asked.document["id"])
        await self.open.wait()
        return Page(202)

    async def until(self, number: int) -> None:
        """Wait for so many requests."""
        async with asyncio.timeout(PATIENCE):
            while len(self.seen) < number:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)


async def follow(home: Path, handle: str) -> None:
    """Ask to follow somebody, by a command beside the servers."""
    await asyncio.to_thread(done, home, "-i", "gouda", "follow", "fatima", handle)


@dataclass(frozen=True, slots=True)
class Hall:
    """Gouda on PostgreSQL with somebody in it, a second place to listen, and somebody to follow elsewhere."""

    ledger: Ledger
    letterbox: Letterbox
    delft: Neighbour
    jan: str
    elsewhere: str


@pytest_asyncio.fixture
async def hall(home: Path, postgres_url: str, open_neighbour: OpenNeighbour) -> Hall:
    """Nothing serves it yet."""
    delft = await open_neighbour("delft")
    await asyncio.to_thread(make_instance, home, "gouda", database=postgres_url)
    await asyncio.to_thread(hire, home, "gouda", "fatima")
    return Hall(
        ledger=Ledger(postgres_url),
        letterbox=Letterbox(delft),
        delft=delft,
        jan=welcome(delft, "jan"),
        elsewhere=f"127.0.0.1:{free_ports()[0]}",
    )


@pytest.mark.postgres
async def test_r13_a_process_stopped_past_its_lease_sends_nothing_new_and_records_no_result(
    home: Path, hall: Hall
) -> None:
    ledger, letterbox = hall.ledger, hall.letterbox
    lease = "SELECT holder, fence FROM leases WHERE name = 'delivery' AND holder <> ''"
    state = "SELECT state, attempts, reason FROM deliveries"

    with serving("--home", home, "serve", "gouda", says="gemeente Gouda") as first:
        (holder, fence) = await ledger.until(lease)
        with serving("--home", home, "serve", "gouda", "--listen", hall.elsewhere, says="gemeente Gouda"):
            letterbox.open.clear()
            await follow(home, hall.jan)
            await letterbox.until(1)
            os.kill(first.process.pid, signal.SIGSTOP)
            try:
                letterbox.open.set()
                taken = await ledger.until(lease, lambda row: row[0] != holder)
                assert taken[1] == fence + 1
                assert await ledger.until(state, lambda row: row[0] == "sent") == ("sent", 1, None)
                assert letterbox.seen == [letterbox.seen[0]] * 2  # at least once, by one id: the effect is one
            finally:
                os.kill(first.process.pid, signal.SIGCONT)
            await told(first, "lease_lost")
            assert await ledger.row(state) == ("sent", 1, None)

            marie = welcome(hall.delft, "marie")
            await follow(home, marie)
            await letterbox.until(3)
            await ledger.until("SELECT count(*) FROM deliveries WHERE state = 'sent'", lambda row: row[0] == 2)
            assert len(letterbox.seen) == 3
            assert (await ledger.row(lease)) == taken


async def told(server: Served, words: str) -> None:
    """Wait until a server says something."""
    async with asyncio.timeout(PATIENCE):
        while words not in server.printed:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)


@pytest.mark.postgres
async def test_r9_when_the_process_that_sends_is_stopped_another_goes_on_at_once(home: Path, hall: Hall) -> None:
    ledger, letterbox = hall.ledger, hall.letterbox
    with serving("--home", home, "serve", "gouda", says="gemeente Gouda") as first:
        await ledger.until("SELECT 1 FROM leases WHERE name = 'delivery' AND holder <> ''")
        with serving("--home", home, "serve", "gouda", "--listen", hall.elsewhere, says="gemeente Gouda"):
            await asyncio.to_thread(first.stop)
            assert await ledger.row("SELECT 1 FROM leases WHERE name = 'delivery' AND until > 0 AND fence = 1") is None
            await follow(home, hall.jan)
            await letterbox.until(1)
            await ledger.until("SELECT state FROM deliveries", lambda row: row[0] == "sent")
    assert len(letterbox.seen) == 1


def test_where_to_listen_must_be_an_address_with_a_port(home: Path) -> None:
    make_instance(home, "gouda")
    assert "expected an address and a port" in refused(home, "serve", "gouda", "--listen", "7002", status=2)
