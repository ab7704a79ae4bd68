"""An answer that stays open: an event stream, with one channel.

Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fedgov.features.people.service.tokens import Bearer
from fedgov.federation.doors.answers import Headers, Reply
from fedgov.federation.doors.asgi import Request, Send
from fedgov.mastodon.replies import OPEN
from fedgov.mastodon.streams.channels import Channel
from fedgov.mastodon.streams.hub import Hub
from fedgov.mastodon.streams.stream import Stream
from fedgov.mastodon.streams.wire import THUMP, WIRE

HEADERS: Final[Headers] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"private, no-store"),
    (b"vary", b"Authorization, Origin"),
    (b"x-accel-buffering", b"no"),  # nginx would keep events until a page of memory is full
    *OPEN,
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Reply):
    """An answer that shows a channel for as long as the app listens.

    Args:
        channel: What it shows.
        bearer: Whose it is.
    """

    channel: Channel
    bearer: Bearer


async def hold(held: Held, *, hub: Hub, request: Request, send: Send, told: Headers) -> None:
    """Answer with an event stream; return when it is closed.

    Args:
        held: The answer.
        hub: Shows the news.
        request: The request.
        send: Where the answer goes.
        told: Header fields besides.

    Raises:
        OverLimitError: This person has too many open.
        UnreachableError: There are too many of all, or the server is about to stop.
    """
    stream = Stream(request.scope["extensions"][WIRE], bearer=held.bearer, is_socket=False)
    hub.enter(stream)
    try:
        await send({"type": "http.response.start", "status": held.status, "headers": [*held.headers, *told]})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        hub.register.watch(stream, held.channel)
        stream.give(THUMP)
        while (await request.receive())["type"] != "http.disconnect":
            pass  # nothing that a client could send has a meaning here
    finally:
        hub.leave(stream)
