"""What a reader's filters leave of a page of posts."""

from __future__ import annotations

from collections.abc import Sequence

from fedgov.web.cards import PostCard
from fedgov.web.desk import current_desk
from fedgov.web.session import current_visitor


async def sifted(cards: Sequence[PostCard], *, place: str) -> tuple[PostCard, ...]:
    """Return the posts that the reader wants to see here; those that a filter folds say which.

    Args:
        cards: The posts.
        place: ``home``, ``public``, ``thread`` or ``account``: where the reader's filters may work.
    """
    visitor = await current_visitor()
    if visitor is None or not cards:
        return tuple(cards)
    return await current_desk().sift(visitor, cards, place)
