"""What was erased, also for a backup that is older than that.

A backup holds what was deleted after it. So every erasure is written down in its
own transaction, and from there within a second into a file beside the database
that no backup contains. Whoever restores an old backup gives that file along
(`fedgov open`), and what was erased stays so. It holds addresses only, no content.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

import orjson
from sqlalchemy import Row, bindparam, delete, select

from fedgov.kernel.clock import SECOND, to_rfc3339
from fedgov.kernel.errors import InvalidError
from fedgov.store.database import Database
from fedgov.store.tables import erasures
from fedgov.store.transaction import Transaction

FILE: Final = "erasures"
QUARANTINE: Final = "quarantine"
"""File in the folder of an instance that was restored and not opened yet."""

EVERY: Final = SECOND
BATCH: Final = 1_000

Kind = Literal["object", "actor", "file", "plan", "disabled", "enabled"]

_WAITING: Final = select(erasures).order_by(erasures.c.id).limit(BATCH)
_WRITTEN: Final = delete(erasures).where(erasures.c.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class Erasure:
    """Something that must not come back.

    Args:
        kind: An object, an actor, an uploaded file, a post that was planned and is published or cancelled, or that
            an account was disabled or enabled again.
        what: URI of the object or actor, the token of the file, or the row id of the planned post.
        author: URI of the actor to whom an object belonged; empty otherwise.
    """

    kind: Kind
    what: str
    author: str = ""


def note(tx: Transaction, kind: Kind, what: str, *, author: str = "") -> None:
    """Write down, in the transaction that erases it, what must not come back from a backup.

    Args:
        tx: The open transaction.
        kind: As in `Erasure`.
        what: As in `Erasure`.
        author: As in `Erasure`.
    """
    tx.execute(erasures.insert(), {"id": tx.new_id(), "at": tx.now, "kind": kind, "what": what, "author": author})


async def flush(database: Database, folder: Path) -> int:
    """Append what was written down to the file; return how many lines.

    The rows go after the file is on disk: after a crash in between they are
    written once more, which changes nothing.

    Args:
        database: Of the instance.
        folder: Of the instance.
    """
    count = 0
    while rows := await database.read(_waiting):
        await asyncio.to_thread(append, folder / FILE, [_line(row) for row in rows])
        await database.write(_forget, ids=[row.id for row in rows])
        count += len(rows)
    return count


def _waiting(tx: Transaction) -> Sequence[Row[Any]]:
    return tx.rows(_WAITING)


def _forget(tx: Transaction, *, ids: Sequence[int]) -> None:
    tx.execute(_WRITTEN, {"ids": list(ids)})


def _line(row: Row[Any]) -> bytes:
    members = {"at": to_rfc3339(row.at), "kind": row.kind, "what": row.what, "author": row.author}
    return orjson.dumps({name: value for name, value in members.items() if value})


def append(path: Path, lines: Sequence[bytes]) -> None:
    """Add whole lines at the end of the file; return once they are on disk."""
    is_new = not path.exists()
    path.touch(mode=0o600)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read(path: Path) -> Iterator[Erasure]:
    """Return what a file lists, oldest first; a last line that a crash cut off is passed over.

    Raises:
        InvalidError: Something else is in it.
    """
    content = path.read_bytes()
    for number, line in enumerate(content.splitlines(keepends=True), start=1):
        if not line.endswith(b"\n"):
            return
        try:
            found = orjson.loads(line)
            erasure = Erasure(kind=found["kind"], what=str(found["what"]), author=str(found.get("author", "")))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidError(f"line {number} of {path} is no erasure") from None
        if erasure.kind not in get_args(Kind):
            raise InvalidError(f"line {number} of {path} is of an unknown kind; install a newer fedgov first")
        yield erasure
