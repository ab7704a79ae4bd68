"""Fixtures for every test: databases, a browser and the files they need.

A test that takes ``database_url`` runs twice, on SQLite and on PostgreSQL. A test
that takes ``browser`` runs in the event loop of the whole session, where chromium
was started; the asynchronous fixtures that it takes must be there too:
``@pytest_asyncio.fixture(loop_scope="session")``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests import services
from tests.compiled import compile_once
from tests.furnished import FurnishedDatabases
from tests.order import longest_first, share_out
from tests.quick_passwords import hash_quickly

STORAGES: Final = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]

# The machine may be busy with other tests: a slow example is no mistake.
hypothesis.settings.register_profile("fedgov", deadline=None)
hypothesis.settings.load_profile("fedgov")
compile_once()
hash_quickly()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark tests by the services they take."""
    fixtures = getattr(item, "fixturenames", ())
    if "browser" in fixtures:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
    if "postgres_url" in fixtures or "furnished_url" in fixtures:
        item.add_marker(pytest.mark.postgres)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share the files out among the processes."""
    return share_out(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless it is asked for by its mark or its name; begin with what takes long."""
    if hasattr(config, "workerinput"):
        longest_first(items)
    if "soak" in config.option.markexpr or any("::" in word for word in config.args):
        return
    slow = [item for item in items if item.get_closest_marker("soak") is not None]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder with published test vectors."""
    return services.vectors()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[services.PostgresServer]:
    """A PostgreSQL server for the whole session, one for each worker."""
    with services.postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: services.PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def furnished_databases(postgres_server: services.PostgresServer) -> FurnishedDatabases:
    """PostgreSQL databases with all tables that are used again."""
    return FurnishedDatabases(postgres_server)


@pytest.fixture
def furnished_url(furnished_databases: FurnishedDatabases) -> Iterator[str]:
    """The URL of a PostgreSQL database that has all tables already, with nothing in them."""
    with furnished_databases.lend() as url:
        yield url


@pytest.fixture(params=STORAGES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database for `make_tables`: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    url: str = request.getfixturevalue("furnished_url")
    return url


@pytest.fixture(params=STORAGES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's chromium; a test opens its own context in it."""
    executable = services.chromium()
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=executable, args=services.chromium_options(), chromium_sandbox=False
        )
        yield chromium
        await chromium.close()


@pytest.fixture(scope="session")
def axe_script() -> str:
    """The source of axe, which finds violations of WCAG in a page."""
    return services.built(services.ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
