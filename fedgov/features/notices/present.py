"""Timelines, notifications and bookmarks as cards for whoever reads them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from fedgov.features.notices import policy
from fedgov.features.notices.queries import announcements, bookmarks, home, lists, notifications
from fedgov.features.notices.queries.filters import active_filters
from fedgov.features.notices.vocabulary import (
    Announcement,
    AnnouncementReaction,
    FilterAction,
    FilterContext,
    FilterMatch,
    HomeEntry,
    Kind,
    Notification,
)
from fedgov.features.people.present import person_cards
from fedgov.features.posts.present import picture_of, post_cards
from fedgov.features.posts.queries.parts import reaction_pictures
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.kernel.text.plain import html_to_plain
from fedgov.store.transaction import Transaction
from fedgov.web.cards import AnnouncementCard, EmojiCard, NotificationCard, PersonCard, PostCard, ReactionCount
from fedgov.web.language import later
from fedgov.web.proxied import own_emoji_cards, secret_of

WORDS: Final[Mapping[Kind, str]] = {
    Kind.FOLLOW: later("now follows you"),
    Kind.FOLLOW_REQUEST: later("asks to follow you"),
    Kind.MENTION: later("mentioned you"),
    Kind.REPLY: later("replied to you"),
    Kind.LIKE: later("likes your message"),
    Kind.SHARE: later("shared your message"),
    Kind.REACTION: later("reacted with %(emoji)s"),
    Kind.UPDATE: later("edited a message that you shared or answered"),
    Kind.POLL: later("held a poll that has ended"),
    Kind.STATUS: later("wrote a new message"),
    Kind.QUOTE: later("quoted your message"),
    Kind.QUOTED_UPDATE: later("edited a message that you quoted"),
    Kind.QUOTE_REQUEST: later("asks to quote your message"),
    Kind.SIGN_UP: later("got an account here"),
    Kind.REPORT: later("was reported"),
}
"""What somebody did, to be said after their name; of other kinds the notification says it itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostList:
    """A page of posts.

    Args:
        page: The cards, with the cursors of what was selected.
        has_older: The list goes on.
    """

    page: Page[PostCard]
    has_older: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationList:
    """A page of notifications; ``has_older`` when the list goes on."""

    page: Page[NotificationCard]
    has_older: bool


def home_cards(tx: Transaction, *, viewer: str, request: PageRequest) -> PostList:
    """Return a page of somebody's home timeline.

    Args:
        tx: The open transaction.
        viewer: URI of the local actor whose it is.
        request: Which part.
    """
    page = home.home_page(tx, owner=viewer, request=request)
    edge = page.next_max_id
    return PostList(
        page=_entry_cards(tx, page, viewer=viewer),
        has_older=edge is not None and home.has_home_before(tx, owner=viewer, entry_id=edge),
    )


def list_cards(tx: Transaction, *, viewer: str, list_id: int, request: PageRequest) -> Page[PostCard]:
    """Return a page of the timeline of one of somebody's lists.

    Args:
        tx: The open transaction.
        viewer: URI of the local actor whose it is.
        list_id: Row id of the list.
        request: Which part.

    Raises:
        NotFoundError: This person has no such list.
    """
    return _entry_cards(tx, lists.list_page(tx, owner=viewer, list_id=list_id, request=request), viewer=viewer)


def _entry_cards(tx: Transaction, page: Page[HomeEntry], *, viewer: str) -> Page[PostCard]:
    cards = saved_cards(tx, object_ids=[entry.object_id for entry in page.items], viewer=viewer)
    sharers = person_cards(tx, {entry.shared_by for entry in page.items if entry.shared_by is not None})

    def card(entry: HomeEntry) -> PostCard | None:
        found = cards.get(entry.object_id)
        if found is None or entry.shared_by is None:
            return found
        sharer = sharers.get(entry.shared_by)
        return None if sharer is None else replace(found, shared_by=sharer, entry_id=entry.entry_id)

    return page.map(card)


