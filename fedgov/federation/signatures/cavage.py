"""draft-cavage-http-signatures-12, what most of the fediverse signs with.

The draft never became a standard, so where it is silent or nobody follows it,
we do what its users do; each such place says so.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fedgov.federation.signatures.claim import MAX_HEADER_LENGTH, SignatureClaim, Window, demand_key_id
from fedgov.federation.signatures.digest import check_content_digest, check_digest, digest_header
from fedgov.federation.signatures.httpdate import format_http_date, parse_http_date
from fedgov.federation.signatures.keys import Algorithm, PrivateKey
from fedgov.federation.signatures.message import Message
from fedgov.kernel import uris
from fedgov.kernel.clock import SECOND
from fedgov.kernel.errors import MalformedError, UnverifiedError

GET_HEADERS: Final = ("(request-target)", "host", "date")
POST_HEADERS: Final = ("(request-target)", "host", "date", "digest", "content-type")

_PARAMETER: Final = re.compile(r'[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(?:"([^"\\]*)"|([0-9]+))[ \t]*(?:,|\Z)')
# The draft also allows decimals in (expires); nobody sends them.
_SECONDS: Final = re.compile(r"[0-9]{1,12}\Z")
_AUTHORIZATION: Final = "signature "
# hs2019 says "look at the key". On paper it means RSA-PSS with SHA-512; everyone
# who writes it signs PKCS #1 v1.5 with SHA-256, and so we leave it to the key.
_ALGORITHMS: Final[dict[str, Algorithm | None]] = {
    "rsa-sha256": "rsa-v1_5-sha256",
    "ed25519": "ed25519",
    "hs2019": None,
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one Signature header, as written.

    Args:
        key_id: URI of the key.
        signature: Raw signature.
        headers: Lower-case names of what is covered, in order.
        algorithm: As written, lower-case; None when absent.
        created: In milliseconds since the epoch; None when absent.
        expires: In milliseconds since the epoch; None when absent.
    """

    key_id: str
    signature: bytes
    headers: tuple[str, ...]
    algorithm: str | None
    created: int | None
    expires: int | None


def is_signed(message: Message) -> bool:
    """Tell whether there is anything of this scheme to check."""
    return any(
        name == "signature" or (name == "authorization" and value[: len(_AUTHORIZATION)].lower() == _AUTHORIZATION)
        for name, value in message.headers
    )


def sign(
    request: Message,
    *,
    private_key: PrivateKey,
    now_ms: int,
    headers: Sequence[str] | None = None,
    empty_digest: bool = False,
    with_query: bool = True,
) -> dict[str, str]:
    """Sign a request that we are about to send.

    Args:
        request: The request; a POST has its Content-Type already.
        private_key: Key of the actor who sends.
        now_ms: The time, in milliseconds since the epoch.
        headers: What to cover; None takes what every known server accepts.
        empty_digest: A GET also covers the digest of its empty body.
        with_query: Whether the request target includes the query string.

    Returns:
        Headers to add: Host, Date, Digest (where covered) and Signature.

    Raises:
        ValueError: A header to cover is not there. That is a bug of ours.

    Spec: draft-cavage-http-signatures-12, section 3.
    """
    covered = list(headers or (POST_HEADERS if request.needs_digest else GET_HEADERS))
    if empty_digest and "digest" not in covered:
        covered.append("digest")
    added = {"host": request.authority, "date": format_http_date(now_ms)}
    if "digest" in covered:
        added["digest"] = digest_header(request.body)
    values = dict(request.headers) | added
    lines = {"(request-target)": _request_target(request, with_query=with_query)}
    missing = [name for name in covered if name not in values and name not in lines]
    if missing:
        raise ValueError(f"cannot sign headers that are not sent: {missing}")
    base = _signing_string([(name, lines.get(name) or values[name]) for name in covered])
    signature = base64.b64encode(private_key.sign(base)).decode("ascii")
    algorithm = "rsa-sha256" if private_key.kind == "rsa" else "hs2019"
    value = (
        f'keyId="{private_key.key_id}",algorithm="{algorithm}",headers="{" ".join(covered)}",signature="{signature}"'
    )
    return {name.title(): text for name, text in added.items()} | {"Signature": value}


def read(message: Message, *, window: Window) -> SignatureClaim:
    """Read the signature of an incoming request and demand all that needs no key.

    Args:
        message: The request.
        window: How old the signature may be.

    Raises:
        MalformedError: A header cannot be read.
        UnverifiedError: Too little is covered, the digest belongs to another body,
            the request was meant for another host, or it is too old.

    Spec: draft-cavage-http-signatures-12, sections 2 and 4.
    """
    parameters = parse(_header(message))
    algorithm = _accepted_algorithm(parameters)
    _demand_coverage(message, parameters)
    _demand_our_host(message)
    times = _times(message, parameters)
    for time in times:
        window.demand(created=time, expires=parameters.expires)
    _demand_digests(message, parameters)
    variants = (True, False) if message.method == "GET" and message.query else (True,)
    return SignatureClaim(
        scheme="cavage",
        key_id=parameters.key_id,
        signature=parameters.signature,
        bases=tuple(signing_string(message, parameters, with_query=with_query) for with_query in variants),
        created=min(times),
        algorithm=algorithm,
        expires=parameters.expires,
    )


