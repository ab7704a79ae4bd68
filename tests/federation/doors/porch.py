"""A town hall with its doors but without rooms, and another server on a real socket to write to it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from sqlalchemy import func, select

from fedgov.activitystreams.actor import Actor, Capability, KeyDocument, actor_document
from fedgov.activitystreams.audience import PUBLIC, Audience, Visibility
from fedgov.features.people.service.follows import ask_again
from fedgov.federation import actors, follows, keys, objects, outbox
from fedgov.federation.client import GuardedClient
from fedgov.federation.describe import RFC9421, Describer
from fedgov.federation.doors.doors import Doors
from fedgov.federation.doors.face import BlankFace, PublicFace
from fedgov.federation.fetch import Fetcher
from fedgov.federation.gate import Gate
from fedgov.federation.inbox import Intake
from fedgov.federation.keyring import KeyRing
from fedgov.federation.keys import KeyPair
from fedgov.federation.mending import Mender
from fedgov.federation.postroom import PostRoom
from fedgov.federation.signatures.keys import PrivateKey, generate_ed25519, generate_rsa
from fedgov.federation.signatures.message import outgoing
from fedgov.federation.signatures.shapes import Shape, sign
from fedgov.instance import Instance
from fedgov.kernel.clock import ManualClock, to_rfc3339
from fedgov.kernel.config import read
from fedgov.store.database import open_database
from fedgov.store.tables import activities, inbox_items
from fedgov.store.transaction import Setting, Transaction
from tests.tables import make_sqlite_tables
from tests.trust import TrustInAllBut

NOW = 1_795_000_000_000
DOMAIN = "groningen.localhost:7001"
ORIGIN = f"http://{DOMAIN}"
ACTIVITY_JSON = "application/activity+json"
_numbers = itertools.count(1)


@lru_cache(maxsize=8)
def _material(number: int) -> Any:
    return generate_rsa(f"pool:{number}").material


def pair_of(owner: str, *, number: int = 0) -> KeyPair:
    """Keys of an actor; the slow RSA halves are shared between tests."""
    rsa = PrivateKey(key_id=f"{owner}#main-key", kind="rsa", material=_material(number))
    return KeyPair(rsa=rsa, ed25519=generate_ed25519(f"{owner}#ed25519-key"))


# --- asking at a door -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Response:
    """What a door answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class NoDoorError(Exception):
    """The request is for the pages."""


