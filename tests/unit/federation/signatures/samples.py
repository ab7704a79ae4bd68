"""Keys and requests that the tests of signatures share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from fedgov.federation.signatures.keys import PrivateKey, generate_ed25519, generate_rsa
from fedgov.federation.signatures.message import Message, incoming, outgoing
from fedgov.federation.signatures.shapes import Shape, sign

NOW: Final = 1_900_000_000_000
ORIGIN: Final = "https://delft.example"
INBOX: Final = f"{ORIGIN}/users/bram/inbox"
OUTBOX: Final = f"{ORIGIN}/users/bram/outbox?page=true"
BODY: Final = b'{"type":"Create"}'
RSA: Final = generate_rsa("https://gouda.example/users/fatima#main-key")
ED25519: Final = generate_ed25519("https://gouda.example/users/fatima#ed25519-key")


def key_for(shape: Shape) -> PrivateKey:
    """The key that a shape signs with."""
    return ED25519 if shape is Shape.RFC9421_ED25519 else RSA


def post(url: str = INBOX, *, body: bytes = BODY) -> Message:
    """A POST that is about to be sent."""
    return outgoing("POST", url=url, headers={"Content-Type": "application/activity+json"}, body=body)


def get(url: str = OUTBOX) -> Message:
    """A GET that is about to be sent."""
    return outgoing("GET", url=url, headers={"Accept": "application/activity+json"})


def signed(request: Message, *, shape: Shape = Shape.CAVAGE, now_ms: int = NOW) -> Message:
    """What reaches the other server."""
    return received(request, headers=sign(shape, request, rsa=RSA, ed25519=ED25519, now_ms=now_ms))


def received(request: Message, *, headers: Mapping[str, str], origin: str = ORIGIN) -> Message:
    """What a server with this origin makes of a request with these headers added."""
    lines = dict(request.headers) | {name.lower(): value for name, value in headers.items()}
    if "host" not in lines:
        lines["host"] = request.authority
    scope = {
        "method": request.method,
        "path": request.path,
        "raw_path": request.path.encode("latin-1"),
        "query_string": request.query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines.items()],
    }
    return incoming(scope, origin=origin, body=request.body)


def with_header(message: Message, name: str, value: str | None) -> Message:
    """The message with one header replaced, or without it."""
    kept = tuple(line for line in message.headers if line[0] != name)
    return replace(message, headers=kept if value is None else (*kept, (name, value)))


def with_more(message: Message, lines: Iterable[tuple[str, str]]) -> Message:
    """The message with more header lines."""
    return replace(message, headers=(*message.headers, *lines))


def header(message: Message, name: str) -> str:
    """The value of a header that is there once."""
    value = message.single(name)
    assert value is not None
    return value
