"""Reading other servers: documents, actors, objects, handles, files.

What is read is believed only where it comes from: a document's ``id`` must be
the URL it was found at, and everything in it that says who did what must have
the same origin.

Spec: ActivityPub, section 3.2; RFC 7033; FEP-fe34.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote

import structlog
from sqlalchemy import Row

from fedgov.activitystreams.actor import is_actor, read_actor
from fedgov.activitystreams.context import ACTIVITYSTREAMS, MEDIA_TYPE
from fedgov.activitystreams.document import Document, http_uri, parse, required_uri, text, types
from fedgov.activitystreams.object import is_tombstone, read_author
from fedgov.federation import actors, objects
from fedgov.federation.client import Answer
from fedgov.federation.dispatch import ANY, FetchedObject, Keepers
from fedgov.federation.postroom import PostRoom
from fedgov.federation.signatures.message import outgoing
from fedgov.federation.signatures.shapes import Shape, next_shape, shape_for
from fedgov.instance import PICTURE_OR_SOUND
from fedgov.kernel.clock import DAY
from fedgov.kernel.domains import registrable
from fedgov.kernel.errors import (
    FedgovError,
    GoneError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    UnreachableError,
)
from fedgov.kernel.uris import Handle, host, is_http_uri, parse_handle, same_origin, without_fragment

ACCEPT: Final = f"{MEDIA_TYPE}, application/activity+json"
ACTOR_FRESH_FOR: Final = DAY
MAX_ANCESTORS: Final = 25
MAX_KNOCKS: Final = 3
DEFAULT_RETRY_AFTER: Final = 300.0
LONGEST_RETRY_AFTER: Final = 86_400.0

_log = structlog.get_logger(__name__)
T = TypeVar("T")


class HiddenError(NotFoundError):
    """A server does not show this to us, whether it is there or not."""


def is_fresh(known: Row[Any] | None, *, now: int) -> bool:
    """Tell whether an actor's row can be used as it is: ours, or read within a day; a deleted one cannot."""
    if known is None or known.deleted_at is not None:
        return False
    return bool(known.local) or now - (known.fetched_at or 0) < ACTOR_FRESH_FOR


def is_activitypub(content_type: str) -> bool:
    """Tell whether a media type is one of the two that an ActivityPub document may have.

    Anything else, plain JSON included, may be a file that somebody uploaded.
    """
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    return kind == "application/activity+json" or (kind == "application/ld+json" and ACTIVITYSTREAMS in parameters)


