"""URIs, hosts and handles: refused, or brought into one form that is never changed again."""

from __future__ import annotations

from functools import partial

from hypothesis import example, given
from hypothesis import strategies as st

from fedgov.kernel import uris
from tests.properties.profile import some, tried

# fmt: off
_PIECES = st.sampled_from(
    ["http://", "HTTPS://", "example.org", "EXAMPLE.org.", "gemeente.example", ":443", ":080", ":80", ":", "@",
     "/", "//",
     "[::1]", "[::FFFF:127.0.0.1]", "[fe80::1%25eth0]", "127.0.0.1", "127.1", "0x7f.1", "bücher", "ß", "。", "．",
     "xn--",
     "xn--bcher-kva", "\u200d", "İ", "-", "_", "..", "?q=1", "#part", "%00", "\\", " ", "\t", "\x00", "a" * 64,
     "acct:"]
)
# fmt: on
HOSTS = st.lists(st.sampled_from(["a", "b", "c-d"]), min_size=1, max_size=4).map(".".join)
ADDRESSES = st.lists(_PIECES, max_size=7).map("".join) | st.text(max_size=40)


def check_host(text: str) -> None:
    """A host is refused, or has one canonical form."""
    for scheme in ("https", "http"):
        host = tried(partial(uris.normalise_host, text, scheme=scheme))
        if host is not None:
            assert uris.normalise_host(host, scheme=scheme) == host
            assert host.isascii()
            assert host == host.lower()
            assert uris.host(f"{scheme}://{host}/path") == host


def check_uri(text: str) -> None:
    """A URI is refused, or its canonical form has the same origin and the same rest."""
    canonical = tried(lambda: uris.canonical(text))
    if canonical is None:
        assert not uris.is_http_uri(text)
        assert not uris.same_origin(text, text)
    else:
        rest = canonical.removeprefix(uris.origin(text))
        assert text.endswith(rest)
        assert rest[:1] in {"", "/", "?", "#"}
        assert uris.canonical(canonical) == canonical
        assert uris.same_origin(text, canonical)
        assert canonical.startswith(uris.origin(text))
        assert uris.is_http_uri(text)
        assert uris.is_http_uri(uris.without_fragment(text))
        assert uris.Site(domain=uris.host(text), scheme=canonical.partition(":")[0]).owns(text)


def check_handle(text: str) -> None:
    """A handle is refused, or reads the same in each of its three ways of writing."""
    handle = tried(lambda: uris.parse_handle(text))
    if handle is not None:
        assert uris.parse_handle(str(handle)) == handle
        assert uris.parse_handle(handle.acct) == handle
        assert uris.is_username(handle.username)
        assert uris.normalise_host(handle.host) == handle.host


@some
@given(text=ADDRESSES)
@example(text="a" * 260)
@example(text="１.１.１.１")
def test_a_host_has_one_form_or_is_refused(text: str) -> None:
    check_host(text)


@some
@given(host=HOSTS)
def test_a_host_is_the_same_in_capitals_and_with_its_last_dot(host: str) -> None:
    assert uris.normalise_host(host.upper() + ".") == uris.normalise_host(f"{host}:443") == host


@some
@given(text=ADDRESSES)
@example(text="HTTPS://EXAMPLE.org:443/a?b")
@example(text="http://[::1")
@example(text="http://℀.example/")
def test_a_uri_has_one_form_or_is_refused(text: str) -> None:
    check_uri(text)


@some
@given(text=ADDRESSES)
def test_a_uri_of_a_known_host_has_one_form_or_is_refused(text: str) -> None:
    check_uri("https://example.org" + text)


@some
@given(text=ADDRESSES)
@example(text="anna@example.org")
@example(text="EXAMPLE.org.")
@example(text="acct:anna bob")
def test_a_handle_reads_the_same_however_it_is_written(text: str) -> None:
    check_handle(text)
    check_handle("@anna@" + text)
    check_handle(text + "@example.org")
