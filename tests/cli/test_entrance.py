"""Opening an instance for one command, and closing it again without a trace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fedgov.app import open_instance
from fedgov.kernel import config as configuration
from fedgov.store.signals import EVERYTHING
from tests.cli.commandline import make_instance


async def test_after_closing_nothing_goes_on(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    await asyncio.to_thread(make_instance, home, "gouda")
    async with open_instance(configuration.load(home / "gouda")) as running:
        signals = running.instance.database.signals
        signals.send([EVERYTHING])
    signals.send([EVERYTHING])  # the last commit is told of when everything is closing
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert caplog.records == []
