"""What stands in the headers of a signed request: refused with a reason, or read as it was written."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from fedgov.federation import followers_sync
from fedgov.federation.signatures import digest, httpdate, multibase, rfc9421, shapes, structured, verification
from fedgov.federation.signatures.keys import PrivateKey, generate_ed25519, generate_rsa, load_multikey, load_public_key
from fedgov.federation.signatures.message import Message
from fedgov.kernel.clock import SECOND
from fedgov.kernel.errors import FedgovError, UnverifiedError
from fedgov.kernel.uris import same_origin
from tests.properties.profile import in_bounded_time, refusals, some, tried

_NOW: Final = 1_795_000_000_000
_ORIGIN: Final = "https://example.org"
_ACTOR: Final = "https://other.example/users/anna"
_KEY_ID: Final = f"{_ACTOR}#main-key"
_BODY: Final = b"{}"
_SHA: Final = "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="

# fmt: off
_PIECES = st.sampled_from(
    ['keyId="', f'keyId="{_KEY_ID}"', 'signature="AA=="', 'headers="(request-target) host date digest"',
     "created=1795000000",
     "expires=99999999999999", 'algorithm="hs2019"', 'algorithm="rsa-sha256"', ",", ", ", ";", "=", '"', "\\",
     "(", ")", " ",
     'sig1=("@method" "@target-uri" "content-digest")', ";created=1795000000", f';keyid="{_KEY_ID}"',
     ';alg="ed25519"',
     ";expires=1", ';nonce="x"', ";tag=:AA==:", "sig1=:AA==:", "sig2=?1", "@1", "@253402300800", '%"%ff"', "1.5",
     "*/token",
     f"SHA-256={_SHA}", f"sha-256=:{_SHA}:", "md5=x", "sha-512=", "\x00", "\r\n", "\t", "é", "ÿ",
     '"@query-param";name="a"',
     '("content-digest";req)', '"@status"', "sig1=(", "9" * 30, "-0", "Sun, 05 Jan 2014 21:31:40 GMT", "host date",
     'collectionId="https://other.example/f"', 'url="https://other.example/s"', 'digest="0a"', "\ud800"]
)
# fmt: on
HEADERS = st.lists(_PIECES, max_size=9).map("".join)
_DATE: Final = httpdate.format_http_date(_NOW)


@cache
def _key(kind: str) -> PrivateKey:
    return generate_rsa(_KEY_ID) if kind == "rsa" else generate_ed25519(_KEY_ID)


def _request(**headers: str) -> Message:
    stated = {"host": "example.org", "date": _DATE} | {name.replace("_", "-"): text for name, text in headers.items()}
    return Message(method="POST", origin=_ORIGIN, path="/inbox", headers=tuple(stated.items()), body=_BODY)


def check_headers(text: str) -> None:
    """No header, whatever is in it, does more than be refused; and none that nobody signed is believed."""
    for request in (
        _request(signature=text),
        _request(authorization="Signature " + text, digest=text),
        _request(signature_input=text, signature="sig1=:AA==:", content_digest=digest.content_digest_header(_BODY)),
        _request(signature_input=text, signature=text, content_digest=text, digest=text),
        _request(signature=text, date=text, host=text, digest=digest.digest_header(_BODY)),
    ):
        with in_bounded_time(), refusals():
            claim = verification.read_signature(request, now_ms=_NOW)
            assert claim.key_id
            assert claim.created <= _NOW + 5 * 60 * SECOND
            try:
                verification.check(claim, _key("ed25519").public)
            except UnverifiedError:
                continue
            raise AssertionError("a signature that nobody made was believed")


def check_small_headers(text: str) -> None:
    """The other headers are refused or read."""
    with refusals():
        digest.check_digest(text, body=b"never this body")
        raise AssertionError("a digest fits a body that it cannot know")
    with refusals():
        digest.check_content_digest(text, body=b"never this body")
        raise AssertionError("a digest fits a body that it cannot know")
    said = tried(lambda: followers_sync.read_header(text, actor=_ACTOR))
    if said is not None:
        assert same_origin(_ACTOR, said.collection, said.url)
        assert text.count('"') == 6
        again = f'collectionId="{said.collection}", url="{said.url}", digest="{said.digest}"'
        assert followers_sync.read_header(again, actor=_ACTOR) == said
    moment = httpdate.parse_http_date(text)
    assert moment is None or httpdate.parse_http_date(httpdate.format_http_date(moment)) == moment
    shapes.shape_for(text, request=_request())
    assert set(rfc9421.wanted_algorithms(text, request=_request())) <= {"rsa-v1_5-sha256", "rsa-pss-sha512", "ed25519"}


def check_structured(text: str) -> None:
    """What is read of a structured header is the same after it was written again."""
    members = tried(lambda: structured.parse_dictionary("X", text=text)) or {}
    for member in members.values():
        if isinstance(member[0], list):
            again = f"a={structured.serialise(member)}"
            assert structured.parse_dictionary("X", text=again)["a"] == member


def check_keys(text: str) -> None:
    """A key is refused, or can be used and written again."""
    with in_bounded_time():
        for load in (load_public_key, load_multikey):
            key = tried(partial(load, text, key_id=_KEY_ID))
            if key is not None:
                assert load_public_key(key.to_pem(), key_id=_KEY_ID) == key
                assert load_multikey(key.to_multikey(), key_id=_KEY_ID) == key
                try:
                    key.verify(b"message", b"\x00" * 64)
                except UnverifiedError:
                    continue
                raise AssertionError("a signature of zeros was believed")
        raw = tried(lambda: multibase.decode(text))
        if raw is not None:
            assert multibase.encode(raw) == text


def check_round_trip(shape: shapes.Shape, *, path: str, query: str, body: bytes) -> None:
    """What we sign, we believe; with one byte more in the body or the path, or by a key of another name, we don't."""
    if shape is shapes.Shape.CAVAGE_NO_QUERY and body:
        query = ""  # only a GET may leave it out
    message = Message(
        method="POST" if body else "GET", origin=_ORIGIN, path="/" + path, query=query,
        headers=(("content-type", "application/activity+json"),), body=body,
    )  # fmt: skip
    added = shapes.sign(shape, message, rsa=_key("rsa"), ed25519=_key("ed25519"), now_ms=_NOW)
    headers = dict(message.headers) | {name.lower(): text for name, text in added.items()} | {"host": "example.org"}
    key = _key("ed25519" if shape is shapes.Shape.RFC9421_ED25519 else "rsa").public
    for more_path, more_body, by in (
        ("", b"", key),
        ("", b"x", key),
        ("x", b"", key),
        ("", b"", replace(key, key_id=f"{_ACTOR}#other-key")),
    ):
        received = Message(
            method=message.method, origin=_ORIGIN, path=message.path + more_path, query=query, body=body + more_body,
            headers=tuple(headers.items()),
        )  # fmt: skip
        try:
            claim = verification.read_signature(received, now_ms=_NOW)
            believed = verification.check(claim, by, accept_without_query=True).key_id == _KEY_ID
        except FedgovError:
            believed = False
        assert believed == (not more_path and not more_body and by is key)


