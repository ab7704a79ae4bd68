"""What apps ask most: the home timeline, twenty posts as full JSON, whatever the size of the store."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from fedgov.features.people.queries import account_of
from fedgov.features.people.service.tokens import create_token
from fedgov.store.transaction import Transaction
from tests.benchmarks import load, processes
from tests.benchmarks.workloads.common import TARGET, one_account, rows, until_handled, with_instance
from tests.benchmarks.workloads.inbound import KNOWN_ACTORS, signed_requests
from tests.benchmarks.workloads.size import SEED, follow_all, grow

SIZES: Final = tuple(int(size) for size in os.environ.get("FEDGOV_BENCH_SIZES", "10000,100000,1000000").split(","))
PATH: Final = "/api/v1/timelines/home?limit=20"
READS: Final = 3_000
OPEN_LOOP_PART: Final = 0.5
_MANY: Final = "[limits]\napi_calls_per_five_minutes = 100000000\n"


async def w4(folder: Path) -> dict[str, Any]:
    """The newest page of somebody's home timeline for one to many clients, at several sizes of the store."""
    port = await asyncio.to_thread(processes.make_instance, folder, more=_MANY)
    await with_instance(folder, one_account)
    peer_port = processes.free_port()
    arguments = ["-m", "tests.benchmarks.peer", str(peer_port)]
    found: dict[str, Any] = {}
    with processes.running(arguments, port=peer_port, path="/report"):
        for number, size in enumerate(SIZES):
            with processes.served_instance(folder):  # new ones each time: what is copied must not be a copy itself
                seed = signed_requests(port, peer_port, count=SEED, known=KNOWN_ACTORS, offset=number * SEED)
                await load.as_fast_as_possible(port, seed[:KNOWN_ACTORS], connections=4)
                await until_handled(folder, _received(folder))
                await with_instance(folder, lambda instance: instance.write(follow_all, peer_port=peer_port))
                await load.as_fast_as_possible(port, seed[KNOWN_ACTORS:], connections=16)
                await until_handled(folder, _received(folder))
            token: str = await with_instance(folder, lambda instance: instance.write(_token))
            grow(folder, to=size)
            found[f"posts_{size}"] = await _measure(folder, port=port, token=token)
    first, last = found[f"posts_{SIZES[0]}"], found[f"posts_{SIZES[-1]}"]
    return {
        "correct": all(case["correct"] for case in found.values()),
        "p50_last_to_first": last["one_client_p50_ms"] / first["one_client_p50_ms"],
        **found,
    }


def _received(folder: Path) -> int:
    return int(rows(folder, "SELECT count(*) FROM inbox_items")[0][0])


def _token(tx: Transaction) -> str:
    account = account_of(tx, actor=tx.site.actor(TARGET))
    assert account is not None
    return create_token(tx, account_id=account.id, scopes="read")


async def _measure(folder: Path, *, port: int, token: str) -> dict[str, Any]:
    request = (f"GET {PATH} HTTP/1.1\r\nHost: bench.localhost:{port}\r\nAuthorization: Bearer {token}\r\n\r\n").encode()
    answer = await _look(folder, port=port, token=token)
    with processes.served_instance(folder) as server:
        await load.as_fast_as_possible(port, [request] * 300, connections=8)
        one = await load.as_fast_as_possible(port, [request] * (READS // 3), connections=1)
        before = server.cpu_seconds()
        eight = await load.as_fast_as_possible(port, [request] * READS, connections=8)
        cpu = server.cpu_seconds() - before
        many = await load.as_fast_as_possible(port, [request] * READS, connections=64)
        rate = READS / eight.seconds
        paced = await load.at_a_rate(port, [request] * READS, per_second=rate * OPEN_LOOP_PART, connections=64)
    limit = await _bare(folder, answer=answer)
    results = (one, eight, many, paced)
    return {
        "correct": all(set(each.statuses) == {200} for each in results) and _is_right(folder, orjson.loads(answer)),
        "one_client_p50_ms": one.percentile(0.5),
        "one_client_p99_ms": one.percentile(0.99),
        "clients_8_p50_ms": eight.percentile(0.5),
        "clients_8_p99_ms": eight.percentile(0.99),
        "clients_64_p50_ms": many.percentile(0.5),
        "clients_64_p99_ms": many.percentile(0.99),
        "per_s": rate,
        "cpu_us_per_timeline": 1e6 * cpu / READS,
        "open_loop_p50_ms": paced.percentile(0.5),
        "open_loop_p99_ms": paced.percentile(0.99),
        "limit_per_s": limit,
        "ratio_to_limit": rate / limit,
        "kib": len(answer) / 1024,
    }


async def _look(folder: Path, *, port: int, token: str) -> bytes:
    """Return the answer, from a server of its own, so that the one that is measured begins without it."""
    headers = {"Host": f"bench.localhost:{port}", "Authorization": f"Bearer {token}"}
    with processes.served_instance(folder):
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}{PATH}", headers=headers) as it,
        ):
            assert it.status == 200, await it.text()
            return await it.read()


def _is_right(folder: Path, statuses: list[dict[str, Any]]) -> bool:
    """Compare the answer with what stands in the database: the newest twenty, whole, with true figures."""
    newest = [
        str(row[0])
        for row in rows(folder, "SELECT object_id FROM posts WHERE NOT local ORDER BY object_id DESC LIMIT 20")
    ]
    written = dict(rows(folder, "SELECT author, count(*) FROM posts GROUP BY author"))
    return [each["id"] for each in statuses] == newest and all(
        each["content"].startswith("<p>Bericht ")
        and each["account"]["statuses_count"] == written[each["account"]["uri"]]
        and [mention["username"] for mention in each["mentions"]] == [TARGET]
        for each in statuses
    )


async def _bare(folder: Path, *, answer: bytes) -> float:
    """Return how many such answers per second bare ASGI gives that only reads the rows and makes the JSON."""
    port, sample = processes.free_port(), folder / "answer.json"
    sample.write_bytes(answer)
    arguments = [
        "-m",
        "tests.benchmarks.bare_timeline",
        str(port),
        str(folder / "bench" / "fedgov.sqlite3"),
        str(sample),
    ]
    with processes.running(arguments, port=port, path="/"):
        request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        await load.as_fast_as_possible(port, [request] * 300, connections=8)
        result = await load.as_fast_as_possible(port, [request] * READS, connections=8)
    assert set(result.statuses) == {200}
    return READS / result.seconds
