"""Counting attempts before they are judged: a hundred at once are a hundred."""

from __future__ import annotations

import hashlib
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from fedgov.features.people.policy import people as policy
from fedgov.features.people.policy.people import Attempts
from fedgov.features.people.tables import attempts
from fedgov.kernel.clock import SECOND
from fedgov.kernel.errors import RateLimitedError
from fedgov.store.transaction import Transaction, insert_or_ignore

_DIGITS: Final = 4  # hexadecimal: 65,536 counters for all names that nobody has

_BEGIN: Final = insert_or_ignore(attempts)
_READ: Final = (
    select(attempts.c.count.label("times"), attempts.c.last_at)
    .where(attempts.c.subject == bindparam("of"))
    .with_for_update()
)
_WRITE: Final = (
    update(attempts)
    .where(attempts.c.subject == bindparam("of"))
    .values(count=bindparam("times"), last_at=bindparam("at"))
)
_FORGET: Final = delete(attempts).where(attempts.c.last_at < bindparam("before"))


def for_account(username: str) -> str:
    """Return the name under which log-ins to an account are counted, whether it exists or not."""
    return f"account:{username.strip().removeprefix('@').lower()[:100]}"


def for_nobody(typed: str) -> str:
    """Return the name under which log-ins are counted with a name that nobody has.

    What was typed may be a password in the wrong field, so only a small
    part of a digest is kept: enough to count, too little to try passwords on.
    """
    digest = hashlib.sha256(for_account(typed).encode()).hexdigest()
    return f"nobody:{digest[:_DIGITS]}"


def for_address(address: str) -> str:
    """Return the name under which log-ins from a client are counted."""
    return f"address:{policy.network_of(address)}"


def for_registration(address: str) -> str:
    """Return the name under which accounts made from a client are counted."""
    return f"register:{policy.network_of(address)}"


def forget_old(tx: Transaction) -> None:
    """Drop what does not count any more, so that strangers cannot fill the table."""
    tx.execute(_FORGET, {"before": tx.now - policy.FORGET_AFTER})


def so_far(tx: Transaction, *, subject: str) -> Attempts:
    """Return how often something was tried; nobody else can count the same until this transaction ends."""
    tx.execute(_BEGIN, {"subject": subject, "count": 0, "last_at": tx.now})
    row = tx.row(_READ, {"of": subject})
    return Attempts() if row is None else Attempts(count=row.times, last_at=row.last_at)


def count(tx: Transaction, *, subject: str, before: Attempts) -> None:
    """Count one attempt more than there were before."""
    more = policy.one_more(before, now=tx.now)
    tx.execute(_WRITE, {"of": subject, "times": more.count, "at": more.last_at})


def forgive(tx: Transaction, *, subject: str) -> None:
    """Forget all attempts, because one succeeded."""
    tx.execute(delete(attempts).where(attempts.c.subject == subject))


def take_back(tx: Transaction, *, subject: str) -> None:
    """Do not count the last attempt, because it succeeded; earlier ones stand."""
    known = so_far(tx, subject=subject)
    tx.execute(_WRITE, {"of": subject, "times": max(0, known.count - 1), "at": known.last_at})


def refuse_for(milliseconds: int) -> None:
    """Refuse when there is still something to wait.

    Raises:
        RateLimitedError: There is; it says how long.
    """
    if milliseconds > 0:
        raise RateLimitedError("too many attempts; wait a moment", retry_after=milliseconds / SECOND)
