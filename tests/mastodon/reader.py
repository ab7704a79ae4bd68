"""A person at the pages of a town hall, without a browser: log-in, forms and where they lead."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import aiohttp

from tests.fediverse import PASSWORD, Town

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Page:
    """What a page said.

    Args:
        status: HTTP status.
        location: Where it leads; empty when it does not.
        text: Its HTML.
        headers: Names in lower case.
    """

    status: int
    location: str
    text: str
    headers: dict[str, str]

    @property
    def told(self) -> dict[str, str]:
        """What the address that it leads to says."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.location).query).items()}

    def hidden(self, action: str) -> dict[str, str]:
        """Return the hidden fields of the form with this action."""
        form = self.text.split(f'action="{action}"', 1)[1].split("</form>", 1)[0]
        return {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}


@dataclass(slots=True)
class Reader:
    """Somebody with cookies."""

    town: Town
    session: aiohttp.ClientSession = field(repr=False)

    @classmethod
    def at(cls, town: Town) -> Self:
        """Return somebody who comes in; `close` when they go."""
        return cls(town, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))

    async def close(self) -> None:
        """Leave."""
        await self.session.close()

    async def open(self, path: str, **params: str) -> Page:
        """Open a page."""
        return await self._ask("GET", path, params=params)

    async def send(self, path: str, values: dict[str, str]) -> Page:
        """Send a form."""
        return await self._ask("POST", path, data=values)

    async def log_in(self, username: str, *, to: str = "/home") -> Page:
        """Log in."""
        page = await self.open("/login", next=to)
        return await self.send(
            "/login", {**page.hidden("/login"), "username": username, "password": PASSWORD, "next": to}
        )

    async def decide(self, page: Page, decision: str, **changes: str) -> Page:
        """Answer the question of an app."""
        values = {**page.hidden("/oauth/authorize"), "decision": decision, **changes}
        return await self.send("/oauth/authorize", values)

    async def _ask(self, method: str, path: str, **options: Any) -> Page:
        headers = {"Host": self.town.domain, "Accept": "text/html", "Accept-Language": "en"}
        url = f"{self.town.base}{path}"
        async with self.session.request(method, url, headers=headers, allow_redirects=False, **options) as answer:
            found = {name.lower(): value for name, value in answer.headers.items()}
            return Page(answer.status, found.get("location", ""), await answer.text(), found)
