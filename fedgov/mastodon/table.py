"""The table of all endpoints; each area has its rows."""

from __future__ import annotations

from typing import Final

from fedgov.mastodon import filters, instance, lists, media, reactions, statuses, timelines, writing
from fedgov.mastodon.endpoints import Table

AREAS: Final = (filters, instance, lists, media, reactions, statuses, timelines, writing)

TABLE: Final = Table(endpoint for area in AREAS for endpoint in area.ENDPOINTS)
