"""Announcements and push keys on the command line."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fedgov.features.notices.queries import announcements as queries
from fedgov.features.notices.service import announcements
from fedgov.features.notices.service.push import rotate_push_key
from fedgov.features.notices.vocabulary import Announcement
from fedgov.features.plate import Entrance
from fedgov.kernel.clock import SECOND, to_datetime

_DATES: Final = ("%Y-%m-%d", "%Y-%m-%d %H:%M")
_WIDE: Final = 1_000
"""Columns for a program or file that reads along: each row on one line."""
_START = click.option("--from", "starts", type=click.DateTime(_DATES), help="Show it from then on; else at once.")
_END = click.option("--until", "ends", type=click.DateTime(_DATES), help="Show it until then; else until withdrawn.")


@click.group()
def announce() -> None:
    """Tell everybody here something."""


@announce.command()
@click.argument("text")
@_START
@_END
@click.option("--draft", is_flag=True, help="Keep it as a draft.")
@click.pass_obj
def write(entrance: Entrance, text: str, *, starts: datetime | None, ends: datetime | None, draft: bool) -> None:
    """Announce TEXT, in Markdown; - reads it from standard input."""
    words = _words(text)
    number = entrance.run(
        lambda instance: instance.write(
            announcements.write, text=words, starts_at=_when(starts), ends_at=_when(ends), published=not draft
        )
    )
    click.echo(f"{'Kept the draft' if draft else 'Published the announcement'} {number}.")


@announce.command()
@click.argument("number", type=int)
@click.argument("text")
@_START
@_END
@click.pass_obj
def change(entrance: Entrance, number: int, text: str, *, starts: datetime | None, ends: datetime | None) -> None:
    """Let announcement NUMBER say TEXT; start and end are as given now."""
    words = _words(text)
    entrance.run(
        lambda instance: instance.write(
            announcements.change,
            announcement_id=number,
            text=words,
            starts_at=_when(starts),
            ends_at=_when(ends),
        )
    )
    click.echo(f"Changed the announcement {number}.")


@announce.command()
@click.argument("number", type=int)
@click.pass_obj
def publish(entrance: Entrance, number: int) -> None:
    """Show the draft NUMBER."""
    entrance.run(lambda instance: instance.write(announcements.publish, announcement_id=number))
    click.echo(f"Published the announcement {number}.")


@announce.command()
@click.argument("number", type=int)
@click.pass_obj
def withdraw(entrance: Entrance, number: int) -> None:
    """Show announcement NUMBER no more; it stays as a draft."""
    entrance.run(lambda instance: instance.write(announcements.withdraw, announcement_id=number))
    click.echo(f"Withdrew the announcement {number}.")


@announce.command()
@click.argument("number", type=int)
@click.pass_obj
def remove(entrance: Entrance, number: int) -> None:
    """Remove announcement NUMBER for good."""
    entrance.run(lambda instance: instance.write(announcements.remove, announcement_id=number))
    click.echo(f"Removed the announcement {number}.")


@announce.command("list")
@click.pass_obj
def list_announcements(entrance: Entrance) -> None:
    """List all announcements, the newest first."""
    found = entrance.run(lambda instance: instance.read(queries.every))
    if not found:
        click.echo("There are no announcements.")
        return
    table = Table("number", "state", "from", "until", "text", box=None, pad_edge=False)
    for each in found:
        cells = (str(each.id), _state(each), _shown(each.starts_at), _shown(each.ends_at), " ".join(each.text.split()))
        table.add_row(*(Text("".join(letter for letter in cell if letter.isprintable())) for cell in cells))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def _words(text: str) -> str:
    return sys.stdin.read() if text == "-" else text


def _state(found: Announcement) -> str:
    if found.published_at is None:
        return "draft"
    return "shown" if found.is_shown else "not now"


def _when(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.astimezone().timestamp()) * SECOND


def _shown(at: int | None) -> str:
    return "" if at is None else to_datetime(at).astimezone().strftime(_DATES[1])


@click.group()
def push() -> None:
    """The key by which push servers of apps know this instance."""


@push.command()
@click.option("--end-old", is_flag=True, help="Tell apps that subscribed before nothing more until they do so anew.")
@click.pass_obj
def rotate(entrance: Entrance, *, end_old: bool) -> None:
    """Make a new key; apps that subscribed with an older one are told things with that until they subscribe anew."""
    entrance.run(lambda instance: rotate_push_key(instance, end_old=end_old))
    click.echo("Apps that subscribe from now on get the new key.")


COMMANDS: Final = (announce, push)
