"""A visitor at the web desk and a person at the command line, for the tests of a room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import click
from click.testing import CliRunner, Result
from quart import Blueprint, Quart, Response
from werkzeug.datastructures import Headers

from fedgov.instance import Instance
from fedgov.web import csrf
from fedgov.web.desk import DESK_KEY, INSTANCE_KEY, Desk
from fedgov.web.hooks import open_desk
from fedgov.web.session import Visitor, cookie_name

T = TypeVar("T")
_SECRET = "secret of the session"


@dataclass
class OneVisitor:
    """Whoever comes with the cookie is this person."""

    visitor: Visitor | None

    async def find(self, token_hash: str) -> Visitor | None:
        return self.visitor

    async def create(self, token_hash: str, **_values: object) -> None:
        raise AssertionError("nobody logs in here")

    async def end(self, token_hash: str, *, address: str = "") -> None:
        raise AssertionError("nobody logs out here")


def person(username: str = "fatima", *, administrator: bool = False) -> Visitor:
    """Somebody who is logged in."""
    return Visitor(
        account_id=1,
        actor_uri=f"https://groningen.example/users/{username}",
        username=username,
        name=username.title(),
        csrf_secret=_SECRET,
        language="en",
        administrator=administrator,
    )


class Counter:
    """One browser.

    Args:
        instance: Where it goes.
        pages: The pages that are served there.
        visitor: Who is logged in; None for nobody.
    """

    def __init__(self, instance: Instance, *pages: Blueprint, visitor: Visitor | None = None) -> None:
        app = Quart(__name__, static_folder=None)
        open_desk(app)
        for blueprint in pages:
            app.register_blueprint(blueprint)
        self._client = app.test_client()
        self.desk = desk = Desk(
            name="groningen", organisation="gemeente Groningen", site=instance.site, sessions=OneVisitor(visitor)
        )
        self._instance = instance
        self._cookie = cookie_name(desk) if visitor is not None else ""
        if visitor is not None:
            self._client.set_cookie("localhost", cookie_name(desk), "token")

    @property
    def _scope(self) -> dict[str, object]:
        return {INSTANCE_KEY: self._instance, DESK_KEY: self.desk}

    async def get(self, path: str, **headers: str) -> Response:
        return await self._send("GET", path, headers=headers)

    async def head(self, path: str, **headers: str) -> Response:
        """Ask for the headers only, and return them as they were sent: Quart's client counts the body again."""
        names = {"Host": "localhost", "Accept": "text/html"} | headers
        if self._cookie:
            names["Cookie"] = f"{self._cookie}=token"
        connection: Any = self._client.request(path, method="HEAD", headers=Headers(names), scope_base=self._scope)
        async with connection:
            await connection.send_complete()
        sent = Headers(connection.headers)
        answer: Response = await connection.as_response()
        answer.headers = sent
        return answer

    async def post(self, path: str, values: Mapping[str, Any], *, files: Mapping[str, Any] | None = None) -> Response:
        """Send a form; a list of values is a field that is there more than once."""
        form = {csrf.FIELD: csrf.make_token(_SECRET), **values}
        if files is not None:
            return await self._send("POST", path, form=form, files=files)
        body, kind = urlencode(form, doseq=True), "application/x-www-form-urlencoded"
        return await self._send("POST", path, data=body, headers={"Content-Type": kind})

    async def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Response:
        names = {"Accept": "text/html"} | {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        return await self._client.open(
            path, method=method, headers=names, scope_base=self._scope, follow_redirects=False, **body
        )


class CommandLine:
    """Runs commands on an instance that is open already, in another thread as the real one would be."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._loop = asyncio.get_running_loop()

    def run(self, work: Callable[[Instance], Awaitable[T]]) -> T:
        async def run() -> T:
            return await work(self._instance)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(timeout=60)

    async def type(self, command: click.Command, *words: str) -> Result:
        """Type a command; return what happened."""
        with ThreadPoolExecutor(1) as thread:
            return await self._loop.run_in_executor(
                thread, lambda: CliRunner().invoke(command, words, obj=self, env={"COLUMNS": "200"})
            )
