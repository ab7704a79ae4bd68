"""Posts as cards, for every page and door that shows them; a page of them takes a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup
from sqlalchemy import Row

from fedgov.activitystreams.attachment import Attachment
from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.quotation import restored
from fedgov.activitystreams.tag import Emoji
from fedgov.features.people.present import person_cards
from fedgov.features.people.service.sanctions import sensitive_among
from fedgov.features.posts import policy
from fedgov.features.posts.queries import parts, reach
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries.quotes import Quoted, consent_of, is_approved, quoted_by
from fedgov.features.posts.queries.threads import Place, Thread
from fedgov.features.posts.queries.timelines import Entry
from fedgov.features.posts.vocabulary import PENDING, Consent
from fedgov.federation import emojis as own_emojis
from fedgov.federation import objects as object_store
from fedgov.federation.emojis import restored as restored_emojis
from fedgov.kernel.text.markdown import render_markdown
from fedgov.store.transaction import Transaction
from fedgov.web.cards import (
    AttachmentCard,
    EmojiCard,
    PersonCard,
    PollCard,
    PollOption,
    PostCard,
    QuoteCard,
    ReactionCount,
    Receipt,
    ReplyTo,
    TagCard,
)
from fedgov.web.proxied import attachment_card, emoji_cards, own_emoji_cards, secret_of
from fedgov.web.rows import RevisionRow

SHOWN: Final = frozenset({"Note", "Article", "Question", "Page", "Image", "Document", "Video", "Audio"})
"""The types that a card shows in full; of others it gives name, text and a link."""

MAX_RECIPIENTS: Final = 20
REMEMBERED: Final = 1_024
"""How many cards are kept."""

_NOBODY: Final = PersonCard(uri="", url="", handle="", name="", initials="", organisation="")

Wanted = int | Row[Any] | Entry


def post_cards(tx: Transaction, wanted: Sequence[Wanted], viewer: str | None) -> list[PostCard]:
    """Return cards of those posts that somebody may read, in the order given.

    Args:
        tx: The open transaction.
        wanted: Row ids of objects, posts, or entries of a timeline.
        viewer: URI of the actor who reads; None for a visitor.
    """
    entries = _entries(tx, wanted)
    readable = post_queries.readable(tx, rows=[entry.row for entry in entries], viewer=viewer)
    allowed = {row.object_id for row in readable}
    shown = [entry for entry in entries if entry.row.object_id in allowed]
    if not shown:
        return []
    rows = {entry.row.object_id: entry.row for entry in shown}
    sharers = {entry.shared_by for entry in shown if entry.shared_by is not None}
    found = _Found.gather(tx, rows=rows, viewer=viewer, people=sharers)
    cards = {object_id: found.card(row) for object_id, row in rows.items()}
    return [_at(entry, cards[entry.row.object_id], people=found.people) for entry in shown]


def _at(entry: Entry, card: PostCard, *, people: Mapping[str, PersonCard]) -> PostCard:
    """Return the card of a post as it stands in a list: under the id of the share that brought it, if one did."""
    if entry.entry_id == card.entry_id and entry.shared_by is None:
        return card
    sharer = people.get(entry.shared_by) if entry.shared_by else None
    return replace(card, entry_id=entry.entry_id, shared_by=sharer)


def _entries(tx: Transaction, wanted: Sequence[Wanted]) -> list[Entry]:
    known = post_queries.find_many(tx, object_ids=[each for each in wanted if isinstance(each, int)])
    found: list[Entry] = []
    for each in wanted:
        if isinstance(each, Entry):
            found.append(each)
        elif not isinstance(each, int):
            found.append(Entry(entry_id=each.object_id, row=each))
        elif each in known:
            found.append(Entry(entry_id=each, row=known[each]))
    return found


def post_card(tx: Transaction, *, row: Row[Any], viewer: str | None) -> PostCard:
    """Return the card of one post that was checked to be readable.

    Args:
        tx: The open transaction.
        row: The post.
        viewer: URI of the actor who reads; None for a visitor.
    """
    return _Found.gather(tx, rows={row.object_id: row}, viewer=viewer, people=()).card(row)


def plain_cards(tx: Transaction, *, object_ids: Collection[int]) -> dict[int, PostCard]:
    """Return cards of posts, by row id, with what they are to everybody who reads them and nothing else.

    Nobody is asked whether they may read them. What a post answers and quotes is not on its card, because that is
    not for everybody; nor whether its poll has ended, because that comes by itself.

    Args:
        tx: The open transaction.
        object_ids: Row ids of posts.
    """
    rows, ids = post_queries.find_many(tx, object_ids=object_ids), list(object_ids)
    mentions, files, tags = (read(tx, object_ids=ids) for read in _HANGING)
    polls = parts.poll_rows(tx, object_ids=[key for key, row in rows.items() if row.type == "Question"])
    options = parts.options_of(tx, object_ids=list(polls))
    named = {each.actor_uri for rows_of in mentions.values() for each in rows_of}
    people = person_cards(tx, named | {row.author for row in rows.values()})
    secret = secret_of(tx.config.folder)

    def card(key: int, row: Row[Any]) -> PostCard:
        drawn = _draw(
            row,
            people.get(row.author, _NOBODY),
            tuple(people[each.actor_uri] for each in mentions.get(key, ()) if each.actor_uri in people),
            (tuple(files.get(key, ())), tuple(tags.get(key, ())), ()),
            (secret, False),
        )
        return drawn if key not in polls else replace(drawn, poll=_poll_card(polls[key], options[key]))

    return {key: card(key, row) for key, row in rows.items()}


_HANGING: Final = (parts.mentions_of, parts.attachments_of, parts.hashtags_of)


def _poll_card(poll: Row[Any], options: Sequence[Row[Any]]) -> PollCard:
    """Return a poll as it is to everybody, as if it went on until its author closes it."""
    whole = poll.voters_count or sum(option.votes for option in options) or 1
    return PollCard(
        options=tuple(
            PollOption(label=option.label, votes=option.votes, share=min(option.votes / whole, 1.0))
            for option in options
        ),
        multiple=poll.multiple,
        closed=poll.closed_at is not None,
        ends_at=poll.ends_at,
        voters=poll.voters_count,
    )


def thread_cards(
    tx: Transaction, *, thread: Thread, viewer: str | None
) -> tuple[tuple[PostCard, ...], tuple[PostCard, ...]]:
    """Return the cards of what a post answers, oldest first, and of its replies in reading order.

    Args:
        tx: The open transaction.
        thread: What stands around the post.
        viewer: URI of the actor who reads; None for a visitor.
    """
    places = (*thread.ancestors, *thread.descendants)
    cards = {card.id: card for card in post_cards(tx, [each.row for each in places if each.row is not None], viewer)}

    def shown(part: Sequence[Place]) -> tuple[PostCard, ...]:
        found = (_deleted(each.object_id) if each.row is None else cards.get(each.object_id) for each in part)
        return tuple(
            replace(card, depth=place.depth) for place, card in zip(part, found, strict=True) if card is not None
        )

    return shown(thread.ancestors), shown(thread.descendants)


def _deleted(object_id: int) -> PostCard:
    return PostCard(
        id=object_id,
        uri="",
        url=f"/posts/{object_id}",
        author=_NOBODY,
        published_at=0,
        content_html=Markup(""),
        deleted=True,
    )


# --- cards ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """All that cards are made of, read for the whole page at once."""

    viewer: str | None
    is_member: bool
    now: int
    secret: bytes
    people: Mapping[str, PersonCard]
    parents: Mapping[int, Row[Any]]
    quoted: Quoted
    attachments: parts.Grouped
    mentions: parts.Grouped
    addressed: Mapping[int, Sequence[str]]
    hashtags: parts.Grouped
    reactions: parts.Grouped
    polls: Mapping[int, Row[Any]]
    options: parts.Grouped
    own_votes: Mapping[int, tuple[int, ...]]
    own_reactions: Mapping[int, set[str]]
    own_shares: set[int]
    pinned: set[int]
    consents: Mapping[int, Consent]
    receipts: Mapping[str, Receipt]
    covered: frozenset[str]

    @classmethod
    def gather(
        cls, tx: Transaction, *, rows: Mapping[int, Row[Any]], viewer: str | None, people: Collection[str]
    ) -> _Found:
        quoted = quoted_by(tx, rows=rows.values(), viewer=viewer)
        rows = {row.object_id: row for row in (*rows.values(), *quoted.rows.values())}
        ids = list(rows)
        parents = _readable_parents(tx, rows=rows, viewer=viewer)
        addressed = _addressed(tx, rows)
        polls = parts.poll_rows(tx, object_ids=[key for key, row in rows.items() if row.type == "Question"])
        authors = {row.author for row in (*rows.values(), *parents.values())}
        mentions = parts.mentions_of(tx, object_ids=ids)
        named = {uri for uris in addressed.values() for uri in uris}
        named |= {each.actor_uri for rows_of in mentions.values() for each in rows_of}
        own = viewer if viewer is not None and tx.site.owns(viewer) else None
        return cls(
            viewer=viewer,
            is_member=own is not None,
            now=tx.now,
            secret=secret_of(tx.config.folder),
            people=person_cards(tx, {*authors, *named, *people}),
            parents=parents,
            quoted=quoted,
            attachments=parts.attachments_of(tx, object_ids=ids),
            mentions=mentions,
            addressed=addressed,
            hashtags=parts.hashtags_of(tx, object_ids=ids),
            reactions=parts.reactions_of(tx, object_ids=ids),
            polls=polls,
            options=parts.options_of(tx, object_ids=list(polls)),
            own_votes=parts.own_votes(tx, object_ids=list(polls), actor=own) if own else {},
            own_reactions=parts.own_reactions(tx, object_ids=ids, actor=own) if own else {},
            own_shares=parts.own_shares(tx, object_ids=ids, actor=own) if own else set(),
            pinned=parts.pinned_by_author(tx, object_ids=ids),
            consents=consent_of(tx, rows=list(rows.values()), viewer=own),
            receipts=reach.receipts(tx, uris=[row.uri for row in rows.values() if own and row.author == own]),
            covered=sensitive_among(tx, uris=authors),
        )

    def card(self, row: Row[Any], *, is_quoted: bool = False) -> PostCard:
        """Return the card of one of the posts; what a quoted one quotes in its turn is not in it."""
        key = row.object_id
        hanging = tuple(tuple(each.get(key, ())) for each in (self.attachments, self.hashtags, self.reactions))
        drawn = _drawn(
            row,
            self.people.get(row.author, _NOBODY),
            tuple(self.people[each.actor_uri] for each in self.mentions.get(key, ()) if each.actor_uri in self.people),
            hanging,
            (self.secret, self.is_member),
        )
        changes = self._changes(row, is_quoted=is_quoted)
        if row.author in self.covered:
            changes["sensitive"] = True
        return replace(drawn, **changes) if changes else drawn

    def _changes(self, row: Row[Any], *, is_quoted: bool) -> dict[str, Any]:
        """Return what makes a card differ from that of a plain post with which the reader has nothing to do."""
        key = row.object_id
        found: dict[str, Any] = {}
        if row.author == self.viewer:
            found |= {"may_edit": row.local, "may_delete": row.local, "receipt": self.receipts.get(row.uri)}
        if self.consents[key] != "denied":
            found["may_quote"] = self.consents[key]
        if key in self.addressed:
            found["recipients"] = self._recipients(row)
        if key in self.polls:
            found["poll"] = self._poll(row)
        if row.quote_uri is not None:
            found["quote"] = QuoteCard(is_nested=True) if is_quoted else self._quote(row)
        if row.in_reply_to_id is not None:
            found["reply_to"] = self._reply_to(row)
        if mine := self.own_reactions.get(key):
            found |= {"liked": "" in mine, "reactions": self._reactions(key, mine)}
        if key in self.own_shares:
            found["shared"] = True
        if key in self.pinned:
            found["pinned"] = True
        return found

    def _reactions(self, key: int, mine: Collection[str]) -> tuple[ReactionCount, ...]:
        return _counted(self.secret, self.reactions.get(key, ()), mine=mine)

    def _quote(self, row: Row[Any]) -> QuoteCard | None:
        if row.quote_uri is None:
            return None
        quoted = self.quoted.rows.get(row.quote_uri)
        if quoted is not None and not is_approved(row, quoted=quoted):
            return QuoteCard(state=row.quote_state or PENDING)
        if quoted is not None:
            return QuoteCard(post=self.card(quoted, is_quoted=True))
        return QuoteCard(original_url=row.quote_uri if row.quote_uri in self.quoted.links else None)

    def _recipients(self, row: Row[Any]) -> tuple[PersonCard, ...]:
        uris = self.addressed.get(row.object_id, ())
        return tuple(self.people[uri] for uri in uris if uri in self.people and uri != row.author)

    def _poll(self, row: Row[Any]) -> PollCard | None:
        poll = self.polls.get(row.object_id)
        if poll is None:
            return None
        closed = poll.closed_at is not None or (poll.ends_at is not None and poll.ends_at <= self.now)
        votes = self.own_votes.get(row.object_id, ())
        return replace(
            _poll_card(poll, self.options[row.object_id]),
            closed=closed,
            may_vote=self.is_member
            and policy.may_vote(author=row.author, voter=self.viewer or "", closed=closed, has_voted=bool(votes)),
            own_votes=votes,
        )

    def _reply_to(self, row: Row[Any]) -> ReplyTo | None:
        parent = self.parents.get(row.in_reply_to_id)
        if parent is None:  # that it is there is not for this reader either (AC-03)
            return None
        author = self.people.get(parent.author)
        return ReplyTo(url=f"/posts/{parent.object_id}", id=parent.object_id, author=author)


def _draw(
    row: Row[Any],
    author: PersonCard,
    mentions: tuple[PersonCard, ...],
    hanging: tuple[tuple[Row[Any], ...], ...],
    seen: tuple[bytes, bool],
) -> PostCard:
    """Return the card that follows from rows, for a reader who has nothing to do with the post.

    It is looked up by all that it is made of, so none is ever stale.

    Args:
        row: The post.
        author: Who wrote it.
        mentions: Who is named.
        hanging: The rows of its files, subjects and reactions.
        seen: The secret for addresses of pictures, and whether somebody of this instance reads.
    """
    (files, tags, reactions), (secret, is_member) = hanging, seen
    key, visibility, quotable = row.object_id, Visibility(row.visibility), restored(row.quotable)
    return PostCard(
        id=key,
        entry_id=key,
        uri=row.uri,
        url=f"/posts/{key}",
        author=author,
        published_at=row.published_at,
        edited_at=row.edited_at,
        content_html=Markup(row.content_html),  # noqa: S704 - sanitised when it was stored
        visibility=visibility.value,
        mentions=mentions,
        language=row.language,
        summary=row.summary,
        sensitive=row.sensitive,
        title=row.name if row.type != "Note" or not row.content_html else "",
        attachments=tuple(_attachment(secret, each, parts.file_of(each)) for each in files),
        tags=tuple(TagCard(name=each.tag, url=f"/tags/{quote(each.tag)}") for each in tags),
        emojis=_emojis(secret, row),
        replies=row.replies,
        shares=row.shares,
        likes=row.likes,
        quotes=row.quotes,
        quotable_by=None if quotable is None else (quotable.automatic, quotable.manual),
        reactions=_counted(secret, reactions, mine=()),
        may_reply=is_member,
        may_share=is_member and policy.may_share(visibility),
        fallback_link=None if row.type in SHOWN else row.url or row.uri,
        fallback_type="" if row.type in SHOWN else row.type,
        original_url=None if row.local else row.url or row.uri,
    )


_drawn: Final = lru_cache(maxsize=REMEMBERED)(_draw)


def _counted(secret: bytes, reactions: Sequence[Row[Any]], *, mine: Collection[str]) -> tuple[ReactionCount, ...]:
    return tuple(
        ReactionCount(
            emoji=each.emoji,
            count=each.times,
            mine=each.emoji in mine,
            picture=picture_of(secret, each.emoji, each.emoji_url),
        )
        for each in reactions
    )


def _attachment(secret: bytes, row: Row[Any], file: Attachment) -> AttachmentCard:
    focus = None if row.focal_x is None or row.focal_y is None else (row.focal_x, row.focal_y)
    if row.media_id is None:
        card = attachment_card(secret, file)
        return replace(card, place=row.id, remote_url=row.url, focus=focus)
    path = f"/media/{row.media_id}"
    return AttachmentCard(
        kind=row.kind,
        url=path,
        preview_url=f"{path}/preview" if row.has_preview else None,
        media_type=row.media_type or "application/octet-stream",
        alt=row.alt,
        width=row.width,
        height=row.height,
        blurhash=row.blurhash,
        size=row.size,
        name=row.name,
        id=row.media_id,
        place=row.id,
        open_url=row.url,
        focus=focus,
    )


def _readable_parents(tx: Transaction, *, rows: Mapping[int, Row[Any]], viewer: str | None) -> dict[int, Row[Any]]:
    """Return what the posts answer, as far as the reader may know of it."""
    wanted = {row.in_reply_to_id for row in rows.values() if row.in_reply_to_id is not None}
    found = {key: rows[key] for key in wanted & rows.keys()}
    others = post_queries.find_many(tx, object_ids=wanted - rows.keys())
    found.update({row.object_id: row for row in post_queries.readable(tx, rows=list(others.values()), viewer=viewer)})
    return found


def _addressed(tx: Transaction, rows: Mapping[int, Row[Any]]) -> dict[int, list[str]]:
    """Return to whom direct messages are addressed."""
    direct = [key for key, row in rows.items() if row.visibility == Visibility.DIRECT.value]
    return {key: object_store.targets(tx, row_id=key)[:MAX_RECIPIENTS] for key in direct}


def _emojis(secret: bytes, row: Row[Any]) -> tuple[EmojiCard, ...]:
    used = restored_emojis(row.emojis)
    return own_emoji_cards(used) if row.local else emoji_cards(secret, used)


def picture_of(secret: bytes, emoji: str, url: str | None) -> EmojiCard | None:
    """Return the custom emoji that a reaction is; None for an ordinary one.

    Args:
        secret: As for `fedgov.web.proxied`.
        emoji: ``:shortcode:``.
        url: Address of its picture, where it came with one.
    """
    found = () if url is None else emoji_cards(secret, [Emoji(shortcode=emoji.strip(":"), url=url)])
    return found[0] if found else None


# --- other views of a post --------------------------------------------------------------------------------------


def revision_rows(tx: Transaction, *, row: Row[Any], viewer: str | None) -> list[RevisionRow]:
    """Return the earlier texts of a post that was checked to be readable, newest first."""
    card = post_card(tx, row=row, viewer=viewer)
    return [
        RevisionRow(
            post=replace(
                card,
                content_html=Markup(each.content_html),  # noqa: S704 - sanitised when it was stored
                quote=None,
                title=each.name,
                summary=each.summary,
                language=each.language,
                attachments=(),
                poll=None,
                receipt=None,
            ),
            at=each.at,
        )
        for each in post_queries.earlier_versions(tx, object_id=row.object_id)
    ]


def preview_card(
    tx: Transaction,
    *,
    author: str,
    text: str,
    visibility: Visibility,
    title: str = "",
    summary: str = "",
    sensitive: bool = False,
    attachments: Sequence[AttachmentCard] = (),
    quoted: PostCard | None = None,
) -> PostCard:
    """Return how a post would look, without storing it.

    Args:
        tx: The open transaction.
        author: URI of the local actor who writes.
        text: Markdown.
        visibility: The audience chosen.
        title: Plain text.
        summary: Note in advance.
        sensitive: Whether pictures are covered at first.
        attachments: Files that were kept already.
        quoted: What it quotes.
    """
    rendered = render_markdown(text, hashtag_url=lambda tag: f"/tags/{quote(tag)}")
    return PostCard(
        id=0,
        uri="",
        url="/compose",
        author=person_cards(tx, {author}).get(author, _NOBODY),
        published_at=tx.now,
        content_html=Markup(rendered.html),  # noqa: S704 - sanitised
        visibility=visibility.value,
        title=title,
        summary=summary,
        sensitive=sensitive,
        attachments=tuple(attachments),
        emojis=own_emoji_cards(own_emojis.used_in(tx, title, summary, rendered.html)),
        quote=None if quoted is None else QuoteCard(post=quoted),
    )
