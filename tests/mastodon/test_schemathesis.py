"""schemathesis makes up calls from the published description, valid ones and others, and a town hall stands it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from fedgov.mastodon.streams.names import ROOT
from fedgov.mastodon.table import TABLE
from tests import services
from tests.mastodon import published
from tests.mastodon.scene import played

PATIENCE: Final = 300.0
LONG_PATIENCE: Final = 1_800.0
ALSO: Final = {
    "400": "what cannot be read at all",
    "403": "what this person may not do",
    "413": "a body that is too large",
}
"""Statuses that Mastodon gives and its description leaves out."""


def program() -> Path:
    """Return where schemathesis is: beside the Python that runs the tests."""
    found = Path(sys.executable).with_name("st")
    return found if found.is_file() else services.unavailable("schemathesis", get_it="make lint")


def description() -> dict[str, Any]:
    """Return the published description, of what is answered here and does not stay open."""
    whole = published.description()
    if whole is None:
        pytest.skip("the published description is not here: set FEDGOV_VECTORS to its folder")
    ours = {(each.method, published.plain(each.path)) for each in TABLE.endpoints if not each.path.startswith(ROOT)}
    paths: dict[str, Any] = {}
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            if (method.upper(), published.plain(path)) in ours:
                answers = {status: {"description": why} for status, why in ALSO.items()} | operation["responses"]
                paths.setdefault(path, {})[method] = {**operation, "responses": answers}
    return {**whole, "paths": paths}


async def made_up(folder: Path, *options: str, patience: float) -> None:
    """Let it call a town hall, which must answer everything as the description says."""
    file = folder / "description.json"
    file.write_bytes(orjson.dumps(description()))
    async with played(folder) as scene:
        process = await asyncio.create_subprocess_exec(
            program(),
            "run",
            file,
            f"--url={scene.town.base}",
            f"--header=Authorization: Bearer {scene.jelle.token}",
            "--checks=not_a_server_error,status_code_conformance",
            "--continue-on-failure",
            "--no-shrink",
            "--no-color",
            "--warnings=off",
            *options,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        async with asyncio.timeout(patience):
            printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode(errors="replace")[-8_000:]


async def test_made_up_calls_are_answered_as_published(tmp_path: Path) -> None:
    fuzzing = ("--phases=fuzzing", "--max-examples=1", "--seed=1", "--generation-deterministic")
    await made_up(tmp_path, *fuzzing, patience=PATIENCE)


@pytest.mark.soak
async def test_thousands_of_made_up_calls_are_answered_as_published(tmp_path: Path) -> None:
    await made_up(tmp_path, "--phases=coverage,fuzzing", "--max-examples=25", patience=LONG_PATIENCE)
