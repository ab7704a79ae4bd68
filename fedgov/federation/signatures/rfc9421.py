"""HTTP Message Signatures, RFC 9421, for requests.

We implement what ActivityPub servers use: whole fields and the components
derived from the request line. A component with parameters (``;req``, ``;bs``,
``;sf``, ``;key``, ``;tr``) is refused rather than guessed.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fedgov.federation.signatures.claim import SignatureClaim, Window, demand_key_id
from fedgov.federation.signatures.digest import check_content_digest, check_digest, content_digest_header
from fedgov.federation.signatures.keys import ALGORITHMS, Algorithm, PrivateKey, as_algorithm
from fedgov.federation.signatures.message import Message
from fedgov.federation.signatures.structured import Member, parse_dictionary, serialise
from fedgov.kernel.clock import SECOND
from fedgov.kernel.errors import MalformedError, UnverifiedError

LIFETIME_SECONDS: Final = 300
TAG: Final = "fedgov"
LABEL: Final = "sig1"

_DERIVED: Final[dict[str, Callable[[Message], str]]] = {
    "@method": lambda message: message.method,
    "@target-uri": lambda message: message.target_uri,
    "@authority": lambda message: message.authority,
    "@scheme": lambda message: message.scheme,
    "@request-target": lambda message: message.request_target,
    "@path": lambda message: message.path,
    "@query": lambda message: "?" + message.query,
}

_PARAMETERS: Final[tuple[tuple[str, type, bool], ...]] = (
    ("created", int, True),
    ("keyid", str, True),
    ("expires", int, False),
    ("nonce", str, False),
    ("alg", str, False),
    ("tag", str, False),
)
"""Name, type and whether we demand it (RFC 9421, section 2.3)."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One label: what it says, and the raw signature under it."""

    components: tuple[str, ...]
    parameters: dict[str, Any]
    member: Member
    signature: bytes


def is_signed(message: Message) -> bool:
    """Tell whether there is anything of this scheme to check."""
    return any(name == "signature-input" for name, _ in message.headers)


def sign(
    request: Message,
    *,
    private_key: PrivateKey,
    now_ms: int,
    nonce: str | None = None,
    tag: str | None = TAG,
    components: Sequence[str] | None = None,
) -> dict[str, str]:
    """Sign a request that we are about to send.

    Args:
        request: The request.
        private_key: Key of the actor who sends.
        now_ms: The time, in milliseconds since the epoch.
        nonce: None makes a random one.
        tag: What the signature is for; None leaves it out.
        components: What to cover; None takes what every receiver demands.

    Returns:
        Headers to add: Content-Digest (where covered), Signature-Input, Signature.

    Raises:
        UnverifiedError: A component is not there, or not one that we implement.

    Spec: RFC 9421, section 3.1.
    """
    covered = tuple(components or _required(request))
    added: dict[str, str] = {}
    if "content-digest" in covered:
        added["Content-Digest"] = content_digest_header(request.body)
    created = now_ms // SECOND
    parameters: dict[str, Any] = {
        "created": created,
        "expires": created + LIFETIME_SECONDS,
        "keyid": private_key.key_id,
        "alg": ALGORITHMS[private_key.kind][0],
        "nonce": nonce or secrets.token_urlsafe(16),
    }
    if tag is not None:
        parameters["tag"] = tag
    member = serialise(([(name, {}) for name in covered], parameters))
    headers = request.headers + tuple((name.lower(), value) for name, value in added.items())
    base = _base(replace(request, headers=headers), components=covered, signature_params=member)
    signature = base64.b64encode(private_key.sign(base)).decode("ascii")
    return added | {"Signature-Input": f"{LABEL}={member}", "Signature": f"{LABEL}=:{signature}:"}


def read(message: Message, *, window: Window) -> SignatureClaim:
    """Read the signature of an incoming request and demand all that needs no key.

    Of several labels the first one that is sufficient alone counts, and nothing
    of the others: what one signature covers is never added to another.

    Args:
        message: The request.
        window: How old the signature may be.

    Raises:
        MalformedError: A header cannot be read.
        UnverifiedError: Too little is covered, something is covered that we do not
            implement, the digest belongs to another body, or it is too old.

    Spec: RFC 9421, section 3.2.
    """
    chosen = _choose(message)
    created = chosen.parameters["created"] * SECOND
    expires = chosen.parameters.get("expires")
    expires_ms = None if expires is None else expires * SECOND
    window.demand(created=created, expires=expires_ms)
    _demand_digests(message, chosen.components)
    base = _base(message, components=chosen.components, signature_params=serialise(chosen.member))
    algorithm = chosen.parameters.get("alg")
    return SignatureClaim(
        scheme="rfc9421",
        key_id=demand_key_id(chosen.parameters["keyid"]),
        signature=chosen.signature,
        bases=(base,),
        created=created,
        algorithm=None if algorithm is None else as_algorithm(algorithm),
        expires=expires_ms,
        nonce=chosen.parameters.get("nonce"),
        tag=chosen.parameters.get("tag"),
    )


