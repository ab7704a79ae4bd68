"""Object integrity proofs: the W3C's own values, and what is no proof."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fedgov.federation.signatures import multibase
from fedgov.federation.signatures.keys import PrivateKey, generate_ed25519, load_multikey
from fedgov.federation.signatures.proofs import add_proof, canonical_json, read_proof, verify_proof
from fedgov.kernel.clock import HOUR, from_rfc3339
from fedgov.kernel.errors import FedgovError, MalformedError, UnverifiedError
from tests.unit.federation.signatures.samples import ED25519, NOW, RSA
from tests.vectors import vectors

NOTE: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"],
    "id": "https://gouda.example/posts/1",
    "type": "Note",
    "attributedTo": "https://gouda.example/users/fatima",
    "content": "<p>Goedemorgen, 👋 hoe gaat het?</p>",
    "likes": 1,
}


def signed_note(**changes: object) -> dict[str, Any]:
    """The note with its proof, and then changed."""
    return add_proof(NOTE, private_key=ED25519, created_ms=NOW) | changes


def with_proof(**changes: object) -> dict[str, Any]:
    """The note with a proof of which members were changed; None takes one away."""
    document = signed_note()
    proof = document["proof"] | changes
    return document | {"proof": {name: value for name, value in proof.items() if value is not None}}


def test_what_we_state_is_verified() -> None:
    document = signed_note()

    claim = verify_proof(document, public_key=ED25519.public)

    assert (claim.verification_method, claim.created) == (ED25519.key_id, NOW)
    assert document["proof"]["created"] == "2030-03-17T17:46:40Z"
    assert "proof" not in NOTE


def test_a_proof_survives_the_way_over_the_wire() -> None:
    verify_proof(orjson.loads(orjson.dumps(signed_note())), public_key=ED25519.public)


def test_an_older_proof_is_replaced() -> None:
    document = add_proof(signed_note(), private_key=ED25519, created_ms=NOW + HOUR)

    assert verify_proof(document, public_key=ED25519.public).created == NOW + HOUR


def test_only_an_ed25519_key_makes_proofs() -> None:
    with pytest.raises(UnverifiedError):
        add_proof(NOTE, private_key=RSA, created_ms=NOW)


def test_every_value_of_the_w3c_example_is_ours() -> None:
    folder = vectors("eddsa-jcs-2022-w3c")
    example = folder / "eddsa-jcs-2022"
    pair = json.loads((folder / "keyPair.json").read_text())
    public_text = pair["publicKeyMultibase"]
    key_id = f"did:key:{public_text}#{public_text}"
    private = PrivateKey(
        key_id=key_id,
        kind="ed25519",
        material=Ed25519PrivateKey.from_private_bytes(multibase.decode(pair["privateKeyMultibase"])[2:]),
    )
    unsigned = json.loads((folder / "unsigned.json").read_text())
    created = from_rfc3339("2023-02-24T23:36:38Z")
    assert created is not None

    document = add_proof(unsigned, private_key=private, created_ms=created)

    assert document == json.loads((example / "signedJCS.json").read_text())
    assert document["proof"]["proofValue"] == (example / "sigBTC58JCS.txt").read_text().strip()
    assert multibase.decode(document["proof"]["proofValue"]).hex() == (example / "sigHexJCS.txt").read_text().strip()
    assert canonical_json(unsigned) == (example / "canonDocJCS.txt").read_bytes().strip()
    options = json.loads((example / "proofConfigJCS.json").read_text())
    assert canonical_json(options) == (example / "proofCanonJCS.txt").read_bytes().strip()
    private.public.verify(
        bytes.fromhex((example / "combinedHashJCS.txt").read_text().strip()),
        multibase.decode(document["proof"]["proofValue"]),
    )
    verify_proof(document, public_key=load_multikey(public_text, key_id=key_id))


@pytest.mark.parametrize("name", ["signedProofSet1", "signedProofSet2", "signedProofChain1", "signedProofChain2"])
def test_proofs_of_another_cryptosuite_count_as_none(name: str) -> None:
    document = json.loads((vectors("eddsa-jcs-2022-w3c") / "proof-set-chain" / f"{name}.json").read_text())
    assert document["proof"]
    assert read_proof(document) is None


def test_of_several_proofs_the_first_of_our_cryptosuite_counts() -> None:
    ours = signed_note()["proof"]
    foreign = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z1"}

    verify_proof(signed_note(proof=[foreign, "text", ours]), public_key=ED25519.public)


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_canonical_form_is_that_of_rfc_8785(name: str) -> None:
    folder = vectors("jcs-rfc8785")
    value = orjson.loads((folder / "input" / f"{name}.json").read_bytes())

    assert canonical_json(value).hex(" ").split() == (folder / "outhex" / f"{name}.txt").read_text().split()
    assert canonical_json(value) == (folder / "output" / f"{name}.json").read_bytes().strip()


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [2**53, -(2**53), 10**400, float("nan"), float("inf"), "\ud800", {"\udfff": 1}, {1: 2}, object(), nested(100_000)],
    ids=["2^53", "-2^53", "10^400", "NaN", "inf", "surrogate", "surrogate-key", "number-key", "object", "deep"],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(UnverifiedError):
        canonical_json(value)
    with pytest.raises(UnverifiedError):
        verify_proof(signed_note(extra=value), public_key=ED25519.public)


# --- LD-07 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"content": "<p>Goedemorgen</p>"},
        {"likes": 2},
        {"likes": 1.5},
        {"likes": True},
        {"likes": "1"},
        {"extra": None},
        {"@context": ["https://www.w3.org/ns/activitystreams"]},
        {"@context": NOTE["@context"][::-1]},
        {"@context": "https://www.w3.org/ns/activitystreams"},
        {"@context": None},
        {"id": "https://gouda.example/posts/2"},
    ],
)
def test_ld_07_a_changed_document_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnverifiedError):
        verify_proof(signed_note(**changes), public_key=ED25519.public)


@pytest.mark.parametrize("name", [name for name in NOTE if name != "@context"])
def test_ld_07_a_document_with_something_left_out_is_refused(name: str) -> None:
    document = signed_note()
    del document[name]
    with pytest.raises(UnverifiedError):
        verify_proof(document, public_key=ED25519.public)


def test_ld_07_one_and_one_point_zero_are_the_same_number() -> None:
    # RFC 8785, section 3.2.2.3: JSON has one kind of number, so this changes nothing.
    verify_proof(signed_note(likes=1.0), public_key=ED25519.public)


@pytest.mark.parametrize(
    "changes",
    [
        {"proofPurpose": "authentication"},
        {"proofPurpose": None},
        {"proofPurpose": ["assertionMethod"]},
        {"verificationMethod": "https://delft.example/users/bram#ed25519-key"},
        {"verificationMethod": "http://gouda.example/users/fatima#ed25519-key"},
        {"verificationMethod": "https://gouda.example:8443/users/fatima#ed25519-key"},
        {"verificationMethod": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"},
        {"verificationMethod": "https://gouda.example/users/other#ed25519-key"},
        {"previousProof": "urn:uuid:1"},
        {"created": "2030-03-17T17:46:41Z"},
        {"created": None},
        {"extra": 1},
        {"@context": None},
        {"@context": NOTE["@context"][:1]},
        {"proofValue": multibase.encode(b"\0" * 64)},
        {"proofValue": multibase.encode(b"") + "1"},
    ],
)
def test_ld_07_a_changed_proof_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnverifiedError):
        verify_proof(with_proof(**changes), public_key=ED25519.public)


@pytest.mark.parametrize(
    "changes",
    [
        {"verificationMethod": None},
        {"verificationMethod": {"id": ED25519.key_id}},
        {"proofValue": None},
        {"proofValue": 1},
        {"proofValue": "u1234"},
        {"proofValue": "z" + "1" * 5_000},
        {"created": "yesterday"},
        {"created": 5},
        {"expires": "never"},
    ],
)
def test_ld_07_a_proof_that_breaks_its_format_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        read_proof(with_proof(**changes))


@pytest.mark.parametrize("changes", [{"type": "Ed25519Signature2020"}, {"cryptosuite": "eddsa-rdfc-2022"}])
def test_a_proof_of_another_kind_counts_as_none(changes: dict[str, Any]) -> None:
    assert read_proof(with_proof(**changes)) is None
    with pytest.raises(UnverifiedError, match="no proof"):
        verify_proof(with_proof(**changes), public_key=ED25519.public)


@pytest.mark.parametrize("proof", [None, "text", 5, [], {}, [[]], [None]])
def test_what_is_no_proof_counts_as_none(proof: object) -> None:
    assert read_proof(NOTE | {"proof": proof}) is None


def test_ld_07_another_key_of_that_name_is_refused() -> None:
    with pytest.raises(UnverifiedError):
        verify_proof(signed_note(), public_key=generate_ed25519(ED25519.key_id).public)
    with pytest.raises(UnverifiedError, match="not the one"):
        verify_proof(signed_note(), public_key=generate_ed25519("https://gouda.example/users/other#key").public)


def test_a_context_that_was_added_at_the_end_changes_nothing() -> None:
    # W3C vc-di-eddsa, section 3.3.2: the document's context starts with that of the proof.
    verify_proof(
        signed_note(**{"@context": [*NOTE["@context"], {"x": "https://x.example/"}]}), public_key=ED25519.public
    )


def test_a_proof_without_its_own_context_signs_that_of_the_document() -> None:
    plain = {name: value for name, value in NOTE.items() if name != "@context"}
    document = add_proof(plain, private_key=ED25519, created_ms=NOW)
    assert "@context" not in document["proof"]

    verify_proof(document, public_key=ED25519.public)
    with pytest.raises(UnverifiedError):
        verify_proof(document | {"@context": "https://www.w3.org/ns/activitystreams"}, public_key=ED25519.public)


def signed_with(**changes: object) -> dict[str, Any]:
    """The note with a proof that was really made with these options."""
    options = {name: value for name, value in signed_note()["proof"].items() if name != "proofValue"} | changes
    data = hashlib.sha256(canonical_json(options)).digest() + hashlib.sha256(canonical_json(NOTE)).digest()
    return NOTE | {"proof": options | {"proofValue": multibase.encode(ED25519.sign(data))}}


def test_options_that_we_do_not_know_are_signed_as_well() -> None:
    verify_proof(signed_with(nonce="1", id="urn:uuid:1"), public_key=ED25519.public)


def test_an_expired_proof_is_refused_where_that_is_asked() -> None:
    document = signed_with(expires="2030-03-17T18:46:40Z")

    verify_proof(document, public_key=ED25519.public)
    verify_proof(document, public_key=ED25519.public, now_ms=NOW)
    with pytest.raises(UnverifiedError, match="expired"):
        verify_proof(document, public_key=ED25519.public, now_ms=NOW + HOUR)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"proofPurpose": "authentication"}, "purpose"),
        ({"proofPurpose": "capabilityInvocation"}, "purpose"),
        ({"previousProof": "urn:uuid:1"}, "chains"),
        ({"verificationMethod": "https://delft.example/users/bram#ed25519-key"}, "origin"),
        ({"verificationMethod": "http://gouda.example/users/fatima#ed25519-key"}, "origin"),
        ({"verificationMethod": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"}, "origin"),
    ],
)
def test_ld_07_a_genuine_signature_does_not_make_up_for_wrong_options(changes: dict[str, str], reason: str) -> None:
    named = replace(ED25519.public, key_id=changes.get("verificationMethod", ED25519.key_id))
    with pytest.raises(UnverifiedError, match=reason):
        verify_proof(signed_with(**changes), public_key=named)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_whatever_is_stated_is_verified(document: dict[str, Any]) -> None:
    try:
        stated = add_proof(document, private_key=ED25519, created_ms=NOW)
    except UnverifiedError:
        return
    before = copy.deepcopy(stated)
    verify_proof(stated, public_key=ED25519.public)
    assert stated == before


@given(st.dictionaries(st.sampled_from(["proof", "@context", "id", "type"]), JSON), JSON)
def test_garbage_is_never_more_than_a_refusal(document: dict[str, Any], proof: object) -> None:
    for candidate in (document, document | {"proof": proof}, with_proof() | document, with_proof(created=proof)):
        try:
            verify_proof(candidate, public_key=ED25519.public)
        except FedgovError as refusal:
            assert refusal.safe
