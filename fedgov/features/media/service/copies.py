"""Copies of what others show: fetched once, checked, kept within a limit.

Each file is fetched by one request at a time, and one that could not be had is
not asked for again at once, however many readers wait for it (DOS-18).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, func, select, update

from fedgov.features.media import queries
from fedgov.features.media.policy import kinds, pictures
from fedgov.features.media.service import folder
from fedgov.features.media.tables import media_copies
from fedgov.features.media.vocabulary import FileType
from fedgov.instance import Instance
from fedgov.kernel.clock import HOUR, MINUTE
from fedgov.kernel.errors import FedgovError, InvalidError, RateLimitedError, UnreachableError
from fedgov.kernel.uris import host
from fedgov.store.transaction import Transaction, insert_or_update

ABSENT_FOR: Final = 6 * HOUR
"""How long a file is not asked for again that is not there or cannot be used."""

SILENT_FOR: Final = 5 * MINUTE
"""The same for one whose server did not answer."""

_USE_RESOLUTION: Final = HOUR
_ROOM: Final = 0.9
"""The part of the limit that stays in use when old copies are thrown away, so that not every new one does that."""

_COLUMNS: Final = ("media_type", "size", "has_preview", "fetched_at", "last_used", "failed_until")
_KEEP: Final = insert_or_update(media_copies, key=["url_hash"], update=_COLUMNS)
_TOTAL: Final = select(func.coalesce(func.sum(media_copies.c.size), 0))
_OLDEST: Final = (
    select(media_copies.c.url_hash, media_copies.c.size)
    .where(media_copies.c.url_hash != bindparam("new"))
    .order_by(media_copies.c.last_used, media_copies.c.url_hash)
    .limit(1_000)
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A checked file from elsewhere.

    Args:
        path: Where it is on disk.
        media_type: From our fixed list.
        etag: Changes with every fetch.
    """

    path: Path
    media_type: str
    etag: str


class CopyRoom:
    """Gives copies of files from elsewhere; one for all instances of the process, it holds only what is on its way."""

    def __init__(self) -> None:
        self._flights: dict[tuple[Path, str], asyncio.Task[Row[Any] | None]] = {}

    async def get(self, instance: Instance, *, url: str, preview: bool = False) -> Copy | None:
        """Return a copy of a file, fetched now where that is needed; None when it cannot be had.

        Args:
            instance: For whom.
            url: Address of the file.
            preview: The smaller picture, where there is one.
        """
        if not instance.trust.allows(host(url)):
            return None
        row = await instance.read(queries.find_copy, url=url)
        if row is not None and (row.failed_until or 0) > instance.clock.now():
            return None
        if row is None or row.failed_until is not None or not _is_here(instance, row):
            row = await self._fetch_once(instance, url)
        if row is None:
            return None
        if instance.clock.now() - row.last_used > _USE_RESOLUTION:
            await instance.write(_use, url_hash=row.url_hash)
        smaller = preview and row.has_preview
        return Copy(
            path=queries.copy_path(instance.config.folder, url_hash=row.url_hash, preview=smaller),
            media_type="image/webp" if smaller else row.media_type,
            etag=f"{row.url_hash[:24]}-{row.fetched_at:x}{'p' if smaller else ''}",
        )

    async def _fetch_once(self, instance: Instance, url: str) -> Row[Any] | None:
        """Join the request that is under way for this file, or start it; it goes on when its first reader leaves."""
        key = (instance.config.folder, url)
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(_fetch(instance, url))
            flight.add_done_callback(lambda _done: self._flights.pop(key, None))
        return await asyncio.shield(flight)


def _is_here(instance: Instance, row: Row[Any]) -> bool:
    return queries.copy_path(instance.config.folder, url_hash=row.url_hash).is_file()


async def _fetch(instance: Instance, url: str) -> Row[Any] | None:
    settings = instance.config.media
    try:
        _claimed, data = await instance.fetch.file(url, max_bytes=settings.max_bytes)
        file_type, preview = await asyncio.to_thread(_check, data, max_pixels=settings.max_pixels)
    except (UnreachableError, RateLimitedError) as error:
        await instance.write(_note_failure, url=url, pause=max(SILENT_FOR, int((error.retry_after or 0) * 1_000)))
        return None
    except FedgovError:
        await instance.write(_note_failure, url=url, pause=ABSENT_FOR)
        return None
    return await _keep(instance, url=url, data=data, file_type=file_type, preview=preview)


def _check(data: bytes, *, max_pixels: int) -> tuple[FileType, bytes | None]:
    """Return what a file really is, with a preview of a picture.

    Raises:
        InvalidError: It is nothing that we show.
    """
    file_type = kinds.recognise(data)
    if file_type is None or file_type.kind == "document":
        raise InvalidError("this is no picture, sound or film")
    if not file_type.picture_format:
        return file_type, None
    return file_type, pictures.shrink(data, file_type, max_pixels=max_pixels)


async def _keep(
    instance: Instance, *, url: str, data: bytes, file_type: FileType, preview: bytes | None
) -> Row[Any] | None:
    where, url_hash = instance.config.folder, queries.hash_of(url)
    files = {queries.copy_path(where, url_hash=url_hash): data}
    if preview is not None:
        files[queries.copy_path(where, url_hash=url_hash, preview=True)] = preview
    await asyncio.to_thread(folder.write_all, files)
    row, evicted = await instance.write(
        _note_copy,
        url=url,
        media_type=file_type.media_type,
        size=sum(map(len, files.values())),
        has_preview=preview is not None,
    )
    if evicted:
        await asyncio.to_thread(folder.remove_all, copy_files(where, evicted))
    return row


def copy_files(where: Path, hashes: list[str]) -> list[Path]:
    """Return all files that the copies with these names may have."""
    return [
        queries.copy_path(where, url_hash=url_hash, preview=preview) for url_hash in hashes for preview in (False, True)
    ]


def _note_copy(
    tx: Transaction, *, url: str, media_type: str, size: int, has_preview: bool
) -> tuple[Row[Any] | None, list[str]]:
    """Remember a copy; return its row and the names of those that make room for it."""
    values = {"media_type": media_type, "size": size, "has_preview": has_preview, "failed_until": None}
    _put(tx, url=url, **values)
    evicted = make_room(tx, new=queries.hash_of(url))
    return queries.find_copy(tx, url=url), evicted


def make_room(tx: Transaction, *, new: str = "") -> list[str]:
    """Forget the copies that were not used for longest, until the rest fits the limit; return their names."""
    limit = tx.config.media.cache_bytes
    total = int(tx.value(_TOTAL))
    if total <= limit:
        return []
    evicted = []
    for row in tx.rows(_OLDEST, {"new": new}):
        if total <= limit * _ROOM:
            break
        total -= row.size
        evicted.append(row.url_hash)
    tx.execute(delete(media_copies).where(media_copies.c.url_hash.in_(evicted)))
    return evicted


def _note_failure(tx: Transaction, *, url: str, pause: int) -> None:
    _put(tx, url=url, media_type="", size=0, has_preview=False, failed_until=tx.now + pause)


def _put(tx: Transaction, *, url: str, **values: object) -> None:
    tx.execute(
        _KEEP, {"url_hash": queries.hash_of(url), "url": url, "fetched_at": tx.now, "last_used": tx.now, **values}
    )


def _use(tx: Transaction, *, url_hash: str) -> None:
    tx.execute(update(media_copies).where(media_copies.c.url_hash == url_hash).values(last_used=tx.now))