async def knock(
    doors: Doors,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    chunks: Sequence[bytes] = (b"",),
    client: str = "203.0.113.7",
    receive: Callable[[], Any] | None = None,
) -> Response:
    """Send one request to the doors, as uvicorn would."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
        "client": (client, 40_000),
        "scheme": "http",
    }
    door = doors.match(scope)
    if door is None:
        raise NoDoorError(path)
    waiting = list(chunks)
    sent: list[dict[str, Any]] = []

    async def give_chunk() -> dict[str, Any]:
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def take(message: dict[str, Any]) -> None:
        sent.append(message)

    await door(scope, receive or give_chunk, take)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    found = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Response(status=sent[0]["status"], headers=found, body=sent[1]["body"])


# --- the town hall ----------------------------------------------------------------------------------------------


@dataclass
class Town:
    """Gemeente Groningen, as far as it can be reached through its doors."""

    instance: Instance
    room: PostRoom
    doors: Doors
    describer: Describer
    mender: Mender
    trust: TrustInAllBut
    clock: ManualClock

    async def get(self, path: str, *, accept: str = ACTIVITY_JSON, by: Stranger | None = None, **more: Any) -> Response:
        headers = {"Accept": accept, **more.pop("headers", {})}
        if by is not None:
            headers = by.sign("GET", ORIGIN + path, headers=headers, **more)
        return await knock(self.doors, "GET", path, headers=headers)

    async def post(self, document: object, *, by: Stranger, path: str = "/inbox", **more: Any) -> Response:
        """Deliver something, signed by somebody."""
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        headers = by.sign("POST", ORIGIN + path, headers={"Content-Type": ACTIVITY_JSON}, body=body, **more)
        return await knock(self.doors, "POST", path, headers=headers, chunks=[body])

    async def arrived(self) -> list[str]:
        """The ids of the activities in the log."""

        def read_log(tx: Transaction) -> list[str]:
            return list(tx.values(select(inbox_items.c.activity_uri).order_by(inbox_items.c.id)))

        return await self.instance.read(read_log)

    async def sent(self) -> list[Any]:
        """The activities that were published here."""

        def read_activities(tx: Transaction) -> list[Any]:
            found = tx.values(select(activities.c.document).order_by(activities.c.id))
            return [orjson.loads(document) for document in found]

        return await self.instance.read(read_activities)

    async def employ(self, username: str, **values: Any) -> str:
        """Give somebody an actor; return its URI."""
        uri = self.instance.site.actor(username)
        pair = pair_of(uri)
        await self.instance.write(
            actors.create_local, uri=uri, kind="Person", username=username, name=username.title(), pair=pair
        )
        if values:
            await self.instance.write(actors.change_local, uri=uri, values=values)
        return uri

    async def publish(self, author: str, visibility: Visibility = Visibility.PUBLIC, to: Sequence[str] = ()) -> str:
        """Publish a note; return its URI."""
        return await self.instance.write(publish_note, author=author, visibility=visibility, to=tuple(to))

    async def count(self, table: Any) -> int:
        def count_rows(tx: Transaction) -> int:
            return int(tx.value(select(func.count()).select_from(table)))

        return await self.instance.read(count_rows)


def publish_note(tx: Transaction, *, author: str, visibility: Visibility, to: tuple[str, ...] = ()) -> str:
    """Store a note with its Create, as a room would."""
    row_id = tx.new_id()
    uri = tx.site.post(row_id)
    rows: dict[Visibility, tuple[str, ...]] = {
        Visibility.PUBLIC: (PUBLIC, f"{author}/followers"),
        Visibility.UNLISTED: (f"{author}/followers",),
        Visibility.FOLLOWERS: (f"{author}/followers",),
        Visibility.ORGANISATION: (tx.site.colleagues,),
    }
    audience = Audience(to=(*rows.get(visibility, ()), *to), cc=(PUBLIC,) if visibility is Visibility.UNLISTED else ())
    note = {
        "id": uri,
        "type": "Note",
        "attributedTo": author,
        "content": f"<p>{visibility} words</p>",
        "published": to_rfc3339(tx.now),
        **audience.fields(),
    }
    objects.add(
        tx,
        uri=uri,
        kind="Note",
        author=author,
        visibility=visibility,
        targets=audience.everyone,
        document=orjson.dumps(note).decode(),
        published_at=tx.now,
        row_id=row_id,
    )
    outbox.publish(
        tx, actor=author, activity={"type": "Create", "object": note}, audience=audience, visibility=visibility
    )
    return uri


@asynccontextmanager
async def open_town(
    folder: Path, *, face: PublicFace | None = None, **sections: Mapping[str, Any]
) -> AsyncIterator[Town]:
    """Open the town hall with an empty database."""
    home = folder / "groningen"
    home.mkdir(parents=True)
    url = f"sqlite:///{home / 'fedgov.sqlite3'}"
    make_sqlite_tables(url)
    table: dict[str, Mapping[str, Any]] = {
        "instance": {
            "domain": DOMAIN,
            "scheme": "http",
            "organisation": "gemeente Groningen",
            "contact": "beheer@groningen.example",
        },
        "server": {"aliases": ["localhost:7001"]},
        **sections,
    }
    federation = {"allow_http": True, "allow_networks": ["127.0.0.0/8"], **sections.get("federation", {})}
    config = read({**table, "federation": federation}, folder=home)
    clock = ManualClock(NOW)
    database = open_database(url, setting=Setting(config=config, clock=clock))
    trust = TrustInAllBut()
    instance = Instance(config=config, clock=clock, database=database, trust=trust)
    room = PostRoom(instance, client=GuardedClient(config.federation, user_agent="fedgov/test"))
    fetcher = Fetcher(room, keepers={})
    instance.fetch = fetcher
    gate = Gate(room, keyring=KeyRing(room, fetcher=fetcher))
    describer, mender = Describer(room), Mender(room, ended=follows.remove, unanswered=ask_again)
    doors = Doors(
        room, gate=gate, intake=Intake(instance), face=face or BlankFace(), describer=describer, mender=mender
    )
    for uri, kind, username in (
        (instance.site.application, "Application", "groningen.localhost"),
        (instance.site.organisation, "Organization", "organisatie"),
    ):
        pair = pair_of(uri)
        await instance.write(actors.create_local, uri=uri, kind=kind, username=username, name=username, pair=pair)
    try:
        yield Town(
            instance=instance,
            room=room,
            doors=doors,
            describer=describer,
            mender=mender,
            trust=trust,
            clock=clock,
        )
    finally:
        await room.close()
        await database.close()


# --- the rest of the world --------------------------------------------------------------------------------------


@dataclass
class Elsewhere:
    """A server on loopback that answers for every name of the form NAME.localhost:PORT."""

    port: int = 0
    pages: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    delays: dict[str, float] = field(default_factory=dict)

    def url(self, name: str, path: str) -> str:
        return f"http://{name}.localhost:{self.port}{path}"

    def serve(self, url: str, document: object, *, status: int = 200, content_type: str = ACTIVITY_JSON) -> None:
        """Answer with this document at this address."""
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        self.pages[url] = (status, content_type, body)

    def stranger(self, name: str, username: str = "pieter", *, number: int = 1, kind: str = "Person") -> Stranger:
        """Somebody who lives there and whose actor is served."""
        path = "/actor" if kind == "Application" else f"/users/{username}"
        found = Stranger(uri=self.url(name, path), kind=kind, pair=pair_of(self.url(name, path), number=number))
        self.serve(found.uri, found.document())
        return found

    async def answer(self, request: web.BaseRequest) -> web.Response:
        url = f"http://{request.host}{request.path_qs}"
        self.asked.append(url)
        await asyncio.sleep(self.delays.get(url, 0))
        status, content_type, body = self.pages.get(url, (404, "application/json", b"{}"))
        return web.Response(status=status, body=body, headers={"Content-Type": content_type})


@asynccontextmanager
async def open_elsewhere() -> AsyncIterator[Elsewhere]:
    """Start the other server."""
    found = Elsewhere()
    runner = web.ServerRunner(web.Server(found.answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.port = runner.addresses[0][1]
    try:
        yield found
    finally:
        await runner.cleanup()


@dataclass(frozen=True)
class Stranger:
    """An actor elsewhere, with its private keys."""

    uri: str
    pair: KeyPair
    kind: str = "Person"

    @property
    def host(self) -> str:
        return self.uri.split("/")[2]

    def document(self, **more: Any) -> dict[str, Any]:
        listed = (
            KeyDocument(key_id=self.pair.rsa.key_id, owner=self.uri, kind="pem", value=self.pair.rsa.public.to_pem()),
            KeyDocument(
                key_id=self.pair.ed25519.key_id,
                owner=self.uri,
                kind="multibase",
                value=self.pair.ed25519.public.to_multikey(),
            ),
        )
        actor = Actor(
            uri=self.uri,
            kind=self.kind,
            types=(self.kind,),
            inbox=f"{self.uri}/inbox",
            preferred_username=self.uri.rpartition("/")[2],
            name="Pieter",
            followers=f"{self.uri}/followers",
            shared_inbox=f"http://{self.host}/inbox",
            keys=listed,
            capabilities=(Capability(href=RFC9421),),
        )
        return actor_document(actor) | more

    def sign(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        shape: Shape = Shape.CAVAGE,
        now: int = NOW,
    ) -> dict[str, str]:
        """Return the headers of a request signed by this actor, the Host included."""
        message = outgoing(method, url=url, headers=headers, body=body)
        added = sign(shape, message, rsa=self.pair.rsa, ed25519=self.pair.ed25519, now_ms=now)
        return {"Host": DOMAIN, **headers, **added}

    def note(self, **more: Any) -> dict[str, Any]:
        """A Create of a public note."""
        number = next(_numbers)
        origin = self.uri.rpartition("/")[0]
        note = {
            "id": f"{origin}/notes/{number}",
            "type": "Note",
            "attributedTo": self.uri,
            "content": "<p>Dag</p>",
            "to": [PUBLIC],
        }
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{origin}/creates/{number}",
            "type": "Create",
            "actor": self.uri,
            "published": to_rfc3339(NOW),
            "to": [PUBLIC],
            "object": note,
            **more,
        }

    def leaves(self) -> dict[str, Any]:
        """A Delete of itself."""
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.uri}#delete",
            "type": "Delete",
            "actor": self.uri,
            "object": self.uri,
            "to": [PUBLIC],
        }


def befriend(tx: Transaction, *, follower: str, following: str, state: str = "accepted") -> None:
    """Let somebody follow somebody."""
    follows.put(tx, follower=follower, following=following, state=state, activity_uri=None)


def key_of(tx: Transaction, *, key_id: str) -> Any:
    """The row of a key, or None."""
    return keys.key_row(tx, key_id=key_id)
