"""Thousands of apps that listen, while somebody writes ten posts a second."""

from __future__ import annotations

import asyncio
import http.client
import re
import resource
import select
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from fedgov.features.people.queries import account_of
from fedgov.features.people.service import accounts, passwords
from fedgov.features.people.service import follows as following
from fedgov.features.people.service.tokens import create_token
from fedgov.federation import keys
from tests.benchmarks import processes
from tests.benchmarks.workloads.common import with_instance
from tests.fediverse import pooled_rsa

CLIENTS: Final = 5_000
PEOPLE: Final = 200
"""Each with many apps open, so that making them does not take longer than the measurement."""
POSTS: Final = 100
POSTS_PER_SECOND: Final = 10.0
FILES: Final = 12_000
AT_ONCE: Final = 16
PATIENCE: Final = 120.0
LIMITS: Final = "[limits]\nposts_per_hour = 1000000\napi_calls_per_five_minutes = 1000000"
_MARK: Final = re.compile(rb"w9-(\d{6})-w9")
_BARE: Final = re.compile(rb"(\d{8})\.")
_BARE_BYTES: Final = 2_000


@dataclass(slots=True)
class _Ear:
    """One app that listens."""

    line: socket.socket
    seen: list[int] = field(default_factory=list)
    rest: bytes = b""


