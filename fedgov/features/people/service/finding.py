"""Finding people by what they are called and what they do: one search behind the page, the apps and every field.

The index (`fedgov.federation.roster`) proposes; whom the reader may find is decided here, each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from fedgov.features.people import queries
from fedgov.features.people.service.sanctions import unlisted_for
from fedgov.federation import roster
from fedgov.federation.roster import COLLEAGUE, CONSENTS
from fedgov.kernel.text.words import Phrase, words_of
from fedgov.store import full_text
from fedgov.store.full_text import PEOPLE, Entry, Question
from fedgov.store.lists import filled_up
from fedgov.store.tables import actors, follows
from fedgov.store.transaction import Transaction

MAX_FOUND: Final = 50
MAX_OFFSET: Final = 400
_MAX_TEXT: Final = 200
_MAX_WORDS: Final = 8
_STEP: Final = 60
"""So many are looked at together, of which some may not be shown."""
_ROUNDS: Final = 10
_MAX_FOLLOWED: Final = 5_000
"""Of so many whom the reader follows, the last ones, it is known without the index that they are followed."""

_ROWS: Final = select(actors).where(actors.c.id.in_(bindparam("ids", expanding=True)))
_FOLLOWED: Final = (
    select(actors.c.id)
    .join(follows, follows.c.following == actors.c.uri)
    .where(follows.c.follower == bindparam("viewer"))
    .order_by(follows.c.id.desc())
    .limit(_MAX_FOLLOWED)
)
_FOLLOWED_AMONG: Final = select(follows.c.following).where(
    follows.c.follower == bindparam("viewer"), follows.c.following.in_(bindparam("uris", expanding=True))
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody typed.

    Args:
        beginnings: Of words or marks; all must be there.
        name: Mark of whoever has exactly the name that was typed; ``""`` when nobody can.
    """

    beginnings: tuple[str, ...]
    name: str


def search(
    tx: Transaction,
    *,
    text: str,
    viewer: str | None = None,
    limit: int = 20,
    offset: int = 0,
    followed_only: bool = False,
) -> list[Row[Any]]:
    """Return people in whose name, handle, function, department or own words each word of a text begins one.

    Accents and capitals make no difference. First comes who has exactly this user name, then colleagues, whom the
    reader follows, and others, those who became known last first. Of people who do not want to be found only those
    are, whom the reader follows; nobody who is suspended, is limited and not followed, or is shut out either way.

    Args:
        tx: The open transaction.
        text: As typed.
        viewer: URI of the reader's actor; None for a visitor.
        limit: Most results.
        offset: Leave out so many of the first, up to `MAX_OFFSET`.
        followed_only: Only those whom the reader follows.
    """
    asked = _read(text)
    if asked is None:
        return []
    first = min(offset, MAX_OFFSET)
    found = _once(_found(tx, asked, viewer=viewer, followed_only=followed_only))
    with tx.setting.metrics.searching("people"):
        return list(islice(found, first, first + min(limit, MAX_FOUND)))


def _read(text: str) -> _Asked | None:
    typed = text.strip().lstrip("@")[:_MAX_TEXT]
    name, is_handle, host = typed.partition("@")
    if is_handle:
        marks = [roster.named(name), roster.at_host(host) if host else ""]
        beginnings = tuple(f":{mark}" for mark in marks if mark)
    else:
        beginnings = tuple(words_of(typed)[:_MAX_WORDS])
    return _Asked(beginnings=beginnings, name=roster.named(name)) if beginnings else None


def _once(rows: Iterable[Row[Any]]) -> Iterator[Row[Any]]:
    seen: set[int] = set()
    for row in rows:
        if row.id not in seen:
            seen.add(row.id)
            yield row


def _found(tx: Transaction, asked: _Asked, *, viewer: str | None, followed_only: bool) -> Iterator[Row[Any]]:
    """Give whom the reader may find, the likeliest first; somebody may come twice."""
    if not followed_only:
        if asked.name:
            yield from _indexed(tx, asked, (asked.name,), (CONSENTS,), viewer=viewer)
        yield from _indexed(tx, asked, (COLLEAGUE,), (CONSENTS,), viewer=viewer)
    if viewer is not None:
        yield from _followed(tx, asked, viewer=viewer)
    if not followed_only:
        yield from _indexed(tx, asked, (CONSENTS,), viewer=viewer)


def _indexed(tx: Transaction, asked: _Asked, *marks: tuple[str, ...], viewer: str | None) -> Iterator[Row[Any]]:
    phrases = tuple(Phrase((each,), begins=True) for each in asked.beginnings)
    question, below = Question(phrases=phrases, marks=marks), None
    for _ in range(_ROUNDS):
        ids = full_text.search(tx, question=question, limit=_STEP, below=below, index=PEOPLE)
        yield from _shown(tx, ids, viewer=viewer)
        if len(ids) < _STEP:
            return
        below = ids[-1]


def _followed(tx: Transaction, asked: _Asked, *, viewer: str) -> Iterator[Row[Any]]:
    """Look through those whom somebody follows: they are few, and found whether or not they want to be."""
    ids = tx.values(_FOLLOWED, {"viewer": viewer})
    for begin in range(0, len(ids), full_text.MANY):
        entries = full_text.find_many(tx, row_ids=ids[begin : begin + full_text.MANY], index=PEOPLE)
        yield from _shown(tx, [row_id for row_id, entry in entries.items() if _holds(entry, asked)], viewer=viewer)


def _holds(entry: Entry, asked: _Asked) -> bool:
    all_words = [*entry.words, *(f":{mark}" for mark in entry.marks)]
    return all(any(word.startswith(begin) for word in all_words) for begin in asked.beginnings)


def _shown(tx: Transaction, ids: Sequence[int], *, viewer: str | None) -> list[Row[Any]]:
    """Return those whom the reader may find, in the order given."""
    if not ids:
        return []
    rows = {row.id: row for row in tx.rows(_ROWS, {"ids": filled_up(ids)})}
    uris = [row.uri for row in rows.values()]
    hidden = unlisted_for(tx, viewer=viewer, uris=uris)
    followed: frozenset[str] = frozenset()
    if viewer is not None:
        hidden |= queries.shut_out(tx, viewer=viewer)
        followed = frozenset(tx.values(_FOLLOWED_AMONG, {"viewer": viewer, "uris": filled_up(uris)}))
    wanted = (rows[row_id] for row_id in ids if row_id in rows)
    return [row for row in wanted if _is_there(row) and row.uri not in hidden and _lets(row, followed)]


def _is_there(row: Row[Any]) -> bool:
    return row.deleted_at is None and row.disabled_at is None and row.kind != "Application"


def _lets(row: Row[Any], followed: frozenset[str]) -> bool:
    return bool(row.discoverable) or row.uri in followed
