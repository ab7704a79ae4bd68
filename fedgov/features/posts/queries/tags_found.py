"""Subjects by how they begin."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, bindparam, select

from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.tag import normalise_hashtag
from fedgov.features.posts.queries.trends import tag_history
from fedgov.features.posts.tables import hashtags, posts
from fedgov.store.transaction import Transaction

MAX_FOUND: Final = 40
_HIGHEST: Final = "\U0010ffff"
_NEXT: Final[Select[Any]] = (
    select(hashtags.c.tag)
    .where(
        hashtags.c.tag > bindparam("after"),
        hashtags.c.tag.like(bindparam("begin").concat("%"), escape="/"),
    )
    .order_by(hashtags.c.tag)
    .limit(1)
)
_NEXT_IN_SQLITE: Final = _NEXT.where(hashtags.c.tag < bindparam("end"))
"""With an end, so that its index need not be read on to the last subject; text is in the order of its characters."""
_IS_SHOWN: Final = (
    select(posts.c.object_id)
    .join(hashtags, hashtags.c.object_id == posts.c.object_id)
    .where(hashtags.c.tag == bindparam("tag"), posts.c.visibility.in_(bindparam("kinds", expanding=True)))
    .limit(1)
)


def tags_that_begin(tx: Transaction, *, text: str, viewer: str | None, limit: int, offset: int = 0) -> list[str]:
    """Return subjects that begin with a text, the very one first and then those that most people wrote about lately.

    Only of posts that everyone may read, or for colleagues what is for the organisation: of what is closed not
    even a subject is shown.

    Args:
        tx: The open transaction.
        text: With or without ``#``, in any case.
        viewer: URI of the actor who asks; None for a visitor.
        limit: Most results.
        offset: Leave out so many of the first.
    """
    begin = normalise_hashtag(text)
    if begin is None:
        return []
    kinds = [Visibility.PUBLIC.value]
    if viewer is not None and tx.site.owns(viewer):
        kinds.append(Visibility.ORGANISATION.value)
    found = [tag for tag in _beginning(tx, begin) if tx.value(_IS_SHOWN, {"tag": tag, "kinds": kinds}) is not None]
    used = tag_history(tx, tags=found)
    weight = {tag: sum(each.people for each in used[tag]) for tag in found}
    found.sort(key=lambda tag: (tag != begin, -weight[tag], tag))
    return found[offset : offset + limit]


def _beginning(tx: Transaction, begin: str) -> list[str]:
    """Return the first subjects in the order of the alphabet, one look in the index for each."""
    found: list[str] = []
    escaped = begin.replace("/", "//").replace("%", "/%").replace("_", "/_")
    is_there = tx.value(_EXACT, {"tag": begin})
    if is_there is not None:
        found.append(begin)
    statement = _NEXT_IN_SQLITE if tx.connection.dialect.name == "sqlite" else _NEXT
    values = {"begin": escaped, "end": f"{begin}{_HIGHEST}"} if statement is _NEXT_IN_SQLITE else {"begin": escaped}
    after = begin
    while len(found) < MAX_FOUND:
        tag = tx.value(statement, {**values, "after": after})
        if tag is None:
            break
        found.append(tag)
        after = tag
    return found


_EXACT: Final = select(hashtags.c.tag).where(hashtags.c.tag == bindparam("tag")).limit(1)
