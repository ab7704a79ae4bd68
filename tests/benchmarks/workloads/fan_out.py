"""What goes out: one post to many servers, and to many followers on few."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from pathlib import Path
from typing import Any, Final

import aiohttp
import aiohttp.abc
import orjson
import uvloop

from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.context import MEDIA_TYPE
from fedgov.features.posts.service import publishing
from fedgov.federation import actors, follows
from fedgov.federation.signatures.keys import generate_ed25519
from fedgov.federation.signatures.message import outgoing
from fedgov.federation.signatures.shapes import Shape, sign
from fedgov.store.tables import actors as actors_table
from fedgov.store.tables import follows as follows_table
from fedgov.store.tables import peers as peers_table
from fedgov.store.transaction import Transaction
from tests.benchmarks import processes
from tests.benchmarks.peer import Sender
from tests.benchmarks.workloads.common import DRAIN_SECONDS, TARGET, get, one_account, with_instance

_BARE: Final = {"rsa": Shape.CAVAGE, "ed25519": Shape.RFC9421_ED25519}

W10_HOSTS: Final = 100
W10_FOLLOWERS: Final = 5_000


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
    bare = {label: await asyncio.to_thread(_bare, hosts=3_000, shape=shape) for label, shape in _BARE.items()}
    return {
        "correct": all(case["correct"] for case in found.values()),
        "p99_with_faults_to_without": faulty["healthy_p99_s"] / healthy["healthy_p99_s"],
        "limit_rsa_signatures_per_s": _signatures_per_second(),
        **{f"limit_bare_{label}": floor for label, floor in bare.items()},
        **{
            f"{label}_cpu_ratio_to_bare": floor["cpu_us"] / found[f"{label}_3000"]["cpu_us_per_delivery"]
            for label, floor in bare.items()
        },
        **found,
    }


async def _fan_out(folder: Path, *, hosts: int, shape: Shape | None, faults: bool) -> dict[str, Any]:
    await asyncio.to_thread(processes.make_instance, folder)
    peer_port, dead_port = processes.free_port(), processes.free_port()
    names = [_host_name(number, hosts, faults) for number in range(hosts)]
    places = [f"{name}.localhost:{dead_port if name.startswith('dead') else peer_port}" for name in names]

    async def fill(instance: Any) -> None:
        await one_account(instance)
        await instance.write(_insert_followers, places=places, shape=shape)

    await with_instance(folder, fill)
    arguments = ["-m", "tests.benchmarks.peer", str(peer_port)]
    with processes.running(arguments, port=peer_port, path="/report"), processes.served_instance(folder) as server:
        await asyncio.sleep(1)
        before = server.cpu_seconds()
        published = time.time()
        await with_instance(folder, _publish)
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


def _insert_followers(tx: Transaction, *, places: list[str], shape: Shape | None, each: int = 1) -> None:
    target = tx.site.actor(TARGET)
    people, edges, known = [], [], []
    for place in places:
        for number in range(1, each + 1):
            uri = f"http://{place}/users/u{number}"
            people.append(
                {
                    "id": tx.new_id(), "uri": uri, "host": place, "local": False, "kind": "Person", "name": "",
                    "username": f"u{number}", "inbox": f"{uri}/inbox", "shared_inbox": f"http://{place}/inbox",
                    "created_at": tx.now, "updated_at": tx.now, "fetched_at": tx.now,
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
    assert follows.count(tx, following=target) == each * len(places)
    assert actors.find(tx, uri=target) is not None


async def _publish(instance: Any) -> None:
    await instance.write(
        publishing.publish_post,
        author=instance.site.actor(TARGET),
        text="Een bericht aan iedereen die mij volgt.",
        visibility=Visibility.PUBLIC,
    )


async def _wait_for(port: int, places: list[str], *, times: int = 1) -> dict[str, Any]:
    deadline = time.monotonic() + DRAIN_SECONDS
    while True:
        report: dict[str, Any] = orjson.loads(await asyncio.to_thread(get, f"http://127.0.0.1:{port}/report"))
        if all(report["received"].get(place, 0) >= times for place in places):
            return report
        if time.monotonic() > deadline:
            missing = sum(report["received"].get(place, 0) < times for place in places)
            raise RuntimeError(f"{missing} of {len(places)} not delivered in {DRAIN_SECONDS} s")
        await asyncio.sleep(0.1)


class _Loopback(aiohttp.abc.AbstractResolver):
    """Every name is this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Nothing to close."""


def _bare(*, hosts: int, shape: Shape) -> dict[str, float]:
    """Measure bare deliveries on a loop, and with a garbage collector, like the server's."""
    gc.collect()
    gc.freeze()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_bare_deliveries(hosts=hosts, shape=shape))
    finally:
        gc.unfreeze()


