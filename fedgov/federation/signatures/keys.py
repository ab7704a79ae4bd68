"""The two kinds of keys of the fediverse: RSA for everyone, Ed25519 for the future.

A key always carries its id, because no decision is ever made about a bare key:
the id is what a signature names, and whoever checked the owner checked that id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from fedgov.federation.signatures import multibase
from fedgov.kernel.errors import MalformedError, UnverifiedError

Kind: TypeAlias = Literal["rsa", "ed25519"]
Algorithm: TypeAlias = Literal["rsa-v1_5-sha256", "rsa-pss-sha512", "ed25519"]
"""Names of the RFC 9421 registry; the older drafts are translated to them."""

ALGORITHMS: Final[dict[Kind, tuple[Algorithm, ...]]] = {
    "rsa": ("rsa-v1_5-sha256", "rsa-pss-sha512"),
    "ed25519": ("ed25519",),
}
"""What each kind of key may do; the first is used when nobody says which."""

MIN_RSA_BITS: Final = 2_048
MAX_RSA_BITS: Final = 8_192
"""Verifying grows with the square of the size: a huge key is a way to keep us busy."""

_MIN_EXPONENT: Final = 65_537
_MAX_EXPONENT: Final = 2**32
_MAX_PEM_LENGTH: Final = 8_192
_ED25519_MULTICODEC: Final = b"\xed\x01"
_RSA_MULTICODEC: Final = b"\x85\x24"
_PRIME: Final = 2**255 - 19
_ORDER_8_Y: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
# Points of small order. With one of these as public key, one signature fits
# almost any message, so "this key said so" would prove nothing. The sign bit
# is masked off before comparing, and 1 and 0 may also be written as p+1 and p.
_SMALL_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        _PRIME - 1,
        _PRIME,
        _PRIME + 1,
        _ORDER_8_Y,
        _PRIME - _ORDER_8_Y,
    }
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that passed our demands; keep it to avoid parsing it again.

    Args:
        key_id: The URI under which signatures name it.
        kind: ``rsa`` or ``ed25519``.
        material: The parsed key.
    """

    key_id: str
    kind: Kind
    material: rsa.RSAPublicKey | Ed25519PublicKey = field(repr=False)

    def verify(self, message: bytes, signature: bytes, *, algorithm: Algorithm | None = None) -> None:
        """Return when the signature is right.

        Args:
            message: The bytes that were signed.
            signature: The raw signature.
            algorithm: What the signature says it is; None takes the usual one of this kind.

        Raises:
            UnverifiedError: It is wrong, or this kind of key cannot make such a signature.

        Spec: RFC 9421, section 3.3; RFC 8017; RFC 8032.
        """
        chosen = _algorithm(self.kind, algorithm)
        try:
            if isinstance(self.material, Ed25519PublicKey):
                self.material.verify(signature, message)
            else:
                self.material.verify(signature, message, *_rsa_scheme(chosen))
        except InvalidSignature:
            raise UnverifiedError("the signature does not fit the key", detail=self.key_id) from None

    def to_pem(self) -> str:
        """Return the SubjectPublicKeyInfo PEM that `publicKeyPem` wants."""
        return self.material.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")

    def to_multikey(self) -> str:
        """Return the value of `publicKeyMultibase`.

        Spec: FEP-521a; W3C Controlled Identifiers, section 2.2.2.
        """
        if isinstance(self.material, Ed25519PublicKey):
            return multibase.encode(_ED25519_MULTICODEC + self.material.public_bytes_raw())
        return multibase.encode(_RSA_MULTICODEC + self.material.public_bytes(Encoding.DER, PublicFormat.PKCS1))


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """One of our own keys.

    Args:
        key_id: The URI under which its public half is served.
        kind: ``rsa`` or ``ed25519``.
        material: The parsed key; never shown.
    """

    key_id: str
    kind: Kind
    material: rsa.RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """The public half, under the same id."""
        return PublicKey(key_id=self.key_id, kind=self.kind, material=self.material.public_key())

    def sign(self, message: bytes, *, algorithm: Algorithm | None = None) -> bytes:
        """Return the raw signature. RSA takes 260 µs: call it outside the event loop.

        Args:
            message: The bytes to sign.
            algorithm: None takes the usual one of this kind.

        Raises:
            UnverifiedError: This kind of key cannot make such a signature.
        """
        chosen = _algorithm(self.kind, algorithm)
        if isinstance(self.material, Ed25519PrivateKey):
            return self.material.sign(message)
        return self.material.sign(message, *_rsa_scheme(chosen))

    def to_pem(self) -> str:
        """Return the unencrypted PKCS#8 PEM; whoever stores it protects it."""
        return self.material.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def generate_rsa(key_id: str) -> PrivateKey:
    """Make an RSA-2048 key. This takes about 100 ms: call it outside the event loop."""
    material = rsa.generate_private_key(public_exponent=_MIN_EXPONENT, key_size=MIN_RSA_BITS)
    return PrivateKey(key_id=key_id, kind="rsa", material=material)


