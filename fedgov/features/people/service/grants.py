"""How an app gets a token: with a code that a person gave it, or for itself alone; and how it gives one back.

Spec: RFC 6749, sections 4.1 and 4.4; RFC 7009 (revocation); RFC 7636 (PKCE); RFC 9700.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update

from fedgov.features.people import queries
from fedgov.features.people.policy import apps as policy
from fedgov.features.people.service import accounts, apps, tokens
from fedgov.features.people.service.apps import App
from fedgov.features.people.service.tokens import Issued
from fedgov.features.people.tables import codes
from fedgov.features.people.tables import tokens as token_rows
from fedgov.features.people.vocabulary import OUT_OF_BAND, AppRequest, InvalidGrantError, InvalidScopeError
from fedgov.instance import Instance
from fedgov.kernel.errors import ForbiddenError
from fedgov.store import audit
from fedgov.store.transaction import Transaction
from fedgov.web.session import hash_token

_MAX_CODE: Final = 200
_CODE: Final = select(codes).where(codes.c.code_hash == bindparam("hash")).with_for_update()
_USE: Final = (
    update(codes)
    .where(codes.c.code_hash == bindparam("hash"), codes.c.token_id.is_(None))
    .values(token_id=bindparam("token"))
)
_TOKEN: Final = select(token_rows.c.id, token_rows.c.app_id, token_rows.c.account_id).where(
    token_rows.c.token_hash == bindparam("hash"), token_rows.c.revoked_at.is_(None)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked on behalf of an app.

    Args:
        app: Who asks.
        scopes: What for, separated by spaces; only what this person can give.
        withheld: What it also asked for, but only an administrator could give.
        leads_to: Origin or scheme of where the person goes on, with its colon; empty when they do not.
    """

    app: App
    scopes: str
    withheld: str
    leads_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a person decided about an app.

    Args:
        app: Which app.
        destination: Where the person goes on; None when the code is copied by hand.
        code: What the app exchanges for a token; empty when it was refused.
    """

    app: App
    destination: str | None
    code: str = ""


# --- a person lets an app in ------------------------------------------------------------------------------------


def question(tx: Transaction, *, account_id: int, client_id: str, request: AppRequest) -> Question:
    """Return what a person is to be asked on behalf of an app.

    Args:
        tx: The open transaction.
        account_id: Row id of the account of who is asked.
        client_id: Which app.
        request: What it asks for.

    Raises:
        UnknownClientError: There is no such app.
        InvalidError: It asks for something that it cannot have; the person is not to be sent back.
    """
    app = apps.find_app(tx, client_id=client_id)
    wanted = policy.check_request(request, redirect_uris=app.redirect_uris, scopes=app.scopes)
    account = queries.account(tx, account_id=account_id)
    given = policy.grantable(wanted, administrator=account.administrator)
    if not given:
        raise InvalidScopeError("the app asks for what only an administrator can give", field="scope")
    withheld = " ".join(scope for scope in wanted.split() if scope not in given.split())
    return Question(app=app, scopes=given, withheld=withheld, leads_to=policy.form_target(request.redirect_uri))


def authorise(tx: Transaction, *, account_id: int, client_id: str, request: AppRequest) -> Decided:
    """Let an app in, which can exchange its code for a token within ten minutes.

    Args:
        tx: The open transaction.
        account_id: Row id of the account of who says yes.
        client_id: Which app.
        request: What the person saw.

    Raises:
        UnknownClientError: There is no such app.
        InvalidError: It asks for something that it cannot have.
    """
    asked = question(tx, account_id=account_id, client_id=client_id, request=request)
    code = secrets.token_urlsafe(32)
    tx.execute(
        codes.insert(),
        {
            "code_hash": hash_token(code),
            "app_id": asked.app.id,
            "account_id": account_id,
            "scopes": asked.scopes,
            "redirect_uri": request.redirect_uri,
            "code_challenge": request.code_challenge or None,
            "created_at": tx.now,
            "expires_at": tx.now + policy.CODE_LASTS,
        },
    )
    audit.note(tx, "app.allowed", target=f"app {asked.app.id}")
    return Decided(app=asked.app, destination=_destination(request, code=code), code=code)


def refuse(tx: Transaction, *, account_id: int, client_id: str, request: AppRequest) -> Decided:
    """Tell an app that somebody does not want to let it in; raises what `authorise` does."""
    asked = question(tx, account_id=account_id, client_id=client_id, request=request)
    return Decided(app=asked.app, destination=_destination(request, error="access_denied"))


def _destination(request: AppRequest, **told: str) -> str | None:
    if request.redirect_uri == OUT_OF_BAND:
        return None
    return policy.destination(request.redirect_uri, **told, state=request.state)


# --- an app fetches its token -----------------------------------------------------------------------------------


async def redeem_code(
    instance: Instance, *, client_id: str, client_secret: str, code: str, redirect_uri: str, verifier: str = ""
) -> Issued:
    """Give an app a token for the code that a person gave it.

    A code counts once. When it comes a second time somebody else has seen it, and the token that was
    made from it ends (RFC 6749, section 4.1.2).

    Args:
        instance: Where.
        client_id: Which app.
        client_secret: What proves that.
        code: The code.
        redirect_uri: Where the person was sent with it.
        verifier: The secret whose hash the app sent at first; empty when it sent none.

    Raises:
        UnknownClientError: No app has this id and secret.
        InvalidGrantError: The code is unknown, too old, used, another app's, or not meant so.
    """
    made = await instance.write(
        _redeem,
        client_id=client_id,
        client_secret=client_secret,
        code=code,
        redirect_uri=redirect_uri,
        verifier=verifier,
    )
    if made is None:
        raise InvalidGrantError("the code is not valid, or not any more, or not for this app", field="code")
    return made


def _redeem(
    tx: Transaction, *, client_id: str, client_secret: str, code: str, redirect_uri: str, verifier: str
) -> Issued | None:
    """Return None for a refusal, since what it changes has to be kept."""
    app = apps.identify(tx, client_id=client_id, client_secret=client_secret)
    row = tx.row(_CODE, {"hash": hash_token(code)}) if len(code) <= _MAX_CODE else None
    if row is None or row.app_id != app.id:
        return None
    if row.token_id is not None:
        _end_what_leaked(tx, row=row)
        return None
    if not _fits(tx, row=row, redirect_uri=redirect_uri, verifier=verifier):
        return None
    made = tokens.issue(tx, account_id=row.account_id, scopes=row.scopes, app_id=app.id)
    tx.execute(_USE, {"hash": row.code_hash, "token": made.token_id})
    return made


def _fits(tx: Transaction, *, row: Row[Any], redirect_uri: str, verifier: str) -> bool:
    return (
        tx.now < row.expires_at
        and redirect_uri == row.redirect_uri
        and policy.fits_challenge(verifier, challenge=row.code_challenge)
        and queries.account(tx, account_id=row.account_id).disabled_at is None
    )


def _end_what_leaked(tx: Transaction, *, row: Row[Any]) -> None:
    tokens.end(tx, token_id=row.token_id, account_id=row.account_id)
    owner = queries.account(tx, account_id=row.account_id).actor_uri
    audit.note(tx, "app.code_repeated", target=owner, result="refused")


def client_credentials(tx: Transaction, *, client_id: str, client_secret: str, scopes: str = "") -> Issued:
    """Give an app a token for itself, in nobody's name.

    Args:
        tx: The open transaction.
        client_id: Which app.
        client_secret: What proves that.
        scopes: Separated by spaces; empty for ``read``.

    Raises:
        UnknownClientError: No app has this id and secret.
        InvalidScopeError: It asks for more than it was registered for.
    """
    app = apps.identify(tx, client_id=client_id, client_secret=client_secret)
    wanted = policy.check_scopes(scopes.strip() or policy.DEFAULT_SCOPES)
    policy.demand_within(wanted, granted=app.scopes)
    given = policy.grantable(wanted, administrator=False)
    if not given:
        raise InvalidScopeError("an app alone cannot administer", field="scope")
    return tokens.issue(tx, account_id=None, scopes=given, app_id=app.id)


async def register_person(
    instance: Instance,
    *,
    app_id: int,
    username: str,
    password: str,
    email: str = "",
    language: str | None = None,
    address: str,
) -> Issued:
    """Make an account for somebody who registers through an app, and give the app a token for it.

    Args:
        instance: Where.
        app_id: Row id of the app.
        username: As typed.
        password: As typed.
        email: Address, or empty.
        language: Preferred language, or None.
        address: IP address of the client.

    Raises:
        InvalidError: A value is not acceptable; ``field`` says which.
        ConflictError: The name is taken, or was once.
        ForbiddenError: Only the administrator makes accounts here.
        RateLimitedError: Too many accounts were made from this address.
    """
    account_id = await accounts.open_account(
        instance, username=username, password=password, email=email, language=language, address=address
    )
    return await instance.write(_first_token, account_id=account_id, app_id=app_id)


def _first_token(tx: Transaction, *, account_id: int, app_id: int) -> Issued:
    wanted = apps.app(tx, app_id=app_id).scopes
    scopes = policy.grantable(wanted, administrator=False) or policy.DEFAULT_SCOPES
    return tokens.issue(tx, account_id=account_id, scopes=scopes, app_id=app_id)


# --- and gives it back ------------------------------------------------------------------------------------------


def give_back(tx: Transaction, *, client_id: str, client_secret: str, token: str) -> None:
    """End a token of the app that asks for it; one that is unknown has ended already.

    Args:
        tx: The open transaction.
        client_id: Which app.
        client_secret: What proves that.
        token: The token.

    Raises:
        UnknownClientError: No app has this id and secret.
        ForbiddenError: The token is another app's.

    Spec: RFC 7009, section 2.
    """
    app = apps.identify(tx, client_id=client_id, client_secret=client_secret)
    row = tx.row(_TOKEN, {"hash": hash_token(token)})
    if row is None:
        return
    if row.app_id != app.id:
        raise ForbiddenError("this is not a token of yours")
    tokens.end(tx, token_id=row.id, account_id=row.account_id)
