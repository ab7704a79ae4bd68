"""The one way out: where it goes, where it never goes, and how long it waits."""

from __future__ import annotations

import asyncio
import gzip
import socket
import tracemalloc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from fedgov.federation.client import AddressGuard, Answer, GuardedClient
from fedgov.kernel.config import FederationSettings
from fedgov.kernel.errors import FedgovError, ForbiddenError, MalformedError, UnreachableError
from tests.unit.federation.neighbours import Asked, Neighbour, Page

LOOPBACK = ip_network("127.0.0.0/8")

LITERALS = [
    *("127.0.0.1", "127.1", "127.255.255.254", "2130706433", "0x7f000001", "017700000001", "0", "0.0.0.0"),
    *("[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[2001:db8::1]"),
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254", "198.18.0.1"),
    *("192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "[fc00::1]", "[fd12::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[3fff::1]", "[5f00::1]"),
    *("[100::1]", "[::ffff:0:7f00:1]", "[4000::1]"),
]
NAMES = ["localhost", "localhost.", "a.localhost", "metadata.internal", "printer.local", "x.onion", "x.i2p"]
NAMES += ["nas.home.arpa", "LOCALHOST"]


class Listener:
    """Counts who connects to loopback."""

    def __init__(self) -> None:
        self.accepted = 0
        self.port = 0

    def note(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Count, and hang up."""
        self.accepted += 1
        writer.close()


@pytest_asyncio.fixture
async def listener() -> AsyncIterator[Listener]:
    """Somebody who listens on loopback, IPv4 and where possible IPv6."""
    found = Listener()
    server = await asyncio.start_server(found.note, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    servers = [server]
    with suppress(OSError):
        servers.append(await asyncio.start_server(found.note, "::1", found.port))
    yield found
    for one in servers:
        one.close()
        await one.wait_closed()


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[GuardedClient]:
    """A client with these settings."""
    client = GuardedClient(FederationSettings(**settings), user_agent="fedgov-test")
    try:
        yield client
    finally:
        await client.close()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[GuardedClient]:
    """A client that may visit loopback."""
    async with opened(allow_http=True, allow_networks=(LOOPBACK,)) as found:
        yield found


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let names resolve to these addresses, one answer after the other; return who was asked for."""
    asked: list[str] = []
    turns = iter([*answers])
    latest: list[list[str]] = [[]]

    async def getaddrinfo(host: str, port: int, **_values: Any) -> list[Any]:
        asked.append(host)
        latest[0] = next(turns, latest[0])
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in latest[0]
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return asked


# --- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", [*LITERALS, *NAMES])
async def test_ssrf_01_nothing_connects_to_an_address_that_is_not_public(
    listener: Listener, name: str, method: str
) -> None:
    async with opened(allow_http=True) as client:
        url = f"http://{name}:{listener.port}/"
        with pytest.raises(FedgovError) as refusal:
            if method == "get":
                await client.get(url, accept="*/*", seconds=2)
            else:
                await client.post(url, body=b"{}", headers={}, seconds=2)
        assert isinstance(refusal.value, ForbiddenError | MalformedError), refusal.value
    assert listener.accepted == 0


@given(address=st.ip_addresses())
def test_ssrf_01_every_ip_literal_is_asked_about(address: IPv4Address | IPv6Address) -> None:
    client = GuardedClient(FederationSettings(), user_agent="test")
    literal = f"[{address}]" if address.version == 6 else str(address)
    for url in (f"https://{literal}/", f"https://{literal}:8443/inbox"):
        if client.guard.permits(str(address)):
            client._check(url)
        else:
            with pytest.raises(ForbiddenError):
                client._check(url)


@pytest.mark.parametrize("address", ["93.184.216.34", "2a00:1450::1", "2001:4860:4860::8888", "1.1.1.1"])
def test_a_public_address_may_be_contacted(address: str) -> None:
    assert AddressGuard().permits(address)


@pytest.mark.parametrize("records", [["127.0.0.1"], ["10.1.2.3"], ["::1"], ["fe80::1%eth0"], ["169.254.169.254"]])
async def test_a_name_that_leads_to_a_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, listener: Listener, records: list[str]
) -> None:
    asked = resolve_to(monkeypatch, records)
    async with opened(allow_http=True) as client:
        with pytest.raises(ForbiddenError):
            await client.get(f"http://evil.example:{listener.port}/", accept="*/*", seconds=2)
    assert asked == ["evil.example"]
    assert listener.accepted == 0


@pytest.mark.parametrize("records", [["127.0.0.2", "10.0.0.1"], ["10.0.0.1", "127.0.0.2"], ["127.0.0.2", "::1"]])
async def test_ssrf_05_one_private_record_among_good_ones_refuses_the_name(
    monkeypatch: pytest.MonkeyPatch, delft: Neighbour, records: list[str]
) -> None:
    resolve_to(monkeypatch, records)
    only = ip_network("127.0.0.2/32")
    async with opened(allow_http=True, allow_networks=(only,)) as client:
        with pytest.raises(ForbiddenError):
            await client.get(f"http://half.example:{delft.port}/", accept="*/*", seconds=2)
    assert delft.asked == []


async def test_ssrf_02_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch, listener: Listener
) -> None:
    good = await Neighbour("good").open(address="127.0.0.2", port=listener.port)
    good.pages["/x"] = Page(body=b"good")
    asked = resolve_to(monkeypatch, ["127.0.0.2"], ["127.0.0.1"])
    only = ip_network("127.0.0.2/32")
    async with opened(allow_http=True, allow_networks=(only,)) as client:
        answer = await client.get(f"http://rebinding.example:{listener.port}/x", accept="*/*")
    assert answer.body == b"good"
    assert asked == ["rebinding.example"]
    assert listener.accepted == 0
    await good.close()


def test_ssrf_06_an_allowed_ipv4_network_opens_no_other_family() -> None:
    guard = AddressGuard([LOOPBACK])
    assert guard.permits("127.0.0.1")
    for other in ("::1", "::ffff:127.0.0.1", "::127.0.0.1", "10.0.0.1", "not an address"):
        assert not guard.permits(other)


async def test_plain_http_needs_the_word_of_the_administrator(listener: Listener) -> None:
    async with opened(allow_networks=(LOOPBACK,)) as client:
        with pytest.raises(ForbiddenError):
            await client.get(f"http://127.0.0.1:{listener.port}/", accept="*/*")
    assert listener.accepted == 0


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "file:///etc/passwd", "data:,x", "gopher://a.example/", "https://u:p@a.example/", "", "//x"],
)
async def test_what_is_no_web_address_is_malformed(client: GuardedClient, url: str) -> None:
    with pytest.raises(MalformedError):
        await client.get(url, accept="*/*")
    with pytest.raises(MalformedError):
        await client.post(url, body=b"", headers={})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "delft.localhost"])
