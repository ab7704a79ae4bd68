"""Waking workers."""

from __future__ import annotations

import asyncio

from fedgov.store.signals import EVERYTHING, Signals


async def test_a_signal_sent_between_two_waits_is_not_missed() -> None:
    signals = Signals()
    assert not await signals.wait("inbox", seconds=0.01)
    signals.send(["inbox"])
    assert await signals.wait("inbox", seconds=0.01)
    assert not await signals.wait("inbox", seconds=0.01)


async def test_a_signal_sent_before_the_first_wait_counts_for_who_expects_it() -> None:
    signals = Signals()
    signals.expect("inbox")
    signals.send(["inbox"])
    assert await signals.wait("inbox", seconds=0.01)


async def test_everything_wakes_everybody_and_another_topic_nobody() -> None:
    signals = Signals()
    waits = [asyncio.create_task(signals.wait(topic, seconds=0.2)) for topic in ("inbox", "deliveries")]
    await asyncio.sleep(0)
    signals.send(["document:x"])
    await asyncio.sleep(0.02)
    assert not any(wait.done() for wait in waits)
    signals.send([EVERYTHING])
    assert await asyncio.gather(*waits) == [True, True]
