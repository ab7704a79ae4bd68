"""Reading JSON of strangers."""

from __future__ import annotations

import contextlib
import string
import time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.activitystreams import document
from fedgov.activitystreams.activity import read_activity
from fedgov.activitystreams.actor import read_actor
from fedgov.activitystreams.collection import item_uris, items, next_page
from fedgov.activitystreams.document import parse
from fedgov.activitystreams.object import read_object
from fedgov.kernel.clock import from_rfc3339
from fedgov.kernel.errors import FedgovError, MalformedError

REFUSED = {
    "html": b"<!doctype html><p>x</p>",
    "array": b"[1]",
    "null": b"null",
    "text": b'"text"',
    "nothing": b"",
    "repeated key": b'{"id":"a","id":"b"}',
    "repeated key inside": b'{"object":[{"a":{"id":1,"b":2,"id":1}}]}',
    "repeated key, once escaped": b'{"id":"a","\\u0069d":"b"}',
    "repeated key behind escaped quotation marks": b'{"id":"a","id":"b","c":"\\u0022\\u0022\\u0022\\u0022"}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "1e400": b'{"a":1e400}',
    "lone surrogate": b'{"a":"\\ud800"}',
    "encoded surrogate": b'{"a":"\xed\xa0\x80"}',
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "latin-1": '{"a":"é"}'.encode("latin-1"),
    "integer beyond 64 bits": b'{"a":9223372036854775808}',
    "negative integer beyond 64 bits": b'{"a":[-9223372036854775809]}',
    "NUL": b'{"a":"x\\u0000y"}',
    "NUL in a key": b'{"a\\u0000":1}',
    "two documents": b'{"a":1}{"b":2}',
    "trailing comma": b'{"a":1,}',
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_fet_12_what_is_not_one_strict_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b' {"a" : "\\" \\u0022 : {"}\n',
        b'{"a":"\\\\u0000"}',
        b'{"a":":","b":"x\\":\\"y"}',
        b'{"a":9223372036854775807,"b":-9223372036854775807,"c":1.5}',
        b'{"a":{"x":1},"b":{"x":1}}',
        b"{}",
    ],
)
def test_what_only_looks_suspicious_is_read(raw: bytes) -> None:
    assert parse(raw) == orjson.loads(raw)


def test_dos_04_depth_is_counted_from_the_outer_object() -> None:
    def nested(depth: int) -> bytes:
        return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)

    assert parse(nested(32))
    assert parse(nested(3), max_depth=3)
    for raw, limit in ((nested(33), 32), (nested(4), 3), (b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", 32)):
        with pytest.raises(MalformedError, match="nested"):
            parse(raw, max_depth=limit)


def test_a_document_of_exactly_the_largest_size_is_read_and_a_longer_one_refused() -> None:
    raw = b'{"a":"' + b"x" * (1_048_576 - 8) + b'"}'
    assert parse(raw)
    with pytest.raises(MalformedError, match="too large"):
        parse(raw + b" ")


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b"{" + b",".join(b'"%d":0' % n for n in range(100_000)) + b"}",
        b'{"a":' + b"9" * 1_000_000 + b"}",
        b'{"a":-0.' + b"9" * 1_000_000 + b"}",
        b'{"a":"\\u0022",' + b",".join(b'"%d":0' % n for n in range(80_000)) + b"}",
    ],
    ids=["arrays", "objects", "keys", "digits", "decimals", "slow road"],
)
def test_dos_04_hostile_documents_are_decided_quickly(raw: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(MalformedError):
        parse(raw)
    assert time.process_time() - started < 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(-1e18, 1e18) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_every_sound_object_is_read_as_it_is(value: dict[str, Any]) -> None:
    raw = orjson.dumps(value)
    if b"\\u0000" not in raw:
        assert parse(raw) == orjson.loads(raw)


@given(st.binary(max_size=200) | st.text(string.printable, max_size=200).map(str.encode))
def test_no_bytes_give_anything_but_a_document_or_a_refusal(raw: bytes) -> None:
    with contextlib.suppress(MalformedError):
        assert isinstance(parse(raw), dict)


KEYS = (
    *(
        "id",
        "type",
        "actor",
        "object",
        "target",
        "to",
        "cc",
        "audience",
        "published",
        "updated",
        "content",
        "contentMap",
    ),
    *("name", "nameMap", "summary", "attributedTo", "inReplyTo", "context", "conversation", "url", "attachment", "tag"),
    *("icon", "image", "mediaType", "href", "rel", "quote", "replies", "oneOf", "anyOf", "closed", "endTime", "width"),
    *(
        "height",
        "focalPoint",
        "blurhash",
        "publicKey",
        "publicKeyPem",
        "assertionMethod",
        "publicKeyMultibase",
        "owner",
    ),
    *("inbox", "outbox", "followers", "endpoints", "sharedInbox", "alsoKnownAs", "movedTo", "generator", "implements"),
    *("items", "orderedItems", "first", "next", "totalItems", "votersCount", "sensitive", "value", "webfinger"),
)
TYPES = ("Note", "Person", "Create", "Question", "Image", "Link", "Hashtag", "Mention", "Emoji", "PropertyValue", "x")
plausible = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(TYPES)
    | st.sampled_from(
        ("https://a.example/x", "https://b.example/y", "http://[", "as:Public", "2024-01-01T00:00:00Z", "#t")
    )
)
documents = st.recursive(
    plausible,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)
