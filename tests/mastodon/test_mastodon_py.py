"""Mastodon.py, a library that many programs are made with, lets itself in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import pytest_asyncio
import requests
from mastodon import Mastodon, MastodonIllegalArgumentError, MastodonUnauthorizedError

from tests.fediverse import Town
from tests.mastodon.conftest import Counter
from tests.mastodon.reader import Reader

BY_HAND = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = ["read", "write", "follow", "push"]


@pytest_asyncio.fixture
async def reader(counter: Counter) -> AsyncIterator[Reader]:
    """Fatima, who is logged in."""
    await counter.town.as_("fatima")
    found = Reader.at(counter.town)
    await found.log_in("fatima")
    yield found
    await found.close()


class Loopback(requests.Session):
    """Finds a town hall by the address that it listens at; Python does not know ``*.localhost``."""

    def __init__(self, town: Town) -> None:
        super().__init__()
        self._town = town
        self.headers["Host"] = town.domain

    def request(self, method: str, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        assert isinstance(url, str)
        url = url.replace(f"https://{self._town.domain}", self._town.base)
        return super().request(method, url.replace(f"http://{self._town.domain}", self._town.base), *args, **options)


def program_of(town: Town) -> Mastodon:
    """Return a program that registered itself."""
    session = Loopback(town)
    client_id, client_secret = Mastodon.create_app(
        "nachtelijke export",
        scopes=SCOPES,
        redirect_uris=BY_HAND,
        website="https://app.example/",
        api_base_url=town.base,
        session=session,
    )
    return Mastodon(client_id=client_id, client_secret=client_secret, api_base_url=town.base, session=session)


async def let_in(program: Mastodon, reader: Reader) -> str:
    """Let a program in; return the code that the person copies."""
    url = await asyncio.to_thread(
        lambda: program.auth_request_url(scopes=SCOPES, redirect_uris=BY_HAND, allow_http=True)
    )
    parts = urlsplit(url)
    page = await reader.open(parts.path, **dict(parse_qsl(parts.query)))
    done = await reader.decide(page, "allow")
    return done.text.split('id="f-code"')[1].split(">")[1].split("<")[0]


def fetch(program: Mastodon, code: str) -> str:
    """Exchange a code for a token."""
    return str(program.log_in(code=code, scopes=SCOPES, redirect_uri=BY_HAND, allow_http=True))


async def test_mastodon_py_logs_in_with_a_code(counter: Counter, reader: Reader) -> None:
    program = await asyncio.to_thread(program_of, counter.town)
    code = await let_in(program, reader)
    assert await asyncio.to_thread(fetch, program, code)
    me = await asyncio.to_thread(program.account_verify_credentials)
    assert me.username == "fatima"
    app = await asyncio.to_thread(program.app_verify_credentials)
    assert app.name == "nachtelijke export"
    with pytest.raises(MastodonIllegalArgumentError):
        await asyncio.to_thread(fetch, program, code)
    with pytest.raises(MastodonUnauthorizedError):
        await asyncio.to_thread(program.account_verify_credentials)


async def test_mastodon_py_gives_its_token_back(counter: Counter, reader: Reader) -> None:
    program = await asyncio.to_thread(program_of, counter.town)
    token = await asyncio.to_thread(fetch, program, await let_in(program, reader))
    await asyncio.to_thread(lambda: program.revoke_access_token(allow_http=True))
    stale = Mastodon(access_token=token, api_base_url=counter.town.base, session=Loopback(counter.town))
    with pytest.raises(MastodonUnauthorizedError):
        await asyncio.to_thread(stale.account_verify_credentials)
