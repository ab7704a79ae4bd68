"""What several workloads need: an instance, an account, and looking into a database from outside."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import urllib.request
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from fedgov.app import open_instance
from fedgov.features.people.service import accounts
from fedgov.kernel import config as configuration

TARGET: Final = "meter"
PASSWORD: Final = "alleen-voor-de-meting"
DRAIN_SECONDS: Final = 180.0

Workload = Callable[[Path], Coroutine[Any, Any, dict[str, Any]]]

_COUNTS: Final = {
    "logged": "SELECT count(*) FROM inbox_items",
    "done": "SELECT count(*) FROM inbox_items WHERE state = 'done'",
    "posts": "SELECT count(*) FROM objects WHERE NOT local",
}


async def with_instance(folder: Path, work: Callable[[Any], Awaitable[Any]], *, name: str = "bench") -> Any:
    """Open an instance in this process, beside its server if there is one, and do some work in it."""
    async with open_instance(configuration.load(folder / name)) as running:
        return await work(running.instance)


async def one_account(instance: Any) -> None:
    """Make the account that messages are for."""
    await accounts.open_account(instance, username=TARGET, password=PASSWORD)


def rows(folder: Path, statement: str, *values: object, name: str = "bench") -> list[tuple[Any, ...]]:
    """Read from the database of an instance, as nobody's server."""
    with closing(sqlite3.connect(folder / name / "fedgov.sqlite3", timeout=30)) as database:
        return database.execute(statement, values).fetchall()


def counts(folder: Path, *, name: str = "bench") -> dict[str, int]:
    """Return how many activities were logged and handled, and how many posts of others there are."""
    return {key: int(rows(folder, question, name=name)[0][0]) for key, question in _COUNTS.items()}


async def until(condition: Callable[[], bool], *, what: str, seconds: float = DRAIN_SECONDS) -> float:
    """Wait for something; return how many seconds it took.

    Raises:
        RuntimeError: It did not happen in time.
    """
    started = time.perf_counter()
    while not await asyncio.to_thread(condition):
        if time.perf_counter() - started > seconds:
            raise RuntimeError(f"{what}: not in {seconds} s")
        await asyncio.sleep(0.05)
    return time.perf_counter() - started


async def until_handled(folder: Path, count: int, *, name: str = "bench") -> float:
    """Wait until so many activities were handled; return how many seconds that took.

    Counting a million of them takes as long as handling many: it is done when none waits any more.
    """

    def all_are() -> bool:
        waiting = rows(folder, "SELECT 1 FROM inbox_items WHERE state = 'queued' LIMIT 1", name=name)
        return not waiting and rows(folder, "SELECT count(*) FROM inbox_items", name=name)[0][0] >= count

    return await until(all_are, what=f"{count} handled")


def get(url: str) -> bytes:
    """GET an address of this machine."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body
