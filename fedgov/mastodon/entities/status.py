"""Posts, as apps show them.

Spec: https://docs.joinmastodon.org/entities/Status/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import escape

from fedgov.kernel.clock import id_time, to_rfc3339
from fedgov.kernel.text.quotes import without_quote_line
from fedgov.kernel.uris import Site
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.audience import visibility_of
from fedgov.mastodon.entities.emoji import emoji_entities
from fedgov.mastodon.entities.media import media_entity
from fedgov.mastodon.entities.poll import poll_entity
from fedgov.web.cards import PersonCard, PostCard


@dataclass(frozen=True, slots=True)
class Plain:
    """A post as it is to everybody who may read it; many answers are made of one, so nobody changes it.

    Args:
        card: The post, by itself.
        fields: The Status entity, with what differs from reader to reader or changes often left empty.
    """

    card: PostCard
    fields: Entity


def plain_status(card: PostCard, *, site: Site) -> Plain:
    """Return a post as it is to everybody who may read it.

    Args:
        card: The post.
        site: The instance.
    """
    automatic, manual = card.quotable_by or ((), ())
    fields: Entity = {
        "id": str(card.id),
        "uri": card.uri,
        "url": card.original_url or site.url(card.url),
        "created_at": to_rfc3339(card.published_at),
        "edited_at": None if card.edited_at is None else to_rfc3339(card.edited_at),
        "account": None,
        "content": content_of(card),
        "visibility": visibility_of(card.visibility),
        "sensitive": card.sensitive or bool(card.summary),
        "spoiler_text": card.summary,
        "language": card.language,
        "media_attachments": [media_entity(each, site=site) for each in card.attachments],
        "mentions": [mention_entity(each, site=site) for each in card.mentions],
        "tags": [{"name": tag.name, "url": site.url(tag.url)} for tag in card.tags],
        "emojis": emoji_entities(card.emojis, site=site),
        "reblogs_count": 0,
        "favourites_count": 0,
        "replies_count": 0,
        "quotes_count": 0,
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "poll": poll_entity(card, site=site, is_person=False),
        "card": None,
        "quote": None,
        "quote_approval": {"automatic": list(automatic), "manual": list(manual), "current_user": "denied"},
        "application": None,
        "reblog": None,
    }
    return Plain(card=card, fields=fields)


def counted_status(
    plain: Plain,
    *,
    account: Entity,
    shares: int = 0,
    likes: int = 0,
    replies: int = 0,
    quotes: int = 0,
    covered: bool = False,
) -> Entity:
    """Return the Status entity of a post as visitors are shown it who may not read what it answers; nobody changes it.

    Args:
        plain: The post as it is to everybody.
        account: Account entity of who wrote it.
        shares: How often it was shared.
        likes: How many like it.
        replies: How many answers it has.
        quotes: How often it is quoted with consent.
        covered: Whatever this author posts is covered.
    """
    found = plain.fields | {
        "account": account,
        "reblogs_count": shares,
        "favourites_count": likes,
        "replies_count": replies,
        "quotes_count": quotes,
    }
    return found | {"sensitive": True} if covered else found


def status_entity(
    plain: Plain,
    counted: Entity,
    *,
    own: Mapping[str, object],
    reply_to: tuple[int, int | None] | None = None,
    may_quote: str = "denied",
    quote: Entity | None = None,
    hides_quote_line: bool = False,
    poll_ended: bool = False,
    votes: tuple[int, ...] | None = None,
) -> Entity:
    """Return a Status entity: a post as it is to everybody, with what differs from reader to reader.

    Args:
        plain: The post as it is to everybody.
        counted: What `counted_status` made of it.
        own: How the reader and the post stand; a visitor stands in no way to it.
        reply_to: Row ids of what it answers and of who wrote that, as far as the reader may know.
        may_quote: What the reader may expect who quotes it.
        quote: Quote entity, or None.
        hides_quote_line: The quoted post itself is shown or linked.
        poll_ended: The time of its poll is over.
        votes: What the reader chose in its poll; None for a visitor.
    """
    found = {**counted, **own}
    if reply_to is not None:
        answered, author = reply_to
        found["in_reply_to_id"] = str(answered)
        found["in_reply_to_account_id"] = None if author is None else str(author)
    if may_quote != "denied":
        found["quote_approval"] = counted["quote_approval"] | {"current_user": may_quote}
    if quote is not None:
        found["quote"] = quote
    if hides_quote_line:
        found["content"] = content_of(plain.card, hides_quote_line=True)
    if counted["poll"] is not None:
        found["poll"] = _poll(counted["poll"], ended=poll_ended, votes=votes)
    return found


def _poll(poll: Entity, *, ended: bool, votes: tuple[int, ...] | None) -> Entity:
    own = {} if votes is None else {"voted": bool(votes), "own_votes": list(votes)}
    return {**poll, "expired": poll["expired"] or ended, **own}


def shared_status_entity(inner: Entity, *, entry_id: int, sharer: Entity) -> Entity:
    """Return the Status entity of a sharing, which has an id of its own.

    Args:
        inner: Of the post that is shared.
        entry_id: Row id of the share.
        sharer: Account entity of who shared it.
    """
    return inner | {
        "id": str(entry_id),
        "uri": f"{inner['uri']}#shared-{entry_id}",
        "created_at": to_rfc3339(id_time(entry_id)),
        "account": sharer,
        "content": "",
        "media_attachments": [],
        "poll": None,
        "card": None,
        "quote": None,
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "edited_at": None,
        "reblog": inner,
    }


def content_of(card: PostCard, *, hides_quote_line: bool = False) -> str:
    """Return the text of a post as HTML, with its title and the link to what cannot be shown.

    Args:
        card: The post.
        hides_quote_line: Leave out the address of the quoted post, because that itself is shown or linked.
    """
    parts = [f"<p><strong>{escape(card.title)}</strong></p>"] if card.title else []
    shown = str(card.shown_html)
    parts.append(without_quote_line(shown) if hides_quote_line else shown)
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
