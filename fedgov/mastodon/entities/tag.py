"""Subjects, as apps show them.

Spec: https://docs.joinmastodon.org/entities/Tag/
"""

from __future__ import annotations

from collections.abc import Sequence

from fedgov.features.notices.vocabulary import FeaturedTag
from fedgov.features.posts.queries.trends import DayOfUse
from fedgov.kernel.clock import SECOND, to_rfc3339
from fedgov.kernel.uris import Site
from fedgov.mastodon.entities.account import Entity


def featured_tag_entity(found: FeaturedTag, *, site: Site) -> Entity:
    """Return a FeaturedTag entity."""
    return {
        "id": str(found.id),
        "name": found.name,
        "url": site.url(f"/tags/{found.tag}"),
        "statuses_count": str(found.posts),
        "last_status_at": None if found.last_at is None else to_rfc3339(found.last_at)[:10],
    }


def tag_entity(name: str, *, history: Sequence[DayOfUse], site: Site) -> Entity:
    """Return a Tag entity; its id is its name.

    Args:
        name: As it is stored.
        history: How much it was used on each of the last days, today first.
        site: The instance.
    """
    return {
        "id": name,
        "name": name,
        "url": site.url(f"/tags/{name}"),
        "history": history_entities(history),
    }


def history_entities(history: Sequence[DayOfUse]) -> list[Entity]:
    """Return how much something was used on each of the last days, as Tag and Trends::Link entities have it."""
    return [{"day": str(each.day // SECOND), "uses": str(each.uses), "accounts": str(each.people)} for each in history]
