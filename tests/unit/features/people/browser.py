"""A browser at the desk of one town hall, and a person at its command line."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import click
import pytest
from click.testing import CliRunner, Result
from quart import Quart, Response
from quart.typing import TestClientProtocol

from fedgov.features.people.pages.blueprint import blueprint
from fedgov.features.people.service import passwords
from fedgov.features.people.service.sessions import AccountSessions
from fedgov.instance import Instance
from fedgov.web.desk import DESK_KEY, INSTANCE_KEY, Desk
from fedgov.web.hooks import open_desk
from tests.unit.features.residents import living_town, settle

T = TypeVar("T")
PASSWORD = "een-heel-lang-wachtwoord"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@asynccontextmanager
async def open_counter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Instance]:
    """Gemeente Groningen on SQLite, where anybody may register: what the pages ask is tested on both elsewhere."""
    no_waiting(monkeypatch)
    url = f"sqlite:///{folder / 'fedgov.sqlite3'}"
    async with living_town(url, folder=folder, accounts={"registration": "open"}) as (opened, _):
        await opened.write(settle, name="Fatima de Vries", administrator=True)
        await opened.write(settle, "jan", name="Jan Pietersen")
        yield opened


class Browser:
    """One browser with its cookies.

    Args:
        instance: Where it goes.
    """

    def __init__(self, instance: Instance) -> None:
        self.app = Quart(__name__, static_folder=None)
        open_desk(self.app)
        self.app.register_blueprint(blueprint())
        self.client: TestClientProtocol = self.app.test_client()
        self._scope = {
            INSTANCE_KEY: instance,
            DESK_KEY: Desk(
                name="groningen",
                organisation=instance.config.instance.organisation,
                site=instance.site,
                sessions=AccountSessions(instance),
                clock=instance.clock,
                default_language="en",
                registration_open=instance.config.accounts.registration != "closed",
                registration_approved=instance.config.accounts.registration == "approval",
            ),
        }

    async def get(self, path: str) -> Response:
        return await self._open(path, method="GET")

    async def read(self, path: str) -> str:
        """Return the text of a page that must be there."""
        page = await self.get(path)
        assert page.status_code == 200, (path, page.status_code, page.headers.get("Location"))
        return str(await page.get_data(as_text=True))

    async def post(
        self, path: str, values: Mapping[str, Any], *, via: str = "/login", files: Mapping[str, Any] | None = None
    ) -> Response:
        """Send a form with the token of the page that it stands on."""
        found = _TOKEN.search(await (await self.get(via)).get_data(as_text=True))
        token = {"csrf": found[1]} if found else {}
        form = {**token, **values}
        if files is not None:
            return await self._open(path, method="POST", form=form, files=files)
        return await self._open(
            path, method="POST", data=urlencode(form, doseq=True), content_type="application/x-www-form-urlencoded"
        )

    async def log_in(self, username: str = "fatima") -> None:
        answer = await self.post("/login", {"username": username, "password": PASSWORD})
        assert answer.status_code == 303, await answer.get_data(as_text=True)

    async def _open(self, path: str, *, method: str, content_type: str = "", **body: Any) -> Response:
        headers = {"Accept": "text/html", "User-Agent": "Firefox/140.0 (Linux)"}
        return await self.client.open(
            path,
            method=method,
            headers=headers | ({"Content-Type": content_type} if content_type else {}),
            scheme="https",
            scope_base={**self._scope, "client": ("192.0.2.1", 1)},
            follow_redirects=False,
            **body,
        )


def no_waiting(monkeypatch: Any) -> None:
    """Let one password fit everybody at once: hashing is slow on purpose and tested elsewhere."""
    monkeypatch.setattr(passwords, "_verify", lambda stored, password: password == PASSWORD)
    monkeypatch.setattr(passwords, "is_outdated", lambda stored: False)


class CommandLine:
    """Runs commands on an instance that is open already, in another thread as the real one would be."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._loop = asyncio.get_running_loop()

    def run(self, work: Callable[[Instance], Awaitable[T]]) -> T:
        async def run() -> T:
            return await work(self._instance)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(timeout=30)

    async def type(self, command: click.Command, *words: str, answers: str = "") -> Result:
        """Type a command and what it asks for; return what happened."""
        with ThreadPoolExecutor(1) as thread:
            return await self._loop.run_in_executor(
                thread,
                lambda: CliRunner().invoke(command, words, obj=self, input=answers, env={"COLUMNS": "200"}),
            )
