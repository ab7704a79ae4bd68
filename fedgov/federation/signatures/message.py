"""A request as both signature schemes see it, incoming or outgoing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlsplit

from fedgov.kernel import uris
from fedgov.kernel.errors import MalformedError, UnverifiedError

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ONLY_ONCE: Final = frozenset({"host", "date", "digest", "content-digest", "content-type", "content-length"})
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Message:
    """One request.

    All text is latin-1, so that every byte of the wire survives unchanged.

    Args:
        method: As on the wire: ``POST``.
        origin: ``scheme://host[:port]`` in canonical form. For incoming requests
            the one we are configured with, never what the Host header claims.
        path: Raw path, percent-encoding untouched: ``/users/alice/inbox``.
        query: Raw query without the question mark; empty when there is none.
        headers: Lower-case names and values, in the order of the wire.
        body: The raw bytes; empty when there is no body.
    """

    method: str
    origin: str
    path: str
    query: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    _by_name: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _odd: frozenset[str] = field(default=frozenset(), init=False, repr=False, compare=False)
    """Names of headers with control characters; nearly always none, so that all are looked through at once."""

    def __post_init__(self) -> None:
        for name, value in self.headers:
            self._by_name.setdefault(name, []).append(value.strip(" \t"))
        if _CONTROL.search("".join([value for _, value in self.headers])):
            odd = (name for name, values in self._by_name.items() if any(map(_CONTROL.search, values)))
            object.__setattr__(self, "_odd", frozenset(odd))

    @property
    def scheme(self) -> str:
        """``https`` or ``http``."""
        return self.origin.partition("://")[0]

    @property
    def authority(self) -> str:
        """Canonical host, with the port when it is not the default one."""
        return self.origin.partition("://")[2]

    @property
    def request_target(self) -> str:
        """Path and query, as in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def target_uri(self) -> str:
        """The whole URI."""
        return self.origin + self.request_target

    @property
    def needs_digest(self) -> bool:
        """Whether a signature of this request must cover the digest of its body."""
        return self.method not in ("GET", "HEAD") or bool(self.body)

    def values(self, name: str) -> list[str]:
        """Return all values of a header, without surrounding white space.

        Raises:
            MalformedError: A value contains control characters, which could
                fake another line of what is signed.
        """
        if name in self._odd:
            raise MalformedError("a header contains control characters", detail=name)
        return self._by_name.get(name, [])

    def single(self, name: str) -> str | None:
        """Return the value of a header that may be there only once; None when absent.

        Raises:
            UnverifiedError: It is there more than once, so that two readers
                could each believe another one.
        """
        values = self.values(name)
        if len(values) > 1:
            raise _repeated(name)
        return values[0] if values else None

    def covered(self, name: str) -> str:
        """Return the value of a header as a signature covers it: several lines are joined.

        Raises:
            MalformedError: It contains control characters.
            UnverifiedError: It is not there, or more than once though that says two things.

        Spec: RFC 9421, section 2.1; draft-cavage-http-signatures-12, section 2.3.
        """
        values = self.values(name)
        if len(values) == 1:
            return values[0]
        if not values:
            raise UnverifiedError(f"the signature covers {name[:100]}, which is not there")
        if name in _ONLY_ONCE:
            raise _repeated(name)
        return ", ".join(values)


def _repeated(name: str) -> UnverifiedError:
    return UnverifiedError(f"the {name} header is there more than once")


def outgoing(method: str, *, url: str, headers: Mapping[str, str], body: bytes = b"") -> Message:
    """Describe a request that we are about to send.

    Args:
        method: ``GET`` or ``POST``.
        url: Where it goes. Send it to `target_uri` of the answer: there the fragment
            is dropped and what is not ASCII is percent-encoded.
        headers: What will be sent apart from the signature.
        body: The raw bytes.

    Raises:
        MalformedError: The URL is not an absolute http(s) URL.
    """
    origin, path, query = _parts(url)
    return Message(
        method=method.upper(),
        origin=origin,
        path=path,
        query=query,
        headers=tuple((name.lower(), value) for name, value in headers.items()),
        body=body,
    )


def target_of(url: str) -> str:
    """Return the address to which a request for this URL is sent: `Message.target_uri` of what is signed.

    Raises:
        MalformedError: The URL is not an absolute http(s) URL.
    """
    origin, path, query = _parts(url)
    return f"{origin}{path}?{query}" if query else origin + path


@lru_cache(maxsize=1_024)
def _parts(url: str) -> tuple[str, str, str]:
    """Return origin, path and query as they are sent; remembered, because whoever signs asks and whoever sends."""
    origin = uris.origin(url)
    parts = urlsplit(_NOT_ASCII.sub(lambda found: quote(found[0]), url))
    return origin, parts.path or "/", parts.query


def incoming(scope: Mapping[str, Any], *, origin: str, body: bytes) -> Message:
    """Describe a request that reached us.

    Args:
        scope: The ASGI scope.
        origin: ``scheme://host[:port]`` of the instance that the request was given to.
        body: The raw bytes, already bounded in size.

    Spec: ASGI HTTP, "HTTP Connection Scope".
    """
    raw_headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
    return Message(
        method=scope["method"],
        origin=origin,
        path=raw_path.partition(b"?")[0].decode("latin-1"),
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw_headers),
        body=body,
    )
