"""Tokens for programs that act in somebody's name; only their hashes are stored."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import update

from fedgov.features.people import policy, queries
from fedgov.features.people.tables import tokens
from fedgov.instance import Instance
from fedgov.kernel.clock import HOUR
from fedgov.kernel.errors import ForbiddenError, NotFoundError
from fedgov.store import audit
from fedgov.store.transaction import Transaction
from fedgov.web.session import hash_token

_MAX_TOKEN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """In whose name a program acts, and what it may do.

    Args:
        token_id: Row id of the token.
        account_id: Row id of the account.
        actor_uri: URI of the person's actor.
        scopes: Such as ``read`` or ``write:statuses``.
    """

    token_id: int
    account_id: int
    actor_uri: str
    username: str
    scopes: frozenset[str]
    administrator: bool = False

    def may(self, scope: str) -> bool:
        """Tell whether the token covers a scope: ``write`` covers ``write:statuses`` too."""
        return scope in self.scopes or scope.partition(":")[0] in self.scopes


def create_token(tx: Transaction, *, account_id: int, scopes: str, name: str = "") -> str:
    """Make a token; this is the only time that it can be seen.

    Args:
        tx: The open transaction.
        account_id: In whose name it acts.
        scopes: Separated by spaces.
        name: What it is for, in plain text.

    Returns:
        The token.

    Raises:
        InvalidError: A scope does not exist.
        ForbiddenError: The account is disabled.
    """
    account = queries.account(tx, account_id=account_id)
    if account.disabled_at is not None:
        raise ForbiddenError("this account is disabled")
    token = secrets.token_urlsafe(32)
    tx.execute(
        tokens.insert(),
        {
            "id": tx.new_id(),
            "token_hash": hash_token(token),
            "account_id": account_id,
            "scopes": policy.check_scopes(scopes),
            "name": name[:100],
            "created_at": tx.now,
        },
    )
    audit.note(tx, "token.created", target=account.actor_uri)
    return token


async def find_bearer(instance: Instance, *, token: str) -> Bearer | None:
    """Return in whose name a token acts; None when it is unknown or revoked, or the account disabled.

    Args:
        instance: Where.
        token: As it stands in the Authorization header.
    """
    if not token or len(token) > _MAX_TOKEN:
        return None
    row = await instance.read(queries.token, token_hash=hash_token(token))
    if row is None:
        return None
    if row.last_used_at is None or instance.clock.now() - row.last_used_at > HOUR:
        await instance.write(note_use, token_id=row.id)
    return Bearer(
        token_id=row.id,
        account_id=row.account_id,
        actor_uri=row.actor_uri,
        username=row.username,
        scopes=frozenset(row.scopes.split()),
        administrator=row.administrator,
    )


def note_use(tx: Transaction, *, token_id: int) -> None:
    """Remember when a token was last used, to the hour."""
    tx.execute(update(tokens).where(tokens.c.id == token_id).values(last_used_at=tx.now))


def revoke_token(tx: Transaction, *, account_id: int, token_id: int) -> None:
    """End a token of an account.

    Raises:
        NotFoundError: This account has no such token in use.
    """
    statement = (
        update(tokens)
        .where(tokens.c.id == token_id, tokens.c.account_id == account_id, tokens.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    if not tx.execute(statement):
        raise NotFoundError("there is no such token")
    audit.note(tx, "token.revoked", target=queries.account(tx, account_id=account_id).actor_uri)
