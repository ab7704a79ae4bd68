"""Asking other servers what they are: the organisation's name, the program, what it implements.

Spec: NodeInfo 2.1; FEP-2677 (Application actor); FEP-844e (capabilities).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import orjson
import structlog
from sqlalchemy import bindparam, select

from fedgov.activitystreams.actor import Actor, read_actor
from fedgov.activitystreams.document import Document, embedded, objects, parse, text
from fedgov.federation import actors, peers
from fedgov.federation.fetch import Fetcher, demand_success
from fedgov.federation.postroom import PostRoom
from fedgov.federation.signatures.shapes import Shape
from fedgov.kernel.clock import DAY, HOUR
from fedgov.kernel.errors import FedgovError, MalformedError, NotFoundError
from fedgov.kernel.text.plain import clean_name
from fedgov.kernel.uris import host as host_of
from fedgov.kernel.uris import origin, same_origin
from fedgov.store.tables import actors as actors_table
from fedgov.store.transaction import Transaction

DESCRIBE_EVERY: Final = 7 * DAY
RETRY_EVERY: Final = HOUR
MAX_WAITING: Final = 1_000
MAX_REMEMBERED: Final = 10_000
AT_ONCE: Final = 2
MAX_NAME: Final = 200
MAX_BYTES: Final = 65_536
APPLICATION: Final = "https://www.w3.org/ns/activitystreams#Application"
RFC9421: Final = "https://datatracker.ietf.org/doc/html/rfc9421"

_SCHEMAS: Final = tuple(f"http://nodeinfo.diaspora.software/ns/schema/{number}" for number in ("2.1", "2.0", "1.1"))
_ACCEPT: Final = "application/json"
_SOMEBODY_THERE: Final = (
    select(actors_table.c.uri)
    .where(actors_table.c.host == bindparam("at"), actors_table.c.local.is_(False))
    .order_by(actors_table.c.id.desc())
    .limit(1)
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Description:
    """What a server says about itself.

    Args:
        name: Name of the organisation, as plain text; None when it does not say.
        software: Name and version of the program.
        application: URI of its Application actor.
    """

    name: str | None = None
    software: str | None = None
    application: str | None = None


class Describer:
    """Reads the descriptions of other servers in the background.

    Args:
        room: The post room.
    """

    def __init__(self, room: PostRoom) -> None:
        self._room = room
        self._instance = room.instance
        self._fetcher = Fetcher(room, keepers={})
        self._queue: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
        self._not_before: OrderedDict[str, int] = OrderedDict()

    def note(self, host: str) -> None:
        """Take note that we met a server; costs next to nothing.

        Args:
            host: Its canonical host.
        """
        now = self._instance.clock.now()
        if self._not_before.get(host, 0) > now or self._queue.full():
            return
        self._rest(host, until=now + RETRY_EVERY)
        self._queue.put_nowait(host)

    async def run(self) -> None:
        """Read descriptions until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            await self._describe_safely(await self._queue.get())

    async def settle(self) -> None:
        """Read what waits; for tests."""
        while not self._queue.empty():
            await self._describe_safely(self._queue.get_nowait())

    async def _describe_safely(self, host: str) -> None:
        try:
            await self._describe_when_due(host)
        except FedgovError as error:
            _log.info("peer_not_described", host=host, reason=error.safe, detail=error.detail)

    async def _describe_when_due(self, host: str) -> None:
        now = self._instance.clock.now()
        described_at = (await self._room.peers.get(host)).described_at
        if described_at + DESCRIBE_EVERY <= now:
            await self.describe(host)
            described_at = now
        self._rest(host, until=described_at + DESCRIBE_EVERY)

    async def describe(self, host: str) -> None:
        """Read what a server says about itself, and store it.

        Raises:
            ForbiddenError: We do not exchange messages with that server.
            UnreachableError: It did not answer; what is stored stays.
        """
        found = await self._read(host)
        application = await self._application(found.application)
        implements = [item.href for item in application.capabilities] if application is not None else []
        await self._instance.write(
            peers.describe, host=host, name=found.name, software=found.software, implements=implements
        )
        if application is not None and _signs_with_ed25519(application):
            await self._room.peers.learn_shape(host, Shape.RFC9421_ED25519)

    async def _read(self, host: str) -> Description:
        """Return what a server says; an empty description when it has no usable NodeInfo."""
        start = await self._instance.read(_origin_of, host=host)
        try:
            index = await self._json(f"{start}/.well-known/nodeinfo")
        except (NotFoundError, MalformedError):
            return Description()
        links = {rel: href for rel, href in _links(index) if same_origin(start, href)}
        application = links.get(APPLICATION)
        url = next((links[schema] for schema in _SCHEMAS if schema in links), None)
        if url is None:
            return Description(application=application)
        try:
            found = await self._json(url)
        except (NotFoundError, MalformedError):
            return Description(application=application)
        return _description(found, application=application)

    async def _json(self, url: str) -> Document:
        answer = await self._room.client.get(
            url, accept=_ACCEPT, may_visit=self._instance.trust.allows, max_bytes=MAX_BYTES
        )
        demand_success(answer)
        return parse(answer.body)

    async def _application(self, uri: str | None) -> Actor | None:
        """Return the Application actor of a server, stored with its keys; None when it cannot be had."""
        if uri is None:
            return None
        try:
            await self._fetcher.refresh_actor(uri)
        except FedgovError as error:
            _log.info("application_not_read", uri=uri, reason=error.safe, detail=error.detail)
            return None
        row = await self._instance.read(actors.find, uri=uri)
        return None if row is None or row.document is None else read_actor(orjson.loads(row.document))

    def _rest(self, host: str, *, until: int) -> None:
        self._not_before[host] = until
        self._not_before.move_to_end(host)
        while len(self._not_before) > MAX_REMEMBERED:
            self._not_before.popitem(last=False)


def _origin_of(tx: Transaction, *, host: str) -> str:
    """Return scheme and host of a server: the scheme of somebody known there, else https."""
    known: str | None = tx.value(_SOMEBODY_THERE, {"at": host})
    return origin(known) if known is not None and host_of(known) == host else f"https://{host}"


def _links(index: Document) -> Iterator[tuple[str, str]]:
    for link in objects(index, "links", limit=20):
        rel, href = text(link, "rel"), text(link, "href")
        if rel is not None and href is not None:
            yield rel, href


def _description(found: Document, *, application: str | None) -> Description:
    program = embedded(found, "software") or {}
    said = (text(program, "name", limit=MAX_NAME), text(program, "version", limit=MAX_NAME))
    name = text(embedded(found, "metadata") or {}, "nodeName", limit=MAX_NAME)
    return Description(
        name=clean_name(name or "") or None,
        software=clean_name(" ".join(part for part in said if part is not None))[:MAX_NAME] or None,
        application=application,
    )


def _signs_with_ed25519(application: Actor) -> bool:
    """Tell whether a server says to know RFC 9421 and shows an Ed25519 key."""
    has_multikey = any(key.kind == "multibase" and key.value.startswith("z6Mk") for key in application.keys)
    return has_multikey and application.implements(RFC9421)
