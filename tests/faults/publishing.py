"""Publishing a post, and dying at each statement of it in turn.

Run as ``python -m tests.faults.publishing HOME EVERY``: for every statement (or
every EVERYth) a child of this process opens the instance ``gouda`` in HOME, begins
to publish and kills itself right before that statement; then it is counted what is
there. The last line of the output is JSON: the counts before, after each death, and
after the first child that lived.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from sqlalchemy import Engine, event

from fedgov.activitystreams.audience import Visibility
from fedgov.app import open_instance
from fedgov.features.people.service import accounts
from fedgov.features.posts.service import publishing
from fedgov.federation import follows, keys
from fedgov.instance import Instance
from fedgov.kernel import config as configuration
from fedgov.kernel.config import Config
from fedgov.store.tables import actors as actors_table
from fedgov.store.transaction import Transaction
from tests.fediverse import PASSWORD, pooled_rsa

HOSTS: Final = ("delft.example", "breda.example", "utrecht.example")
TEXT: Final = "Beste @jan@delft.example, **wie** doet mee met #fietsen? https://gouda.example/"


async def furnish(instance: Instance) -> str:
    """Make an author with followers here and elsewhere; return the URI."""
    for username in ("fatima", "bram"):
        await accounts.open_account(instance, username=username, password=PASSWORD, name=username.title())
    author = instance.site.actor("fatima")
    await instance.write(_befriend, author=author, colleague=instance.site.actor("bram"))
    return author


def _befriend(tx: Transaction, *, author: str, colleague: str) -> None:
    follows.put(tx, follower=colleague, following=author, state="accepted", activity_uri=None)
    for number, host in enumerate(HOSTS):
        uri = f"https://{host}/users/jan"
        tx.execute(
            actors_table.insert(),
            {
                "id": tx.new_id(),
                "uri": uri,
                "host": host,
                "local": False,
                "kind": "Person",
                "username": "jan",
                "inbox": f"{uri}/inbox",
                "shared_inbox": f"https://{host}/inbox" if number else None,
                "created_at": tx.now,
                "updated_at": tx.now,
                "fetched_at": tx.now,
            },
        )
        follows.put(tx, follower=uri, following=author, state="accepted", activity_uri=None)


def publish(tx: Transaction, *, author: str) -> int:
    """The use case that dies."""
    return publishing.publish_post(tx, author=author, text=TEXT, visibility=Visibility.PUBLIC)


def counts(path: Path) -> dict[str, int]:
    """Return how many rows each table of a SQLite file has."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(names)}


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


def _furnish(config: Config) -> None:
    async def work() -> None:
        async with open_instance(config) as running:
            await furnish(running.instance)

    asyncio.run(work())


def _publish(config: Config, *, die_at: int) -> None:
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
            await running.instance.write(publish, author=running.instance.site.actor("fatima"))
            armed.clear()

    asyncio.run(work())


def main(home: Path, every: int) -> None:
    """Die at every so manyth statement until one child lives."""
    patch = pytest.MonkeyPatch()
    patch.setattr(keys, "generate_rsa", pooled_rsa)
    config = configuration.load(home / "gouda")
    path = Path(config.database_url.removeprefix("sqlite:///"))
    _in_child(lambda: _furnish(config))
    before, deaths, statement = counts(path), [], 1
    while _in_child(partial(_publish, config, die_at=statement)):
        deaths.append(counts(path))
        statement += every
    sys.stdout.write(orjson.dumps({"before": before, "deaths": deaths, "after": counts(path)}).decode() + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
