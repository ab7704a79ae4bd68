"""Whether an instance can do its work, and in one word why not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from fedgov.federation import readiness
from fedgov.federation.readiness import Readiness
from fedgov.kernel.errors import UnreachableError
from fedgov.store import schema
from tests.unit.federation.office import Office


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> None:
    """The folder of the instance, which its database is not in."""
    (tmp_path / "gouda").mkdir()


class Time:
    now = 0.0

    def __call__(self) -> float:
        self.now += readiness.FRESH_SECONDS * 2  # so that each question is a new look
        return self.now


async def fail(*_args: Any, **_values: Any) -> None:
    raise UnreachableError("the disk is gone")


def ask(office: Office, **more: Any) -> Readiness:
    return Readiness(office.instance, monotonic=Time(), **more)


async def test_an_instance_with_nothing_wrong_is_ready(office_on_both: Office) -> None:
    assert await ask(office_on_both).reason() is None


async def test_one_that_is_about_to_stop_says_so_at_once(office: Office) -> None:
    ready = Readiness(office.instance)
    assert await ready.reason() is None
    office.instance.vitals.stopping = True
    assert await ready.reason() == "stopping"


@pytest.mark.parametrize("what", ["read", "write"])
async def test_a_database_that_does_not_answer_is_noticed(
    office: Office, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    ready = ask(office)
    with monkeypatch.context() as patch:
        patch.setattr(office.instance.database, what, fail)
        assert await ready.reason() == "database"
    assert await ready.reason() is None


async def test_a_database_that_hangs_keeps_nobody_waiting(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    async def hang(*_args: Any, **_values: Any) -> None:
        nonlocal looked
        looked += 1
        await asyncio.Event().wait()

    monkeypatch.setattr(office.instance.database, "read", hang)
    monkeypatch.setattr(readiness, "DATABASE_SECONDS", 0.01)
    ready = ask(office)
    assert [await ready.reason() for _ in range(3)] == ["database"] * 3
    assert looked == 1, "each question would leave one more reader hanging"


async def test_a_mistake_of_ours_is_answered_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stumble(*_args: Any, **_values: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(office.instance.database, "read", stumble)
    assert await ask(office).reason() == "database"


async def test_a_database_that_another_version_upgraded_is_noticed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "current_revision", lambda _tx: "0002")
    assert await ask(office, revision="0001").reason() == "schema"
    assert await ask(office, revision="0002").reason() is None


async def test_a_worker_that_is_stuck_is_noticed(office: Office) -> None:
    office.instance.vitals.expect("delivery", patience=-1.0)
    office.instance.vitals.begin("delivery")
    assert await ask(office).reason() == "workers"
    office.instance.vitals.rest("delivery")
    assert await ask(office).reason() is None


@pytest.mark.parametrize("free", [10_000_000, None])
async def test_a_disk_that_is_full_or_away_is_noticed(
    office: Office, monkeypatch: pytest.MonkeyPatch, free: int | None
) -> None:
    def look(_folder: object) -> int:
        if free is None:
            raise FileNotFoundError
        return free

    monkeypatch.setattr(readiness, "free_bytes", look)
    assert await ask(office).reason() == "disk"


async def test_a_full_disk_is_named_before_the_database_that_suffers_from_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.instance.database, "write", fail)
    monkeypatch.setattr(readiness, "free_bytes", lambda _folder: 0)
    assert await ask(office).reason() == "disk"


async def test_whoever_asks_often_costs_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    read = office.instance.database.read

    async def count(*args: Any, **values: Any) -> Any:
        nonlocal looked
        looked += 1
        return await read(*args, **values)

    monkeypatch.setattr(office.instance.database, "read", count)
    ready = Readiness(office.instance, monotonic=lambda: 5.0)
    for _ in range(20):
        assert await ready.reason() is None
    assert looked == 1
