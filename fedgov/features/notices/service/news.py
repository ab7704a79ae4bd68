"""What open streams are told of; who may know of it is weighed when it is shown to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select, union

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.features.notices.service.actor_ids import reader_id
from fedgov.features.notices.tables import home_entries, list_entries, lists
from fedgov.features.notices.vocabulary import (
    EVERYBODY,
    AnnouncementGone,
    AnnouncementReacted,
    AnnouncementShown,
    NewsKind,
)
from fedgov.features.people import queries as people
from fedgov.features.posts.vocabulary import PostShared
from fedgov.federation import objects
from fedgov.store import news
from fedgov.store.transaction import Transaction

_HAVE_ENTRY: Final = union(
    select(home_entries.c.owner_id).where(
        home_entries.c.object_id == bindparam("object_id"), home_entries.c.entry_id == bindparam("entry_id")
    ),
    select(lists.c.owner_id)
    .join(list_entries, list_entries.c.list_id == lists.c.id)
    .where(list_entries.c.object_id == bindparam("object_id"), list_entries.c.entry_id == bindparam("entry_id")),
)
_HAVE_POST: Final = union(
    select(home_entries.c.owner_id).where(home_entries.c.object_id == bindparam("object_id")),
    select(lists.c.owner_id)
    .join(list_entries, list_entries.c.list_id == lists.c.id)
    .where(list_entries.c.object_id == bindparam("object_id")),
)


def tell_appeared(tx: Transaction, *, object_id: int) -> None:
    """Tell of a new post."""
    news.tell(tx, NewsKind.POST, object_id)


def tell_shared(tx: Transaction, *, share: PostShared) -> None:
    """Tell that a post was shared."""
    news.tell(tx, NewsKind.SHARE, share.share_id)


def tell_changed(tx: Transaction, *, object_id: int) -> None:
    """Tell that a post was edited."""
    news.tell(tx, NewsKind.EDIT, object_id)


def tell_removed(tx: Transaction, *, object_id: int) -> None:
    """Tell that a post is gone: everybody when everybody could read it, else those who have it on a timeline.

    Who is shut out by its author never saw it there, and does not hear now that it was (row AC-03 of the threat
    table). It must be called before timelines forget the post.
    """
    row = objects.find_by_id(tx, row_id=object_id)
    if row is not None and Visibility(row.visibility) in FOR_EVERYONE:
        news.tell(tx, NewsKind.GONE, object_id, EVERYBODY)
        return
    owners = tx.values(_HAVE_POST, {"object_id": object_id})
    shut_out = people.shut_out(tx, viewer=row.attributed_to) if row is not None and owners else frozenset()
    unaware = {reader_id(tx, uri=uri) for uri in shut_out if tx.site.owns(uri)}
    _tell_gone(tx, object_id, [owner for owner in owners if owner not in unaware])


def tell_unshared(tx: Transaction, *, object_id: int, share_id: int) -> None:
    """Tell those who have a post by somebody's sharing that it is gone, before timelines forget it."""
    _tell_gone(tx, share_id, tx.values(_HAVE_ENTRY, {"object_id": object_id, "entry_id": share_id}))


def _tell_gone(tx: Transaction, entry_id: int, owners: Sequence[int]) -> None:
    for first in range(0, len(owners), news.MAX_FACTS):
        news.tell(tx, NewsKind.GONE, entry_id, *owners[first : first + news.MAX_FACTS])


def on_announcement_shown(tx: Transaction, event: AnnouncementShown) -> None:
    """Tell everybody who listens of an announcement."""
    news.tell(tx, NewsKind.ANNOUNCEMENT, event.announcement_id)


def on_announcement_reacted(tx: Transaction, event: AnnouncementReacted) -> None:
    """Tell everybody who listens how many people think the same of an announcement."""
    news.tell(tx, NewsKind.ANNOUNCEMENT_REACTION, event.announcement_id, event.emoji, event.count)


def on_announcement_gone(tx: Transaction, event: AnnouncementGone) -> None:
    """Tell everybody who listens that an announcement is over."""
    news.tell(tx, NewsKind.ANNOUNCEMENT_GONE, event.announcement_id)
