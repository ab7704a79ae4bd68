"""Files that were uploaded here, hung on a post."""

from __future__ import annotations

from collections.abc import Sequence

from fedgov.features.media.service import attaching
from fedgov.features.media.vocabulary import StoredMedia
from fedgov.features.posts.service.storing import FileRow
from fedgov.features.posts.vocabulary import AttachmentDraft
from fedgov.kernel.errors import ConflictError, InvalidError, NotFoundError
from fedgov.store.transaction import Transaction


def attach(tx: Transaction, *, drafts: Sequence[AttachmentDraft], owner: str, object_id: int) -> tuple[FileRow, ...]:
    """Hang files on a post, in order; what hung on it and is not named any more is taken away.

    Args:
        tx: The open transaction.
        drafts: Uploaded files with their descriptions.
        owner: URI of who uploaded them.
        object_id: Row id of the object.

    Raises:
        InvalidError: One of them is not there, somebody else's (row AC-16 of the
            threat table), or on another post.
    """
    try:
        for each in drafts:
            attaching.describe(tx, media_id=each.media_id, owner=owner, alt=each.alt)
        hung = attaching.attach(tx, media_ids=[each.media_id for each in drafts], owner=owner, object_id=object_id)
    except (NotFoundError, ConflictError) as error:
        raise InvalidError("a file is not there any more; add it again", field="attachment1") from error
    return tuple(_file_row(tx, each) for each in hung)


def _file_row(tx: Transaction, stored: StoredMedia) -> FileRow:
    return FileRow(
        file=stored.attachment(tx.site),
        media_id=stored.id,
        name=stored.name,
        size=stored.size,
        has_preview=stored.has_preview,
    )
