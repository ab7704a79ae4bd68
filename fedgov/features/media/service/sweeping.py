"""Removing from disk what nobody may have any more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, delete, select

from fedgov.features.media import queries
from fedgov.features.media.service import folder
from fedgov.features.media.service.copies import copy_files, make_room
from fedgov.features.media.tables import media, media_copies
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, SECOND
from fedgov.store.transaction import Transaction

ABANDONED_AFTER: Final = DAY
"""How long a file may hang on nothing: its writer may still be at it."""

_BATCH: Final = 500
_DELETED: Final = select(media.c.id, media.c.token).where(media.c.deleted_at > 0).limit(_BATCH)
_ABANDONED: Final = (
    select(media.c.id, media.c.token)
    .where(media.c.object_id.is_(None), media.c.public.is_(False), media.c.created_at < bindparam("before"))
    .limit(_BATCH)
)


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was removed.

    Args:
        files: Uploaded files of deleted posts, and abandoned uploads.
        copies: Copies of files from elsewhere.
        strays: Files on disk that nothing knows, left by a crash.
    """

    files: int
    copies: int
    strays: int


async def sweep(instance: Instance, *, strays: bool = False) -> Swept:
    """Remove from disk what was deleted, abandoned or is too much.

    Args:
        instance: The server.
        strays: Look for files too that nothing knows; that reads the whole folder.
    """
    return Swept(
        files=await sweep_deleted(instance),
        copies=await expire_copies(instance),
        strays=await _sweep_strays(instance) if strays else 0,
    )


async def sweep_deleted(instance: Instance) -> int:
    """Remove from disk what was deleted or abandoned; return how many uploaded files.

    The files go first and the rows after them: after a crash in between the
    rows are still there to try again.
    """
    where, count = instance.config.folder, 0
    while rows := await instance.read(_unwanted):
        paths = [queries.path_of(where, token=token, preview=preview) for _, token in rows for preview in (False, True)]
        await asyncio.to_thread(folder.remove_all, paths)
        await instance.write(_forget, row_ids=[row_id for row_id, _ in rows])
        count += len(rows)
    return count


async def expire_copies(instance: Instance) -> int:
    """Forget failures that are over and remove copies beyond the limit; return how many copies."""
    evicted = await instance.write(_expire)
    await asyncio.to_thread(folder.remove_all, copy_files(instance.config.folder, evicted))
    return len(evicted)


def _unwanted(tx: Transaction) -> list[tuple[int, str]]:
    deleted = tx.rows(_DELETED)
    rows = deleted or tx.rows(_ABANDONED, {"before": tx.now - ABANDONED_AFTER})
    return [(row.id, row.token) for row in rows]


def _forget(tx: Transaction, *, row_ids: Sequence[int]) -> None:
    tx.execute(delete(media).where(media.c.id.in_(row_ids)))


def _expire(tx: Transaction) -> list[str]:
    """Forget failures that are over, and copies beyond the limit (the administrator may have lowered it)."""
    tx.execute(delete(media_copies).where(media_copies.c.failed_until < tx.now))
    return make_room(tx)


async def _sweep_strays(instance: Instance) -> int:
    count = 0
    for names in await asyncio.to_thread(lambda: list(_old_files(instance))):
        known = await instance.read(_known, names=[name for name, _ in names])
        strays = [path for name, path in names if name not in known]
        await asyncio.to_thread(folder.remove_all, strays)
        count += len(strays)
    return count


def _old_files(instance: Instance) -> Iterator[list[tuple[str, Path]]]:
    """Give names and paths of files that are no longer being written, in batches."""
    latest = (instance.clock.now() - ABANDONED_AFTER) / SECOND
    batch: list[tuple[str, Path]] = []
    for path in (instance.config.folder / "media").rglob("*"):
        if path.is_file() and path.stat().st_mtime < latest:
            batch.append((path.name.removesuffix(".part").removesuffix("-preview"), path))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _known(tx: Transaction, *, names: Sequence[str]) -> frozenset[str]:
    return frozenset(
        (
            *tx.values(select(media.c.token).where(media.c.token.in_(names))),
            *tx.values(select(media_copies.c.url_hash).where(media_copies.c.url_hash.in_(names))),
        )
    )
