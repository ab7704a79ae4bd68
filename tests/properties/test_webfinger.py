"""WebFinger: whatever is asked, somebody of ours is meant or nobody; whatever is answered, it is read or refused."""

from __future__ import annotations

from urllib.parse import quote

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fedgov.activitystreams.document import parse
from fedgov.federation.doors.webfinger import _asked, resolve
from fedgov.federation.fetch import _handle_in
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.uris import Site, is_http_uri, is_username
from tests.properties.profile import refusals, some, tried
from tests.properties.test_uris import ADDRESSES

_SITE = Site(domain="example.org")
_NAMES = ("example.org", "www.example.org")
_RESOURCES = (
    ADDRESSES
    | st.text(max_size=20).map(lambda name: f"acct:{name}@example.org")
    | st.text(max_size=20).map(lambda name: f"https://example.org/@{name}")
    | st.text(max_size=20).map(lambda name: f"https://EXAMPLE.org:443/users/{name}")
)


def check_resource(resource: str) -> None:
    """A resource means a name or an address that the database can be asked for, or is refused."""
    target = tried(lambda: resolve(resource, site=_SITE, names=_NAMES))
    if target is not None:
        assert is_username(target) or (is_http_uri(target) and _SITE.owns(target)), target
        again = target if is_http_uri(target) else f"acct:{target}@example.org"
        assert resolve(again, site=_SITE, names=_NAMES) == target


def check_query(query: bytes) -> None:
    """A query is refused, or asks for one resource."""
    with refusals():
        resource, rels = _asked(query)
        assert len(rels) <= 20
        check_resource(resource)


def check_answer(raw: bytes) -> None:
    """The subject of an answer is a handle or nothing."""
    with refusals():
        handle = _handle_in(parse(raw), scheme="https")
        assert handle is None or is_username(handle.username)


@some
@given(resource=_RESOURCES)
@example(resource="acct:anna\x00@example.org")
@example(resource="acct:anna@bob@example.org")
@example(resource="https://example.org/@ anna")
@example(resource="https://example.org/@example.org/")
@example(resource="https://example.org/@www.example.org")
def test_a_resource_means_somebody_of_ours_or_nobody(resource: str) -> None:
    check_resource(resource)


@pytest.mark.parametrize(
    "resource", ["acct:anna@other.example", "https://other.example/@anna", "https://other.example/"]
)
def test_nobody_is_told_about_people_of_other_servers(resource: str) -> None:
    with pytest.raises(NotFoundError):
        resolve(resource, site=_SITE, names=_NAMES)


@some
@given(query=st.binary(max_size=40), resource=_RESOURCES)
@example(query=b"&resource=%ff", resource="")
@example(query=b"&" * 30, resource="")
def test_a_query_asks_for_one_resource_or_is_refused(query: bytes, resource: str) -> None:
    check_query(query)
    check_query(b"resource=" + quote(resource, safe="", errors="replace").encode() + query)


@some
@given(subject=st.none() | st.booleans() | ADDRESSES.map("acct:".__add__) | st.lists(st.text(max_size=3), max_size=2))
def test_the_subject_of_an_answer_is_a_handle_or_nothing(subject: object) -> None:
    check_answer(orjson.dumps({"subject": subject, "links": [{"rel": "self"}]}))
