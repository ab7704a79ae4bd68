"""A town hall on a real socket, and another server on a real socket that is not ours.

The other server answers for every name of the form ``NAME.localhost:PORT`` with
the documents that a test writes, keeps what is sent to it exactly as it came,
and counts what it is asked.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict
from sqlalchemy import func, select

from fedgov.activitystreams.audience import PUBLIC
from fedgov.features.posts.queries import posts
from fedgov.federation import keys
from fedgov.federation.keys import KeyPair
from fedgov.federation.signatures.message import outgoing
from fedgov.federation.signatures.shapes import Shape, sign
from fedgov.kernel.clock import to_rfc3339
from fedgov.store.tables import inbox_items, metadata
from fedgov.store.transaction import Transaction
from tests.federation.doors.porch import pair_of
from tests.fediverse import Colleague, Fediverse, Town, pooled_rsa

ACTIVITY_JSON: Final = "application/activity+json"
AS2: Final = "https://www.w3.org/ns/activitystreams"
PATIENCE: Final = 60.0
_numbers = itertools.count(1)


def now_text(*, plus: float = 0) -> str:
    """The time now, as documents write it."""
    return to_rfc3339(int((time.time() + plus) * 1000))


# --- the other server -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letter:
    """A request as the other server received it."""

    method: str
    url: str
    headers: CIMultiDict[str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return orjson.loads(self.body)


def _anything(_letter: Letter) -> bool:
    return True


@dataclass
class Outside:
    """A server that is not ours.

    Args:
        port: Where it listens.
        pages: What it shows: status, media type and body by address.
        letters: Everything it was asked and sent.
        demands: What a request for an address must be like, or it gets 401.
        answers: Status and headers of the answer to a POST, by address.
    """

    port: int = 0
    pages: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    demands: dict[str, Callable[[Letter], bool]] = field(default_factory=dict)
    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)

    def url(self, name: str, path: str = "") -> str:
        """An address at one of its names."""
        return f"http://{name}.localhost:{self.port}{path}"

    def serve(self, document: Mapping[str, Any], *, at: str | None = None, status: int = 200) -> None:
        """Show a document at its id, or elsewhere."""
        where = at or document["id"]
        where = where if urlsplit(where).path else f"{where}/"
        self.pages[where] = (status, ACTIVITY_JSON, orjson.dumps(document))

    def serve_json(self, url: str, document: object) -> None:
        """Show plain JSON."""
        self.pages[url] = (200, "application/json", orjson.dumps(document))

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Keep the request and answer it."""
        url = f"http://{request.host}{request.path_qs}"
        letter = Letter(request.method, url, CIMultiDict(request.headers), await request.read())
        self.letters.append(letter)
        if request.method == "POST":
            status, headers = self.answers.get(url, (202, {}))
            return web.Response(status=status, headers=headers)
        if not self.demands.get(url, _anything)(letter):
            return web.Response(status=401)
        status, kind, body = self.pages.get(url, (404, "application/json", b"{}"))
        return web.Response(status=status, body=body, headers={"Content-Type": kind})

    @property
    def asked(self) -> list[str]:
        """What was fetched, without the descriptions that are read of every server that is met."""
        return [each.url for each in self.letters if each.method == "GET" and "nodeinfo" not in each.url]

    @property
    def posted(self) -> list[Letter]:
        """What was delivered."""
        return [each for each in self.letters if each.method == "POST"]

    async def wait_for(self, kind: str, *, at: str | None = None, about: str = "") -> Letter:
        """Return the first delivered activity of a type, at an address or about something, waiting for it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for each in self.posted:
                    if each.json.get("type") == kind and at in (None, each.url) and about.encode() in each.body:
                        return each
                await asyncio.sleep(0.02)


@asynccontextmanager
async def open_outside() -> AsyncIterator[Outside]:
    """Start the other server."""
    found = Outside()
    runner = web.ServerRunner(web.Server(found.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.port = runner.addresses[0][1]
    try:
        yield found
    finally:
        await runner.cleanup()


# --- people there -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody elsewhere, with keys and a document."""

    uri: str
    pair: KeyPair
    document: dict[str, Any]

    @property
    def origin(self) -> str:
        """Where they live."""
        parts = urlsplit(self.uri)
        return f"{parts.scheme}://{parts.netloc}"

    def signed(
        self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None, **more: Any
    ) -> dict[str, str]:
        """Return the headers of a request that they signed."""
        given = {"Content-Type": ACTIVITY_JSON} if method == "POST" else {"Accept": ACTIVITY_JSON}
        given |= headers or {}
        message = outgoing(method, url=url, headers=given, body=body)
        shape, now = more.get("shape", Shape.CAVAGE), more.get("now", int(time.time() * 1000))
        added = sign(shape, message, rsa=self.pair.rsa, ed25519=self.pair.ed25519, now_ms=now)
        return {**given, **added}

    def id(self, kind: str) -> str:
        """A new id on their server."""
        return f"{self.origin}/{kind}/{next(_numbers)}"

    def activity(self, kind: str, what: Any, **more: Any) -> dict[str, Any]:
        """Something that they did."""
        found = {"@context": AS2, "id": self.id(kind.lower()), "type": kind, "actor": self.uri, "object": what}
        return {**found, "published": now_text(), **more}

    def note(self, **more: Any) -> dict[str, Any]:
        """Something that they wrote for everyone."""
        found = {"id": self.id("notes"), "type": "Note", "attributedTo": self.uri, "content": "<p>Dag</p>"}
        return {**found, "published": now_text(), "to": [PUBLIC], **more}


