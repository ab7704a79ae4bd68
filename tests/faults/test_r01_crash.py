"""R1, R9: whoever was told that a message arrived need not send it again, however the server ends."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.commandline import Served, done, hire, make_instance, serving, until
from tests.faults.senders import Senders, all_handled, demand_each_once, senders
from tests.unit.federation.neighbours import Neighbour

STOP_SECONDS = 10


@contextmanager
def gouda(home: Path) -> Iterator[Served]:
    """A real server process."""
    with serving("--home", home, "serve", "gouda", says="gemeente Gouda") as served:
        yield served


def make_gouda(home: Path, delft: Neighbour, chance: random.Random) -> Senders:
    """An instance with one post, and people elsewhere who will answer it."""
    port = make_instance(home, "gouda")
    hire(home, "gouda", "fatima")
    post = done(home, "post", "fatima", "Wie doet mee?").strip()
    author = f"http://gouda.localhost:{port}/users/fatima"
    return senders(delft, port=port, name="gouda", about=post, author=author, chance=chance)


async def end_again_and_again(
    home: Path, delft: Neighbour, chance: random.Random, *, times: int, by: signal.Signals
) -> None:
    crowd = await asyncio.to_thread(make_gouda, home, delft, chance)
    async with crowd.writing():
        for _ in range(times):
            running = gouda(home)
            served = await asyncio.to_thread(running.__enter__)
            await crowd.until_accepted(chance.randint(1, 60))
            await asyncio.sleep(chance.random() * 0.01)  # anywhere in the next write
            seconds = await asyncio.to_thread(served.stop, by)
            await asyncio.to_thread(running.__exit__, None, None, None)
            if by is signal.SIGTERM:
                assert served.process.returncode == 0
                assert seconds < STOP_SECONDS
    with_restart = gouda(home)
    await asyncio.to_thread(with_restart.__enter__)
    try:
        await asyncio.to_thread(until, lambda: all_handled(home, "gouda"))
    finally:
        await asyncio.to_thread(with_restart.__exit__, None, None, None)
    assert len(crowd.accepted) >= times
    demand_each_once(home, "gouda", crowd)


async def test_r1_what_was_accepted_is_there_once_after_every_kill(
    home: Path, delft: Neighbour, chance: random.Random
) -> None:
    await end_again_and_again(home, delft, chance, times=3, by=signal.SIGKILL)


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
