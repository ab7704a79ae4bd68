"""Messages that only one app can read, carried by a push server that we know nothing of.

Two ways of wrapping them: the standard one, and the draft that apps made before it still expect.
Nothing here speaks to anybody; `PushWorker` sends what is made here.

Spec: RFC 8030 (the request), 8188 and 8291 (encryption), 8292 (who sends it). The older way:
draft-ietf-webpush-encryption-04 and draft-ietf-webpush-vapid-01, as Mastodon has them where ``standard`` is not set.
"""

from __future__ import annotations

import binascii
import os
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from fedgov.kernel.clock import HOUR, SECOND
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.uris import host, is_http_uri, origin

MAX_MESSAGE: Final = 3_000
"""Bytes; push servers take 4096 with all that is put around it (RFC 8030, section 7.2)."""

TTL: Final = 48 * HOUR // SECOND
"""Seconds that a push server keeps a message for a telephone that is off."""

MAX_ENDPOINT: Final = 2_000

_PROVEN_FOR: Final = 12 * HOUR
"""At most a day (RFC 8292, section 2)."""
_POINT_BYTES: Final = 65
_SECRET_BYTES: Final = 16
_RECORD: Final = 4_096
_PADDING: Final = b"\x02"  # the last record
_CURVE: Final = ec.SECP256R1()


@dataclass(frozen=True, slots=True)
class PushKey:
    """The key by which push servers know this instance.

    Args:
        private: The key pair.
    """

    private: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def make(cls) -> PushKey:
        """Return a new one."""
        return cls(ec.generate_private_key(_CURVE))

    @classmethod
    def of_pem(cls, pem: str) -> PushKey:
        """Return the one that `to_pem` wrote."""
        found = load_pem_private_key(pem.encode("ascii"), password=None)
        if not isinstance(found, ec.EllipticCurvePrivateKey):
            raise TypeError("no key of an elliptic curve")
        return cls(found)

    def to_pem(self) -> str:
        """Return it as it is stored."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")

    @property
    def public(self) -> str:
        """The public half as apps and push servers get it: base64url of the point."""
        return encoded(_point(self.private))

    def token(self, endpoint: str, *, contact: str, now: int) -> str:
        """Return the proof that it is this instance who sends, for one push server.

        Args:
            endpoint: URL that is written to.
            contact: ``mailto:`` or ``https:`` address of who looks after the instance.
            now: Milliseconds since the epoch.

        Spec: RFC 8292, section 2; RFC 7515.
        """
        claims = {"aud": origin(endpoint), "exp": (now + _PROVEN_FOR) // SECOND, "sub": contact}
        signed = f"{encoded(orjson.dumps({'typ': 'JWT', 'alg': 'ES256'}))}.{encoded(orjson.dumps(claims))}"
        r, s = decode_dss_signature(self.private.sign(signed.encode("ascii"), ec.ECDSA(SHA256())))
        return f"{signed}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


@dataclass(frozen=True, slots=True)
class Receiver:
    """The app that can read a message.

    Args:
        point: Its public key: 65 bytes, uncompressed.
        secret: What it shares with us besides: 16 bytes.
    """

    point: bytes
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A message as it travels."""

    headers: dict[str, str]
    body: bytes = field(repr=False)


