"""The audit log on the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Row

from fedgov.features.audit import present, queries, service
from fedgov.features.plate import Entrance
from fedgov.kernel.clock import SECOND, to_datetime
from fedgov.kernel.uris import Site
from fedgov.store import audit as log
from fedgov.store.audit import KINDS, UNKNOWN, entry_of

_DATES: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
_ALL: Final = 2**31
_WIDE: Final = 1_000
"""Columns for a program or file that reads along: each row on one line."""


@click.group(invoke_without_command=True)
@click.option("--since", type=click.DateTime(_DATES), help="Only from this day or minute on, in the time of here.")
@click.option("--who", default="", metavar="NAME", help="Only what this person did, or what was done to them.")
@click.option("--kind", type=click.Choice(KINDS), help="Only of this kind.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Only the newest so many.")
@click.option("--json", "as_json", is_flag=True, help="All of them, one JSON object a line, oldest first.")
@click.pass_context
def audit(
    context: click.Context, *, since: datetime | None, who: str, kind: str | None, limit: int, as_json: bool
) -> None:
    """Show who administered this server, and who logged in."""
    if context.invoked_subcommand is not None:
        return
    entrance: Entrance = context.obj

    async def work(instance: Any) -> tuple[Site, Sequence[Row[Any]]]:  # noqa: ANN401 - as the entrance gives it
        rows = await instance.read(
            queries.list_entries,
            who=who,
            kind=kind or "",
            since=None if since is None else _milliseconds(since),
            limit=_ALL if as_json else limit,
        )
        return instance.site, rows[::-1]

    site, rows = entrance.run(work)
    if as_json:
        for row in rows:
            click.echo(orjson.dumps({**asdict(entry_of(row)), "hash": row.hash}))
    elif rows:
        _print(rows, site=site)
    else:
        click.echo("Nothing of that is in the log.")


@audit.command()
@click.option("--head", "heads", multiple=True, metavar="HEAD", help="What an earlier check printed; may be repeated.")
@click.pass_obj
def verify(entrance: Entrance, heads: tuple[str, ...]) -> None:
    """Check that no entry was changed, added or removed; exit status 1 when one was.

    Entries that were cut off at the end are missed when their HEAD was kept somewhere else.
    """
    found = entrance.run(lambda instance: service.verify(instance, heads=heads))
    if found.fault:
        raise click.ClickException(f"{found.fault}." + (" What stands before it fits." if found.number else ""))
    click.echo(f"All {found.entries} entries fit. Keep this head somewhere else, and compare it later:")
    click.echo(f"  fedgov audit verify --head {found.head}")


@audit.command()
@click.option("--before", type=click.DateTime(_DATES[:1]), required=True, help="First day that is kept.")
@click.confirmation_option(prompt="What is removed cannot be had back. Remove?")
@click.pass_obj
def prune(entrance: Entrance, before: datetime) -> None:
    """Remove old entries; the rest still fits, and that it was done is written down."""
    count = entrance.run(lambda instance: instance.write(log.prune, before=_milliseconds(before)))
    click.echo(f"Removed {count} entries.")


COMMANDS: Final = (audit,)


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone().timestamp()) * SECOND


def _print(rows: Sequence[Row[Any]], *, site: Site) -> None:
    """Print a table; what strangers wrote in it is shown as it is, never read as markup."""
    table = Table("number", "when", "who", "what", "on what", "result", "from", box=None, pad_edge=False)
    for row in rows:
        shown = present.audit_row(row, site=site)
        when = to_datetime(row.at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        where = f"{row.door} {row.source}".strip() if row.door != "server" else "the server itself"
        target = UNKNOWN if row.target == UNKNOWN else shown.target
        cells = (str(row.number), when, shown.who, row.kind, target, row.result, where)
        table.add_row(*(Text("".join(each for each in cell if each.isprintable())) for cell in cells))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)