class Fetcher:
    """Fills the `fedgov.instance.Fetch` protocol.

    Args:
        room: The post room.
        keepers: How rooms store the objects that they understand.
    """

    def __init__(self, room: PostRoom, *, keepers: Keepers) -> None:
        self._room = room
        self._instance = room.instance
        self._keepers = keepers
        self.thread_wanted: Callable[[str], None] = lambda _uri: None  # handed in by whoever reads threads
        self._running: dict[str, asyncio.Task[Any]] = {}

    # --- documents ------------------------------------------------------------------------------------------

    async def document(self, uri: str) -> tuple[Document, bytes]:
        """Fetch a document; its id is the URL it was found at.

        When it says to have another id on the same origin, it is read once more from there.
        A redirect may not leave the origin: one server does not speak for another.

        Raises:
            NotFoundError: It is not there, or we may not see it.
            GoneError: It was deleted.
            ForbiddenError: We do not exchange messages with that server.
            UnreachableError: No usable answer now.
            MalformedError: What came is no ActivityPub document.
        """
        uri = without_fragment(uri)
        for _ in range(2):
            answer = await self._get_signed(uri)
            if not same_origin(uri, answer.url):
                raise MalformedError("the address leads to another server", detail=f"{uri} to {answer.url}"[:300])
            found = parse(answer.body)
            identifier = http_uri(found, "id")
            if identifier is None:
                raise MalformedError("the document has no id", detail=uri)
            if _address(identifier) == _address(answer.url):
                return found, answer.body
            if not same_origin(identifier, answer.url):
                raise MalformedError("the document belongs to another server", detail=f"{identifier} at {answer.url}")
            uri = identifier
        raise MalformedError("the document is not found at its own id", detail=uri)

    async def _get_signed(self, uri: str) -> Answer:
        if self._instance.site.owns(uri):
            raise NotFoundError("this is an address of ours", detail=uri)
        peer_host = host(uri)
        shape = await self._room.peers.shape(peer_host)
        tried: list[Shape] = []
        while True:
            answer = await self._room.client.get(
                uri, accept=ACCEPT, sign=self._signer(shape), may_visit=self._may_visit
            )
            if not wants_another_shape(answer) or len(tried) + 1 >= MAX_KNOCKS:
                break
            tried.append(shape)
            following = _next_knock(answer, shape, tried, uri)
            if following is None:
                break
            shape = following
        if answer.status == 200 and tried:
            await self._room.peers.learn_shape(peer_host, shape)
        demand_success(answer)
        if not is_activitypub(answer.content_type):
            raise MalformedError("the answer is not ActivityPub", detail=f"{uri}: {answer.content_type[:100]}")
        return answer

    def _may_visit(self, at: str) -> bool:
        return at != self._instance.site.domain and self._instance.trust.allows(at)

    def _signer(self, shape: Shape) -> Callable[[str], Awaitable[Mapping[str, str]]]:
        async def sign(url: str) -> Mapping[str, str]:
            return await self._room.sign("GET", url, actor=self._instance.site.application, shape=shape, headers={})

        return sign

    async def _once(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        """Let everyone who asks for the same thing at the same time wait for one request."""
        task = self._running.get(key)
        if task is None:
            task = asyncio.ensure_future(work())
            self._running[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(task)

    def _finished(self, key: str, task: asyncio.Task[Any]) -> None:
        self._running.pop(key, None)
        if not task.cancelled():
            task.exception()  # those who asked may have given up waiting

    # --- actors ---------------------------------------------------------------------------------------------

    async def actor(self, uri: str) -> str:
        """Make sure that an actor is in the store, and not older than a day where it can be had."""
        known = await self._instance.read(actors.find, uri=uri)
        if known is not None:
            if known.deleted_at is not None:
                raise NotFoundError("this account was deleted", detail=uri)
            if is_fresh(known, now=self._instance.clock.now()):
                return uri
        try:
            return await self.refresh_actor(uri)
        except (UnreachableError, RateLimitedError):
            if known is None:
                raise
            return uri  # what we know is good enough until the server is back

    async def refresh_actor(self, uri: str) -> str:
        """Read an actor anew; return its URI.

        Raises:
            NotFoundError: There is no such actor.
            ForbiddenError: We do not exchange messages with that server.
            UnreachableError: No usable answer now.
            MalformedError: What is there is no actor.
        """
        return await self._once(f"actor {uri}", lambda: self._refresh_actor(uri))

    async def _refresh_actor(self, uri: str) -> str:
        found, body = await self.document(uri)
        if not is_actor(found):
            raise MalformedError("this is not an actor", detail=uri)
        actor = read_actor(found)
        await self._instance.write(actors.remember_remote, actor=actor, body=body.decode())
        return actor.uri

    async def actor_by_handle(self, handle: Handle) -> str:
        """Return the URI of the actor behind a handle, stored and up to date."""
        local = await self._instance.read(actors.find_by_handle, username=handle.username, at_host=handle.host)
        if handle.host == self._instance.site.domain:
            if local is None or local.deleted_at is not None:
                raise NotFoundError("nobody here has this handle", detail=str(handle))
            return str(local.uri)
        try:
            uri = await self._webfinger(handle, subject=handle)
        except (UnreachableError, RateLimitedError):
            if local is None or local.deleted_at is not None:
                raise
            return str(local.uri)
        uri = await self.actor(uri)
        row = await self._instance.read(actors.get, uri=uri)
        if row.username.lower() != handle.username.lower():
            raise NotFoundError("the server gives somebody else for this handle", detail=f"{handle}: {uri}")
        if row.host != handle.host:
            await self._demand_agreement(handle, uri=uri)
            await self._instance.write(actors.set_handle_host, uri=uri, at_host=handle.host)
        return uri

    async def _demand_agreement(self, handle: Handle, *, uri: str) -> None:
        """Return when the actor's own server gives it this handle too; anybody can point at anybody.

        Raises:
            NotFoundError: It does not.
        """
        home = Handle(username=handle.username, host=host(uri))
        if home.host != handle.host and await self._webfinger(home, subject=handle) != uri:
            raise NotFoundError("the server of this person knows nothing of this handle", detail=f"{handle}: {uri}")

    async def _webfinger(self, handle: Handle, *, subject: Handle) -> str:
        """Return the actor that a server names for a handle (RFC 7033).

        Args:
            handle: Who is asked for, at which server.
            subject: Whose handle the answer must be about; another server is not believed.
        """
        scheme = "http" if self._instance.config.federation.allow_http and _is_local_name(handle.host) else "https"
        url = f"{scheme}://{handle.host}/.well-known/webfinger?resource={quote(handle.acct, safe='')}"
        answer = await self._room.client.get(
            url, accept="application/jrd+json, application/json", may_visit=self._may_visit
        )
        demand_success(answer)
        found = parse(answer.body)
        said = _handle_in(found, scheme=scheme) or handle
        if (said.host, said.username.lower()) != (subject.host, subject.username.lower()):
            raise NotFoundError("the server answers for another server", detail=f"{handle}: {said}"[:300])
        for link in found.get("links", ()) if isinstance(found.get("links"), list) else ():
            if isinstance(link, dict) and link.get("rel") == "self" and is_activitypub(str(link.get("type", ""))):
                target = link.get("href")
                if isinstance(target, str) and is_http_uri(target):
                    return target
        raise NotFoundError("this handle has no ActivityPub account", detail=str(handle))

    # --- objects --------------------------------------------------------------------------------------------

    async def object(self, uri: str) -> str:
        """Make sure that an object is in the store, with its author and what it answers.

        What somebody deleted before it ever was here is asked for: a colleague of its author may have done so, who
        may not, and then no Create need ever come.
        """
        known = await self._instance.read(objects.find, uri=uri)
        if known is not None and not objects.is_undecided(known):
            if known.deleted_at is not None:
                raise GoneError("this was deleted", detail=uri)
            return uri
        stored, parent = await self._fetch_once(uri)
        await self._fetch_ancestors(parent)
        return stored

    async def _fetch_ancestors(self, parent: str | None) -> None:
        for _ in range(MAX_ANCESTORS - 1):
            if parent is None:
                return
            known = await self._instance.read(objects.find, uri=parent)
            if known is not None and not objects.is_undecided(known):
                return
            try:
                _, parent = await self._fetch_once(parent)
            except FedgovError as error:
                _log.info("ancestor_not_fetched", uri=parent, reason=error.safe)
                return

    async def _fetch_once(self, uri: str) -> tuple[str, str | None]:
        return await self._once(f"object {uri}", lambda: self._fetch_object(uri))

    async def _fetch_object(self, uri: str) -> tuple[str, str | None]:
        """Store one object; return its id, and the URI of what it answers."""
        found, body = await self.document(uri)
        if is_tombstone(found):
            raise GoneError("this was deleted", detail=uri)
        author = read_author(found)
        if author is None or not same_origin(author, uri):
            raise MalformedError("the object does not say who wrote it", detail=uri)
        await self.actor(author)
        if await self._instance.read(objects.is_final, uri=required_uri(found, "id"), author=author):
            raise GoneError("this was deleted", detail=uri)
        kinds = types(found)
        keeper = next((self._keepers[kind] for kind in kinds if kind in self._keepers), self._keepers[ANY])
        fetched = FetchedObject(document=found, body=body, author=author, received_at=self._instance.clock.now())
        await self._instance.write(keeper, fetched)
        return required_uri(found, "id"), http_uri(found, "inReplyTo")

    def refresh_thread(self, uri: str) -> None:
        """Ask for the replies to a remote post that we do not have, in the background."""
        self.thread_wanted(uri)

    # --- files ----------------------------------------------------------------------------------------------

    async def file(
        self, url: str, *, max_bytes: int, accept: str = PICTURE_OR_SOUND, stay: bool = False
    ) -> tuple[str, bytes]:
        """Return media type and bytes of a remote file; nothing is stored."""
        domain = registrable(host(url)) if stay else ""

        def may_visit(at: str) -> bool:
            return self._may_visit(at) and (not stay or registrable(at) == domain)

        try:
            answer = await self._room.client.get(url, accept=accept, may_visit=may_visit, max_bytes=max_bytes)
        except MalformedError as error:
            raise NotFoundError("the file cannot be used", detail=error.detail) from None
        demand_success(answer)
        return answer.content_type.partition(";")[0], answer.body


def _is_local_name(name: str) -> bool:
    bare = name.rpartition(":")[0] or name
    return ":" in name or bare == "localhost" or bare.endswith(".localhost")


def _handle_in(answer: Document, *, scheme: str) -> Handle | None:
    subject = text(answer, "subject") or ""
    if not subject.startswith("acct:"):
        return None
    try:
        return parse_handle(subject, scheme=scheme)
    except MalformedError:
        return None


def _address(uri: str) -> str:
    """Return a URI as it is asked for: non-ASCII spelled out, the host in its one form."""
    return outgoing("GET", url=uri, headers={}).target_uri


def wants_another_shape(answer: Answer) -> bool:
    """Tell whether a server refused the way a request was signed, or says which way it wants."""
    return answer.status in (400, 401, 403) or (answer.status >= 400 and "accept-signature" in answer.headers)


def _next_knock(answer: Answer, shape: Shape, tried: list[Shape], uri: str) -> Shape | None:
    request = outgoing("GET", url=uri, headers={})
    asked = shape_for(answer.headers.get("accept-signature", ""), request=request)
    if asked is not None and asked not in tried:
        return asked
    return next_shape(shape, tried, request=request)


def retry_after(answer: Answer) -> float:
    """Return how many seconds a server asks us to wait, at most a day.

    A moment counts from when the server answered, by its own clock, which may be wrong.

    Spec: RFC 9110, section 10.2.3.
    """
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(value)
        answered = parsedate_to_datetime(answer.headers.get("date", ""))
        return min(max((until - answered).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
    except (ValueError, TypeError, OverflowError):  # also one with a time zone and one without
        return DEFAULT_RETRY_AFTER


def demand_success(answer: Answer) -> None:
    """Return when a GET was answered with 200.

    Raises:
        GoneError: 410.
        HiddenError: 401 and 403: for us it does not exist.
        NotFoundError: 404 and other refusals.
        RateLimitedError: 429.
        UnreachableError: The server has trouble.
    """
    where = f"{answer.status} for {answer.url}"
    if answer.status == 200:
        return
    if answer.status == 410:
        raise GoneError("this was deleted", detail=where)
    if answer.status == 429:
        raise RateLimitedError("the server asks us to wait", retry_after=retry_after(answer), detail=where)
    if answer.status >= 500 or answer.status == 408:
        raise UnreachableError("the server has trouble", retry_after=retry_after(answer), detail=where)
    if answer.status in (401, 403):
        raise HiddenError("the server does not show this to us", detail=where)
    raise NotFoundError("there is nothing at this address", detail=where)
