"""URIs, hosts and handles in one canonical form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.kernel.errors import MalformedError
from fedgov.kernel.uris import (
    Site,
    canonical,
    host,
    is_http_uri,
    normalise_host,
    origin,
    parse_handle,
    same_origin,
    without_fragment,
)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Groningen.Example", "groningen.example"),
        ("groningen.example.", "groningen.example"),
        ("groningen.example:443", "groningen.example"),
        ("groningen.example:8443", "groningen.example:8443"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("groningen.localhost:7001", "groningen.localhost:7001"),
        ("[::1]:7001", "[::1]:7001"),
        ("[0:0:0:0:0:0:0:1]", "[::1]"),
        ("groningen.example.:443", "groningen.example"),
        ("127.0.0.1.:443", "127.0.0.1"),
        ("GRONINGEN。example", "groningen.example"),
        ("ｇroningen.example", "groningen.example"),
    ],
)
def test_fet_15_every_spelling_of_a_host_is_one(written: str, stored: str) -> None:
    assert normalise_host(written) == stored


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "a b",
        "a/b",
        "u@a.example",
        "a.example:0",
        "a.example:99999",
        "a.example:x",
        "-a.example",
        "a..example",
        "[::1",
        "[::1]:",
        "[fe80::1%25eth0]",
        "[2a00::1%lo]",
        "a.example:000001234567",
        "a.example:080443",
        "a.example:٤٤٣",
        "a.example..",
        "a%2eexample",
        "a.example\\",
        "a.example#",
        "a.example?",
        "\udcff.example",
        "x" * 64 + ".example",
        *("127.1", "2130706433", "0x7f000001", "017700000001", "0", "127.0.0.1.1", "a.0x1", "a.1", "127.0.0.01"),
    ],
)
def test_what_is_no_host_is_refused(wrong: str) -> None:
    with pytest.raises(MalformedError):
        normalise_host(wrong)


@pytest.mark.parametrize(
    "spoof",
    [
        "https://mastodon.so/cial/users/alice",
        "https://mastodon.social.evil.example/users/alice",
        "https://mastodon.social@evil.example/users/alice",
        "https://evil.example\\@mastodon.social/users/alice",
        "https://mastodon.social\\.evil.example/users/alice",
        "https://mastodon%2esocial/users/alice",
        "https://mastodon.social%2f@evil.example/",
        "https://mаstodon.social/users/alice",
        "https://mastodon.social:8443/users/alice",
        "http://mastodon.social/users/alice",
        "https://mastodon.social../users/alice",
        "https:mastodon.social/users/alice",
    ],
)
def test_sig_17_a_host_that_only_looks_the_same_has_another_origin_or_none(spoof: str) -> None:
    assert not same_origin("https://mastodon.social/users/alice", spoof)


@pytest.mark.parametrize(
    "spelling",
    [
        "https://mastodon.social./users/alice",
        "https://MASTODON.Social/users/alice",
        "https://mastodon.social:443/users/alice",
        "HTTPS://mastodon.social",
        "https://mastodon.social?users/alice",
        "https://mastodon.social#main-key",
    ],
)
def test_sig_17_every_spelling_of_one_host_has_one_origin(spelling: str) -> None:
    assert origin(spelling) == "https://mastodon.social"


def test_sig_17_a_unicode_host_and_its_a_label_are_one() -> None:
    assert same_origin("https://bücher.example/", "https://xn--bcher-kva.example/", "https://BÜCHER.example/")


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("HTTPS://A.example:443/x?y#z") == "https://a.example"
    assert origin("http://a.example:80") == "http://a.example"
    assert host("http://actor.example") == "actor.example"
    assert same_origin("https://a.example/1", "https://A.example:443/2")
    for other in (
        "http://a.example/",
        "https://a.example:8443/",
        "https://b.a.example/",
        "https://a.example.evil.example/",
    ):
        assert not same_origin("https://a.example/1", other)
    assert not same_origin("https://a.example/1", "urn:x")


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "a.example", "//a.example/", "ftp://a.example/", "https://", "https://u:p@a.example/", "https:///x"),
        *("https://a.example/a b", "https://a.example/\n", "https://a.example\\@evil.example/", "http://["),
        *("javascript:alert(1)", "https://a.example/" + "x" * 3_000, "https://a.example/<script>"),
    ],
)
def test_what_we_would_not_fetch_or_compare_is_no_uri(wrong: str) -> None:
    assert not is_http_uri(wrong)


@given(st.text(max_size=60))
def test_no_text_makes_the_check_raise(text: str) -> None:
    for candidate in (text, "https://" + text, "https://a.example" + text):
        is_http_uri(candidate)
        same_origin(candidate, candidate)


def test_the_canonical_form_leaves_the_path_alone() -> None:
    assert canonical("HTTPS://A.example:443/X/%7Ey?Q#F") == "https://a.example/X/%7Ey?Q#F"
    assert without_fragment("https://a.example/x#main-key") == "https://a.example/x"


@pytest.mark.parametrize(
    "written", ["@Fatima@Groningen.example", "Fatima@groningen.example.", "acct:Fatima@groningen.example"]
)
def test_a_handle_is_read_in_every_form(written: str) -> None:
    assert str(parse_handle(written)) == "@Fatima@groningen.example"


def test_a_handle_of_a_server_on_a_port_keeps_the_port() -> None:
    assert str(parse_handle("@fatima@groningen.localhost:7001", scheme="http")) == "@fatima@groningen.localhost:7001"
    assert parse_handle("fatima@groningen.example:80", scheme="http").host == "groningen.example"
    assert parse_handle("fatima@groningen.example:443").acct == "acct:fatima@groningen.example"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "fatima",
        "@fatima",
        "fa tima@a.example",
        "fatima@",
        "@a@b@c.example",
        "Gargron\u2800@a.example",
        "а@a.example",
    ],
)
def test_fet_14_what_is_no_plain_handle_is_refused(wrong: str) -> None:
    with pytest.raises(MalformedError):
        parse_handle(wrong)


def test_a_site_owns_what_lies_under_its_origin_only() -> None:
    site = Site(domain="groningen.localhost:7001", scheme="http")
    assert site.actor("fatima") == "http://groningen.localhost:7001/users/fatima"
    assert site.owns(site.post(7))
    assert site.owns(site.origin)
    for foreign in (
        "http://groningen.localhost:70010/x",
        "https://groningen.localhost:7001/x",
        "http://groningen.localhost/x",
    ):
        assert not site.owns(foreign)


@pytest.mark.parametrize(
    "ours", ["https://Gouda.Example/users/a", "https://gouda.example:443/users/a", "https://gouda.example./x"]
)
def test_fet_10_a_site_owns_its_addresses_however_they_are_spelled(ours: str) -> None:
    assert Site(domain="gouda.example").owns(ours)
