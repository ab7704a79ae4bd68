"""What a post said earlier, as apps show it.

Spec: https://docs.joinmastodon.org/entities/StatusEdit/
"""

from __future__ import annotations

from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.uris import Site
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.emoji import emoji_entities
from fedgov.mastodon.entities.media import media_entity
from fedgov.mastodon.entities.status import content_of
from fedgov.web.cards import PostCard


def edit_entity(card: PostCard, *, at: int, author: Entity, site: Site) -> Entity:
    """Return a StatusEdit entity.

    Args:
        card: The post as it was.
        at: Since when it said that, in milliseconds.
        author: Account entity of who wrote it.
        site: The instance.
    """
    options = None if card.poll is None else {"options": [{"title": option.label} for option in card.poll.options]}
    return {
        "content": content_of(card),
        "spoiler_text": card.summary,
        "sensitive": card.sensitive or bool(card.summary),
        "created_at": to_rfc3339(at),
        "account": author,
        "media_attachments": [media_entity(each, site=site) for each in card.attachments],
        "emojis": emoji_entities(card.emojis, site=site),
        "poll": options,
        "quote": None,
    }
