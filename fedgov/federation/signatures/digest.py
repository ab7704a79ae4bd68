"""Digests of the body: the older `Digest` and today's `Content-Digest`.

Always over the raw bytes. A digest of JSON that was parsed and written again
proves nothing about what was sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Final

from fedgov.federation.signatures.claim import MAX_HEADER_LENGTH
from fedgov.federation.signatures.structured import parse_dictionary
from fedgov.kernel.errors import MalformedError, UnverifiedError

_HASHES: Final[dict[str, Callable[[bytes], Any]]] = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
"""The algorithms that count, under their lower-case names. MD5, SHA-1 and checksums prove nothing."""


def digest_header(body: bytes) -> str:
    """Return the value of `Digest`.

    Spec: RFC 3230, section 4.3.2; RFC 5843.
    """
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def content_digest_header(body: bytes) -> str:
    """Return the value of `Content-Digest`.

    Spec: RFC 9530, section 2.
    """
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode('ascii')}:"


def check_digest(value: str, *, body: bytes) -> None:
    """Return when a `Digest` header belongs to this body.

    Args:
        value: The header: one or more ``algorithm=base64``, divided by commas.
        body: The raw bytes that were received.

    Raises:
        MalformedError: It is not a Digest header.
        UnverifiedError: It belongs to another body, or names no algorithm that counts.

    Spec: RFC 3230, section 4.3.2.
    """
    if len(value) > MAX_HEADER_LENGTH:
        raise MalformedError("the Digest header is too long")
    stated: list[tuple[str, bytes]] = []
    for item in value.split(","):
        name, separator, encoded = item.strip().partition("=")
        if not separator:
            raise MalformedError("the Digest header is malformed")
        algorithm = name.strip().lower()
        if algorithm in _HASHES:
            stated.append((algorithm, _base64(encoded.strip())))
    _demand_all(stated, body=body)


def check_content_digest(value: str, *, body: bytes) -> None:
    """Return when a `Content-Digest` header belongs to this body.

    Args:
        value: The header, a structured dictionary.
        body: The raw bytes that were received.

    Raises:
        MalformedError: It is not a Content-Digest header.
        UnverifiedError: It belongs to another body, or names no algorithm that counts.

    Spec: RFC 9530, section 2.
    """
    stated: list[tuple[str, bytes]] = []
    for algorithm, (content, _) in parse_dictionary("Content-Digest", text=value).items():
        if algorithm not in _HASHES:
            continue
        if not isinstance(content, bytes):
            raise MalformedError("the Content-Digest header is malformed")
        stated.append((algorithm, content))
    _demand_all(stated, body=body)


def _demand_all(stated: list[tuple[str, bytes]], *, body: bytes) -> None:
    # Every known value must fit: if one alone were enough, a sender could name
    # two bodies and each reader would see the one it looks for.
    if not stated:
        raise UnverifiedError("the digest names no algorithm that is accepted")
    for algorithm, expected in stated:
        if not hmac.compare_digest(_HASHES[algorithm](body).digest(), expected):
            raise UnverifiedError("the digest belongs to another body")


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("the Digest header is malformed") from None
