"""The one way out: every HTTP request to another server goes through here.

An address is checked where the connection is made, after the name was
resolved, so neither a literal, a DNS record, a second answer nor a redirect
can lead anywhere but to the public internet and the networks that the
administrator allowed. Each redirect hop is a new request with a new check.

Spec: RFC 9110; the address rules follow the IANA special-purpose registries.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from fedgov.federation.signatures.message import target_of
from fedgov.kernel.config import FederationSettings, Network
from fedgov.kernel.errors import ForbiddenError, MalformedError, UnreachableError
from fedgov.kernel.uris import host, origin

MAX_JSON_BYTES: Final = 1_048_576
MAX_REDIRECTS: Final = 3
CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 15.0
PER_HOST: Final = 16
_CHUNK: Final = 65_536

_SPECIAL: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "64:ff9b::/96",  # NAT64: leads to any IPv4 address
        "64:ff9b:1::/48",
        "2002::/16",  # 6to4: likewise
        "2001::/32",  # Teredo: likewise
        "::/96",  # IPv4-compatible
        "3fff::/20",
        "192.88.99.0/24",  # 6to4 relays
    )
)
_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")
_LOCAL_NAMES: Final = ("localhost", "internal", "local", "onion", "i2p", "home.arpa")

_ENDS_OF_LITERALS: Final = frozenset("0123456789]")
"""How an IP literal in a canonical URL ends, of version 4 and 6; names hardly ever do."""

Headers = Mapping[str, str]
Signer = Callable[[str], Awaitable[Headers]]
"""Gives the headers that sign a GET of a URL; called anew for every hop."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    Args:
        url: Where it was said, after redirects.
        status: HTTP status.
        headers: Header fields, names in lower case.
        body: The decoded bytes; complete after a GET, perhaps cut off after a POST.
    """

    url: str
    status: int
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The media type with its parameters, in lower case."""
        return self.headers.get("content-type", "").strip().lower()


class AddressGuard:
    """Decides which addresses may be contacted.

    Args:
        allow_networks: Networks that are allowed although they are not on the public internet.
    """

    def __init__(self, allow_networks: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allow_networks)

    @property
    def allows_loopback(self) -> bool:
        """Whether 127.0.0.1 may be contacted (demonstrations and tests)."""
        return self.permits("127.0.0.1")

    def permits(self, address: str) -> bool:
        """Tell whether one address may be contacted; only an IP literal is looked at."""
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if any(ip in network for network in self._allowed if network.version == ip.version):
            return True
        if ip.version == 6 and ip not in _GLOBAL_UNICAST:
            return False  # what is not public today (mapped, site-local, not yet assigned) never is by accident
        if any(ip in network for network in _SPECIAL if network.version == ip.version):
            return False
        return ip.is_global and not ip.is_multicast and not ip.is_reserved

    def demand(self, address: str) -> None:
        """Return when the address may be contacted.

        Raises:
            ForbiddenError: It may not.
        """
        if not self.permits(address):
            raise ForbiddenError("this address may not be contacted", detail=address)


