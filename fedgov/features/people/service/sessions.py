"""Where people are logged in: sessions of browsers, kept by the hash of their token."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select, update

from fedgov.features.people import queries
from fedgov.features.people.tables import accounts, sessions
from fedgov.federation import actors
from fedgov.instance import Instance
from fedgov.kernel.acting import By
from fedgov.kernel.clock import DAY, MINUTE
from fedgov.kernel.errors import NotFoundError, UnreachableError
from fedgov.kernel.networks import network_of
from fedgov.kernel.uris import Site
from fedgov.store import audit
from fedgov.store.transaction import Transaction
from fedgov.web.session import Visitor

_SEEN_EVERY: Final = 10 * MINUTE
_END: Final = delete(sessions).where(sessions.c.token_hash == bindparam("hash"))
_OWNER: Final = (
    select(accounts.c.actor_uri)
    .join(sessions, sessions.c.account_id == accounts.c.id)
    .where(sessions.c.token_hash == bindparam("hash"))
)
_EXPIRE: Final = delete(sessions).where(sessions.c.expires_at <= bindparam("now"))
_SEEN: Final = (
    update(sessions)
    .where(sessions.c.token_hash == bindparam("hash"))
    .values(seen_at=bindparam("at"), expires_at=bindparam("until"))
)
_ACCOUNT_SEEN: Final = (
    update(accounts).where(accounts.c.id == bindparam("account")).values(last_seen_at=bindparam("at"))
)


def create_session(
    tx: Transaction, *, token_hash: str, account_id: int, csrf_secret: str, user_agent: str, address: str
) -> None:
    """Remember that somebody is logged in, and forget what has expired.

    Args:
        tx: The open transaction.
        token_hash: SHA-256 of the token, hexadecimal.
        account_id: Row id of the account.
        csrf_secret: Random text that form tokens are made from.
        user_agent: As the browser sent it.
        address: IP address of the client.
    """
    tx.execute(_EXPIRE, {"now": tx.now})
    tx.execute(
        sessions.insert(),
        {
            "token_hash": token_hash,
            "id": tx.new_id(),
            "account_id": account_id,
            "csrf_secret": csrf_secret,
            "user_agent": user_agent[:300],
            "address": address[:64],
            "created_at": tx.now,
            "seen_at": tx.now,
            "expires_at": _expires_at(tx),
        },
    )
    tx.execute(_ACCOUNT_SEEN, {"account": account_id, "at": tx.now})
    found = queries.account(tx, account_id=account_id)
    audit.note(tx, "login.succeeded", by=_person(found.actor_uri, address))


def _person(actor: str, address: str) -> By:
    return By(who=actor, door="web", source=network_of(address))


def _expires_at(tx: Transaction) -> int:
    return tx.now + tx.config.accounts.session_days * DAY


def note_use(tx: Transaction, *, token_hash: str, account_id: int) -> None:
    """Remember that a session is in use, which makes it last longer."""
    tx.execute(_SEEN, {"hash": token_hash, "at": tx.now, "until": _expires_at(tx)})
    tx.execute(_ACCOUNT_SEEN, {"account": account_id, "at": tx.now})


def end_session(tx: Transaction, *, token_hash: str, address: str) -> None:
    """Log somebody out; does nothing when the session is unknown.

    Args:
        tx: The open transaction.
        token_hash: SHA-256 of the token, hexadecimal.
        address: IP address of the client.
    """
    owner = tx.value(_OWNER, {"hash": token_hash})
    if owner is not None and tx.execute(_END, {"hash": token_hash}):
        audit.note(tx, "login.ended", by=_person(owner, address))


def end_one(tx: Transaction, *, account_id: int, session_id: int) -> None:
    """Log somebody out on one device.

    Raises:
        NotFoundError: This account has no such session.
    """
    statement = delete(sessions).where(sessions.c.id == session_id, sessions.c.account_id == account_id)
    if not tx.execute(statement):
        raise NotFoundError("there is no such session")
    audit.note(tx, "session.ended", target=queries.account(tx, account_id=account_id).actor_uri)


def end_others(tx: Transaction, *, account_id: int, keep: str) -> None:
    """Log somebody out everywhere but here.

    Args:
        tx: The open transaction.
        account_id: Whose.
        keep: Hash of the session that goes on.
    """
    tx.execute(delete(sessions).where(sessions.c.account_id == account_id, sessions.c.token_hash != keep))
    audit.note(tx, "session.ended", target=queries.account(tx, account_id=account_id).actor_uri)


def visitor_of(tx: Transaction, *, account_id: int, csrf_secret: str, token_hash: str) -> Visitor:
    """Return who just logged in, for the page that is the answer to that.

    Raises:
        NotFoundError: There is no such account.
    """
    found = queries.account(tx, account_id=account_id)
    row = actors.get(tx, uri=found.actor_uri)
    return _visitor(
        tx.site,
        found,
        account_id=found.id,
        name=row.name,
        avatar_url=row.avatar_url,
        csrf_secret=csrf_secret,
        token_hash=token_hash,
    )


def _visitor(
    site: Site,
    row: Row[Any],
    *,
    account_id: int,
    name: str,
    avatar_url: str | None,
    csrf_secret: str,
    token_hash: str,
) -> Visitor:
    return Visitor(
        account_id=account_id,
        actor_uri=row.actor_uri,
        username=row.username,
        name=name,
        csrf_secret=csrf_secret,
        language=row.language,
        administrator=row.administrator,
        default_audience=row.default_audience,
        avatar_url=None if avatar_url is None else avatar_url.removeprefix(site.origin),
        token_hash=token_hash,
    )


class AccountSessions:
    """The look-up of log-ins that the web desk asks for (`fedgov.web.session.Sessions`).

    Args:
        instance: Whose sessions.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    async def find(self, token_hash: str) -> Visitor | None:
        """Return who owns the session; None when it is unknown, ended or expired, or the account disabled."""
        row = await self._instance.read(queries.session, token_hash=token_hash)
        if row is None:
            return None
        if self._instance.clock.now() - row.seen_at > _SEEN_EVERY:
            with suppress(UnreachableError):  # a busy disk must not log anybody out
                await self._instance.write(note_use, token_hash=token_hash, account_id=row.account_id)
        return _visitor(
            self._instance.site,
            row,
            account_id=row.account_id,
            name=row.name,
            avatar_url=row.avatar_url,
            csrf_secret=row.csrf_secret,
            token_hash=token_hash,
        )

    async def create(
        self, token_hash: str, *, account_id: int, csrf_secret: str, user_agent: str, address: str
    ) -> None:
        """Remember a session."""
        await self._instance.write(
            create_session,
            token_hash=token_hash,
            account_id=account_id,
            csrf_secret=csrf_secret,
            user_agent=user_agent,
            address=address,
        )

    async def end(self, token_hash: str, *, address: str) -> None:
        """Forget a session; does nothing when it is unknown."""
        await self._instance.write(end_session, token_hash=token_hash, address=address)
