"""Which door a request goes to: the raw ASGI endpoints in front of the pages.

Spec: ``docs/explanation``, "Permanent things".
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

import structlog

from fedgov.federation.describe import Describer
from fedgov.federation.doors import (
    activity,
    actor,
    collection,
    emoji,
    health,
    host_meta,
    inbox,
    metrics,
    nodeinfo,
    post,
    security_txt,
    webfinger,
)
from fedgov.federation.doors.answers import COUNTED, FAILED, Reply, method_not_allowed, refusal
from fedgov.federation.doors.asgi import Door, HungUpError, Receive, Request, Scope, Send, TurnedAwayError, give
from fedgov.federation.doors.cache import ReplyCache
from fedgov.federation.doors.face import PublicFace
from fedgov.federation.doors.lobby import Lobby
from fedgov.federation.doors.visitor import source_network
from fedgov.federation.gate import Gate
from fedgov.federation.gauges import Gauges
from fedgov.federation.inbox import Intake
from fedgov.federation.mending import Mender
from fedgov.federation.postroom import PostRoom
from fedgov.federation.readiness import Readiness
from fedgov.kernel.errors import FedgovError
from fedgov.kernel.metrics import STATUS_CODES
from fedgov.kernel.negotiation import wants_document
from fedgov.store.transaction import Transaction

Handler = Callable[[Lobby, Request], Awaitable[Reply]]

_READING: Final = ("GET", "HEAD")
_WELL_KNOWN: Final[Mapping[str, Handler]] = {
    "/.well-known/webfinger": webfinger.look_up,
    "/.well-known/host-meta": host_meta.as_xrd,
    "/.well-known/host-meta.json": host_meta.as_jrd,
    "/.well-known/nodeinfo": nodeinfo.index,
    "/.well-known/security.txt": security_txt.show,
    "/nodeinfo/2.0": partial(nodeinfo.show, version="2.0"),
    "/nodeinfo/2.1": partial(nodeinfo.show, version="2.1"),
    "/healthz": health.is_alive,
    "/readyz": health.is_ready,
    metrics.PATH: metrics.show,
}
_FOR_SCRIPTS: Final = ("/.well-known/", "/nodeinfo/")
"""What programs in browsers read of any server, refusals too."""

_ALSO_PAGES: Final = frozenset({"followers", "following"})
"""Collections whose address is a page for people too."""

_log = structlog.get_logger(__name__)


class Doors:
    """The doors of one instance.

    Args:
        room: Its post room.
        gate: Who decides about what comes in.
        intake: Where what was admitted is stored.
        face: What the rooms show of themselves.
        describer: Told whom we met.
        mender: Told what others say about their followers here.
        readiness: Knows whether the instance can do its work.
    """

    def __init__(
        self,
        room: PostRoom,
        *,
        gate: Gate,
        intake: Intake,
        face: PublicFace,
        describer: Describer,
        mender: Mender,
        readiness: Readiness | None = None,
        figures: Sequence[Callable[[Transaction], None]] = (),
    ) -> None:
        self._lobby = Lobby(
            site=room.instance.site,
            room=room,
            gate=gate,
            face=face,
            cache=ReplyCache(room.instance.signals),
            intake=intake,
            describer=describer,
            mender=mender,
            readiness=readiness or Readiness(room.instance),
            gauges=Gauges(room.instance, also=figures),
        )
        self._site = room.instance.site
        self._instance = room.instance

    def match(self, scope: Scope) -> Door | None:
        """Return the door for a request; None when it is for the pages.

        Args:
            scope: An ASGI scope of type ``http`` whose Host header names this instance.
        """
        headers = dict(scope["headers"])
        if scope["path"] == metrics.PATH and not metrics.may_read(scope, headers, config=self._instance.config):
            return None
        handler = self._find(scope["path"], method=scope["method"], accept=headers.get(b"accept", b""))
        return None if handler is None else partial(self._open, handler, headers)

    async def _open(
        self, handler: Handler, headers: dict[bytes, bytes], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Run a door and send what it answers; nothing leaves here as an exception."""
        source = source_network(scope)
        begin, door, code = time.perf_counter(), _name_of(handler), ""
        try:
            self._instance.turnstile.demand(source, now=self._instance.clock.now())
            reply = await handler(self._lobby, Request(scope=scope, headers=headers, receive=receive))
        except FedgovError as error:
            _log.debug("refused", path=scope["path"], code=error.code, reason=error.safe, detail=error.detail)
            reply, code = refusal(error), error.code
        except TurnedAwayError as error:
            reply = error.reply
        except HungUpError:
            return
        except Exception:  # a bug stays loud, and the client is not left waiting
            _log.exception("door_failed", path=scope["path"], method=scope["method"])
            reply = FAILED
        if reply.status in COUNTED:
            self._instance.turnstile.note(source, now=self._instance.clock.now())
        if scope["path"].startswith(_FOR_SCRIPTS):
            reply = host_meta.for_everyone(reply)
        await give(reply, send=send, head=scope["method"] == "HEAD")
        if reply.status >= 400 and (code := code or STATUS_CODES.get(reply.status, "")):
            self._instance.metrics.refused(door, code)
        self._instance.metrics.answered(door, reply.status, time.perf_counter() - begin)

    def _find(self, path: str, *, method: str, accept: bytes) -> Handler | None:
        _, first, *rest = path.split("/")
        if first == "users" and rest and rest[0]:
            return self._of_actor(self._site.actor(rest[0]), rest[1:], method=method, accept=accept)
        if first == "actor":
            return self._of_actor(self._site.application, rest, method=method, accept=accept)
        if first == "organisation":
            return self._of_actor(self._site.organisation, rest, method=method, accept=accept)
        if first == "inbox" and not rest:
            return _posting(inbox.receive, method)
        if first == "posts" and rest:
            return self._of_post(rest, method=method, accept=accept)
        if first == "activities" and len(rest) == 1:
            return self._of_activity(rest[0], method=method, accept=accept)
        if first == "emojis" and len(rest) == 1:
            return self._of_emoji(rest[0], method=method, accept=accept)
        handler = _WELL_KNOWN.get(path)
        if handler is not None and method == "OPTIONS" and path.startswith(_FOR_SCRIPTS):
            return host_meta.allow_scripts
        return None if handler is None else _reading(handler, method)

    def _of_actor(self, uri: str, rest: list[str], *, method: str, accept: bytes) -> Handler | None:
        if not rest:
            handler = partial(actor.show, uri=uri)
            if uri == self._site.application:
                return _reading(handler, method) if wants_document(accept, otherwise=True) else None
            return handler if method in _READING and wants_document(accept, otherwise=False) else None
        if rest == ["inbox"]:
            return _posting(partial(inbox.receive, owner=uri), method)
        if rest[0] in collection.NAMES:
            return _collection(collection.NAMES[rest[0]], uri, rest, method=method, accept=accept)
        return None

    def _of_post(self, rest: list[str], *, method: str, accept: bytes) -> Handler | None:
        if method not in _READING or not _is_row_id(rest[0]) or not wants_document(accept, otherwise=False):
            return None
        uri = self._site.post(int(rest[0]))
        if len(rest) == 1:
            return partial(post.show, uri=uri)
        if rest[1] == "replies":
            cursor = _cursor(rest[1:])
            return None if cursor in (None, collection.FIRST) else partial(post.show_replies, uri=uri, cursor=cursor)
        if rest[1:] in (["likes"], ["shares"]):
            return partial(post.show_reactions, uri=uri, kind=rest[1])
        return None

    def _of_activity(self, row_id: str, *, method: str, accept: bytes) -> Handler | None:
        if not _is_row_id(row_id) or not wants_document(accept, otherwise=True):
            return None
        return _reading(partial(activity.show, uri=self._site.activity(int(row_id))), method)

    def _of_emoji(self, row_id: str, *, method: str, accept: bytes) -> Handler | None:
        if method not in _READING or not _is_row_id(row_id) or not wants_document(accept, otherwise=False):
            return None
        return partial(emoji.show, emoji_id=int(row_id))


