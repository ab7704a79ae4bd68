"""The name plate of the room with the audit log."""

from __future__ import annotations

from typing import Final

from fedgov.features.audit import commands, pages, service
from fedgov.features.plate import Feature, Job
from fedgov.kernel.clock import MINUTE

FEATURE: Final = Feature(
    name="audit",
    pages=pages.blueprint,
    commands=commands.COMMANDS,
    jobs=(Job(name="keep the head", every=MINUTE, run=service.keep_head),),
)
