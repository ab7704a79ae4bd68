"""What comes in: signed posts of known actors, of unknown ones, and what nobody should have sent."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from fedgov.activitystreams.audience import PUBLIC
from fedgov.activitystreams.context import ACTIVITYSTREAMS
from fedgov.federation.signatures.message import outgoing
from fedgov.federation.signatures.shapes import Shape, sign
from fedgov.kernel.clock import to_rfc3339
from tests.benchmarks import load, processes
from tests.benchmarks.peer import Sender
from tests.benchmarks.workloads.common import (
    TARGET,
    counts,
    get,
    one_account,
    rows,
    until_handled,
    with_instance,
)

KNOWN_ACTORS: Final = 50
W1_ACTIVITIES: Final = 10_000
OPEN_LOOP_PART: Final = 0.5

UNKNOWN_ACTORS: Final = 5_000
UNKNOWN_HOSTS: Final = 50
STEADY_PER_SECOND: Final = 100.0
STEADY_SECONDS: Final = 10

HOSTILE: Final = 8_000
GOOD: Final = 4_000


def note(actor: str, *, to: str, serial: int) -> bytes:
    """Return a Create{Note} of about 1.3 KB."""
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


def signed_requests(
    port: int, peer_port: int, *, count: int, known: int, offset: int = 0, hosts: int = 1
) -> list[bytes]:
    """Return signed POSTs to the shared inbox, ready to be written to a socket."""
    made = []
    for serial in range(offset, offset + count):
        sender = Sender(port=peer_port, number=serial % known, host=host_of(serial % known, hosts=hosts))
        made.append(signed_request(port, sender, note(sender.uri, to=target_uri(port), serial=serial)))
    return made


def host_of(number: int, *, hosts: int) -> str:
    """Return the name of the peer that the n-th of all actors lives at."""
    return "peer" if hosts == 1 else f"peer{number % hosts}"


def target_uri(port: int) -> str:
    """Return the account that messages are for."""
    return f"http://bench.localhost:{port}/users/{TARGET}"


def signed_request(port: int, sender: Sender, body: bytes) -> bytes:
    """Return one signed POST to the shared inbox."""
    host = f"bench.localhost:{port}"
    headers = {"content-type": "application/activity+json"}
    message = outgoing("POST", url=f"http://{host}/inbox", headers=headers, body=body)
    headers |= sign(Shape.CAVAGE, message, rsa=sender.key, ed25519=None, now_ms=int(time.time() * 1_000))
    lower = {name.lower(): value for name, value in headers.items()}
    lower.setdefault("host", host)
    lines = [f"{name}: {value}" for name, value in lower.items()] + [f"content-length: {len(body)}"]
    return ("POST /inbox HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + body


async def w1(folder: Path) -> dict[str, Any]:
    """Accept signed posts of 50 known actors, durable before 202; then see them handled."""
    port = await asyncio.to_thread(processes.make_instance, folder)
    await with_instance(folder, one_account)
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
        await until_handled(folder, total)
        seconds_handling = time.perf_counter() - started
        cpu_all = server.cpu_seconds() - before
        calm = signed_requests(port, peer_port, count=4_000, known=KNOWN_ACTORS, offset=2_000_000)
        rate = OPEN_LOOP_PART * W1_ACTIVITIES / (closed.seconds + seconds_handling)
        opened = await load.at_a_rate(port, calm, per_second=rate)
        await until_handled(folder, total + len(calm))
        memory = server.memory()
    found = counts(folder)
    correct = (
        closed.statuses == {202: W1_ACTIVITIES}
        and opened.statuses == {202: len(calm)}
        and found["logged"] == found["done"] == found["posts"] == total + len(calm)
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
        "counts": found,
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


async def w1b(folder: Path) -> dict[str, Any]:
    """Accept one post each of 5,000 actors that nobody here knows, while known ones go on sending."""
    port = await asyncio.to_thread(processes.make_instance, folder)
    await with_instance(folder, one_account)
    peer_port = processes.free_port()
    steady = int(STEADY_PER_SECOND * STEADY_SECONDS)
    arguments = ["-m", "tests.benchmarks.peer", str(peer_port)]
    with processes.running(arguments, port=peer_port, path="/report"), processes.served_instance(folder) as server:
        warm = signed_requests(port, peer_port, count=KNOWN_ACTORS * 4, known=KNOWN_ACTORS, offset=1_000_000)
        await load.as_fast_as_possible(port, warm, connections=8)
        alone = await load.at_a_rate(
            port,
            signed_requests(port, peer_port, count=steady, known=KNOWN_ACTORS, offset=2_000_000),
            per_second=STEADY_PER_SECOND,
        )
        strangers = signed_requests(port, peer_port, count=UNKNOWN_ACTORS, known=UNKNOWN_ACTORS, hosts=UNKNOWN_HOSTS)
        before = server.cpu_seconds()
        meanwhile = signed_requests(port, peer_port, count=steady, known=KNOWN_ACTORS, offset=3_000_000)
        crowd, beside = await asyncio.gather(
            load.until_accepted(port, strangers, connections=32),
            load.at_a_rate(port, meanwhile, per_second=STEADY_PER_SECOND),
        )
        total = len(warm) + 2 * steady + UNKNOWN_ACTORS
        await until_handled(folder, total)
        cpu = server.cpu_seconds() - before
        limit = await _bare_fetches(peer_port)
    found = counts(folder)
    met = rows(folder, "SELECT count(*) FROM actors WHERE uri LIKE 'http://peer%' AND NOT local")[0][0]
    return {
        "correct": (
            found["done"] == found["posts"] == total
            and met == UNKNOWN_ACTORS + KNOWN_ACTORS
            and alone.statuses == beside.statuses == {202: steady}
        ),
        "new_actors_per_s": UNKNOWN_ACTORS / crowd.seconds,
        "put_off_and_sent_again": crowd.statuses[503] + crowd.statuses[429],
        "limit_bare_fetches_per_s": limit,
        "ratio_to_bare_fetches": UNKNOWN_ACTORS / crowd.seconds / limit,
        "cpu_us_per_new_actor": 1e6 * cpu / UNKNOWN_ACTORS,
        "known_p99_ms_alone": alone.percentile(0.99),
        "known_p99_ms_meanwhile": beside.percentile(0.99),
    }


async def _bare_fetches(peer_port: int) -> float:
    """Return how many actor documents a second this machine can fetch, with nothing done with them."""
    count, waiting = 2_000, iter(range(2_000))

    async def work(session: aiohttp.ClientSession) -> None:
        for number in waiting:
            async with session.get(f"http://127.0.0.1:{peer_port}/users/u{number}") as answer:
                await answer.read()

    started = time.perf_counter()
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(work(session) for _ in range(32)))
    return count / (time.perf_counter() - started)


async def w1c(folder: Path) -> dict[str, Any]:
    """Refuse bad signatures, take duplicates and unknown Deletes for what they are, and keep serving the others."""
    more = "[limits]\nrefused_per_minute = 10000000"  # what is measured is the refusal, not the limit on them
    port = await asyncio.to_thread(processes.make_instance, folder, more=more)
    await with_instance(folder, one_account)
    peer_port = processes.free_port()
    arguments = ["-m", "tests.benchmarks.peer", str(peer_port)]
    with processes.running(arguments, port=peer_port, path="/report"), processes.served_instance(folder):
        good = signed_requests(port, peer_port, count=GOOD, known=KNOWN_ACTORS, offset=1_000_000)
        await load.as_fast_as_possible(port, good[: KNOWN_ACTORS * 4], connections=8)
        began = time.perf_counter()
        accepted = await load.as_fast_as_possible(port, good[KNOWN_ACTORS * 4 :])
        await until_handled(folder, GOOD)
        handled_in = time.perf_counter() - began
        refused = await load.as_fast_as_possible(port, _hostile(port, peer_port, good))
        calm = signed_requests(port, peer_port, count=1_000, known=KNOWN_ACTORS, offset=2_000_000)
        alone = await load.at_a_rate(port, calm, per_second=STEADY_PER_SECOND)
        hostile = _hostile(port, peer_port, good)[: 10 * len(calm)]
        beside_good = signed_requests(port, peer_port, count=1_000, known=KNOWN_ACTORS, offset=3_000_000)
        beside, _ = await asyncio.gather(
            load.at_a_rate(port, beside_good, per_second=STEADY_PER_SECOND),
            load.at_a_rate(port, hostile, per_second=len(hostile) / (len(calm) / STEADY_PER_SECOND)),
        )
        await until_handled(folder, GOOD + 2_000)
        asked = orjson.loads(await asyncio.to_thread(_report, peer_port))["fetched"]
    found = counts(folder)
    count = GOOD - KNOWN_ACTORS * 4
    accept_rate, handle_rate = count / accepted.seconds, count / handled_in
    refuse_rate = HOSTILE / refused.seconds
    return {
        "correct": (
            found["logged"] == found["done"] == found["posts"] == GOOD + 2_000
            and refused.statuses == {401: HOSTILE // 2, 202: HOSTILE // 2}
            and beside.statuses == alone.statuses == {202: 1_000}
        ),
        "refused_per_s": refuse_rate,
        "accepted_per_s": accept_rate,
        "handled_per_s": handle_rate,
        "ratio_to_accepted": refuse_rate / accept_rate,
        "ratio_to_accepted_and_handled": refuse_rate / handle_rate,
        "actor_documents_fetched": asked,
        "good_p99_ms_alone": alone.percentile(0.99),
        "good_p99_ms_meanwhile": beside.percentile(0.99),
    }


def _hostile(port: int, peer_port: int, good: list[bytes]) -> list[bytes]:
    """Return a mix: half with another's signature, a quarter duplicates, a quarter Deletes of nobody known."""
    made = []
    for number in range(HOSTILE):
        here, there = good[number % GOOD], good[(number + KNOWN_ACTORS) % GOOD]
        if number % 2 == 0:
            signature = re.search(rb'signature="([^"]+)"', there)
            assert signature is not None
            made.append(re.sub(rb'signature="[^"]+"', b'signature="' + signature.group(1) + b'"', here, count=1))
        elif number % 4 == 1:
            made.append(here)
        else:
            made.append(_unknown_delete(port, peer_port, number))
    return made


def _unknown_delete(port: int, peer_port: int, number: int) -> bytes:
    sender = Sender(port=peer_port, number=900_000 + number, host="gone")
    activity = {
        "@context": ACTIVITYSTREAMS,
        "id": f"{sender.uri}#delete",
        "type": "Delete",
        "actor": sender.uri,
        "object": sender.uri,
        "to": [PUBLIC],
    }
    return signed_request(port, sender, orjson.dumps(activity))


def _report(port: int) -> bytes:
    return get(f"http://127.0.0.1:{port}/report")
