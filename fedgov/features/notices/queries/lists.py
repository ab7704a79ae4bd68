"""Somebody's lists, who is on them, and their timelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from fedgov.features.notices.queries.hiding import hidden_among
from fedgov.features.notices.queries.paging import owner_id, paged
from fedgov.features.notices.tables import list_entries, list_members, lists
from fedgov.features.notices.vocabulary import HomeEntry, Member, PersonList, Replies
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

_author: Final = actors.alias("author")
_sharer: Final = actors.alias("sharer")
_mine: Final = select(lists).where(lists.c.owner_id == owner_id())
_ALL: Final = _mine.order_by(lists.c.id)
_ONE: Final = _mine.where(lists.c.id == bindparam("list"))
_member_id: Final = select(actors.c.id).where(actors.c.uri == bindparam("member")).correlate(None).scalar_subquery()
_CONTAINING: Final = (
    _mine.join(list_members, list_members.c.list_id == lists.c.id)
    .where(list_members.c.member_id == _member_id)
    .order_by(lists.c.id)
)
_MEMBERS: Final = (
    select(actors.c.uri)
    .join(list_members, list_members.c.member_id == actors.c.id)
    .where(list_members.c.list_id == bindparam("list"), actors.c.deleted_at.is_(None))
    .order_by(list_members.c.id.desc())
)
MEMBERS_PAGE: Final = paged(
    select(list_members.c.id, actors.c.uri)
    .join(actors, list_members.c.member_id == actors.c.id)
    .join(lists, lists.c.id == list_members.c.list_id)
    .where(lists.c.owner_id == owner_id(), list_members.c.list_id == bindparam("list"), actors.c.deleted_at.is_(None)),
    order=list_members.c.id,
)
PAGE: Final = paged(
    select(
        list_entries.c.entry_id,
        list_entries.c.object_id,
        _author.c.uri.label("author"),
        _sharer.c.uri.label("shared_by"),
    )
    .select_from(list_entries)
    .join(lists, lists.c.id == list_entries.c.list_id)
    .outerjoin(_author, _author.c.id == list_entries.c.author_id)
    .outerjoin(_sharer, _sharer.c.id == list_entries.c.shared_by_id)
    .where(lists.c.owner_id == owner_id(), list_entries.c.list_id == bindparam("list")),
    order=list_entries.c.entry_id,
)
"""Two statements; a test looks at their query plans."""


def lists_of(tx: Transaction, *, owner: str) -> list[PersonList]:
    """Return somebody's lists, the oldest first."""
    return [_list(row) for row in tx.rows(_ALL, {"owner": owner})]


def get_list(tx: Transaction, *, owner: str, list_id: int) -> PersonList:
    """Return one of somebody's lists.

    Raises:
        NotFoundError: This person has no such list.
    """
    row = tx.row(_ONE, {"owner": owner, "list": list_id})
    if row is None:
        raise NotFoundError("there is no such list")
    return _list(row)


def lists_with(tx: Transaction, *, owner: str, member: str) -> list[PersonList]:
    """Return those of somebody's lists that a person is on."""
    return [_list(row) for row in tx.rows(_CONTAINING, {"owner": owner, "member": member})]


def is_on_exclusive_list(tx: Transaction, *, owner: str, member: str) -> bool:
    """Tell whether somebody keeps a person off the home timeline by a list."""
    return any(each.exclusive for each in lists_with(tx, owner=owner, member=member))


def members(tx: Transaction, *, list_id: int) -> Sequence[str]:
    """Return the URIs of everyone on a list, the newest first; whose list it is, is not checked."""
    return tx.values(_MEMBERS, {"list": list_id})


def members_page(tx: Transaction, *, owner: str, list_id: int, request: PageRequest) -> Page[Member]:
    """Return a page of who is on one of somebody's lists, the newest first.

    Raises:
        NotFoundError: This person has no such list.
    """
    get_list(tx, owner=owner, list_id=list_id)
    return MEMBERS_PAGE.page(
        tx,
        owner=owner,
        request=request,
        row_id=lambda each: each.id,
        read=lambda row: Member(id=row.id, uri=row.uri),
        values={"list": list_id},
    )


def list_page(tx: Transaction, *, owner: str, list_id: int, request: PageRequest) -> Page[HomeEntry]:
    """Return a page of the timeline of a list, without those who are blocked or muted now.

    Args:
        tx: The open transaction.
        owner: URI of the local actor whose list it is.
        list_id: Row id of the list.
        request: Which part; the cursors are of what was selected, hidden or not.

    Raises:
        NotFoundError: This person has no such list.

    Spec: row DOS-14 of the threat table.
    """
    get_list(tx, owner=owner, list_id=list_id)
    page = PAGE.page(
        tx, owner=owner, request=request, row_id=lambda each: each.entry_id, read=_entry, values={"list": list_id}
    )
    hidden = hidden_among(tx, viewer=owner, uris=[uri for each in page.items for uri in (each.author, each.shared_by)])
    return page.map(lambda each: None if each.author in hidden or each.shared_by in hidden else each)


def _entry(row: Row[Any]) -> HomeEntry:
    return HomeEntry(entry_id=row.entry_id, object_id=row.object_id, author=row.author or "", shared_by=row.shared_by)


def _list(row: Row[Any]) -> PersonList:
    return PersonList(id=row.id, title=row.title, replies=Replies(row.replies), exclusive=row.exclusive)
