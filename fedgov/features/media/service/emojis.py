"""Custom emoji of this instance's own: adding, hiding, putting under a heading, removing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from fedgov.features.media.policy import pictures
from fedgov.features.media.service import attaching
from fedgov.features.media.service.uploads import Prepared, add_row, keep, prepare
from fedgov.federation import emojis
from fedgov.instance import Instance
from fedgov.kernel.errors import ConflictError, InvalidError
from fedgov.kernel.text.emoji import is_shortcode
from fedgov.kernel.text.plain import clean_name
from fedgov.store import audit
from fedgov.store.tables import custom_emojis
from fedgov.store.transaction import Transaction

MAX_BYTES: Final = 262_144
"""Largest picture, in bytes, as at Mastodon."""

MAX_SIDE: Final = 512
"""Pixels of its longer side: it is shown as high as a line of text."""

MAX_CATEGORY: Final = 64
MOST: Final = 1_000
"""So many there can be: programs read all of them at once."""

_COUNT: Final = select(func.count()).select_from(custom_emojis)
_SAME: Final = select(custom_emojis.c.id).where(custom_emojis.c.shortcode == bindparam("name"))


async def add(instance: Instance, *, shortcode: str, data: bytes, category: str = "") -> int:
    """Add a small picture that people here may use in their texts by its name.

    It is drawn anew like every picture that is uploaded here.

    Args:
        instance: The server.
        shortcode: Its name, with or without colons around it.
        data: The file: PNG, GIF, WebP or JPEG; it may move.
        category: The heading under which programs list it; plain text.

    Returns:
        Row id.

    Raises:
        InvalidError: The name, the heading or the picture is not acceptable; names the field.
        ConflictError: There is one with this name, or there are too many.
        UnreachableError: The disk is full; nothing was stored.
    """
    name, heading = _named(shortcode), _heading(category)
    if len(data) > MAX_BYTES:
        raise InvalidError("the picture is too large: 256 KB at most", field="picture")
    prepared = await asyncio.to_thread(_small, data, max_pixels=instance.config.media.max_pixels)
    return await keep(instance, _add, prepared=prepared, name=name, category=heading)


def _named(shortcode: str) -> str:
    name = shortcode.strip().strip(":")
    if not is_shortcode(name):
        raise InvalidError("use 2 to 64 letters without accents, digits and _ for the name", field="shortcode")
    return name


def _heading(category: str) -> str:
    if len(category.strip()) > MAX_CATEGORY:
        raise InvalidError("this is too long", field="category")
    return clean_name(category, limit=MAX_CATEGORY)


def _small(data: bytes, *, max_pixels: int) -> Prepared:
    """Return a picture as it is kept; of what moves there is one that stands still, however small it is."""
    try:
        prepared = prepare(data, max_pixels=max_pixels)
        if prepared.picture is None:
            raise InvalidError("choose a picture: PNG, JPEG, WebP or GIF")
        if max(prepared.picture.width, prepared.picture.height) > MAX_SIDE:
            raise InvalidError("the picture is too large: 512 pixels wide and high at most")
        still = pictures.shrink(prepared.data, prepared.file_type, max_pixels=max_pixels)
    except InvalidError as error:
        raise InvalidError(error.safe, field="picture", detail=error.detail) from error
    return replace(prepared, picture=replace(prepared.picture, preview=still))


def _add(tx: Transaction, *, name: str, category: str, token: str, prepared: Prepared) -> int:
    if tx.value(_SAME, {"name": name}) is not None:
        raise ConflictError("there is an emoji with this name already")
    if int(tx.value(_COUNT)) >= MOST:
        raise ConflictError("there are enough emoji; remove one first")
    # The application has no profile pictures, so that these are never taken for old ones of somebody.
    add_row(tx, owner=tx.site.application, token=token, prepared=prepared, name=name, public=True)
    row: dict[str, Any] = {
        "id": tx.new_id(),
        "shortcode": name,
        "category": category,
        "token": token,
        "media_type": prepared.file_type.media_type,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(custom_emojis.insert(), row)
    _done(tx, "emoji.added", emoji_id=row["id"])
    return int(row["id"])


def hide(tx: Transaction, *, emoji_id: int) -> None:
    """Leave an emoji out of the lists to choose from; whoever knows its name may still use it.

    Raises:
        NotFoundError: There is no such emoji.
    """
    _change(tx, "emoji.hidden", emoji_id=emoji_id, hidden=True)


def show(tx: Transaction, *, emoji_id: int) -> None:
    """Put a hidden emoji back into the lists.

    Raises:
        NotFoundError: There is no such emoji.
    """
    _change(tx, "emoji.shown", emoji_id=emoji_id, hidden=False)


def categorise(tx: Transaction, *, emoji_id: int, category: str) -> None:
    """Put an emoji under another heading.

    Args:
        tx: The open transaction.
        emoji_id: Row id.
        category: Plain text; empty for none.

    Raises:
        NotFoundError: There is no such emoji.
        InvalidError: The heading is too long.
    """
    _change(tx, "emoji.categorised", emoji_id=emoji_id, category=_heading(category))


def remove(tx: Transaction, *, emoji_id: int) -> None:
    """Remove an emoji and its picture; in texts that used it its name is read from now on.

    Raises:
        NotFoundError: There is no such emoji.
    """
    row = emojis.get(tx, emoji_id=emoji_id)
    attaching.withdraw(tx, token=row.token)
    _done(tx, "emoji.removed", emoji_id=emoji_id)


def _change(tx: Transaction, kind: str, *, emoji_id: int, **values: object) -> None:
    emojis.get(tx, emoji_id=emoji_id)
    tx.execute(update(custom_emojis).where(custom_emojis.c.id == emoji_id).values(**values, updated_at=tx.now))
    _done(tx, kind, emoji_id=emoji_id)


def _done(tx: Transaction, kind: str, *, emoji_id: int) -> None:
    audit.note(tx, kind, target=tx.site.url(f"/emojis/{emoji_id}"))
    tx.signal(emojis.TOPIC)
