"""What happens for each message costs the same, however many there are: no statement walks through a whole table."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from fedgov.features.people.service import blocks
from fedgov.features.posts.queries import posts
from fedgov.features.posts.service import polls, publishing, reacting
from fedgov.features.posts.vocabulary import PollDraft
from fedgov.kernel.clock import HOUR
from tests.fediverse import Fediverse, Town
from tests.tables import make_sqlite_tables

SMALL: Final = frozenset({"announcements", "domain_rules", "push_keys", "trust_mode"})
"""Tables that administrators fill by hand, and that are read as a whole on purpose."""

COUNTED: Final = "SELECT count(*)"
"""NodeInfo tells how many people and messages there are; that is counted every five minutes, not for each message."""

_AT_MOST: Final = re.compile(r"FROM \w+\s+LIMIT \d+ OFFSET \d+\s*\Z")
"""It reads the first so many rows, whichever they are, and no more."""

_VALUE: Final = re.compile(r"'(?:[^']|'')*'|\b\d+\b")
_WALK: Final = re.compile(r"SCAN (\w+)(?! CONSTANT)(?!.*\b(?:USING|VIRTUAL|ROW)\b)")


@dataclass
class Trace:
    """What SQLite was told, once for each form of a statement."""

    is_on: bool = False
    statements: dict[str, str] = field(default_factory=dict)

    def note(self, statement: str) -> None:
        if self.is_on:
            self.statements.setdefault(_VALUE.sub("?", statement), statement)

    def walks(self, path: Path) -> list[str]:
        """Return the statements that read a whole table, with its name; planned for an empty database."""
        make_sqlite_tables(f"sqlite:///{path}")
        with closing(sqlite3.connect(path)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return [
                f"{walk[1]}: {form}"
                for form, statement in self.statements.items()
                if statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT", "WITH"))
                and not statement.startswith(COUNTED)
                and not _AT_MOST.search(statement)
                for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
                if (walk := _WALK.match(step)) is not None and walk[1] in tables - SMALL
            ]


@pytest.fixture
def trace() -> Iterator[Trace]:
    """Every statement of every database that is opened from here on."""
    found = Trace()

    def listen(connection: Any, _record: object) -> None:
        assert isinstance(connection, sqlite3.Connection), type(connection)
        connection.set_trace_callback(found.note)

    event.listen(Engine, "connect", listen)
    yield found
    event.remove(Engine, "connect", listen)


async def test_no_message_walks_through_a_table(trace: Trace, fediverse: Fediverse, tmp_path: Path) -> None:
    gouda, delft = await fediverse.add("gouda"), await fediverse.add("delft")
    fatima, jan = await gouda.as_("fatima"), await delft.as_("jan")
    await fediverse.settle()
    trace.is_on = True

    await jan.follow(fatima)
    await fatima.follow(jan)
    await fediverse.settle()
    uri = await fatima.post(f"Wie weet **dit**, @jan@{delft.domain}? #inkoop https://pianoo.example/")
    poll = await fatima.post(
        "Doen we mee?", poll=PollDraft(options=("Ja", "Nee"), ends_at=gouda.instance.clock.now() + HOUR)
    )
    await fediverse.settle()
    question = await id_of(delft, uri)
    answer = await jan.reply(uri, "Ik weet het.")
    await delft.instance.write(reacting.like, actor=jan.uri, object_id=question)
    await delft.instance.write(reacting.share, actor=jan.uri, object_id=question)
    await delft.instance.write(polls.vote, actor=jan.uri, object_id=await id_of(delft, poll), choices=[0])
    await fediverse.settle()
    await gouda.instance.write(reacting.like, actor=fatima.uri, object_id=await id_of(gouda, answer))
    await gouda.instance.write(
        publishing.edit_post, actor=fatima.uri, object_id=await id_of(gouda, uri), text="Wie weet dit nog?"
    )
    await fediverse.settle()
    await delft.instance.write(publishing.delete_post, actor=jan.uri, object_id=await id_of(delft, answer))
    await delft.instance.write(blocks.block, who=jan.uri, whom=fatima.uri)
    await fediverse.settle()
    trace.is_on = False

    assert len(trace.statements) > 100
    assert trace.walks(tmp_path / "plans.sqlite3") == []


async def id_of(town: Town, uri: str) -> int:
    """Return the row id that a post has at a town hall."""
    row = await town.ask(posts.find_by_uri, uri=uri)
    assert row is not None
    return int(row.object_id)
