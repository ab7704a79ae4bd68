"""Streaming timelines, notifications and conversations.

Spec: https://docs.joinmastodon.org/methods/streaming/
"""

from __future__ import annotations

from functools import partial
from typing import Final

from fedgov.federation.doors.answers import Reply, plain
from fedgov.kernel.errors import NotFoundError, UnverifiedError
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.streams.channels import scopes_of
from fedgov.mastodon.streams.held import HEADERS, Held
from fedgov.mastodon.streams.names import ROOT, STREAMS, WORDS
from fedgov.mastodon.streams.socket import open_channel


async def listen(call: Call, *, name: str) -> Reply:
    """Answer with an event stream."""
    bearer = call.bearer
    if bearer is None:
        raise UnverifiedError("The access token is invalid")
    channel = await open_channel(call.instance, name=name, sent=call.parameters, bearer=bearer)
    return Held(status=200, headers=HEADERS, channel=channel, bearer=bearer)


async def health(_call: Call) -> Reply:
    """Check if the server is alive."""
    return plain(200, b"OK", content_type=b"text/plain; charset=utf-8", headers=[(b"cache-control", b"no-store")])


async def only_sockets(_call: Call) -> Reply:
    """Watch several streams over one WebSocket."""
    raise NotFoundError("Record not found")


ENDPOINTS: Final = (
    Endpoint(method="GET", path=ROOT, access=Access.person(), handle=only_sockets),
    Endpoint(method="GET", path=f"{ROOT}/health", access=Access.public(), handle=health),
    *(
        Endpoint(
            method="GET",
            path=path,
            access=Access.person(*scopes_of(name)),
            handle=partial(listen, name=name),
            what=WORDS[name],
            token_in_address=True,
        )
        for path, name in STREAMS.items()
    ),
)
