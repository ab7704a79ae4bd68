"""A form counts only when it came from a page of ours (WEB-04).

The token is a salt and an HMAC of it, keyed by a secret of the session, so it
differs on every page (a compressed page gives nothing away). A visitor without
a session, who logs in or registers, gets such a secret in a cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Final, cast
from urllib.parse import urlsplit

from quart import Response, g, request

from fedgov.kernel.errors import ForbiddenError
from fedgov.web.desk import current_desk
from fedgov.web.session import API_PREFIXES, cookie_name, current_visitor, set_cookie

FIELD: Final = "csrf"
HEADER: Final = "X-CSRF-Token"
_PURPOSE: Final = "form"
_SALT: Final = 16
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class StaleFormError(ForbiddenError):
    """The form is not from a page of ours, or from one of an ended session."""

    code = "stale_form"


def make_token(secret: str) -> str:
    """Return a token for one form.

    Args:
        secret: The session's secret, or that of the visitor's cookie.
    """
    salt = secrets.token_bytes(_SALT)
    return urlsafe_b64encode(salt + _mac(secret, salt)).decode()


def is_valid(token: str, *, secret: str) -> bool:
    """Tell whether this token was made with this secret."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return False
    return hmac.compare_digest(raw[_SALT:], _mac(secret, raw[:_SALT]))


def _mac(secret: str, salt: bytes) -> bytes:
    return hmac.digest(secret.encode(), salt, hashlib.sha256)


async def token_maker() -> Callable[[], str]:
    """Return what gives each form of the page that is being made its token.

    Only a page that really has a form gives a visitor a cookie.
    """
    secret = await _secret()

    def make() -> str:
        if secret:
            return make_token(secret)
        if not hasattr(g, "new_form_secret"):
            g.new_form_secret = secrets.token_urlsafe(32)
        return make_token(g.new_form_secret)

    return make


async def _secret() -> str:
    visitor = await current_visitor()
    if visitor is not None:
        return visitor.csrf_secret
    if hasattr(g, "new_form_secret"):
        return cast("str", g.new_form_secret)
    return request.cookies.get(cookie_name(current_desk(), purpose=_PURPOSE), "")[:200]


async def check_request() -> None:
    """Refuse a change that did not come from a page of ours; for every request, before its view.

    Paths where a bearer token is shown instead of a cookie are left alone.

    Raises:
        StaleFormError: No token, a wrong one, or the browser says that another site sent it.
    """
    if request.method in _SAFE_METHODS or request.path.startswith(API_PREFIXES):
        return
    if request.routing_exception is not None:
        return  # nothing answers to this: 404 and 405 say more than a refused form
    if _comes_from_elsewhere():
        raise StaleFormError("the form was sent by another site")
    secret = await _secret()
    token = request.headers.get(HEADER) or (await request.form).get(FIELD, "")
    if not secret or not is_valid(token, secret=secret):
        raise StaleFormError("the form is not valid any more")


def _comes_from_elsewhere() -> bool:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    return urlsplit(origin).netloc not in {request.headers.get("Host", ""), current_desk().site.domain}


def remember_visitor(response: Response) -> None:
    """Give a visitor the cookie that belongs to the form on this page; for every answer."""
    secret = getattr(g, "new_form_secret", None)
    if secret is not None:
        set_cookie(response, desk=current_desk(), value=secret, max_age=None, purpose=_PURPOSE)
