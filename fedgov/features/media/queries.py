"""Which files there are, and who may have them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.features.media.tables import media, media_copies
from fedgov.features.media.vocabulary import MediaKind, StoredMedia
from fedgov.features.people.queries import any_block
from fedgov.federation import objects
from fedgov.kernel.errors import NotFoundError
from fedgov.store.transaction import Transaction

TOKEN_LENGTH: Final = 32
"""Hexadecimal digits of a token."""

_BY_ID: Final = select(media).where(media.c.id == bindparam("id"), media.c.deleted_at.is_(None))
_BY_TOKEN: Final = select(media).where(media.c.token == bindparam("token"), media.c.deleted_at.is_(None))
_COPY: Final = select(media_copies).where(media_copies.c.url_hash == bindparam("hash"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A file that may be given to whoever asked.

    Args:
        path: Where it is on disk.
        media_type: From our fixed list.
        kind: How it is shown.
        name: What it is called when it is saved.
        etag: Changes with its content.
        public: Everybody may have it, so shared caches may keep it.
    """

    path: Path
    media_type: str
    kind: MediaKind
    name: str
    etag: str
    public: bool


def get(tx: Transaction, *, media_id: int, owner: str) -> StoredMedia:
    """Return a file of its owner.

    Raises:
        NotFoundError: There is no such file, or it is somebody else's.
    """
    row = tx.row(_BY_ID, {"id": media_id})
    if row is None or row.owner != owner:
        raise NotFoundError("there is no such file")
    return stored(row)


def find_by_address(tx: Transaction, *, addresses: Iterable[str], owner: str) -> StoredMedia | None:
    """Return the file of its owner that one of some addresses leads to, or None.

    Args:
        tx: The open transaction.
        addresses: URLs, of files here or of anything.
        owner: URI of the local actor.
    """
    front = tx.site.url("/media/")
    for name in (each.removeprefix(front) for each in addresses if each.startswith(front)):
        row = tx.row(_BY_TOKEN, {"token": name}) if len(name) == TOKEN_LENGTH else _by_id(tx, name)
        if row is not None and row.owner == owner:
            return stored(row)
    return None


def find_many(tx: Transaction, *, media_ids: Sequence[int]) -> dict[int, StoredMedia]:
    """Return those files that exist, by row id."""
    rows = tx.rows(select(media).where(media.c.id.in_(media_ids), media.c.deleted_at.is_(None))) if media_ids else ()
    return {row.id: stored(row) for row in rows}


def for_object(tx: Transaction, *, object_id: int) -> tuple[StoredMedia, ...]:
    """Return the uploaded files that hang on an object, in order."""
    return for_objects(tx, object_ids=[object_id]).get(object_id, ())


def for_objects(tx: Transaction, *, object_ids: Sequence[int]) -> dict[int, tuple[StoredMedia, ...]]:
    """Return the uploaded files that hang on some objects, in order; objects without files are left out."""
    if not object_ids:
        return {}
    rows = tx.rows(
        select(media)
        .where(media.c.object_id.in_(object_ids), media.c.deleted_at.is_(None))
        .order_by(media.c.object_id, media.c.position, media.c.id)
    )
    found: dict[int, tuple[StoredMedia, ...]] = {}
    for row in rows:
        found[row.object_id] = (*found.get(row.object_id, ()), stored(row))
    return found


def stored(row: Row[Any]) -> StoredMedia:
    """Return a row as other rooms know it."""
    return StoredMedia(
        id=row.id,
        owner=row.owner,
        token=row.token,
        kind=row.kind,
        media_type=row.media_type,
        name=row.name,
        alt=row.alt,
        size=row.size,
        width=row.width,
        height=row.height,
        blurhash=row.blurhash,
        has_preview=row.has_preview,
        object_id=row.object_id,
        focus=None if row.focal_x is None or row.focal_y is None else (row.focal_x, row.focal_y),
    )


