"""Logs hold no secret and nothing that anybody wrote (WEB-13), whatever is sent and whatever goes wrong."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest
import structlog

from fedgov.app import Server
from fedgov.federation.dispatch import Handler, VerifiedActivity
from fedgov.instance import Instance
from fedgov.kernel import log
from fedgov.store.transaction import Transaction
from tests.federation.test_every_answer import Client
from tests.fediverse import PASSWORD, Fediverse, Town

CANARY = "kanarie"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(params=[False, True], ids=["json", "human"])
def logged(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, at the lowest level."""
    root, ours = logging.getLogger(), logging.getLogger("fedgov")
    before = root.handlers[:], root.level, ours.level
    found = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", found)
        log.configure(level="debug", pretty=request.param)
    yield found
    structlog.reset_defaults()
    root.handlers[:], root.level, ours.level = before


def visitor(town: Town) -> tuple[Server, Client]:
    assert town.app is not None
    return town.app, Client(town.app, scheme="http", address="127.0.0.1")


async def ask(town: Town, method: str, path: str, *, headers: Mapping[str, str], body: bytes = b"") -> int:
    _, client = visitor(town)
    return (await client.ask(method, path, headers=headers, body=body, host=town.domain)).status


def secrets_in(text: str) -> list[str]:
    """What must not be there: our canary, and whatever looks like a signature, a token or a cookie."""
    signatures = re.findall(r'signature="|keyId=|sig1=:|sha-256=|Bearer |fedgov-[a-z]+=', text)
    return [*signatures, *(word for word in (CANARY, PASSWORD) if word in text)]


async def log_in(town: Town, *, username: str, password: str) -> tuple[Client, int]:
    _, client = visitor(town)
    page = await client.ask("GET", "/login", headers={"Accept": "text/html"}, host=town.domain)
    token = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    body = f"csrf={token}&username={username}&password={password}".encode()
    answer = await client.ask("POST", "/login", headers=FORM | {"Accept": "text/html"}, body=body, host=town.domain)
    return client, answer.status


async def test_whatever_is_sent_nothing_of_it_is_logged(fediverse: Fediverse, logged: io.StringIO) -> None:
    gouda, delft = await fediverse.add("gouda"), await fediverse.add("delft")
    fatima, bram = await gouda.as_("fatima"), await delft.as_("bram")
    await bram.follow(fatima)
    await fediverse.settle()

    # What people write, signed and sent to another server.
    said = await fatima.post(f"Dag {CANARY}")
    await fediverse.settle()
    await bram.reply(said, f"@{fatima.username}@{gouda.domain} onder ons: {CANARY}", "direct")
    await fediverse.settle()

    # Log-ins and what a browser sends along.
    assert (await log_in(gouda, username="fatima", password=f"{CANARY}-fout"))[1] != 303
    client, status = await log_in(gouda, username="fatima", password=PASSWORD)
    assert status == 303
    cookies = [value for value in client.cookies.values() if len(value) > 20]
    assert cookies
    await client.ask("GET", f"/search?q={CANARY}", headers={"Accept": "text/html"}, host=gouda.domain)
    await client.ask("GET", "/home", headers={"Accept": "text/html", "Referer": f"/x?{CANARY}"}, host=gouda.domain)
    await client.ask("POST", "/posts", headers=FORM, body=f"text={CANARY}&csrf={CANARY}".encode(), host=gouda.domain)

    # Tokens and signatures, bad ones too.
    bearer = {"Authorization": f"Bearer {CANARY}", "Cookie": f"fedgov-gouda={CANARY}"}
    for path in ("/metrics", "/actor", "/users/fatima", "/healthz", "/nothing"):
        await ask(gouda, "GET", path, headers=bearer)
    signed = {
        "Content-Type": "application/activity+json",
        "Signature": f'keyId="{bram.uri}#main-key",headers="(request-target) host date digest",signature="{CANARY}"',
        "Authorization": f'Signature keyId="{bram.uri}#main-key",signature="{CANARY}"',
        "Digest": f"sha-256={CANARY}",
    }
    for body in (
        f'{{"type": "{CANARY}"'.encode(),
        orjson.dumps({"id": f"{bram.uri}/1", "type": "Create", "actor": bram.uri, "object": {"content": CANARY}}),
    ):
        assert await ask(gouda, "POST", "/inbox", headers=signed, body=body) in {400, 401}

    written = logged.getvalue()
    assert "refused" in written, "nothing was logged at all"
    assert secrets_in(written) == []
    assert [value for value in cookies if value in written] == []


async def test_a_mistake_in_what_handles_messages_shows_nothing_of_them(
    fediverse: Fediverse, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    gouda, delft = await fediverse.add("gouda"), await fediverse.add("delft")
    fatima, bram = await gouda.as_("fatima"), await delft.as_("bram")
    await bram.follow(fatima)
    await fediverse.settle()

    def stumble(_tx: Transaction, verified: VerifiedActivity) -> None:
        raise RuntimeError(f"stumbled over {verified!r}")

    handlers = delft.running.inbox._handlers
    assert ("Create", "*") in handlers
    monkeypatch.setitem(handlers, ("Create", "*"), Handler(apply=stumble))
    await fatima.post(f"Dag {CANARY}")
    await fediverse.settle()

    written = logged.getvalue()
    assert "activity_parked" in written
    assert "stumbled over" in written
    assert secrets_in(written) == []


async def test_a_mistake_in_a_page_shows_nothing_of_what_was_sent(
    fediverse: Fediverse, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    gouda = await fediverse.add("gouda")
    await gouda.as_("fatima")
    client, _ = await log_in(gouda, username="fatima", password=PASSWORD)

    async def broken(_instance: Instance, *_words: object, **_values: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Instance, "read", broken)
        answer = await client.ask("GET", f"/home?{CANARY}", headers={"Accept": "text/html"}, host=gouda.domain)
    assert answer.status == 500

    written = logged.getvalue()
    assert "ZeroDivisionError" in written
    assert secrets_in(written) == []
    assert [value for value in client.cookies.values() if len(value) > 20 and value in written] == []
