"""From the URI of an actor to the row id that this room's tables name it by."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select

from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

_ID: Final = select(actors.c.id).where(actors.c.uri == bindparam("uri"))
_READER: Final = _ID.where(actors.c.local, actors.c.deleted_at.is_(None))


def actor_id(tx: Transaction, *, uri: str) -> int | None:
    """Return the row id of an actor, deleted ones included, or None."""
    found: int | None = tx.value(_ID, {"uri": uri})
    return found


def reader_id(tx: Transaction, *, uri: str) -> int | None:
    """Return the row id of somebody here who can read; None for anybody else."""
    found: int | None = tx.value(_READER, {"uri": uri})
    return found
