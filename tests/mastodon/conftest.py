"""A town hall as apps see it: on a real socket, with tokens, and every answer held against the published schema."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
import pytest
import pytest_asyncio

from fedgov.features.people.queries import account_of
from fedgov.features.people.service.tokens import create_token
from fedgov.federation import keys
from tests.fediverse import Colleague, Fediverse, Town, pooled_rsa
from tests.mastodon import published

ALL_SCOPES: Final = "read write follow push profile"


def demand_entity(value: object, name: str) -> None:
    """Check a value against an entity of the published schema; nothing where the schema is absent.

    Args:
        value: The JSON value, or a list of them.
        name: Such as ``Status``.
    """
    for each in value if isinstance(value, list) else [value]:
        problems = published.problems_of(each, published.entity(name))
        assert not problems, f"{name}: {problems}"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back.

    Args:
        status: HTTP status.
        headers: Names in lower case.
        json: The body, read.
    """

    status: int
    headers: Mapping[str, str]
    json: Any


@dataclass(slots=True)
class App:
    """A client of one town hall, with a token or without."""

    town: Town
    session: aiohttp.ClientSession = field(repr=False)
    token: str = ""
    person: Colleague | None = None

    async def ask(self, method: str, path: str, **options: Any) -> Answered:
        """Send a request; the options are those of aiohttp (params, data, json, headers)."""
        headers = {"Host": self.town.domain, **options.pop("headers", {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = f"{self.town.base}{path}"
        async with self.session.request(method, url, headers=headers, allow_redirects=False, **options) as answer:
            raw = await answer.read()
            is_json = "json" in answer.headers.get("Content-Type", "")
            found = {name.lower(): value for name, value in answer.headers.items()}
            return Answered(answer.status, found, orjson.loads(raw) if is_json and raw else raw)

    async def get(self, path: str, **params: Any) -> Answered:
        """Read."""
        return await self.ask("GET", path, params=params)

    async def post(self, path: str, **values: Any) -> Answered:
        """Send values as JSON."""
        return await self.ask("POST", path, json=values)


@dataclass(slots=True)
class Counter:
    """A town hall and the apps that use it."""

    town: Town
    session: aiohttp.ClientSession = field(repr=False)
    fediverse: Fediverse

    @property
    def visitor(self) -> App:
        """An app without a token."""
        return App(self.town, self.session)

    async def app_of(self, username: str, *, scopes: str = ALL_SCOPES, **values: Any) -> App:
        """Make an account and return an app with a token of it."""
        person = await self.town.as_(username, **values)
        return App(self.town, self.session, token=await self.token_of(person, scopes=scopes), person=person)

    async def token_of(self, person: Colleague, *, scopes: str = ALL_SCOPES) -> str:
        """Return a new token of somebody."""
        account = await self.town.ask(account_of, actor=person.uri)
        assert account is not None
        return await self.town.instance.write(create_token, account_id=account.id, scopes=scopes)


@pytest.fixture
def settings() -> Mapping[str, Mapping[str, Any]]:
    """Sections of the configuration that differ from a demo's; a test module may have its own."""
    return {}


@pytest_asyncio.fixture
async def counter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, Mapping[str, Any]]
) -> AsyncIterator[Counter]:
    """A running town hall."""
    monkeypatch.setattr(keys, "generate_rsa", pooled_rsa)
    fediverse = Fediverse(tmp_path)
    async with aiohttp.ClientSession() as session:
        yield Counter(await fediverse.add("gouda", settings=settings), session, fediverse)
    await fediverse.close()
