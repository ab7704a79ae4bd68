"""How a post looks to each of many readers, without making it anew for each of them.

A post that was just written looks the same to nearly everybody. Who may read it, who
blocks whom and whose filters are about it is asked for all readers at once; those to
whom nothing of that applies share one entity, made for one of them. To everybody else
the post is shown by the very functions that answer the same app when it asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Row

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.features.notices.queries.hiding import hidden_among
from fedgov.features.notices.queries.streams import keepers
from fedgov.features.notices.vocabulary import FilterContext
from fedgov.features.people.queries import wary_of
from fedgov.features.posts.present import post_cards
from fedgov.features.posts.queries import parts, posts
from fedgov.features.posts.queries.timelines import Entry
from fedgov.federation import objects
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.shelves import status_entities
from fedgov.mastodon.streams.sieve import Sieve
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard


@dataclass(frozen=True, slots=True)
class Face:
    """How a post looks to some readers.

    Args:
        payload: A Status entity as JSON.
        viewers: URIs of the readers.
    """

    payload: str
    viewers: frozenset[str]


def faces(
    tx: Transaction, *, entry: Entry, viewers: Collection[str], context: FilterContext, sieve: Sieve
) -> list[Face]:
    """Return how a post looks to those of some readers who may read it and want to see it.

    Args:
        tx: The open transaction.
        entry: The post, or a sharing of it.
        viewers: URIs of local actors.
        context: Where it would be shown.
        sieve: Knows their filters.
    """
    if not viewers:
        return []
    around = _around(tx, entry.row)
    special = _special(tx, entry, around) & set(viewers)
    found: list[Face] = []
    for group in _groups(tx, around, frozenset(viewers) - special):
        face, filtered = _shared(tx, entry=entry, viewers=group, context=context, sieve=sieve)
        special |= filtered
        found += [] if face is None else [face]
    for viewer in sorted(special):
        payload = _own(tx, entry=entry, viewer=viewer, context=context)
        found += [] if payload is None else [Face(payload, frozenset({viewer}))]
    return found


def _around(tx: Transaction, row: Row[Any]) -> list[Row[Any]]:
    """Return the posts that show in a post: itself, what it quotes, and what both of them answer."""
    quoted = None if row.quote_uri is None else posts.find_by_uri(tx, uri=row.quote_uri)
    shown = [row] if quoted is None else [row, quoted]
    parents = {each.in_reply_to_id for each in shown if each.in_reply_to_id is not None}
    return [*shown, *posts.find_many(tx, object_ids=parents).values()]


def _special(tx: Transaction, entry: Entry, around: Collection[Row[Any]]) -> set[str]:
    """Return at least all those to whom the post does not look as to others, their filters aside."""
    ids = [row.object_id for row in around]
    people = {row.author for row in around} | ({entry.shared_by} if entry.shared_by else set())
    touched = parts.touched_by(tx, object_ids=ids) | people
    kept = keepers(tx, object_ids=ids, thread_ids={row.thread_id for row in around})
    return {*wary_of(tx, uris=people), *touched, *kept}


def _groups(tx: Transaction, around: Iterable[Row[Any]], viewers: frozenset[str]) -> list[frozenset[str]]:
    """Divide readers by which of some posts they may read, asked by the rule under every page."""
    closed = [row for row in around if Visibility(row.visibility) not in FOR_EVERYONE]
    if not viewers or not closed:
        return [viewers] if viewers else []
    audiences = [(row, frozenset(objects.targets(tx, row_id=row.object_id))) for row in closed]
    found: dict[tuple[bool, ...], set[str]] = defaultdict(set)
    for viewer in viewers:
        allowed = tuple(
            objects.is_for(
                tx,
                author=row.attributed_to,
                visibility=Visibility(row.visibility),
                names=named.__contains__,
                viewer=viewer,
            )
            for row, named in audiences
        )
        found[allowed].add(viewer)
    return [frozenset(group) for group in found.values()]


def _shared(
    tx: Transaction, *, entry: Entry, viewers: frozenset[str], context: FilterContext, sieve: Sieve
) -> tuple[Face | None, frozenset[str]]:
    """Return how the post looks to readers who are all alike, and those who are not because of their filters."""
    cards = post_cards(tx, [entry], min(viewers))
    if not cards:
        return None, frozenset()
    filtered = sieve.concerned(tx, cards=_with_quoted(cards), viewers=viewers)
    while rest := viewers - filtered:
        model = min(rest)
        found = status_entities(tx, [entry], viewer=model, context=context)
        if found and not _is_filtered(found[0]):
            return Face(orjson.dumps(found[0]).decode(), rest), filtered
        filtered |= {model}  # a filter that was made just now, of which we have not heard yet
    return None, filtered


def _is_filtered(entity: Entity) -> bool:
    quoted = (entity["quote"] or {}).get("quoted_status") or {}
    return bool(entity["filtered"] or quoted.get("filtered"))


def _with_quoted(cards: list[PostCard]) -> list[PostCard]:
    return [*cards, *(card.quote.post for card in cards if card.quote is not None and card.quote.post is not None)]


def _own(tx: Transaction, *, entry: Entry, viewer: str, context: FilterContext) -> str | None:
    """Return how the post looks to one reader, as their timeline shows it; None when it does not."""
    people = [entry.row.author, entry.shared_by]
    if hidden_among(tx, viewer=viewer, uris=people):
        return None
    found = status_entities(tx, [entry], viewer=viewer, context=context)
    return orjson.dumps(found[0]).decode() if found else None
