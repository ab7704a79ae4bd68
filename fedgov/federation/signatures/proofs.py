"""Object integrity proofs: a signature inside the document that travels with it.

One cryptosuite, `eddsa-jcs-2022`: SHA-256 over the canonical JSON of the proof's
own options, then over that of the document, both signed with Ed25519. No JSON-LD
processing takes part, so no context can change what was signed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from fedgov.federation.signatures import multibase
from fedgov.federation.signatures.keys import PrivateKey, PublicKey
from fedgov.kernel import uris
from fedgov.kernel.clock import SECOND, from_rfc3339, to_rfc3339
from fedgov.kernel.errors import MalformedError, UnverifiedError

CRYPTOSUITE: Final = "eddsa-jcs-2022"
CONTEXT: Final = "https://w3id.org/security/data-integrity/v1"
"""The context that the terms of a proof are from; part of every document that carries one."""

_TYPE: Final = "DataIntegrityProof"
_PURPOSE: Final = "assertionMethod"


@dataclass(frozen=True, slots=True)
class ProofClaim:
    """What a proof says, before anybody knows whether it is true.

    Args:
        verification_method: URI of the key.
        value: The raw signature.
        created: In milliseconds since the epoch; None when it does not say.
        expires: In milliseconds since the epoch; None when it does not say.
        options: The proof without its value, as it was signed.
    """

    verification_method: str
    value: bytes
    created: int | None
    expires: int | None
    options: dict[str, Any]


def add_proof(document: dict[str, Any], *, private_key: PrivateKey, created_ms: int) -> dict[str, Any]:
    """Return a copy of the document with one proof; an older one is replaced.

    Args:
        document: JSON object with its `@context`.
        private_key: Ed25519 key of the actor or organisation that states this.
        created_ms: The time, in milliseconds since the epoch.

    Raises:
        UnverifiedError: The document has no canonical form, or the key is of another kind.

    Spec: FEP-8b32; W3C vc-di-eddsa, section 3.3.1.
    """
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    options: dict[str, Any] = {
        "type": _TYPE,
        "cryptosuite": CRYPTOSUITE,
        "verificationMethod": private_key.key_id,
        "proofPurpose": _PURPOSE,
        # Whole seconds: every implementation reads them.
        "created": to_rfc3339(created_ms - created_ms % SECOND).replace(".000Z", "Z"),
    }
    if "@context" in document:
        options = {"@context": document["@context"], **options}
    value = private_key.sign(_hash_data(unsecured, options=options), algorithm="ed25519")
    return {**unsecured, "proof": {**options, "proofValue": multibase.encode(value)}}


def read_proof(document: dict[str, Any]) -> ProofClaim | None:
    """Return the proof that a document carries; None when it has none of our cryptosuite.

    A proof of a cryptosuite that we do not know counts as none, exactly as if it
    had been left out on the way. Of several proofs the first one that we know counts.

    Args:
        document: JSON object as parsed.

    Raises:
        MalformedError: The proof breaks its own format.
        UnverifiedError: It is made for another purpose, is part of a chain, or names
            a key of another origin than the document.

    Spec: FEP-8b32; W3C vc-data-integrity, section 2.1; FEP-fe34.
    """
    stated = document.get("proof")
    proofs = stated if isinstance(stated, list) else [stated]
    proof = next((proof for proof in proofs if isinstance(proof, dict) and _is_ours(proof)), None)
    if proof is None:
        return None
    if proof.get("proofPurpose") != _PURPOSE:
        raise UnverifiedError("the proof was made for another purpose")
    if "previousProof" in proof:
        raise UnverifiedError("chains of proofs are not accepted")
    method, value = proof.get("verificationMethod"), proof.get("proofValue")
    if not isinstance(method, str) or not isinstance(value, str):
        raise MalformedError("the proof lacks verificationMethod or proofValue")
    _demand_one_origin(document, method=method)
    return ProofClaim(
        verification_method=method,
        value=multibase.decode(value),
        created=_time(proof, "created"),
        expires=_time(proof, "expires"),
        options={name: member for name, member in proof.items() if name != "proofValue"},
    )


def verify_proof(document: dict[str, Any], *, public_key: PublicKey, now_ms: int | None = None) -> ProofClaim:
    """Return the claim when this key made the document's proof.

    That the key belongs to the document's actor, and was valid when we first saw
    this, is for the caller to establish.

    Args:
        document: JSON object as parsed; nothing of it may have been changed.
        public_key: The key named by `verification_method`.
        now_ms: The time, to refuse a proof that has expired; None when that is no question.

    Raises:
        MalformedError: The proof breaks its own format.
        UnverifiedError: There is no proof, or it is not valid.

    Spec: FEP-8b32; W3C vc-di-eddsa, section 3.3.2.
    """
    claim = read_proof(document)
    if claim is None:
        raise UnverifiedError("the document carries no proof")
    if claim.verification_method != public_key.key_id:
        raise UnverifiedError("the key is not the one that the proof names", detail=claim.verification_method)
    if now_ms is not None and claim.expires is not None and claim.expires <= now_ms:
        raise UnverifiedError("the proof has expired")
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if "@context" in claim.options:
        _demand_context(document.get("@context"), signed=claim.options["@context"])
        unsecured["@context"] = claim.options["@context"]
    public_key.verify(_hash_data(unsecured, options=claim.options), claim.value, algorithm="ed25519")
    return claim


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Return the one canonical form of a JSON value.

    Raises:
        UnverifiedError: It has none: a number beyond 2⁵³, half a character, or too deep.

    Spec: RFC 8785.
    """
    try:
        return rfc8785.dumps(value)
    except (ValueError, RecursionError) as error:
        raise UnverifiedError("the document has no canonical form", detail=str(error)) from None


def _hash_data(unsecured: dict[str, Any], *, options: dict[str, Any]) -> bytes:
    return hashlib.sha256(canonical_json(options)).digest() + hashlib.sha256(canonical_json(unsecured)).digest()


def _is_ours(proof: dict[str, Any]) -> bool:
    return proof.get("type") == _TYPE and proof.get("cryptosuite") == CRYPTOSUITE


def _demand_one_origin(document: dict[str, Any], *, method: str) -> None:
    # Without this, a key on one server could speak for documents of another one.
    identifier = document.get("id")
    if isinstance(identifier, str) and uris.is_http_uri(identifier) and not uris.same_origin(identifier, method):
        raise UnverifiedError("the proof's key is of another origin than the document", detail=method[:200])


def _demand_context(stated: object, *, signed: object) -> None:
    whole = stated if isinstance(stated, list) else [stated]
    start = signed if isinstance(signed, list) else [signed]
    # Compared canonically: Python takes 1, 1.0 and True for the same.
    if canonical_json(whole[: len(start)]) != canonical_json(start):
        raise UnverifiedError("the document has another context than its proof")


def _time(proof: dict[str, Any], name: str) -> int | None:
    stated = proof.get(name)
    if stated is None:
        return None
    milliseconds = from_rfc3339(stated) if isinstance(stated, str) else None
    if milliseconds is None:
        raise MalformedError(f"the proof has a time that cannot be read: {name}")
    return milliseconds
