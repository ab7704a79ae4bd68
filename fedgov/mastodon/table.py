"""The table of all endpoints; each area has its rows."""

from __future__ import annotations

from typing import Final

from fedgov.mastodon import instance, lists, timelines
from fedgov.mastodon.endpoints import Table

TABLE: Final = Table((*instance.ENDPOINTS, *lists.ENDPOINTS, *timelines.ENDPOINTS))
