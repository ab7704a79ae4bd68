"""Who is at the desk: a random token in a cookie, of which only the hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final, cast

from quart import Response, g, request

from fedgov.kernel.clock import HOUR
from fedgov.kernel.errors import FedgovError, ForbiddenError
from fedgov.store import audit
from fedgov.web.desk import Desk, client_address, current_desk, current_instance
from fedgov.web.visitor import Sessions, Visitor

__all__ = [
    "LoginRequiredError",
    "Sessions",
    "Visitor",
    "cookie_name",
    "current_visitor",
    "hash_token",
    "log_in",
    "log_out",
    "require_administrator",
    "require_visitor",
    "set_cookie",
]

MAX_AGE: Final = 30 * 24 * 3600
"""Seconds that a browser keeps the cookie."""

_TOKEN_BYTES: Final = 32
_MAX_TOKEN: Final = 200
_REFUSALS: Final = 60
"""How often an hour somebody without the right may try to administer, before nothing more is written down."""

API_PREFIXES: Final = ("/api/", "/oauth/token", "/oauth/revoke")
"""Paths where a cookie means nothing: whoever asks shows a bearer token."""


class LoginRequiredError(FedgovError):
    """Only somebody who is logged in may do this."""

    code = "login_required"


def cookie_name(desk: Desk, *, purpose: str = "") -> str:
    """Return the name of a cookie of this instance.

    With https the ``__Host-`` prefix makes a browser refuse it from a
    neighbouring domain; over plain http that prefix is not accepted.
    """
    name = f"fedgov-{desk.name}" + (f"-{purpose}" if purpose else "")
    return f"__Host-{name}" if desk.secure else name


def hash_token(token: str) -> str:
    """Return what is stored of a session's token: SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


async def current_visitor() -> Visitor | None:
    """Return who is logged in, or None; looked up once per request."""
    if not hasattr(g, "visitor"):
        g.visitor = await _find()
    return cast("Visitor | None", g.visitor)


async def require_visitor() -> Visitor:
    """Return who is logged in.

    Raises:
        LoginRequiredError: Nobody is.
    """
    visitor = await current_visitor()
    if visitor is None:
        raise LoginRequiredError("you are not logged in")
    return visitor


async def require_administrator() -> Visitor:
    """Return the administrator who is logged in; that somebody else tried is written down.

    Raises:
        LoginRequiredError: Nobody is logged in.
        ForbiddenError: The person is no administrator.
        RateLimitedError: And tried that very often.
    """
    visitor = await require_visitor()
    if not visitor.administrator:
        instance = current_instance()
        instance.limiter.spend(
            "administration", visitor.actor_uri, most=_REFUSALS, per=HOUR, now=current_desk().clock.now()
        )
        tried = f"{request.method} {request.path}"
        await instance.write(audit.note, "administration.entered", target=tried, result="refused")
        raise ForbiddenError("only an administrator may do this")
    return visitor


async def _find() -> Visitor | None:
    desk = current_desk()
    token = request.cookies.get(cookie_name(desk), "")
    if not token or len(token) > _MAX_TOKEN or request.path.startswith(API_PREFIXES):
        return None
    return await desk.sessions.find(hash_token(token))


async def log_in(response: Response, *, desk: Desk, account_id: int) -> str:
    """Start a session and give the browser its cookie.

    A new token is made at every log-in, so one that somebody planted before is
    worth nothing, and the session that the browser had is ended.

    Args:
        response: The answer that will carry the cookie.
        desk: The desk that the person came to.
        account_id: Row id of the account whose password (or the like) was checked.

    Returns:
        The new session's secret for form tokens, for an answer that is a page with a form.
    """
    await _end_old(desk)
    token, csrf_secret = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_urlsafe(_TOKEN_BYTES)
    await desk.sessions.create(
        hash_token(token),
        account_id=account_id,
        csrf_secret=csrf_secret,
        user_agent=request.headers.get("User-Agent", "")[:300],
        address=client_address(),
    )
    set_cookie(response, desk=desk, value=token, max_age=MAX_AGE)
    return csrf_secret


async def log_out(response: Response, *, desk: Desk) -> None:
    """End the session and take the cookie back."""
    await _end_old(desk)
    set_cookie(response, desk=desk, value="", max_age=0)
    response.headers["Clear-Site-Data"] = '"cache"'


async def _end_old(desk: Desk) -> None:
    token = request.cookies.get(cookie_name(desk), "")
    if token and len(token) <= _MAX_TOKEN:
        await desk.sessions.end(hash_token(token), address=client_address())


def set_cookie(
    response: Response, *, desk: Desk, value: str, max_age: int | None, purpose: str = "", http_only: bool = True
) -> None:
    """Set a cookie the one way that we do it: for the whole site, this host only, Lax.

    Args:
        response: The answer that will carry it.
        desk: Whose cookie it is.
        value: Plain ASCII; empty to take it back.
        max_age: Seconds; 0 removes it, None keeps it until the browser closes.
        purpose: Part of the name; empty for the session itself.
        http_only: Scripts cannot read it.
    """
    response.set_cookie(
        cookie_name(desk, purpose=purpose),
        value,
        max_age=max_age,
        path="/",
        secure=desk.secure,
        httponly=http_only,
        samesite="Lax",
    )
