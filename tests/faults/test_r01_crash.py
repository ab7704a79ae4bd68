"""R1, R9: whoever was told that a message arrived need not send it again, however the server ends."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.faults.senders import demand_each_once, gouda_serves, make_gouda, until_handled
from tests.unit.federation.neighbours import Neighbour

STOP_SECONDS = 10


async def end_again_and_again(
    home: Path, delft: Neighbour, chance: random.Random, *, times: int, by: signal.Signals
) -> None:
    crowd = await make_gouda(home, delft, chance)
    async with crowd.writing():
        for _ in range(times):
            async with gouda_serves(home) as served:
                await crowd.until_accepted(chance.randint(1, 60))
                await asyncio.sleep(chance.random() * 0.01)  # anywhere in the next write
                seconds = await asyncio.to_thread(served.stop, by)
            if by is signal.SIGTERM:
                assert served.process.returncode == 0
                assert seconds < STOP_SECONDS + served.seconds  # the start tells how busy this machine is
    async with gouda_serves(home):
        await until_handled(home)
    assert len(crowd.accepted) >= times
    demand_each_once(home, "gouda", crowd)


async def test_r1_what_was_accepted_is_there_once_after_every_kill(
    home: Path, delft: Neighbour, chance: random.Random
) -> None:
    await end_again_and_again(home, delft, chance, times=2, by=signal.SIGKILL)


@pytest.mark.soak
async def test_r1_what_was_accepted_is_there_once_after_two_hundred_kills(
    home: Path, delft: Neighbour, chance: random.Random
) -> None:
    await end_again_and_again(home, delft, chance, times=200, by=signal.SIGKILL)


async def test_r9_a_stop_under_load_takes_seconds_and_loses_nothing(
    home: Path, delft: Neighbour, chance: random.Random
) -> None:
    await end_again_and_again(home, delft, chance, times=1, by=signal.SIGTERM)


@pytest.mark.soak
async def test_r9_thirty_stops_under_load_lose_nothing(home: Path, delft: Neighbour, chance: random.Random) -> None:
    await end_again_and_again(home, delft, chance, times=30, by=signal.SIGTERM)
