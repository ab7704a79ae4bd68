"""The table of all endpoints; each area has its rows."""

from __future__ import annotations

from typing import Final

from fedgov.mastodon import filters, instance, lists, timelines
from fedgov.mastodon.endpoints import Table

TABLE: Final = Table((*filters.ENDPOINTS, *instance.ENDPOINTS, *lists.ENDPOINTS, *timelines.ENDPOINTS))
