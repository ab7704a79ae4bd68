from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from fedgov.federation.doors.answers import Reply, public
from fedgov.federation.doors.cache import ReplyCache
from fedgov.store.signals import EVERYTHING, Signals

FATIMA = "http://groningen.example/users/fatima"
TOPIC = f"document:{FATIMA}"


def makes(reply: Reply | None) -> Callable[[], Awaitable[Reply | None]]:
    async def make() -> Reply | None:
        return reply

    return make


@pytest.fixture
def signals() -> Signals:
    return Signals()


@pytest.fixture
def cache(signals: Signals) -> ReplyCache:
    return ReplyCache(signals, max_bytes=10_000)


async def test_what_was_made_is_found_until_it_changes(cache: ReplyCache, signals: Signals) -> None:
    reply = public({"id": FATIMA})
    assert await cache.fill(FATIMA, topics=[TOPIC], make=makes(reply)) is reply
    signals.send(["document:another", "inbox"])
    assert cache.get(FATIMA) is reply

    signals.send([TOPIC])

    assert cache.get(FATIMA) is None


async def test_everything_is_forgotten_when_nobody_knows_what_changed(cache: ReplyCache, signals: Signals) -> None:
    for key in ("a", "b"):
        await cache.fill(key, topics=[TOPIC], make=makes(public({})))

    signals.send([EVERYTHING])

    assert cache.get("a") is cache.get("b") is None
    await cache.fill("a", topics=[TOPIC], make=makes(public({})))
    signals.send([TOPIC])
    assert cache.get("a") is None


async def test_nothing_is_kept_of_what_is_not_there(cache: ReplyCache) -> None:
    assert await cache.fill("a", topics=[], make=makes(None)) is None
    assert cache.get("a") is None


@pytest.mark.parametrize("topic", [TOPIC, EVERYTHING])
async def test_what_changed_while_it_was_made_is_not_kept(cache: ReplyCache, signals: Signals, topic: str) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def make() -> Reply:
        started.set()
        await go_on.wait()
        return public({"old": True})

    task = asyncio.create_task(cache.fill(FATIMA, topics=[TOPIC], make=make))
    await started.wait()
    signals.send([topic])
    go_on.set()

    assert await task is not None, "whoever asked before gets what was true then"
    assert cache.get(FATIMA) is None


async def test_the_oldest_go_when_it_is_full(cache: ReplyCache) -> None:
    for number in range(10):
        await cache.fill(str(number), topics=[TOPIC], make=makes(public(b"x" * 1_000)))

    kept = [number for number in range(10) if cache.get(str(number)) is not None]
    assert kept == [6, 7, 8, 9]


async def test_a_failure_leaves_nothing_behind(cache: ReplyCache, signals: Signals) -> None:
    async def fail() -> Reply:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await cache.fill(FATIMA, topics=[TOPIC], make=fail)
    signals.send([TOPIC])
    await cache.fill(FATIMA, topics=[TOPIC], make=makes(public({})))
    assert cache.get(FATIMA) is not None
