"""The table of all endpoints; each area has its rows."""

from __future__ import annotations

from typing import Final

from fedgov.mastodon import (
    accounts,
    domain_blocks,
    filters,
    instance,
    lists,
    media,
    oauth,
    profile,
    reactions,
    registration,
    relationships,
    statuses,
    timelines,
    writing,
)
from fedgov.mastodon.endpoints import Table

AREAS: Final = (
    accounts,
    domain_blocks,
    filters,
    instance,
    lists,
    media,
    oauth,
    profile,
    reactions,
    registration,
    relationships,
    statuses,
    timelines,
    writing,
)

TABLE: Final = Table(endpoint for area in AREAS for endpoint in area.ENDPOINTS)
