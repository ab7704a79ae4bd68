"""What somebody liked."""

from __future__ import annotations

from sqlalchemy import select

from fedgov.features.posts.tables import reactions
from fedgov.kernel.pagination import Page, PageRequest, page_of
from fedgov.store.transaction import Transaction


def liked_page(tx: Transaction, *, actor: str, request: PageRequest) -> Page[int]:
    """Return a page of the row ids of posts that somebody liked, the newest like first.

    The cursors are the times of the likes, in milliseconds since the epoch.

    Args:
        tx: The open transaction.
        actor: URI of the actor.
        request: Which part; whether the posts may be read is not checked.
    """
    query = select(reactions.c.object_id, reactions.c.at).where(reactions.c.actor == actor, reactions.c.emoji == "")
    if request.max_id is not None:
        query = query.where(reactions.c.at < request.max_id)
    if request.after is not None:
        query = query.where(reactions.c.at > request.after)
    rows = tx.rows(query.order_by(reactions.c.at if request.upwards else reactions.c.at.desc()).limit(request.limit))
    return page_of(rows, request, row_id=lambda row: int(row.at)).map(lambda row: int(row.object_id))
