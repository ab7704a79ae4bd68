"""What a signature says, before anybody knows whether it is true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from fedgov.federation.signatures.keys import Algorithm
from fedgov.kernel.clock import HOUR, MINUTE
from fedgov.kernel.errors import UnverifiedError

Scheme: TypeAlias = Literal["cavage", "rfc9421"]

MAX_HEADER_LENGTH: Final = 8_192
"""Characters of Signature or Signature-Input that are read at all."""

MAX_KEY_ID_LENGTH: Final = 2_048
MAX_AGE: Final = HOUR
MAX_SKEW: Final = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class SignatureClaim:
    """A signature that covers enough and is fresh, but was not checked against a key.

    Args:
        scheme: ``cavage`` (draft-cavage-12) or ``rfc9421``.
        key_id: The URI of the key that is said to have signed.
        signature: The raw signature.
        bases: The bytes that may have been signed. The first has everything; a
            second one, for a GET with a query string, leaves the query out.
        algorithm: What the signature says it is; None when it leaves that to the key.
        created: When it was made, in milliseconds since the epoch.
        expires: From when on it counts no longer; None when it does not say.
        nonce: RFC 9421 only.
        tag: RFC 9421 only.
    """

    scheme: Scheme
    key_id: str
    signature: bytes
    bases: tuple[bytes, ...]
    created: int
    algorithm: Algorithm | None = None
    expires: int | None = None
    nonce: str | None = None
    tag: str | None = None

    @property
    def covers_query(self) -> bool:
        """Whether it is certain already that the query string (if any) is signed.

        False means: it may have been made without the query; only checking it
        with the key tells.
        """
        return len(self.bases) == 1


@dataclass(frozen=True, slots=True)
class Window:
    """How old a signature may be. All in milliseconds.

    Args:
        now_ms: The time of the check.
        max_age_ms: The oldest that is accepted.
        max_skew_ms: How far the sender's clock may be ahead of ours.
    """

    now_ms: int
    max_age_ms: int = MAX_AGE
    max_skew_ms: int = MAX_SKEW

    def demand(self, *, created: int, expires: int | None) -> None:
        """Return when a signature with these times counts now.

        Raises:
            UnverifiedError: Too old, from the future, or expired.
        """
        if created < self.now_ms - self.max_age_ms:
            raise UnverifiedError("the signature is too old")
        if created > self.now_ms + self.max_skew_ms:
            raise UnverifiedError("the signature is from the future")
        # No grace here: who states an end means it, and it bounds replays.
        if expires is not None and expires <= self.now_ms:
            raise UnverifiedError("the signature has expired")


def demand_key_id(key_id: str) -> str:
    """Return the key id when it could be one.

    Raises:
        UnverifiedError: Empty, or longer than any URI that we would fetch.
    """
    if not 0 < len(key_id) <= MAX_KEY_ID_LENGTH:
        raise UnverifiedError("the signature names no usable key")
    return key_id
