"""Direct messages by thread, for each of those here who take part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from fedgov.features.notices.queries import conversations as queries
from fedgov.features.notices.service.actor_ids import actor_id, reader_id
from fedgov.features.notices.tables import conversations
from fedgov.features.notices.vocabulary import NewsKind
from fedgov.features.posts.queries import posts
from fedgov.features.posts.queries.threads import newest_direct
from fedgov.features.posts.vocabulary import PostAppeared
from fedgov.store import news
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction, insert_or_update

_PUT: Final = insert_or_update(conversations, key=["owner_id", "thread_id"], update=["last_object_id", "unread"])
_LAST: Final = (
    select(conversations.c.id, conversations.c.thread_id, actors.c.uri)
    .join(actors, actors.c.id == conversations.c.owner_id)
    .where(conversations.c.last_object_id == bindparam("gone"))
)
_ONE: Final = delete(conversations).where(conversations.c.id == bindparam("conversation"))
_MOVE_BACK: Final = (
    update(conversations)
    .where(conversations.c.id == bindparam("conversation"))
    .values(last_object_id=bindparam("last"))
)
_MARK: Final = (
    update(conversations).where(conversations.c.id == bindparam("conversation")).values(unread=bindparam("new"))
)
_OF_ACTOR: Final = delete(conversations).where(conversations.c.owner_id == bindparam("owner"))


def note_post(tx: Transaction, *, post: PostAppeared, people: Iterable[str]) -> None:
    """Put a direct message on top of the conversations of its author and of those whom it is for.

    Args:
        tx: The open transaction.
        post: What appeared.
        people: URIs of the actors that it is for.
    """
    row = posts.find(tx, object_id=post.object_id)
    for uri in dict.fromkeys((post.author, *people)):
        owner = reader_id(tx, uri=uri) if tx.site.owns(uri) else None
        if row is None or owner is None:
            continue
        key = {"id": tx.new_id(), "owner_id": owner, "thread_id": row.thread_id}
        tx.execute(_PUT, {**key, "last_object_id": post.object_id, "unread": uri != post.author})
        tx.signal(f"conversations:{uri}")
        news.tell(tx, NewsKind.CONVERSATION, post.object_id, uri)


def mark(tx: Transaction, *, owner: str, conversation_id: int, unread: bool) -> None:
    """Note that somebody read a conversation, or wants to read it again.

    Raises:
        NotFoundError: This person has no such conversation.
    """
    queries.get_conversation(tx, owner=owner, conversation_id=conversation_id)
    tx.execute(_MARK, {"conversation": conversation_id, "new": unread})


def remove_conversation(tx: Transaction, *, owner: str, conversation_id: int) -> None:
    """Take a conversation off somebody's list; its messages stay, and a new one brings it back.

    Raises:
        NotFoundError: This person has no such conversation.
    """
    queries.get_conversation(tx, owner=owner, conversation_id=conversation_id)
    tx.execute(_ONE, {"conversation": conversation_id})


def remove_about(tx: Transaction, *, object_id: int) -> None:
    """Let conversations end with the message before one that was deleted."""
    for row in tx.rows(_LAST, {"gone": object_id}):
        last = newest_direct(tx, thread_id=row.thread_id, viewer=row.uri, but=object_id)
        if last is None:
            tx.execute(_ONE, {"conversation": row.id})
        else:
            tx.execute(_MOVE_BACK, {"conversation": row.id, "last": last})


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Forget the conversations of an actor."""
    tx.execute(_OF_ACTOR, {"owner": actor_id(tx, uri=uri)})
