"""URIs, hosts and handles: one canonical form for comparing, fetching and storing.

A *host* here is always what stands in a URL's authority: lower-case A-label,
with the port when it is not the scheme's default (``groningen.localhost:7001``).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from fedgov.kernel.errors import MalformedError

MAX_URI_LENGTH: Final = 2_048
USERNAME: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,28}[a-z0-9_])?\Z")
"""What a local user name may be."""

_REMOTE_USERNAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.~-]{0,126}[A-Za-z0-9_])?\Z")
_UNSAFE_CHARACTERS: Final = r"\x00-\x20\x7f\\<>\"^`{|}\ud800-\udfff"
_UNSAFE: Final = re.compile(f"[{_UNSAFE_CHARACTERS}]")
_USABLE: Final = re.compile(f"([A-Za-z]+://[^/?#{_UNSAFE_CHARACTERS}]+)(?:[/?#][^{_UNSAFE_CHARACTERS}]*)?")
_DEFAULT_PORT: Final = {"http": 80, "https": 443}
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")


@dataclass(frozen=True, slots=True)
class Handle:
    """A name at a server: ``@username@host``."""

    username: str
    host: str

    def __str__(self) -> str:
        """Return ``@username@host``."""
        return f"@{self.username}@{self.host}"

    @property
    def acct(self) -> str:
        """The ``acct:`` URI that WebFinger asks for (RFC 7565)."""
        return f"acct:{self.username}@{self.host}"


@lru_cache(maxsize=1_024)
def normalise_host(text: str, *, scheme: str = "https") -> str:
    """Return the canonical form of ``host`` or ``host:port``; remembered, because every request names one.

    Args:
        text: Host as found in a header, handle or URL.
        scheme: ``http`` or ``https``; its default port is dropped.

    Raises:
        MalformedError: It is not a host name or IP literal with an optional port.
    """
    if not text or len(text) > 260 or "@" in text or "/" in text or _UNSAFE.search(text):
        raise MalformedError("not a host name", detail=text[:100])
    name, port = _split_port(text)
    if name.startswith("["):
        try:
            if "%" in name:  # a zone, which would give one server many names
                raise ValueError
            name = f"[{ipaddress.IPv6Address(name[1:-1])}]"
        except ValueError:
            raise MalformedError("not a host name", detail=text[:100]) from None
    else:
        name = _a_labels(name, text)
    return name if port in (None, _DEFAULT_PORT.get(scheme)) else f"{name}:{port}"


def _split_port(text: str) -> tuple[str, int | None]:
    name, separator, port = text.rpartition(":")
    if not separator or text.endswith("]"):
        return text, None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65_536):
        raise MalformedError("not a host name", detail=text[:100])
    return name, int(port)


def _a_labels(name: str, text: str) -> str:
    name = name.lower().removesuffix(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            raise MalformedError("not a host name", detail=text[:100]) from None
    if len(name) > 253 or not all(_LABEL.match(label) for label in name.split(".")) or _is_odd_ipv4(name):
        raise MalformedError("not a host name", detail=text[:100])
    return name


def _is_odd_ipv4(name: str) -> bool:
    """Tell whether this is an IPv4 address in another than its one usual form, such as ``127.1``."""
    if not _NUMBER.match(name.rpartition(".")[2]):
        return False
    try:
        return str(ipaddress.IPv4Address(name)) != name
    except ValueError:
        return True


@lru_cache(maxsize=2_048)
def origin(uri: str) -> str:
    """Return ``scheme://host[:port]`` in canonical form; remembered, because each check of a message asks again.

    Raises:
        MalformedError: The URI is not an absolute http(s) URI without user info.

    Spec: RFC 6454, section 4; FEP-fe34.
    """
    return _origin_of(_front(uri))


def _front(uri: str) -> str:
    """Return scheme and authority as they are written, of a URI without anything unsafe in it."""
    found = _USABLE.fullmatch(uri) if len(uri) <= MAX_URI_LENGTH else None
    if found is None:
        raise MalformedError("not a usable http or https URI", detail=uri[:100])
    return found[1]


@lru_cache(maxsize=8_192)
def _origin_of(front: str) -> str:
    """Return the origin that a scheme and authority mean; remembered, because few servers send many URIs."""
    try:
        parts = urlsplit(front)
    except ValueError:
        raise MalformedError("not a usable URI", detail=front[:100]) from None
    if parts.scheme not in _DEFAULT_PORT or not parts.netloc or "@" in parts.netloc:
        raise MalformedError("not an http or https URI", detail=front[:100])
    return f"{parts.scheme}://{normalise_host(parts.netloc, scheme=parts.scheme)}"


def host(uri: str) -> str:
    """Return the canonical host of an http(s) URI.

    Raises:
        MalformedError: The URI is not an absolute http(s) URI without user info.
    """
    return origin(uri).partition("://")[2]


def same_origin(first: str, *others: str) -> bool:
    """Tell whether all URIs have one origin; False when one is not an http(s) URI."""
    try:
        expected = origin(first)
        return all(origin(other) == expected for other in others)
    except MalformedError:
        return False


def is_http_uri(text: str) -> bool:
    """Tell whether this is an absolute http(s) URI that we would store and compare."""
    try:
        origin(text)
    except MalformedError:
        return False
    return True


def without_fragment(uri: str) -> str:
    """Return the URI up to ``#``."""
    return uri.partition("#")[0]


