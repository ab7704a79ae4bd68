"""Files on the command line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import click

from fedgov.features.media.service import sweeping
from fedgov.instance import Instance

T = TypeVar("T")


class Entrance(Protocol):
    """What the command line hands to each command."""

    def run(self, work: Callable[[Instance], Awaitable[T]]) -> T:
        """Open the chosen instance, do the work and close it again."""
        ...


@click.group()
def media() -> None:
    """Look after uploaded files and copies of files from elsewhere."""


@media.command()
@click.pass_obj
def clean(entrance: Entrance) -> None:
    """Remove files that nothing needs any more."""
    swept = entrance.run(lambda instance: sweeping.sweep(instance, strays=True))
    click.echo(
        f"Removed {swept.files} deleted or abandoned files, {swept.copies} copies beyond the limit "
        f"and {swept.strays} files that nothing knew."
    )


COMMANDS = (media,)
