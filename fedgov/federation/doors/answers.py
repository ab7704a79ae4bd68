"""Answers of the doors. HTTP statuses exist only here.

Spec: ``FEDERATION.md``, "What we answer"; RFC 9110.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from fedgov.kernel.errors import (
    ConflictError,
    FedgovError,
    ForbiddenError,
    GoneError,
    InvalidError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    UnreachableError,
    UnverifiedError,
)

ACTIVITY_JSON: Final = b"application/activity+json; charset=utf-8"
JSON: Final = b"application/json; charset=utf-8"
FRESH_SECONDS: Final = 60
"""How long a cache on the way may show something public without asking again."""

DEFAULT_RETRY_AFTER: Final = 60.0

Headers = list[tuple[bytes, bytes]]

_STATUSES: Final[Sequence[tuple[type[FedgovError], int]]] = (
    (MalformedError, 400),
    (InvalidError, 400),
    (UnverifiedError, 401),
    (ForbiddenError, 403),
    (GoneError, 410),
    (NotFoundError, 404),
    (ConflictError, 409),
    (RateLimitedError, 429),
    (UnreachableError, 503),
)
_CHALLENGE: Final[Headers] = [
    (b"www-authenticate", b'Signature realm="fedgov",headers="(request-target) host date digest"'),
    (
        b"accept-signature",
        b'sig1=("@method" "@target-uri" "content-digest");created;keyid;alg="ed25519", '
        b'sig2=("@method" "@target-uri" "content-digest");created;keyid;alg="rsa-v1_5-sha256"',
    ),
]


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer.

    Args:
        status: HTTP status.
        headers: Header fields, names in lower case; Content-Length included.
        body: The bytes.
        etag: What identifies these bytes; empty when caches may not keep them.
    """

    status: int
    headers: Headers
    body: bytes = b""
    etag: bytes = b""


def plain(status: int, body: bytes, *, content_type: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> Reply:
    """Return an answer with these bytes."""
    length = str(len(body)).encode("ascii")
    own = [(b"content-type", content_type), (b"content-length", length), (b"x-content-type-options", b"nosniff")]
    return Reply(status=status, headers=[*own, *headers], body=body)


def public(
    document: Any,  # noqa: ANN401 - any JSON value, or its bytes
    *,
    status: int = 200,
    content_type: bytes = ACTIVITY_JSON,
    vary: bytes = b"Accept",
) -> Reply:
    """Return a document that everyone may read and caches may keep for a minute."""
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    etag = b'"' + hashlib.sha256(body).hexdigest()[:32].encode("ascii") + b'"'
    fresh = b"public, max-age=%d" % FRESH_SECONDS
    headers = [(b"etag", etag), (b"vary", vary), (b"cache-control", fresh)]
    reply = plain(status, body, content_type=content_type, headers=headers)
    return Reply(status=status, headers=reply.headers, body=body, etag=etag)


def private(
    document: Any,  # noqa: ANN401 - any JSON value, or its bytes
    *,
    status: int = 200,
) -> Reply:
    """Return a document for this one reader, which no cache may keep."""
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    headers = [(b"vary", b"Accept, Signature"), (b"cache-control", b"private, no-store")]
    return plain(status, body, content_type=ACTIVITY_JSON, headers=headers)


def unless_known(reply: Reply, if_none_match: bytes | None) -> Reply:
    """Return 304 in the place of bytes that the client has already (RFC 9110, section 13.1.2)."""
    if if_none_match is None or not reply.etag or reply.status != 200:
        return reply
    if if_none_match.strip() != b"*" and reply.etag not in if_none_match:
        return reply
    kept = [(name, value) for name, value in reply.headers if name in (b"etag", b"vary", b"cache-control")]
    return Reply(status=304, headers=kept)


def refusal(error: FedgovError) -> Reply:
    """Return the answer to a request that was refused: ``{"error": code, "message": …}``."""
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)
    headers: Headers = list(_CHALLENGE) if status == 401 else []
    if isinstance(error, UnreachableError | RateLimitedError):
        seconds = DEFAULT_RETRY_AFTER if error.retry_after is None else error.retry_after
        headers.append((b"retry-after", str(max(1, math.ceil(seconds))).encode("ascii")))
    return _error(status, code=error.code, message=error.safe, headers=headers)


COUNTED: Final = frozenset({400, 401, 403, 405, 408, 413, 415})
"""Statuses of requests that should not have been sent; looking for what is not there (404, 410) is normal."""


def _error(status: int, *, code: str, message: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> Reply:
    body = orjson.dumps({"error": code, "message": message})
    everyone = [(b"cache-control", b"no-store"), (b"vary", b"Accept, Signature")]
    return plain(status, body, content_type=JSON, headers=[*everyone, *headers])


def method_not_allowed(allowed: bytes) -> Reply:
    """Return the answer to a method that this address does not have."""
    message = f"this address answers {allowed.decode('ascii')} only"
    return _error(405, code="method_not_allowed", message=message, headers=[(b"allow", allowed)])


_CLOSE: Final[Headers] = [(b"connection", b"close")]

ACCEPTED: Final = plain(202, b"{}", content_type=JSON, headers=[(b"cache-control", b"no-store")])
"""Thank you; it is on disk, or needs nothing."""

TOO_LARGE: Final = _error(413, code="too_large", message="the body is larger than 1 MB", headers=_CLOSE)
TOO_SLOW: Final = _error(408, code="too_slow", message="the body did not come in time", headers=_CLOSE)
WRONG_TYPE: Final = _error(415, code="unsupported_type", message="this is not an ActivityPub media type")
FAILED: Final = _error(500, code="internal", message="something went wrong here; it was noted")
