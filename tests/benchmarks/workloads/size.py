"""How large, how soon, and whether that stays so when there is much: memory, start, growth."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from fedgov.features.notices.queries.home import home_page
from fedgov.federation import follows
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from tests.benchmarks import load, processes
from tests.benchmarks.peer import Sender
from tests.benchmarks.workloads.common import TARGET, one_account, rows, until_handled, with_instance
from tests.benchmarks.workloads.inbound import KNOWN_ACTORS, signed_requests
from tests.benchmarks.workloads.visitor import Visitor

SIZES: Final = tuple(int(size) for size in os.environ.get("FEDGOV_BENCH_SIZES", "1000,10000,100000,1000000").split(","))
SEED: Final = 1_000
FRESH: Final = 2_000
READS: Final = 200
LOADED_ACTIVITIES: Final = 20_000

# Tables that a received post fills, with the columns that hold a row id of it.
_COPIED: Final[dict[str, tuple[str, ...]]] = {
    "objects": ("id",),
    "audience": ("object_id",),
    "posts": ("thread_id", "object_id"),
    "mentions": ("object_id",),
    "home_entries": ("entry_id", "object_id"),
    "notifications": ("id", "subject_id"),
    "inbox_items": ("id",),
}


async def w6(folder: Path) -> dict[str, Any]:
    """Memory of an idle instance, a minute's worth of settling shortened to five seconds."""
    await asyncio.to_thread(processes.make_instance, folder)
    with processes.served_instance(folder) as server:
        await asyncio.sleep(5)
        idle = server.memory()
    bare = _measure_in_python(
        "import asyncio, quart, sqlalchemy, aiohttp, uvicorn\n"
        "print([int(l.split()[1]) for l in open('/proc/self/smaps_rollup') if l.startswith('Pss:')][0] / 1024)"
    )
    return {"correct": True, "idle": idle, "limit_bare_imports_pss_mib": bare, "ratio": idle["pss_mib"] / bare}


async def w7(folder: Path) -> dict[str, Any]:
    """Time from start to the first 200, beside the bare imports of the libraries."""
    await asyncio.to_thread(processes.make_instance, folder)
    starts = []
    for _ in range(3):
        with processes.served_instance(folder) as server:
            starts.append(server.seconds_to_answer)
    code = "import time; t = time.perf_counter(); import quart, sqlalchemy, aiohttp; print(time.perf_counter() - t)"
    imports = [_measure_in_python(code) for _ in range(3)]
    best, bare = sorted(starts)[1], sorted(imports)[1]
    return {
        "correct": True,
        "seconds_to_first_200": best,
        "limit_bare_imports_s": bare,
        "above_imports_s": best - bare,
        "all_starts": starts,
    }


def _measure_in_python(code: str) -> float:
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=processes.ROOT)
    return float(answer.stdout)


# --- W6 under load: does it grow? ---------------------------------------------------------------------------------


async def w6_loaded(folder: Path) -> dict[str, Any]:
    """Memory after each of five equal loads of posts and pages: what it needs, and whether it goes on growing."""
    port = await asyncio.to_thread(processes.make_instance, folder)
    await with_instance(folder, one_account)
    peer_port = processes.free_port()
    arguments = ["-m", "tests.benchmarks.peer", str(peer_port)]
    steps, part = [], LOADED_ACTIVITIES // 5
    with processes.running(arguments, port=peer_port, path="/report"), processes.served_instance(folder) as server:
        reader = Visitor(port)
        await asyncio.to_thread(reader.log_in)
        started = time.perf_counter()
        for number in range(5):
            requests = signed_requests(port, peer_port, count=part, known=KNOWN_ACTORS, offset=number * part)
            first = 0 if number else KNOWN_ACTORS * 4  # one after the other, until their keys are known
            await load.as_fast_as_possible(port, requests[:first], connections=8)
            await load.as_fast_as_possible(port, requests[first:])
            await until_handled(folder, (number + 1) * part)
            await asyncio.to_thread(lambda: [reader.read("/home") for _ in range(50)])
            steps.append(server.memory()["pss_mib"])
        seconds = time.perf_counter() - started
    return {
        "correct": rows(folder, "SELECT count(*) FROM posts WHERE NOT local")[0][0] == LOADED_ACTIVITIES,
        "loaded_pss_mib": steps[-1],
        "after_each_load": {f"after_{(number + 1) * part}": each for number, each in enumerate(steps)},
        "growth_of_the_last_three_loads_mib": steps[-1] - steps[-3],
        "seconds": seconds,
    }


