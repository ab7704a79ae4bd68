"""Apps: they register themselves, a person lets them in, and withdraws that again.

Spec: RFC 6749 (OAuth 2.0); Mastodon, "apps API methods".
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select

from fedgov.features.people import queries
from fedgov.features.people.policy import apps as policy
from fedgov.features.people.service import tokens
from fedgov.features.people.tables import apps, codes
from fedgov.features.people.vocabulary import UnknownClientError
from fedgov.kernel.clock import HOUR
from fedgov.kernel.errors import InvalidError, NotFoundError
from fedgov.kernel.text.plain import clean_name
from fedgov.store import audit
from fedgov.store.transaction import Transaction
from fedgov.web.session import hash_token

_BY_CLIENT: Final = select(apps).where(apps.c.client_id == bindparam("client"))
_BY_ID: Final = select(apps).where(apps.c.id == bindparam("app"))
_FORGET_CODES: Final = delete(codes).where(
    codes.c.app_id == bindparam("app"), codes.c.account_id == bindparam("account"), codes.c.token_id.is_(None)
)
_NOBODY: Final = hash_token("")


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A program that registered itself.

    Args:
        id: Row id.
        client_id: What it calls itself when it asks for something.
        name: Plain text, as its maker says; nobody checked it.
        website: URL, or None.
        redirect_uris: Where it may send people back to.
        scopes: What it may ask for, separated by spaces.
        created_at: Milliseconds since the epoch.
    """

    id: int
    client_id: str
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: str
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """An app that somebody let in, or a token made on the command line.

    Args:
        app: The app; None for the command line.
        token_id: Row id of the token; of an app with several the newest.
        name: Plain text.
        scopes: Everything that it may do, separated by spaces.
        since: When it was first let in, in milliseconds.
        last_used_at: When it last did something, to the hour; None for never.
    """

    app: App | None
    token_id: int
    name: str
    scopes: str
    since: int
    last_used_at: int | None


def register_app(
    tx: Transaction, *, name: str, redirect_uris: Iterable[str], scopes: str = "", website: str = ""
) -> tuple[App, str]:
    """Let a program register itself; anybody may do that, so it can do nothing yet.

    Args:
        tx: The open transaction.
        name: Plain text.
        redirect_uris: One or several URIs each, separated by spaces or line ends.
        scopes: Separated by spaces; empty for ``read``.
        website: URL, or empty.

    Returns:
        The app and its secret, which cannot be seen again.

    Raises:
        InvalidError: A value is not acceptable; ``field`` says which.
        RateLimitedError: Too many were registered from this network.
    """
    shown = clean_name(name, limit=policy.MAX_APP_NAME)
    if not shown:
        raise InvalidError("the app must say its name", field="client_name")
    app = App(
        id=tx.new_id(),
        client_id=secrets.token_urlsafe(32),
        name=shown,
        website=policy.check_website(website),
        redirect_uris=policy.check_redirect_uris(redirect_uris),
        scopes=policy.check_scopes(scopes.strip() or policy.DEFAULT_SCOPES),
        created_at=tx.now,
    )
    if tx.by.source:
        most = tx.config.limits.apps_per_hour
        tx.setting.limiter.spend("apps", tx.by.source, most=most, per=HOUR, now=tx.now)
    secret = secrets.token_urlsafe(32)
    tx.execute(
        apps.insert(),
        {
            "id": app.id,
            "client_id": app.client_id,
            "secret_hash": hash_token(secret),
            "name": app.name,
            "website": app.website,
            "redirect_uris": "\n".join(app.redirect_uris),
            "scopes": app.scopes,
            "created_at": app.created_at,
        },
    )
    return app, secret


def find_app(tx: Transaction, *, client_id: str) -> App:
    """Return the app that calls itself so.

    Raises:
        UnknownClientError: None does.
    """
    row = _row(tx, client_id)
    if row is None:
        raise UnknownClientError("this app is not registered here")
    return _app(row)


def app(tx: Transaction, *, app_id: int) -> App:
    """Return an app by its row id.

    Raises:
        NotFoundError: There is none.
    """
    row = tx.row(_BY_ID, {"app": app_id})
    if row is None:
        raise NotFoundError("there is no such app")
    return _app(row)


def identify(tx: Transaction, *, client_id: str, client_secret: str) -> App:
    """Return the app that proves to be the one it says.

    Args:
        tx: The open transaction.
        client_id: What it calls itself.
        client_secret: What it was told when it registered.

    Raises:
        UnknownClientError: No app has this id and secret.
    """
    row = _row(tx, client_id)
    right = hmac.compare_digest(hash_token(client_secret), _NOBODY if row is None else row.secret_hash)
    if row is None or not right:
        raise UnknownClientError("no app is registered here with this id and secret")
    return _app(row)


def _row(tx: Transaction, client_id: str) -> Row[Any] | None:
    return tx.row(_BY_CLIENT, {"client": client_id})


def _app(row: Row[Any]) -> App:
    return App(
        id=row.id,
        client_id=row.client_id,
        name=row.name,
        website=row.website,
        redirect_uris=tuple(row.redirect_uris.split("\n")),
        scopes=row.scopes,
        created_at=row.created_at,
    )


# --- what a person allowed --------------------------------------------------------------------------------------


def allowed(tx: Transaction, *, account_id: int) -> list[Allowed]:
    """Return the apps that somebody let in and the tokens made on the command line, newest first.

    Args:
        tx: The open transaction.
        account_id: Whose.
    """
    found: dict[int, Allowed] = {}
    for row in queries.tokens_of(tx, account_id=account_id):
        key = row.id if row.app_id is None else row.app_id
        found[key] = _joined(found[key], row) if key in found else _allowed(tx, row)
    return list(found.values())


def _allowed(tx: Transaction, row: Row[Any]) -> Allowed:
    its = None if row.app_id is None else app(tx, app_id=row.app_id)
    return Allowed(
        app=its,
        token_id=row.id,
        name=row.name if its is None else its.name,
        scopes=row.scopes,
        since=row.created_at,
        last_used_at=row.last_used_at,
    )


def _joined(newer: Allowed, row: Row[Any]) -> Allowed:
    """Return what an app may do with one more, older, token of the same person."""
    used = [at for at in (newer.last_used_at, row.last_used_at) if at is not None]
    return Allowed(
        app=newer.app,
        token_id=newer.token_id,
        name=newer.name,
        scopes=" ".join(dict.fromkeys((*newer.scopes.split(), *row.scopes.split()))),
        since=min(newer.since, row.created_at),
        last_used_at=max(used, default=None),
    )


def withdraw(tx: Transaction, *, account_id: int, app_id: int) -> None:
    """Shut an app out again: every token and code that it has for somebody ends at once.

    Args:
        tx: The open transaction.
        account_id: Whose.
        app_id: Row id of the app.

    Raises:
        NotFoundError: This person did not let that app in.
    """
    its = [row for row in queries.tokens_of(tx, account_id=account_id) if row.app_id == app_id]
    if not its:
        raise NotFoundError("there is no such app")
    for row in its:
        tokens.end(tx, token_id=row.id, account_id=account_id)
    tx.execute(_FORGET_CODES, {"app": app_id, "account": account_id})
    audit.note(tx, "app.withdrawn", target=f"app {app_id}")