def correspondent(outside: Outside, name: str, path: str = "/users/pieter", *, kind: str = "Person") -> Correspondent:
    """Somebody whose actor is served with both kinds of keys."""
    uri = outside.url(name, path)
    pair = pair_of(uri, number=1)
    document = {
        "@context": [AS2, "https://w3id.org/security/v1"],
        "id": uri,
        "type": kind,
        "preferredUsername": path.rpartition("/")[2] or name,
        "name": "Pieter",
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "followers": f"{uri}/followers",
        "publicKey": {"id": pair.rsa.key_id, "owner": uri, "publicKeyPem": pair.rsa.public.to_pem()},
        "assertionMethod": [
            {
                "id": pair.ed25519.key_id,
                "type": "Multikey",
                "controller": uri,
                "publicKeyMultibase": pair.ed25519.public.to_multikey(),
            }
        ],
    }
    outside.serve(document)
    return Correspondent(uri=uri, pair=pair, document=document)


# --- the town hall and who asks it ------------------------------------------------------------------------------


class LoopbackResolver(AbstractResolver):
    """Knows ``*.localhost``, which Python alone does not."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return loopback for every name."""
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST
            )
        ]

    async def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the town hall answered."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return orjson.loads(self.body)

    @property
    def page(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass(slots=True)
class World:
    """A town hall, somebody who works there, another server and a way to ask the first."""

    fediverse: Fediverse
    town: Town
    fatima: Colleague
    outside: Outside
    session: aiohttp.ClientSession

    @property
    def origin(self) -> str:
        """Origin of the town hall."""
        return f"http://{self.town.domain}"

    async def ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: Any = None) -> Reply:
        """Send one request over a socket."""
        url = path if path.startswith("http") else self.origin + path
        async with self.session.request(
            method, url, headers=dict(headers or {}), data=body, allow_redirects=False
        ) as found:
            return Reply(found.status, CIMultiDict(found.headers), await found.read())

    async def post(
        self, document: Mapping[str, Any] | bytes, *, by: Correspondent, path: str = "/inbox", **more: Any
    ) -> Reply:
        """Deliver something, signed."""
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        return await self.ask("POST", path, headers=by.signed("POST", self.origin + path, body=body, **more), body=body)

    async def deliver(self, document: Mapping[str, Any], *, by: Correspondent, **more: Any) -> Any:
        """Deliver something that is accepted, and return its row in the log once it was handled."""
        answer = await self.post(document, by=by, **more)
        assert answer.status == 202, answer.body
        await self.settle()
        row = await self.town.ask(find_item, uri=document["id"])
        assert row is not None, "it was accepted and is not in the log"
        return row

    async def settle(self) -> None:
        """Wait until nothing is on its way."""
        await self.fediverse.settle()

    async def post_row(self, uri: str) -> Any:
        """The row of a post, or None."""
        return await self.town.ask(posts.find_by_uri, uri=uri)

    async def page_of(self, uri: str) -> str:
        """The page of a post that everyone may read."""
        row = await self.post_row(uri)
        assert row is not None, f"{uri} is not here"
        answer = await self.ask("GET", f"/posts/{row.object_id}", headers={"Accept": "text/html"})
        assert answer.status == 200
        return answer.page

    async def counts(self) -> dict[str, int]:
        """The number of rows in every table."""
        return await self.town.ask(count_rows)

    async def unfinished(self) -> Sequence[tuple[str, str, str | None]]:
        """What came in and is neither done nor refused."""
        return await self.town.ask(find_unfinished)


