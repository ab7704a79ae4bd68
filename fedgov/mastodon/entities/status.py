"""Posts, as apps show them.

Spec: https://docs.joinmastodon.org/entities/Status/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import escape

from fedgov.kernel.clock import id_time, to_rfc3339
from fedgov.kernel.uris import Site
from fedgov.mastodon.entities.account import Entity, Known, account_entity
from fedgov.mastodon.entities.audience import visibility_of
from fedgov.mastodon.entities.emoji import emoji_entities
from fedgov.mastodon.entities.media import media_entity
from fedgov.mastodon.entities.poll import poll_entity
from fedgov.web.cards import PersonCard, PostCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What the posts of one answer are made of besides their cards.

    Args:
        site: The instance.
        viewer: URI of the actor who reads; None for a visitor.
        accounts: Everybody who wrote or shared one of them, by URI.
        filtered: FilterResult entities by row id of the post.
        muted: Row ids of posts in conversations that the reader muted.
    """

    site: Site
    viewer: str | None
    accounts: Mapping[str, Known]
    filtered: Mapping[int, list[Entity]] = field(default_factory=dict)
    muted: frozenset[int] = frozenset()

    def account(self, person: PersonCard) -> Entity:
        """Return the Account entity of somebody."""
        return account_entity(self.accounts[person.uri], site=self.site)


def status_entity(card: PostCard, *, shelf: Shelf) -> Entity:
    """Return a Status entity; of a shared post it is the sharing, which has an id of its own.

    Args:
        card: The post as its reader may see it.
        shelf: What else it is made of.
    """
    if card.shared_by is None:
        return _post(card, shelf=shelf, quote=_quote(card, shelf=shelf))
    inner = _post(card, shelf=shelf, quote=_quote(card, shelf=shelf))
    outer = {
        **inner,
        "id": str(card.entry_id),
        "uri": f"{card.uri}#shared-{card.entry_id}",
        "created_at": to_rfc3339(id_time(card.entry_id)),
        "account": shelf.account(card.shared_by),
        "content": "",
        "media_attachments": [],
        "poll": None,
        "card": None,
        "quote": None,
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "edited_at": None,
    }
    return outer | {"reblog": inner}


def _post(card: PostCard, *, shelf: Shelf, quote: Entity | None) -> Entity:
    site, reply_to = shelf.site, card.reply_to
    return {
        "id": str(card.id),
        "uri": card.uri,
        "url": card.original_url or site.url(card.url),
        "created_at": to_rfc3339(card.published_at),
        "edited_at": None if card.edited_at is None else to_rfc3339(card.edited_at),
        "account": shelf.account(card.author),
        "content": content_of(card),
        "visibility": visibility_of(card.visibility),
        "sensitive": card.sensitive or bool(card.summary),
        "spoiler_text": card.summary,
        "language": card.language,
        "media_attachments": [media_entity(each, site=site) for each in card.attachments],
        "mentions": [mention_entity(each, site=site) for each in card.mentions],
        "tags": [{"name": tag.name, "url": site.url(tag.url)} for tag in card.tags],
        "emojis": emoji_entities(card.emojis, site=site),
        "reblogs_count": card.shares,
        "favourites_count": card.likes,
        "replies_count": card.replies,
        "quotes_count": card.quotes,
        "in_reply_to_id": None if reply_to is None else str(reply_to.id),
        "in_reply_to_account_id": (None if reply_to is None or reply_to.author is None else str(reply_to.author.id)),
        "poll": poll_entity(card, site=site, is_person=shelf.viewer is not None),
        "card": None,
        "quote": quote,
        "quote_approval": _approval(card),
        "application": None,
        "reblog": None,
        **_own(card, shelf=shelf),
    }


def _own(card: PostCard, *, shelf: Shelf) -> Entity:
    """Return how the reader and the post stand; a visitor stands in no way to it."""
    if shelf.viewer is None:
        return {}
    pinned = {"pinned": card.pinned} if card.author.uri == shelf.viewer else {}
    return {
        "favourited": card.liked,
        "reblogged": card.shared,
        "bookmarked": card.bookmarked,
        "muted": card.id in shelf.muted,
        "filtered": shelf.filtered.get(card.id, []),
        **pinned,
    }


def content_of(card: PostCard) -> str:
    """Return the text of a post as HTML, with its title and the link to what cannot be shown."""
    parts = [f"<p><strong>{escape(card.title)}</strong></p>"] if card.title else []
    parts.append(str(card.shown_html))
    if card.fallback_link is not None:
        link = escape(card.fallback_link)
        parts.append(f'<p><a href="{link}" rel="nofollow noopener noreferrer" target="_blank">{link}</a></p>')
    return "".join(parts)


def mention_entity(person: PersonCard, *, site: Site) -> Entity:
    """Return a StatusMention entity."""
    username, _, host = person.handle.removeprefix("@").partition("@")
    return {
        "id": str(person.id),
        "username": username,
        "acct": username if person.local else f"{username}@{host}",
        "url": site.url(person.url) if person.local else person.uri,
    }


def _approval(card: PostCard) -> Entity:
    automatic, manual = card.quotable_by or ((), ())
    return {"automatic": list(automatic), "manual": list(manual), "current_user": card.may_quote}


def _quote(card: PostCard, *, shelf: Shelf) -> Entity | None:
    if card.quote is None:
        return None
    quoted = card.quote.post
    if quoted is None and card.quote.state != "accepted":
        return {"state": card.quote.state, "quoted_status": None}
    if quoted is None:
        return {"state": "deleted" if card.quote.original_url is None else "pending", "quoted_status": None}
    nested = None if quoted.quote is None else {"state": "accepted", "quoted_status_id": None}
    return {"state": "accepted", "quoted_status": _post(quoted, shelf=shelf, quote=nested)}
