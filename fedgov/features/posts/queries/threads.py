"""A post among what it answers and what answers it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select

from fedgov.activitystreams.audience import Visibility
from fedgov.features.posts.queries.posts import POST, may_be_readable, readable
from fedgov.features.posts.tables import posts
from fedgov.store.tables import objects
from fedgov.store.transaction import Transaction

MAX_POSTS: Final = 1_000
MAX_ANCESTORS: Final = 100
MAX_DESCENDANTS: Final = 500
_DEEPEST: Final = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A post in a thread.

    Args:
        object_id: Row id of the object.
        depth: 0 for the post that is asked for and what it answers, 1 for its replies, and so on.
        row: The post; None when it was deleted.
    """

    object_id: int
    depth: int
    row: Row[Any] | None


@dataclass(frozen=True, slots=True)
class Thread:
    """What somebody may read around a post: what it answers, oldest first, and its replies in reading order."""

    ancestors: tuple[Place, ...]
    descendants: tuple[Place, ...]


def thread(tx: Transaction, *, row: Row[Any], viewer: str | None) -> Thread:
    """Return what stands around a post, as far as somebody may read it.

    Args:
        tx: The open transaction.
        row: The post.
        viewer: URI of the actor who asks; None for somebody unknown.

    Spec: rows DOS-07 and DOS-08 of the threat table.
    """
    rows = tx.rows(
        POST.where(posts.c.thread_id == row.thread_id, may_be_readable(tx, viewer=viewer))
        .order_by(posts.c.object_id)
        .limit(MAX_POSTS)
    )
    known = {each.object_id: each for each in readable(tx, rows=rows, viewer=viewer)} | {row.object_id: row}
    return Thread(ancestors=_ancestors(tx, row, known), descendants=tuple(_descendants(row, known)))


def newest_direct(tx: Transaction, *, thread_id: int, viewer: str, but: int) -> int | None:
    """Return the row id of the newest direct message of a thread that somebody may read; None when there is none.

    Args:
        tx: The open transaction.
        thread_id: Row id of the first post of the thread.
        viewer: URI of the actor who reads.
        but: Row id of a post that does not count.
    """
    rows = tx.rows(
        POST.where(
            posts.c.thread_id == thread_id,
            posts.c.visibility == Visibility.DIRECT.value,
            posts.c.object_id != but,
            may_be_readable(tx, viewer=viewer),
        )
        .order_by(posts.c.object_id.desc())
        .limit(1)
    )
    found = readable(tx, rows=rows, viewer=viewer)
    return found[0].object_id if found else None


def _ancestors(tx: Transaction, row: Row[Any], known: Mapping[int, Row[Any]]) -> tuple[Place, ...]:
    found: list[Place] = []
    seen, parent_id = {row.object_id}, row.in_reply_to_id
    while parent_id is not None and parent_id not in seen and len(found) < MAX_ANCESTORS:
        seen.add(parent_id)
        parent = known.get(parent_id)
        if parent is None:
            if _is_deleted(tx, parent_id):
                found.append(Place(object_id=parent_id, depth=0, row=None))
            break
        found.append(Place(object_id=parent_id, depth=0, row=parent))
        parent_id = parent.in_reply_to_id
    return tuple(reversed(found))


def _is_deleted(tx: Transaction, object_id: int) -> bool:
    return tx.value(select(objects.c.deleted_at).where(objects.c.id == object_id)) is not None


def _descendants(row: Row[Any], known: Mapping[int, Row[Any]]) -> Iterator[Place]:
    children: dict[int, list[Row[Any]]] = defaultdict(list)
    for each in known.values():
        if each.in_reply_to_id is not None:
            children[each.in_reply_to_id].append(each)
    given, seen = 0, {row.object_id}
    waiting = [(child, 1) for child in reversed(children[row.object_id])]
    while waiting and given < MAX_DESCENDANTS:
        each, depth = waiting.pop()
        if each.object_id in seen:  # somebody made a circle
            continue
        seen.add(each.object_id)
        given += 1
        yield Place(object_id=each.object_id, depth=min(depth, _DEEPEST), row=each)
        waiting.extend((child, depth + 1) for child in reversed(children[each.object_id]))
