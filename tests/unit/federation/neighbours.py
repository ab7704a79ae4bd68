"""Other servers for the tests of the post room: real sockets on loopback that say whatever a test wants."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import orjson
from aiohttp import web

from fedgov.activitystreams.context import ACTIVITYSTREAMS, MEDIA_TYPE
from fedgov.federation.signatures.keys import PrivateKey, generate_ed25519, generate_rsa
from fedgov.federation.signatures.message import Message, outgoing
from fedgov.federation.signatures.proofs import add_proof
from fedgov.federation.signatures.shapes import Shape, sign

Document = dict[str, Any]
_turns = itertools.count()


@cache
def _rsa(number: int) -> PrivateKey:
    return generate_rsa(f"pool:{number}")


def rsa_key(key_id: str, *, other_than: PrivateKey | None = None) -> PrivateKey:
    """An RSA key; one of three, because making one takes long."""
    found = replace(_rsa(next(_turns) % 3), key_id=key_id)
    return found if other_than is None or found.material is not other_than.material else rsa_key(key_id)


@dataclass(frozen=True, slots=True)
class Page:
    """What a server says.

    Args:
        status: HTTP status.
        body: A document is sent as JSON.
        content_type: Its media type.
        headers: More headers.
        delay: Seconds before it says it.
    """

    status: int = 200
    body: Document | bytes = b""
    content_type: str = MEDIA_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0

    @property
    def raw(self) -> bytes:
        """The bytes of the body."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that reached a neighbour."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Document:
        """The body as JSON."""
        found: Document = orjson.loads(self.body)
        return found

    @property
    def shape(self) -> Shape:
        """How it was signed."""
        stated = self.headers.get("signature-input", "")
        if stated:
            return Shape.RFC9421_ED25519 if "ed25519" in stated else Shape.RFC9421_RSA
        covers_digest = "digest" in self.headers["signature"] and self.method == "GET"
        return Shape.CAVAGE_DIGEST if covers_digest else Shape.CAVAGE


Reply = Page | Callable[[Asked], Page | Awaitable[Page]]


@dataclass(slots=True)
class Person:
    """Somebody at a neighbour."""

    uri: str
    inbox: str
    document: Document
    rsa: PrivateKey
    ed25519: PrivateKey

    def activity(self, kind: str = "Create", **members: Any) -> Document:
        """Something that this person does."""
        number = next(_turns)
        return {
            "@context": [ACTIVITYSTREAMS, "https://w3id.org/security/data-integrity/v1"],
            "id": f"{self.uri}/activities/{number}",
            "type": kind,
            "actor": self.uri,
            "object": f"{self.uri}/notes/{number}",
            **members,
        }

    def proven(self, activity: Document, *, now: int) -> Document:
        """The same with a proof."""
        return add_proof(activity, private_key=self.ed25519, created_ms=now)

    def posts(
        self, activity: Document, *, to: str, now: int, shape: Shape = Shape.CAVAGE, key: PrivateKey | None = None
    ) -> Message:
        """The request with which this person's server delivers an activity."""
        body = orjson.dumps(activity)
        headers = {"Content-Type": MEDIA_TYPE}
        request = outgoing("POST", url=to, headers=headers, body=body)
        rsa = key if key is not None and key.kind == "rsa" else self.rsa
        ed25519 = key if key is not None and key.kind == "ed25519" else self.ed25519
        signed = sign(shape, request, rsa=rsa, ed25519=ed25519, now_ms=now)
        sent = {"host": request.authority, **{name.lower(): value for name, value in {**headers, **signed}.items()}}
        return replace(request, headers=tuple(sent.items()))

    def gets(self, url: str, *, now: int, shape: Shape = Shape.CAVAGE) -> Message:
        """A signed GET."""
        request = outgoing("GET", url=url, headers={})
        signed = sign(shape, request, rsa=self.rsa, ed25519=self.ed25519, now_ms=now)
        sent = {"host": request.authority, **{name.lower(): value for name, value in signed.items()}}
        return replace(request, headers=tuple(sent.items()))


