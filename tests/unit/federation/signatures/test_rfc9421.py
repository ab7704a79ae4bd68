"""RFC 9421: its own examples, an independent implementation, and what we refuse to guess."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import http_message_signatures as independent
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.federation.signatures import rfc9421
from fedgov.federation.signatures.claim import Window
from fedgov.federation.signatures.keys import PrivateKey, load_private_key, load_public_key
from fedgov.federation.signatures.message import Message
from fedgov.federation.signatures.structured import parse_dictionary
from fedgov.kernel.errors import FedgovError, MalformedError, UnverifiedError
from tests.unit.federation.signatures.samples import (
    BODY,
    ED25519,
    INBOX,
    NOW,
    OUTBOX,
    RSA,
    get,
    header,
    post,
    received,
    with_header,
    with_more,
)
from tests.vectors import vectors

WINDOW = Window(now_ms=NOW)

# RFC 9421, appendix B.2.
EXAMPLE = Message(
    method="POST",
    origin="https://example.com",
    path="/foo",
    query="param=Value&Pet=dog",
    headers=(
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        (
            "content-digest",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        ),
        ("content-length", "18"),
    ),
    body=b'{"hello": "world"}',
)


def test_the_ed25519_example_of_the_rfc_is_reproduced_byte_for_byte() -> None:
    # RFC 9421, appendix B.2.6.
    parameters = (
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    signature = base64.b64decode(
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    )
    private = load_private_key(
        (vectors("rfc9421-keys") / "test-key-ed25519.key").read_text(), key_id="test-key-ed25519"
    )
    member = parse_dictionary("Signature-Input", text=f"sig-b26={parameters}")["sig-b26"]

    base = rfc9421.signature_base(EXAMPLE, member)

    assert base.decode() == (
        '"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
        '"@method": POST\n'
        '"@path": /foo\n'
        '"@authority": example.com\n'
        '"content-type": application/json\n'
        '"content-length": 18\n'
        f'"@signature-params": {parameters}'
    )
    assert private.sign(base) == signature


def test_the_rsa_pss_example_of_the_rfc_is_verified() -> None:
    # RFC 9421, sections 2.5, 3.1 and 3.2.
    signature = base64.b64decode(
        "HIbjHC5rS0BYaa9v4QfD4193TORw7u9edguPh0AW3dMq9WImrlFrCGUDih47vAxi4L2YRZ3XMJc1uOKk/J0ZmZ+wcta4nKIgBkKq0rM9hs3C"
        "QyxXGxHLMCy8uqK488o+9jrptQ+xFPHK7a9sRL1IXNaagCNN3ZxJsYapFj+JXbmaI5rtAdSfSvzPuBCh+ARHBmWuNo1UzVVdHXrl8ePL4ccc"
        "qlazIJdC4QEjrF+Sn4IxBQzTZsL9y9TP5FsZYzHvDqbInkTNigBcE9cKOYNFCn4D/WM7F6TNuZO9EgtzepLWcjTymlHzK7aXq6Am6sfOrpIC"
        "49yXjj3ae6HRalVc/g=="
    )
    public = load_public_key((vectors("rfc9421-keys") / "test-key-rsa-pss.pem").read_text(), key_id="test-key-rsa-pss")
    member = parse_dictionary(
        "Signature-Input",
        text='sig1=("@method" "@authority" "@path" "content-digest" "content-length" "content-type")'
        ';created=1618884473;keyid="test-key-rsa-pss"',
    )["sig1"]

    public.verify(rfc9421.signature_base(EXAMPLE, member), signature, algorithm="rsa-pss-sha512")
    with pytest.raises(UnverifiedError):
        public.verify(
            rfc9421.signature_base(replace(EXAMPLE, method="PUT"), member), signature, algorithm="rsa-pss-sha512"
        )


@pytest.mark.parametrize(
    ("component", "value"),
    [
        ("@method", "POST"),
        ("@target-uri", "https://example.com/foo?param=Value&Pet=dog"),
        ("@authority", "example.com"),
        ("@scheme", "https"),
        ("@request-target", "/foo?param=Value&Pet=dog"),
        ("@path", "/foo"),
        ("@query", "?param=Value&Pet=dog"),
        ("content-length", "18"),
    ],
)
def test_every_component_has_the_value_of_the_rfc(component: str, value: str) -> None:
    # RFC 9421, section 2.2, with the request of appendix B.2.
    base = rfc9421.signature_base(EXAMPLE, ([(component, {})], {}))

    assert base.decode() == f'"{component}": {value}\n"@signature-params": ("{component}")'


def test_a_request_without_query_has_a_lone_question_mark() -> None:
    # RFC 9421, section 2.2.7.
    assert rfc9421.signature_base(replace(EXAMPLE, query=""), ([("@query", {})], {})).startswith(b'"@query": ?\n')


@dataclass
class Request:
    """What the independent implementation wants to see."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