class _Ears:
    """Many apps that listen, in a thread of its own: a loop of asyncio would cost more than the server.

    Args:
        port: Where the server listens.
        mark: How a message says its number.
        due: When each post was due; filled while they are published.
    """

    def __init__(self, port: int, *, mark: re.Pattern[bytes], due: Sequence[float]) -> None:
        self._port, self._mark, self._due = port, mark, due
        self._poll = select.epoll()
        self.ears: dict[int, _Ear] = {}
        self.delays: list[float] = []
        self.missing = 0

    def open(self, requests: Sequence[bytes]) -> None:
        """Open a connection for each request."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for ear in threads.map(self._open, requests):
                self.ears[ear.line.fileno()] = ear
                self._poll.register(ear.line.fileno(), select.EPOLLIN)
        self.missing = POSTS * len(self.ears)

    def _open(self, request: bytes) -> _Ear:
        line = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        line.sendall(request)
        if not request.startswith(b"LISTEN"):
            answer = line.recv(65_536)
            if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 101")):
                raise RuntimeError(answer[:300])
        return _Ear(line)

    def listen(self) -> bool:
        """Hear everything; False when some of it did not come."""
        until = time.perf_counter() + PATIENCE
        while self.missing > 0 and time.perf_counter() < until:
            for number, _ in self._poll.poll(1.0):
                self._hear(self.ears[number])
        return self.missing == 0

    def _hear(self, ear: _Ear) -> None:
        data = ear.rest + ear.line.recv(262_144)
        now, end = time.perf_counter(), 0
        for found in self._mark.finditer(data):
            number, end = int(found[1]), found.end()
            ear.seen.append(number)
            self.missing -= 1
            if self._due:
                self.delays.append(now - self._due[number])
        ear.rest = data[max(end, len(data) - 16) :]  # a number may be cut in two

    def close(self) -> None:
        """Hang up."""
        for ear in self.ears.values():
            ear.line.close()
        self._poll.close()


def _requests(host: str, tokens: Sequence[str], count: int) -> list[bytes]:
    """Half of them event streams of what is public, half of them WebSockets of their person's own timeline."""
    found = []
    for number in range(count):
        token = tokens[number // 2 % len(tokens)]
        head = f"Host: {host}\r\nAuthorization: Bearer {token}\r\n"
        if number % 2:
            upgrade = (
                "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            )
            found.append(f"GET /api/v1/streaming?stream=user HTTP/1.1\r\n{head}{upgrade}\r\n".encode())
        else:
            found.append(f"GET /api/v1/streaming/public/local HTTP/1.1\r\n{head}\r\n".encode())
    return found


async def _no_hash(_password: str) -> str:
    return "none"


async def _people(instance: Any) -> list[str]:
    """Make the author and all who listen, each following the author; return their tokens, the author's first."""
    found = []
    author = instance.site.actor("auteur")
    for name in ("auteur", *(f"lezer{number}" for number in range(PEOPLE))):
        await accounts.open_account(instance, username=name, password="alleen-voor-de-meting")
        uri = instance.site.actor(name)
        account = await instance.read(account_of, actor=uri)
        scopes = "read write"
        found.append(await instance.write(create_token, account_id=account.id, scopes=scopes))
        if uri != author:
            await instance.write(following.follow, actor=uri, target=author)
    return found


def _write(port: int, host: str, token: str, due: list[float]) -> None:
    """Publish posts when they are due, whether or not anybody keeps up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Host": host, "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    begun = time.perf_counter() + 0.5
    for number in range(POSTS):
        due.append(begun + number / POSTS_PER_SECOND)
        time.sleep(max(0.0, due[number] - time.perf_counter()))
        body = orjson.dumps({"status": f"Bericht w9-{number:06}-w9 van de meting", "visibility": "public"})
        connection.request("POST", "/api/v1/statuses", body=body, headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(answer.read())
        answer.read()


async def measure(folder: Path, *, clients: int) -> dict[str, Any]:
    """Let so many apps listen, and publish ten posts a second, each of which all of them hear."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    vars(passwords)["hash_password"], vars(keys)["generate_rsa"] = _no_hash, pooled_rsa  # nobody logs in here
    port = await asyncio.to_thread(processes.make_instance, folder, more=LIMITS)
    host = f"bench.localhost:{port}"
    author, *readers = await with_instance(folder, _people)
    requests = _requests(host, readers, clients)
    with processes.served_instance(folder) as server:
        await asyncio.to_thread(_warm, port, requests[: 2 * AT_ONCE])
        idle = server.memory()["pss_mib"]
        due: list[float] = []
        ears = _Ears(port, mark=_MARK, due=due)
        begun = time.perf_counter()
        await asyncio.to_thread(ears.open, requests)
        opening = time.perf_counter() - begun
        opened = server.memory()["pss_mib"]
        before = server.cpu_seconds()
        complete, _ = await asyncio.gather(
            asyncio.to_thread(ears.listen), asyncio.to_thread(_write, port, host, author, due)
        )
        cpu = server.cpu_seconds() - before
        loaded = server.memory()["pss_mib"]
        in_order = all(each.seen == list(range(POSTS)) for each in ears.ears.values())
        ears.close()
    bare = await asyncio.to_thread(_bare, clients)
    delays = sorted(1_000 * each for each in ears.delays)
    messages = clients * POSTS
    return {
        "correct": complete and in_order and len(delays) == messages,
        "clients": clients,
        "p50_ms": delays[len(delays) // 2],
        "p99_ms": delays[min(len(delays) - 1, len(delays) * 99 // 100)],
        "kib_per_client": 1_024 * (opened - idle) / clients,
        "kib_per_client_loaded": 1_024 * (loaded - idle) / clients,
        "opened_per_s": clients / opening,
        "messages_per_s": clients * POSTS_PER_SECOND,
        "cpu_us_per_message": 1e6 * cpu / messages,
        "limit_bare_cpu_us": bare,
        "cpu_ratio_to_bare": bare / (1e6 * cpu / messages),
    }


def _warm(port: int, requests: Sequence[bytes]) -> None:
    """Load what is loaded at the first stream, and let the threads begin."""
    ears = _Ears(port, mark=_MARK, due=())
    ears.open(requests)
    ears.close()
    time.sleep(1.0)


def _bare(clients: int) -> float:
    """Return how many µs of CPU a message costs a server that does nothing else."""
    port = processes.free_port()
    values = [port, clients, _BARE_BYTES, POSTS, POSTS_PER_SECOND]
    arguments = ["-m", "tests.benchmarks.loudspeaker", *map(str, values)]
    with processes.running(arguments, port=port, path="/") as server:
        ears = _Ears(port, mark=_BARE, due=())
        ears.open([b"LISTEN\n"] * clients)
        before = server.cpu_seconds()
        ears.listen()
        cpu = server.cpu_seconds() - before
        ears.close()
    return 1e6 * cpu / (clients * POSTS)


async def w9(folder: Path) -> dict[str, Any]:
    """5,000 apps that listen."""
    return await measure(folder, clients=CLIENTS)