def signature_base(message: Message, member: Member) -> bytes:
    """Return the bytes that a signature is made of.

    Args:
        message: The request.
        member: One member of a parsed Signature-Input dictionary: the inner list
            of components with its parameters.

    Raises:
        UnverifiedError: A component is not there, twice, or not implemented.

    Spec: RFC 9421, section 2.5.
    """
    return _base(message, components=_components(member), signature_params=serialise(member))


def wanted_algorithms(accept_signature: str, *, request: Message) -> list[Algorithm]:
    """Tell with which algorithms a peer wants a request like this to be signed.

    Args:
        accept_signature: The Accept-Signature header of its answer.
        request: The request that it answered.

    Returns:
        In the peer's order; empty when it asks for what we do not do, or cannot be read.

    Spec: RFC 9421, section 5.1.
    """
    try:
        members = parse_dictionary("Accept-Signature", text=accept_signature)
        wishes = [(_components(member), member[1].get("alg")) for member in members.values()]
    except (MalformedError, UnverifiedError):
        return []
    possible = set(_required(request)) | {name for name, _ in request.headers} | set(_DERIVED)
    wanted: list[Algorithm] = []
    for components, name in wishes:
        algorithm = "rsa-v1_5-sha256" if name is None else as_algorithm(str(name))
        if algorithm is not None and algorithm not in wanted and possible.issuperset(components):
            wanted.append(algorithm)
    return wanted


def _required(message: Message) -> tuple[str, ...]:
    return ("@method", "@target-uri", *(("content-digest",) if message.needs_digest else ()))


def _choose(message: Message) -> _Candidate:
    inputs = parse_dictionary("Signature-Input", text=", ".join(message.values("signature-input")))
    signatures = parse_dictionary("Signature", text=", ".join(message.values("signature")))
    refusal = UnverifiedError("the request has no signature that belongs to its Signature-Input")
    for label, member in inputs.items():
        if label not in signatures:
            continue
        try:
            return _candidate(message, member, signature=signatures[label][0])
        except UnverifiedError as error:
            refusal = error
    raise refusal


def _candidate(message: Message, member: Member, *, signature: object) -> _Candidate:
    """Return the label when it is sufficient alone."""
    components = _components(member)
    missing = [name for name in _required(message) if name not in components]
    if missing:
        raise UnverifiedError(f"the signature does not cover {', '.join(missing)}")
    parameters = member[1]
    for name, kind, required in _PARAMETERS:
        value = parameters.get(name)
        if value is None and required:
            raise UnverifiedError(f"the signature lacks {name}")
        if value is not None and type(value) is not kind:
            raise MalformedError(f"the parameter {name} of the signature is malformed")
    if "alg" in parameters and as_algorithm(parameters["alg"]) is None:
        raise UnverifiedError("the signature algorithm is not accepted", detail=parameters["alg"])
    if not isinstance(signature, bytes):
        raise MalformedError("the signature is not a byte sequence")
    return _Candidate(components=components, parameters=parameters, member=member, signature=signature)


def _components(member: Member) -> tuple[str, ...]:
    items = member[0]
    if not isinstance(items, list):
        raise MalformedError("the Signature-Input header is malformed")
    names: list[str] = []
    for name, parameters in items:
        if type(name) is not str or name != name.lower():
            raise MalformedError("the Signature-Input header is malformed")
        if parameters:
            raise UnverifiedError("the signature covers a part of a component", detail=f"{name};{parameters}")
        if name.startswith("@") and name not in _DERIVED:
            raise UnverifiedError("the signature covers something that is not implemented", detail=name)
        if name in names:
            raise UnverifiedError("the signature covers something twice", detail=name)
        names.append(name)
    return tuple(names)


def _base(message: Message, *, components: Sequence[str], signature_params: str) -> bytes:
    lines = [f'"{name}": {_value(message, name)}' for name in components]
    lines.append(f'"@signature-params": {signature_params}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError:
        raise UnverifiedError("the signature covers text that is not ASCII") from None


def _value(message: Message, name: str) -> str:
    derived = _DERIVED.get(name)
    return message.covered(name) if derived is None else derived(message)


def _demand_digests(message: Message, components: Sequence[str]) -> None:
    if "content-digest" in components:
        check_content_digest(message.covered("content-digest"), body=message.body)
    if "digest" in components:
        check_digest(message.covered("digest"), body=message.body)
