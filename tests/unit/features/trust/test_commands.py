from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from fedgov.features.trust import commands, queries
from fedgov.instance import Instance
from fedgov.kernel.errors import InvalidError, NotFoundError
from fedgov.store.tables import deliveries, inbox_items, peers
from fedgov.store.transaction import Transaction
from tests.unit.features.trust import town as town_of
from tests.unit.features.trust.counter import CommandLine


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen, on SQLite."""
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    async with town_of.town_hall(tmp_path, database_url=url) as instance:
        yield instance


@pytest_asyncio.fixture
async def line(town: Instance) -> CommandLine:
    """A terminal."""
    return CommandLine(town)


def _people(tx: Transaction) -> None:
    town_of.meet(tx, uri=tx.site.actor("fatima"), host=tx.site.domain, local=True)


async def test_a_domain_is_blocked_listed_and_forgotten(town: Instance, line: CommandLine) -> None:
    assert "Blocked spam.example" in (await line.type(commands.block, "Spam.Example", "--reason", "spam")).output
    shown = (await line.type(commands.show_rules)).output
    assert "spam.example" in shown
    assert "command line" in shown

    assert "changes nothing yet" in (await line.type(commands.allow, "spam.example")).output
    assert (await line.type(commands.unblock, "spam.example")).exit_code == 0
    assert await town.read(queries.list_rules) == []


async def test_a_domain_that_is_none_is_refused(line: CommandLine) -> None:
    assert isinstance((await line.type(commands.block, "no domain")).exception, InvalidError)
    assert isinstance((await line.type(commands.unblock, "spam.example")).exception, NotFoundError)


async def test_failed_deliveries_are_shown_and_tried_again(town: Instance, line: CommandLine) -> None:
    await town.write(_people)
    await town.write(town_of.deliver, host="leeuwarden.example", state="failed", reason="[red]404\x1b[31m")
    await town.write(town_of.deliver, host="delft.example", state="queued")

    shown = (await line.type(commands.deliveries, "--failed")).output
    assert "leeuwarden.example" in shown
    assert "[red]404[31m" in shown
    assert "delft.example" not in shown

    assert "will be tried again" in (await line.type(commands.deliveries, "--failed", "--retry")).output
    assert await town.read(lambda tx: set(tx.values(select(deliveries.c.state)))) == {"queued"}


async def test_an_empty_list_says_so(line: CommandLine) -> None:
    assert "Nothing waits" in (await line.type(commands.deliveries)).output
    assert "No other server" in (await line.type(commands.peers)).output
    assert "Everything that came in" in (await line.type(commands.inbox)).output
    assert "no rules" in (await line.type(commands.show_rules)).output


async def test_a_peer_is_shown_and_unpinned(town: Instance, line: CommandLine) -> None:
    await town.write(town_of.note_peer, host="leeuwarden.example", pinned_at=5, parked_at=6, shape="rfc9421-ed25519")

    shown = (await line.type(commands.peers)).output
    assert "RFC 9421 · Ed25519" in shown
    assert "parked" in shown
    assert (await line.type(commands.peers, "unpin", "leeuwarden.example")).exit_code == 0
    assert (await line.type(commands.peers, "wake", "leeuwarden.example")).exit_code == 0
    row = await town.read(lambda tx: tx.row(select(peers)))
    assert row is not None
    assert (row.pinned_at, row.parked_at) == (None, None)


@pytest.mark.parametrize("word", ["unpin", "wake"])
async def test_a_peer_that_is_unknown_is_refused(line: CommandLine, word: str) -> None:
    assert isinstance((await line.type(commands.peers, word, "nowhere.example")).exception, NotFoundError)


async def test_parked_messages_are_shown_and_carried_out_again(town: Instance, line: CommandLine) -> None:
    await town.write(town_of.receive, origin="https://a.example", state="parked")
    await town.write(town_of.receive, origin="https://b.example", state="refused")

    assert "b.example" in (await line.type(commands.inbox)).output
    shown = (await line.type(commands.inbox, "--parked", "--retry")).output
    assert "a.example" in shown
    assert "b.example" not in shown
    states = await town.read(lambda tx: {row.origin: row.state for row in tx.rows(select(inbox_items))})
    assert states == {"https://a.example": "queued", "https://b.example": "refused"}