def serve(tx: Transaction, *, name: str, viewer: str | None, preview: bool = False) -> Served:
    """Return a file for somebody who asks for it.

    By its row id it is given to whoever may read what it hangs on. By its
    token it is also given to whoever does not say who they are, as long as its
    post went to other servers: they fetch files that way. What is only for our
    own organisation, and what hangs on nothing yet, needs a log-in always.

    Args:
        tx: The open transaction.
        name: Row id or token, as it stands in the address.
        viewer: URI of the actor who asks; None for somebody unknown.
        preview: The smaller picture instead; the file itself where there is none.

    Raises:
        NotFoundError: There is no such file, or not for this viewer; the two look the same.

    Spec: rows MED-05 and GRP-14 of the threat table.
    """
    by_token = len(name) == TOKEN_LENGTH
    row = tx.row(_BY_TOKEN, {"token": name}) if by_token else _by_id(tx, name)
    if row is None:
        raise NotFoundError("there is no such file")
    public = _is_public(tx, row)
    if not public and not _may_have(tx, row, viewer=viewer, by_token=by_token):
        raise NotFoundError("there is no such file")
    smaller = preview and row.has_preview
    ending = FILE_ENDINGS.get(row.media_type, "bin")
    return Served(
        path=path_of(tx.config.folder, token=row.token, preview=smaller),
        media_type="image/webp" if smaller else row.media_type,
        kind=row.kind,
        name=f"{row.name.rpartition('.')[0] or row.name or 'file'}.{'webp' if smaller else ending}",
        etag=row.sha256[:32] + ("p" if smaller else ""),
        public=public,
    )


FILE_ENDINGS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/ogg": "ogv",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "application/pdf": "pdf",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
}
"""What the name of a saved file ends with, whatever its uploader called it."""


def _by_id(tx: Transaction, name: str) -> Row[Any] | None:
    if not (name.isascii() and name.isdigit() and len(name) <= 19) or int(name) >= 2**63:
        return None
    return tx.row(_BY_ID, {"id": int(name)})


def _is_public(tx: Transaction, row: Row[Any]) -> bool:
    if row.public:
        return True
    thing = _object_of(tx, row)
    return thing is not None and Visibility(thing.visibility) in FOR_EVERYONE


def _may_have(tx: Transaction, row: Row[Any], *, viewer: str | None, by_token: bool) -> bool:
    if viewer is not None and viewer == row.owner:
        return True
    thing = _object_of(tx, row)
    if thing is None:
        return False
    if by_token and Visibility(thing.visibility).leaves_the_instance:
        return True
    return (
        viewer is not None
        and objects.may_read(tx, row=thing, viewer=viewer)
        and not any_block(tx, one=viewer, other=row.owner)
    )


def _object_of(tx: Transaction, row: Row[Any]) -> Row[Any] | None:
    thing = objects.find_by_id(tx, row_id=row.object_id) if row.object_id is not None else None
    return None if thing is None or thing.deleted_at is not None else thing


# --- where the bytes are ----------------------------------------------------------------------------------------


def path_of(folder: Path, *, token: str, preview: bool = False) -> Path:
    """Return where an uploaded file is; every part of the name was made here (MED-01)."""
    return folder / "media" / token[:2] / token[2:4] / (token + ("-preview" if preview else ""))


def copy_path(folder: Path, *, url_hash: str, preview: bool = False) -> Path:
    """Return where the copy of a file from elsewhere is."""
    name = url_hash + ("-preview" if preview else "")
    return folder / "media" / "remote" / url_hash[:2] / url_hash[2:4] / name


def hash_of(url: str) -> str:
    """Return under which name the copy of a file from elsewhere is kept."""
    return hashlib.sha256(url.encode()).hexdigest()


def find_copy(tx: Transaction, *, url: str) -> Row[Any] | None:
    """Return what is known of a file from elsewhere, or None."""
    return tx.row(_COPY, {"hash": hash_of(url)})
