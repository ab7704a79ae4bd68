"""R2: a post and its deliveries are one transaction: after a crash all of it exists, or nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, inspect, select, table

from fedgov.app import open_instance
from fedgov.kernel import config as configuration
from fedgov.store.transaction import Transaction
from tests.cli.commandline import make_instance
from tests.faults.publishing import HOSTS, furnish, publish
from tests.services import ROOT

METHODS = ("execute", "row", "rows", "value", "values")


class CrashError(Exception):
    """What happens between two statements."""


def die_at_each_statement(home: Path, *, every: int) -> dict[str, Any]:
    make_instance(home, "gouda", domain="gouda.example")
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.publishing", str(home), str(every)],
        cwd=ROOT,
        capture_output=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return found


def demand_all_or_nothing(found: dict[str, Any], *, deaths: int) -> None:
    before, after = found["before"], found["after"]
    assert len(found["deaths"]) >= deaths
    assert all(each == before for each in found["deaths"])
    added = {table: after[table] - before[table] for table in after if after[table] != before[table]}
    assert (added["posts"], added["objects"], added["activities"]) == (1, 1, 1)
    assert added["deliveries"] == len(HOSTS)
    assert added["home_entries"] == 2, "the author's timeline and her colleague's are of the same transaction"


def test_r2_a_process_that_is_killed_while_it_publishes_leaves_nothing(home: Path) -> None:
    demand_all_or_nothing(die_at_each_statement(home, every=6), deaths=6)


@pytest.mark.soak
def test_r2_a_process_that_is_killed_before_any_statement_leaves_nothing(home: Path) -> None:
    demand_all_or_nothing(die_at_each_statement(home, every=1), deaths=30)


async def test_r2_a_publication_that_fails_between_two_statements_leaves_nothing(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configuration.read(
        {"instance": {"domain": "gouda.example", "organisation": "gemeente Gouda"}, "database": {"url": database_url}},
        folder=tmp_path / "gouda",
    )
    left: int | None = None

    def falling(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **values: Any) -> Any:
            nonlocal left
            if left is not None:
                left -= 1
                if left < 0:
                    raise CrashError
            return method(*words, **values)

        return call

    def count(tx: Transaction) -> dict[str, Any]:
        names = inspect(tx.connection).get_table_names()
        return {name: tx.connection.scalar(select(func.count()).select_from(table(name))) for name in names}

    async with open_instance(config) as running:
        instance = running.instance
        author = await furnish(instance)
        before = await instance.read(count)
        for name in METHODS:
            monkeypatch.setattr(Transaction, name, falling(getattr(Transaction, name)))
        found: dict[str, Any] = {"before": before, "deaths": []}
        for statement in range(1_000):
            left = statement
            try:
                await instance.write(publish, author=author)
            except CrashError:
                left = None
                found["deaths"].append(await instance.read(count))
            else:
                left = None
                break
        found["after"] = await instance.read(count)
    demand_all_or_nothing(found, deaths=20)
