"""The home timeline: what was written for a reader beforehand, read along the primary key."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, select

from fedgov.features.notices.queries.hiding import hidden_among
from fedgov.features.notices.queries.paging import owner_id, paged
from fedgov.features.notices.tables import home_entries
from fedgov.features.notices.vocabulary import HomeEntry
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

_author: Final = actors.alias("author")
_sharer: Final = actors.alias("sharer")
PAGE: Final = paged(
    select(
        home_entries.c.entry_id,
        home_entries.c.object_id,
        _author.c.uri.label("author"),
        _sharer.c.uri.label("shared_by"),
    )
    .select_from(home_entries)
    .outerjoin(_author, _author.c.id == home_entries.c.author_id)
    .outerjoin(_sharer, _sharer.c.id == home_entries.c.shared_by_id)
    .where(home_entries.c.owner_id == owner_id()),
    order=home_entries.c.entry_id,
)
"""Two statements; a test looks at their query plans."""


def home_page(tx: Transaction, *, owner: str, request: PageRequest) -> Page[HomeEntry]:
    """Return a page of somebody's home timeline, without those who are blocked or muted now.

    The cursors are of what was selected, so that a page of which everything is
    hidden still leads on.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        request: Which part.

    Spec: row DOS-14 of the threat table.
    """
    page = PAGE.page(tx, owner=owner, request=request, row_id=_entry_id, read=_entry)
    concerned = [uri for entry in page.items for uri in (entry.author, entry.shared_by)]
    hidden = hidden_among(tx, viewer=owner, uris=concerned)
    return page.map(lambda entry: None if entry.author in hidden or entry.shared_by in hidden else entry)


def has_home_before(tx: Transaction, *, owner: str, entry_id: int) -> bool:
    """Tell whether somebody's home timeline goes on below an entry."""
    older = PageRequest(max_id=entry_id, limit=1)
    return bool(PAGE.page(tx, owner=owner, request=older, row_id=_entry_id, read=_entry).items)


def _entry_id(entry: HomeEntry) -> int:
    return entry.entry_id


def _entry(row: Row[Any]) -> HomeEntry:
    return HomeEntry(entry_id=row.entry_id, object_id=row.object_id, author=row.author or "", shared_by=row.shared_by)
