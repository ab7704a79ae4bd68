"""The indexes of words on the command line: whether they fit posts and people, and making them again."""

from __future__ import annotations

from collections.abc import Callable

import click
from sqlalchemy.exc import DBAPIError

from fedgov.app import Running
from fedgov.cli.entrance import Entrance
from fedgov.cli.findings import Finding
from fedgov.features.notices.service import bookmarks
from fedgov.features.posts.service import indexing
from fedgov.federation import roster
from fedgov.instance import Instance
from fedgov.store import audit, full_text
from fedgov.store.transaction import Transaction

_MAKE_AGAIN = "make it again with: fedgov search rebuild"


@click.group()
def search() -> None:
    """The indexes of words by which messages and people are found."""


@search.command()
@click.pass_obj
def rebuild(entrance: Entrance) -> None:
    """Make the indexes again from messages and people, a few at a time, while the server goes on."""
    click.echo(f"{entrance.run(_rebuild)} messages and everybody who is known can be found again.")


async def _rebuild(instance: Instance) -> int:
    await instance.write(full_text.mend)
    await _in_batches(instance, indexing.index_batch)
    await _in_batches(instance, bookmarks.index_batch)
    await _in_batches(instance, roster.index_batch)
    await instance.write(audit.note, "search.rebuilt")
    return await instance.read(full_text.count)


async def _in_batches(instance: Instance, batch: Callable[..., int | None]) -> None:
    after: int | None = 0
    while after is not None:
        after = await instance.write(batch, after=after)


async def look_at_index(running: Running) -> list[Finding]:
    """Tell whether the index of words holds what the messages say."""
    try:
        await running.instance.write(full_text.check)
    except DBAPIError:
        return [Finding("bad", "search", f"the index of words is damaged; {_MAKE_AGAIN}")]
    fault = await running.instance.read(_fault)
    if fault:
        return [Finding("bad", "search", f"{fault}; {_MAKE_AGAIN}")]
    return [Finding("good", "search", "messages and people can be found by their words")]


def _fault(tx: Transaction) -> str:
    found, written = full_text.count(tx), indexing.count_posts(tx)
    if found != written:
        return f"{found} of {written} messages are in the index of words"
    wrong = indexing.count_differing(tx)
    return f"{wrong} of the newest messages are in the index with other words" if wrong else roster.fault(tx)
