"""The name plate of the room where reports are judged."""

from __future__ import annotations

from typing import Final

from fedgov.features.moderation import inbox, pages
from fedgov.features.plate import Feature

FEATURE: Final = Feature(name="moderation", handlers=inbox.HANDLERS, pages=pages.blueprint)
