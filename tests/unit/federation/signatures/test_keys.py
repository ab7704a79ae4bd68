"""Keys: what is accepted, and what would prove nothing."""

from __future__ import annotations

import json
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from hypothesis import given
from hypothesis import strategies as st

from fedgov.federation.signatures import multibase
from fedgov.federation.signatures.keys import (
    ALGORITHMS,
    PublicKey,
    as_algorithm,
    load_multikey,
    load_private_key,
    load_public_key,
)
from fedgov.kernel.errors import FedgovError, MalformedError, UnverifiedError
from tests.unit.federation.signatures.samples import ED25519, RSA
from tests.vectors import vectors

KEY_ID = "https://gouda.example/users/fatima#main-key"


def rsa_pem(*, bits: int = 2_048, exponent: int = 65_537) -> str:
    # A product of primes is not needed to be looked at; only to be signed with.
    numbers = rsa.RSAPublicNumbers(e=exponent, n=2 ** (bits - 1) + 1)
    pem = numbers.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


@pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
def test_a_key_survives_its_pem(key: object) -> None:
    assert key in (RSA, ED25519)
    ours = RSA if key is RSA else ED25519
    again = load_private_key(ours.to_pem(), key_id=ours.key_id, generated_here=True)
    public = load_public_key(ours.public.to_pem(), key_id=ours.key_id)

    public.verify(b"text", again.sign(b"text"))


@pytest.mark.parametrize("algorithm", ALGORITHMS["rsa"])
def test_rsa_signs_in_both_ways(algorithm: str) -> None:
    chosen = as_algorithm(algorithm)
    signature = RSA.sign(b"text", algorithm=chosen)

    RSA.public.verify(b"text", signature, algorithm=chosen)


def test_a_signature_of_one_way_is_refused_in_the_other() -> None:
    with pytest.raises(UnverifiedError):
        RSA.public.verify(b"text", RSA.sign(b"text"), algorithm="rsa-pss-sha512")


@given(st.integers(min_value=0, max_value=63), st.integers(min_value=1, max_value=255))
def test_a_changed_signature_is_refused(position: int, flip: int) -> None:
    signature = bytearray(ED25519.sign(b"text"))
    signature[position] ^= flip
    with pytest.raises(UnverifiedError):
        ED25519.public.verify(b"text", bytes(signature))


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\xff" * 64, b"x" * 100_000])
@pytest.mark.parametrize("public", [RSA.public, ED25519.public], ids=["rsa", "ed25519"])
def test_a_signature_of_another_size_is_refused(public: PublicKey, signature: bytes) -> None:
    with pytest.raises(UnverifiedError):
        public.verify(b"text", signature)


def test_the_algorithm_must_fit_the_key() -> None:
    with pytest.raises(UnverifiedError):
        RSA.public.verify(b"text", RSA.sign(b"text"), algorithm="ed25519")
    with pytest.raises(UnverifiedError):
        ED25519.sign(b"text", algorithm="rsa-v1_5-sha256")


@pytest.mark.parametrize(
    "pem",
    [
        rsa_pem(bits=512),
        rsa_pem(bits=1_024),
        rsa_pem(bits=2_047),
        rsa_pem(bits=8_193),
        rsa_pem(bits=16_384),
        rsa_pem(exponent=3),
        rsa_pem(exponent=65_535),
        rsa_pem(exponent=2**32 + 1),
        rsa_pem(exponent=2**300 + 1),
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    ],
    ids=["512", "1024", "2047", "8193", "16384", "e=3", "e=65535", "e=2^32+1", "e=2^300+1", "P-256"],
)
def test_sig_21_a_weak_or_huge_key_is_refused(pem: str) -> None:
    with pytest.raises(UnverifiedError):
        load_public_key(pem, key_id=KEY_ID)


@pytest.mark.parametrize("bits", [2_048, 4_096, 8_192])
def test_sig_21_keys_of_usual_sizes_are_accepted(bits: int) -> None:
    assert load_public_key(rsa_pem(bits=bits), key_id=KEY_ID).kind == "rsa"


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "no key",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        RSA.public.to_pem().replace("M", "N"),
        RSA.to_pem(),
        "clé " + RSA.public.to_pem(),
        RSA.public.to_pem() + " " * 10_000,
    ],
)
def test_sig_21_a_malformed_pem_is_refused(pem: str) -> None:
    with pytest.raises(MalformedError):
        load_public_key(pem, key_id=KEY_ID)


@given(st.text())
def test_garbage_is_never_more_than_a_refusal(text: str) -> None:
    for load in (load_public_key, load_private_key, load_multikey):
        with pytest.raises(FedgovError):
            load(text, key_id=KEY_ID)


# RFC 8032 curve: the points whose order divides 8, and the two that are written unreduced.
@pytest.mark.parametrize(
    "point",
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ],
)
def test_sig_21_an_ed25519_key_that_fits_every_signature_is_refused(point: str) -> None:
    with pytest.raises(UnverifiedError):
        load_multikey(multibase.encode(b"\xed\x01" + bytes.fromhex(point)), key_id=KEY_ID)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (multibase.encode(b"\xed\x01" + b"\x07" * 31), MalformedError),
        (multibase.encode(b"\xed\x01" + b"\x07" * 33), MalformedError),
        (multibase.encode(b"\x85\x24" + b"\x07" * 33), MalformedError),
        (multibase.encode(b"\x80\x26" + b"\x07" * 32), UnverifiedError),
        (multibase.encode(b"\xed"), UnverifiedError),
        (ED25519.public.to_multikey()[1:], MalformedError),
    ],
    ids=["short", "long", "no-rsa", "private", "prefix-only", "no-base"],
)
def test_a_multikey_of_another_kind_or_size_is_refused(text: str, error: type[FedgovError]) -> None:
    with pytest.raises(error):
        load_multikey(text, key_id=KEY_ID)


def test_a_private_key_is_never_shown() -> None:
    assert "material" not in repr(RSA)
    weak = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)
    pem = weak.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(UnverifiedError) as refusal:
        load_private_key(pem, key_id=KEY_ID)
    assert pem.splitlines()[1] not in str(refusal.value)


def test_the_examples_of_fep_521a_are_read_and_written() -> None:
    text = (vectors("fep-521a") / "fep-521a.feature").read_text()
    keys = re.findall(r'hex string "([0-9a-f]+)"', text)
    multikeys = [json.loads(block)["publicKeyMultibase"] for block in re.findall(r'"""\n(.*?)"""', text, re.DOTALL)]
    assert len(keys) == len(multikeys) == 2
    ed25519, pkcs1 = (load_multikey(value, key_id=KEY_ID) for value in multikeys)

    assert ed25519.material.public_bytes(Encoding.Raw, PublicFormat.Raw).hex() == keys[0]
    assert pkcs1.material == load_der_public_key(bytes.fromhex(keys[1]))
    assert [ed25519.to_multikey(), pkcs1.to_multikey()] == multikeys


def test_the_keys_of_rfc_9421_are_read_also_in_the_older_pem() -> None:
    folder = vectors("rfc9421-keys")
    older = (folder / "test-key-rsa.pem").read_text()
    assert older.startswith("-----BEGIN RSA PUBLIC KEY-----")
    for name, kind in (("test-key-rsa", "rsa"), ("test-key-ed25519", "ed25519")):
        private = load_private_key((folder / f"{name}.key").read_text(), key_id=name)
        public = load_public_key((folder / f"{name}.pem").read_text(), key_id=name)

        assert private.kind == public.kind == kind
        public.verify(b"text", private.sign(b"text"))
