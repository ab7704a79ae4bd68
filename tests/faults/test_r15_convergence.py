"""R15: when everything that was in the way is gone, all servers hold the same state for what they share.

A seed makes a story: people at some town halls write, edit, delete, like, share, vote,
follow and block, in some stories also quote one another and take consent back, while
between each two town halls requests are lost, answered and forgotten, late, doubled and
refused, and town halls die in the middle of it. At the end everything is given the time
to arrive, and then the town halls are compared.

``FEDGOV_SEED=7 pytest tests/faults/test_r15_convergence.py -k one_seed`` plays one story again;
``FEDGOV_QUOTING=1`` lets them quote, ``FEDGOV_STORY=1`` prints it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.faults import convergence_state
from tests.faults.convergence_processes import RealWorld
from tests.faults.convergence_script import Script
from tests.faults.convergence_world import World, by_hand
from tests.fediverse import Fediverse

FOUND_SOMETHING: Final = (1, 10, 40, 124)
QUOTATIONS_THAT_FOUND_SOMETHING: Final = (4, 10)
"""Seeds whose stories once ended in disagreement."""


@pytest.fixture(autouse=True, scope="module")
def worked_by_hand() -> Iterator[None]:
    """The workers run when the story says so."""
    with by_hand():
        yield


async def play(
    folder: Path, seed: int, *, halls: int, steps: int, quoting: bool = False, processes: bool = False
) -> list[str]:
    """Play the story of a seed; return what the town halls disagree about."""
    random.seed(seed)  # the pauses between attempts
    fediverse = Fediverse(folder)
    chance = random.Random(seed)
    world = RealWorld(fediverse, chance, home=folder / "homes") if processes else World(fediverse, chance)
    try:
        await world.build(halls)
        await Script(world, quoting=quoting).play(steps)
        world.tell("== settling", dict(world.sky.met))
        await world.settle()
        hosts = sorted(world.halls)
        states = {hall.domain: await hall.ask(convergence_state.read, hosts=hosts) for hall in world.halls.values()}
        comparison = convergence_state.Comparison(states, ever=world.followed(states), shut=world.shut(states))
        found = sorted(set(comparison.differences()))
    finally:
        await world.close()
        await fediverse.close()
    if found or os.environ.get("FEDGOV_STORY"):
        print("\n".join(world.story))  # noqa: T201 - shown by pytest when the test fails
    return found


async def agree(folder: Path, seed: int, *, halls: int, steps: int, **kind: bool) -> None:
    found = await play(folder, seed, halls=halls, steps=steps, **kind)
    more = "FEDGOV_QUOTING=1 " if kind.get("quoting") else ""
    again = (
        f"FEDGOV_SEED={seed} FEDGOV_HALLS={halls} FEDGOV_STEPS={steps} {more}pytest {Path(__file__).name} -k one_seed"
    )
    assert found == [], "\n".join([again, *found])


@pytest.mark.parametrize("seed", FOUND_SOMETHING)
async def test_r15_all_agree_when_everything_has_arrived(tmp_path: Path, seed: int) -> None:
    await agree(tmp_path, seed, halls=3, steps=250)


@pytest.mark.parametrize("seed", QUOTATIONS_THAT_FOUND_SOMETHING)
async def test_r15_all_agree_who_is_quoted_with_consent(tmp_path: Path, seed: int) -> None:
    await agree(tmp_path, seed, halls=3, steps=250, quoting=True)


@pytest.mark.skipif("FEDGOV_SEED" not in os.environ, reason="FEDGOV_SEED says which story is played again")
async def test_r15_all_agree_at_the_end_of_one_seed(tmp_path: Path) -> None:
    halls, steps = (
        int(os.environ.get(name, default)) for name, default in (("FEDGOV_HALLS", 3), ("FEDGOV_STEPS", 250))
    )
    quoting = "FEDGOV_QUOTING" in os.environ
    await agree(tmp_path, int(os.environ["FEDGOV_SEED"]), halls=halls, steps=steps, quoting=quoting)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1_000, 1_300))
async def test_r15_all_agree_after_long_stories(tmp_path: Path, seed: int) -> None:
    await agree(tmp_path, seed, halls=5, steps=400, quoting=seed % 2 == 1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2_000, 2_010))
async def test_r15_real_servers_agree_although_they_are_killed(tmp_path: Path, seed: int) -> None:
    await agree(tmp_path, seed, halls=3, steps=250, quoting=seed % 2 == 1, processes=True)
