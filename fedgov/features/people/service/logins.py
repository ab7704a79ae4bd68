"""Logging in: what may be tried, and what becomes of the attempt.

Two transactions with the slow look at the password between them. The attempt
is counted in the first, so that many at once are not all the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, update

from fedgov.features.people import queries
from fedgov.features.people.policy import people as policy
from fedgov.features.people.service import passwords, rates
from fedgov.features.people.tables import accounts
from fedgov.instance import Instance
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.store import audit
from fedgov.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Whom somebody says to be.

    Args:
        account_id: Row id; None when there is no such account.
        actor_uri: URI of the person's actor; None when there is no such account.
        password_hash: What is stored; None when there is no such account.
        disabled: Whether the account may not be used.
    """

    account_id: int | None = None
    actor_uri: str | None = None
    password_hash: str | None = None
    disabled: bool = False


async def log_in(instance: Instance, *, username: str, password: str, address: str) -> int:
    """Return the row id of the account when the password is right.

    An unknown name and a wrong password get the same answer after the same work.

    Args:
        instance: Where.
        username: As typed; ``@name@here`` is understood too.
        password: As typed.
        address: IP address of the client.

    Raises:
        InvalidError: Name or password is wrong.
        ForbiddenError: The password is right, but the account is disabled.
        RateLimitedError: Too many attempts; it says how long to wait.
    """
    return await _check(instance, username=username, password=password, address=address, kind="login.failed")


async def _check(instance: Instance, *, username: str, password: str, address: str, kind: str) -> int:
    """Do what `log_in` says; ``kind`` is what a failure is called in the audit log."""
    name = username.strip().removeprefix("@").removesuffix(f"@{instance.site.domain}").lower()
    candidate = await instance.write(begin, username=name, address=address)
    right = len(password) <= policy.MAX_PASSWORD and await passwords.is_password(
        password, stored=candidate.password_hash
    )
    if not right or candidate.account_id is None or candidate.password_hash is None:
        await instance.write(fail, kind=kind, actor=candidate.actor_uri)
        raise InvalidError("the user name or the password is wrong", field="password")
    better = await passwords.hash_password(password) if passwords.is_outdated(candidate.password_hash) else None
    await instance.write(succeed, account_id=candidate.account_id, address=address, better_hash=better)
    if candidate.disabled:
        await instance.write(fail, kind=kind, actor=candidate.actor_uri, disabled=True)
        raise ForbiddenError("this account is disabled; ask an administrator of your organisation")
    return candidate.account_id


def begin(tx: Transaction, *, username: str, address: str) -> Candidate:
    """Count an attempt and return what its password must fit.

    Args:
        tx: The open transaction.
        username: As typed, in small letters.
        address: IP address of the client.

    Raises:
        RateLimitedError: This account or this address was tried too often.
    """
    rates.forget_old(tx)
    found = _account(tx, username=username)
    for_account = rates.for_account(username) if found is not None else rates.for_nobody(username)
    for_address = rates.for_address(address)
    by_account, by_address = rates.so_far(tx, subject=for_account), rates.so_far(tx, subject=for_address)
    rates.refuse_for(policy.wait_for_account(by_account, now=tx.now))
    rates.refuse_for(policy.wait_for_address(by_address, now=tx.now))
    rates.count(tx, subject=for_account, before=by_account)
    rates.count(tx, subject=for_address, before=by_address)
    if found is None:
        return Candidate()
    return Candidate(
        account_id=found.id,
        actor_uri=found.actor_uri,
        password_hash=found.password_hash,
        disabled=found.disabled_at is not None,
    )


def _account(tx: Transaction, *, username: str) -> Row[Any] | None:
    try:
        return queries.account_named(tx, username=username)
    except NotFoundError:
        return None


def fail(tx: Transaction, *, kind: str, actor: str | None, disabled: bool = False) -> None:
    """Write down that somebody was not let in; never under which name, unless somebody has it.

    Args:
        tx: The open transaction.
        kind: ``login.failed`` or ``password.refused``.
        actor: URI of the person whose name was given; None when nobody has it.
        disabled: The password was right, but the account may not be used.
    """
    audit.note(tx, kind, target=actor or audit.UNKNOWN, result="refused" if disabled else "failed")


def succeed(tx: Transaction, *, account_id: int, address: str, better_hash: str | None = None) -> None:
    """Note that the password was right.

    Args:
        tx: The open transaction.
        account_id: Whose.
        address: IP address of the client; its earlier failures stand, because they may be about others.
        better_hash: The same password hashed with the parameters of today, or None.
    """
    found = queries.account(tx, account_id=account_id)
    rates.forgive(tx, subject=rates.for_account(found.username))
    rates.take_back(tx, subject=rates.for_address(address))
    if better_hash is not None:
        tx.execute(update(accounts).where(accounts.c.id == account_id).values(password_hash=better_hash))


async def check_own_password(instance: Instance, *, account_id: int, password: str, field: str, address: str) -> None:
    """Make sure that who is logged in also knows the password, before something that cannot be undone.

    Args:
        instance: Where.
        account_id: Row id of the account.
        password: As typed.
        field: Name of the form field, for the refusal.
        address: IP address of the client.

    Raises:
        InvalidError: It is wrong.
        RateLimitedError: Too many attempts.
    """
    found = await instance.read(queries.account, account_id=account_id)
    try:
        await _check(instance, username=found.username, password=password, address=address, kind="password.refused")
    except InvalidError as error:
        raise InvalidError("this is not your password", field=field) from error
