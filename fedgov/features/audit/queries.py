"""Entries of the audit log, narrowed to a person, a kind or a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, or_, select

from fedgov.store.tables import audit_entries
from fedgov.store.transaction import Transaction

SYSTEM: Final = "system:"
"""How the name of a user of the operating system begins."""


def list_entries(
    tx: Transaction,
    *,
    who: str = "",
    kind: str = "",
    since: int | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return entries, the newest first.

    Args:
        tx: The open transaction.
        who: Name of a person here, as typed, who did it or whom it was about; empty for everyone.
        kind: Only of this kind; empty for all.
        since: Only those of this time and later, in milliseconds; None for all.
        before: Only those with a smaller number, for the next page.
        limit: Most rows.
    """
    entries = audit_entries.c
    statement = select(audit_entries)
    if who:
        uri = uri_of(tx, who)
        statement = statement.where(or_(entries.who == uri, entries.target == uri))
    if kind:
        statement = statement.where(entries.kind == kind)
    if since is not None:
        statement = statement.where(entries.at >= since)
    if before is not None:
        statement = statement.where(entries.number < before)
    return tx.rows(statement.order_by(entries.number.desc()).limit(limit))


def uri_of(tx: Transaction, who: str) -> str:
    """Return what stands in the log for somebody: the URI of a person here, or the name of a system's user."""
    name = who.strip()
    if name.startswith((SYSTEM, tx.site.origin)):
        return name
    return tx.site.actor(name.removeprefix("@").removesuffix(f"@{tx.site.domain}").lower())
