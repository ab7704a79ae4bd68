"""The name plate of the room about people."""

from __future__ import annotations

from typing import Final

from fedgov.features.people.commands import COMMANDS
from fedgov.features.people.inbox import HANDLERS
from fedgov.features.people.pages.blueprint import blueprint
from fedgov.features.plate import Feature

FEATURE: Final = Feature(name="people", handlers=HANDLERS, pages=blueprint, commands=COMMANDS)
