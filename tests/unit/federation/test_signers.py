"""Threads that sign: together where possible, and each for itself when something goes wrong."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from fedgov.federation import signers
from fedgov.federation.signers import Signers
from fedgov.kernel.errors import UnreachableError

PATIENCE = 60


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Signers]:
    found = Signers()
    yield found
    found.close()


def mistake() -> dict[str, str]:
    """A bug."""
    raise ZeroDivisionError


async def test_each_gets_its_own_signature_made_outside_of_the_event_loop(desk: Signers) -> None:
    names: set[str] = set()

    def sign(number: int) -> dict[str, str]:
        names.add(threading.current_thread().name)
        return {"Signature": str(number)}

    found = await asyncio.gather(*(desk.run(lambda number=number: sign(number)) for number in range(100)))  # type: ignore[misc]
    assert found == [{"Signature": str(number)} for number in range(100)]
    assert all(name.startswith("fedgov-signer") for name in names)


async def test_what_waits_goes_to_the_threads_together(desk: Signers, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_all, sizes = signers._sign_all, []

    def note(jobs: Sequence[Any]) -> Any:
        sizes.append(len(jobs))
        return sign_all(jobs)

    monkeypatch.setattr(signers, "_sign_all", note)
    await asyncio.gather(*(desk.run(dict) for _ in range(24)))
    assert sum(sizes) == 24
    assert sizes[:2] == [signers.MOST_TOGETHER] * signers.THREADS
    assert max(sizes) == signers.MOST_TOGETHER


async def test_a_mistake_is_told_to_whom_it_concerns(desk: Signers) -> None:
    found = await asyncio.gather(desk.run(dict), desk.run(mistake), desk.run(dict), return_exceptions=True)
    assert found[0] == found[2] == {}
    assert isinstance(found[1], ZeroDivisionError)
    assert await desk.run(dict) == {}


async def test_who_no_longer_waits_holds_up_nobody(desk: Signers) -> None:
    go_on = threading.Event()

    def slowly() -> dict[str, str]:
        go_on.wait(PATIENCE)
        return {}

    tasks = [asyncio.create_task(desk.run(slowly)) for _ in range(20)]
    await asyncio.sleep(0)
    for task in tasks[:10]:
        task.cancel()
    go_on.set()
    for task in tasks[:10]:
        with suppress(asyncio.CancelledError):
            await task
    async with asyncio.timeout(PATIENCE):
        assert await asyncio.gather(*tasks[10:]) == [{}] * 10
        assert await desk.run(dict) == {}


async def test_after_the_end_nothing_is_signed(desk: Signers) -> None:
    desk.close()
    async with asyncio.timeout(PATIENCE):
        found = await asyncio.gather(*(desk.run(dict) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in found] == [UnreachableError] * 3
