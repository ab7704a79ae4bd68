"""Answers in Mastodon's words.

Spec: https://docs.joinmastodon.org/client/intro/ (responses); https://docs.joinmastodon.org/entities/Error/
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import orjson

from fedgov.federation.doors.answers import DEFAULT_RETRY_AFTER, JSON, Reply, plain
from fedgov.kernel.errors import (
    ConflictError,
    FedgovError,
    ForbiddenError,
    InvalidError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    UnreachableError,
    UnverifiedError,
)

Headers = Sequence[tuple[bytes, bytes]]

_STATUSES: Final[Sequence[tuple[type[FedgovError], int]]] = (
    (MalformedError, 400),
    (InvalidError, 422),
    (ConflictError, 422),
    (UnverifiedError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (RateLimitedError, 429),
    (UnreachableError, 503),
)
_PRIVATE: Final[Headers] = [(b"cache-control", b"private, no-store"), (b"vary", b"Authorization, Origin")]

OPEN: Final[Headers] = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
                                       b"Idempotency-Key, Mastodon-Async-Refresh, Retry-After"),
]  # fmt: skip
"""For every answer, so that an app in a browser can read it; no cookie counts at these addresses."""

PREFLIGHT: Final = Reply(
    status=204,
    headers=[
        *OPEN,
        (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        (b"access-control-allow-headers", b"Authorization, Content-Type, Idempotency-Key, Accept, Accept-Language"),
        (b"access-control-max-age", b"7200"),
    ],
)


def shown(entity: Any, *, status: int = 200, headers: Headers = ()) -> Reply:  # noqa: ANN401 - any JSON value
    """Return an entity, or a list of them."""
    return plain(status, orjson.dumps(entity), content_type=JSON, headers=[*_PRIVATE, *headers])


def listed(entities: Sequence[Any], *, links: str | None) -> Reply:
    """Return a page of a list.

    Args:
        entities: What is on it.
        links: What `Call.links` gave.
    """
    return shown(entities, headers=[] if links is None else [(b"link", links.encode("ascii", "replace"))])


NOTHING: Final = shown({})
"""Done, and nothing to tell."""


def status_of(error: FedgovError) -> int:
    """Return the HTTP status of a refusal."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)


def refusal(error: FedgovError) -> Reply:
    """Return the answer to a call that was refused."""
    status = status_of(error)
    if isinstance(error, UnreachableError | RateLimitedError):
        seconds = DEFAULT_RETRY_AFTER if error.retry_after is None else error.retry_after
        return failure(status, error.safe, headers=[(b"retry-after", str(max(1, math.ceil(seconds))).encode("ascii"))])
    return failure(status, error.safe)


def failure(status: int, text: str, *, headers: Headers = ()) -> Reply:
    """Return an Error entity."""
    challenge = [(b"www-authenticate", b'Bearer realm="fedgov", error="invalid_token"')] if status == 401 else []
    return shown({"error": text}, status=status, headers=[*challenge, *headers])


def method_not_allowed(allowed: Sequence[str]) -> Reply:
    """Return the answer to a method that this address does not have."""
    return failure(405, "Method not allowed", headers=[(b"allow", ", ".join(allowed).encode("ascii"))])


NOT_FOUND: Final = failure(404, "Record not found")
FAILED: Final = failure(500, "Something went wrong here; it was noted")
