"""draft-cavage-http-signatures-12: its own examples, and how it is read."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from fedgov.federation.signatures import cavage
from fedgov.federation.signatures.claim import Window
from fedgov.federation.signatures.keys import PublicKey
from fedgov.federation.signatures.message import Message
from fedgov.kernel.errors import FedgovError, MalformedError, UnverifiedError
from tests.unit.federation.signatures.samples import ED25519, NOW, OUTBOX, RSA, get, header, post, received
from tests.vectors import vectors

WINDOW = Window(now_ms=NOW)


def test_the_signatures_of_appendix_c_fit_our_signing_strings() -> None:
    given_ = json.loads((vectors("cavage") / "appendix-c.json").read_text())
    path, _, query = given_["target"].partition("?")
    message = Message(
        method=given_["method"],
        origin="https://example.com",
        path=path,
        query=query,
        headers=tuple(given_["headers"].items()),
        body=given_["body"].encode(),
    )
    # This key has 1,024 bits, so `load_public_key` would rightly refuse it.
    material: Any = load_pem_public_key(given_["public_pem"].encode())
    public = PublicKey(key_id="test", kind="rsa", material=material)
    assert len(given_["cases"]) == 3
    for case in given_["cases"]:
        parameters = cavage.parse(f'keyId="test",headers="{case["headers"]}",signature="{case["signature"]}"')

        public.verify(cavage.signing_string(message, parameters), parameters.signature)
        with pytest.raises(UnverifiedError):
            public.verify(cavage.signing_string(message, parameters) + b"\n", parameters.signature)


def read_message(path: Path) -> Message:
    head, _, body = path.read_text().partition("\n\n")
    first, *lines = head.splitlines()
    method, target, _ = first.split(" ")
    target_path, _, query = target.partition("?")
    headers = tuple((name.lower(), value) for name, _, value in (line.partition(":") for line in lines))
    return Message(
        method=method,
        origin="https://example.com",
        path=target_path,
        query=query,
        headers=headers,
        body=body.encode(),
    )


@pytest.mark.parametrize("name", ["rsa-signed", "ed25519-signed"])
def test_messages_of_the_w3c_test_suite_have_the_signing_string_of_the_draft(name: str) -> None:
    # Only the text: the signatures in these files fit no text that we could think of.
    message = read_message(vectors("cavage") / f"{name}.httpMessage")
    parameters = cavage.parse(header(message, "authorization").partition(" ")[2])

    assert cavage.signing_string(message, parameters) == (
        b"host: example.com\ndigest: SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
    )


def test_no_message_of_the_w3c_test_suite_covers_enough_for_us() -> None:
    names = sorted(path.name for path in vectors("cavage").glob("*.httpMessage"))
    assert len(names) == 17
    for name in names:
        with pytest.raises(FedgovError):
            cavage.read(read_message(vectors("cavage") / name), window=WINDOW)


def test_duplicate_parameters_of_the_w3c_test_suite_are_refused_for_that_reason() -> None:
    message = read_message(vectors("cavage") / "duplicate-parameters.httpMessage")
    with pytest.raises(UnverifiedError, match="twice"):
        cavage.parse(header(message, "authorization").partition(" ")[2])


def test_a_header_without_content_is_signed_as_name_colon_space() -> None:
    message = read_message(vectors("cavage") / "zero-length.httpMessage")
    parameters = cavage.parse('keyId="test",headers="zero host",signature="AAAA"')

    assert cavage.signing_string(message, parameters) == b"zero: \nhost: example.com"


def test_repeated_headers_are_joined() -> None:
    message = Message(method="GET", origin="https://a.example", path="/", headers=(("via", "1"), ("via", " 2 ")))
    parameters = cavage.parse('keyId="test",headers="via",signature="AAAA"')

    assert cavage.signing_string(message, parameters) == b"via: 1, 2"


def test_a_post_covers_what_every_known_server_accepts() -> None:
    added = cavage.sign(post(), private_key=RSA, now_ms=NOW)

    parameters = cavage.parse(added["Signature"])
    assert set(added) == {"Host", "Date", "Digest", "Signature"}
    assert parameters.headers == ("(request-target)", "host", "date", "digest", "content-type")
    assert (parameters.key_id, parameters.algorithm) == (RSA.key_id, "rsa-sha256")


def test_a_get_covers_the_query_and_no_digest() -> None:
    added = cavage.sign(get(), private_key=RSA, now_ms=NOW)

    parameters = cavage.parse(added["Signature"])
    assert parameters.headers == ("(request-target)", "host", "date")
    string = cavage.signing_string(received(get(), headers=added), parameters)
    assert string == (
        b"(request-target): get /users/bram/outbox?page=true\nhost: delft.example\ndate: " + added["Date"].encode()
    )


def test_a_get_for_lemmy_covers_the_digest_of_its_empty_body() -> None:
    added = cavage.sign(get(), private_key=RSA, now_ms=NOW, empty_digest=True)

    assert added["Digest"] == "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert cavage.parse(added["Signature"]).headers[-1] == "digest"


def test_signing_a_header_that_is_not_sent_is_a_bug() -> None:
    with pytest.raises(ValueError, match="x-missing"):
        cavage.sign(get(), private_key=RSA, now_ms=NOW, headers=["(request-target)", "x-missing"])


def signed_with(parameters: str, *, covered: str, created: int = NOW // 1000) -> Message:
    """A GET signed by Ed25519 with these extra parameters."""
    request = get()
    message = received(request, headers={"Date": "Fri, 17 Mar 2030 17:46:40 GMT"})
    header_value = f'keyId="{ED25519.key_id}",{parameters}headers="{covered}",signature="AAAA"'
    base = cavage.signing_string(message, cavage.parse(header_value))
    signature = base64.b64encode(ED25519.sign(base)).decode()
    return received(
        request,
        headers={
            "Date": "Fri, 17 Mar 2030 17:46:40 GMT",
            "Signature": header_value.replace("AAAA", signature),
        },
    )


@pytest.mark.parametrize("algorithm", ['algorithm="hs2019",', 'algorithm="ed25519",', ""])
@pytest.mark.parametrize("quote", ["", '"'])
def test_created_and_expires_are_read_when_the_algorithm_is_left_to_the_key(algorithm: str, quote: str) -> None:
    seconds = NOW // 1000
    message = signed_with(
        f"{algorithm}created={quote}{seconds}{quote},expires={quote}{seconds + 9}{quote},",
        covered="(request-target) host (created) (expires)",
    )

    claim = cavage.read(message, window=WINDOW)

    ED25519.public.verify(claim.bases[0], claim.signature, algorithm=claim.algorithm)
    assert (claim.created, claim.expires) == (NOW, NOW + 9_000)


def test_the_signature_may_be_in_the_authorization_header() -> None:
    added = cavage.sign(get(), private_key=RSA, now_ms=NOW)
    value = added.pop("Signature")

    claim = cavage.read(received(get(), headers={**added, "Authorization": f"Signature {value}"}), window=WINDOW)

    RSA.public.verify(claim.bases[0], claim.signature)


def test_a_bearer_token_is_no_signature() -> None:
    message = received(get(), headers={"Authorization": "Bearer abc"})
    assert not cavage.is_signed(message)
    with pytest.raises(UnverifiedError, match="not signed"):
        cavage.read(message, window=WINDOW)


def test_two_signatures_in_two_headers_are_refused() -> None:
    added = cavage.sign(get(), private_key=RSA, now_ms=NOW)
    message = received(get(), headers={**added, "Authorization": f"Signature {added['Signature']}"})
    with pytest.raises(UnverifiedError, match="twice"):
        cavage.read(message, window=WINDOW)


@pytest.mark.parametrize("host", ["delft.example", "DELFT.example", "delft.example:443", "delft.example."])
def test_our_host_is_known_in_any_spelling(host: str) -> None:
    message = received(get(OUTBOX), headers={**cavage.sign(get(OUTBOX), private_key=RSA, now_ms=NOW), "Host": host})

    assert f"host: {host}\n".encode() in cavage.read(message, window=WINDOW).bases[0]


@pytest.mark.parametrize(
    "text",
    [
        "Signature",
        "keyId",
        'keyId="a" signature="AAAA"',
        'keyId="a";signature="AAAA"',
        'keyId="a\\"b",signature="AAAA"',
        'keyId="a",signature="AAAA',
        'keyId="a",signature="****"',
        'keyId="a",signature="AAAA",created=soon',
        'keyId="a",signature="AAAA",created="-1"',
        'keyId="a",signature="AAAA",created=1.5',
        'keyId="a",signature="AAAA",expires=99999999999999999999',
        'keyId="a",signature="AAAA",headers="é" x',
        'keyId="' + "a" * 9_000 + '",signature="AAAA"',
    ],
)
def test_sig_12_a_header_that_breaks_the_grammar_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        cavage.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        'signature="AAAA"',
        'keyId="a"',
        'keyId="",signature="AAAA"',
        'keyId="' + "a" * 3_000 + '",signature="AAAA"',
        'keyId="a",signature="AAAA",headers=""',
        'keyId="a",signature="AAAA",headers="date  host"',
        'keyId="a",signature="AAAA",headers="date host date"',
    ],
)
def test_sig_12_a_header_that_says_too_little_is_refused(text: str) -> None:
    with pytest.raises(UnverifiedError):
        cavage.parse(text)


@pytest.mark.parametrize("twice", ['keyId="b"', 'keyid="b"', 'signature="BBBB"', 'headers="host"', 'x="1",X="2"'])
def test_sig_11_a_parameter_that_is_there_twice_is_refused(twice: str) -> None:
    with pytest.raises(UnverifiedError, match="twice"):
        cavage.parse(f'keyId="a",headers="date",signature="AAAA",{twice}')


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_garbage_is_never_more_than_a_refusal(text: str) -> None:
    with pytest.raises(FedgovError):
        cavage.read(received(get(), headers={"Signature": text}), window=WINDOW)
