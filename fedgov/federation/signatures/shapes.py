"""How a request to a host is signed, and what to try when the host says no.

Which shape a host needs is found out by knocking, and remembered by the caller.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from fedgov.federation.signatures import cavage, rfc9421
from fedgov.federation.signatures.keys import Algorithm, PrivateKey
from fedgov.federation.signatures.message import Message


class Shape(StrEnum):
    """A way to sign; the values are stored."""

    CAVAGE = "cavage"
    """For unknown hosts: some accept RFC 9421 and drop the message afterwards (snac)."""
    CAVAGE_DIGEST = "cavage-digest"
    """A GET also covers the digest of its empty body (Lemmy)."""
    CAVAGE_NO_QUERY = "cavage-no-query"
    """The request target is signed without the query string (Mobilizon, GoToSocial)."""
    RFC9421_RSA = "rfc9421-rsa"
    """Mastodon 4.5 and later."""
    RFC9421_ED25519 = "rfc9421-ed25519"
    """Between instances of fedgov, and hosts that show it."""


FIRST: Final = Shape.CAVAGE
"""What an unknown host gets."""

_AFTER_CAVAGE: Final = (
    Shape.CAVAGE,
    Shape.CAVAGE_DIGEST,
    Shape.CAVAGE_NO_QUERY,
    Shape.RFC9421_RSA,
    Shape.RFC9421_ED25519,
)
# A host that was known to want RFC 9421 most likely still does, with another key.
_AFTER_RFC9421: Final = (
    Shape.RFC9421_RSA,
    Shape.RFC9421_ED25519,
    Shape.CAVAGE,
    Shape.CAVAGE_DIGEST,
    Shape.CAVAGE_NO_QUERY,
)
_BY_ALGORITHM: Final[dict[Algorithm, Shape]] = {
    "rsa-v1_5-sha256": Shape.RFC9421_RSA,
    "ed25519": Shape.RFC9421_ED25519,
}


def sign(shape: Shape, request: Message, *, rsa: PrivateKey, ed25519: PrivateKey | None, now_ms: int) -> dict[str, str]:
    """Sign a request in the shape that a host needs.

    RSA takes 260 µs: call this outside the event loop.

    Args:
        shape: The shape.
        request: The request, made by `message.outgoing`.
        rsa: RSA key of the actor who sends.
        ed25519: Ed25519 key of the same actor; None when it has none.
        now_ms: The time, in milliseconds since the epoch.

    Returns:
        Headers to add to the request.

    Raises:
        ValueError: The shape needs a key that is not there. That is a bug of ours.

    Spec: draft-cavage-http-signatures-12; RFC 9421.
    """
    if shape is Shape.RFC9421_ED25519:
        if ed25519 is None:
            raise ValueError("this shape needs an Ed25519 key")
        return rfc9421.sign(request, private_key=ed25519, now_ms=now_ms)
    if shape is Shape.RFC9421_RSA:
        return rfc9421.sign(request, private_key=rsa, now_ms=now_ms)
    return cavage.sign(
        request,
        private_key=rsa,
        now_ms=now_ms,
        empty_digest=shape is Shape.CAVAGE_DIGEST,
        with_query=shape is not Shape.CAVAGE_NO_QUERY,
    )


def next_shape(current: Shape, tried: Collection[Shape] = (), *, request: Message | None = None) -> Shape | None:
    """Return how to knock again after a 401 or 403; None when nothing is left.

    Args:
        current: What the host just refused.
        tried: What it refused before.
        request: The request; shapes that would sign it exactly as one already
            tried are left out.
    """
    refused = {current, *tried}
    order = _AFTER_RFC9421 if current in (Shape.RFC9421_RSA, Shape.RFC9421_ED25519) else _AFTER_CAVAGE
    for shape in order:
        if shape not in refused and _differs(shape, request):
            return shape
    return None


def shape_for(accept_signature: str, *, request: Message) -> Shape | None:
    """Return the shape that a host asks for; None when we do not have it.

    Args:
        accept_signature: The Accept-Signature header of its answer.
        request: The request that it answered.

    Spec: RFC 9421, section 5.
    """
    for algorithm in rfc9421.wanted_algorithms(accept_signature, request=request):
        shape = _BY_ALGORITHM.get(algorithm)
        if shape is not None:
            return shape
    return None


def _differs(shape: Shape, request: Message | None) -> bool:
    if request is None:
        return True
    if shape is Shape.CAVAGE_DIGEST:
        return not request.needs_digest
    if shape is Shape.CAVAGE_NO_QUERY:
        return bool(request.query)
    return True