def bookmark_cards(tx: Transaction, *, viewer: str, request: PageRequest) -> PostList:
    """Return a page of what somebody saved and may still read.

    Args:
        tx: The open transaction.
        viewer: URI of the local actor whose it is.
        request: Which part.
    """
    page = bookmarks.bookmark_page(tx, owner=viewer, request=request)
    cards = saved_cards(tx, object_ids=[each.object_id for each in page.items], viewer=viewer)
    edge = page.next_max_id
    return PostList(
        page=page.map(lambda each: cards.get(each.object_id)),
        has_older=edge is not None and bookmarks.has_bookmarks_before(tx, owner=viewer, bookmark_id=edge),
    )


def notification_cards(
    tx: Transaction,
    *,
    viewer: str,
    request: PageRequest,
    kinds: Collection[Kind] = tuple(Kind),
    in_words: Callable[[Notification], str] = lambda each: each.text,
) -> NotificationList:
    """Return a page of somebody's notifications.

    One about a post that the reader may no longer read, or does not want to
    see, is left out, and so is one by somebody who is gone.

    Args:
        tx: The open transaction.
        viewer: URI of the local actor whose they are.
        request: Which part.
        kinds: Only these.
        in_words: Gives the text of a notification in the reader's language; empty where its kind says enough.
    """
    page = notifications.notification_page(tx, owner=viewer, request=request, kinds=kinds)
    posts = saved_cards(
        tx, object_ids=[each.object_id for each in page.items if each.object_id is not None], viewer=viewer
    )
    shown = folded_cards(tx, list(posts.values()), viewer=viewer, context=FilterContext.NOTIFICATIONS)
    posts = {card.id: card for card in shown}
    persons = person_cards(tx, {each.actor for each in page.items if each.actor is not None})
    pictures = _pictures(tx, page.items)
    edge = page.next_max_id

    def card(each: Notification) -> NotificationCard | None:
        found = _notification_card(each, posts=posts, persons=persons, text=in_words(each))
        return found if found is None or each.id not in pictures else replace(found, picture=pictures[each.id])

    return NotificationList(
        page=page.map(card),
        has_older=edge is not None
        and notifications.has_notifications_before(tx, owner=viewer, notification_id=edge, kinds=kinds),
    )


def _pictures(tx: Transaction, items: Sequence[Notification]) -> dict[int, EmojiCard]:
    """Return the custom emoji that notifications are about, by id of the notification."""
    about = {each.id: (each.object_id or 0, each.actor or "", each.emoji) for each in items if each.emoji[:1] == ":"}
    urls = reaction_pictures(
        tx, object_ids=[key[0] for key in about.values()], actors=[key[1] for key in about.values()]
    )
    secret = secret_of(tx.config.folder)
    found = {number: picture_of(secret, key[2], urls.get(key)) for number, key in about.items()}
    return {number: card for number, card in found.items() if card is not None}


def _notification_card(
    each: Notification, *, posts: dict[int, PostCard], persons: dict[str, PersonCard], text: str
) -> NotificationCard | None:
    post = None if each.object_id is None else posts.get(each.object_id)
    person = None if each.actor is None else persons.get(each.actor)
    if (each.object_id is not None and post is None) or (each.actor is not None and person is None):
        return None
    return NotificationCard(
        id=each.id,
        kind=each.kind.value,
        at=each.at,
        person=person,
        post=post,
        unread=each.unread,
        emoji=each.emoji,
        text=text,
    )


def saved_cards(tx: Transaction, *, object_ids: Sequence[int], viewer: str) -> dict[int, PostCard]:
    """Return the cards of those posts that somebody may read, each with whether they saved it, by row id.

    Args:
        tx: The open transaction.
        object_ids: Row ids of objects.
        viewer: URI of the local actor who reads.
    """
    wanted = list(dict.fromkeys(object_ids))
    saved = bookmarks.bookmarked(tx, owner=viewer, object_ids=wanted)
    cards = post_cards(tx, wanted, viewer) if wanted else []
    return {card.id: replace(card, bookmarked=True) if card.id in saved else card for card in cards}