class Neighbour:
    """Another server.

    Args:
        name: First label of its host.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.host = ""
        self.pages: dict[str, Reply] = {}
        self.asked: list[Asked] = []
        self.at_once = self.most_at_once = 0
        self._runner: web.ServerRunner | None = None

    @property
    def origin(self) -> str:
        """Where it is."""
        return f"http://{self.host}"

    def url(self, path: str) -> str:
        """An address of it."""
        return self.origin + path

    async def open(self, *, address: str = "127.0.0.1", port: int = 0) -> Neighbour:
        """Listen, on a free port."""
        self._runner = web.ServerRunner(web.Server(self._serve, access_log=None), shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, address, port)
        await site.start()
        self.port: int = self._runner.addresses[0][1]
        self.host = f"{self._name}.localhost:{self.port}"
        return self

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._reply(request)
        finally:
            self.at_once -= 1

    async def _reply(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, request.raw_path, headers, await request.read())
        self.asked.append(asked)
        page = self.pages.get(request.raw_path) or self.pages.get(request.raw_path.partition("?")[0]) or Page(404)
        if not isinstance(page, Page):
            found = page(asked)
            page = found if isinstance(found, Page) else await found
        if page.delay:
            await asyncio.sleep(page.delay)
        return web.Response(
            status=page.status, body=page.raw, headers={"Content-Type": page.content_type, **page.headers}
        )

    def person(self, username: str, /, *, shared: bool = False, with_keys: bool = True, **changes: Any) -> Person:
        """Somebody who lives here, with a document that says so.

        Args:
            username: User name.
            shared: Whether this server has a shared inbox.
            with_keys: Whether the document shows the keys.
            changes: Members of the document that differ.
        """
        uri = self.url(f"/users/{username}")
        ed25519 = generate_ed25519(f"{uri}#ed25519-key")
        rsa = rsa_key(f"{uri}#main-key")
        document: Document = {
            "@context": [ACTIVITYSTREAMS],
            "id": uri,
            "type": "Person",
            "preferredUsername": username,
            "inbox": f"{uri}/inbox",
            "followers": f"{uri}/followers",
            **({"endpoints": {"sharedInbox": self.url("/inbox")}} if shared else {}),
            **(key_members(uri, rsa=rsa, ed25519=ed25519) if with_keys else {}),
            **changes,
        }
        self.pages[f"/users/{username}"] = Page(body=document)
        return Person(uri=uri, inbox=document["inbox"], document=document, rsa=rsa, ed25519=ed25519)

    def note(self, path: str, *, by: str, **members: Any) -> str:
        """A note that is here; return its URI."""
        uri = self.url(path)
        document = {"@context": ACTIVITYSTREAMS, "id": uri, "type": "Note", "attributedTo": by, "content": "Dag!"}
        self.pages[path] = Page(body={**document, **members})
        return uri

    def finger(self, name: str, *, to: str, subject: str | None = None) -> None:
        """Answer WebFinger for a name."""
        resource = f"acct%3A{name}%40{self.host.replace(':', '%3A')}"
        link = {"rel": "self", "type": "application/activity+json", "href": to}
        body = {"subject": subject or f"acct:{name}@{self.host}", "links": [link]}
        self.pages[f"/.well-known/webfinger?resource={resource}"] = Page(body=body, content_type="application/jrd+json")

    def requests(self, path: str, *, method: str = "GET") -> list[Asked]:
        """What was asked of one path."""
        return [asked for asked in self.asked if asked.method == method and asked.target.partition("?")[0] == path]


OpenNeighbour = Callable[[str], Awaitable[Neighbour]]


@asynccontextmanager
async def neighbourhood() -> AsyncIterator[OpenNeighbour]:
    """Open servers at ``NAME.localhost`` as they are asked for; close them at the end."""
    async with AsyncExitStack() as stack:

        async def open_one(name: str) -> Neighbour:
            neighbour = Neighbour(name)
            stack.push_async_callback(neighbour.close)
            return await neighbour.open()

        yield open_one


def key_members(uri: str, *, rsa: PrivateKey | None = None, ed25519: PrivateKey | None = None) -> Document:
    """The members of an actor's document that show keys."""
    found: Document = {}
    if rsa is not None:
        found["publicKey"] = {"id": rsa.key_id, "owner": uri, "publicKeyPem": rsa.public.to_pem()}
    if ed25519 is not None:
        found["assertionMethod"] = [
            {
                "id": ed25519.key_id,
                "type": "Multikey",
                "controller": uri,
                "publicKeyMultibase": ed25519.public.to_multikey(),
            }
        ]
    return found


ACTIVITY_JSON: Final = "application/activity+json"
