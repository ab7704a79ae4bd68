"""Files on the command line."""

from __future__ import annotations

import click

from fedgov.features.media.service import sweeping
from fedgov.features.plate import Entrance
from fedgov.instance import Instance
from fedgov.store import audit


@click.group()
def media() -> None:
    """Look after uploaded files and copies of files from elsewhere."""


@media.command()
@click.pass_obj
def clean(entrance: Entrance) -> None:
    """Remove files that nothing needs any more."""
    swept = entrance.run(_sweep)
    click.echo(
        f"Removed {swept.files} deleted or abandoned files, {swept.copies} copies beyond the limit "
        f"and {swept.strays} files that nothing knew."
    )


async def _sweep(instance: Instance) -> sweeping.Swept:
    swept = await sweeping.sweep(instance, strays=True)
    await instance.write(audit.note, "media.cleaned")
    return swept


COMMANDS = (media,)
