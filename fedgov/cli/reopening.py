"""Letting a restored instance work again, once what must not come back from its backup is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click

from fedgov.app import Running
from fedgov.cli.entrance import Entrance, at_the_keyboard
from fedgov.features.media.service import attaching, sweeping
from fedgov.features.people.service import accounts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import drafting, publishing, quoting, storing
from fedgov.federation import objects, outbox
from fedgov.store import audit, erasures
from fedgov.store.erasures import QUARANTINE, Erasure
from fedgov.store.transaction import Transaction

_BATCH: Final = 500


@click.command("open")
@click.option(
    "--erasures",
    "lists",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What was erased since the backup: the file `erasures` of the lost instance. May be repeated.",
)
@click.option("--without-erasures", is_flag=True, help="That file is lost: what was erased since is there again.")
@click.pass_obj
def open_again(entrance: Entrance, lists: tuple[Path, ...], *, without_erasures: bool) -> None:
    """Let a restored instance serve and send again.

    What was erased after the backup is erased once more, every log-in and token
    ends, and what waited to be sent is held back where something newer may have
    overtaken it.
    """
    config = entrance.config()
    mark = config.folder / QUARANTINE
    if not mark.exists():
        raise click.ClickException(f"{config.name} was not restored, or is open already")
    if bool(lists) == without_erasures:
        raise click.UsageError("give --erasures FILE, or say --without-erasures when that file is lost")
    erased = [each for path in lists for each in erasures.read(path)]

    async def work(running: Running) -> tuple[int, int]:
        instance = running.instance.acting(at_the_keyboard())
        ended, held = await instance.write(_quieten)
        for start in range(0, len(erased), _BATCH):
            await instance.write(repeat, erased=erased[start : start + _BATCH])
        await sweeping.sweep_deleted(instance)
        await instance.write(audit.note, "instance.opened", target=len(erased))
        return ended, held

    ended, held = entrance.run_with(work)
    for path in lists:  # for the next time that an old backup is restored
        erasures.append(config.folder / erasures.FILE, path.read_bytes().splitlines())
    mark.unlink()
    click.echo(f"{config.name}: erased {len(erased)} things once more, ended {ended} log-ins and tokens,")
    click.echo(f"  held back {held} old messages. Everybody must log in again. Now: fedgov serve {config.name}")


def _quieten(tx: Transaction) -> tuple[int, int]:
    return accounts.end_all_logins(tx), outbox.hold_back(tx) + drafting.hold_back(tx)


def repeat(tx: Transaction, *, erased: Sequence[Erasure]) -> None:
    """Erase once more what was erased after the backup; doing it twice changes nothing.

    Args:
        tx: The open transaction.
        erased: Oldest first.
    """
    for each in erased:
        _REPEAT[each.kind](tx, each)


def _object(tx: Transaction, each: Erasure) -> None:
    row = post_queries.find_by_uri(tx, uri=each.what)
    if row is None:
        quoting_posts = quoting.repeat_revocation(tx, stamp=each.what, author=each.author)
        if quoting_posts is None:
            objects.bury(tx, uri=each.what, author=each.author)
        for object_id in quoting_posts or ():
            publishing.send_update(tx, object_id=object_id)
    elif row.local:
        publishing.withdraw_post(tx, row=row)  # the others are told again: perhaps nobody was
    else:
        storing.erase(tx, row=row)


def _actor(tx: Transaction, each: Erasure) -> None:
    accounts.repeat_removal(tx, actor=each.what)


def _plan(tx: Transaction, each: Erasure) -> None:
    drafting.forget_plan(tx, scheduled_id=int(each.what))


def _file(tx: Transaction, each: Erasure) -> None:
    attaching.withdraw(tx, token=each.what)


def _switched(tx: Transaction, each: Erasure) -> None:
    accounts.repeat_switch(tx, actor=each.what, disabled=each.kind == "disabled")


_REPEAT: Final[dict[erasures.Kind, Callable[[Transaction, Erasure], None]]] = {
    "object": _object,
    "actor": _actor,
    "file": _file,
    "plan": _plan,
    "disabled": _switched,
    "enabled": _switched,
}
