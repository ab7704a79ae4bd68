"""The other end of a push message, written from the RFCs and not with our own code: a push server and an app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from cryptography.hazmat.primitives import hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fedgov.federation.webpush import decoded, encoded

CURVE = ec.SECP256R1()


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Return the key with this number."""
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), CURVE)


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return its public half."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _mac(key: bytes, data: bytes) -> bytes:
    sum_ = hmac.HMAC(key, SHA256())
    sum_.update(data)
    return sum_.finalize()


def _agreed(key: ec.EllipticCurvePrivateKey, point: bytes) -> bytes:
    return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point))


def open_standard(body: bytes, headers: Mapping[str, str], *, key: ec.EllipticCurvePrivateKey, secret: bytes) -> bytes:
    """Read a message as RFC 8291 has it."""
    assert headers["Content-Encoding"] == "aes128gcm"
    salt, length = body[:16], body[20]
    point, sealed = body[21 : 21 + length], body[21 + length :]
    shared = _mac(_mac(secret, _agreed(key, point)), b"WebPush: info\0" + point_of(key) + point + b"\1")
    first = _mac(salt, shared)
    content = _mac(first, b"Content-Encoding: aes128gcm\0\1")[:16]
    nonce = _mac(first, b"Content-Encoding: nonce\0\1")[:12]
    plain = AESGCM(content).decrypt(nonce, sealed, None)
    assert plain[-1] == 2
    return plain[:-1]


def open_as_drafted(
    body: bytes, headers: Mapping[str, str], *, key: ec.EllipticCurvePrivateKey, secret: bytes
) -> bytes:
    """Read a message as the draft had it."""
    assert headers["Content-Encoding"] == "aesgcm"
    salt = decoded(headers["Encryption"].partition("salt=")[2])
    point = decoded(headers["Crypto-Key"].partition("dh=")[2].partition(";")[0])
    shared = _mac(_mac(secret, _agreed(key, point)), b"Content-Encoding: auth\0\1")
    both = b"P-256\0" + b"\0A" + point_of(key) + b"\0A" + point
    first = _mac(salt, shared)
    content = _mac(first, b"Content-Encoding: aesgcm\0" + both + b"\1")[:16]
    nonce = _mac(first, b"Content-Encoding: nonce\0" + both + b"\1")[:12]
    plain = AESGCM(content).decrypt(nonce, body, None)
    return plain[2 + int.from_bytes(plain[:2], "big") :]


def read_token(token: str, *, public: str) -> dict[str, Any]:
    """Return what the sender proves, once the signature was checked."""
    front, _, last = token.rpartition(".")
    raw = decoded(last)
    signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(public))
    point.verify(signature, front.encode(), ec.ECDSA(SHA256()))
    claims: dict[str, Any] = orjson.loads(decoded(front.partition(".")[2]))
    return claims


@dataclass(slots=True)
class Telephone:
    """An app that can be told at once.

    Args:
        endpoint: Where messages for it are left.
        key: Its key pair.
        secret: What it shares with who writes to it.
    """

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE), repr=False)
    secret: bytes = b"0123456789abcdef"

    def subscription(self, *, standard: bool = True) -> dict[str, Any]:
        """What it asks for."""
        keys = {"p256dh": encoded(point_of(self.key)), "auth": encoded(self.secret)}
        return {"endpoint": self.endpoint, "keys": keys, "standard": standard}


@dataclass(slots=True)
class Letter:
    """What was left at the push server."""

    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)

    def read(self, phone: Telephone) -> dict[str, Any]:
        """Open it."""
        way = open_standard if self.headers["Content-Encoding"] == "aes128gcm" else open_as_drafted
        told: dict[str, Any] = orjson.loads(way(self.body, self.headers, key=phone.key, secret=phone.secret))
        return told


@dataclass(slots=True)
class PushServer:
    """A push server that takes what it gets, or answers what it is told to."""

    origin: str = ""
    letters: list[Letter] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0

    def phone(self, name: str) -> Telephone:
        """Return an app for which messages are left here."""
        return Telephone(f"{self.origin}/{name}")

    async def take(self, request: web.Request) -> web.Response:
        """Take a message."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        body = await request.read()
        await asyncio.sleep(0)
        self._at_once -= 1
        self.letters.append(Letter(request.path, dict(request.headers), body))
        status, headers = self.answers.pop(0) if self.answers else (201, {})
        return web.Response(status=status, headers=headers)


@asynccontextmanager
async def open_push_server() -> AsyncIterator[PushServer]:
    """Run a push server on the loopback, at a port that the system chose."""
    server = PushServer()
    app = web.Application()
    app.router.add_post("/{name}", server.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.origin = f"http://127.0.0.1:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
