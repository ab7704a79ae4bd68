"""R5: who is dead, silent or slow is waited for by nobody else.

What it costs the others in time is measured by the benchmark W2; here nobody
looks at a clock: the slow ones answer only after all others have everything.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fedgov.federation import client, follows
from fedgov.federation.delivery import DeliveryWorker
from fedgov.store.tables import actors, deliveries
from fedgov.store.tables import peers as peers_table
from fedgov.store.transaction import Transaction
from tests.unit.federation.neighbours import Asked, OpenNeighbour, Page
from tests.unit.federation.office import Office
from tests.unit.federation.test_delivery import ACCEPTED, publish

HEALTHY, DEAD, SILENT, SLOW = 180, 60, 30, 30
POSTS = 3
PATIENCE = 90.0


@pytest_asyncio.fixture
async def closed_port() -> AsyncIterator[int]:
    """A port where nobody listens, and nobody else can."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest_asyncio.fixture
async def silent_port() -> AsyncIterator[int]:
    """A port that takes every connection and never says a word."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen(1_024)
        yield held.getsockname()[1]


def follow_from(tx: Transaction, *, hosts: list[str], following: str) -> None:
    """Let somebody at each host follow."""
    for host in hosts:
        uri = f"http://{host}/users/jan"
        values = {"inbox": f"{uri}/inbox", "shared_inbox": f"http://{host}/inbox", "username": "jan", "kind": "Person"}
        times = {"created_at": tx.now, "updated_at": tx.now, "fetched_at": tx.now}
        tx.execute(actors.insert(), {"id": tx.new_id(), "uri": uri, "host": host, "local": False, **values, **times})
        follows.put(tx, follower=uri, following=following, state="accepted", activity_uri=None)


async def queued(office: Office) -> set[str]:
    """Hosts that something waits for."""
    return {row.host for row in await office.rows(deliveries) if row.state == "queued"}


async def test_r5_whoever_is_well_gets_everything_while_the_others_hang(
    office: Office, open_neighbour: OpenNeighbour, closed_port: int, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who is well but seems not to answer on a busy machine would be tried again when this clock says so: never.
    monkeypatch.setattr(client, "CONNECT_SECONDS", PATIENCE)
    fatima = await office.person("fatima")
    well, slow = await open_neighbour("well"), await open_neighbour("slow")
    over = asyncio.Event()
    arrived: Counter[str] = Counter()

    def take(asked: Asked) -> Page:
        arrived[asked.headers["host"]] += 1
        return ACCEPTED

    async def take_late(_asked: Asked) -> Page:
        await over.wait()
        return ACCEPTED

    well.pages["/inbox"], slow.pages["/inbox"] = take, take_late
    healthy = [f"h{number}.localhost:{well.port}" for number in range(HEALTHY)]
    late = [f"s{number}.localhost:{slow.port}" for number in range(SLOW)]
    silent = [f"q{number}.localhost:{silent_port}" for number in range(SILENT)]
    dead = [f"d{number}.localhost:{closed_port}" for number in range(DEAD)]
    # The worst order: whoever does not answer stands first in the queue.
    await office.instance.write(follow_from, hosts=[*silent, *late, *dead, *healthy], following=fatima)
    for _ in range(POSTS):
        await publish(office)
    post = office.room.client.post

    async def with_patience(url: str, *, body: bytes, headers: dict[str, str]) -> object:
        return await post(url, body=body, headers=headers, seconds=PATIENCE * 10)

    monkeypatch.setattr(office.room.client, "post", with_patience)
    running = asyncio.create_task(DeliveryWorker(office.room).run())
    try:
        async with asyncio.timeout(PATIENCE):
            while sum(arrived.values()) < HEALTHY * POSTS:  # noqa: ASYNC110 - the other side has no event for this
                await asyncio.sleep(0.02)
        assert arrived == dict.fromkeys(healthy, POSTS)
        assert slow.at_once > 0, "they hang all the while"
        over.set()
        async with asyncio.timeout(PATIENCE):
            while await queued(office) & {*late, *healthy}:  # noqa: ASYNC110 - nor has the database
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    resting = {row.host for row in await office.rows(peers_table) if row.failures}
    assert resting == set(dead), "and who was slow or well is not blamed"
