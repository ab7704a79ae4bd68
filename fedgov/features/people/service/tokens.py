"""Tokens for programs that act in somebody's name, or in their own; only their hashes are stored."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, update

from fedgov.features.people import queries
from fedgov.features.people.policy import apps as policy
from fedgov.features.people.tables import codes, tokens
from fedgov.features.people.vocabulary import TokensEnded
from fedgov.instance import Instance
from fedgov.kernel.clock import HOUR
from fedgov.kernel.errors import ForbiddenError, NotFoundError, UnreachableError
from fedgov.store import audit
from fedgov.store.transaction import Transaction
from fedgov.web.session import hash_token

_MAX_TOKEN: Final = 200
_SIGNAL: Final = "tokens:"

_USED: Final = update(tokens).where(tokens.c.id == bindparam("token")).values(last_used_at=bindparam("at"))
_REVOKE_ONE: Final = (
    update(tokens)
    .where(tokens.c.id == bindparam("token"), tokens.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_REVOKE_ALL: Final = (
    update(tokens)
    .where(tokens.c.account_id == bindparam("account"), tokens.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_FORGET_CODES: Final = delete(codes).where(codes.c.account_id == bindparam("account"), codes.c.token_id.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """In whose name a program acts, and what it may do.

    Args:
        token_id: Row id of the token.
        account_id: Row id of the account; 0 for an app that acts in its own name.
        actor_uri: URI of the person's actor; empty for an app that acts in its own name.
        username: Name of the account; empty for an app that acts in its own name.
        scopes: Such as ``read`` or ``write:statuses``.
        administrator: Whether this person looks after the instance now.
        app_id: Row id of the app; None for a token of the command line.
    """

    token_id: int
    account_id: int
    actor_uri: str
    username: str
    scopes: frozenset[str]
    administrator: bool = False
    app_id: int | None = None

    def may(self, scope: str) -> bool:
        """Tell whether the token covers a scope: ``write`` covers ``write:statuses`` too.

        What administrates is worth nothing once the person is no administrator any more.
        """
        if policy.is_administrative(scope) and not self.administrator:
            return False
        return policy.covers(self.scopes, scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A new token; this is the only time that it can be seen.

    Args:
        token: The token.
        token_id: Its row id.
        scopes: Separated by spaces.
        created_at: Milliseconds since the epoch.
    """

    token: str
    token_id: int
    scopes: str
    created_at: int


def signal_of(account_id: int) -> str:
    """Return the topic that is signalled whenever a token of an account may have become void.

    Who keeps a connection open for a token asks `find_bearer` again when it hears this or
    `fedgov.store.signals.EVERYTHING`.
    """
    return f"{_SIGNAL}{account_id}"


def account_in(topic: str) -> int | None:
    """Return of which account a topic says that a token may have become void; None when it is about something else."""
    return int(topic.removeprefix(_SIGNAL)) if topic.startswith(_SIGNAL) else None


# --- made -------------------------------------------------------------------------------------------------------


def create_token(tx: Transaction, *, account_id: int, scopes: str, name: str = "") -> str:
    """Make a token on the command line; this is the only time that it can be seen.

    Args:
        tx: The open transaction.
        account_id: In whose name it acts.
        scopes: Separated by spaces.
        name: What it is for, in plain text.

    Returns:
        The token.

    Raises:
        InvalidScopeError: A scope does not exist.
        ForbiddenError: The account is disabled, or not an administrator's while a scope is for one.
    """
    account = queries.account(tx, account_id=account_id)
    wanted = policy.check_scopes(scopes)
    if policy.grantable(wanted, administrator=account.administrator) != wanted:
        raise ForbiddenError("only an administrator can have a token that administrates")
    return issue(tx, account_id=account_id, scopes=wanted, name=name).token


def issue(tx: Transaction, *, account_id: int | None, scopes: str, app_id: int | None = None, name: str = "") -> Issued:
    """Store a new token; whoever calls this has checked that it may exist.

    Args:
        tx: The open transaction.
        account_id: In whose name it acts; None when only in the app's own.
        scopes: Checked scopes, separated by spaces.
        app_id: Whose it is; None for the command line.
        name: What it is for, in plain text.

    Raises:
        ForbiddenError: The account is disabled.
    """
    account = None if account_id is None else queries.account(tx, account_id=account_id)
    if account is not None and account.disabled_at is not None:
        raise ForbiddenError("this account is disabled")
    made = Issued(token=secrets.token_urlsafe(32), token_id=tx.new_id(), scopes=scopes, created_at=tx.now)
    tx.execute(
        tokens.insert(),
        {
            "id": made.token_id,
            "token_hash": hash_token(made.token),
            "app_id": app_id,
            "account_id": account_id,
            "scopes": scopes,
            "name": name[:100],
            "created_at": tx.now,
        },
    )
    if account is not None:
        audit.note(tx, "token.created", target=account.actor_uri)
    return made


