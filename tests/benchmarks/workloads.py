"""The workloads. Each returns its numbers, the limit measured in the same run, and whether it was correct."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import orjson

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.activitystreams.context import ACTIVITYSTREAMS
from fedgov.app import open_instance
from fedgov.features.people.service import accounts
from fedgov.features.posts.service import publishing
from fedgov.federation import actors, follows
from fedgov.federation.signatures.message import outgoing
from fedgov.federation.signatures.shapes import Shape, sign
from fedgov.kernel import config as configuration
from fedgov.kernel.clock import to_rfc3339
from fedgov.store.tables import actors as actors_table
from fedgov.store.tables import follows as follows_table
from fedgov.store.tables import peers as peers_table
from fedgov.store.transaction import Transaction
from tests.benchmarks import load, processes
from tests.benchmarks.peer import actor_uri, signing_key

KNOWN_ACTORS: Final = 50
TARGET: Final = "meter"
W1_ACTIVITIES: Final = 10_000
OPEN_LOOP_PART: Final = 0.5
DRAIN_SECONDS: Final = 120.0

Workload = Callable[[Path], Coroutine[Any, Any, dict[str, Any]]]


# --- W1: inbound --------------------------------------------------------------------------------------------------


def note(peer_port: int, number: int, *, to: str, serial: int) -> bytes:
    """Return a Create{Note} of about 1.3 KB."""
    actor = actor_uri(peer_port, number)
    uri = f"{actor}/notes/{serial}"
    now = to_rfc3339(int(time.time() * 1_000))
    text = f"<p>Bericht {serial}. " + "Wie heeft ervaring met dit onderwerp in een buurgemeente? " * 11 + "</p>"
    audience = {"to": [PUBLIC], "cc": [f"{actor}/followers", to]}
    return orjson.dumps(
        {
            "@context": ACTIVITYSTREAMS,
            "id": f"{uri}/activity",
            "type": "Create",
            "actor": actor,
            "published": now,
            **audience,
            "object": {
                "id": uri,
                "type": "Note",
                "attributedTo": actor,
                "published": now,
                **audience,
                "content": text,
                "tag": [{"type": "Mention", "href": to, "name": f"@{TARGET}"}],
            },
        }
    )


def signed_requests(port: int, peer_port: int, *, count: int, known: int, offset: int = 0) -> list[bytes]:
    """Return signed POSTs to the shared inbox, ready to be written to a socket."""
    host = f"bench.localhost:{port}"
    made = []
    for serial in range(offset, offset + count):
        number = serial % known
        body = note(peer_port, number, to=f"http://{host}/users/{TARGET}", serial=serial)
        headers = {"content-type": "application/activity+json"}
        message = outgoing("POST", url=f"http://{host}/inbox", headers=headers, body=body)
        now = int(time.time() * 1_000)
        headers |= sign(Shape.CAVAGE, message, rsa=signing_key(peer_port, number), ed25519=None, now_ms=now)
        lower = {name.lower(): value for name, value in headers.items()}
        lower.setdefault("host", host)
        lines = [f"{name}: {value}" for name, value in lower.items()] + [f"content-length: {len(body)}"]
        made.append(("POST /inbox HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + body)
    return made


async def w1(folder: Path) -> dict[str, Any]:
    """Accept signed posts of 50 known actors, durable before 202; then see them handled."""
    port = await asyncio.to_thread(processes.make_instance, folder)
    await _with_instance(folder, _one_account)
    peer_port = processes.free_port()
    peer_arguments = ["-m", "tests.benchmarks.peer", str(peer_port)]
    with (
        processes.running(peer_arguments, port=peer_port, path="/report"),
        processes.served_instance(folder) as server,
    ):
        warm = signed_requests(port, peer_port, count=KNOWN_ACTORS * 4, known=KNOWN_ACTORS, offset=1_000_000)
        await load.as_fast_as_possible(port, warm, connections=8)
        requests = signed_requests(port, peer_port, count=W1_ACTIVITIES, known=KNOWN_ACTORS)
        before = server.cpu_seconds()
        closed = await load.as_fast_as_possible(port, requests)
        cpu_accepting = server.cpu_seconds() - before
        total = W1_ACTIVITIES + len(warm)
        started = time.perf_counter()
        await _until_handled(folder, total)
        seconds_handling = time.perf_counter() - started
        cpu_all = server.cpu_seconds() - before
        calm = signed_requests(port, peer_port, count=4_000, known=KNOWN_ACTORS, offset=2_000_000)
        rate = OPEN_LOOP_PART * W1_ACTIVITIES / (closed.seconds + seconds_handling)
        opened = await load.at_a_rate(port, calm, per_second=rate)
        await _until_handled(folder, total + len(calm))
        memory = server.memory()
    counts = _counts(folder)
    correct = (
        closed.statuses == {202: W1_ACTIVITIES}
        and opened.statuses == {202: len(calm)}
        and counts["logged"] == counts["done"] == counts["posts"] == total + len(calm)
    )
    floor = await _w1_floor(folder, port, peer_port, requests)
    accepted = W1_ACTIVITIES / closed.seconds
    return {
        "correct": correct,
        "accepted_per_s": accepted,
        "floor_per_s": floor["per_s"],
        "ratio_to_floor": accepted / floor["per_s"],
        "cpu_us_per_accepted_with_handling_meanwhile": 1e6 * cpu_accepting / W1_ACTIVITIES,
        "floor_cpu_us": floor["cpu_us"],
        "visible_per_s": W1_ACTIVITIES / (closed.seconds + seconds_handling),
        "cpu_us_per_activity_accepted_and_handled": 1e6 * cpu_all / W1_ACTIVITIES,
        "open_loop_per_s": rate,
        "open_loop_p50_ms": opened.percentile(0.5),
        "open_loop_p99_ms": opened.percentile(0.99),
        "memory_after": memory,
        "counts": counts,
    }


async def _w1_floor(folder: Path, port: int, peer_port: int, requests: list[bytes]) -> dict[str, float]:
    floor_port = processes.free_port()
    database = str(folder / "floor.sqlite3")
    arguments = ["-m", "tests.benchmarks.floor", str(floor_port), database, str(KNOWN_ACTORS), str(peer_port)]
    with processes.running(arguments, port=floor_port, path="/") as server:
        before = server.cpu_seconds()
        result = await load.as_fast_as_possible(floor_port, requests)
        cpu = server.cpu_seconds() - before
    assert result.statuses == {202: len(requests)}, result.statuses
    return {"per_s": len(requests) / result.seconds, "cpu_us": 1e6 * cpu / len(requests)}


async def _until_handled(folder: Path, count: int) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS
    while _counts(folder)["done"] < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"not handled in {DRAIN_SECONDS} s: {_counts(folder)}")
        await asyncio.sleep(0.05)


def _counts(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(folder / "bench" / "fedgov.sqlite3")) as database:
        questions = {
            "logged": "SELECT count(*) FROM inbox_items",
            "done": "SELECT count(*) FROM inbox_items WHERE state = 'done'",
            "posts": "SELECT count(*) FROM objects WHERE NOT local",
        }
        return {name: database.execute(question).fetchone()[0] for name, question in questions.items()}


async def _one_account(instance: Any) -> None:
    await accounts.open_account(instance, username=TARGET, password="alleen-voor-de-meting")


async def _with_instance(folder: Path, work: Callable[[Any], Awaitable[Any]], *, name: str = "bench") -> Any:
    async with open_instance(configuration.load(folder / name)) as running:
        return await work(running.instance)


# --- W2: fan-out --------------------------------------------------------------------------------------------------


async def w2(folder: Path) -> dict[str, Any]:
    """Send one post to 300 and to 3,000 hosts, with RSA and with Ed25519, all healthy and with faults."""
    found: dict[str, Any] = {}
    for label, hosts, shape, faults in (
        ("rsa_300", 300, None, False),
        ("rsa_300_with_faults", 300, None, True),
        ("rsa_3000", 3_000, None, False),
        ("ed25519_3000", 3_000, Shape.RFC9421_ED25519, False),
    ):
        case = folder / label
        case.mkdir()
        found[label] = await _fan_out(case, hosts=hosts, shape=shape, faults=faults)
    healthy, faulty = found["rsa_300"], found["rsa_300_with_faults"]
    return {
        "correct": all(case["correct"] for case in found.values()),
        "p99_with_faults_to_without": faulty["healthy_p99_s"] / healthy["healthy_p99_s"],
        "limit_rsa_signatures_per_s": _signatures_per_second(),
        **found,
    }


async def _fan_out(folder: Path, *, hosts: int, shape: Shape | None, faults: bool) -> dict[str, Any]:
    await asyncio.to_thread(processes.make_instance, folder)
    peer_port, dead_port = processes.free_port(), processes.free_port()
    names = [_host_name(number, hosts, faults) for number in range(hosts)]
    places = [f"{name}.localhost:{dead_port if name.startswith('dead') else peer_port}" for name in names]

    async def fill(instance: Any) -> None:
        await _one_account(instance)
        await instance.write(_insert_followers, places=places, shape=shape)

    await _with_instance(folder, fill)
    arguments = ["-m", "tests.benchmarks.peer", str(peer_port)]
    with processes.running(arguments, port=peer_port, path="/report"), processes.served_instance(folder) as server:
        await asyncio.sleep(1)
        before = server.cpu_seconds()
        published = time.time()
        await _with_instance(folder, _publish)
        healthy = [place for place, name in zip(places, names, strict=True) if name.startswith("h")]
        report = await _wait_for(peer_port, healthy)
        cpu = server.cpu_seconds() - before
    delays = sorted(report["arrived"][place] - published for place in healthy)
    once = all(report["received"][place] == 1 for place in healthy)
    return {
        "correct": once,
        "hosts": hosts,
        "healthy": len(healthy),
        "seconds_to_last_healthy": delays[-1],
        "healthy_p99_s": delays[int(len(delays) * 0.99) - 1],
        "per_s": len(healthy) / (delays[-1] - delays[0] + 1e-9),
        "cpu_us_per_delivery": 1e6 * cpu / len(healthy),
    }


def _host_name(number: int, hosts: int, faults: bool) -> str:
    part = number % 20
    kind = "h" if not faults or part >= 7 else "dead" if part < 4 else "slow" if part < 6 else "busy"
    return f"{kind}{number}"


def _insert_followers(tx: Transaction, *, places: list[str], shape: Shape | None) -> None:
    target = tx.site.actor(TARGET)
    people, edges, known = [], [], []
    for place in places:
        uri = f"http://{place}/users/u1"
        people.append(
            {
                "id": tx.new_id(), "uri": uri, "host": place, "local": False, "kind": "Person", "username": "u1",
                "name": "", "inbox": f"{uri}/inbox", "shared_inbox": f"http://{place}/inbox", "created_at": tx.now,
                "updated_at": tx.now, "fetched_at": tx.now,
            }
        )  # fmt: skip
        edges.append(
            {"id": tx.new_id(), "follower": uri, "following": target, "state": "accepted", "created_at": tx.now}
        )
        known.append(
            {
                "host": place,
                "first_seen_at": tx.now,
                "described_at": tx.now,
                "shape": shape.value if shape else None,
                "shape_learnt_at": tx.now if shape else None,
            }
        )
    tx.execute(actors_table.insert(), people)
    tx.execute(follows_table.insert(), edges)
    tx.execute(peers_table.insert(), known)
    assert follows.count(tx, following=target) == len(places)
    assert actors.find(tx, uri=target) is not None


async def _publish(instance: Any) -> None:
    await instance.write(
        publishing.publish_post,
        author=instance.site.actor(TARGET),
        text="Een bericht aan iedereen die mij volgt.",
        visibility=Visibility.PUBLIC,
    )


async def _wait_for(port: int, places: list[str]) -> dict[str, Any]:
    deadline = time.monotonic() + DRAIN_SECONDS
    while True:
        report: dict[str, Any] = orjson.loads(await asyncio.to_thread(_get, f"http://127.0.0.1:{port}/report"))
        if all(place in report["received"] for place in places):
            return report
        if time.monotonic() > deadline:
            missing = sum(place not in report["received"] for place in places)
            raise RuntimeError(f"{missing} of {len(places)} not delivered in {DRAIN_SECONDS} s")
        await asyncio.sleep(0.1)


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def _signatures_per_second() -> float:
    key = signing_key(1, 0)
    started, count = time.process_time(), 500
    for _ in range(count):
        key.sign(b"x" * 200)
    return count / (time.process_time() - started)


# --- W6 and W7: memory and start -----------------------------------------------------------------------------------


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


WORKLOADS: Final[dict[str, Workload]] = {"W1": w1, "W2": w2, "W6": w6, "W7": w7}