def generate_ed25519(key_id: str) -> PrivateKey:
    """Make an Ed25519 key."""
    return PrivateKey(key_id=key_id, kind="ed25519", material=Ed25519PrivateKey.generate())


def load_private_key(pem: str, *, key_id: str, generated_here: bool = False) -> PrivateKey:
    """Read one of our own keys.

    Args:
        pem: Unencrypted PKCS#8 (or PKCS#1) PEM.
        key_id: The URI under which its public half is served.
        generated_here: We made this key ourselves, so its primes need no check (10 µs
            instead of 36 ms). Never for a key that somebody else handed in.

    Raises:
        MalformedError: It is not a private key.
        UnverifiedError: It is of a kind or strength that we do not use.
    """
    try:
        material = load_pem_private_key(
            pem.encode("ascii"), password=None, unsafe_skip_rsa_key_validation=generated_here
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The library's message may quote the key.
        raise MalformedError("not a readable private key", detail=key_id) from None
    if isinstance(material, rsa.RSAPrivateKey):
        _demand_rsa(material.public_key(), key_id=key_id)
        return PrivateKey(key_id=key_id, kind="rsa", material=material)
    if isinstance(material, Ed25519PrivateKey):
        return PrivateKey(key_id=key_id, kind="ed25519", material=material)
    raise UnverifiedError("keys of this kind are not accepted", detail=key_id)


def load_public_key(pem: str, *, key_id: str) -> PublicKey:
    """Read the `publicKeyPem` of an actor.

    Args:
        pem: SubjectPublicKeyInfo PEM, or the older PKCS#1 one.
        key_id: The URI of the key.

    Raises:
        MalformedError: It is not a public key.
        UnverifiedError: It is too weak, too large, or of another kind.
    """
    if len(pem) > _MAX_PEM_LENGTH:
        raise MalformedError("the public key is too long", detail=key_id)
    try:
        material = load_pem_public_key(pem.strip().encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedError("not a readable public key", detail=f"{key_id}: {error}") from None
    return _public_key(material, key_id=key_id)


def load_multikey(text: str, *, key_id: str) -> PublicKey:
    """Read the `publicKeyMultibase` of an actor's Multikey.

    Args:
        text: ``z`` and the base58btc of the multicodec prefix and the key.
        key_id: The URI of the key.

    Raises:
        MalformedError: It is not a Multikey.
        UnverifiedError: It is too weak, too large, or of another kind.

    Spec: FEP-521a; W3C Controlled Identifiers, section 2.2.2.
    """
    data = multibase.decode(text)
    prefix, raw = data[:2], data[2:]
    try:
        if prefix == _ED25519_MULTICODEC:
            return _public_key(Ed25519PublicKey.from_public_bytes(raw), key_id=key_id)
        if prefix == _RSA_MULTICODEC:
            return _public_key(load_der_public_key(raw), key_id=key_id)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedError("not a readable Multikey", detail=f"{key_id}: {error}") from None
    raise UnverifiedError("keys of this kind are not accepted", detail=f"{key_id}: multicodec {prefix.hex()}")


def _public_key(material: object, *, key_id: str) -> PublicKey:
    if isinstance(material, rsa.RSAPublicKey):
        _demand_rsa(material, key_id=key_id)
        return PublicKey(key_id=key_id, kind="rsa", material=material)
    if isinstance(material, Ed25519PublicKey):
        if int.from_bytes(material.public_bytes_raw(), "little") % 2**255 in _SMALL_ORDER_Y:
            raise UnverifiedError("the public key is too weak", detail=key_id)
        return PublicKey(key_id=key_id, kind="ed25519", material=material)
    raise UnverifiedError("keys of this kind are not accepted", detail=key_id)


def _demand_rsa(material: rsa.RSAPublicKey, *, key_id: str) -> None:
    bits = material.key_size
    exponent = material.public_numbers().e
    if bits < MIN_RSA_BITS:
        raise UnverifiedError("the public key is too weak", detail=f"{key_id}: {bits} bits")
    if bits > MAX_RSA_BITS:
        raise UnverifiedError("the public key is too large", detail=f"{key_id}: {bits} bits")
    if not _MIN_EXPONENT <= exponent <= _MAX_EXPONENT or exponent % 2 == 0:
        raise UnverifiedError("the exponent of the public key is not acceptable", detail=key_id)


def _algorithm(kind: Kind, wanted: Algorithm | None) -> Algorithm:
    allowed = ALGORITHMS[kind]
    if wanted is None:
        return allowed[0]
    if wanted not in allowed:
        raise UnverifiedError("the algorithm does not fit the key", detail=f"{wanted} with an {kind} key")
    return wanted


def _rsa_scheme(algorithm: Algorithm) -> tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]:
    if algorithm == "rsa-pss-sha512":
        # RFC 9421, section 3.3.1 fixes the salt at 64 bytes.
        return padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64), hashes.SHA512()
    return padding.PKCS1v15(), hashes.SHA256()


def as_algorithm(name: str) -> Algorithm | None:
    """Return the name as one of ours, or None when we do not accept that algorithm."""
    known = any(name in names for names in ALGORITHMS.values())
    return cast("Algorithm", name) if known else None
