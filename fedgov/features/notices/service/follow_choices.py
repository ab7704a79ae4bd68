"""What somebody wants of a person whom they follow, where that is not simply all posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, delete, select

from fedgov.features.notices.service.actor_ids import actor_id
from fedgov.features.notices.tables import follow_choices
from fedgov.kernel.errors import InvalidError
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction, insert_or_update

MAX_LANGUAGES: Final = 20
MAX_LANGUAGE: Final = 10
"""Characters."""

_authors: Final[BindParameter[Any]] = bindparam("authors", expanding=True)
_OF: Final = (
    select(follow_choices, actors.c.uri)
    .join(actors, actors.c.id == follow_choices.c.author_id)
    .where(follow_choices.c.owner_id == bindparam("owner"), actors.c.uri.in_(_authors))
)
_CHOOSE: Final = insert_or_update(
    follow_choices, key=["owner_id", "author_id"], update=["notify", "shares", "languages"]
)
_FORGET: Final = delete(follow_choices).where(
    follow_choices.c.owner_id == bindparam("owner"), follow_choices.c.author_id == bindparam("author")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowChoice:
    """What somebody wants of a person whom they follow.

    Args:
        notify: To be told of each new post.
        shares: What the person shares comes to the home timeline.
        languages: Only posts in these come there; empty for all.
    """

    notify: bool = False
    shares: bool = True
    languages: tuple[str, ...] = ()


ALL: Final = FollowChoice()


def choices_of(tx: Transaction, *, follower: str, following: Sequence[str]) -> dict[str, FollowChoice]:
    """Return what somebody wants of each of some people, by URI.

    Args:
        tx: The open transaction.
        follower: URI of the local actor.
        following: URIs of the others.
    """
    bound = {"owner": actor_id(tx, uri=follower), "authors": list(following)}
    found = {
        row.uri: FollowChoice(notify=row.notify, shares=row.shares, languages=tuple(row.languages.split()))
        for row in (tx.rows(_OF, bound) if following else ())
    }
    return {uri: found.get(uri, ALL) for uri in following}


def choose(
    tx: Transaction,
    *,
    follower: str,
    following: str,
    notify: bool | None = None,
    shares: bool | None = None,
    languages: Sequence[str] | None = None,
) -> None:
    """Choose what somebody wants of a person whom they follow; None leaves a choice as it is.

    Args:
        tx: The open transaction.
        follower: URI of the local actor.
        following: URI of the other.
        notify: Be told of each new post.
        shares: Also what the person shares.
        languages: Only posts in these, such as ``nl``; empty for all.

    Raises:
        InvalidError: There are too many languages, or one is none.
    """
    before = choices_of(tx, follower=follower, following=[following])[following]
    after = replace(
        before,
        notify=before.notify if notify is None else notify,
        shares=before.shares if shares is None else shares,
        languages=before.languages if languages is None else _languages(languages),
    )
    if after == ALL:
        forget(tx, follower=follower, following=following)
        return
    tx.execute(
        _CHOOSE,
        {
            "owner_id": actor_id(tx, uri=follower),
            "author_id": actor_id(tx, uri=following),
            "notify": after.notify,
            "shares": after.shares,
            "languages": " ".join(after.languages),
        },
    )


def forget(tx: Transaction, *, follower: str, following: str) -> None:
    """Forget what was chosen, because the follow ended or all is wanted."""
    tx.execute(_FORGET, {"owner": actor_id(tx, uri=follower), "author": actor_id(tx, uri=following)})


def _languages(languages: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(each.strip().lower() for each in languages if each.strip()))
    if len(found) > MAX_LANGUAGES or any(len(each) > MAX_LANGUAGE or not _is_code(each) for each in found):
        raise InvalidError("languages must be a list of language codes", field="languages")
    return found


def _is_code(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalpha()
