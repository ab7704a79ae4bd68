"""toot, a client on the command line that others made: it runs as a program of its own and is only talked to."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
import pytest_asyncio

from fedgov.mastodon.table import TABLE
from tests import services
from tests.mastodon.conftest import App, Counter
from tests.mastodon.reader import Reader
from tests.mastodon.scene import PICTURE, done, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = 60.0


def program() -> Path:
    """Return where toot is: beside the Python that runs the tests."""
    found = Path(sys.executable).with_name("toot")
    return found if found.is_file() else services.unavailable("toot", get_it="make lint")


@dataclass(slots=True)
class Toot:
    """toot with a configuration of its own."""

    counter: Counter
    folder: Path
    other: App = field(repr=False)

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        """Start it; what it is told comes from a pipe."""
        own = {"XDG_CONFIG_HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache")}
        return await asyncio.create_subprocess_exec(
            program(),
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **own, "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1", "BROWSER": "true"},
        )

    async def run(self, *words: str) -> str:
        """Run one command, which must succeed; return what it prints."""
        process = await self.start(*words)
        async with asyncio.timeout(PATIENCE):
            printed, _ = await process.communicate()
        text = printed.decode()
        assert process.returncode == 0, text
        return text

    async def ask(self, *words: str) -> Any:
        """Run one command that answers in JSON."""
        return orjson.loads(await self.run(*words, "--json"))

    async def log_in(self, reader: Reader) -> None:
        """Log in as a person does: open the address that it prints, and type the code."""
        process = await self.start("login", "--instance", self.counter.town.base)
        assert process.stdin
        assert process.stdout
        async with asyncio.timeout(PATIENCE):
            url = ""
            while not url.startswith("http"):
                line = await process.stdout.readline()
                assert line, "it ended before it said where to log in"
                url = line.decode().strip()
            parts = urlsplit(url)
            page = await reader.open(parts.path, **dict(parse_qsl(parts.query)))
            assert page.status == 200, (url, page)
            allowed = await reader.decide(page, "allow")
            code = allowed.text.split('id="f-code"')[1].split(">")[1].split("<")[0]
            printed, _ = await process.communicate(f"n\n{code}\n".encode())
        assert "Successfully logged in" in printed.decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def toot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Toot]:
    """toot, in which Fatima has logged in."""
    folder = tmp_path_factory.mktemp("toot")
    async with opened(folder, logged_in_by_password=["fatima"]) as counter:
        found = Toot(counter, folder, await counter.app_of("jelle"))
        reader = Reader.at(counter.town)
        await reader.log_in("fatima")
        await found.log_in(reader)
        await reader.close()
        yield found


async def test_toot_knows_who_is_logged_in(toot: Toot) -> None:
    assert "fatima" in await toot.run("whoami")
    assert "gemeente Gouda" in await toot.run("instance", toot.counter.town.base)


async def test_toot_publishes_with_a_picture_and_a_poll_and_reads_it_back(toot: Toot) -> None:
    picture = toot.folder / "plein.png"
    picture.write_bytes(PICTURE)
    first = await toot.ask("post", "Moi #toot", "--media", str(picture), "--description", "Het plein")
    assert first["media_attachments"][0]["description"] == "Het plein"
    poll = await toot.ask("post", "Doen?", "--poll-option", "ja", "--poll-option", "nee", "--visibility", "unlisted")
    assert [each["title"] for each in poll["poll"]["options"]] == ["ja", "nee"]
    answered = await toot.ask("post", "Antwoord", "--reply-to", first["id"])
    assert answered["in_reply_to_id"] == first["id"]
    thread = await toot.ask("thread", first["id"])
    assert [each["id"] for each in thread["descendants"]] == [answered["id"]]
    home = await toot.ask("timelines", "home", "--limit", "3")
    assert [each["id"] for each in home] == [answered["id"], poll["id"], first["id"]]
    assert "Moi" in await toot.run("timelines", "tag", "toot", "--no-pager")


async def test_toot_plans_a_post(toot: Toot) -> None:
    planned = await toot.ask("post", "Later", "--scheduled-in", "2h")
    assert planned["params"]["text"] == "Later"
    assert "scheduled_at" in planned


async def test_toot_follows_reads_notifications_and_keeps_lists(toot: Toot) -> None:
    post = await done(toot.other, "/api/v1/statuses", status="Dag @fatima")
    if TABLE.find("/api/v2/search") is not None:  # it looks names up by searching
        assert "follow" in await toot.run("follow", "jelle")
        await toot.run("lists", "create", "Collega's")
        await toot.run("lists", "add", "Collega's", "jelle")
        assert "jelle" in await toot.run("lists", "accounts", "Collega's")
    await toot.run("favourite", post["id"])
    await toot.run("bookmark", post["id"])
    assert "Dag" in await toot.run("bookmarks", "--once")
    notified = await toot.ask("notifications", "--type", "mention")
    assert [each["status"]["id"] for each in notified] == [post["id"]]
    await toot.run("tags", "follow", "inkoop")
    assert "inkoop" in await toot.run("tags", "followed")


async def test_toot_is_told_in_plain_words_what_is_wrong(toot: Toot) -> None:
    process = await toot.start("post", "x" * 5_001)
    printed, _ = await process.communicate()
    assert process.returncode != 0
    assert printed.decode() == "Error: the message is too long\n"
