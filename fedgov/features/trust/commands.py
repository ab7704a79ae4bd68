"""Other servers on the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fedgov.features.plate import Entrance
from fedgov.features.trust import queries, service
from fedgov.features.trust.present import signature
from fedgov.federation import overview
from fedgov.kernel.clock import to_datetime

_WIDE: Final = 1_000
"""Columns for a program or file that reads along: each row on one line."""


@click.command()
@click.argument("domain")
@click.option("--reason", default="", help="For your colleagues and for later; the other side does not see it.")
@click.pass_obj
def block(entrance: Entrance, domain: str, reason: str) -> None:
    """Exchange nothing with DOMAIN and its subdomains from now on."""
    stored = entrance.run(lambda instance: instance.write(service.block, domain=domain, reason=reason))
    click.echo(f"Blocked {stored}. Follows with people there have ended; what waited for it will not be sent.")


@click.command()
@click.argument("domain")
@click.pass_obj
def unblock(entrance: Entrance, domain: str) -> None:
    """Forget the rule about DOMAIN, whether it was blocked or listed."""
    stored = entrance.run(lambda instance: instance.write(service.remove_rule, domain=domain))
    click.echo(f"There is no rule about {stored} any more.")


@click.command()
@click.argument("domain")
@click.option("--reason", default="", help="For your colleagues and for later.")
@click.pass_obj
def allow(entrance: Entrance, domain: str, reason: str) -> None:
    """Put DOMAIN on the list of those that messages are exchanged with."""
    stored = entrance.run(lambda instance: instance.write(service.allow, domain=domain, reason=reason))
    mode = entrance.run(lambda instance: instance.read(queries.mode))
    click.echo(f"Listed {stored}.")
    if mode == "open":
        click.echo("This changes nothing yet: the trust mode is open, so everyone who is not blocked is allowed.")


@click.command("rules")
@click.pass_obj
def show_rules(entrance: Entrance) -> None:
    """Show which domains are blocked or listed."""
    rows = entrance.run(lambda instance: instance.read(queries.list_rules))
    if not rows:
        click.echo("There are no rules about domains.")
        return
    _print(
        ("domain", "rule", "since", "by", "reason"),
        ((row.domain, row.rule, _when(row.created_at), row.by or "command line", row.reason) for row in rows),
    )


@click.command()
@click.option("--failed", is_flag=True, help="Only those that were given up or rest.")
@click.option("--host", default=None, help="Only to this host.")
@click.option("--retry", is_flag=True, help="Try them again now.")
@click.pass_obj
def deliveries(entrance: Entrance, host: str | None, *, failed: bool, retry: bool) -> None:
    """Show what waits to be sent and what could not be."""
    states = ("failed", "parked") if failed else ("queued", "failed", "parked")
    rows = entrance.run(lambda instance: instance.read(overview.list_deliveries, states=states, host=host))
    if not rows:
        click.echo("Nothing waits and nothing failed." if not failed else "Nothing failed.")
        return
    _print(
        ("number", "to", "what", "state", "tried", "next attempt", "reason"),
        (
            (
                str(row.id),
                row.host,
                f"{row.activity_type} by {row.username or row.actor}",
                row.state,
                str(row.attempts),
                _when(row.next_attempt_at) if row.state == "queued" else "",
                row.reason or "",
            )
            for row in rows
        ),
    )
    if len(rows) == overview.MAX_ROWS:
        click.echo(f"These are the newest {overview.MAX_ROWS}; there may be more.")
    if retry:
        count = entrance.run(lambda instance: instance.write(overview.retry_deliveries, host=host))
        click.echo(f"{count} will be tried again now.")


@click.group(invoke_without_command=True)
@click.pass_context
def peers(context: click.Context) -> None:
    """Show the other servers that messages were exchanged with."""
    if context.invoked_subcommand is not None:
        return
    entrance: Entrance = context.obj
    rows = entrance.run(lambda instance: instance.read(overview.list_peers))
    if not rows:
        click.echo("No other server is known yet.")
        return
    _print(
        ("host", "software", "signature", "fixed", "last heard of", "waiting", "state"),
        (
            (
                row.host,
                row.software or "",
                signature(row.shape),
                "yes" if row.pinned_at is not None else "",
                _when(max(row.last_inbound_at or 0, row.last_success_at or 0)),
                str(row.queued),
                f"parked: {row.reason or 'does not answer'}" if row.parked_at is not None else "connected",
            )
            for row in rows
        ),
    )


@peers.command()
@click.argument("host")
@click.pass_obj
def unpin(entrance: Entrance, host: str) -> None:
    """Learn anew how HOST signs, after it was installed again or restored."""
    entrance.run(lambda instance: instance.write(overview.unpin_peer, host=host))
    click.echo(f"What {host} showed about its signatures is forgotten; its next requests show it anew.")


@peers.command()
@click.argument("host")
@click.pass_obj
def wake(entrance: Entrance, host: str) -> None:
    """Try HOST again now, although it did not answer for long."""
    count = entrance.run(lambda instance: instance.write(overview.wake_peer, host=host))
    click.echo(f"{count} messages for {host} are tried again now.")


@click.command()
@click.option("--parked", is_flag=True, help="Only those that met a mistake of this server; without refused ones.")
@click.option("--retry", is_flag=True, help="Carry out again what is parked.")
@click.pass_obj
def inbox(entrance: Entrance, *, parked: bool, retry: bool) -> None:
    """Show what came in and was not carried out."""
    states = ("parked",) if parked else overview.ATTENTION
    rows = entrance.run(lambda instance: instance.read(overview.list_items, states=states))
    if not rows:
        click.echo("Everything that came in was carried out.")
        return
    _print(
        ("number", "from", "what", "received", "state", "tried", "reason"),
        (
            (
                str(row.id),
                row.actor,
                row.type,
                _when(row.received_at),
                row.state,
                str(row.attempts),
                row.reason or "",
            )
            for row in rows
        ),
    )
    if retry:
        count = entrance.run(lambda instance: instance.write(overview.retry_items))
        click.echo(f"{count} will be carried out again now.")


COMMANDS = (block, unblock, allow, show_rules, deliveries, peers, inbox)


def _print(columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table; what strangers wrote in it is shown as it is, never read as markup."""
    table = Table(*columns, box=None, pad_edge=False)
    for column in table.columns[:2]:
        column.overflow = "fold"  # a host that is cut off is of no use
    for row in rows:
        table.add_row(*(Text("".join(each for each in cell if each.isprintable())) for cell in row))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def _when(milliseconds: int) -> str:
    return to_datetime(milliseconds).astimezone().strftime("%Y-%m-%d %H:%M") if milliseconds else ""
