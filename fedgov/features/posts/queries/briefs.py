"""Posts in brief: what of them changes often, what decides who may read them, and what somebody did with them.

All else that a post shows follows from rows of which a change gives the post another
edition (`fedgov.store.editions`), and is made once for all who read it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Row, Table, bindparam, exists, select, type_coerce
from sqlalchemy.types import NullType

from fedgov.features.posts.queries.posts import readable
from fedgov.features.posts.queries.quotes import Quoted, quoted_by
from fedgov.features.posts.tables import author_figures, pins, posts, reactions, shares
from fedgov.store.lists import filled_up
from fedgov.store.tables import actors, follow_figures, objects
from fedgov.store.transaction import Transaction

_mine: Final[BindParameter[Any]] = bindparam("viewer")


def _is_there(table: Table, *more: ColumnElement[bool]) -> ColumnElement[Any]:
    """Tell whether the reader has a row about the post; as the database says it, which is a number on SQLite."""
    return type_coerce(
        exists().where(table.c.object_id == posts.c.object_id, table.c.actor == _mine, *more), NullType()
    )


BRIEF: Final = (
    select(
        posts.c.object_id,
        posts.c.edition,
        posts.c.author,
        posts.c.visibility,
        posts.c.thread_id,
        posts.c.in_reply_to_id,
        posts.c.quote_uri,
        posts.c.quote_state,
        posts.c.quotable,
        posts.c.replies,
        posts.c.likes,
        posts.c.shares,
        posts.c.quotes,
        objects.c.id,
        objects.c.attributed_to,
        actors.c.id.label("author_id"),
        _is_there(reactions, reactions.c.emoji == "").label("liked"),
        _is_there(shares).label("shared"),
        _is_there(pins).label("pinned"),
    )
    .join(objects, objects.c.id == posts.c.object_id)
    .outerjoin(actors, actors.c.uri == posts.c.author)
    .where(posts.c.object_id.in_(bindparam("ids", expanding=True)))
)
"""One statement; a test looks at its query plan."""

PEOPLE: Final = (
    select(
        actors.c.uri,
        actors.c.id,
        actors.c.edition,
        actors.c.local,
        actors.c.moved_to,
        follow_figures.c.followers,
        follow_figures.c.following,
        author_figures.c.posts,
        author_figures.c.newest_at,
    )
    .select_from(actors)
    .outerjoin(follow_figures, follow_figures.c.actor == actors.c.uri)
    .outerjoin(author_figures, author_figures.c.author == actors.c.uri)
    .where(actors.c.uri.in_(bindparam("uris", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Briefs:
    """Posts as a reader may see them.

    Args:
        rows: In brief, by row id: those that were asked for, and those that they quote.
        quoted: What they quote.
        parents: What they answer, in brief and by row id, as far as the reader may know of it.
    """

    rows: dict[int, Row[Any]]
    quoted: Quoted
    parents: dict[int, Row[Any]]


def briefs(tx: Transaction, *, object_ids: Iterable[int], viewer: str | None) -> Briefs:
    """Return those of some posts that somebody may read, and what shows in them.

    Args:
        tx: The open transaction.
        object_ids: Row ids of objects.
        viewer: URI of the actor who reads; None for a visitor.
    """
    shown = readable(tx, rows=list(_find(tx, object_ids, viewer=viewer).values()), viewer=viewer)
    rows = {row.object_id: row for row in shown}
    quoted = quoted_by(tx, rows=shown, viewer=viewer)
    more = {row.object_id for row in quoted.rows.values()} - rows.keys()
    rows |= _find(tx, more, viewer=viewer)
    answered = {row.in_reply_to_id for row in rows.values() if row.in_reply_to_id is not None}
    parents = {key: rows[key] for key in answered & rows.keys()}
    others = _find(tx, answered - rows.keys(), viewer=viewer)
    parents |= {row.object_id: row for row in readable(tx, rows=list(others.values()), viewer=viewer)}
    return Briefs(rows=rows, quoted=quoted, parents=parents)


def _find(tx: Transaction, object_ids: Iterable[int], *, viewer: str | None) -> dict[int, Row[Any]]:
    wanted = list(dict.fromkeys(object_ids))
    if not wanted:
        return {}
    return {row.object_id: row for row in tx.rows(BRIEF, {"ids": filled_up(wanted), "viewer": viewer or ""})}


def people(tx: Transaction, *, uris: Collection[str]) -> dict[str, Row[Any]]:
    """Return of some actors what changes often, and their editions, by URI; those that are not known here are left out.

    Args:
        tx: The open transaction.
        uris: URIs of actors.
    """
    rows = tx.rows(PEOPLE, {"uris": filled_up(sorted(uris))}) if uris else ()
    return {row.uri: row for row in rows}
