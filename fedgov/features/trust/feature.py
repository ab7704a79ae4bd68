"""The name plate of the room about other servers."""

from __future__ import annotations

from typing import Final

from fedgov.features.plate import Feature
from fedgov.features.trust import commands, pages

FEATURE: Final = Feature(name="trust", pages=pages.blueprint, commands=commands.COMMANDS)
