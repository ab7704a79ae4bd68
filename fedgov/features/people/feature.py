"""The name plate of the room about people."""

from __future__ import annotations

from typing import Final

from fedgov.features.people.commands import COMMANDS
from fedgov.features.people.inbox import HANDLERS
from fedgov.features.people.pages.blueprint import blueprint
from fedgov.features.people.service import fields, pruning
from fedgov.features.plate import Feature, Job

FEATURE: Final = Feature(
    name="people",
    handlers=HANDLERS,
    pages=blueprint,
    commands=COMMANDS,
    jobs=(
        Job(name="prune apps and tokens", every=pruning.EVERY, run=pruning.prune),
        Job(name="look at links of profiles", every=fields.EVERY, run=fields.look),
    ),
)