ALGORITHMS = {
    "rsa": independent.algorithms.RSA_V1_5_SHA256,
    "ed25519": independent.algorithms.ED25519,
}
REQUESTS = [post(INBOX), post(INBOX, body=b""), get(OUTBOX), get("http://delft.localhost:7001/a%20b//c?x=%C3%A9&&")]


def resolver(key: PrivateKey) -> independent.MappingKeyResolver:
    return independent.MappingKeyResolver(
        public_keys={key.key_id: key.public.material}, private_keys={key.key_id: key.material}
    )


@pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
@pytest.mark.parametrize("request_", REQUESTS, ids=["post", "empty-post", "get", "odd-get"])
def test_an_independent_implementation_verifies_what_we_sign(key: PrivateKey, request_: Message) -> None:
    now = datetime.now(tz=UTC)
    added = rfc9421.sign(request_, private_key=key, now_ms=int(now.timestamp() * 1_000))
    sent = Request(request_.method, request_.target_uri, dict(request_.headers) | added)
    verifier = independent.HTTPMessageVerifier(signature_algorithm=ALGORITHMS[key.kind], key_resolver=resolver(key))

    (result,) = verifier.verify(
        sent, expect_tag="fedgov", max_age=timedelta(minutes=5), body=request_.body if request_.needs_digest else None
    )

    assert result.parameters["keyid"] == key.key_id
    assert result.parameters["alg"] == ("ed25519" if key is ED25519 else "rsa-v1_5-sha256")
    sent.method = "PUT"
    with pytest.raises(independent.InvalidSignature):
        verifier.verify(sent)


@pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
@pytest.mark.parametrize("request_", REQUESTS, ids=["post", "empty-post", "get", "odd-get"])
def test_we_verify_what_an_independent_implementation_signs(key: PrivateKey, request_: Message) -> None:
    sent = Request(request_.method, request_.target_uri, dict(request_.headers))
    signer = independent.HTTPMessageSigner(signature_algorithm=ALGORITHMS[key.kind], key_resolver=resolver(key))
    signer.sign(
        sent,
        key_id=key.key_id,
        created=datetime.fromtimestamp(NOW / 1_000, tz=UTC),
        covered_component_ids=("@method", "@target-uri", "@authority", "@scheme", "@path", "@query", "@request-target"),
        body=request_.body if request_.needs_digest else None,
    )

    message = received(request_, headers=sent.headers, origin=request_.origin)
    claim = rfc9421.read(message, window=WINDOW)

    key.public.verify(claim.bases[0], claim.signature, algorithm=claim.algorithm)
    assert (claim.key_id, claim.created) == (key.key_id, NOW)


def test_our_own_signature_ends_after_five_minutes_and_is_ours_alone() -> None:
    first, second = (rfc9421.sign(post(), private_key=ED25519, now_ms=NOW) for _ in range(2))

    parameters = parse_dictionary("Signature-Input", text=first["Signature-Input"])["sig1"][1]
    assert parameters["expires"] == parameters["created"] + 300
    assert parameters["tag"] == "fedgov"
    assert len(parameters["nonce"]) >= 22
    assert first["Signature"] != second["Signature"]


