"""The name plate of this room."""

from __future__ import annotations

from typing import Final

from fedgov.features.notices.commands import COMMANDS
from fedgov.features.notices.pages.blueprint import blueprint
from fedgov.features.notices.service import announcements
from fedgov.features.notices.service.listeners import LISTENERS
from fedgov.features.notices.service.pruning import EVERY, prune
from fedgov.features.plate import Feature, Job

FEATURE: Final = Feature(
    name="notices",
    listeners=LISTENERS,
    pages=blueprint,
    commands=COMMANDS,
    jobs=(
        Job(name="prune timelines and notifications", every=EVERY, run=prune),
        Job(name="begin and end announcements", every=announcements.EVERY, run=announcements.keep_time),
    ),
)
