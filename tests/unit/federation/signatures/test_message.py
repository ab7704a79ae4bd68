"""Requests as signatures see them."""

from __future__ import annotations

import pytest

from fedgov.federation.signatures.message import Message, incoming, outgoing, target_of
from fedgov.kernel.errors import MalformedError, UnverifiedError


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://delft.example/inbox", "https://delft.example", "/inbox"),
        ("https://Delft.Example:443/Inbox?a=b&c#part", "https://delft.example", "/Inbox?a=b&c"),
        ("http://delft.localhost:7001/inbox", "http://delft.localhost:7001", "/inbox"),
        ("https://delft.example", "https://delft.example", "/"),
        ("https://delft.example?a=b", "https://delft.example", "/?a=b"),
        ("https://delft.example/a%2Fb//c/", "https://delft.example", "/a%2Fb//c/"),
        ("https://delft.example/é", "https://delft.example", "/%C3%A9"),
    ],
)
def test_a_url_is_sent_as_it_is_signed(url: str, origin: str, target: str) -> None:
    message = outgoing("get", url=url, headers={})

    assert (message.method, message.origin, message.request_target) == ("GET", origin, target)
    assert message.target_uri == target_of(url) == origin + target


@pytest.mark.parametrize(
    "url", ["/inbox", "ftp://delft.example/", "https://a@delft.example/", "https://delft.example/a b"]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(MalformedError):
        outgoing("GET", url=url, headers={})
    with pytest.raises(MalformedError):
        target_of(url)


def test_sig_07_the_host_of_an_incoming_request_is_ours_whatever_it_says() -> None:
    scope = {"method": "GET", "path": "/a b", "raw_path": b"/a%20b", "query_string": b"q", "headers": [(b"Host", b"x")]}

    message = incoming(scope, origin="https://delft.example", body=b"")

    assert message.target_uri == "https://delft.example/a%20b?q"
    assert (message.scheme, message.authority) == ("https", "delft.example")
    assert message.headers == (("host", "x"),)


def test_bytes_that_are_no_text_survive() -> None:
    scope = {"method": "GET", "path": "/é", "query_string": b"\xff", "headers": [(b"x", b"\xfe")]}

    message = incoming(scope, origin="https://delft.example", body=b"")

    assert message.request_target.encode("latin-1") == "/é".encode() + b"?\xff"
    assert message.values("x") == ["\xfe"]


@pytest.mark.parametrize(
    ("method", "body", "needs"),
    [("GET", b"", False), ("HEAD", b"", False), ("POST", b"", True), ("DELETE", b"", True), ("GET", b"{}", True)],
)
def test_whatever_may_change_something_needs_a_digest(method: str, body: bytes, *, needs: bool) -> None:
    assert Message(method=method, origin="https://delft.example", path="/", body=body).needs_digest is needs


def test_a_header_that_is_there_twice_has_no_single_value() -> None:
    message = Message(
        method="GET", origin="https://delft.example", path="/", headers=(("date", "a"), ("via", " 1\t"), ("date", "b"))
    )

    assert message.values("date") == ["a", "b"]
    assert message.single("via") == "1"
    assert message.single("host") is None
    with pytest.raises(UnverifiedError):
        message.single("date")


@pytest.mark.parametrize("value", ["a\nb", "a\r\nhost: x", "a\0", "\x7f"])
def test_a_header_with_control_characters_is_refused(value: str) -> None:
    message = Message(method="GET", origin="https://delft.example", path="/", headers=(("via", value),))
    with pytest.raises(MalformedError):
        message.values("via")
