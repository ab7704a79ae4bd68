"""Digests of the body, over raw bytes."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedgov.federation.signatures.digest import (
    check_content_digest,
    check_digest,
    content_digest_header,
    digest_header,
)
from fedgov.kernel.errors import FedgovError, MalformedError, UnverifiedError

BODY = b'{"hello": "world"}'
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
SHA512 = base64.b64encode(hashlib.sha512(BODY).digest()).decode()
OTHER = base64.b64encode(hashlib.sha256(b"other").digest()).decode()


def test_the_empty_body_has_the_digest_that_lemmy_wants() -> None:
    assert digest_header(b"") == "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_the_body_of_the_cavage_draft_has_its_digest() -> None:
    # draft-cavage-http-signatures-12, appendix C.
    assert digest_header(BODY) == "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="


def test_the_body_of_rfc_9421_fits_its_content_digest() -> None:
    # RFC 9421, appendix B.2.
    check_content_digest(
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        body=BODY,
    )


@given(st.binary())
def test_a_digest_fits_its_own_body(body: bytes) -> None:
    check_digest(digest_header(body), body=body)
    check_content_digest(content_digest_header(body), body=body)


@given(st.binary(min_size=1), st.data())
def test_a_digest_for_another_body_is_refused(body: bytes, data: st.DataObject) -> None:
    changed = bytearray(body)
    changed[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(UnverifiedError):
        check_digest(digest_header(body), body=bytes(changed))
    with pytest.raises(UnverifiedError):
        check_content_digest(content_digest_header(body), body=bytes(changed))


def test_sig_06_the_same_json_written_differently_is_another_body() -> None:
    with pytest.raises(UnverifiedError):
        check_digest(f"SHA-256={SHA256}", body=b'{"hello":"world"}')


@pytest.mark.parametrize(
    "value",
    [
        f"SHA-256={SHA256}",
        f"sha-256={SHA256}",
        f"Sha-256={SHA256}",
        f"SHA-512={SHA512}",
        f"SHA-256={SHA256},SHA-512={SHA512}",
        f"unixsum=30637 , SHA-256={SHA256}",
        f"MD5=AAAA,SHA-256={SHA256}",
    ],
)
def test_known_algorithms_count_in_any_spelling(value: str) -> None:
    check_digest(value, body=BODY)


@pytest.mark.parametrize(
    "value",
    [
        f"SHA-256={OTHER}",
        f"SHA-256={SHA256},SHA-512={OTHER}",
        f"SHA-256={OTHER},SHA-256={SHA256}",
        f"SHA-256={SHA256},SHA-256={OTHER}",
        "SHA-256=",
        f"SHA-256={SHA256[:-8]}",
        f"SHA={SHA256}",
        "MD5=AAAA",
        "unixsum=30637",
    ],
)
def test_every_known_value_must_fit_and_one_must_be_known(value: str) -> None:
    with pytest.raises(FedgovError):
        check_digest(value, body=BODY)


@pytest.mark.parametrize("value", ["", ",", "SHA-256", "SHA-256=*", "SHA-256=é", f"SHA-256={SHA256}," + "x" * 9_000])
def test_a_malformed_digest_is_malformed(value: str) -> None:
    with pytest.raises(MalformedError):
        check_digest(value, body=BODY)


@pytest.mark.parametrize(
    "value",
    [
        f"sha-256=:{OTHER}:",
        f"sha-256=:{SHA256}:, sha-512=:{OTHER}:",
        f"sha-256=:{OTHER}:, sha-256=:{SHA256}:",
        f"sha-256=:{SHA256}:, sha-256=:{SHA256}:",
        f"md5=:{SHA256}:",
        "",
        f'sha-256="{SHA256}"',
        f"sha-256={SHA256}",
        "sha-256",
        "sha-256=(1 2)",
        f"SHA-256=:{SHA256}:",
        f"sha-256=:{SHA256}:é",
        f"sha-256=:{SHA256}:," + " " * 9_000,
    ],
)
def test_a_content_digest_that_does_not_fit_is_refused(value: str) -> None:
    with pytest.raises(FedgovError):
        check_content_digest(value, body=BODY)


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_garbage_is_never_more_than_a_refusal(text: str) -> None:
    for check in (check_digest, check_content_digest):
        with pytest.raises(FedgovError):
            check(text, body=BODY)
