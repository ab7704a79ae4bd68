"""One small fediverse and a few open browsers for all tests in this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, StorageState

from tests.web.guest import Guest, welcome
from tests.web.scene import Scene, open_scene

Invite = Callable[..., Awaitable[Guest]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scene(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """Two town halls whose people talked."""
    async with open_scene(tmp_path_factory.mktemp("scene")) as found:
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def guests(browser: Browser, scene: Scene) -> AsyncIterator[dict[str, Guest]]:
    """Browsers that stay open: a visitor's, anna's and bram's in Groningen, a visitor's in Leeuwarden."""
    found = {
        "visitor": await welcome(browser, scene.groningen),
        "anna": await welcome(browser, scene.groningen, username="anna"),
        "bram": await welcome(browser, scene.groningen, username="bram"),
        "elsewhere": await welcome(browser, scene.leeuwarden),
    }
    yield found
    for each in found.values():
        await each.context.close()


@pytest.fixture(scope="session")
def log_ins() -> dict[str, StorageState]:
    """Cookies of who logged in before: a password takes a while to check."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def invite(browser: Browser, scene: Scene, log_ins: dict[str, StorageState]) -> AsyncIterator[Invite]:
    """Open a fresh browser; at the end nothing may have gone wrong in it.

    Who is named is logged in; with ``anew`` in a session that nobody else uses, and that a test may end.
    """
    opened: list[Guest] = []

    async def open_one(username: str = "", *, anew: bool = False, **options: Any) -> Guest:
        town = options.pop("town", scene.groningen)
        known = None if anew else log_ins.get(username)
        guest = await welcome(
            browser, town, username="" if known else username, **options, **({"storage_state": known} if known else {})
        )
        opened.append(guest)
        if known:
            await guest.go("/home")
        elif username and not anew:
            log_ins[username] = await guest.context.storage_state()
        return guest

    yield open_one
    for each in opened:
        await each.context.close()
    for each in opened:
        each.check()