# --- used -------------------------------------------------------------------------------------------------------


async def find_bearer(instance: Instance, *, token: str) -> Bearer | None:
    """Return in whose name a token acts; None when it is unknown or revoked, or the account disabled.

    Args:
        instance: Where.
        token: As it stands in the Authorization header.
    """
    claim = await find_claim(instance, token=token)
    return None if claim is None else claim.bearer


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That a token acted in somebody's name a moment ago; whether it still does, `still_holds` says.

    Args:
        token_hash: Of the token.
        bearer: In whose name it acts.
        used_at: When it was noted that it was used, in milliseconds.
    """

    token_hash: str
    bearer: Bearer
    used_at: int

    def is_recent(self, now: int) -> bool:
        """Tell whether its use need not be noted again."""
        return now - self.used_at <= HOUR


async def find_claim(instance: Instance, *, token: str) -> Claim | None:
    """Do what `find_bearer` does; what it gives can be held against the database again, with what is asked next.

    Args:
        instance: Where.
        token: As it stands in the Authorization header.
    """
    if not token or len(token) > _MAX_TOKEN:
        return None
    token_hash = hash_token(token)
    row = await instance.read(queries.token, token_hash=token_hash)
    if row is None:
        return None
    now = instance.clock.now()
    if row.last_used_at is None or now - row.last_used_at > HOUR:
        with suppress(UnreachableError):  # a busy disk must not turn anybody away
            await instance.write(note_use, token_id=row.id)
    return Claim(token_hash=token_hash, bearer=_bearer(row), used_at=max(row.last_used_at or 0, now - HOUR))


def still_holds(tx: Transaction, claim: Claim) -> bool:
    """Tell whether a token acts in the same name as before, with the same scopes, by the rule of `find_bearer`."""
    row = queries.token(tx, token_hash=claim.token_hash)
    return row is not None and _bearer(row) == claim.bearer


def _bearer(row: Row[Any]) -> Bearer:
    return Bearer(
        token_id=row.id,
        account_id=row.account_id or 0,
        actor_uri=row.actor_uri or "",
        username=row.username or "",
        scopes=frozenset(row.scopes.split()),
        administrator=bool(row.administrator),
        app_id=row.app_id,
    )


def note_use(tx: Transaction, *, token_id: int) -> None:
    """Remember when a token was last used, to the hour."""
    tx.execute(_USED, {"token": token_id, "at": tx.now})


# --- ended ------------------------------------------------------------------------------------------------------


def revoke_token(tx: Transaction, *, account_id: int, token_id: int) -> None:
    """End a token of an account.

    Raises:
        NotFoundError: This account has no such token in use.
    """
    if all(row.id != token_id for row in queries.tokens_of(tx, account_id=account_id)):
        raise NotFoundError("there is no such token")
    end(tx, token_id=token_id, account_id=account_id)


def end(tx: Transaction, *, token_id: int, account_id: int | None) -> None:
    """End a token, whoever may do that; does nothing when it has ended already.

    Args:
        tx: The open transaction.
        token_id: Its row id.
        account_id: In whose name it acts; None when only in an app's own.
    """
    if tx.execute(_REVOKE_ONE, {"token": token_id, "at": tx.now}) and account_id is not None:
        actor = queries.account(tx, account_id=account_id).actor_uri
        tx.signal(signal_of(account_id))
        tx.tell(TokensEnded(actor=actor, token_id=token_id))
        audit.note(tx, "token.revoked", target=actor)


def end_all(tx: Transaction, *, account_id: int) -> None:
    """End every token of an account, and every code that could still become one; part of a larger act.

    Args:
        tx: The open transaction.
        account_id: Whose.
    """
    tx.execute(_REVOKE_ALL, {"account": account_id, "at": tx.now})
    tx.execute(_FORGET_CODES, {"account": account_id})
    tx.tell(TokensEnded(actor=queries.account(tx, account_id=account_id).actor_uri))
    tx.signal(signal_of(account_id))
