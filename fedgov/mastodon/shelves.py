"""Reading what entities are made of: a page of posts and the accounts in them, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row

from fedgov.features.notices import policy as filtering
from fedgov.features.notices.present import sift
from fedgov.features.notices.queries.filters import active_filters
from fedgov.features.notices.queries.marks import Marks, marks
from fedgov.features.notices.vocabulary import FilterContext, FilterMatch, HomeEntry
from fedgov.features.people.service.sanctions import sensitive_among
from fedgov.features.posts.present import post_card, revision_rows
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries.briefs import Briefs, briefs
from fedgov.features.posts.queries.entries import entry
from fedgov.features.posts.queries.quotes import consent_of, is_approved
from fedgov.features.posts.queries.timelines import Entry
from fedgov.features.posts.vocabulary import PENDING, Consent
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.edit import edit_entity
from fedgov.mastodon.entities.filter import filter_result
from fedgov.mastodon.entities.status import Plain, counted_status, plain_status, shared_status_entity, status_entity
from fedgov.mastodon.remembered import accounts_of, counted_status_of, plain_statuses, words_of
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard

Wanted = int | Row[Any] | Entry | HomeEntry


def account_entities(tx: Transaction, *, uris: Sequence[str]) -> list[Entity]:
    """Return Account entities in the order given; nobody changes one."""
    found = accounts_of(tx, uris=list(dict.fromkeys(uris)))
    return [found[uri] for uri in uris if uri in found]


# --- posts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a post stands in a list: under its own row id, or that of the share which brought it."""

    entry_id: int
    object_id: int
    shared_by: str | None = None


def _place(wanted: Wanted) -> _Place | Entry | HomeEntry:
    if isinstance(wanted, HomeEntry | Entry):
        return wanted
    object_id = wanted if isinstance(wanted, int) else wanted.object_id
    return _Place(object_id, object_id)


def status_entities(
    tx: Transaction, wanted: Sequence[Wanted], *, viewer: str | None, context: FilterContext | None = None
) -> list[Entity]:
    """Return Status entities of those posts that somebody may read, in the order given.

    What is the same for all who look is taken from `fedgov.mastodon.remembered`; here is added how this reader and
    the posts stand.

    Args:
        tx: The open transaction.
        wanted: Row ids of objects, posts, or entries of a timeline.
        viewer: URI of the actor who reads; None for a visitor.
        context: Where they are shown, for filters that hide; None where nothing is hidden.
    """
    places = [_place(each) for each in wanted]
    found = briefs(tx, object_ids=[each.object_id for each in places], viewer=viewer)
    if not found.rows:
        return []
    sharers = {each.shared_by for each in places if each.shared_by is not None}
    page = _Page.gather(tx, found=found, viewer=viewer, sharers=sharers)
    entities: dict[int, Entity] = {}
    for key in dict.fromkeys(each.object_id for each in places):
        if page.shows(key) and not filtering.is_hidden(page.matches.get(key, ()), context=context):
            entities[key] = page.entity(key)
    return [page.at(place, entities[place.object_id]) for place in places if place.object_id in entities]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """All that Status entities are made of, read for the whole page at once."""

    tx: Transaction
    viewer: str | None
    found: Briefs
    plain: Mapping[int, Plain]
    accounts: Mapping[str, Entity]
    covered: frozenset[str]
    consents: Mapping[int, Consent]
    votes: Mapping[int, tuple[int, ...]]
    marks: Marks
    matches: Mapping[int, Sequence[FilterMatch]]

    @classmethod
    def gather(cls, tx: Transaction, *, found: Briefs, viewer: str | None, sharers: Collection[str]) -> _Page:
        rows, own = found.rows, viewer if viewer is not None and tx.site.owns(viewer) else None
        plain = plain_statuses(tx, rows=rows)
        authors = {row.author for row in rows.values()}
        polls = [key for key, each in plain.items() if each.fields["poll"] is not None]
        marked = marks(tx, owner=own, object_ids=rows.keys(), thread_ids={row.thread_id for row in rows.values()})
        return cls(
            tx=tx,
            viewer=viewer,
            found=found,
            plain=plain,
            accounts=accounts_of(tx, uris=authors | set(sharers)),
            covered=sensitive_among(tx, uris=authors),
            consents=consent_of(tx, rows=list(rows.values()), viewer=own),
            votes=parts.own_votes(tx, object_ids=polls, actor=own) if own and polls else {},
            marks=marked,
            matches=_matches(tx, rows, plain, viewer=own) if own and marked.filters else {},
        )

    def shows(self, key: int) -> bool:
        """Tell whether a post can be shown: the reader may read it, and who wrote it is known."""
        row = self.found.rows.get(key)
        return row is not None and row.author in self.accounts and key in self.plain

    def at(self, place: _Place | Entry | HomeEntry, entity: Entity) -> Entity:
        """Return the entity of a post as it stands in a list."""
        sharer = None if place.shared_by is None else self.accounts.get(place.shared_by)
        return entity if sharer is None else shared_status_entity(entity, entry_id=place.entry_id, sharer=sharer)

    def entity(self, key: int) -> Entity:
        """Return the Status entity of a post."""
        return self._entity(key, quote=self._quote(self.found.rows[key]))

    def _entity(self, key: int, *, quote: _Quote) -> Entity:
        row, plain = self.found.rows[key], self.plain[key]
        ends_at = None if plain.card.poll is None else plain.card.poll.ends_at
        parent = None if row.in_reply_to_id is None else self.found.parents.get(row.in_reply_to_id)
        return status_entity(
            plain,
            counted_status_of(
                self.tx, row, plain, account=self.accounts[row.author], covered=row.author in self.covered
            ),
            own=self._own(row),
            reply_to=None if parent is None else (parent.object_id, parent.author_id),
            may_quote=self.consents[key],
            quote=quote.entity,
            hides_quote_line=quote.hides_line,
            poll_ended=ends_at is not None and ends_at <= self.tx.now,
            votes=None if self.viewer is None else self.votes.get(key, ()),
        )

    def _own(self, row: Row[Any]) -> Entity:
        if self.viewer is None:
            return _NO_READER
        key, marked = row.object_id, self.marks
        is_saved, is_muted = key in marked.saved, row.thread_id in marked.muted
        is_own, matches = row.author == self.viewer, self.matches.get(key)
        if not (is_own or row.liked or row.shared or is_saved or is_muted or matches):
            return _STRANGER
        own: Entity = {
            "favourited": bool(row.liked),
            "reblogged": bool(row.shared),
            "bookmarked": is_saved,
            "muted": is_muted,
            "filtered": [filter_result(each, object_id=key) for each in matches or ()],
        }
        return own | {"pinned": bool(row.pinned)} if is_own else own

    def _quote(self, row: Row[Any]) -> _Quote:
        if row.quote_uri is None:
            return _NO_QUOTE
        quoted = self.found.quoted.rows.get(row.quote_uri)
        if quoted is not None and not is_approved(row, quoted=quoted):
            return _Quote({"state": row.quote_state or PENDING, "quoted_status": None}, hides_line=False)
        if quoted is not None and self.shows(quoted.object_id):
            inner = _NESTED if quoted.quote_uri is not None else _NO_QUOTE
            entity = self._entity(quoted.object_id, quote=inner)
            return _Quote({"state": "accepted", "quoted_status": entity}, hides_line=True)
        is_linked = row.quote_uri in self.found.quoted.links
        return _Quote({"state": "pending" if is_linked else "deleted", "quoted_status": None}, hides_line=is_linked)


