"""Addresses that people link to, as apps show them.

Spec: https://docs.joinmastodon.org/entities/Trends_Link/
"""

from __future__ import annotations

from collections.abc import Sequence

from fedgov.features.posts.queries.trends import DayOfUse
from fedgov.kernel.uris import host
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.tag import history_entities


def link_entity(url: str, *, history: Sequence[DayOfUse]) -> Entity:
    """Return a Trends::Link entity; nobody is asked what stands at the address, so it is its own title.

    Args:
        url: The address.
        history: How much it was used on each of the last days, today first.
    """
    return {
        "url": url,
        "title": url,
        "description": "",
        "language": None,
        "type": "link",
        "author_name": "",
        "author_url": "",
        "authors": [],
        "provider_name": host(url),
        "provider_url": "",
        "html": "",
        "width": 0,
        "height": 0,
        "image": None,
        "image_description": "",
        "embed_url": "",
        "blurhash": None,
        "published_at": None,
        "history": history_entities(history),
    }