def parse(header: str) -> Parameters:
    """Read the parameters of a Signature header.

    Raises:
        MalformedError: It breaks the grammar, or is longer than 8 KB.
        UnverifiedError: A parameter is missing, or there twice: one reader
            could check the first and another believe the last.

    Spec: draft-cavage-http-signatures-12, section 2.1.
    """
    if len(header) > MAX_HEADER_LENGTH:
        raise MalformedError("the Signature header is too long")
    found = _split(header)
    if "keyid" not in found or "signature" not in found:
        raise UnverifiedError("the signature lacks keyId or signature")
    # Without the parameter the draft means "(created)" alone, which covers too little anyway.
    headers = tuple(found.get("headers", "(created)").lower().split(" "))
    if "" in headers or len(set(headers)) != len(headers):
        raise UnverifiedError("the signature covers nothing, or something twice")
    return Parameters(
        key_id=demand_key_id(found["keyid"]),
        signature=_base64(found["signature"]),
        headers=headers,
        algorithm=found["algorithm"].lower() if "algorithm" in found else None,
        created=_milliseconds(found.get("created")),
        expires=_milliseconds(found.get("expires")),
    )


def signing_string(message: Message, parameters: Parameters, *, with_query: bool = True) -> bytes:
    """Return the bytes that the sender must have signed.

    Args:
        message: The request.
        parameters: What its Signature header says.
        with_query: Whether the request target includes the query string.

    Raises:
        UnverifiedError: Something is covered that is not there.

    Spec: draft-cavage-http-signatures-12, section 2.3.
    """
    return _signing_string(
        [(name, _value(message, parameters, name, with_query=with_query)) for name in parameters.headers]
    )


def _header(message: Message) -> str:
    signature = message.single("signature")
    authorization = message.single("authorization")
    if authorization is None or authorization[: len(_AUTHORIZATION)].lower() != _AUTHORIZATION:
        if signature is None:
            raise UnverifiedError("the request is not signed")
        return signature
    if signature is not None:
        raise UnverifiedError("the request is signed twice")
    return authorization[len(_AUTHORIZATION) :]


def _split(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None:
            raise MalformedError("the Signature header is malformed")
        # Spelling does not make two of them: keyId and keyid are the same trap.
        name = match[1].lower()
        if name in found:
            raise UnverifiedError("the Signature header says something twice", detail=name)
        found[name] = match[2] if match[2] is not None else match[3]
        position = match.end()
    return found


def _accepted_algorithm(parameters: Parameters) -> Algorithm | None:
    if parameters.algorithm is None:
        return None
    if parameters.algorithm not in _ALGORITHMS:
        raise UnverifiedError("the signature algorithm is not accepted", detail=parameters.algorithm)
    # The draft forbids these two with rsa-*; Mastodon refuses them as well, so
    # no peer depends on them.
    if parameters.algorithm.startswith("rsa") and {"(created)", "(expires)"} & set(parameters.headers):
        raise UnverifiedError("rsa-sha256 does not go with (created) or (expires)")
    return _ALGORITHMS[parameters.algorithm]


def _demand_coverage(message: Message, parameters: Parameters) -> None:
    required = {"(request-target)", "host"} | ({"digest"} if message.needs_digest else set())
    missing = sorted(required.difference(parameters.headers))
    if not {"date", "(created)"} & set(parameters.headers):
        missing.append("date")
    if missing:
        raise UnverifiedError(f"the signature does not cover {', '.join(missing)}")


def _demand_our_host(message: Message) -> None:
    host = message.single("host")
    if host is None:
        raise UnverifiedError("the Host header is missing")
    if host != message.authority and uris.normalise_host(host, scheme=message.scheme) != message.authority:
        raise UnverifiedError("the request was signed for another host", detail=host[:100])


def _demand_digests(message: Message, parameters: Parameters) -> None:
    if "digest" in parameters.headers:
        check_digest(message.covered("digest"), body=message.body)
    if "content-digest" in parameters.headers:
        check_content_digest(message.covered("content-digest"), body=message.body)


def _times(message: Message, parameters: Parameters) -> list[int]:
    """Return the covered times; each of them must be fresh."""
    times = []
    if "date" in parameters.headers:
        date = parse_http_date(message.covered("date"))
        if date is None:
            raise UnverifiedError("the Date header cannot be read")
        times.append(date)
    if "(created)" in parameters.headers:
        if parameters.created is None:
            raise UnverifiedError("the signature covers (created) without having it")
        times.append(parameters.created)
    return times


def _value(message: Message, parameters: Parameters, name: str, *, with_query: bool) -> str:
    if name == "(request-target)":
        return _request_target(message, with_query=with_query)
    if name == "(created)" and parameters.created is not None:
        return str(parameters.created // SECOND)
    if name == "(expires)" and parameters.expires is not None:
        return str(parameters.expires // SECOND)
    return message.covered(name)


def _request_target(message: Message, *, with_query: bool) -> str:
    target = message.request_target if with_query else message.path
    return f"{message.method.lower()} {target}"


def _signing_string(lines: Sequence[tuple[str, str]]) -> bytes:
    return "\n".join(f"{name}: {value}" for name, value in lines).encode("latin-1")


def _milliseconds(text: str | None) -> int | None:
    if text is None:
        return None
    if not _SECONDS.match(text):
        raise MalformedError("the Signature header has a time that cannot be read")
    return int(text) * SECOND


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("the signature is not base64") from None
