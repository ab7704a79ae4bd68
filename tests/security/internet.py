"""A town hall on a small internet of our own: names, addresses and everything that tries to leave.

Nothing here asks the code that decides. What is written down is what happens at
the socket: which names were looked up, and to which addresses a connection was
begun. One public address is real: behind it is a server of others that answers
for every name. Everything else is closed, so a mistake connects nowhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from sqlalchemy import func, select

from fedgov.features.notices.tables import push_messages
from fedgov.federation import keys
from fedgov.kernel.limits import Limiter
from fedgov.store.tables import deliveries, inbox_items, metadata, peers
from fedgov.store.transaction import Transaction
from tests.federation.interop.world import Outside, World
from tests.fediverse import PASSWORD, PATIENCE, Fediverse, pooled_rsa

PUBLIC: Final = "93.184.215.14"
"""The one address on this internet at which somebody answers."""

DOMAIN: Final = "gouda.example"
ALIAS: Final = "www.gouda.example"
"""Another name under which it is reached; nothing is signed for it."""

LOGS: Final = frozenset({"inbox_items", "peers", "audit_entries", "audit_head", "erasures"})
"""Tables that say what came in and how servers behaved, not what is so."""

_TOKEN: Final = re.compile(r'name="csrf" value="([^"]+)"')
_connect = socket.socket.connect
_getaddrinfo = socket.getaddrinfo


@dataclass
class Elsewhere(Outside):
    """All servers of others: they answer at `PUBLIC` for every name, and lead on where a test says so.

    Args:
        leads: Where every request for a host is sent on to.
        answers_with: More headers for an address.
    """

    leads: dict[str, str] = field(default_factory=dict)
    answers_with: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def url(self, name: str, path: str = "") -> str:
        """An address at one of the names."""
        return f"http://{name}.example{path}"

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer as before, or send on."""
        answer = await Outside.answer(self, request)
        target = self.leads.get(request.host)
        if target is not None:
            answer = web.Response(status=307 if request.method == "POST" else 302, headers={"Location": target})
        answer.headers.update(self.answers_with.get(f"http://{request.host}{request.path_qs}", {}))
        answer.force_close()  # a connection that is kept would hide the next one
        return answer


@dataclass
class Wire:
    """What leaves.

    Args:
        names: What a name resolves to, one answer after the other; the last one stays.
        asked: Names that were looked up.
        connected: Addresses and ports to which a connection was begun.
        own: Addresses and ports of the town hall itself, which tests may visit.
        port: Where the one public address really is.
    """

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)
    own: set[tuple[str, int]] = field(default_factory=set)
    port: int = 0

    def connect(self, this: socket.socket, address: Any) -> None:
        """Stand in for ``socket.connect``."""
        if not isinstance(address, tuple) or address[:2] in self.own:
            return _connect(this, address)
        self.connected.append((address[0], address[1]))
        if address[0] != PUBLIC:
            raise ConnectionRefusedError(f"closed: {address}")
        return _connect(this, ("127.0.0.1", self.port))

    def resolve(self, host: Any, port: Any, *args: Any, **values: Any) -> list[Any]:
        """Stand in for ``socket.getaddrinfo``: a name that is not known here has the public address."""
        name = str(host).rstrip(".").lower()
        if re.fullmatch(r"[0-9a-fx.]*[0-9]|.*:.*", name):
            return list(_getaddrinfo(name, port, type=socket.SOCK_STREAM))  # a number, in any spelling
        self.asked.append(name)
        answers = self.names.get(name, [[PUBLIC]])
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [_record(address, port) for address in found]


def _record(address: str, port: Any) -> tuple[Any, ...]:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))


@contextmanager
def wired(wire: Wire) -> Iterator[None]:
    """Let everything that this process sends go over the wire of a test."""

    def connect(this: socket.socket, address: Any) -> None:
        wire.connect(this, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket, "getaddrinfo", wire.resolve)
        yield


