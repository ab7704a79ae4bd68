"""R3: whoever heard no answer sends again, and that changes nothing where it had arrived."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from sqlalchemy import select

from fedgov.features.posts.service import reacting
from fedgov.features.posts.tables import posts
from fedgov.federation import peers
from fedgov.store.tables import activities, deliveries, inbox_items
from fedgov.store.transaction import Transaction
from tests.faults.road import Fate, Road, add_behind
from tests.fediverse import Fediverse, Town
from tests.unit.federation.neighbours import Document

PATIENCE = 90.0


@pytest_asyncio.fixture
async def road() -> AsyncIterator[Road]:
    """The road to gouda."""
    found = Road()
    yield found
    await found.close()


def _numbers(tx: Transaction) -> list[tuple[int, ...]]:
    return [tuple(row) for row in tx.rows(select(posts.c.replies, posts.c.likes, posts.c.shares))]


def _waiting(tx: Transaction) -> dict[str, int]:
    return dict(Counter(tx.values(select(deliveries.c.state))))


async def carry_out(sender: Town, receiver: Town) -> None:
    """Send again at once whatever waits, instead of after the usual pause, until nothing does."""
    async with asyncio.timeout(PATIENCE):
        while set(await sender.ask(_waiting)) - {"sent"}:
            await asyncio.sleep(0.05)
            await sender.instance.write(peers.wake, host=receiver.domain)


async def test_r3_an_answer_that_got_lost_changes_no_counter(fediverse: Fediverse, road: Road) -> None:
    seen: Counter[str] = Counter()

    def lose_the_first_two_answers(activity: Document) -> Fate:
        seen[activity["id"]] += 1
        return "answer lost" if seen[activity["id"]] < 3 else "arrives"

    gouda = await add_behind(fediverse, "gouda", road)
    delft = await fediverse.add("delft")
    fatima, jan = await gouda.as_("fatima"), await delft.as_("jan")
    await jan.follow(fatima)
    await fediverse.settle()
    post = await fatima.post("Wie doet mee?")
    await fediverse.settle()

    road.fate = lose_the_first_two_answers
    await jan.reply(post, f"Ik, {fatima.handle}!", mentioned={fatima.handle.lstrip("@"): fatima.uri})
    await delft.instance.write(reacting.like, actor=jan.uri, object_uri=post)
    await delft.instance.write(reacting.share, actor=jan.uri, object_uri=post)
    await carry_out(delft, gouda)
    await fediverse.settle()

    assert sorted(seen.values()) == [3, 3, 3], "each was sent until its answer came"
    assert sorted(await gouda.ask(_numbers)) == [(0, 0, 0), (1, 1, 1)]
    logged = await gouda.ask(lambda tx: list(tx.values(select(inbox_items.c.activity_uri))))
    assert sorted(logged) == sorted(await _sent(delft))


async def _sent(town: Town) -> list[Any]:
    about = select(activities.c.uri).join(deliveries, deliveries.c.activity_id == activities.c.id)
    return await town.ask(lambda tx: list(tx.values(about)))