def encoded(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decoded(text: str) -> bytes:
    """Return the bytes of base64 or base64url, padded or not.

    Raises:
        InvalidError: It is neither.
    """
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidError("Validation failed: the keys must be base64url", field="subscription") from None


def read_receiver(*, p256dh: str, auth: str) -> Receiver:
    """Return what an app says about itself.

    Args:
        p256dh: Its public key, base64url.
        auth: The shared secret, base64url.

    Raises:
        InvalidError: These are no such keys.
    """
    point, secret = decoded(p256dh), decoded(auth)
    if len(point) != _POINT_BYTES or len(secret) != _SECRET_BYTES or not _is_on_curve(point):
        raise InvalidError("Validation failed: Key p256dh or Key auth is not valid", field="subscription")
    return Receiver(point, secret)


def checked_endpoint(endpoint: str, *, own_host: str, allow_http: bool) -> str:
    """Return the address of a push server.

    Whether it may be contacted is decided where the connection is made.

    Args:
        endpoint: As the app sent it.
        own_host: Host of this instance, which is no push server.
        allow_http: Unprotected addresses will do (demonstrations and tests).

    Raises:
        InvalidError: Nothing can be sent there.
    """
    found = endpoint.strip()
    schemes = ("https://", "http://") if allow_http else ("https://",)
    if len(found) > MAX_ENDPOINT or not found.lower().startswith(schemes) or not is_http_uri(found):
        raise InvalidError("Validation failed: Endpoint is not a valid URL", field="subscription")
    if host(found) == own_host:
        raise InvalidError("Validation failed: Endpoint is this server itself", field="subscription")
    return found


def wrap(
    message: bytes, *, to: Receiver, endpoint: str, key: PushKey, contact: str, standard: bool, now: int
) -> Wrapped:
    """Return a message as a push server takes it.

    Args:
        message: At most `MAX_MESSAGE` bytes.
        to: Who can read it.
        endpoint: URL that it goes to.
        key: Key of this instance.
        contact: ``mailto:`` or ``https:`` address of who looks after the instance.
        standard: The app knows the published standards; otherwise the drafts before them.
        now: Milliseconds since the epoch.
    """
    salt, once = os.urandom(16), ec.generate_private_key(_CURVE)
    token = key.token(endpoint, contact=contact, now=now)
    headers = {"Content-Type": "application/octet-stream", "TTL": str(TTL), "Urgency": "normal"}
    if standard:
        headers |= {"Content-Encoding": "aes128gcm", "Authorization": f"vapid t={token},k={key.public}"}
        return Wrapped(headers, seal(message, to=to, once=once, salt=salt))
    headers |= {
        "Content-Encoding": "aesgcm",
        "Encryption": f"salt={encoded(salt)}",
        "Crypto-Key": f"dh={encoded(_point(once))};p256ecdsa={key.public}",
        "Authorization": f"WebPush {token}",
    }
    return Wrapped(headers, seal_as_drafted(message, to=to, once=once, salt=salt))


def seal(message: bytes, *, to: Receiver, once: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Return the encrypted body, with all that its reader needs in front.

    Args:
        message: Plain bytes.
        to: Who can read it.
        once: Key pair that is used for this message only.
        salt: 16 random bytes.

    Spec: RFC 8291, section 3.4; RFC 8188, section 2.
    """
    ours = _point(once)
    shared = _derived(to.secret, _agreed(once, to), b"WebPush: info\0" + to.point + ours, 32)
    key = _derived(salt, shared, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, shared, b"Content-Encoding: nonce\0", 12)
    front = salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return front + AESGCM(key).encrypt(nonce, message + _PADDING, None)


def seal_as_drafted(message: bytes, *, to: Receiver, once: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Return the encrypted body of the older way; salt and key travel in headers.

    Args:
        message: Plain bytes.
        to: Who can read it.
        once: Key pair that is used for this message only.
        salt: 16 random bytes.

    Spec: draft-ietf-webpush-encryption-04; draft-ietf-httpbis-encryption-encoding-03.
    """
    ours = _point(once)
    shared = _derived(to.secret, _agreed(once, to), b"Content-Encoding: auth\0", 32)
    length = _POINT_BYTES.to_bytes(2, "big")
    between = b"P-256\0" + length + to.point + length + ours
    key = _derived(salt, shared, b"Content-Encoding: aesgcm\0" + between, 16)
    nonce = _derived(salt, shared, b"Content-Encoding: nonce\0" + between, 12)
    return AESGCM(key).encrypt(nonce, b"\0\0" + message, None)


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _is_on_curve(point: bytes) -> bool:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    except ValueError:
        return False
    return True


def _agreed(once: ec.EllipticCurvePrivateKey, to: Receiver) -> bytes:
    return once.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, to.point))


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)
