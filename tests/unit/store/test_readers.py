"""One thread reads, and another one while it is held up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from fedgov.store import readers as module
from fedgov.store.readers import Readers


@pytest.fixture
def readers() -> Iterator[Readers]:
    found = Readers()
    yield found
    found.close()


def name() -> str:
    return threading.current_thread().name


async def test_what_is_quick_is_read_on_one_thread(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_UP_SECONDS", 60.0)
    assert len(set(await asyncio.gather(*(readers.run(name) for _ in range(50))))) == 1


async def test_nobody_waits_for_a_long_read_who_comes_after_it(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELD_UP_SECONDS", 0.0)
    begun, end = threading.Event(), threading.Event()

    def search() -> str:
        begun.set()
        end.wait(60)
        return name()

    long = asyncio.create_task(readers.run(search))
    async with asyncio.timeout(60):
        await asyncio.to_thread(begun.wait)
        await asyncio.sleep(0.01)
        other = await readers.run(name)
        assert not long.done()
        end.set()
        assert await long != other
        assert await readers.run(name) != other, "and then the first one reads again"


async def test_what_fails_is_told_and_holds_up_nobody(readers: Readers) -> None:
    def fail() -> None:
        raise ValueError("no")

    for _ in range(3):
        with pytest.raises(ValueError, match="no"):
            await readers.run(fail)
    assert readers._began is None