# --- W11: growth ----------------------------------------------------------------------------------------------------


async def w11(folder: Path) -> dict[str, Any]:
    """The same instance with a thousand to a million posts: pages, inbox, memory, disk, start, backup."""
    port = await asyncio.to_thread(processes.make_instance, folder)
    await with_instance(folder, one_account)
    peer_port = processes.free_port()
    arguments = ["-m", "tests.benchmarks.peer", str(peer_port)]
    found: dict[str, Any] = {}
    with processes.running(arguments, port=peer_port, path="/report"):
        with processes.served_instance(folder):
            seed = signed_requests(port, peer_port, count=SEED, known=KNOWN_ACTORS)
            await load.as_fast_as_possible(port, seed[:KNOWN_ACTORS], connections=4)
            await until_handled(folder, KNOWN_ACTORS)
            await with_instance(folder, lambda instance: instance.write(follow_all, peer_port=peer_port))
            await load.as_fast_as_possible(port, seed[KNOWN_ACTORS:], connections=16)
            await until_handled(folder, SEED)
        for size in SIZES:
            grow(folder, to=size)
            found[f"posts_{size}"] = await _measure_at(folder, port=port, peer_port=peer_port, size=size)
    first, last = found[f"posts_{SIZES[0]}"], found[f"posts_{SIZES[-1]}"]
    return {
        "correct": all(case["correct"] for case in found.values()),
        "home_p50_last_to_first": last["home_page_p50_ms"] / first["home_page_p50_ms"],
        "query_p50_last_to_first": last["home_query_p50_us"] / first["home_query_p50_us"],
        "handled_per_s_last_to_first": last["handled_per_s"] / first["handled_per_s"],
        **found,
    }


def follow_all(tx: Transaction, *, peer_port: int) -> None:
    for number in range(KNOWN_ACTORS):
        author = Sender(port=peer_port, number=number).uri
        follows.put(tx, follower=tx.site.actor(TARGET), following=author, state="accepted", activity_uri=None)


