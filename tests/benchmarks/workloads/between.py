"""Two instances: how soon a post of one is at the other, and that nothing is lost when both have bad days."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from fedgov.activitystreams.audience import Visibility
from fedgov.features.people.service import follows as following
from fedgov.features.posts.service import publishing
from fedgov.federation import overview
from fedgov.kernel.uris import parse_handle
from tests.benchmarks import processes
from tests.benchmarks.workloads.common import TARGET, one_account, rows, until, with_instance
from tests.benchmarks.workloads.visitor import Visitor

OTHER: Final = "other"
LOOSE_LIMITS: Final = "[limits]\nposts_per_hour = 1000000"
POSTS: Final = 300
POSTS_PER_SECOND: Final = 10.0
BACKLOG: Final = 10_000
BATCH: Final = 200
_ARRIVED: Final = "SELECT count(*) FROM home_entries"


async def _two_town_halls(folder: Path) -> tuple[int, int]:
    """Make two instances with an account each; return their ports."""
    ports = []
    for name in ("bench", OTHER):
        ports.append(await asyncio.to_thread(processes.make_instance, folder, name=name, more=LOOSE_LIMITS))
        await with_instance(folder, one_account, name=name)
    return ports[0], ports[1]


async def _follow(folder: Path, *, port: int) -> None:
    """Let the account of the other instance follow that of the first; both are served."""

    async def ask(instance: Any) -> None:
        target = await instance.fetch.actor_by_handle(parse_handle(f"@{TARGET}@bench.localhost:{port}"))
        await instance.write(following.follow, actor=instance.site.actor(TARGET), target=target)

    await with_instance(folder, ask, name=OTHER)
    accepted = "SELECT count(*) FROM follows WHERE state = 'accepted'"
    await until(lambda: rows(folder, accepted, name=OTHER)[0][0] == 1, what="a follow", seconds=30)


async def w3(folder: Path) -> dict[str, Any]:
    """Publish on a page of one instance; see it in the timeline of a reader at another."""
    port, _ = await _two_town_halls(folder)
    with processes.served_instance(folder) as here, processes.served_instance(folder, name=OTHER) as there:
        await _follow(folder, port=port)
        before = here.cpu_seconds() + there.cpu_seconds()
        watch = _Watch(folder / OTHER / "fedgov.sqlite3")
        with watch:
            sent, answered = await asyncio.to_thread(_write_at_a_rate, Visitor(port))
            await until(lambda: len(watch.seen) == POSTS, what=f"{POSTS} posts there", seconds=60)
        cpu = here.cpu_seconds() + there.cpu_seconds() - before
    delays = sorted(1_000 * (seen - begun) for seen, begun in zip(watch.seen, sent, strict=True))
    after_answer = sorted(1_000 * (seen - done) for seen, done in zip(watch.seen, answered, strict=True))
    texts = rows(folder, "SELECT count(DISTINCT content_html), count(*) FROM posts WHERE NOT local", name=OTHER)[0]
    return {
        "correct": texts == (POSTS, POSTS),
        "p50_ms": _part(delays, 0.5),
        "p99_ms": _part(delays, 0.99),
        "p50_ms_after_the_answer": _part(after_answer, 0.5),
        "p99_ms_after_the_answer": _part(after_answer, 0.99),
        "limit_look_ms": watch.look_ms,
        "cpu_ms_per_post_both": 1_000 * cpu / POSTS,
    }


def _write_at_a_rate(author: Visitor) -> tuple[list[float], list[float]]:
    """Publish ten posts a second; return when each was sent and when it was answered."""
    author.log_in()
    sent, answered = [], []
    started = time.perf_counter()
    for number in range(POSTS):
        due = started + number / POSTS_PER_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        sent.append(time.perf_counter())
        author.write(f"Bericht {number} van tien per seconde.")
        answered.append(time.perf_counter())
    return sent, answered


class _Watch:
    """Looks every two milliseconds how many entries the reader's timeline has."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.seen: list[float] = []
        self.look_ms = 0.0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        with closing(sqlite3.connect(self._database, timeout=30)) as connection:
            while not self._stop.wait(0.002):
                begun = time.perf_counter()
                count = connection.execute(_ARRIVED).fetchone()[0]
                now = time.perf_counter()
                self.look_ms = max(self.look_ms, 1_000 * (now - begun))
                self.seen += [now] * (count - len(self.seen))


def _part(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


async def w8(folder: Path) -> dict[str, Any]:
    """One instance is away while another publishes 10,000 posts for it and is killed midway; then it comes back."""
    port, other_port = await _two_town_halls(folder)
    with processes.served_instance(folder):
        with processes.served_instance(folder, name=OTHER):
            await _follow(folder, port=port)
        await with_instance(folder, lambda instance: _publish(instance, 0, BACKLOG // 2))
        # Not before it has tried and found nobody there.
        await until(lambda: rows(folder, "SELECT max(failures) FROM peers")[0][0], what="a failed attempt")
    with processes.served_instance(folder) as server:
        await with_instance(folder, lambda instance: _publish(instance, BACKLOG // 2, BACKLOG))
        os.kill(server.pid, signal.SIGKILL)
    queued = rows(folder, "SELECT count(*) FROM deliveries WHERE state = 'queued'")[0][0]
    with processes.served_instance(folder, name=OTHER) as there, processes.served_instance(folder) as here:
        before = here.cpu_seconds() + there.cpu_seconds()
        host = f"{OTHER}.localhost:{other_port}"
        await with_instance(folder, lambda instance: instance.write(overview.wake_peer, host=host))
        seconds = await until(lambda: rows(folder, _ARRIVED, name=OTHER)[0][0] >= BACKLOG, what="all posts there")
        cpu = here.cpu_seconds() + there.cpu_seconds() - before
        await asyncio.sleep(2)  # whatever came twice would show
        states = dict(rows(folder, "SELECT state, count(*) FROM deliveries GROUP BY state"))
    there_now = rows(folder, "SELECT count(DISTINCT content_html), count(*) FROM posts WHERE NOT local", name=OTHER)[0]
    return {
        "correct": there_now == (BACKLOG, BACKLOG) and queued == BACKLOG and states.get("queued", 0) == 0,
        "lost": BACKLOG - there_now[0],
        "doubled": there_now[1] - there_now[0],
        "seconds_to_drain": seconds,
        "per_s": BACKLOG / seconds,
        "cpu_ms_per_activity_both": 1_000 * cpu / BACKLOG,
    }


async def _publish(instance: Any, first: int, last: int) -> None:
    author = instance.site.actor(TARGET)
    for start in range(first, last, BATCH):
        await asyncio.gather(
            *(
                instance.write(
                    publishing.publish_post,
                    author=author,
                    text=f"Bericht {number} voor wie er nu niet is.",
                    visibility=Visibility.PUBLIC,
                )
                for number in range(start, min(start + BATCH, last))
            )
        )
