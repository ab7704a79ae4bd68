"""Letting older posts be found once their author consents to it, and no longer once that is withdrawn.

Whoever withdraws is not found from that moment on, because a search asks for consent each time. What is done here,
a few posts at a time, is to bring the marks in the index in step: so that those who consent are found by what they
wrote before, and what may not be found is not walked past.

Spec: FEP-5feb, "Search indexing consent for actors".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from fedgov.features.posts.queries import indexed
from fedgov.features.posts.tables import consents_changed, posts
from fedgov.instance import Instance
from fedgov.kernel.clock import SECOND
from fedgov.store import full_text
from fedgov.store.transaction import Transaction, insert_or_update

EVERY: Final = 10 * SECOND
"""Milliseconds between two times."""
BATCH: Final = 200
"""Posts whose marks are brought in step in one transaction."""

_NOTE: Final = insert_or_update(consents_changed, key=["author"], update=["after"])
_NEXT: Final = select(consents_changed).order_by(consents_changed.c.author).limit(1)
_POSTS: Final = (
    select(posts.c.object_id)
    .where(posts.c.author == bindparam("author"), posts.c.object_id > bindparam("after"))
    .order_by(posts.c.object_id)
    .limit(BATCH)
)
_HERE: Final = (consents_changed.c.author == bindparam("whose"), consents_changed.c.after == bindparam("was"))
_MOVE: Final = update(consents_changed).where(*_HERE).values(after=bindparam("upto"))
_END: Final = delete(consents_changed).where(*_HERE)


def note(tx: Transaction, *, author: str) -> None:
    """Remember that the marks of somebody's posts must be brought in step, all of them from the first.

    Args:
        tx: The open transaction.
        author: URI of an actor elsewhere.
    """
    tx.execute(_NOTE, {"author": author, "after": 0})


async def follow(instance: Instance) -> None:
    """Bring the marks of all that is noted in step, a few posts at a time and behind all other work."""
    while await instance.write_behind(follow_some):
        pass


def follow_some(tx: Transaction) -> bool:
    """Bring the marks of some posts in step; return whether there may be more.

    Where it stopped is kept in the same transaction; who changes their mind meanwhile begins anew.
    """
    due = tx.row(_NEXT)
    if due is None:
        return False
    ids = list(tx.values(_POSTS, {"author": due.author, "after": due.after}))
    for row in indexed.rows_of(tx, object_ids=ids) if ids else ():
        entry = full_text.find(tx, row_id=row.object_id)
        if entry is not None:
            kept = frozenset(mark for mark in entry.marks if not indexed.hangs_on_consent(mark))
            marks = kept | indexed.consent_marks(tx, row=row)
            if marks != entry.marks:
                full_text.put(tx, row_id=row.object_id, entry=replace(entry, marks=marks))
    here = {"whose": due.author, "was": due.after}
    if len(ids) == BATCH:
        tx.execute(_MOVE, here | {"upto": ids[-1]})
    else:
        tx.execute(_END, here)
    return True
