"""What somebody does not want to see; nobody else learns of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select

from fedgov.features.notices import policy
from fedgov.features.notices.queries import filters as queries
from fedgov.features.notices.service.actor_ids import actor_id, reader_id
from fedgov.features.notices.tables import filter_keywords, filter_posts, filters
from fedgov.features.notices.vocabulary import Filter, FilterAction, FilterContext, KeywordChange
from fedgov.features.posts.queries import posts
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.store.transaction import Transaction, insert_or_ignore

MAX_FILTERS: Final = 100
MAX_PARTS: Final = 500
"""So many keywords, and so many posts, one filter can have."""

_COUNT: Final = select(func.count()).select_from(filters).where(filters.c.owner_id == bindparam("owner"))
_NAME: Final = insert_or_ignore(filter_posts)
_FORGET_KEYWORD: Final = delete(filter_keywords).where(filter_keywords.c.id == bindparam("part"))
_FORGET_POST: Final = delete(filter_posts).where(filter_posts.c.id == bindparam("part"))
_OF_OBJECT: Final = delete(filter_posts).where(filter_posts.c.object_id == bindparam("gone"))
_FORGET: Final = delete(filters).where(filters.c.id == bindparam("filter"))
_OF_OWNER: Final = delete(filters).where(filters.c.owner_id == bindparam("owner"))


def create_filter(
    tx: Transaction,
    *,
    owner: str,
    title: str,
    contexts: Iterable[FilterContext],
    action: FilterAction = FilterAction.WARN,
    expires_in: int | None = None,
    keywords: Sequence[KeywordChange] = (),
) -> int:
    """Make a filter; return its row id.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        title: Plain text.
        contexts: Where it works.
        action: What it does.
        expires_in: Seconds until it ends; None for never.
        keywords: What it looks for.

    Raises:
        InvalidError: It has no title or works nowhere, or there are too many.
    """
    reader = reader_id(tx, uri=owner)
    if reader is None:
        raise ForbiddenError("only somebody of this instance can have filters")
    if tx.value(_COUNT, {"owner": reader}) >= MAX_FILTERS:
        raise InvalidError(f"nobody can have more than {MAX_FILTERS} filters")
    number = tx.new_id()
    tx.execute(
        filters.insert(),
        {
            "id": number,
            "owner_id": reader,
            "title": policy.checked_title(title),
            "contexts": " ".join(policy.checked_contexts(contexts)),
            "action": action.value,
            "expires_at": _moment(tx, expires_in),
        },
    )
    _apply(tx, owner=owner, filter_id=number, keywords=keywords)
    return number


def change_filter(
    tx: Transaction,
    *,
    owner: str,
    filter_id: int,
    title: str | None = None,
    contexts: Iterable[FilterContext] | None = None,
    action: FilterAction | None = None,
    expires_in: tuple[int | None] | None = None,
    keywords: Sequence[KeywordChange] = (),
) -> None:
    """Change a filter; what is None stays.

    Args:
        tx: The open transaction.
        owner: URI of the local actor.
        filter_id: Row id of the filter.
        title: Plain text.
        contexts: Where it works.
        action: What it does.
        expires_in: Seconds until it ends, or None for never, in a tuple.
        keywords: What becomes of its words.

    Raises:
        NotFoundError: This person has no such filter, or it has no such words.
        InvalidError: It would have no title, or work nowhere.
    """
    queries.get_filter(tx, owner=owner, filter_id=filter_id)
    values: dict[str, Any] = {}
    if title is not None:
        values["title"] = policy.checked_title(title)
    if contexts is not None:
        values["contexts"] = " ".join(policy.checked_contexts(contexts))
    if action is not None:
        values["action"] = action.value
    if expires_in is not None:
        values["expires_at"] = _moment(tx, expires_in[0])
    if values:
        tx.execute(filters.update().where(filters.c.id == filter_id).values(**values))
    _apply(tx, owner=owner, filter_id=filter_id, keywords=keywords)


def delete_filter(tx: Transaction, *, owner: str, filter_id: int) -> None:
    """Remove a filter.

    Raises:
        NotFoundError: This person has no such filter.
    """
    queries.get_filter(tx, owner=owner, filter_id=filter_id)
    tx.execute(_FORGET, {"filter": filter_id})
    tx.signal(f"filters:{owner}")


def add_keyword(tx: Transaction, *, owner: str, filter_id: int, keyword: str, whole_word: bool = True) -> int:
    """Let a filter look for more; return the row id of the words.

    Raises:
        NotFoundError: This person has no such filter.
        InvalidError: There are no words, or too many.
    """
    change = KeywordChange(keyword=keyword, whole_word=whole_word)
    change_filter(tx, owner=owner, filter_id=filter_id, keywords=[change])
    return queries.get_filter(tx, owner=owner, filter_id=filter_id).keywords[-1].id


def change_keyword(
    tx: Transaction, *, owner: str, keyword_id: int, keyword: str | None = None, whole_word: bool | None = None
) -> None:
    """Change what a filter looks for; what is None stays.

    Raises:
        NotFoundError: This person has no such words in a filter.
        InvalidError: There are no words.
    """
    found, _ = queries.find_keyword(tx, owner=owner, keyword_id=keyword_id)
    change = KeywordChange(id=keyword_id, keyword=keyword, whole_word=whole_word)
    _apply(tx, owner=owner, filter_id=found.id, keywords=[change])


def delete_keyword(tx: Transaction, *, owner: str, keyword_id: int) -> Filter:
    """Let a filter no longer look for some words; return the filter as it was.

    Raises:
        NotFoundError: This person has no such words in a filter.
    """
    found, _ = queries.find_keyword(tx, owner=owner, keyword_id=keyword_id)
    _apply(tx, owner=owner, filter_id=found.id, keywords=[KeywordChange(id=keyword_id, remove=True)])
    return found


def add_post(tx: Transaction, *, owner: str, filter_id: int, object_id: int) -> int:
    """Let a filter name a post; return the row id of the naming, the same for a second time.

    Raises:
        NotFoundError: This person has no such filter, or may not read such a post.
        InvalidError: It names too many.
    """
    found = queries.get_filter(tx, owner=owner, filter_id=filter_id)
    posts.get(tx, viewer=owner, object_id=object_id)
    if len(found.posts) >= MAX_PARTS:
        raise InvalidError(f"a filter names at most {MAX_PARTS} posts")
    tx.execute(_NAME, {"id": tx.new_id(), "filter_id": filter_id, "object_id": object_id})
    tx.signal(f"filters:{owner}")
    named = queries.get_filter(tx, owner=owner, filter_id=filter_id).posts
    return next(each.id for each in named if each.object_id == object_id)


def delete_post(tx: Transaction, *, owner: str, naming_id: int) -> None:
    """Let a filter no longer name a post.

    Raises:
        NotFoundError: None of this person's filters does so under this id.
    """
    queries.find_filtered_post(tx, owner=owner, naming_id=naming_id)
    tx.execute(_FORGET_POST, {"part": naming_id})
    tx.signal(f"filters:{owner}")


def remove_about(tx: Transaction, *, object_id: int) -> None:
    """Let no filter name a post that was deleted."""
    tx.execute(_OF_OBJECT, {"gone": object_id})


def forget_actor(tx: Transaction, *, uri: str) -> None:
    """Remove the filters of an actor."""
    tx.execute(_OF_OWNER, {"owner": actor_id(tx, uri=uri)})


def _moment(tx: Transaction, seconds: int | None) -> int | None:
    return None if seconds is None else tx.now + max(seconds, 0) * 1_000


def _apply(tx: Transaction, *, owner: str, filter_id: int, keywords: Sequence[KeywordChange]) -> None:
    known = {each.id for each in queries.get_filter(tx, owner=owner, filter_id=filter_id).keywords}
    for each in keywords:
        if each.id is not None and each.id not in known:
            raise NotFoundError("the filter has no such keyword")
        if each.id is None:
            known.add(_add(tx, filter_id=filter_id, change=each))
        elif each.remove:
            tx.execute(_FORGET_KEYWORD, {"part": each.id})
            known.discard(each.id)
        else:
            _change(tx, keyword_id=each.id, change=each)
    if len(known) > MAX_PARTS:
        raise InvalidError(f"a filter has at most {MAX_PARTS} keywords")
    tx.signal(f"filters:{owner}")


def _add(tx: Transaction, *, filter_id: int, change: KeywordChange) -> int:
    number = tx.new_id()
    words = {
        "keyword": policy.checked_keyword(change.keyword or ""),
        "whole_word": True if change.whole_word is None else change.whole_word,
    }
    tx.execute(filter_keywords.insert(), {"id": number, "filter_id": filter_id, **words})
    return number


def _change(tx: Transaction, *, keyword_id: int, change: KeywordChange) -> None:
    values: dict[str, Any] = {}
    if change.keyword is not None:
        values["keyword"] = policy.checked_keyword(change.keyword)
    if change.whole_word is not None:
        values["whole_word"] = change.whole_word
    if values:
        tx.execute(filter_keywords.update().where(filter_keywords.c.id == keyword_id).values(**values))
