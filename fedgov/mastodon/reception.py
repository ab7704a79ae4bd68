"""The door for apps: raw ASGI in front of the pages, for all instances of a process alike.

Spec: https://docs.joinmastodon.org/methods/; ``docs/reference/mastodon-api.md``.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from fedgov.features.people.service.tokens import Bearer
from fedgov.federation.doors.answers import COUNTED, Reply
from fedgov.federation.doors.asgi import Door, HungUpError, Receive, Request, Scope, Send, TurnedAwayError, give
from fedgov.federation.doors.visitor import source_network
from fedgov.instance import Instance
from fedgov.kernel.acting import By
from fedgov.kernel.errors import FedgovError, UnverifiedError
from fedgov.kernel.metrics import STATUS_CODES
from fedgov.mastodon import rates, replies
from fedgov.mastodon.bearers import token_in, token_in_query
from fedgov.mastodon.bodies import read_parameters
from fedgov.mastodon.call import Call
from fedgov.mastodon.claims import ClaimLostError, Claims, Proof, prove
from fedgov.mastodon.endpoints import Endpoint, Found
from fedgov.mastodon.parameters import Parameters
from fedgov.mastodon.streams.door import StreamDoor
from fedgov.mastodon.streams.held import Held, hold
from fedgov.mastodon.streams.hub import Hub
from fedgov.mastodon.table import TABLE

_OWN: Final = ("/api/", "/oauth/")
_OTHERS: Final = "/api/fedgov/"
_PAGES: Final = frozenset({"/oauth/authorize"})
"""Where a person decides, so that it is a page; the rest of these folders is for programs."""

_log = structlog.get_logger(__name__)


class Reception:
    """The Mastodon API of one instance.

    Args:
        instance: The instance.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.hub = Hub(instance)
        self._claims = Claims()
        self._stream_door = StreamDoor(instance, hub=self.hub)

    def match_socket(self) -> Door:
        """Return what answers a WebSocket whose Host header names this instance, wherever it leads."""
        return self._stream_door.open

    def match(self, scope: Scope) -> Door | None:
        """Return what answers a request; None when it is not for an app.

        Args:
            scope: An ASGI scope of type ``http`` whose Host header names this instance.
        """
        path: str = scope["path"]
        found = TABLE.find(path) if "\0" not in path else None
        if found is None and not _is_own(path):
            return None
        return partial(self._open, found)

    async def _open(self, found: Found | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing leaves here as an exception."""
        begin, source, code = time.perf_counter(), source_network(scope), ""
        request = Request(scope=scope, headers=dict(scope["headers"]), receive=receive)
        told: list[tuple[bytes, bytes]] = []
        try:
            self._instance.turnstile.demand(source, now=self._instance.clock.now())
            reply = await self._answer(found, request, source=source, told=told)
            if isinstance(reply, Held) and scope["method"] != "HEAD":
                self._instance.metrics.answered("api", reply.status, time.perf_counter() - begin)
                await hold(reply, hub=self.hub, request=request, send=send, told=told)
                return
        except FedgovError as error:
            _log.debug("refused", path=scope["path"], code=error.code, reason=error.safe, detail=error.detail)
            reply, code = replies.refusal(error), error.code
        except TurnedAwayError as error:
            reply = error.reply
        except HungUpError:
            return
        except Exception:  # a bug stays loud, and the client is not left waiting
            _log.exception("api_failed", path=scope["path"], method=scope["method"])
            reply = replies.FAILED
        if reply.status in COUNTED:
            self._instance.turnstile.note(source, now=self._instance.clock.now())
        await give(_open_to_all(reply, told), send=send, head=scope["method"] == "HEAD")
        if reply.status >= 400 and (code := code or STATUS_CODES.get(reply.status, "")):
            self._instance.metrics.refused("api", code)
        self._instance.metrics.answered("api", reply.status, time.perf_counter() - begin)

    async def _answer(
        self, found: Found | None, request: Request, *, source: str, told: list[tuple[bytes, bytes]]
    ) -> Reply:
        method = request.scope["method"]
        if method == "OPTIONS":
            return replies.PREFLIGHT
        if found is None:
            return replies.NOT_FOUND
        endpoint = found.methods.get("GET" if method == "HEAD" else method)
        if endpoint is None:
            return replies.method_not_allowed([*found.methods, *(("HEAD",) if "GET" in found.methods else ())])
        token = token_in(request.headers) or (token_in_query(request.scope) if endpoint.token_in_address else "")
        visit = _Visit(endpoint=endpoint, found=found, request=request, source=source, told=told, token=token)
        if token and visit.asks_only:
            with suppress(ClaimLostError):
                return await self._reply_on_claim(visit)
        claim = await self._claims.ask(self._instance, token) if token else None
        if token and claim is None:
            raise UnverifiedError("The access token is invalid")
        return await self._reply(visit, endpoint.access.admit(None if claim is None else claim.bearer))

    async def _reply_on_claim(self, visit: _Visit) -> Reply:
        """Answer for whom the token stood a moment ago, if it still does.

        Raises:
            ClaimLostError: It does not, or that is not known, or it would not do; nothing was done.
        """
        claim = self._claims.recent(visit.token, now=self._instance.clock.now())
        if claim is None or not visit.endpoint.access.takes(claim.bearer):
            raise ClaimLostError
        proof = Proof(claim)
        try:
            return await self._reply(visit, claim.bearer, proof=proof)
        finally:
            if not proof.is_given:  # nothing was read for the answer: it is not given without
                await self._instance.read(prove, proof)

    async def _reply(self, visit: _Visit, bearer: Bearer | None, *, proof: Proof | None = None) -> Reply:
        who = bearer.actor_uri if bearer is not None and bearer.actor_uri else visit.source
        uploads = visit.endpoint.files > 0
        try:
            rates.spend(self._instance, who=who, uploads=uploads)
            return await self._call(visit, bearer=bearer, proof=proof)
        finally:  # whoever is refused is told too
            visit.told[:] = rates.left(self._instance, who=who, uploads=uploads)

    async def _call(self, visit: _Visit, *, bearer: Bearer | None, proof: Proof | None) -> Reply:
        """Read what a caller who was admitted sends, and do what they ask."""
        endpoint, request = visit.endpoint, visit.request
        file_bytes = endpoint.files * self._instance.config.media.max_bytes
        parameters = Parameters() if endpoint.raw else await read_parameters(request, file_bytes=file_bytes)
        by = By(who="" if bearer is None else bearer.actor_uri, door="api", source=visit.source)
        call = Call(
            instance=self._instance.acting(by),
            request=request,
            parameters=parameters,
            places=visit.found.places,
            bearer=bearer,
            token=token_in(request.headers),
            proof=proof,
        )
        return await endpoint.handle(call)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """One request, and where it leads.

    Args:
        endpoint: What is asked for.
        found: Where the path leads.
        request: The request.
        source: The network that it came from.
        told: Headers that the answer gets, whatever it is.
        token: As it was sent; empty for none.
    """

    endpoint: Endpoint
    found: Found
    request: Request
    source: str
    told: list[tuple[bytes, bytes]]
    token: str

    @property
    def asks_only(self) -> bool:
        """Whether it brings nothing, so that it can be begun again from the start."""
        headers = self.request.headers
        return self.endpoint.method == "GET" and headers.get(b"content-length", b"0") == b"0"


def _is_own(path: str) -> bool:
    """Tell whether a path that leads nowhere is in a folder of ours, so that a program is told in its own words."""
    return path.startswith(_OWN) and not f"{path}/".startswith(_OTHERS) and path.rstrip("/") not in _PAGES


def _open_to_all(reply: Reply, told: replies.Headers) -> Reply:
    """Let apps in browsers read an answer, with exactly one header that says so, and what they are told besides."""
    is_open = any(name == b"access-control-allow-origin" for name, _ in reply.headers)
    headers = [*reply.headers, *([] if is_open else replies.OPEN), *told]
    return Reply(status=reply.status, headers=headers, body=reply.body, etag=reply.etag)