class _GuardedResolver(AbstractResolver):
    """Resolves names and lets nothing through that the guard refuses.

    One forbidden record refuses the whole name: a host that lists a private
    address beside a public one is not to be trusted with either.
    """

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name, all of them checked."""
        name = host.rstrip(".").lower()
        if self._guard.allows_loopback and (name == "localhost" or name.endswith(".localhost")):
            return [_record(host, "127.0.0.1", port, socket.AF_INET)]
        if not self._guard.allows_loopback and any(f".{name}".endswith(f".{local}") for local in _LOCAL_NAMES):
            raise ForbiddenError("this name is not on the public internet", detail=name)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        except OSError as error:
            raise UnreachableError("the host name does not exist", detail=f"{name}: {error}") from None
        for *_ignored, address in found:
            self._guard.demand(str(address[0]))
        return [_record(host, str(address[0]), port, kind) for kind, _, _, _, address in found]

    async def close(self) -> None:
        """Nothing to close."""


def _record(name: str, address: str, port: int, family: int) -> ResolveResult:
    return ResolveResult(hostname=name, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


def trusted_certificates() -> ssl.SSLContext:
    """Return whom we believe about certificates: whoever this machine believes.

    An intranet's own authority is one of those once it was added to the machine
    (`update-ca-certificates`), or named in SSL_CERT_FILE.
    """
    return ssl.create_default_context()


class GuardedClient:
    """HTTP to other servers, for one instance.

    Args:
        settings: Which networks and schemes are allowed.
        user_agent: What we call ourselves; never empty (GoToSocial refuses that).
    """

    def __init__(self, settings: FederationSettings, *, user_agent: str) -> None:
        self.guard = AddressGuard(settings.allow_networks)
        self._schemes = ("https", "http") if settings.allow_http else ("https",)
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is not None and self._session.closed:
            raise UnreachableError("this server is stopping")
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0,
                limit_per_host=PER_HOST,
                resolver=_GuardedResolver(self.guard),
                ttl_dns_cache=60,
                ssl=trusted_certificates(),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),  # `get` and `post` time all
                headers={"User-Agent": self._user_agent},
                auto_decompress=True,
                requote_redirect_url=False,
            )
        return self._session

    async def get(
        self,
        url: str,
        *,
        accept: str,
        sign: Signer | None = None,
        may_visit: Callable[[str], bool] = lambda _host: True,
        max_bytes: int = MAX_JSON_BYTES,
        seconds: float = TOTAL_SECONDS,
    ) -> Answer:
        """Fetch a URL, following at most three redirects.

        Args:
            url: Absolute http(s) URL.
            accept: The Accept header.
            sign: Signs each hop; None for an unsigned request.
            may_visit: The trust decision, asked for the host of each hop.
            max_bytes: Most bytes of the decoded body.
            seconds: Deadline for everything together.

        Raises:
            ForbiddenError: A hop leads where we do not go.
            UnreachableError: No complete answer in time.
            MalformedError: The URL, a redirect or the body cannot be used.
        """
        visited: set[str] = set()
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._check(url)
                    if not may_visit(host(url)):
                        raise ForbiddenError("we do not exchange messages with this server", detail=host(url))
                    visited.add(url)
                    headers = {"Accept": accept, **(await sign(url) if sign is not None else {})}
                    answer = await self._request("GET", url, headers=headers, max_bytes=max_bytes)
                    if answer.status not in (301, 302, 303, 307, 308):
                        return answer
                    url = self._next_hop(answer, visited)
        except TimeoutError:
            raise UnreachableError("the server did not answer in time", detail=url) from None

    async def post(self, url: str, *, body: bytes, headers: Headers, seconds: float = TOTAL_SECONDS) -> Answer:
        """Send a body once; redirects are returned, not followed.

        Raises:
            ForbiddenError: The address may not be contacted.
            UnreachableError: No answer in time.
            MalformedError: The URL cannot be used.
        """
        self._check(url)
        try:
            async with asyncio.timeout(seconds):
                return await self._request("POST", url, headers=headers, body=body, max_bytes=_CHUNK, cut_off=True)
        except TimeoutError:
            raise UnreachableError("the server did not answer in time", detail=url) from None

    def _check(self, url: str) -> None:
        scheme, _, authority = origin(url).partition("://")
        if scheme not in self._schemes:
            raise ForbiddenError("plain http is not allowed", detail=url)
        # aiohttp does not ask a resolver about IP literals, so these are checked here.
        name = authority.rpartition(":")[0] if not authority.endswith("]") and ":" in authority else authority
        if name[-1] not in _ENDS_OF_LITERALS:
            return
        with suppress(ValueError):
            ip = ipaddress.ip_address(name.strip("[]"))
            self.guard.demand(str(ip))

    def _next_hop(self, answer: Answer, visited: set[str]) -> str:
        location = answer.headers.get("location", "")
        following = urljoin(answer.url, location)
        if not location or following in visited:
            raise MalformedError("the server redirects in a circle or to nowhere", detail=answer.url)
        if len(visited) > MAX_REDIRECTS:
            raise MalformedError("the server redirects too often", detail=answer.url)
        if answer.url.startswith("https:") and not following.startswith("https:"):
            raise ForbiddenError("the server redirects to an unprotected address", detail=following[:200])
        return following

    async def _request(
        self,
        method: str,
        url: str,
        *,
        headers: Headers,
        max_bytes: int,
        body: bytes | None = None,
        cut_off: bool = False,
    ) -> Answer:
        target = target_of(url)  # exactly what is signed and was checked
        try:
            async with self._open().request(
                method, URL(target, encoded=True), headers=headers, data=body, allow_redirects=False
            ) as response:
                content = await _read(response, max_bytes, cut_off=cut_off)
                return Answer(
                    url=url,
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=content,
                )
        except aiohttp.InvalidURL as error:
            raise MalformedError("the address cannot be used", detail=f"{url[:200]}: {error}") from None
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error.__cause__, ForbiddenError | UnreachableError):
                raise error.__cause__ from None
            raise UnreachableError("the server could not be reached", detail=f"{url}: {error!r}") from None
        except ValueError as error:
            raise MalformedError("the address cannot be used", detail=f"{url[:200]}: {error}") from None


async def _read(response: aiohttp.ClientResponse, max_bytes: int, *, cut_off: bool) -> bytes:
    """Read a decoded body, stopping as soon as it is larger than allowed."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        size += len(chunk)
        if size > max_bytes and cut_off:
            break
        if size > max_bytes:
            raise MalformedError("the answer is too large", detail=str(response.url))
        chunks.append(chunk)
    return b"".join(chunks)
