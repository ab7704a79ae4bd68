"""By which activities somebody reacted to posts, or shared them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select

from fedgov.features.posts.tables import reactions, shares
from fedgov.store.transaction import Transaction

_REACTED: Final = select(reactions.c.activity_uri).where(
    reactions.c.object_id == bindparam("object"),
    reactions.c.actor == bindparam("actor"),
    reactions.c.emoji == bindparam("emoji"),
)
_SHARED: Final = select(shares.c.activity_uri).where(
    shares.c.object_id == bindparam("object"), shares.c.actor == bindparam("actor")
)


def reaction_activity(tx: Transaction, *, object_id: int, actor: str, emoji: str = "") -> str | None:
    """Return the id of the Like or EmojiReact of somebody, or None; without an emoji it is a Like."""
    found: str | None = tx.value(_REACTED, {"object": object_id, "actor": actor, "emoji": emoji})
    return found


def share_activity(tx: Transaction, *, object_id: int, actor: str) -> str | None:
    """Return the id of the Announce of somebody, or None."""
    found: str | None = tx.value(_SHARED, {"object": object_id, "actor": actor})
    return found