_NO_READER: Final[Entity] = {}
_STRANGER: Final[Entity] = {
    "favourited": False, "reblogged": False, "bookmarked": False, "muted": False, "filtered": [],
}  # fmt: skip
"""How somebody and a post stand who have nothing to do with each other; nobody changes it."""


@dataclass(frozen=True, slots=True)
class _Quote:
    """A Quote entity, and whether the line that stands for it in the text is left out."""

    entity: Entity | None
    hides_line: bool


_NO_QUOTE = _Quote(None, hides_line=False)
_NESTED = _Quote({"state": "accepted", "quoted_status_id": None}, hides_line=True)


def _matches(
    tx: Transaction, rows: Mapping[int, Row[Any]], plain: Mapping[int, Plain], *, viewer: str
) -> dict[int, Sequence[FilterMatch]]:
    """Return which of a reader's filters are about which posts; what the reader wrote is never filtered."""
    filters = active_filters(tx, owner=viewer)
    if not filters:
        return {}
    return {
        key: filtering.matches(filters, object_id=key, texts=words_of(tx, plain[key], edition=row.edition), now=tx.now)
        for key, row in rows.items()
        if row.author != viewer and key in plain
    }


def card_entities(tx: Transaction, cards: Sequence[PostCard], *, viewer: str) -> list[Entity]:
    """Return Status entities of cards that were not made of posts here, such as what somebody reported.

    Args:
        tx: The open transaction.
        cards: The cards, of known authors.
        viewer: URI of the actor who reads.
    """
    accounts = accounts_of(tx, uris={card.author.uri for card in cards})
    matches = sift(tx, cards, viewer=viewer).matches
    made = [(card, plain_status(card, site=tx.site)) for card in cards]
    return [
        status_entity(
            plain,
            counted_status(plain, account=accounts[card.author.uri]),
            votes=(),
            own=_STRANGER | {"filtered": [filter_result(each, object_id=card.id) for each in matches.get(card.id, ())]},
        )
        for card, plain in made
    ]


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
    author = accounts_of(tx, uris={row.author})[row.author]
    earlier = reversed(revision_rows(tx, row=row, viewer=viewer))
    last = edit_entity(now, at=now.edited_at or now.published_at, author=author, site=tx.site)
    return [*(edit_entity(each.post, at=each.at, author=author, site=tx.site) for each in earlier), last]
