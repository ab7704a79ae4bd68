"""Keeping the index of words in step with the posts, in the transaction that changes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, func, insert, select

from fedgov.features.posts.queries import indexed, parts
from fedgov.features.posts.tables import links, posts
from fedgov.store import full_text
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

BATCH: Final = 500
_FORGET_LINKS: Final = delete(links).where(links.c.object_id == bindparam("id"))
_LINK: Final = insert(links)
_IDS: Final = (
    select(posts.c.object_id)
    .where(posts.c.object_id > bindparam("after"))
    .order_by(posts.c.object_id)
    .limit(bindparam("limit"))
)
_COUNT: Final = select(func.count()).select_from(posts)
_NEWEST: Final = select(posts.c.object_id).order_by(posts.c.object_id.desc()).limit(bindparam("limit"))
_LOCAL_ID: Final = select(actors.c.id).where(actors.c.uri == bindparam("uri"), actors.c.local)


def index_new(tx: Transaction, *, row: indexed.Told, has_files: bool, is_poll: bool, readers: Iterable[str]) -> None:
    """Let a post be found that was stored just now.

    Args:
        tx: The open transaction.
        row: Its columns.
        has_files: Whether files hang on it.
        is_poll: Whether it has answers to choose from.
        readers: See `indexed.entry_of_new`.
    """
    ids = [row.object_id]
    files = parts.attachments_of(tx, object_ids=ids)[row.object_id] if has_files else ()
    options = parts.options_of(tx, object_ids=ids)[row.object_id] if is_poll else ()
    entry = indexed.entry_of_new(tx, row=row, files=files, options=options, readers=readers)
    marks = entry.marks | indexed.followers_marks(tx, row=row)
    full_text.add(tx, row_id=row.object_id, entry=replace(entry, marks=marks))
    _store_links(tx, row=row)


def index_again(tx: Transaction, *, object_id: int) -> None:
    """Let a post that was changed be found as it is now; whoever saved it still finds it."""
    row, entry = _read(tx, object_id=object_id)
    if row is None or entry is None:
        return
    known = full_text.find(tx, row_id=object_id)
    marks = entry.marks | indexed.followers_marks(tx, row=row) | _kept(known)
    full_text.put(tx, row_id=object_id, entry=replace(entry, marks=marks))
    tx.execute(_FORGET_LINKS, {"id": object_id})
    _store_links(tx, row=row)


def note_reader(tx: Transaction, *, object_id: int | None, actor: str) -> None:
    """Remember that somebody did something with a post, or took it back: people here find again what they touched.

    Args:
        tx: The open transaction.
        object_id: Row id of the post; None for none.
        actor: URI of who did it; for somebody elsewhere nothing happens.
    """
    if object_id is None or not tx.site.owns(actor):
        return
    known = full_text.find(tx, row_id=object_id)
    _row, entry = _read(tx, object_id=object_id)
    if known is not None and entry is not None:
        marks = entry.marks | _kept(known)
        if marks != known.marks:
            full_text.put(tx, row_id=object_id, entry=replace(entry, marks=marks))


def save(tx: Transaction, *, object_id: int, actor: str, saved: bool) -> None:
    """Let somebody here find what they saved, or no longer because of that.

    Args:
        tx: The open transaction.
        object_id: Row id of the post.
        actor: URI of the local actor.
        saved: Whether it is saved now.
    """
    known = full_text.find(tx, row_id=object_id)
    actor_id = tx.value(_LOCAL_ID, {"uri": actor})
    if known is None or actor_id is None:
        return
    mark = indexed.saved(actor_id)
    marks = known.marks | {mark} if saved else known.marks - {mark}
    if marks != known.marks:
        full_text.put(tx, row_id=object_id, entry=replace(known, marks=marks))


def forget(tx: Transaction, *, object_id: int) -> None:
    """Let a post be found no more, because it is deleted."""
    full_text.remove(tx, row_id=object_id)


def index_batch(tx: Transaction, *, after: int, limit: int = BATCH) -> int | None:
    """Make the entries of some posts anew; return the row id of the last of them, None when there was none.

    Args:
        tx: The open transaction.
        after: Row id of the post before.
        limit: How many.
    """
    ids = tx.values(_IDS, {"after": after, "limit": limit})
    for object_id in ids:
        index_again(tx, object_id=object_id)
    upto = ids[-1] if len(ids) == limit else None
    for stray in _strays(tx, after=after, ids=ids, upto=upto):
        full_text.remove(tx, row_id=stray)
    return upto


def count_posts(tx: Transaction) -> int:
    """Return how many posts there are, each of which has an entry."""
    return int(tx.value(_COUNT))


def count_differing(tx: Transaction) -> int:
    """Return how many of the newest posts the index holds otherwise than they are."""
    newest = indexed.rows_of(tx, object_ids=tx.values(_NEWEST, {"limit": BATCH}))
    wanted = indexed.entries_of(tx, rows=newest)
    return sum(
        not full_text.agrees(tx, row_id=row_id, entry=entry, ignoring=indexed.KEPT) for row_id, entry in wanted.items()
    )


def _strays(tx: Transaction, *, after: int, ids: Sequence[int], upto: int | None) -> list[int]:
    """Return the entries in this range of which there is no post."""
    there = full_text.rows_after(tx, row_id=after, limit=2 * BATCH + len(ids))
    known = set(ids)
    return [row_id for row_id in there if row_id not in known and (upto is None or row_id <= upto)]


def _read(tx: Transaction, *, object_id: int) -> tuple[Row[Any] | None, full_text.Entry | None]:
    rows = indexed.rows_of(tx, object_ids=[object_id])
    return next(iter(rows), None), indexed.entries_of(tx, rows=rows).get(object_id)


def _kept(known: full_text.Entry | None) -> frozenset[str]:
    if known is None:
        return frozenset()
    return frozenset(mark for mark in known.marks if mark.startswith(indexed.KEPT))


def _store_links(tx: Transaction, *, row: indexed.Told) -> None:
    found = indexed.links_in(row.content_html)
    if found:
        tx.execute(_LINK, [{"object_id": row.object_id, "url": url} for url in found])
