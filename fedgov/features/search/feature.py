"""The name plate of this room."""

from __future__ import annotations

from typing import Final

from fedgov.features.plate import Feature
from fedgov.features.search.pages import blueprint

FEATURE: Final = Feature(name="search", pages=blueprint)
