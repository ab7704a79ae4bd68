"""R16: a follower who left without being heard is noticed, and both lists are equal again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import select

from fedgov.federation import follows
from fedgov.store.tables import follows as followers
from tests.faults.road import Fate, Road, add_behind
from tests.fediverse import Colleague, Fediverse
from tests.unit.federation.neighbours import Document

FOLLOWERS = 6
LEAVE = 3
LOST = 2


@pytest_asyncio.fixture
async def road() -> AsyncIterator[Road]:
    """The road to gouda."""
    found = Road()
    yield found
    await found.close()


async def test_r16_lost_undos_are_made_good_by_the_next_post(
    fediverse: Fediverse, road: Road, chance: random.Random
) -> None:
    left: set[str] = set()

    def lose_some_undos(activity: Document) -> Fate:
        if activity["type"] == "Undo" and len(left) < LOST:
            left.add(activity["actor"])
            return "swallowed"
        return "arrives"

    gouda = await add_behind(fediverse, "gouda", road)
    delft = await fediverse.add("delft")
    fatima = await gouda.as_("fatima")
    people = [await delft.as_(f"u{number}") for number in range(FOLLOWERS)]
    for each in people:
        await each.follow(fatima)
    await fediverse.settle()

    async def listed() -> tuple[set[str], set[str]]:
        """Who follows her, as gouda says and as delft says."""
        here = await gouda.ask(lambda tx: tx.values(select(followers.c.follower)))
        there = await delft.ask(follows.local_followers, of=fatima.uri)
        return set(here), set(there)

    assert (await listed())[0] == (await listed())[1] == {each.uri for each in people}

    road.fate = lose_some_undos
    gone: list[Colleague] = chance.sample(people, LEAVE)
    for each in gone:
        await each.unfollow(fatima)
    await fediverse.settle()
    here, there = await listed()
    assert there == {each.uri for each in people if each not in gone}
    assert here - there == left
    assert len(left) == LOST

    await fatima.post("Wie leest dit nog?")
    await fediverse.settle()
    async with asyncio.timeout(20):
        while (await listed())[0] != there:  # noqa: ASYNC110 - the database has no event for this
            await asyncio.sleep(0.05)
    assert (await listed())[1] == there, "and nobody who stayed was ended"