def grow(folder: Path, *, to: int) -> None:
    """Copy the received posts until there are so many: older ones, each with its own ids."""
    path = folder / "bench" / "fedgov.sqlite3"
    with closing(sqlite3.connect(path, timeout=60)) as database:
        have = database.execute("SELECT count(*) FROM objects WHERE NOT local").fetchone()[0]
        missing = to - have
        if missing <= 0:
            return
        database.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-262144;")
        oldest, upto = _first(database, "objects", "NOT local")
        logged_from, logged_to = _first(database, "inbox_items", "1")
        newest = database.execute("SELECT max(id) FROM notifications").fetchone()[0]
        span, copies = newest - min(oldest, logged_from) + 1, -(-missing // SEED)
        for table, ids in _COPIED.items():
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            chosen = ", ".join(_copied(column, ids) for column in columns)
            low, high = (logged_from, logged_to) if table == "inbox_items" else (oldest, upto)
            database.execute(
                f"WITH RECURSIVE copies(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < {copies}) "
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM copies CROSS JOIN {table} "
                f"WHERE {table}.{ids[-1]} BETWEEN {low} AND {high}",
                {"span": span, "to": to},
            )
        database.execute(
            f"WITH RECURSIVE copies(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < {copies}) "
            "INSERT INTO post_index (rowid, document) SELECT post_index.rowid - k * :span, document "
            f"FROM copies CROSS JOIN post_index WHERE post_index.rowid BETWEEN {oldest} AND {upto}",
            {"span": span},
        )
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.sync()  # or the disk is still busy with it while the next figures are taken


def _first(database: sqlite3.Connection, table: str, which: str) -> tuple[int, int]:
    """Return the ids of the first and the last of the rows that are copied."""
    statement = f"SELECT min(id), max(id) FROM (SELECT id FROM {table} WHERE {which} ORDER BY id DESC LIMIT {SEED})"
    low, high = database.execute(statement).fetchone()
    return low, high


def _copied(column: str, ids: tuple[str, ...]) -> str:
    if column in ids:
        return f"{column} - k * :span"
    if column in ("uri", "url", "context", "activity_uri", "object_uri", "order_key", "document", "replies_uri"):
        return f"replace({column}, '/notes/', '/notes/' || :to || '-' || k || '-')"
    if column == "body":
        return "CAST(replace(CAST(body AS TEXT), '/notes/', '/notes/' || :to || '-' || k || '-') AS BLOB)"
    return column


async def _measure_at(folder: Path, *, port: int, peer_port: int, size: int) -> dict[str, Any]:
    name = folder / "bench" / "fedgov.sqlite3"
    posts = rows(folder, "SELECT count(*) FROM inbox_items")[0][0]
    with processes.served_instance(folder) as server:
        reader = Visitor(port)
        await asyncio.to_thread(reader.log_in)
        await asyncio.to_thread(lambda: [reader.read("/home") for _ in range(20)])
        pages = sorted(await asyncio.to_thread(lambda: [reader.timed_read("/home") for _ in range(READS)]))
        before = server.cpu_seconds()
        fresh = signed_requests(port, peer_port, count=FRESH, known=KNOWN_ACTORS, offset=10 * size + 50_000_000)
        began = time.perf_counter()
        result = await load.as_fast_as_possible(port, fresh)
        await until_handled(folder, posts + FRESH)
        handled = FRESH / (time.perf_counter() - began)
        cpu = server.cpu_seconds() - before
        memory = server.memory()
        start = server.seconds_to_answer
    query = await with_instance(folder, _time_query)
    backup, restore, archive = await asyncio.to_thread(_back_up_and_restore, folder, size)
    stored = rows(folder, "SELECT count(*) FROM posts")[0][0]
    return {
        "correct": result.statuses == {202: FRESH} and stored == posts + FRESH and posts >= size,
        "counts": {"accepted": result.statuses[202], "stored": stored, "before": posts},
        "home_page_p50_ms": 1_000 * pages[READS // 2],
        "home_page_p99_ms": 1_000 * pages[int(READS * 0.99)],
        "home_query_p50_us": query,
        "accepted_per_s": FRESH / result.seconds,
        "handled_per_s": handled,
        "cpu_us_per_activity": 1e6 * cpu / FRESH,
        "pss_mib": memory["pss_mib"],
        "seconds_to_first_200": start,
        "bytes_per_post": name.stat().st_size / stored,
        "bytes_per_byte_received": name.stat().st_size / (stored * _mean_of_bodies(fresh)),
        "backup_s": backup,
        "backup_mib": archive,
        "restore_s": restore,
    }


def _mean_of_bodies(requests: list[bytes]) -> float:
    """Return how many bytes of JSON a request brings."""
    return sum(len(each.partition(b"\r\n\r\n")[2]) for each in requests) / len(requests)


async def _time_query(instance: Any) -> float:
    """Return the median microseconds of the first page of the home timeline, the query alone."""

    def measure(tx: Transaction) -> float:
        owner, taken = tx.site.actor(TARGET), []
        for _ in range(READS):
            begun = time.perf_counter()
            home_page(tx, owner=owner, request=PageRequest(limit=20))
            taken.append(time.perf_counter() - begun)
        return 1e6 * sorted(taken)[READS // 2]

    median: float = await instance.read(measure)
    return median


def _back_up_and_restore(folder: Path, size: int) -> tuple[float, float, float]:
    """Return the seconds of both and the size of the archive in MiB."""
    archive, home = folder / f"backup-{size}.tar", folder / f"restored-{size}"
    begun = time.perf_counter()
    _fedgov("--home", str(folder), "-i", "bench", "backup", str(archive))
    backed_up = time.perf_counter() - begun
    begun = time.perf_counter()
    _fedgov("--home", str(home), "-i", "bench", "restore", str(archive))
    restored = time.perf_counter() - begun
    mib = archive.stat().st_size / 2**20
    archive.unlink()
    for path in sorted(home.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    return backed_up, restored, mib


def _fedgov(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fedgov", *words], check=False, cwd=processes.ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
