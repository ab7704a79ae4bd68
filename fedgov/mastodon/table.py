"""The table of all endpoints; each area has its rows."""

from __future__ import annotations

from typing import Final

from fedgov.mastodon import (
    accounts,
    administered_domains,
    administration,
    announcements,
    conversations,
    discovery,
    domain_blocks,
    filters,
    house,
    instance,
    lists,
    media,
    notification_requests,
    notifications,
    oauth,
    oembed,
    profile,
    push,
    quotes,
    reactions,
    registration,
    relationships,
    reports,
    search,
    shelf,
    statuses,
    streaming,
    tags,
    timelines,
    writing,
)
from fedgov.mastodon.endpoints import Table

AREAS: Final = (
    accounts,
    administered_domains,
    administration,
    announcements,
    conversations,
    discovery,
    domain_blocks,
    filters,
    house,
    instance,
    lists,
    media,
    notification_requests,
    notifications,
    oauth,
    oembed,
    profile,
    push,
    quotes,
    reactions,
    registration,
    relationships,
    reports,
    search,
    shelf,
    statuses,
    streaming,
    tags,
    timelines,
    writing,
)

TABLE: Final = Table(endpoint for area in AREAS for endpoint in area.ENDPOINTS)
