"""R2: what somebody does and its deliveries are one transaction: after a crash all of it exists, or nothing."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from fedgov.app import open_instance
from fedgov.kernel import config as configuration
from fedgov.store.transaction import Transaction
from tests.cli.commandline import make_instance
from tests.faults.writings import WRITINGS, demand_all, equip, furnish, snapshot
from tests.services import ROOT

METHODS = ("execute", "row", "rows", "value", "values")


class CrashError(Exception):
    """What happens between two statements."""


def die_again_and_again(home: Path, *, first: int, every: int, names: Sequence[str]) -> int:
    """Kill processes, look what they left; return how many were killed."""
    make_instance(home, "gouda", domain="gouda.example")
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.publishing", str(home), str(first), str(every), *names],
        cwd=ROOT,
        capture_output=True,
        timeout=3_600,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    for name in names:
        told = found[name]
        assert all(each == told["before"] for each in told["deaths"]), name
        demand_all(name, before=told["before"], after=told["after"])
    return sum(len(told["deaths"]) for told in found.values())


def test_r2_a_process_that_is_killed_while_it_publishes_leaves_nothing(home: Path, chance: random.Random) -> None:
    assert die_again_and_again(home, first=chance.randint(1, 12), every=12, names=["publish"]) >= 3


@pytest.mark.soak
def test_r2_a_process_that_is_killed_before_any_statement_leaves_nothing(home: Path) -> None:
    assert die_again_and_again(home, first=1, every=1, names=list(WRITINGS)) >= 15 * len(WRITINGS)


async def test_r2_what_fails_between_any_two_statements_leaves_nothing(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chance: random.Random
) -> None:
    step = 1 if empty_database_url.startswith("sqlite:") else 4  # the statements are the same
    config = configuration.read(
        {
            "instance": {"domain": "gouda.example", "organisation": "gemeente Gouda"},
            "database": {"url": empty_database_url},
        },
        folder=tmp_path / "gouda",
    )
    config.folder.mkdir()
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

    async with open_instance(config) as running:
        instance = running.instance
        author = await furnish(instance)
        await instance.write(equip, colleague=instance.site.actor("bram"))
        for name in METHODS:
            monkeypatch.setattr(Transaction, name, falling(getattr(Transaction, name)))

        async def look() -> dict[str, list[Any]]:
            return await instance.read(lambda tx: snapshot(tx.connection))

        for name, writing in WRITINGS.items():
            before = await look()
            for statement in range(chance.randrange(step), 1_000, step):
                left = statement
                try:
                    await instance.write(writing.do, author=author)
                except CrashError:
                    left = None
                    after = await look()
                    assert after == before, f"{name}, before call {statement}"
                else:
                    break
            left = None
            assert statement >= 8, name
            demand_all(name, before=before, after=await look())
