"""Reading what entities are made of: a page of posts and the accounts in them, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from fedgov.features.notices.present import sift
from fedgov.features.notices.queries.admission import muted_among
from fedgov.features.notices.queries.bookmarks import bookmarked
from fedgov.features.notices.vocabulary import FilterContext
from fedgov.features.people.present import profile_cards
from fedgov.features.posts.present import Wanted, post_card, post_cards, revision_rows
from fedgov.features.posts.queries.entries import entry
from fedgov.features.posts.queries.timelines import figures
from fedgov.federation import actors
from fedgov.mastodon.entities.account import Entity, Known, account_entity
from fedgov.mastodon.entities.edit import edit_entity
from fedgov.mastodon.entities.filter import filter_result
from fedgov.mastodon.entities.status import Shelf, status_entity
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard


def known_accounts(tx: Transaction, *, uris: Collection[str]) -> dict[str, Known]:
    """Return what is known of accounts, by URI; those that are not known here are left out.

    Args:
        tx: The open transaction.
        uris: URIs of actors.
    """
    rows = actors.find_many(tx, uris=list(dict.fromkeys(uris)))
    moved = actors.find_many(tx, uris=[row.moved_to for row in rows.values() if row.moved_to])
    everybody = {**moved, **rows}
    profiles = profile_cards(tx, list(everybody.values()))
    written = figures(tx, authors=list(everybody))
    found = {
        uri: Known(profile=profiles[uri], posts=written[uri][0], last_post_at=written[uri][1]) for uri in everybody
    }
    return {
        uri: replace(found[uri], moved_to=found.get(row.moved_to)) if row.moved_to else found[uri]
        for uri, row in rows.items()
    }


def account_entities(tx: Transaction, *, uris: Sequence[str]) -> list[Entity]:
    """Return Account entities in the order given."""
    known = known_accounts(tx, uris=uris)
    return [account_entity(known[uri], site=tx.site) for uri in uris if uri in known]


def status_entities(
    tx: Transaction, wanted: Sequence[Wanted], *, viewer: str | None, context: FilterContext | None = None
) -> list[Entity]:
    """Return Status entities of those posts that somebody may read, in the order given.

    Args:
        tx: The open transaction.
        wanted: Row ids of objects, posts, or entries of a timeline.
        viewer: URI of the actor who reads; None for a visitor.
        context: Where they are shown, for filters that hide; None where nothing is hidden.
    """
    return entities_of(tx, post_cards(tx, wanted, viewer), viewer=viewer, context=context)


def entities_of(
    tx: Transaction, cards: Sequence[PostCard], *, viewer: str | None, context: FilterContext | None = None
) -> list[Entity]:
    """Return Status entities of cards that are at hand, without those that a filter of the reader hides there."""
    saved: frozenset[int] = frozenset()
    if viewer is not None:
        saved = bookmarked(tx, owner=viewer, object_ids=[card.id for card in cards])
    sifted = sift(tx, cards, viewer=viewer, context=context)
    filtered = {
        number: [filter_result(each, object_id=number) for each in found] for number, found in sifted.matches.items()
    }
    muted: frozenset[int] = frozenset()
    if viewer is not None:
        muted = muted_among(tx, owner=viewer, object_ids=[card.id for card in sifted.cards])
    shelf = replace(shelf_for(tx, sifted.cards, viewer=viewer), filtered=filtered, muted=muted)
    return [
        status_entity(replace(card, bookmarked=True) if card.id in saved else card, shelf=shelf)
        for card in sifted.cards
    ]


def shelf_for(tx: Transaction, cards: Sequence[PostCard], *, viewer: str | None) -> Shelf:
    """Return what Status entities of these cards are made of besides."""
    return Shelf(site=tx.site, viewer=viewer, accounts=known_accounts(tx, uris=_people_in(cards)))


def status_entity_of(tx: Transaction, *, row_id: int, viewer: str | None) -> Entity:
    """Return the Status entity of one post, or of a sharing of it.

    Args:
        tx: The open transaction.
        row_id: Of the object or of the share.
        viewer: URI of the actor who reads; None for a visitor.

    Raises:
        NotFoundError: There is no such thing, or not for this reader.
    """
    (found,) = status_entities(tx, [entry(tx, row_id=row_id, viewer=viewer)], viewer=viewer)
    return found


def edit_entities(tx: Transaction, *, row: Row[Any], viewer: str | None) -> list[Entity]:
    """Return StatusEdit entities of all that a post said, the oldest first and what it says now last.

    Args:
        tx: The open transaction.
        row: The post, which was checked to be readable.
        viewer: URI of the actor who reads; None for a visitor.
    """
    now = post_card(tx, row=row, viewer=viewer)
    shelf = shelf_for(tx, [now], viewer=viewer)
    earlier = reversed(revision_rows(tx, row=row, viewer=viewer))
    last = edit_entity(now, at=now.edited_at or now.published_at, shelf=shelf)
    return [*(edit_entity(each.post, at=each.at, shelf=shelf) for each in earlier), last]


def _people_in(cards: Sequence[PostCard]) -> set[str]:
    quoted = [card.quote.post for card in cards if card.quote is not None and card.quote.post is not None]
    authors = {card.author.uri for card in (*cards, *quoted)}
    return authors | {card.shared_by.uri for card in cards if card.shared_by is not None}
