"""The name plate of the room with the files."""

from __future__ import annotations

from typing import Final

from fedgov.features.media import commands
from fedgov.features.media.pages.blueprint import blueprint
from fedgov.features.media.service import attaching, sweeping
from fedgov.features.people.vocabulary import ActorRemoved
from fedgov.features.plate import Feature, Job
from fedgov.kernel.clock import HOUR, MINUTE
from fedgov.store.transaction import Transaction


def on_actor_removed(tx: Transaction, event: ActorRemoved) -> None:
    """Take the files away of somebody who was deleted."""
    if tx.site.owns(event.uri):
        attaching.remove_all_of(tx, owner=event.uri)


FEATURE: Final = Feature(
    name="media",
    listeners={ActorRemoved: [on_actor_removed]},
    pages=blueprint,
    commands=commands.COMMANDS,
    jobs=(
        Job(name="remove deleted files", every=MINUTE, run=sweeping.sweep_deleted),
        Job(name="expire copies", every=HOUR, run=sweeping.expire_copies),
    ),
)
