"""Files on the command line."""

from __future__ import annotations

import click

from fedgov.features.media.service import sweeping
from fedgov.features.plate import Entrance


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
