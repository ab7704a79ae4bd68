"""Custom emoji, as apps show them.

Spec: https://docs.joinmastodon.org/entities/CustomEmoji/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from fedgov.federation.emojis import emoji_of
from fedgov.kernel.uris import Site
from fedgov.web.cards import EmojiCard


def own_emoji_entity(row: Row[Any], *, site: Site) -> dict[str, Any]:
    """Return the CustomEmoji entity of one of our own, for whoever chooses."""
    url = emoji_of(row, site=site).url
    return {
        "shortcode": row.shortcode,
        "url": url,
        "static_url": f"{url}/preview",
        "visible_in_picker": not row.hidden,
        "category": row.category or None,
    }


def emoji_entities(cards: Iterable[EmojiCard], *, site: Site) -> list[dict[str, Any]]:
    """Return CustomEmoji entities, each once, by name."""
    by_name = {card.shortcode: card for card in cards}
    return [
        {
            "shortcode": name,
            "url": site.url(by_name[name].url),
            "static_url": site.url(by_name[name].static_url),
            "visible_in_picker": by_name[name].visible_in_picker,
            "category": None,
        }
        for name in sorted(by_name)
    ]
