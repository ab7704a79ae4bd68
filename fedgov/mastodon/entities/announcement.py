"""Announcements, as apps show them.

Spec: https://docs.joinmastodon.org/entities/Announcement/
"""

from __future__ import annotations

from collections.abc import Sequence

from fedgov.features.notices.vocabulary import Announcement, AnnouncementReaction
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.uris import Site
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.emoji import emoji_entities
from fedgov.web.proxied import own_emoji_cards


def announcement_entity(found: Announcement, *, accounts: Sequence[Entity], site: Site) -> Entity:
    """Return an Announcement entity.

    Args:
        found: The announcement, as its reader sees it.
        accounts: Account entities of those whom it names.
        site: The instance.
    """
    return {
        "id": str(found.id),
        "content": found.content_html,
        "starts_at": None if found.starts_at is None else to_rfc3339(found.starts_at),
        "ends_at": None if found.ends_at is None else to_rfc3339(found.ends_at),
        "all_day": found.all_day,
        "published_at": to_rfc3339(found.published_at or found.updated_at),
        "updated_at": to_rfc3339(found.updated_at),
        "read": found.read,
        "mentions": [{name: each[name] for name in ("id", "username", "url", "acct")} for each in accounts],
        "statuses": [{"id": str(number), "url": site.post(number)} for number in found.posts],
        "tags": [{"name": tag, "url": site.url(f"/tags/{tag}")} for tag in found.hashtags],
        "emojis": emoji_entities(own_emoji_cards(found.emojis), site=site),
        "reactions": [announcement_reaction(each, site=site) for each in found.reactions],
    }


def announcement_reaction(found: AnnouncementReaction, *, site: Site) -> Entity:
    """Return a Reaction entity."""
    [picture] = own_emoji_cards([found.picture]) if found.picture is not None else [None]
    return {
        "name": found.emoji,
        "count": found.count,
        "me": found.mine,
        "url": None if picture is None else site.url(picture.url),
        "static_url": None if picture is None else site.url(picture.static_url),
    }
