"""The name plate of this room."""

from __future__ import annotations

from typing import Final

from fedgov.features.notices.pages import blueprint
from fedgov.features.notices.service.listeners import LISTENERS
from fedgov.features.notices.service.pruning import EVERY, prune
from fedgov.features.plate import Feature, Job

FEATURE: Final = Feature(
    name="notices",
    listeners=LISTENERS,
    pages=blueprint,
    jobs=(Job(name="prune timelines and notifications", every=EVERY, run=prune),),
)
