"""Accounts: made, disabled, enabled and deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, select, update

from fedgov.activitystreams.audience import PUBLIC, Audience, Visibility
from fedgov.features.people import queries
from fedgov.features.people.policy import people as policy
from fedgov.features.people.service import logins, passwords, rates, removal, tokens
from fedgov.features.people.tables import accounts, codes, sanctions, sessions
from fedgov.features.people.tables import tokens as token_rows
from fedgov.features.people.vocabulary import AccountCreated, TokensEnded
from fedgov.federation import actors, keys, outbox
from fedgov.federation.keys import KeyPair
from fedgov.instance import Instance
from fedgov.kernel.errors import ConflictError, ForbiddenError
from fedgov.kernel.text.plain import clean_name
from fedgov.store import audit, erasures
from fedgov.store.transaction import Transaction


async def open_account(
    instance: Instance,
    *,
    username: str,
    password: str,
    name: str = "",
    function: str = "",
    department: str = "",
    email: str = "",
    administrator: bool = False,
    language: str | None = None,
    address: str | None = None,
    reason: str = "",
) -> int:
    """Make an account with everything that belongs to it; return its row id.

    Args:
        instance: Where.
        username: As typed; capitals become small letters.
        password: As typed.
        name: Plain-text display name; empty for the user name.
        function: Plain text such as ``inkoopadviseur``.
        department: Plain text.
        email: Address, or empty.
        administrator: Whether this person looks after the instance.
        language: Preferred language, or None.
        address: IP address of somebody who registers; None when an administrator makes the account.
        reason: Why somebody who registers wants an account, plain text.

    Raises:
        InvalidError: A value is not acceptable; ``field`` says which.
        ConflictError: The name is taken, or was once.
        ForbiddenError: Only the administrator makes accounts here.
        RateLimitedError: Too many accounts were made from this address.
    """
    registration = instance.config.accounts.registration
    if address is not None and registration == "closed":
        raise ForbiddenError("accounts are made by the administrator of this organisation")
    chosen = policy.check_username(username, domain=instance.site.domain)
    policy.check_password(password, username=chosen)
    mail = policy.check_email(email)
    await instance.read(check_name_is_free, username=chosen)
    if address is not None:
        await instance.write(count_registration, address=address)
    pair = await keys.generate_pair(instance.site.actor(chosen))
    return await instance.write(
        create_account,
        username=chosen,
        password_hash=await passwords.hash_password(password),
        pair=pair,
        name=name,
        function=function,
        department=department,
        email=mail,
        administrator=administrator,
        language=language,
        pending=address is not None and registration == "approval",
        reason=clean_name(reason, limit=policy.MAX_REASON),
    )


def check_name_is_free(tx: Transaction, *, username: str) -> None:
    """Refuse a name that somebody has or had, before the slow work of making keys.

    Raises:
        ConflictError: The name is taken, or was once.
    """
    if actors.find_by_handle(tx, username=username, at_host=tx.site.domain) is not None:
        raise ConflictError("this user name is taken, or was once; names are never given out twice")


def count_registration(tx: Transaction, *, address: str) -> None:
    """Count an account that a stranger makes.

    Raises:
        RateLimitedError: Too many were made from this address.
    """
    rates.forget_old(tx)
    subject = rates.for_registration(address)
    before = rates.so_far(tx, subject=subject)
    rates.refuse_for(policy.wait_for_registration(before, now=tx.now, free=tx.config.limits.registrations_at_once))
    rates.count(tx, subject=subject, before=before)


def create_account(
    tx: Transaction,
    *,
    username: str,
    password_hash: str,
    pair: KeyPair,
    name: str = "",
    function: str = "",
    department: str = "",
    email: str | None = None,
    administrator: bool = False,
    language: str | None = None,
    pending: bool = False,
    reason: str = "",
) -> int:
    """Store an account and its actor; see `open_account` for the whole of it.

    Args:
        tx: The open transaction.
        username: Checked user name.
        password_hash: Made beforehand, because that takes long.
        pair: Keys of the actor, made beforehand for the URI ``tx.site.actor(username)``.
        name: Plain-text display name; empty for the user name.
        function: Plain text.
        department: Plain text.
        email: Address, or None.
        administrator: Whether this person looks after the instance.
        language: Preferred language, or None.
        pending: It cannot be used before an administrator approved it.
        reason: Why somebody wants it, plain text.

    Returns:
        Row id of the account.

    Raises:
        InvalidError: The user name cannot be one.
        ConflictError: The name is taken, or was once.
    """
    chosen = policy.check_username(username, domain=tx.site.domain)
    uri = tx.site.actor(chosen)
    actors.create_local(
        tx,
        uri=uri,
        kind="Person",
        username=chosen,
        name=clean_name(name, limit=policy.MAX_NAME) or chosen,
        pair=pair,
        function=clean_name(function, limit=policy.MAX_LINE),
        department=clean_name(department, limit=policy.MAX_LINE),
    )
    account_id = tx.new_id()
    tx.execute(
        accounts.insert(),
        {
            "id": account_id,
            "actor_uri": uri,
            "username": chosen,
            "email": email,
            "password_hash": password_hash,
            "administrator": administrator,
            "language": language,
            "created_at": tx.now,
            "pending": pending,
            "reason": reason,
        },
    )
    if pending:
        _set_disabled(tx, found=queries.account(tx, account_id=account_id), at=tx.now)
    tx.signal("accounts")
    tx.tell(AccountCreated(actor=uri))
    audit.note(tx, "account.created", target=uri)
    if administrator:
        audit.note(tx, "account.administrator_added", target=uri)
    return account_id


# --- disabled, enabled, deleted ---------------------------------------------------------------------------------


def disable(tx: Transaction, *, account_id: int, by: int | None = None) -> None:
    """Take an account out of use: no log-in, no token, nothing sent in its name; what was written stays.

    Args:
        tx: The open transaction.
        account_id: Whose.
        by: Row id of the administrator's account; None for the command line.

    Raises:
        ForbiddenError: It is the administrator's own.
        ConflictError: It is the last administrator.
    """
    found = _not_the_last(tx, account_id=account_id)
    if found.id == by:
        raise ForbiddenError("you cannot disable your own account")
    _set_disabled(tx, found=found, at=tx.now)
    audit.note(tx, "account.disabled", target=found.actor_uri)


def enable(tx: Transaction, *, account_id: int) -> None:
    """Let a disabled account be used again; one that waited for an administrator is approved by that.

    Raises:
        ConflictError: The person is suspended.
    """
    found = queries.account(tx, account_id=account_id)
    if found.pending:
        approve(tx, account_id=account_id)
        return
    _demand_not_suspended(tx, actor=found.actor_uri)
    _set_disabled(tx, found=found, at=None)
    audit.note(tx, "account.enabled", target=found.actor_uri)


def approve(tx: Transaction, *, account_id: int) -> None:
    """Let somebody use the account for which they waited.

    Args:
        tx: The open transaction.
        account_id: Whose.

    Raises:
        NotFoundError: There is no such account.
        ForbiddenError: It does not wait.
    """
    found = _waiting(tx, account_id=account_id)
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(pending=False))
    _set_disabled(tx, found=found, at=None)
    audit.note(tx, "account.approved", target=found.actor_uri)


def reject(tx: Transaction, *, account_id: int) -> None:
    """Refuse somebody the account for which they wait; it is deleted.

    Args:
        tx: The open transaction.
        account_id: Whose.

    Raises:
        NotFoundError: There is no such account.
        ForbiddenError: It does not wait.
    """
    found = _waiting(tx, account_id=account_id)
    audit.note(tx, "account.rejected", target=found.actor_uri)
    _delete(tx, found=found)


def _waiting(tx: Transaction, *, account_id: int) -> Row[Any]:
    found = queries.account(tx, account_id=account_id)
    if not found.pending:
        raise ForbiddenError("this account does not wait for anybody")
    return found


def _demand_not_suspended(tx: Transaction, *, actor: str) -> None:
    if tx.value(select(sanctions.c.suspended_at).where(sanctions.c.actor_uri == actor)) is not None:
        raise ConflictError("this person is suspended; end the suspension first")


def _set_disabled(tx: Transaction, *, found: Row[Any], at: int | None) -> None:
    tx.execute(update(accounts).where(accounts.c.id == found.id).values(disabled_at=at))
    if at is not None:
        tx.execute(delete(sessions).where(sessions.c.account_id == found.id))
        tx.signal(tokens.signal_of(found.id))
    actors.change_local(tx, uri=found.actor_uri, values={"disabled_at": at})
    erasures.note(tx, "enabled" if at is None else "disabled", found.actor_uri)
    tx.signal("accounts")


def set_administrator(tx: Transaction, *, account_id: int, administrator: bool) -> None:
    """Let somebody look after the instance, or no longer.

    Raises:
        ConflictError: It is the last administrator.
    """
    if not administrator:
        _not_the_last(tx, account_id=account_id)
    found = queries.account(tx, account_id=account_id)
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(administrator=administrator))
    tx.signal("accounts")
    done = "account.administrator_added" if administrator else "account.administrator_removed"
    audit.note(tx, done, target=found.actor_uri)


def delete_account(tx: Transaction, *, account_id: int) -> None:
    """Delete an account for good, and tell every server that knows it; the name is never given out again.

    Raises:
        ConflictError: It is the last administrator.

    Spec: ActivityPub, section 6.4.
    """
    _delete(tx, found=_not_the_last(tx, account_id=account_id))


def _delete(tx: Transaction, *, found: Row[Any]) -> None:
    row = actors.get(tx, uri=found.actor_uri)
    outbox.publish(
        tx,
        actor=row.uri,
        activity={"type": "Delete", "object": row.uri},
        audience=Audience(to=(PUBLIC,), cc=(row.followers_uri,)),
        visibility=Visibility.PUBLIC,
        also_to=queries.acquaintances(tx, of=row.uri),
    )
    tokens.end_all(tx, account_id=found.id)
    for table in (sessions, token_rows):
        tx.execute(delete(table).where(table.c.account_id == found.id))
    tx.execute(delete(accounts).where(accounts.c.id == found.id))
    removal.remove_actor(tx, uri=row.uri)
    tx.signal("accounts")
    audit.note(tx, "account.deleted", target=row.uri)


# --- after a backup was restored --------------------------------------------------------------------------------


def end_all_logins(tx: Transaction) -> int:
    """End every log-in and revoke every token, because those that ended after the backup would be valid again.

    Returns:
        How many there were.
    """
    revoked = tx.execute(update(token_rows).where(token_rows.c.revoked_at.is_(None)).values(revoked_at=tx.now))
    tx.execute(delete(codes))
    tx.tell(TokensEnded())
    tx.signal("accounts")
    return revoked + tx.execute(delete(sessions))


def repeat_removal(tx: Transaction, *, actor: str) -> None:
    """Remove an actor once more that was removed after the backup; an account here as if its owner did."""
    found = queries.account_of(tx, actor=actor)
    if found is not None:
        _delete(tx, found=queries.account(tx, account_id=found.id))
    else:
        removal.remove_actor(tx, uri=actor)


def repeat_switch(tx: Transaction, *, actor: str, disabled: bool) -> None:
    """Disable or enable an account once more, as it was done after the backup."""
    found = queries.account_of(tx, actor=actor)
    if found is not None and (found.disabled_at is not None) != disabled:
        _set_disabled(tx, found=found, at=tx.now if disabled else None)


async def delete_own_account(instance: Instance, *, account_id: int, password: str, address: str) -> None:
    """Delete the account of who is logged in, once the password was given again.

    Args:
        instance: Where.
        account_id: Whose.
        password: As typed.
        address: IP address of the client.

    Raises:
        InvalidError: The password is wrong.
        ConflictError: It is the last administrator.
        RateLimitedError: Too many attempts.
    """
    await logins.check_own_password(
        instance, account_id=account_id, password=password, field="password", address=address
    )
    await instance.write(delete_account, account_id=account_id)


def _not_the_last(tx: Transaction, *, account_id: int) -> Row[Any]:
    found = queries.account(tx, account_id=account_id)
    if found.administrator and found.disabled_at is None:
        others = queries.count_other_administrators(tx, account_id=account_id)
        policy.may_stop_being_administrator(other_administrators=others)
    return found


# --- passwords --------------------------------------------------------------------------------------------------


async def change_own_password(
    instance: Instance, *, account_id: int, current: str, new: str, address: str, keep_session: str = ""
) -> None:
    """Change the password of who is logged in; everywhere else that person is logged out.

    Args:
        instance: Where.
        account_id: Whose.
        current: The password of now, as typed.
        new: The new one, as typed.
        address: IP address of the client.
        keep_session: Hash of the session that goes on.

    Raises:
        InvalidError: The current password is wrong, or the new one not acceptable.
        RateLimitedError: Too many attempts.
    """
    found = await instance.read(queries.account, account_id=account_id)
    policy.check_password(new, username=found.username, field="password")
    await logins.check_own_password(instance, account_id=account_id, password=current, field="current", address=address)
    await instance.write(
        set_password,
        account_id=account_id,
        password_hash=await passwords.hash_password(new),
        keep_session=keep_session,
    )


def set_password(tx: Transaction, *, account_id: int, password_hash: str, keep_session: str = "") -> None:
    """Store a new password; all sessions but one end and all tokens are revoked.

    Args:
        tx: The open transaction.
        account_id: Whose.
        password_hash: Made beforehand.
        keep_session: Hash of the session that goes on; empty for none.
    """
    found = queries.account(tx, account_id=account_id)
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(password_hash=password_hash))
    tx.execute(delete(sessions).where(sessions.c.account_id == account_id, sessions.c.token_hash != keep_session))
    tokens.end_all(tx, account_id=account_id)
    tx.signal("accounts")
    audit.note(tx, "password.changed", target=found.actor_uri)