@some
@given(text=HEADERS)
@example(text='sig1=("@method" "@target-uri" "content-digest");created=@1795000000;keyid="x"')
@example(text=f'keyId="{_KEY_ID}",headers="(request-target) host date digest",signature="é"')
@example(text=f'keyId="{_KEY_ID}",headers="(request-target) host date digest",signature="AA=="')
def test_no_signature_header_does_more_than_be_refused(text: str) -> None:
    check_headers(text)


@some
@given(text=HEADERS)
@example(text=', digest="0b"')
def test_other_headers_are_refused_or_read(text: str) -> None:
    check_small_headers(text)
    check_small_headers(f'collectionId="https://other.example/f", url="https://other.example/s", digest="0a"{text}')


@some
@given(text=HEADERS)
@example(text='a=(1.5 @1 *t :AA==: ?0 "x\\"y" %"%c3%a9");b=?1;c;d=-0')
def test_a_structured_header_is_the_same_after_writing_it_again(text: str) -> None:
    check_structured(text)


@some
@given(text=st.text(max_size=40) | st.binary(max_size=40).map(multibase.encode))
@example(text="z")
@example(text="z1")
@example(text="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")
def test_a_key_is_refused_or_can_be_used(text: str) -> None:
    check_keys(text)
    check_keys(f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----")


@some
@given(
    shape=st.sampled_from(shapes.Shape),
    path=st.text(alphabet="abc/%20~", max_size=9),
    query=st.text(alphabet="abc=&%", max_size=9),
    body=st.binary(max_size=20),
)
def test_what_we_sign_is_believed_and_what_was_changed_is_not(
    shape: shapes.Shape, path: str, query: str, body: bytes
) -> None:
    check_round_trip(shape, path=path, query=query, body=body)