async def _bare_deliveries(*, hosts: int, shape: Shape) -> dict[str, float]:
    """Sign and POST one body to as many hosts, with nothing read before and nothing written after."""
    peer_port, body = processes.free_port(), b'{"type":"Create"}' * 240  # as long as the post is with its proof
    rsa, ed25519 = Sender(port=1, number=0).key, generate_ed25519("http://bench.localhost/users/meter#ed25519-key")
    waiting = iter(range(hosts))

    async def work(session: aiohttp.ClientSession) -> None:
        for number in waiting:
            url = f"http://h{number}.localhost:{peer_port}/inbox"
            headers = {"Content-Type": MEDIA_TYPE}
            message = outgoing("POST", url=url, headers=headers, body=body)
            headers |= sign(shape, message, rsa=rsa, ed25519=ed25519, now_ms=int(time.time() * 1_000))
            async with session.post(url, data=body, headers=headers) as answer:
                assert answer.status == 202, answer.status
                await answer.read()

    with processes.running(["-m", "tests.benchmarks.peer", str(peer_port)], port=peer_port, path="/report"):
        connector = aiohttp.TCPConnector(resolver=_Loopback(), limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            started, before = time.perf_counter(), time.process_time()
            await asyncio.gather(*(work(session) for _ in range(256)))
            return {
                "per_s": hosts / (time.perf_counter() - started),
                "cpu_us": 1e6 * (time.process_time() - before) / hosts,
            }


def _signatures_per_second() -> float:
    key = Sender(port=1, number=0).key
    started, count = time.process_time(), 500
    for _ in range(count):
        key.sign(b"x" * 200)
    return count / (time.process_time() - started)


# --- W10: few servers, many followers on each --------------------------------------------------------------------


async def w10(folder: Path) -> dict[str, Any]:
    """A post for followers, its edit and its deletion: one signed delivery for each server, however many live there."""
    await asyncio.to_thread(processes.make_instance, folder)
    peer_port = processes.free_port()
    hosts = [f"h{number}.localhost:{peer_port}" for number in range(W10_HOSTS)]

    async def fill(instance: Any) -> None:
        await one_account(instance)
        await instance.write(_insert_followers, places=hosts, shape=None, each=W10_FOLLOWERS // W10_HOSTS)

    await with_instance(folder, fill)
    stages: dict[str, float] = {}

    async def stage(name: str, work: Any) -> Any:
        began = time.time()
        found = await with_instance(folder, work)
        report = await _wait_for(peer_port, hosts, times=len(stages) + 1)
        stages[name] = max(report["arrived"][host] for host in hosts) - began
        return found

    arguments = ["-m", "tests.benchmarks.peer", str(peer_port)]
    with processes.running(arguments, port=peer_port, path="/report"), processes.served_instance(folder) as server:
        await asyncio.sleep(1)
        before = server.cpu_seconds()
        post = await stage("post", _publish_to_followers)
        await stage("edit", lambda instance: _edit(instance, post))
        await stage("delete", lambda instance: _delete(instance, post))
        cpu = server.cpu_seconds() - before
        left, stay = hosts[0], hosts[1:]
        await with_instance(folder, lambda instance: instance.write(_leave, host=left))
        await with_instance(folder, _publish_to_followers)
        report = await _wait_for(peer_port, stay, times=4)
    received = report["received"]
    names = ("post", "edit", "delete")
    return {
        "correct": all(received[host] == 4 for host in stay) and received[left] == 3,
        "followers": W10_FOLLOWERS,
        "hosts": W10_HOSTS,
        **{f"{name}_seconds_to_last_host": stages[name] for name in names},
        "deliveries_per_activity": sum(received[host] for host in stay) / len(stay) / 4 * W10_HOSTS,
        "cpu_us_per_delivery": 1e6 * cpu / (3 * W10_HOSTS),
        "limit_rsa_signatures_per_s": _signatures_per_second(),
    }


async def _publish_to_followers(instance: Any) -> int:
    post: int = await instance.write(
        publishing.publish_post,
        author=instance.site.actor(TARGET),
        text="Een bericht voor wie mij volgt.",
        visibility=Visibility.FOLLOWERS,
    )
    return post


async def _edit(instance: Any, post: int) -> None:
    await instance.write(publishing.edit_post, actor=instance.site.actor(TARGET), object_id=post, text="Verbeterd.")


async def _delete(instance: Any, post: int) -> None:
    await instance.write(publishing.delete_post, actor=instance.site.actor(TARGET), object_id=post)


def _leave(tx: Transaction, *, host: str) -> None:
    target = tx.site.actor(TARGET)
    for row in follows.remote_inboxes(tx, of=target):
        if row.host == host:
            follows.remove(tx, follower=row.uri, following=target)
