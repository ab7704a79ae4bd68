"""Files and custom emoji on the command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import BinaryIO

import click

from fedgov.features.media.service import emojis, sweeping
from fedgov.features.plate import Entrance
from fedgov.federation import emojis as own_emojis
from fedgov.instance import Instance
from fedgov.store import audit
from fedgov.store.transaction import Transaction


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


@click.group()
def emoji() -> None:
    """Look after this instance's own emoji, which people use in their texts by name."""


@emoji.command()
@click.argument("shortcode")
@click.argument("picture", type=click.File("rb"))
@click.option("--category", default="", help="The heading under which programs list it.")
@click.pass_obj
def add(entrance: Entrance, shortcode: str, picture: BinaryIO, *, category: str) -> None:
    """Let people here write :SHORTCODE: for the small PICTURE: PNG, GIF, WebP or JPEG."""
    data = picture.read(emojis.MAX_BYTES + 1)
    entrance.run(lambda instance: emojis.add(instance, shortcode=shortcode, data=data, category=category))
    click.echo(f"Added :{shortcode.strip(':')}:.")


@emoji.command()
@click.argument("shortcode")
@click.pass_obj
def hide(entrance: Entrance, shortcode: str) -> None:
    """Leave :SHORTCODE: out of the lists to choose from."""
    _change(entrance, shortcode, emojis.hide)
    click.echo(f"Hid :{shortcode.strip(':')}:; whoever knows the name may still use it.")


@emoji.command()
@click.argument("shortcode")
@click.pass_obj
def show(entrance: Entrance, shortcode: str) -> None:
    """Put :SHORTCODE: back into the lists."""
    _change(entrance, shortcode, emojis.show)
    click.echo(f"Listed :{shortcode.strip(':')}: again.")


@emoji.command()
@click.argument("shortcode")
@click.argument("category")
@click.pass_obj
def categorise(entrance: Entrance, shortcode: str, category: str) -> None:
    """Put :SHORTCODE: under the heading CATEGORY; an empty one is none."""
    _change(entrance, shortcode, partial(emojis.categorise, category=category))
    click.echo(f"Put :{shortcode.strip(':')}: under another heading.")


@emoji.command()
@click.argument("shortcode")
@click.pass_obj
def remove(entrance: Entrance, shortcode: str) -> None:
    """Remove :SHORTCODE: and its picture; in texts that used it the name is read."""
    _change(entrance, shortcode, emojis.remove)
    click.echo(f"Removed :{shortcode.strip(':')}:.")


@emoji.command("list")
@click.pass_obj
def list_emojis(entrance: Entrance) -> None:
    """List all emoji of this instance, hidden ones too."""
    rows = entrance.run(lambda instance: instance.read(own_emojis.every))
    if not rows:
        click.echo("There are no emoji of this instance's own.")
    for row in rows:
        click.echo(f":{row.shortcode}:" + (f"  {row.category}" if row.category else "") + ("  hidden" * row.hidden))


def _change(entrance: Entrance, shortcode: str, act: Callable[..., None]) -> None:
    def by_name(tx: Transaction) -> None:
        act(tx, emoji_id=own_emojis.find(tx, shortcode=shortcode.strip(":")).id)

    entrance.run(lambda instance: instance.write(by_name))


COMMANDS = (media, emoji)