def canonical(uri: str) -> str:
    """Return the URI with canonical origin and everything after it untouched.

    Raises:
        MalformedError: The URI is not an absolute http(s) URI without user info.
    """
    return origin(uri) + uri[len(_front(uri)) :]


def is_username(text: str) -> bool:
    """Tell whether this can stand before the host in a handle, without being read as anything else."""
    return _REMOTE_USERNAME.match(text) is not None


def parse_handle(text: str, *, scheme: str = "https") -> Handle:
    """Read ``@user@host``, ``user@host`` or ``acct:user@host``.

    Raises:
        MalformedError: It is not a handle.
    """
    username, separator, at_host = text.strip().removeprefix("acct:").lstrip("@").partition("@")
    if not separator or not is_username(username):
        raise MalformedError("not a handle like @name@organisation.example", detail=text[:100])
    return Handle(username=username, host=normalise_host(at_host, scheme=scheme))


@dataclass(frozen=True, slots=True)
class Site:
    """The permanent addresses of one instance.

    Args:
        domain: Canonical host, with the port when it is not the default one.
        scheme: ``https``, or ``http`` in a demo or test.
    """

    domain: str
    scheme: str = "https"

    @property
    def origin(self) -> str:
        """``scheme://domain``."""
        return f"{self.scheme}://{self.domain}"

    def url(self, path: str) -> str:
        """Return the absolute form of a path that starts with a slash."""
        return self.origin + path

    def actor(self, username: str) -> str:
        """Return the URI of a person of this instance."""
        return f"{self.origin}/users/{username}"

    @property
    def application(self) -> str:
        """URI of the Application actor, which signs for the server itself."""
        return f"{self.origin}/actor"

    @property
    def organisation(self) -> str:
        """URI of the Organization actor."""
        return f"{self.origin}/organisation"

    @property
    def shared_inbox(self) -> str:
        """URI of the one inbox for everyone here."""
        return f"{self.origin}/inbox"

    @property
    def colleagues(self) -> str:
        """URI that stands for everyone of this organisation; it never leaves the instance."""
        return f"{self.origin}/organisation/colleagues"

    def post(self, row_id: int) -> str:
        """Return the URI of a post."""
        return f"{self.origin}/posts/{row_id}"

    def activity(self, row_id: int) -> str:
        """Return the URI of an activity."""
        return f"{self.origin}/activities/{row_id}"

    def owns(self, uri: str) -> bool:
        """Tell whether this URI is one of ours, however its host is spelled."""
        return uri.startswith(self.origin + "/") or same_origin(uri, self.origin)