outer = st.dictionaries(st.sampled_from(KEYS), documents, max_size=12)
with_identity = outer.map(
    lambda doc: {"id": "https://a.example/1", "actor": "https://a.example/x", "inbox": "https://a.example/i"} | doc
)


@given(outer | with_identity)
def test_no_document_makes_a_reader_raise_outside_the_error_tree(doc: dict[str, Any]) -> None:
    for kind in (None, "Create", "Person", "Note", "Question", "Image"):
        candidate = doc if kind is None else doc | {"type": kind}
        for read in (read_activity, read_actor, read_object):
            with contextlib.suppress(FedgovError):
                read(candidate)
        items(candidate)
        item_uris(candidate)
        next_page(candidate)


def test_a_text_of_another_type_is_no_text() -> None:
    doc = {"a": "x", "b": 1, "c": ["y"], "d": ["y", "z"], "e": "", "f": {"en": "x"}, "g": None}
    assert [document.text(doc, key) for key in "abcdefgh"] == ["x", None, "y", None, None, None, None, None]
    assert document.text({"a": "x" * 10}, "a", limit=3) == "xxx"


def test_the_language_of_the_reader_comes_before_the_plain_text() -> None:
    doc = {"content": "hello", "contentMap": {"nl": "hallo", "en": "hello", "fy": 1}}
    assert document.language_text(doc, "content", languages=("fy", "NL")) == "hallo"
    assert document.language_text(doc, "content") == "hello"
    assert document.language(doc) == "en"
    assert document.language_text({"contentMap": {"nl": "hallo"}}, "content") == "hallo"
    assert document.language_text({"contentMap": ["hallo"]}, "content") is None
    assert document.language({"contentMap": {"und": "x"}}) is None


def test_a_uri_may_be_text_an_object_a_link_or_an_array_of_one() -> None:
    uri = "https://a.example/1"
    for value in (uri, {"id": uri}, {"type": "Link", "href": uri}, [uri], [{"id": uri}]):
        assert document.uri({"object": value}, "object") == uri
    for wrong in (None, 1, "", {}, [], [uri, uri], {"id": 1}, "a b", "https://a.example/\n", "x" * 3_000, [[uri]]):
        assert document.uri({"object": wrong}, "object") is None


def test_several_uris_are_given_once_each_and_no_more_than_asked_for() -> None:
    doc = {"to": ["b:1", "a:1", 7, "b:1", {"id": "c:1"}]}
    assert document.uris(doc, "to") == ("b:1", "a:1", "c:1")
    assert document.uris(doc, "to", limit=2) == ("b:1", "a:1")


@pytest.mark.parametrize(
    "value", [None, "urn:x:1", "javascript:alert(1)", "alice", 1, "https://u:p@a.example/", "file:///x"]
)
def test_a_required_uri_that_is_no_http_uri_is_refused(value: object) -> None:
    with pytest.raises(MalformedError, match="id must be"):
        document.required_uri({"id": value}, "id")


def test_types_lose_the_prefix_of_activitystreams() -> None:
    doc = {"type": ["as:Note", "https://www.w3.org/ns/activitystreams#Page", "Other", 3]}
    assert document.types(doc) == ("Note", "Page", "Other")
    with pytest.raises(MalformedError, match="type"):
        document.required_type({"type": {}})


def test_dos_17_a_time_in_the_far_future_is_moved_back() -> None:
    now = from_rfc3339("2026-01-01T00:00:00Z")
    assert now is not None
    doc = {"published": "3000-01-01T00:00:00Z"}
    assert document.timestamp(doc, "published", latest=now) == now
    assert document.timestamp(doc, "published") == document.LAST_TIME
    assert document.timestamp({"published": "1970-01-01T00:00:01Z"}, "published") == 1_000
    for value in ("99999-01-01T00:00:00Z", "yesterday", 1, "1969-01-01T00:00:00Z", "", None):
        assert document.timestamp({"published": value}, "published") is None


def test_numbers_and_truth_are_not_confused() -> None:
    doc = {"a": 1, "b": True, "c": 2.0, "d": 2.5, "e": "3", "f": -1}
    assert [document.integer(doc, key) for key in "abcdef"] == [1, None, 2, None, None, None]
    assert [document.number(doc, key) for key in "abcdef"] == [1.0, None, 2.0, 2.5, None, -1.0]
    assert [document.boolean(doc, key) for key in "abcdef"] == [None, True, None, None, None, None]
    assert document.integer({"a": 11}, "a", maximum=10) is None


def test_only_embedded_objects_are_given_as_objects() -> None:
    doc = {"tag": [{"a": 1}, "x", {"b": 2}, None, {"c": 3}]}
    assert document.objects(doc, "tag") == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert document.objects(doc, "tag", limit=2) == [{"a": 1}, {"b": 2}]
    assert document.objects({"tag": {"a": 1}}, "tag") == [{"a": 1}]
    assert document.embedded(doc, "tag") is None
    assert document.embedded({"object": [{"a": 1}]}, "object") == {"a": 1}
