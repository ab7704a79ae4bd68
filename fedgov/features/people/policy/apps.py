"""What an app may ask for and be told, without a database: scopes, addresses to return to, proof of who asks.

Spec: RFC 6749 (OAuth 2.0), RFC 7636 (PKCE), RFC 9700 (best current practice); Mastodon, "OAuth scopes".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Sequence
from typing import Final
from urllib.parse import urlencode, urlsplit

from fedgov.features.people.vocabulary import OUT_OF_BAND, SCOPES, AppRequest, InvalidScopeError
from fedgov.kernel.clock import DAY, MINUTE
from fedgov.kernel.errors import InvalidError

CODE_LASTS: Final = 10 * MINUTE
"""Milliseconds in which a code can be exchanged for a token (RFC 6749, section 4.1.2)."""
CODE_KEPT: Final = DAY
"""Milliseconds that a code is remembered after that, so that a second use is noticed."""
UNUSED_KEPT: Final = 90 * DAY
"""Milliseconds that a token of an app alone is kept without being used."""
REVOKED_KEPT: Final = 30 * DAY
"""Milliseconds that a revoked token is kept."""
APP_KEPT: Final = 30 * DAY
"""Milliseconds that an app is kept that nobody uses; programs remember for a while what they registered."""
MAX_APP_NAME: Final = 100
MAX_WEBSITE: Final = 2_000
MAX_URIS: Final = 20
MAX_URIS_LENGTH: Final = 8_000

DEFAULT_SCOPES: Final = "read"
_KNOWN: Final = frozenset(SCOPES)
_COVERED_BY_FOLLOW: Final = frozenset(
    f"{verb}:{thing}" for verb in ("read", "write") for thing in ("blocks", "follows", "mutes")
)

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,99}):")
_PLAIN: Final = re.compile(r"[!#-;=?-\[\]_a-z~]+\Z")  # what may stand in a URI (RFC 3986), and so in a header
_AUTHORITY: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?\Z")
_NEVER: Final = frozenset(
    {
        *("about", "blob", "chrome", "data", "feed", "file", "filesystem", "ftp", "intent", "jar", "javascript"),
        *("mailto", "resource", "sms", "tel", "urn", "vbscript", "view-source", "ws", "wss"),
    }
)
"""Schemes that lead to no app, or run something."""
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


# --- scopes -----------------------------------------------------------------------------------------------------


def check_scopes(scopes: str) -> str:
    """Return what a token may be used for, each scope once, in order.

    Args:
        scopes: Separated by spaces, such as ``read write follow push`` or ``read:accounts``.

    Raises:
        InvalidScopeError: There is none, or one that does not exist.
    """
    wanted = tuple(dict.fromkeys(scopes.split()))
    if not wanted or not _KNOWN.issuperset(wanted):
        raise InvalidScopeError(
            "scopes are read, write, follow, push, profile and parts of them, separated by spaces", field="scopes"
        )
    return " ".join(wanted)


def covers(granted: Collection[str], wanted: str) -> bool:
    """Tell whether scopes contain one: ``write`` contains ``write:statuses``, and ``follow`` what it stands for.

    Args:
        granted: What was allowed.
        wanted: One scope.
    """
    if wanted in granted or (wanted in _COVERED_BY_FOLLOW and "follow" in granted):
        return True
    parent, separator, _ = wanted.rpartition(":")
    return bool(separator) and covers(granted, parent)


def demand_within(wanted: str, *, granted: str) -> None:
    """Refuse scopes that go beyond others.

    Args:
        wanted: Separated by spaces.
        granted: Separated by spaces.

    Raises:
        InvalidScopeError: There is one that is not covered.
    """
    known = granted.split()
    if not all(covers(known, scope) for scope in wanted.split()):
        raise InvalidScopeError("the app asks for more than it was registered for", field="scope")


def is_administrative(scope: str) -> bool:
    """Tell whether a scope is worth something in the hands of an administrator only."""
    return scope.startswith("admin:")


def grantable(scopes: str, *, administrator: bool) -> str:
    """Return the scopes that somebody can hand out; nobody gives away what they do not have.

    Args:
        scopes: Separated by spaces.
        administrator: Whether this person looks after the instance.
    """
    return " ".join(scope for scope in scopes.split() if administrator or not is_administrative(scope))


# --- apps -------------------------------------------------------------------------------------------------------


def check_website(website: str) -> str | None:
    """Return the address of an app's website, or None when there is none.

    Raises:
        InvalidError: It is no address of a website.
    """
    address = website.strip()
    if not address:
        return None
    if len(address) > MAX_WEBSITE or not _is_web_address(address):
        raise InvalidError("the website must be an address that begins with https:// or http://", field="website")
    return address


def check_redirect_uris(given: Iterable[str]) -> tuple[str, ...]:
    """Return the addresses that an app may send people back to.

    Args:
        given: One or several URIs each, separated by spaces or line ends.

    Raises:
        InvalidError: There is none, or one to which nobody may be sent.

    Spec: RFC 6749, section 3.1.2; RFC 8252, section 7 (schemes of apps).
    """
    found = tuple(dict.fromkeys(" ".join(given).split()))
    if not found:
        raise InvalidError("name at least one redirect URI", field="redirect_uris")
    if len(found) > MAX_URIS or sum(map(len, found)) > MAX_URIS_LENGTH:
        raise InvalidError("these are too many redirect URIs", field="redirect_uris")
    for uri in found:
        if not _may_lead_to(uri):
            raise InvalidError("a redirect URI must be absolute, and of an app or a website", field="redirect_uris")
    return found


def _may_lead_to(uri: str) -> bool:
    if uri == OUT_OF_BAND:
        return True
    scheme = _SCHEME.match(uri)
    if scheme is None or not _PLAIN.match(uri) or "#" in uri or len(uri) == scheme.end():
        return False
    name = scheme[1].lower()
    return _is_web_address(uri) if name in ("http", "https") else name not in _NEVER


def _is_web_address(uri: str) -> bool:
    if not _PLAIN.match(uri):
        return False
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and _AUTHORITY.match(parts.netloc) is not None


def form_target(redirect_uri: str) -> str:
    """Return what a page's policy must name so that its form can lead to an address; empty when to none.

    Args:
        redirect_uri: Registered, so that nothing but a URI stands in it.

    Spec: Content Security Policy Level 3, ``form-action``.
    """
    if redirect_uri == OUT_OF_BAND:
        return ""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def destination(redirect_uri: str, **parameters: str | None) -> str:
    """Return where a person is sent back to.

    Args:
        redirect_uri: Registered; its own query stays.
        parameters: What the app is told; those that are None are left out.
    """
    told = urlencode({name: value for name, value in parameters.items() if value is not None})
    separator = "" if redirect_uri.endswith(("?", "&")) else "&" if "?" in redirect_uri else "?"
    return f"{redirect_uri}{separator}{told}"


# --- asking -----------------------------------------------------------------------------------------------------


def check_request(request: AppRequest, *, redirect_uris: Sequence[str], scopes: str) -> str:
    """Return the scopes that an app asks for.

    Nobody is sent back with an error: whoever can register an app could lead people anywhere that way.

    Args:
        request: What it asks for.
        redirect_uris: What it registered.
        scopes: What it was registered for.

    Raises:
        InvalidError: The request cannot be answered.
        InvalidScopeError: It asks for what does not exist, or for more than it was registered for.

    Spec: RFC 6749, section 4.1.1; RFC 9700, sections 2.1 and 4.11.2 (WEB-01, WEB-02, WEB-03).
    """
    if request.redirect_uri not in redirect_uris:
        raise InvalidError("the app wants to send you to an address that it did not register", field="redirect_uri")
    if request.response_type != "code":
        raise InvalidError("the app asks in a way that this server does not answer", field="response_type")
    if request.code_challenge or request.code_challenge_method:
        _check_challenge(request)
    wanted = check_scopes(request.scope.strip() or DEFAULT_SCOPES)
    demand_within(wanted, granted=scopes)
    return wanted


def _check_challenge(request: AppRequest) -> None:
    if request.code_challenge_method != "S256":
        raise InvalidError("the app must protect its code with S256", field="code_challenge_method")
    if not _CHALLENGE.match(request.code_challenge):
        raise InvalidError("the app must protect its code with S256", field="code_challenge")


def fits_challenge(verifier: str, *, challenge: str | None) -> bool:
    """Tell whether an app shows the secret whose hash it sent before.

    A secret without a hash does not fit either: somebody may have taken the hash away (RFC 9700, section 2.1.1).

    Args:
        verifier: The secret; empty for none.
        challenge: Its SHA-256 as base64url without padding; None when there was none.

    Spec: RFC 7636, section 4.6.
    """
    if challenge is None:
        return not verifier
    if not _VERIFIER.match(verifier):
        return False
    made = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(made, challenge.encode())