def test_a_claim_carries_nonce_tag_and_times() -> None:
    added = rfc9421.sign(post(), private_key=ED25519, now_ms=NOW, nonce="n")

    claim = rfc9421.read(received(post(), headers=added), window=WINDOW)

    assert (claim.nonce, claim.tag, claim.created, claim.expires) == ("n", "fedgov", NOW, NOW + 300_000)
    assert (claim.scheme, claim.covers_query) == ("rfc9421", True)


SUFFICIENT = f'("@method" "@target-uri" "content-digest");created={NOW // 1000};keyid="k"'
INSUFFICIENT = f'("@method" "content-digest");created={NOW // 1000};keyid="other"'


def claimed(inputs: str, *, signatures: str = "a=:AAAA:, b=:BBBB:") -> Message:
    """A POST with this Signature-Input, not really signed."""
    digest = rfc9421.sign(post(), private_key=ED25519, now_ms=NOW)["Content-Digest"]
    return received(
        post(), headers={"Content-Digest": digest, "Signature-Input": inputs, "Signature": signatures, "X-More": "1"}
    )


def test_sig_18_the_first_label_that_is_sufficient_alone_counts() -> None:
    for inputs, signature in (
        (f"a={SUFFICIENT}, b={INSUFFICIENT}", b"\0\0\0"),
        (f"b={INSUFFICIENT}, a={SUFFICIENT}", b"\0\0\0"),
        (f"c={SUFFICIENT}, b={SUFFICIENT}", b"\x04\x10\x41"),
    ):
        claim = rfc9421.read(claimed(inputs), window=WINDOW)

        assert (claim.key_id, claim.signature) == ("k", signature)


def test_sig_18_a_claim_is_made_of_the_chosen_label_only() -> None:
    base = rfc9421.read(claimed(f"b={INSUFFICIENT}, a={SUFFICIENT}"), window=WINDOW).bases[0]

    assert base.endswith(f'"@signature-params": {SUFFICIENT}'.encode())


def test_the_lines_of_one_header_are_one_dictionary() -> None:
    message = with_more(claimed(f"b={INSUFFICIENT}"), [("signature-input", f"a={SUFFICIENT}")])

    assert rfc9421.read(message, window=WINDOW).key_id == "k"


CREATED = f";created={NOW // 1000}"
KEY = ';keyid="k"'


@pytest.mark.parametrize(
    "inputs",
    [
        f'a=("@target-uri" "content-digest"){CREATED}{KEY}',
        f'a=("@method" "content-digest"){CREATED}{KEY}',
        f'a=("@method" "@target-uri"){CREATED}{KEY}',
        f'a=("@method" "@authority" "@path" "@query" "content-digest"){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest"){KEY}',
        f'a=("@method" "@target-uri" "content-digest"){CREATED}',
        f"a=(){CREATED}{KEY}",
        f'a=("@method" "@target-uri"){CREATED}{KEY}, b=("content-digest"){CREATED}{KEY}',
        f'a=("@method";req "@target-uri" "content-digest"){CREATED}{KEY}',
        f'a=("@method" "@target-uri";req "content-digest"){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest";bs){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest";sf){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest";key="sha-256"){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest";tr){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest" "x-more";bs){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest" "@query-param";name="x"){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest" "@status"){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest" "@signature-params"){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest" "@method"){CREATED}{KEY}',
        f'a=("@method" "@target-uri" "content-digest" "x-absent"){CREATED}{KEY}',
        f'c=("@method" "@target-uri" "content-digest"){CREATED}{KEY}',
        f"a={SUFFICIENT}, a={SUFFICIENT}",
        f'a={SUFFICIENT};keyid="other"',
        f"a={SUFFICIENT}{CREATED}",
        f'a={SUFFICIENT};alg="hmac-sha256"',
        f'a={SUFFICIENT};alg="none"',
        f'a={SUFFICIENT};alg="ecdsa-p256-sha256"',
        f'a=("@method" "@target-uri" "content-digest"){CREATED};keyid=""',
        "",
    ],
)
def test_sig_18_a_label_that_is_not_sufficient_is_refused(inputs: str) -> None:
    with pytest.raises(UnverifiedError):
        rfc9421.read(claimed(inputs), window=WINDOW)


