"""What came in for a person, newest first: posts and shares on the home timeline, and what others did to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from fedgov.features.notices.queries.home import home_page
from fedgov.features.notices.queries.notifications import notification_page
from fedgov.features.notices.queries.paging import owner_id
from fedgov.features.notices.tables import home_entries
from fedgov.features.notices.vocabulary import HomeEntry, Kind, Notification
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction

KINDS: Final = (
    *(Kind.FOLLOW, Kind.FOLLOW_REQUEST, Kind.MENTION, Kind.REPLY),
    *(Kind.LIKE, Kind.SHARE, Kind.REACTION, Kind.UPDATE),
)
_WRITTEN: Final = (Kind.MENTION, Kind.REPLY)

_AT_HOME: Final = select(home_entries.c.object_id).where(
    home_entries.c.owner_id == owner_id(), home_entries.c.object_id.in_(bindparam("objects", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Received:
    """Part of what came in.

    Args:
        items: Newest first, without those who are blocked or muted now.
        older: Row id below which the rest begins; None at the end.
    """

    items: tuple[HomeEntry | Notification, ...]
    older: int | None


def received(tx: Transaction, *, owner: str, before: int | None, limit: int) -> Received:
    """Return part of what came in for somebody; nothing is lost or given twice when more comes in meanwhile.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        before: Row id below which it begins; None for the newest.
        limit: Most rows of each kind that are looked at.
    """
    request = PageRequest(max_id=before, limit=limit)
    entries = home_page(tx, owner=owner, request=request)
    told = notification_page(tx, owner=owner, request=request, kinds=KINDS)
    edges = [page.next_max_id for page in (entries, told) if page.next_max_id is not None]
    edge = max(edges, default=None)
    written = [each.object_id for each in told.items if each.kind in _WRITTEN and each.object_id is not None]
    at_home = set(tx.values(_AT_HOME, {"owner": owner, "objects": written})) if written else set()
    others = [each for each in told.items if each.kind not in _WRITTEN or each.object_id not in at_home]
    numbered = [(each.entry_id, each) for each in entries.items] + [(each.id, each) for each in others]
    # Below the edge the other of the two may have rows that were not looked at.
    items = sorted((pair for pair in numbered if edge is None or pair[0] >= edge), key=lambda pair: -pair[0])
    return Received(tuple(each for _, each in items), edge)
