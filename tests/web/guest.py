"""Somebody at a browser, who notices everything that goes wrong in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response

from tests.fediverse import PASSWORD, Town


@dataclass
class Guest:
    """A browser with cookies of its own, one page of it, and a town hall to visit.

    Args:
        troubles: Requests to others, violations of the policy, errors of scripts.
        excused: Parts of messages that a test expects, such as a status.
    """

    context: BrowserContext
    page: Page
    town: Town
    troubles: list[str] = field(default_factory=list)
    excused: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """Origin of the town hall."""
        return f"http://{self.town.domain}"

    async def go(self, path: str, **more: Any) -> Response:
        """Open a page."""
        found = await self.page.goto(self.base + path, **more)
        assert found is not None
        return found

    async def log_in(self, username: str) -> None:
        """Log in with the form."""
        await self.go("/login")
        await self.page.fill("#f-username", username)
        await self.page.fill("#f-password", PASSWORD)
        await self.page.click("main button[type=submit]")
        await self.page.wait_for_url("**/home")

    async def text(self, selector: str = "main") -> str:
        """What is read there."""
        return await self.page.locator(selector).first.inner_text()

    def post(self, text: str) -> Locator:
        """The card of a message."""
        return self.page.locator("article.post", has_text=text).first

    async def tab_to(self, selector: str, *, limit: int = 120) -> None:
        """Press Tab until something has the focus."""
        for _ in range(limit):
            await self.page.keyboard.press("Tab")
            if await self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"the keyboard does not reach {selector} on {self.page.url}")

    def check(self) -> None:
        """Fail when anything went wrong so far, and forget it."""
        found, self.troubles = self.troubles, []
        unexpected = [each for each in found if not any(part in each for part in self.excused)]
        assert not unexpected, "\n".join(unexpected)

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self.town.domain and not request.url.startswith("data:"):
            self.troubles.append(f"request to another server: {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        # A page that is an error is one on purpose: its own status is no trouble.
        own = message.text.startswith("Failed to load resource") and message.location["url"] == self.page.url
        if message.type in {"error", "warning"} and not own:
            self.troubles.append(f"{message.type}: {message.text} at {message.location['url']}")

    def watch(self) -> None:
        """Begin to notice."""
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))


async def welcome(browser: Browser, town: Town, *, username: str = "", **options: Any) -> Guest:
    """Open a browser for somebody, logged in when a name is given."""
    context = await browser.new_context(**({"locale": "nl-NL", "viewport": {"width": 1280, "height": 900}} | options))
    context.set_default_timeout(60_000)
    guest = Guest(context=context, page=await context.new_page(), town=town)
    guest.watch()
    if username:
        await guest.log_in(username)
    return guest