class _ToTheTownHall(AbstractResolver):
    """Leads a test to the town hall, whatever the name."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return its address and port."""
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing to close."""


@dataclass(slots=True)
class Internet(World):
    """A town hall that may contact public addresses only, and what it tries to contact."""

    wire: Wire
    elsewhere: Elsewhere

    async def settle(self) -> None:
        """Wait until everything was handled, and everything that goes out was tried at least once."""
        async with asyncio.timeout(PATIENCE):
            quiet = 0
            while quiet < 2:
                quiet = 0 if await self.town.ask(_waiting) else quiet + 1
                await asyncio.sleep(0.02)

    async def log_in(self, username: str = "fatima") -> dict[str, str]:
        """Log somebody in; return the headers of that browser."""
        page = await self.ask("GET", "/login", headers={"Accept": "text/html"})
        token = _TOKEN.search(page.page)
        assert token is not None
        cookie = "; ".join(each.partition(";")[0] for each in page.headers.getall("Set-Cookie"))
        form = {"csrf": token[1], "username": username, "password": PASSWORD}
        headers = {"Accept": "text/html", "Cookie": cookie, "Origin": self.origin}
        answer = await self.ask("POST", "/login", headers=headers, body=form)
        assert answer.status == 303, answer.page
        cookie = "; ".join(each.partition(";")[0] for each in answer.headers.getall("Set-Cookie"))
        return {"Accept": "text/html", "Cookie": cookie}

    @asynccontextmanager
    async def nothing_happens(
        self, *, besides: Sequence[str] = (), fetched: Sequence[str] | None = ()
    ) -> AsyncIterator[None]:
        """Fail when anything has an effect: a row, a request that leaves, a notification.

        Args:
            besides: Tables in which something may be written down.
            fetched: Addresses that may be read to come to a decision; None for any.
        """
        await self.settle()
        before = await self.town.ask(everything, besides=besides)
        letters, asked = len(self.outside.letters), len(self.wire.asked)
        yield
        await self.settle()
        after = await self.town.ask(everything, besides=besides)
        changed = {name: [row for row in rows if row not in before[name]] for name, rows in after.items()}
        changed = {name: rows for name, rows in changed.items() if rows or len(after[name]) < len(before[name])}
        assert not changed, changed
        if fetched is not None:
            assert {each.url for each in self.outside.letters[letters:]} <= set(fetched)
            assert len(fetched) or self.wire.asked[asked:] == []


def _waiting(tx: Transaction) -> int:
    """Count what came in and is due, and what goes out to hosts of which it is not known that they are away."""
    away = select(peers.c.host).where(peers.c.failures > 0)
    come = select(func.count()).where(inbox_items.c.state == "queued", inbox_items.c.next_attempt_at <= tx.now)
    out = select(func.count()).where(
        deliveries.c.state == "queued", deliveries.c.next_attempt_at <= tx.now, deliveries.c.host.not_in(away)
    )
    told = select(func.count()).where(push_messages.c.due_at <= tx.now, push_messages.c.attempts == 0)
    return int(tx.value(come)) + int(tx.value(out)) + int(tx.value(told))


def everything(tx: Transaction, *, besides: Sequence[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables but the logs."""
    return {
        name: sorted((tuple(row) for row in tx.rows(select(table))), key=repr)
        for name, table in metadata.tables.items()
        if name not in LOGS and name not in besides and not name.startswith("search")
    }


@asynccontextmanager
async def open_internet(
    folder: Path, *, settings: Mapping[str, Mapping[str, Any]] | None = None
) -> AsyncIterator[Internet]:
    """Open the town hall, the servers of others and the wire between them."""
    wire = Wire()
    elsewhere = Elsewhere()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate_rsa", pooled_rsa)
        # How often somebody may come is tested elsewhere; here it would hide what else refuses them.
        patch.setattr(Limiter, "wait", lambda *_args, **_values: 0.0)
        runner = web.ServerRunner(web.Server(elsewhere.answer, access_log=None), shutdown_timeout=0.01)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        wire.port = runner.addresses[0][1]
        fediverse = Fediverse(folder)
        given: dict[str, Mapping[str, Any]] = {
            "instance": {"domain": DOMAIN},
            "server": {"aliases": [ALIAS]},
            "federation": {"allow_networks": []},
        }
        for section, values in (settings or {}).items():
            given[section] = {**given.get(section, {}), **values}
        with wired(wire):
            town = await fediverse.add("gouda", settings=given)
            port = town.listener.getsockname()[1]
            wire.own.add(("127.0.0.1", port))
            connector = aiohttp.TCPConnector(resolver=_ToTheTownHall(port), use_dns_cache=False, limit=0)
            jar = aiohttp.DummyCookieJar()
            async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
                try:
                    fatima = await town.as_("fatima")
                    yield Internet(
                        fediverse=fediverse,
                        town=town,
                        fatima=fatima,
                        outside=elsewhere,
                        session=session,
                        wire=wire,
                        elsewhere=elsewhere,
                    )
                finally:
                    await fediverse.close()
        with contextlib.suppress(asyncio.CancelledError):
            await runner.cleanup()
