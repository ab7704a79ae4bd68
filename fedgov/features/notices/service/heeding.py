"""Heeding what people chose for those whom they follow, when a post arrives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, or_, select

from fedgov.features.notices.service.actor_ids import actor_id
from fedgov.features.notices.tables import follow_choices, home_entries
from fedgov.features.posts.queries import posts
from fedgov.features.posts.vocabulary import PostAppeared, PostShared
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

_author: Final = actors.alias("author")
_reader: Final = actors.alias("reader")
_ABOUT: Final = (
    select(follow_choices, _reader.c.uri)
    .select_from(_author)
    .join(follow_choices, follow_choices.c.author_id == _author.c.id)
    .join(_reader, _reader.c.id == follow_choices.c.owner_id)
    .where(_author.c.uri == bindparam("author"), _reader.c.deleted_at.is_(None))
)
_OFF_HOME: Final = delete(home_entries).where(
    home_entries.c.owner_id == bindparam("owner"), home_entries.c.entry_id == bindparam("entry")
)
_OF_ACTOR: Final = delete(follow_choices).where(
    or_(follow_choices.c.owner_id == bindparam("gone"), follow_choices.c.author_id == bindparam("gone"))
)


def heed_post(tx: Transaction, *, post: PostAppeared) -> list[str]:
    """Take a post off the home timelines of those who want other languages of its author.

    Returns:
        URIs of those who want to be told of each post of the author.
    """
    found = _about(tx, post.author)
    row = posts.find(tx, object_id=post.object_id) if any(each.languages for each in found) else None
    tongue = _tongue(row.language or "") if row is not None else ""
    for each in found:
        wanted = {_tongue(language) for language in each.languages.split()}
        if tongue and wanted and tongue not in wanted and each.uri not in post.mentions:
            tx.execute(_OFF_HOME, {"owner": each.owner_id, "entry": post.object_id})
    return [each.uri for each in found if each.notify]


def heed_share(tx: Transaction, *, share: PostShared) -> None:
    """Take a shared post off the home timelines of those who do not want what this person shares."""
    for each in _about(tx, share.by):
        if not each.shares:
            tx.execute(_OFF_HOME, {"owner": each.owner_id, "entry": share.share_id})


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Forget what an actor chose, and what others chose for the actor."""
    tx.execute(_OF_ACTOR, {"gone": actor_id(tx, uri=uri)})


def _about(tx: Transaction, author: str) -> Sequence[Row[Any]]:
    return tx.rows(_ABOUT, {"author": author})


def _tongue(language: str) -> str:
    return language.strip().lower().partition("-")[0]