def _collection(show: collection.Show, uri: str, rest: list[str], *, method: str, accept: bytes) -> Handler | None:
    is_page_too = rest[0] in _ALSO_PAGES and len(rest) == 1
    if is_page_too and (method not in _READING or not wants_document(accept, otherwise=False)):
        return None
    cursor = _cursor(rest)
    return None if cursor is None else _reading(partial(show, actor=uri, cursor=cursor), method)


def _cursor(rest: list[str]) -> str | None:
    """Return where a page of a collection begins: empty for the collection itself, None for no such address."""
    if len(rest) == 1:
        return ""
    if len(rest) == 3 and rest[1] == "page" and (rest[2] == collection.FIRST or _is_row_id(rest[2])):
        return rest[2]
    return None


def _is_row_id(text: str) -> bool:
    return len(text) <= 19 and text.isascii() and text.isdigit() and int(text) < 2**63


def _name_of(handler: Handler) -> str:
    """Return in one word which door it is: the module that it is in."""
    while isinstance(handler, partial):
        handler = handler.func
    return handler.__module__.rpartition(".")[2]


def _reading(handler: Handler, method: str) -> Handler:
    return handler if method in _READING else partial(_refuse_method, allowed=b"GET, HEAD")


def _posting(handler: Handler, method: str) -> Handler:
    return handler if method == "POST" else partial(_refuse_method, allowed=b"POST")


async def _refuse_method(_lobby: Lobby, _request: Request, *, allowed: bytes) -> Reply:
    return method_not_allowed(allowed)