@pytest.mark.parametrize(
    ("inputs", "signatures"),
    [
        ("a", "a=:AAAA:"),
        ("a=1", "a=:AAAA:"),
        ('a="text"', "a=:AAAA:"),
        (f"a=(@method){CREATED}{KEY}", "a=:AAAA:"),
        (f'a=("@METHOD" "@target-uri" "content-digest"){CREATED}{KEY}', "a=:AAAA:"),
        ('a=("@method" "@target-uri" "content-digest");created=1.5;keyid="k"', "a=:AAAA:"),
        ('a=("@method" "@target-uri" "content-digest");created;keyid="k"', "a=:AAAA:"),
        ('a=("@method" "@target-uri" "content-digest");created="1";keyid="k"', "a=:AAAA:"),
        (f'a=("@method" "@target-uri" "content-digest"){CREATED};keyid=k', "a=:AAAA:"),
        (f'a=("@method" "@target-uri" "content-digest"){CREATED};keyid=:AAAA:', "a=:AAAA:"),
        (f"a={SUFFICIENT};alg=ed25519", "a=:AAAA:"),
        (f"a={SUFFICIENT};expires=?1", "a=:AAAA:"),
        (f"a={SUFFICIENT};nonce=1", "a=:AAAA:"),
        (f"a={SUFFICIENT}", 'a="AAAA"'),
        (f"a={SUFFICIENT}", "a"),
        (f"a={SUFFICIENT}", "a=(:AAAA:)"),
        (f"a={SUFFICIENT}", 'keyId="k",signature="AAAA"'),
        (f"a={SUFFICIENT},", "a=:AAAA:"),
        ("é", "a=:AAAA:"),
        (f"a={SUFFICIENT}" + ' ;x="' + "y" * 9_000 + '"', "a=:AAAA:"),
    ],
)
def test_sig_12_headers_that_break_the_grammar_are_malformed(inputs: str, signatures: str) -> None:
    with pytest.raises(MalformedError):
        rfc9421.read(claimed(inputs, signatures=signatures), window=WINDOW)


def test_a_missing_signature_header_is_refused() -> None:
    with pytest.raises(UnverifiedError):
        rfc9421.read(with_header(claimed(f"a={SUFFICIENT}"), "signature", None), window=WINDOW)


@given(
    st.text(alphabet=st.characters(max_codepoint=255)),
    st.sampled_from(["", "a=", f"a={SUFFICIENT}", f"a={SUFFICIENT};", 'a=("@method" ']),
)
def test_garbage_is_never_more_than_a_refusal(text: str, before: str) -> None:
    for inputs, signatures in ((before + text, "a=:AAAA:"), (f"a={SUFFICIENT}", text)):
        try:
            rfc9421.read(claimed(inputs, signatures=signatures), window=WINDOW)
        except FedgovError as refusal:
            assert refusal.safe


@pytest.mark.parametrize(
    ("value", "algorithms"),
    [
        ('sig1=("@method" "@target-uri");keyid="a";alg="ed25519"', ["ed25519"]),
        ('a=("@method");alg="ecdsa-p256-sha256", b=("@target-uri");alg="rsa-v1_5-sha256"', ["rsa-v1_5-sha256"]),
        ('a=("@method" "content-digest");created;tag="x"', ["rsa-v1_5-sha256"]),
        ('a=("@method" "x-unknown");alg="ed25519"', []),
        ('a=("@method";req);alg="ed25519"', []),
        ("garbage(", []),
        ("a=1", []),
        ("", []),
    ],
)
def test_what_a_peer_asks_for_is_understood_or_ignored(value: str, algorithms: list[str]) -> None:
    # RFC 9421, section 5.1.
    assert rfc9421.wanted_algorithms(value, request=post()) == algorithms


def test_the_digest_that_is_covered_must_fit() -> None:
    added = rfc9421.sign(post(), private_key=ED25519, now_ms=NOW)
    message = received(post(), headers=added)
    assert header(message, "content-digest")

    with pytest.raises(UnverifiedError, match="another body"):
        rfc9421.read(replace(message, body=BODY + b" "), window=WINDOW)
