"""Posting from the command line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest_asyncio

from fedgov.features.posts.commands import post
from fedgov.features.posts.queries import posts as post_queries
from fedgov.instance import Instance
from fedgov.kernel.errors import InvalidError, NotFoundError
from tests.unit.features.residents import World, living_town, settle
from tests.unit.features.trust.counter import CommandLine


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen on SQLite, where Fatima works."""
    async with living_town(f"sqlite:///{tmp_path / 'fedgov.sqlite3'}", folder=tmp_path) as (instance, _):
        await instance.write(settle)
        yield instance


async def test_a_message_is_posted_and_its_address_printed(town: Instance) -> None:
    line = CommandLine(town)

    first = (await line.type(post, "fatima", "Hoi **allemaal**", "--visibility", "organisation")).output.strip()
    second = (
        await line.type(post, "@Fatima", "Ja", "--reply-to", first, "--visibility", "organisation")
    ).output.strip()

    row = await town.read(post_queries.find_by_uri, uri=first)
    assert row is not None
    assert (row.content_html, row.visibility, row.replies) == (
        "<p>Hoi <strong>allemaal</strong></p>",
        "organisation",
        1,
    )
    assert second != first


async def test_somebody_who_cannot_be_found_is_named(town: Instance) -> None:
    result = await CommandLine(town).type(post, "fatima", "Hoi @x@elders.example")

    assert "@x@elders.example is not told" in result.output
    assert cast("World", town.fetch).asked == ["@x@elders.example"]


async def test_mistakes_are_refused(town: Instance) -> None:
    line = CommandLine(town)

    assert isinstance((await line.type(post, "niemand", "Hoi")).exception, NotFoundError)
    assert isinstance((await line.type(post, "fatima", " ")).exception, InvalidError)
    unknown = await line.type(post, "fatima", "Hoi", "--reply-to", "https://elders.example/1")
    assert isinstance(unknown.exception, NotFoundError)
    assert (await line.type(post, "fatima", "Hoi", "--visibility", "secret")).exit_code == 2
