"""The numbers beside the navigation, each counted up to a limit because they stand on every page."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from fedgov.features.moderation import queries as moderation
from fedgov.features.notices.queries.notifications import count_unread
from fedgov.features.notices.vocabulary import Kind
from fedgov.features.people import queries as people
from fedgov.store.tables import custom_emojis, deliveries, inbox_items
from fedgov.store.transaction import Transaction
from fedgov.web.desk import Counts
from fedgov.web.session import Visitor

MOST: Final = 100

_FAILED: Final = select(func.count()).select_from(
    select(deliveries.c.id).where(deliveries.c.state.in_(("failed", "parked"))).limit(MOST).subquery()
)
_PARKED: Final = select(func.count()).select_from(
    select(inbox_items.c.id).where(inbox_items.c.state == "parked").limit(MOST).subquery()
)
_EMOJI: Final = select(custom_emojis.c.id).where(custom_emojis.c.hidden.is_(False)).limit(1)


def counts(tx: Transaction, visitor: Visitor) -> Counts:
    """Return the numbers beside the navigation of whoever is logged in.

    Requests to follow have a number of their own, of those that still wait.

    Args:
        tx: The open transaction.
        visitor: Who is logged in.
    """
    return Counts(
        notifications=count_unread(tx, owner=visitor.actor_uri, without=(Kind.FOLLOW_REQUEST,)),
        follow_requests=people.count_follow_requests(tx, of=visitor.actor_uri),
        emojis=tx.value(_EMOJI) is not None,
        attention=_count_attention(tx) if visitor.administrator else 0,
    )


def _count_attention(tx: Transaction) -> int:
    return int(tx.value(_FAILED)) + int(tx.value(_PARKED)) + moderation.count_open(tx)