def find_item(tx: Transaction, *, uri: str) -> Any:
    """The row of an activity in the log."""
    return tx.row(select(inbox_items).where(inbox_items.c.activity_uri == uri))


def find_unfinished(tx: Transaction) -> list[tuple[str, str, str | None]]:
    """What waits or is parked in the log."""
    rows = tx.rows(select(inbox_items).where(inbox_items.c.state.not_in(["done", "refused"])))
    return [(row.activity_uri, row.state, row.reason) for row in rows]


def count_rows(tx: Transaction) -> dict[str, int]:
    """Count everything that is stored."""
    return {
        name: int(tx.value(select(func.count()).select_from(table)))
        for name, table in metadata.tables.items()
        if not name.startswith("search")
    }


@asynccontextmanager
async def open_world(
    folder: Path, *, settings: Mapping[str, Mapping[str, Any]] | None = None, name: str = "gouda"
) -> AsyncIterator[World]:
    """Open the town hall, the other server and the session with which the first is asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate_rsa", pooled_rsa)
        patch.setattr(socket, "getaddrinfo", _only_loopback)
        fediverse = Fediverse(folder)
        connector = aiohttp.TCPConnector(resolver=LoopbackResolver())
        async with open_outside() as outside, aiohttp.ClientSession(connector=connector) as session:
            try:
                town = await fediverse.add(name, settings=settings)
                fatima = await town.as_("fatima")
                yield World(fediverse=fediverse, town=town, fatima=fatima, outside=outside, session=session)
            finally:
                await fediverse.close()


_getaddrinfo = socket.getaddrinfo


def _only_loopback(host: Any, *args: Any, **values: Any) -> Any:
    """Know no names but numbers, so that no test depends on what a machine can reach."""
    if str(host).startswith("127."):
        return _getaddrinfo(host, *args, **values)
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


# --- looking at a page ------------------------------------------------------------------------------------------


class Inspector(HTMLParser):
    """Notes everything in a page that could run, dress up or load something it should not."""

    LOADS: Final = frozenset({"src", "srcset", "poster", "data", "background"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = {name: value or "" for name, value in attrs}
        where = f"<{tag} {given}>"
        if tag in ("iframe", "object", "embed", "base", "frame") or (tag == "script" and "src" not in given):
            self.found.append(where)
        for name, value in given.items():
            address = value.strip().lower()
            if name.startswith("on") or name == "style" or address.startswith(("javascript:", "vbscript:", "data:")):
                self.found.append(where)
            if name in self.LOADS and not address.startswith("/"):
                self.found.append(where)
            if tag == "link" and name == "href" and not address.startswith("/") and given.get("rel") == "stylesheet":
                self.found.append(where)


def dangers(page: str) -> list[str]:
    """Return what in a page could harm or betray its reader."""
    inspector = Inspector()
    inspector.feed(page)
    return inspector.found
