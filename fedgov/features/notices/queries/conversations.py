"""Somebody's direct messages by thread."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from fedgov.features.notices.queries.paging import owner_id, paged
from fedgov.features.notices.tables import conversations
from fedgov.features.notices.vocabulary import Conversation
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.transaction import Transaction

_mine: Final = select(conversations).where(conversations.c.owner_id == owner_id())
PAGE: Final = paged(_mine, order=conversations.c.last_object_id)
_ONE: Final = _mine.where(conversations.c.id == bindparam("conversation"))
_ENDING: Final = _mine.where(conversations.c.last_object_id == bindparam("last"))


def conversation_page(tx: Transaction, *, owner: str, request: PageRequest) -> Page[Conversation]:
    """Return a page of somebody's conversations; they sort by the row id of their newest message."""
    return PAGE.page(tx, owner=owner, request=request, row_id=lambda each: each.last_object_id, read=_conversation)


def get_conversation(tx: Transaction, *, owner: str, conversation_id: int) -> Conversation:
    """Return one of somebody's conversations.

    Raises:
        NotFoundError: This person has no such conversation.
    """
    row = tx.row(_ONE, {"owner": owner, "conversation": conversation_id})
    if row is None:
        raise NotFoundError("there is no such conversation")
    return _conversation(row)


def find_ending_with(tx: Transaction, *, owner: str, object_id: int) -> Conversation | None:
    """Return that of somebody's conversations of which a message is the newest, or None."""
    row = tx.row(_ENDING, {"owner": owner, "last": object_id})
    return None if row is None else _conversation(row)


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(id=row.id, last_object_id=row.last_object_id, unread=row.unread)