async def test_an_allowed_address_is_reached_by_literal_and_by_name(client: GuardedClient, host: str) -> None:
    server = await Neighbour("any").open(address="0.0.0.0")
    server.pages["/x"] = Page(body=b"here")
    assert (await client.get(f"http://{host}:{server.port}/x", accept="*/*")).body == b"here"
    await server.close()


async def test_an_ipv6_literal_with_a_port_is_reached_when_it_is_allowed() -> None:
    server = Neighbour("six")
    try:
        await server.open(address="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    server.pages["/x"] = Page(body=b"here")
    network = ip_network("::1/128")
    async with opened(allow_http=True, allow_networks=(network,)) as client:
        assert (await client.get(f"http://[::1]:{server.port}/x", accept="*/*")).body == b"here"
    await server.close()


# --- redirects --------------------------------------------------------------------------------------------------


def redirect(to: str, *, status: int = 302) -> Page:
    """A redirect."""
    return Page(status=status, headers={"Location": to})


@pytest.mark.parametrize(
    "to", ["http://10.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/", "http://127.0.0.3:1/"]
)
async def test_ssrf_03_a_redirect_to_a_private_address_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    server = await Neighbour("open").open(address="127.0.0.2")
    server.pages["/x"] = redirect(to)
    resolve_to(monkeypatch, ["127.0.0.2"])
    only = ip_network("127.0.0.2/32")
    async with opened(allow_http=True, allow_networks=(only,)) as client:
        with pytest.raises(ForbiddenError):
            await client.get(f"http://open.example:{server.port}/x", accept="*/*", seconds=2)
    await server.close()


@pytest.mark.parametrize("to", ["file:///etc/passwd", "data:,x", "gopher://x/", "javascript:1", "\\\\evil.example\\x"])
async def test_a_redirect_to_something_else_than_the_web_is_malformed(
    client: GuardedClient, delft: Neighbour, to: str
) -> None:
    delft.pages["/x"] = redirect(to)
    with pytest.raises(MalformedError):
        await client.get(delft.url("/x"), accept="*/*")


async def test_three_redirects_are_followed_and_no_fourth(client: GuardedClient, delft: Neighbour) -> None:
    for hop in range(4):
        delft.pages[f"/{hop}"] = redirect(f"/{hop + 1}", status=(301, 302, 307, 308)[hop])
    delft.pages["/4"] = Page(body=b"end")

    answer = await client.get(delft.url("/1"), accept="*/*")
    assert (answer.url, answer.body) == (delft.url("/4"), b"end")

    with pytest.raises(MalformedError, match="too often"):
        await client.get(delft.url("/0"), accept="*/*")
    assert len(delft.requests("/4")) == 1


async def test_ssrf_04_a_circle_of_redirects_ends_at_once(client: GuardedClient, delft: Neighbour) -> None:
    delft.pages |= {"/self": redirect("/self"), "/a": redirect("/b"), "/b": redirect("/a"), "/no": Page(status=302)}
    for path, requests in (("/self", 1), ("/a", 2), ("/no", 1)):
        delft.asked.clear()
        with pytest.raises(MalformedError, match="circle"):
            await client.get(delft.url(path), accept="*/*")
        assert len(delft.asked) == requests


def test_a_redirect_never_leaves_https() -> None:
    client = GuardedClient(FederationSettings(allow_http=True), user_agent="x")
    answer = Answer(url="https://a.example/x", status=302, headers={"location": "http://a.example/x"}, body=b"")
    with pytest.raises(ForbiddenError):
        client._next_hop(answer, {answer.url})
    safe = Answer(url="http://a.example/x", status=302, headers={"location": "https://a.example/x"}, body=b"")
    assert client._next_hop(safe, {safe.url}) == "https://a.example/x"


async def test_every_hop_is_asked_for_trust_and_signed_anew(client: GuardedClient, delft: Neighbour) -> None:
    other = delft.url("/y").replace("delft", "leiden")
    delft.pages |= {"/x": redirect(other), "/y": Page(body=b"there")}
    visited: list[str] = []
    signed: list[str] = []

    async def sign(url: str) -> Mapping[str, str]:
        signed.append(url)
        return {"X-Signed": url}

    def may_visit(host: str) -> bool:
        visited.append(host.partition(".")[0])
        return host.startswith("delft") or len(visited) < 3

    await client.get(delft.url("/x"), accept="*/*", sign=sign, may_visit=may_visit)
    assert visited == ["delft", "leiden"]
    assert [asked.headers["x-signed"] for asked in delft.asked] == signed == [delft.url("/x"), other]

    with pytest.raises(ForbiddenError):
        await client.get(delft.url("/x"), accept="*/*", sign=sign, may_visit=may_visit)
    assert len(signed) == 3, "signed for a host that may not be visited"


async def test_a_location_that_is_no_text_is_malformed(client: GuardedClient) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /\xff\xfe\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    with pytest.raises(MalformedError):
        await client.get(url, accept="*/*")
    server.close()


async def test_a_post_follows_no_redirect(client: GuardedClient, delft: Neighbour) -> None:
    delft.pages |= {"/inbox": redirect("/other", status=308), "/other": Page(202)}
    answer = await client.post(delft.url("/inbox"), body=b"{}", headers={})
    assert answer.status == 308
    assert len(delft.asked) == 1


# --- what is asked and answered ----------------------------------------------------------------------------------


async def test_a_url_with_other_letters_is_asked_for_as_it_is_signed(client: GuardedClient, delft: Neighbour) -> None:
    delft.pages["/users/j%C3%BCrgen"] = Page(body=b"here")
    url = delft.url("/users/jürgen?q=é").replace("delft", "DELFT").replace("http:", "HTTP:") + "#part"
    answer = await client.get(url, accept="*/*")
    assert answer.body == b"here"
    (asked,) = delft.asked
    assert asked.target == "/users/j%C3%BCrgen?q=%C3%A9"
    assert asked.headers["host"] == delft.host


async def test_a_host_in_other_letters_is_asked_by_its_a_label(client: GuardedClient, delft: Neighbour) -> None:
    url = f"http://Straße.localhost:{delft.port}/x"
    delft.pages["/x"] = Page(body=b"here")
    await client.get(url, accept="*/*")
    assert delft.asked[0].headers["host"] == f"strasse.localhost:{delft.port}"


async def test_percent_encoding_is_left_as_it_is(client: GuardedClient, delft: Neighbour) -> None:
    delft.pages["/a%2Fb%7e"] = Page(body=b"here")
    assert (await client.get(delft.url("/a%2Fb%7e?x=%20+"), accept="*/*")).status == 200
    assert delft.asked[0].target == "/a%2Fb%7e?x=%20+"


async def test_no_cookie_is_kept(client: GuardedClient, delft: Neighbour) -> None:
    delft.pages["/x"] = Page(headers={"Set-Cookie": "a=b"})
    await client.get(delft.url("/x"), accept="*/*")
    await client.get(delft.url("/x"), accept="*/*")
    assert "cookie" not in delft.asked[1].headers
    assert delft.asked[1].headers["user-agent"] == "fedgov-test"


async def test_dos_02_a_body_beyond_the_limit_is_given_up(client: GuardedClient, delft: Neighbour) -> None:
    delft.pages["/x"] = Page(body=b"x" * 1_001)
    assert len((await client.get(delft.url("/x"), accept="*/*", max_bytes=1_001)).body) == 1_001
    with pytest.raises(MalformedError, match="too large"):
        await client.get(delft.url("/x"), accept="*/*", max_bytes=1_000)


async def test_dos_03_the_limit_is_of_decoded_bytes(client: GuardedClient, delft: Neighbour) -> None:
    bomb = gzip.compress(b"\0" * 30_000_000)
    assert len(bomb) < 50_000
    delft.pages["/x"] = Page(body=bomb, headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError, match="too large"):
            await client.get(delft.url("/x"), accept="*/*")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000, "all of it was unpacked first"
    finally:
        tracemalloc.stop()


async def test_a_body_that_is_not_what_its_encoding_says_is_no_answer(client: GuardedClient, delft: Neighbour) -> None:
    delft.pages["/x"] = Page(body=b"plain", headers={"Content-Encoding": "gzip"})
    with pytest.raises(UnreachableError):
        await client.get(delft.url("/x"), accept="*/*")


@pytest.mark.parametrize("status", [202, 404, 502])
async def test_a_long_page_after_a_post_does_not_hide_its_status(
    client: GuardedClient, delft: Neighbour, status: int
) -> None:
    delft.pages["/inbox"] = Page(status, body=b"<html>" + b"x" * 300_000)
    answer = await client.post(delft.url("/inbox"), body=b"{}", headers={})
    assert answer.status == status


async def test_dos_01_a_server_that_drips_is_left_at_the_deadline(client: GuardedClient) -> None:
    dripping: list[asyncio.Task[None]] = []
    heard_out: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dripping.append(asyncio.current_task())  # type: ignore[arg-type]
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with suppress(OSError):
            for _ in range(100):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
            heard_out.append("to the last byte")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    for ask in (client.get(url, accept="*/*", seconds=0.3), client.post(url, body=b"", headers={}, seconds=0.3)):
        with pytest.raises(UnreachableError, match="in time"):
            await ask
    server.close()
    await asyncio.wait(dripping, timeout=60)
    assert heard_out == []


async def test_a_server_that_says_nothing_is_left_at_the_deadline(client: GuardedClient, delft: Neighbour) -> None:
    delft.pages["/x"] = Page(delay=5)
    with pytest.raises(UnreachableError, match="in time"):
        await client.get(delft.url("/x"), accept="*/*", seconds=0.2)


async def test_a_closed_door_and_an_unknown_name_are_unreachable(
    client: GuardedClient, open_neighbour: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = await open_neighbour("gone")
    await gone.close()
    with pytest.raises(UnreachableError):
        await client.get(gone.url("/x"), accept="*/*")

    async def unknown(*_values: Any, **_names: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    for method in (
        client.get("http://nobody.example/", accept="*/*"),
        client.post("http://nobody.example/", body=b"", headers={}),
    ):
        with pytest.raises(UnreachableError, match="host name does not exist"):
            await method


async def test_an_answer_that_is_no_http_is_unreachable(client: GuardedClient) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    with pytest.raises(UnreachableError):
        await client.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", accept="*/*")
    server.close()


async def test_dos_16_no_host_gets_more_than_a_few_requests_at_once(client: GuardedClient, delft: Neighbour) -> None:
    async def slowly(_asked: Asked) -> Page:
        await asyncio.sleep(0.02)
        return Page()

    delft.pages["/x"] = slowly
    await asyncio.gather(*(client.get(delft.url("/x"), accept="*/*") for _ in range(60)))
    assert len(delft.asked) == 60
    assert delft.most_at_once <= 16


async def test_after_the_end_nothing_is_sent(delft: Neighbour) -> None:
    async with opened(allow_http=True, allow_networks=(LOOPBACK,)) as client:
        await client.get(delft.url("/x"), accept="*/*")
    with pytest.raises(UnreachableError, match="stopping"):
        await client.get(delft.url("/x"), accept="*/*")
