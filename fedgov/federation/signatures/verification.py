"""The one entrance for incoming signatures: first read, then check.

Between the two the caller finds the key. So nothing is fetched for a request
that would be refused anyway: unsigned, stale, meant for another host, covering
too little, or carrying another body than its digest says.
"""

from __future__ import annotations

from dataclasses import dataclass

from fedgov.federation.signatures import cavage, rfc9421
from fedgov.federation.signatures.claim import MAX_AGE, MAX_SKEW, Scheme, SignatureClaim, Window
from fedgov.federation.signatures.keys import PublicKey
from fedgov.federation.signatures.message import Message
from fedgov.kernel.errors import UnverifiedError

__all__ = ["CheckedSignature", "Scheme", "SignatureClaim", "check", "is_signed", "read_signature"]


@dataclass(frozen=True, slots=True)
class CheckedSignature:
    """A signature that this key made over this request.

    Args:
        key_id: The key.
        kind: ``rsa`` or ``ed25519``.
        scheme: ``cavage`` or ``rfc9421``.
        with_query: False when only the request without its query string was signed:
            it identifies a host for public resources and gives nobody's rights.
    """

    key_id: str
    kind: str
    scheme: Scheme
    with_query: bool


def is_signed(message: Message) -> bool:
    """Tell whether the request carries a signature of any scheme, good or bad."""
    return rfc9421.is_signed(message) or cavage.is_signed(message)


def read_signature(
    message: Message, *, now_ms: int, max_age_ms: int = MAX_AGE, max_skew_ms: int = MAX_SKEW
) -> SignatureClaim:
    """Read a request's signature and demand everything that needs no key.

    A request with a Signature-Input header is read by RFC 9421 and nothing else;
    any other by draft-cavage-12.

    Args:
        message: The request.
        now_ms: The time, in milliseconds since the epoch.
        max_age_ms: Oldest signature that counts; 5 minutes for closed content.
        max_skew_ms: How far the sender's clock may be ahead.

    Raises:
        MalformedError: A header cannot be read.
        UnverifiedError: Unsigned, or the signature is refused whatever its key.

    Spec: RFC 9421, section 3.2; draft-cavage-http-signatures-12, section 2.
    """
    window = Window(now_ms=now_ms, max_age_ms=max_age_ms, max_skew_ms=max_skew_ms)
    if rfc9421.is_signed(message):
        return rfc9421.read(message, window=window)
    return cavage.read(message, window=window)


def check(claim: SignatureClaim, public_key: PublicKey, *, accept_without_query: bool = False) -> CheckedSignature:
    """Return when this key made the signature.

    Args:
        claim: What `read_signature` gave.
        public_key: The key with the claim's key id.
        accept_without_query: Also try a GET without its query string, as Mobilizon
            and GoToSocial sign it. Ask for this only where `with_query` is looked at.

    Raises:
        UnverifiedError: It did not, or it is another key.
    """
    if public_key.key_id != claim.key_id:
        raise UnverifiedError("the key is not the one that signed", detail=f"{public_key.key_id} for {claim.key_id}")
    try:
        public_key.verify(claim.bases[0], claim.signature, algorithm=claim.algorithm)
        with_query = True
    except UnverifiedError:
        if claim.covers_query or not accept_without_query:
            raise
        public_key.verify(claim.bases[1], claim.signature, algorithm=claim.algorithm)
        with_query = False
    return CheckedSignature(key_id=claim.key_id, kind=public_key.kind, scheme=claim.scheme, with_query=with_query)
