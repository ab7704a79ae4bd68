"""R12: a full disk, a database out of reach, a wrong clock, no names, little memory: later, and then on it goes.

That another program holds the database for long is in ``test_r17_overload.py``.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from fedgov.federation import client
from fedgov.federation.delivery import DeliveryWorker
from fedgov.kernel.clock import HOUR, MINUTE
from fedgov.kernel.errors import UnreachableError
from fedgov.store.prepared import driver_of
from tests import services
from tests.cli.commandline import ask
from tests.faults.senders import Senders, demand_each_once, gouda_serves, make_gouda, until_handled
from tests.federation.doors.porch import NOW, Elsewhere, Town, open_elsewhere, open_town
from tests.unit.federation.neighbours import Neighbour
from tests.unit.federation.office import Office
from tests.unit.federation.test_delivery import follower, publish, state

MEGABYTE = 1_048_576
MEMORY = 256 * MEGABYTE


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections of the senders."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as found:
        yield found


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own with 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = os.geteuid() == 0 and shutil.which("mount") is not None
    if mounted:
        options = ["-t", "tmpfs", "-o", "size=24m", "fedgov-test", str(folder)]
        mounted = subprocess.run(["mount", *options], check=False, capture_output=True).returncode == 0
    if not mounted:
        services.unavailable("a small disk", get_it="run the tests as root, where a tmpfs may be mounted")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def until_put_off(crowd: Senders, session: aiohttp.ClientSession, *, text: str) -> None:
    """Write until the answer is 503 with the time to come back."""
    async with asyncio.timeout(60):
        while True:
            activity = crowd.reply(crowd.people[0], text=text)
            crowd.tried.add(activity["object"]["id"])
            told = await crowd.post(session, crowd.people[0], activity)
            assert told.status in (202, 503), told
            if told.status == 503:
                assert 1 <= int(told.headers["retry-after"]) <= 3_600
                return
            crowd.accepted.append(activity["object"]["id"])


async def demand_reading_goes_on(crowd: Senders) -> None:
    answer = await asyncio.to_thread(ask, crowd.port, "/users/fatima", host=crowd.domain)
    assert answer.status == 200


async def demand_writing_goes_on(crowd: Senders, session: aiohttp.ClientSession) -> None:
    for person in crowd.people:
        assert await crowd.deliver(session, person, crowd.reply(person))


async def test_r12_a_full_disk_is_come_back_later_until_there_is_room(
    small_disk: Path, delft: Neighbour, chance: random.Random, session: aiohttp.ClientSession
) -> None:
    home = small_disk / "instances"
    crowd = await make_gouda(home, delft, chance)
    ballast = small_disk / "ballast"
    async with gouda_serves(home):
        await demand_writing_goes_on(crowd, session)
        with ballast.open("wb") as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(b"\0" * 65_536)
                file.flush()
        await until_put_off(crowd, session, text="x" * 200_000)
        await demand_reading_goes_on(crowd)
        ballast.unlink()
        await demand_writing_goes_on(crowd, session)
        await until_handled(home)
        demand_each_once(home, "gouda", crowd)


async def test_r12_little_memory_is_enough_under_load(
    home: Path, delft: Neighbour, chance: random.Random, session: aiohttp.ClientSession
) -> None:
    crowd = await make_gouda(home, delft, chance)
    async with gouda_serves(home) as served:
        pid = served.process.pid
        resource.prlimit(pid, resource.RLIMIT_DATA, (data(pid) + MEMORY - resident(pid), MEMORY * 4))
        async with crowd.writing():
            await crowd.until_accepted(100)
        assert served.process.poll() is None
        assert resident(pid) < MEMORY
        await until_handled(home)
    demand_each_once(home, "gouda", crowd)


def _status(pid: int, name: str) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().split(name)[1].split()[0]) * 1_024


def resident(pid: int) -> int:
    """Bytes in memory."""
    return _status(pid, "VmRSS:")


def data(pid: int) -> int:
    """Bytes that count for RLIMIT_DATA: also reserved and never touched, such as the stacks of threads."""
    return _status(pid, "VmData:")


# --- the clock --------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """Another server."""
    async with open_elsewhere() as found:
        yield found


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A town hall with doors and a clock of its own."""
    async with open_town(tmp_path) as found:
        yield found


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_r12_a_clock_that_jumps_refuses_no_honest_sender_for_good(
    town: Town, elsewhere: Elsewhere, jump: int
) -> None:
    pieter = elsewhere.stranger("delft")
    assert (await town.post(pieter.note(), by=pieter)).status == 202
    town.clock.advance(jump)
    during = await town.post(pieter.note(), by=pieter, now=NOW)
    assert during.status in (202, 401, 503), during
    town.clock.advance(-jump)
    assert (await town.post(pieter.note(), by=pieter, now=NOW)).status == 202


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_r12_what_was_published_before_or_while_the_clock_was_wrong_is_sent_at_once(
    office: Office, delft: Neighbour, jump: int
) -> None:
    await office.person("fatima")
    await follower(office, delft)
    office.clock.advance(jump)
    await publish(office)
    office.clock.advance(-jump)
    await publish(office)
    await DeliveryWorker(office.room).settle()
    assert len(delft.requests("/inbox", method="POST")) == 2


