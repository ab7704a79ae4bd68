"""A timeline costs the same at any size, and does not grow for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Connection, delete, event, func, insert, select
from sqlalchemy.sql import Executable

from fedgov.features.notices.queries import bookmarks, home, lists, notifications
from fedgov.features.notices.service import home as fan_out
from fedgov.features.notices.service import pruning
from fedgov.features.notices.service.notifications import notify
from fedgov.features.notices.tables import home_entries
from fedgov.features.notices.tables import notifications as notices
from fedgov.features.notices.vocabulary import Kind
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, ManualClock, first_id_at
from fedgov.kernel.pagination import PageRequest
from fedgov.store.tables import actors, follows
from fedgov.store.transaction import Transaction
from tests.unit.features.notices.people import (
    ANNA,
    BOUKE,
    CARLA,
    JELLE,
    SJOERD,
    follow,
    keep,
    row_id_of,
    say,
    timeline,
    told,
)
from tests.unit.features.trust.town import NOW

BOUNDS = {"owner": ANNA, "below": 2**62, "above": -1, "limit": 20}


def plan(tx: Transaction, statement: Executable, **values: Any) -> list[str]:
    """How SQLite runs a statement: one line for each table it reads."""
    steps: list[str] = []

    def explain(connection: Connection, _cursor: Any, sql: str, parameters: Any, *_rest: Any) -> None:
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        steps.extend(row[-1] for row in cursor.fetchall())

    event.listen(tx.connection, "before_cursor_execute", explain)
    tx.connection.execute(statement, values)
    event.remove(tx.connection, "before_cursor_execute", explain)
    return steps


def is_sqlite(tx: Transaction) -> bool:
    return tx.connection.dialect.name == "sqlite"


async def test_a_page_of_the_home_timeline_is_a_walk_along_its_primary_key(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        if not is_sqlite(tx):
            return
        for statement in (home.PAGE.down, home.PAGE.up):
            steps = plan(tx, statement, **BOUNDS)
            assert any(
                step.startswith("SEARCH home_entries USING PRIMARY KEY (owner_id=? AND entry_id>? AND entry_id<?)")
                for step in steps
            ), steps
            assert not any("SCAN" in step or "B-TREE" in step for step in steps), steps

    await town.read(scene)


async def test_a_page_of_a_list_is_a_walk_along_its_primary_key(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        if not is_sqlite(tx):
            return
        for statement in (lists.PAGE.down, lists.PAGE.up):
            steps = plan(tx, statement, **BOUNDS, list=1)
            assert any(
                step.startswith("SEARCH list_entries USING PRIMARY KEY (list_id=? AND entry_id>? AND entry_id<?)")
                for step in steps
            ), steps
            assert not any("SCAN" in step or "B-TREE" in step for step in steps), steps

    await town.read(scene)


async def test_notifications_and_bookmarks_are_read_along_an_index_in_its_order(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        if not is_sqlite(tx):
            return
        for name, pages in (("notifications", notifications.PAGE), ("bookmarks", bookmarks.PAGE)):
            for statement in (pages.down, pages.up):
                steps = plan(tx, statement, **BOUNDS, kinds=[kind.value for kind in Kind], by="", waiting=False)
                assert any(f"SEARCH {name} USING" in step and "owner_id=? AND id>" in step for step in steps), steps
                # What "kinds" holds may be sorted; the rows may not.
                assert not any(f"SCAN {name}" in step or "ORDER BY" in step for step in steps), steps

    await town.read(scene)


async def test_fan_out_finds_readers_by_index(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        if not is_sqlite(tx):
            return
        post = keep(tx, JELLE)
        values = {
            "entry_id": post,
            "object_id": post,
            "author": JELLE,
            "sharer": None,
            "source": JELLE,
            "answered": SJOERD,
        }
        for statement in (fan_out.TO_FOLLOWERS, fan_out.TO_FOLLOWERS_OF_BOTH):
            steps = plan(tx, statement, **values)
            assert any("SEARCH follows USING INDEX ix_follows_following" in step for step in steps), steps
            assert not any(step.startswith("SCAN") for step in steps), steps

    await town.write(scene)


def _noting(ran: list[str], method: Callable[..., Any]) -> Callable[..., Any]:
    """The same method, which notes that it was called."""

    def noted(*args: Any, **values: Any) -> Any:
        ran.append(method.__name__)
        return method(*args, **values)

    return noted


async def test_one_post_for_five_hundred_readers_takes_as_many_statements_as_for_one(
    town: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    for name in ("execute", "row", "rows", "value", "values"):
        monkeypatch.setattr(Transaction, name, _noting(ran, getattr(Transaction, name)))

    def scene(tx: Transaction) -> tuple[int, int, int]:
        def statements_of(deed: Callable[[], object]) -> int:
            ran.clear()
            deed()
            return len(ran)

        follow(tx, ANNA, JELLE)
        for_one = statements_of(lambda: say(tx, JELLE))
        new = [
            {
                "id": tx.new_id(),
                "uri": f"https://groningen.example/users/p{number}",
                "host": "groningen.example",
                "local": True,
                "kind": "Person",
                "username": f"p{number}",
                "inbox": f"https://groningen.example/users/p{number}/inbox",
                "created_at": tx.now,
                "updated_at": tx.now,
            }
            for number in range(500)
        ]
        tx.execute(insert(actors), new)
        links = [
            {
                "id": tx.new_id(),
                "follower": person["uri"],
                "following": JELLE,
                "state": "accepted",
                "created_at": tx.now,
            }
            for person in new
        ]
        tx.execute(insert(follows), links)
        for_all = statements_of(lambda: say(tx, JELLE))
        return for_one, for_all, len(timeline(tx, "https://groningen.example/users/p499"))

    for_one, for_all, seen = await town.write(scene)
    assert for_all == for_one > 1
    assert seen == 1


def fill(tx: Transaction, owner: str, ids: list[int]) -> None:
    number = row_id_of(tx, owner)
    author = row_id_of(tx, JELLE)
    tx.execute(
        insert(home_entries),
        [{"owner_id": number, "entry_id": each, "object_id": each, "author_id": author} for each in ids],
    )


def size(tx: Transaction, owner: str) -> int:
    mine: ColumnElement[bool] = home_entries.c.owner_id == row_id_of(tx, owner)
    return int(tx.value(select(func.count()).select_from(home_entries).where(mine)))


async def test_a_timeline_is_cut_only_where_it_is_both_long_and_old(town: Instance) -> None:
    old = first_id_at(NOW - 30 * DAY)

    def scene(tx: Transaction) -> dict[str, int]:
        recent = first_id_at(NOW - DAY)
        fill(tx, ANNA, [old + number for number in range(1_000)])
        fill(tx, BOUKE, [recent + number for number in range(1_000)])
        fill(tx, CARLA, [old + number for number in range(700)])
        for part in range(pruning.SLICES):
            pruning.prune_home(tx, part=part)
        assert old + 999 in timeline(tx, ANNA, PageRequest(limit=1))
        return {name: size(tx, uri) for name, uri in (("anna", ANNA), ("bouke", BOUKE), ("carla", CARLA))}

    assert await town.write(scene) == {"anna": 800, "bouke": 1_000, "carla": 700}


async def test_the_job_reaches_everyone(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        old = first_id_at(NOW - 30 * DAY)
        for owner in (ANNA, BOUKE, CARLA):
            fill(tx, owner, [old + number for number in range(801)])

    def sizes(tx: Transaction) -> list[int]:
        return [size(tx, owner) for owner in (ANNA, BOUKE, CARLA)]

    await town.write(scene)
    await pruning.prune(town)
    assert await town.read(sizes) == [800, 800, 800]


async def test_many_old_notifications_are_forgotten_a_few_at_a_time(
    town: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def early(tx: Transaction) -> None:
        for _ in range(2 * pruning.ROWS_AT_ONCE + 1):
            notify(tx, owner=ANNA, kind=Kind.LIKE, actor=JELLE, subject_id=tx.new_id())

    def left(tx: Transaction) -> int:
        return len(told(tx, ANNA))

    monkeypatch.setattr(pruning, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(pruning, "_FORGET", delete(notices).where(notices.c.id.in_(pruning._OLD.limit(2))))
    await town.write(early)
    clock = town.clock
    assert isinstance(clock, ManualClock)
    clock.advance(366 * DAY)
    await pruning.prune(town)
    assert await town.read(left) == 0


async def test_notifications_of_more_than_a_year_ago_are_forgotten(town: Instance) -> None:
    def early(tx: Transaction) -> None:
        notify(tx, owner=ANNA, kind=Kind.LIKE, actor=JELLE, subject_id=keep(tx, ANNA))

    def late(tx: Transaction) -> tuple[int, list[str | None]]:
        notify(tx, owner=ANNA, kind=Kind.LIKE, actor=SJOERD, subject_id=keep(tx, ANNA))
        return pruning.prune_notifications(tx), [who for _, who, _ in told(tx, ANNA)]

    await town.write(early)
    clock = town.clock
    assert isinstance(clock, ManualClock)
    clock.advance(366 * DAY)
    assert await town.write(late) == (1, [SJOERD])
