"""Hanging files on posts, describing them and taking them away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from fedgov.features.media import queries
from fedgov.features.media.service.uploads import check_alt, check_focus
from fedgov.features.media.tables import media
from fedgov.features.media.vocabulary import StoredMedia
from fedgov.kernel.errors import ConflictError
from fedgov.store import erasures
from fedgov.store.tables import custom_emojis
from fedgov.store.transaction import Transaction

_HANG: Final = (
    update(media)
    .where(media.c.id == bindparam("of"))
    .values(object_id=bindparam("object"), position=bindparam("place"))
)


def attach(tx: Transaction, *, media_ids: Sequence[int], owner: str, object_id: int) -> tuple[StoredMedia, ...]:
    """Hang files on an object; what hung on it and is not named any more is taken away.

    Args:
        tx: The open transaction.
        media_ids: Row ids of the files, in the order in which they are shown.
        owner: URI of the local actor, who uploaded all of them.
        object_id: Row id of the object.

    Returns:
        All files of the object, in order.

    Raises:
        NotFoundError: A file does not exist or is somebody else's.
        ConflictError: A file hangs on something else already.
    """
    wanted = list(dict.fromkeys(media_ids))
    for position, media_id in enumerate(wanted):
        file = queries.get(tx, media_id=media_id, owner=owner)
        if file.object_id not in (None, object_id) or _is_public(tx, media_id):
            raise ConflictError("this file is in use already")
        tx.execute(_HANG, {"of": media_id, "object": object_id, "place": position})
    gone = update(media).where(media.c.object_id == object_id, media.c.id.not_in(wanted), media.c.deleted_at.is_(None))
    tx.execute(gone.values(deleted_at=tx.now))
    return queries.for_object(tx, object_id=object_id)


def describe(
    tx: Transaction,
    *,
    media_id: int,
    owner: str,
    alt: str | None = None,
    focus: tuple[float, float] | None = None,
) -> StoredMedia:
    """Change what is said of a file.

    Args:
        tx: The open transaction.
        media_id: Row id of the file.
        owner: URI of the local actor, who uploaded it.
        alt: Description, plain text; None leaves it.
        focus: What must stay in sight when it is cropped, each from -1 to 1; None leaves it.

    Raises:
        NotFoundError: It does not exist or is somebody else's.
        InvalidError: The description is too long, or the focus is outside of the picture.
    """
    queries.get(tx, media_id=media_id, owner=owner)
    if alt is not None:
        tx.execute(update(media).where(media.c.id == media_id).values(alt=check_alt(alt)))
    if focus is not None:
        x, y = check_focus(focus)
        tx.execute(update(media).where(media.c.id == media_id).values(focal_x=x, focal_y=y))
    return queries.get(tx, media_id=media_id, owner=owner)


def release(tx: Transaction, *, object_id: int) -> None:
    """Take the files off something that they only waited on, so that they can hang on something else."""
    tx.execute(update(media).where(media.c.object_id == object_id).values(object_id=None))


def remove(tx: Transaction, *, object_id: int) -> int:
    """Take away all files of an object that was deleted; return how many.

    From this commit on nobody gets them; the sweeper removes them from disk.
    """
    return tx.execute(
        update(media).where(media.c.object_id == object_id, media.c.deleted_at.is_(None)).values(deleted_at=tx.now)
    )


def discard(tx: Transaction, *, media_id: int, owner: str) -> None:
    """Take away a file that hangs on nothing yet.

    Raises:
        NotFoundError: It does not exist or is somebody else's.
        ConflictError: It hangs on a post.
    """
    if queries.get(tx, media_id=media_id, owner=owner).object_id is not None:
        raise ConflictError("this file is in use already")
    withdraw(tx, token=queries.get(tx, media_id=media_id, owner=owner).token)


def withdraw(tx: Transaction, *, token: str) -> None:
    """Take away one file, for good; also once more after an older backup was restored. An emoji goes with its picture.

    Args:
        tx: The open transaction.
        token: Of the file.
    """
    if tx.execute(update(media).where(media.c.token == token, media.c.deleted_at.is_(None)).values(deleted_at=tx.now)):
        erasures.note(tx, "file", token)
        tx.execute(delete(custom_emojis).where(custom_emojis.c.token == token))


def remove_portraits(tx: Transaction, *, owner: str, keep: Sequence[str] = ()) -> None:
    """Take away the profile pictures of a local actor.

    Args:
        tx: The open transaction.
        owner: URI of the actor.
        keep: Addresses of those that are still shown.
    """
    for row in tx.rows(
        select(media.c.id, media.c.token).where(media.c.owner == owner, media.c.public, media.c.deleted_at.is_(None))
    ):
        if not any(row.token in address for address in keep):
            withdraw(tx, token=row.token)


def remove_all_of(tx: Transaction, *, owner: str) -> None:
    """Take away every file of an actor who was deleted."""
    tx.execute(update(media).where(media.c.owner == owner, media.c.deleted_at.is_(None)).values(deleted_at=tx.now))


def _is_public(tx: Transaction, media_id: int) -> bool:
    return bool(tx.value(select(media.c.public).where(media.c.id == media_id)))