async def test_r12_ids_go_on_rising_when_the_clock_goes_back(office: Office) -> None:
    before = await office.instance.write(lambda tx: tx.new_id())
    office.clock.advance(-HOUR)
    assert await office.instance.write(lambda tx: tx.new_id()) > before


# --- a database that may only be read ------------------------------------------------------------------------------


async def test_r12_a_database_that_may_only_be_read_is_come_back_later_until_it_may_be_written(
    town: Town, elsewhere: Elsewhere
) -> None:
    pieter = elsewhere.stranger("delft")
    note = pieter.note()
    assert (await town.post(pieter.note(), by=pieter)).status == 202  # his keys are known
    writer = await town.instance.write(lambda tx: driver_of(tx.connection))
    writer.execute("PRAGMA query_only = ON")
    put_off = await town.post(note, by=pieter)
    assert put_off.status == 503
    assert int(put_off.headers["retry-after"]) >= 1
    assert (await town.get("/actor")).status == 200
    with pytest.raises(UnreachableError):
        await town.employ("fatima")
    writer.execute("PRAGMA query_only = OFF")
    assert (await town.post(note, by=pieter)).status == 202
    assert (await town.arrived())[1:] == [note["id"]]


# --- names ------------------------------------------------------------------------------------------------------------


async def test_r12_without_names_what_goes_out_waits(
    office: Office, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.person("fatima")
    await follower(office, delft)
    with monkeypatch.context() as patch:
        patch.setattr(client._GuardedResolver, "resolve", no_names)
        await publish(office)
        worker = DeliveryWorker(office.room)
        await office.room.client.close()  # or a connection that is open needs no name
        office.room.client._session = None
        await worker.settle()
        assert await state(office) == "queued"
    office.clock.advance(MINUTE)
    await worker.settle()
    assert await state(office) == "sent"


async def test_r12_without_names_a_stranger_is_put_off_and_not_refused(
    town: Town, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieter = elsewhere.stranger("delft")
    with monkeypatch.context() as patch:
        patch.setattr(client._GuardedResolver, "resolve", no_names)
        put_off = await town.post(pieter.note(), by=pieter)
    assert put_off.status == 503
    assert int(put_off.headers["retry-after"]) >= 1
    town.clock.advance(10 * MINUTE)
    assert (await town.post(pieter.note(), by=pieter, now=NOW + 10 * MINUTE)).status == 202


async def no_names(self: Any, host: str, port: int = 0, family: int = socket.AF_UNSPEC) -> Any:
    """What the resolver says when there is no name server."""
    raise UnreachableError("the host name does not exist", detail=f"{host}: temporary failure")
