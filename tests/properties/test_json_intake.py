"""Documents of strangers: refused with a reason, or read into values that keep their bounds."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from fedgov.activitystreams import activity, actor, attachment, audience, collection, document, link, poll, tag
from fedgov.activitystreams import object as objects
from fedgov.federation.signatures import proofs
from fedgov.kernel.errors import MalformedError
from fedgov.kernel.uris import is_http_uri, same_origin
from tests.properties.profile import in_bounded_time, refusals, some, tried

_ID = "https://example.org/1"
# fmt: off
_TEXTS = st.sampled_from(
    [_ID, "https://example.org/users/anna", "http://other.example/", "as:Public", "acct:anna@example.org", "", "\x7f",
     "Note", "Create", "Person", "Question", "as:Note", "Emoji", ":blobcat:", "Mention", "Hashtag", "#fiets",
     "text/html",
     "2026-11-21T16:07:50Z", "2026-W47-6T16Z", "0001-01-01T00:00+14:00", "9999-12-31T23:59:59.999999-23:59", "nl",
     "DataIntegrityProof", "eddsa-jcs-2022", "assertionMethod", "z6Mk", "z", "image/png", "OrderedCollection"]
)
_KEYS = st.sampled_from(
    ["id", "type", "actor", "object", "target", "to", "cc", "audience", "attributedTo", "content", "contentMap",
     "name",
     "summary", "url", "href", "mediaType", "attachment", "tag", "icon", "published", "endTime", "closed",
     "oneOf", "anyOf",
     "replies", "totalItems", "first", "next", "items", "orderedItems", "inbox", "endpoints", "sharedInbox",
     "publicKey",
     "publicKeyPem", "assertionMethod", "publicKeyMultibase", "owner", "controller", "proof", "proofPurpose",
     "proofValue",
     "cryptosuite", "verificationMethod", "created", "focalPoint", "width", "blurhash", "quote", "rel", "implements",
     "generator", "value", "preferredUsername", "alsoKnownAs", "votersCount", "sensitive", "subject", "links",
     "context"]
)
# fmt: on
_LEAVES = (
    _TEXTS | st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=9)
)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=6), max_leaves=12
)
_FIXED = st.fixed_dictionaries(
    {"id": st.just(_ID), "type": st.sampled_from(["Create", "Note", "Question", "Person", "OrderedCollection",
     "Move"])},
    optional={
        "actor": _VALUES | st.just(_ID), "object": _VALUES | st.just(_ID), "inbox": st.just(_ID), "tag": _VALUES,
        "attributedTo": _VALUES | st.just(_ID), "proof": _VALUES, "attachment": _VALUES, "published": _TEXTS,
    },
)  # fmt: skip
DOCUMENTS = st.builds(lambda base, more: more | base, _FIXED, st.dictionaries(_KEYS, _VALUES, max_size=6))

_READERS: tuple[Callable[[Any], object], ...] = (
    activity.read_activity,
    objects.read_object,
    actor.read_actor,
    actor.read_capabilities,
    actor.is_actor,
    audience.read_audience,
    poll.read_poll,
    tag.read_mentions,
    tag.read_hashtags,
    tag.read_emojis,
    link.links,
    link.web_url,
    objects.read_quote,
    objects.is_tombstone,
    collection.is_collection,
    collection.total_items,
    collection.items,
    collection.item_uris,
    collection.next_page,
    proofs.read_proof,
)


def check_body(raw: bytes) -> None:
    """A body is refused, or is a document that another reader reads in the same way, and that no reader stumbles on."""
    with in_bounded_time():
        found = tried(lambda: document.parse(raw))
        if found is None:
            return
        assert json.loads(raw) == found
        again = orjson.dumps(found)
        assert document.parse(again, max_bytes=len(again)) == found
        assert type(found) is dict
        assert b"\\u0000" not in again.replace(b"\\\\", b""), "no database keeps NUL"
        assert _depth(found) <= document.MAX_DEPTH
        check_document(found)


def _depth(value: object) -> int:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if members is None else 1 + max(map(_depth, members), default=0)


def check_document(found: dict[str, Any]) -> None:
    """Every reader refuses a document or reads it, and leaves it as it was."""
    before = copy.deepcopy(found)
    for read in _READERS:
        with refusals():
            read(found)
        assert found == before
    with refusals():
        _check_activity(activity.read_activity(found))
    with refusals():
        _check_object(objects.read_object(found))
    with refusals():
        _check_actor(actor.read_actor(found))
    for key in found:
        _check_accessors(found, key)


def _check_activity(said: activity.Activity) -> None:
    assert is_http_uri(said.id)
    assert is_http_uri(said.actor)
    assert len(said.objects) <= activity.MAX_FLAGGED
    assert len(said.to) <= audience.MAX_ADDRESSEES
    assert said.published is None or 0 <= said.published <= document.LAST_TIME
    activity.undo(_ID, actor=said.actor, activity=said.document)
    activity.reject(_ID, actor=said.actor, activity=said.document)


def _check_object(seen: objects.ObjectView) -> None:
    assert is_http_uri(seen.uri)
    assert is_http_uri(seen.link)
    assert seen.attributed_to is None or same_origin(seen.attributed_to, seen.uri)
    assert all(is_http_uri(item.url) for item in seen.attachments)
    assert all(is_http_uri(item.url) for item in seen.emojis)
    assert len(seen.attachments) <= attachment.MAX_ATTACHMENTS
    assert len(seen.content or "") <= objects.MAX_CONTENT
    assert all(tag.normalise_hashtag(item.name) == item.name for item in seen.hashtags)


def _check_actor(seen: actor.Actor) -> None:
    assert is_http_uri(seen.uri)
    assert is_http_uri(seen.delivery_inbox)
    assert all(key.owner == seen.uri and same_origin(key.key_id, seen.uri) for key in seen.keys)
    assert seen.followers is None or same_origin(seen.followers, seen.uri)


def _check_accessors(found: dict[str, Any], key: str) -> None:
    assert all(document.uris(found, key, limit=3).count(value) == 1 for value in document.uris(found, key, limit=3))
    assert len(document.objects(found, key, limit=2)) <= 2
    assert len(document.text(found, key, limit=5) or "") <= 5
    for read in (document.number, document.boolean, document.integer, document.timestamp, document.http_uri):
        read(found, key)


@some
@given(raw=st.binary(max_size=80) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(raw=b'{"a":' + b"[" * 100_000)
@example(raw=b'{"\\u0022":1,"a":' + b"9" * 5_000 + b"}")
@example(raw=b'{"a":' + b"[" * 40 + b"]" * 40 + b"}")
@example(raw=b'{"id":"https://a.example/1","type":[null,{}]}')
@example(raw=b'{"a":1,"\\u0061":2}')
@example(raw=b'{"a":"\\u0000"}')
@example(raw=b"[]")
@example(raw=b'\xef\xbb\xbf{"a":1}')
@example(raw=b'{"a":-0.0,"b":1e-400}')
def test_any_bytes_are_refused_or_read(raw: bytes) -> None:
    check_body(raw)


@some
@given(found=DOCUMENTS)
def test_any_document_is_refused_or_read_and_stays_as_it_was(found: dict[str, Any]) -> None:
    check_body(json.dumps(found).encode())


@some
@given(found=DOCUMENTS, twice=st.sampled_from(["id", "type", "actor", "\\u0069d"]))
def test_a_document_that_says_a_thing_twice_is_never_read(found: dict[str, Any], twice: str) -> None:
    found["id"] = found["actor"] = _ID
    raw = f'{{"{twice}":"https://example.org/other",'.encode() + orjson.dumps(found)[1:]
    try:
        document.parse(raw)
    except MalformedError:
        return
    raise AssertionError("it was read")