# --- filters ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Posts as a reader's filters leave them.

    Args:
        cards: Those that no filter hides, in the order given.
        matches: Which filters are about a post, or about one that is quoted, by row id of that post.
    """

    cards: tuple[PostCard, ...]
    matches: Mapping[int, tuple[FilterMatch, ...]]


def sift(
    tx: Transaction, cards: Sequence[PostCard], *, viewer: str | None, context: FilterContext | None = None
) -> Sifted:
    """Apply a reader's filters to posts; what the reader wrote is never filtered.

    Args:
        tx: The open transaction.
        cards: The posts.
        viewer: URI of the actor who reads; None for a visitor, who has no filters.
        context: Where they would be shown; None where filters hide nothing, such as a post's own page.
    """
    filters = [] if viewer is None or not cards else active_filters(tx, owner=viewer)
    if not filters:
        return Sifted(cards=tuple(cards), matches={})
    quoted = [card.quote.post for card in cards if card.quote is not None and card.quote.post is not None]
    found = {
        card.id: policy.matches(filters, object_id=card.id, texts=texts_of(card), now=tx.now)
        for card in (*cards, *quoted)
        if card.author.uri != viewer
    }
    return Sifted(
        cards=tuple(card for card in cards if not policy.is_hidden(found.get(card.id, ()), context=context)),
        matches={number: each for number, each in found.items() if each},
    )


def folded_cards(
    tx: Transaction, cards: Sequence[PostCard], *, viewer: str, context: FilterContext
) -> tuple[PostCard, ...]:
    """Return posts as a page shows them: without those that filters hide, and folded or covered where filters say so.

    Args:
        tx: The open transaction.
        cards: The posts.
        viewer: URI of the local actor who reads.
        context: Where they are shown.
    """
    found = sift(tx, cards, viewer=viewer, context=context)

    def titles(card: PostCard, action: FilterAction) -> list[str]:
        quoted = None if card.quote is None or card.quote.post is None else card.quote.post.id
        about = (*found.matches.get(card.id, ()), *(() if quoted is None else found.matches.get(quoted, ())))
        wanted = [each.filter for each in about if context in each.filter.contexts and each.filter.action is action]
        return list(dict.fromkeys(each.title for each in wanted))

    return tuple(
        replace(
            card,
            folded=", ".join(titles(card, FilterAction.WARN)),
            sensitive=card.sensitive or bool(titles(card, FilterAction.BLUR)),
        )
        for card in found.cards
    )


def texts_of(card: PostCard) -> tuple[str, ...]:
    """Return what a post says, as plain texts."""
    answers = () if card.poll is None else tuple(option.label for option in card.poll.options)
    described = tuple(each.alt for each in card.attachments)
    return (card.title, card.summary, html_to_plain(card.content_html), *answers, *described)


def announcement_cards(tx: Transaction, *, reader: str) -> list[AnnouncementCard]:
    """Return the announcements of now that somebody did not dismiss.

    Args:
        tx: The open transaction.
        reader: URI of the local actor.
    """
    return [_announcement(each, now=tx.now) for each in announcements.shown(tx, reader=reader, unread_only=True)]


def all_announcement_cards(tx: Transaction) -> list[AnnouncementCard]:
    """Return all announcements, drafts and those that are over too, for administrators."""
    return [_announcement(each, now=tx.now) for each in announcements.every(tx)]


def _announcement(found: Announcement, *, now: int) -> AnnouncementCard:
    return AnnouncementCard(
        id=found.id,
        content_html=Markup(found.content_html),  # noqa: S704 - sanitised when it was stored
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        all_day=found.all_day,
        published_at=found.published_at,
        updated_at=found.updated_at,
        is_shown=found.is_shown,
        is_over=found.ends_at is not None and found.ends_at < now,
        reactions=tuple(_reaction(each) for each in found.reactions),
        emojis=own_emoji_cards(found.emojis),
    )


def _reaction(found: AnnouncementReaction) -> ReactionCount:
    if found.picture is None:
        return ReactionCount(emoji=found.emoji, count=found.count, mine=found.mine)
    [picture] = own_emoji_cards([found.picture])
    return ReactionCount(emoji=f":{found.emoji}:", count=found.count, mine=found.mine, picture=picture)
