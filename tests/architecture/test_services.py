"""The services that tests lean on do what the fixtures promise."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from playwright.async_api import Browser

from tests import services
from tests.furnished import FurnishedDatabases


async def test_a_test_gets_an_empty_postgresql_database(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        await connection.execute("CREATE TABLE leftover (id bigint)")
    finally:
        await connection.close()
    assert tables == 0


async def test_nothing_is_left_of_another_tests_database(postgres_url: str) -> None:
    await test_a_test_gets_an_empty_postgresql_database(postgres_url)


@pytest.mark.parametrize("left", ["nothing", "rows", "a table", "an open connection"])
async def test_a_furnished_database_is_always_as_if_it_were_new(
    furnished_databases: FurnishedDatabases, left: str
) -> None:
    with furnished_databases.lend() as url:
        connection = await asyncpg.connect(url)
        if left == "rows":
            await connection.execute("INSERT INTO peers (host, first_seen_at) VALUES ('delft.example', 1)")
        elif left == "a table":
            await connection.execute("CREATE TABLE leftover (id bigint)")
        if left != "an open connection":
            await connection.close()
    connection.terminate()
    with furnished_databases.lend() as again:
        assert again != url or left in ("nothing", "rows")
        connection = await asyncpg.connect(again)
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") > 50
        assert await connection.fetchval("SELECT count(*) FROM peers") == 0
        await connection.close()


def test_database_tests_run_on_both_kinds(database_url: str, request: pytest.FixtureRequest) -> None:
    kind = request.node.callspec.params["database_url"]
    assert database_url.startswith({"sqlite": "sqlite:///", "postgres": "postgresql://"}[kind])


async def test_the_browser_shows_a_page(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content("<h1>Stadhuis</h1>")
    assert await page.inner_text("h1") == "Stadhuis"
    await page.close()


async def test_the_browser_lives_on_in_the_next_test(browser: Browser, axe_script: str) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.set_content("<html lang=nl><title>t</title><main><img src=x></main>")
    await page.evaluate(axe_script)
    result = await page.evaluate("axe.run()")
    assert [violation["id"] for violation in result["violations"]][:1] == ["image-alt"]
    await context.close()


async def test_other_tests_keep_a_loop_of_their_own() -> None:
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def test_a_missing_component_skips_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="PostgreSQL is not here: make system-packages"):
        services.unavailable("PostgreSQL", get_it="make system-packages")


def test_a_missing_component_fails_where_everything_must_be_present(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="make system-packages"):
        services.unavailable("PostgreSQL", get_it="make system-packages")


def test_vectors_may_be_absent_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("FEDGOV_VECTORS", "/nowhere")
    with pytest.raises(pytest.skip.Exception, match="FEDGOV_VECTORS"):
        services.vectors()
