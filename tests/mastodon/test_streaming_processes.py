"""Streams of one process hear what another one does, and end when theirs does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import Visibility
from fedgov.app import open_instance
from fedgov.features.people.queries import account_of
from fedgov.features.people.service import accounts
from fedgov.features.posts.service import publishing
from fedgov.federation import keys
from fedgov.instance import Instance
from fedgov.mastodon.streams.stream import GOING_AWAY, NO_LONGER_ALLOWED
from tests.fediverse import Fediverse, pooled_rsa
from tests.mastodon.conftest import App, Counter
from tests.mastodon.listener import event_stream, web_socket


@pytest_asyncio.fixture
async def hall(tmp_path: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    """A running town hall, on SQLite and on PostgreSQL."""
    monkeypatch.setattr(keys, "generate_rsa", pooled_rsa)
    fediverse = Fediverse(tmp_path, database_url=lambda _name: empty_database_url)
    async with aiohttp.ClientSession() as session:
        yield Counter(await fediverse.add("gouda"), session, fediverse)
    await fediverse.close()


@asynccontextmanager
async def _other_process(hall: Counter) -> AsyncIterator[Instance]:
    """The same instance a second time, which shares nothing with the first but its database."""
    async with open_instance(hall.town.config) as running:
        yield running.instance


async def _disable(instance: Instance, app: App) -> None:
    assert app.person
    account = await instance.read(account_of, actor=app.person.uri)
    assert account
    await instance.write(accounts.disable, account_id=account.id)


async def test_what_another_process_ends_is_closed_here(hall: Counter) -> None:
    app, stays = await hall.app_of("anna"), await hall.app_of("bas")
    assert stays.person
    async with (
        event_stream(app, "user") as stream,
        web_socket(app, stream="public") as socket,
        event_stream(stays, "user") as untouched,
    ):
        async with _other_process(hall) as other:
            await _disable(other, app)
        await stream.closed()
        assert await socket.closed() == NO_LONGER_ALLOWED
        await stays.person.post("Nog hier")
        assert (await untouched.next()).event == "update"
        await hall.town.close()
        await untouched.closed()


async def test_every_stream_says_that_the_server_goes_away(counter: Counter) -> None:
    app = await counter.app_of("anna")
    async with event_stream(app, "user") as stream, web_socket(app) as socket:
        await counter.town.close()
        await stream.closed()
        assert await socket.closed() == GOING_AWAY


@pytest.mark.postgres
async def test_what_another_process_publishes_is_shown_here_once(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "generate_rsa", pooled_rsa)
    fediverse = Fediverse(tmp_path, database_url=lambda _name: postgres_url)
    async with aiohttp.ClientSession() as session:
        hall = Counter(await fediverse.add("gouda"), session, fediverse)
        app = await hall.app_of("anna")
        assert app.person
        async with event_stream(app, "user") as stream, _other_process(hall) as other:
            for number, instance in enumerate((other, hall.town.instance, other, hall.town.instance)):
                await instance.write(
                    publishing.publish_post,
                    author=app.person.uri,
                    text=f"Bericht {number}",
                    visibility=Visibility.PUBLIC,
                )
            told = [(await stream.next()).payload["content"] for _ in range(4)]
            assert sorted(told) == [f"<p>Bericht {number}</p>" for number in range(4)]
            await hall.town.close()
            await stream.closed()
    await fediverse.close()
