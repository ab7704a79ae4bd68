"""An app sends somebody to the page on which they let it in, and hears what they said."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest_asyncio

from fedgov.features.people.service.apps import App, register_app
from fedgov.features.people.service.grants import redeem_code
from fedgov.features.people.service.tokens import find_bearer
from tests.fediverse import PASSWORD
from tests.web.conftest import Invite
from tests.web.guest import Guest
from tests.web.scene import Scene

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 41\r\nConnection: close\r\n\r\n"
_PAGE = b"<!doctype html><link rel=icon href=data:,>"


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(_ANSWER.replace(b"41", str(len(_PAGE)).encode()) + _PAGE)
    await writer.drain()
    writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def website() -> AsyncIterator[str]:
    """The address that an app on the web sends people back to."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    async with server:
        yield f"http://app.localhost:{server.sockets[0].getsockname()[1]}/back"


async def _register(scene: Scene, back: str) -> tuple[App, str]:
    return await scene.groningen.instance.write(
        register_app, name="Phanpy", redirect_uris=[back], scopes="read write follow push"
    )


def _request(app: App, back: str, verifier: str) -> str:
    digest = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    values = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": back,
        "scope": "read write:statuses",
        "state": "a b&c",
        "code_challenge": digest,
        "code_challenge_method": "S256",
    }
    return f"/oauth/authorize?{urlencode(values)}"


async def _told(guest: Guest, back: str) -> dict[str, str]:
    await guest.page.wait_for_url(f"{back}?**")
    return {name: values[0] for name, values in parse_qs(urlsplit(guest.page.url).query).items()}


async def test_a_person_logs_in_lets_an_app_in_and_withdraws_it(invite: Invite, scene: Scene, website: str) -> None:
    app, secret = await _register(scene, website)
    guest, verifier = await invite(), secrets.token_urlsafe(48)
    guest.excused = (website,)

    await guest.go(_request(app, website, verifier))
    await guest.page.fill("#f-username", "bram")
    await guest.page.fill("#f-password", PASSWORD)
    await guest.page.click("main button[type=submit]")
    await guest.page.get_by_role("heading", name="Mag Phanpy je account gebruiken?").wait_for()
    asked = await guest.text()
    assert "@bram@" in asked
    assert "Namens jou berichten schrijven, wijzigen en verwijderen" in asked
    await guest.page.get_by_role("button", name="Toestaan").click()

    told = await _told(guest, website)
    assert told["state"] == "a b&c"
    instance = scene.groningen.instance
    issued = await redeem_code(
        instance,
        client_id=app.client_id,
        client_secret=secret,
        code=told["code"],
        redirect_uri=website,
        verifier=verifier,
    )
    assert await find_bearer(instance, token=issued.token) is not None

    await guest.go("/settings/apps")
    await guest.page.locator("li", has_text="Phanpy").get_by_role("button", name="Intrekken").click()
    await guest.page.locator(".flash", has_text="geen toegang meer").wait_for()
    assert await find_bearer(instance, token=issued.token) is None


async def test_the_keyboard_is_enough_to_refuse_without_scripts(invite: Invite, scene: Scene, website: str) -> None:
    app, _ = await _register(scene, website)
    guest = await invite("anna", java_script_enabled=False)
    guest.excused = (website,)
    await guest.go(_request(app, website, "x" * 43))
    await guest.page.get_by_role("button", name="Weigeren").focus()
    await guest.page.keyboard.press("Enter")
    assert (await _told(guest, website))["error"] == "access_denied"
