"""Adding a file: what is accepted becomes a file on disk first and a row after that."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from fedgov.features.media import queries
from fedgov.features.media.policy import kinds, pictures
from fedgov.features.media.service import folder
from fedgov.features.media.tables import media
from fedgov.features.media.vocabulary import FileType, Picture, StoredMedia
from fedgov.instance import Instance
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.text.plain import clean_name
from fedgov.store.transaction import Transaction

MAX_ALT: Final = 1_500
"""Characters of a description."""

MAX_NAME: Final = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file as it will be kept."""

    file_type: FileType
    data: bytes
    picture: Picture | None
    sha256: str


async def upload(
    instance: Instance,
    *,
    owner: str,
    name: str,
    data: bytes,
    alt: str = "",
    focus: tuple[float, float] | None = None,
    public: bool = False,
) -> StoredMedia:
    """Keep a file that somebody here adds; until it hangs on a post only they can see it.

    What it is its own bytes decide. Pictures are drawn anew, so nothing but
    their pixels is kept. The file is synced to disk before its row is.

    Args:
        instance: The server.
        owner: URI of the local actor.
        name: File name as given, plain text; only ever shown.
        data: The file.
        alt: Description, plain text.
        focus: What must stay in sight when it is cropped: to the right and upwards, each from -1 to 1.
        public: For everybody at once, as the picture on a profile.

    Raises:
        InvalidError: It is empty, too large, damaged, or of a type that is not accepted.
        UnreachableError: The disk is full; nothing was stored.
        RateLimitedError: Too many files in this hour.
    """
    instance.limit("uploads", of=owner)
    media_settings = instance.config.media
    description = check_alt(alt)
    if focus is not None:
        check_focus(focus)
    if len(data) > media_settings.max_bytes:
        raise InvalidError("the file is too large", field="file")
    prepared = await asyncio.to_thread(prepare, data, max_pixels=media_settings.max_pixels)
    return await keep(
        instance,
        add_row,
        prepared=prepared,
        owner=owner,
        name=name,
        alt=description,
        focus=focus,
        public=public,
    )


async def keep(instance: Instance, write_row: Callable[..., T], *, prepared: Prepared, **values: object) -> T:
    """Write a file to disk, and then its row; when there is no row, there is no file either.

    Args:
        instance: The server.
        write_row: The use case that writes the row; it gets ``token`` and ``prepared`` besides the values.
        prepared: The file.
        values: What the row says.

    Returns:
        What the use case returns.

    Raises:
        UnreachableError: The disk is full; nothing was stored.
        FedgovError: What the use case raises.
    """
    token, where = secrets.token_hex(queries.TOKEN_LENGTH // 2), instance.config.folder
    files = {queries.path_of(where, token=token): prepared.data}
    if prepared.picture is not None and prepared.picture.preview is not None:
        files[queries.path_of(where, token=token, preview=True)] = prepared.picture.preview
    await asyncio.to_thread(folder.write_all, files)
    try:
        return await instance.write(write_row, token=token, prepared=prepared, **values)
    except BaseException:
        await asyncio.to_thread(folder.remove_all, files)
        raise


async def upload_portrait(instance: Instance, *, owner: str, data: bytes, field: str = "avatar") -> str:
    """Keep a picture for a profile, which everybody may see.

    Args:
        instance: The server.
        owner: URI of the local actor.
        data: The file.
        field: ``avatar``, or ``header`` for the broad picture above a profile, which keeps its size.

    Returns:
        Its address on this instance.

    Raises:
        InvalidError: It is no picture, or one that is not accepted.
        UnreachableError: The disk is full; nothing was stored.
    """
    file_type = kinds.recognise(data)
    if file_type is None or file_type.kind != "image":
        raise InvalidError("choose a picture: PNG, JPEG, WebP or GIF", field=field)
    try:
        kept = await upload(instance, owner=owner, name="", data=data, public=True)
    except InvalidError as error:
        raise InvalidError(error.safe, field=field, detail=error.detail) from error
    return kept.url(instance.site) if field == "header" else kept.preview_url(instance.site)


def prepare(data: bytes, *, max_pixels: int) -> Prepared:
    """Return a file in the form in which it is kept; takes up to seconds.

    Raises:
        InvalidError: It is empty, damaged, too large or of a type that is not accepted.
    """
    if not data:
        raise InvalidError("the file is empty", field="file")
    file_type = kinds.recognise(data)
    if file_type is None or not file_type.accepted:
        raise InvalidError(
            "this type of file is not accepted; choose a picture, PDF, office file without macros, sound or film",
            field="file",
        )
    if not file_type.picture_format:
        return Prepared(file_type=file_type, data=data, picture=None, sha256=hashlib.sha256(data).hexdigest())
    picture = pictures.redraw(data, file_type, max_pixels=max_pixels)
    digest = hashlib.sha256(picture.data).hexdigest()
    return Prepared(file_type=file_type, data=picture.data, picture=picture, sha256=digest)


def check_alt(alt: str) -> str:
    """Return a description without space around it.

    Raises:
        InvalidError: It is too long.
    """
    words = alt.replace("\x00", "").strip()
    if len(words) > MAX_ALT:
        raise InvalidError("the description is too long", field="alt")
    return words


def check_focus(focus: tuple[float, float]) -> tuple[float, float]:
    """Return what must stay in sight of a picture.

    Raises:
        InvalidError: It is outside of the picture.
    """
    if not all(-1 <= each <= 1 for each in focus):
        raise InvalidError("the focus is outside of the picture", field="focus")
    return focus


def add_row(
    tx: Transaction,
    *,
    owner: str,
    token: str,
    prepared: Prepared,
    name: str,
    alt: str = "",
    focus: tuple[float, float] | None = None,
    public: bool = False,
) -> StoredMedia:
    """Write the row of a file that is on disk already; its arguments are those of `upload`, checked."""
    row_id, picture = tx.new_id(), prepared.picture
    focal_x, focal_y = focus or (None, None)
    tx.execute(
        media.insert(),
        {
            "id": row_id,
            "owner": owner,
            "token": token,
            "kind": prepared.file_type.kind,
            "media_type": prepared.file_type.media_type,
            "name": clean_name(name.replace("\\", "/").rpartition("/")[2], limit=MAX_NAME),
            "alt": alt,
            "width": picture.width if picture else None,
            "height": picture.height if picture else None,
            "blurhash": picture.blurhash if picture else None,
            "focal_x": focal_x,
            "focal_y": focal_y,
            "size": len(prepared.data),
            "sha256": prepared.sha256,
            "has_preview": picture is not None and picture.preview is not None,
            "public": public,
            "created_at": tx.now,
        },
    )
    return queries.get(tx, media_id=row_id, owner=owner)
