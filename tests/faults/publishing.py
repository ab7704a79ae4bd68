"""Doing what people do, and dying at each statement of it in turn.

Run as ``python -m tests.faults.publishing HOME FIRST EVERY NAME…``: for every EVERYth
statement of a use case, from the FIRST on, a child of this process opens the instance
``gouda`` in HOME, begins and kills itself right before that statement; then it is looked what is
there. The last line of the output is JSON: of each use case what was there before,
after each death, and after the first child that lived.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, event

from fedgov.app import open_instance
from fedgov.federation import keys
from fedgov.kernel import config as configuration
from fedgov.kernel.config import Config
from tests.faults.writings import WRITINGS, equip, furnish, snapshot_of
from tests.fediverse import pooled_rsa


def _in_child(work: Callable[[], None]) -> bool:
    """Do something in a child of this process, which has one thread as long as nothing is open; was it killed?"""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:  # the child must not run on as a second parent
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status) != 0:
        raise SystemExit("the child failed")
    return False


def _furnish(config: Config, *, names: Sequence[str]) -> None:
    async def work() -> None:
        async with open_instance(config) as running:
            author = await furnish(running.instance)
            await running.instance.write(equip, colleague=running.instance.site.actor("bram"))
            for name in names:
                await running.instance.write(WRITINGS[name].do, author=author)

    asyncio.run(work())


def _do(config: Config, *, name: str, die_at: int) -> None:
    armed = threading.Event()
    seen = 0

    @event.listens_for(Engine, "connect")
    def watch(connection: Any, _record: object) -> None:
        def before(_statement: str) -> None:
            nonlocal seen
            if armed.is_set() and threading.current_thread().name == "fedgov-writer":
                seen += 1
                if seen == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        connection.set_trace_callback(before)

    async def work() -> None:
        async with open_instance(config) as running:
            await running.instance.read(lambda tx: tx.now)
            armed.set()
            await running.instance.write(WRITINGS[name].do, author=running.instance.site.actor("fatima"))
            armed.clear()

    asyncio.run(work())


def main(home: Path, first: int, every: int, names: Sequence[str]) -> None:
    """Die at every so manyth statement of each use case, until one child lives."""
    patch = pytest.MonkeyPatch()
    patch.setattr(keys, "generate_rsa", pooled_rsa)
    config = configuration.load(home / "gouda")
    path = Path(config.database_url.removeprefix("sqlite:///"))
    # What comes before the first of them, which needs it.
    _in_child(partial(_furnish, config, names=list(WRITINGS)[: list(WRITINGS).index(names[0])]))
    found = {}
    for name in names:
        before, deaths, statement = snapshot_of(path), [], first
        while _in_child(partial(_do, config, name=name, die_at=statement)):
            deaths.append(snapshot_of(path))
            statement += every
        found[name] = {"before": before, "deaths": deaths, "after": snapshot_of(path)}
    sys.stdout.write(orjson.dumps(found).decode() + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
