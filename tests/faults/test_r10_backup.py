"""R10: a backup made under load becomes a working instance elsewhere, which goes on where it was and repeats no id.

What a backup holds and how it is checked: ``tests/cli/test_backup.py``.
"""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path
from typing import Any

import aiohttp

from tests.cli.commandline import done, rows, until
from tests.faults.senders import Senders, gouda_serves, make_gouda, until_handled
from tests.unit.federation.neighbours import Document, Neighbour, Page

PATIENCE = 90.0
ACCEPTED = "SELECT 1 FROM deliveries JOIN activities a ON a.id = activity_id WHERE type = 'Accept' AND state = 'sent'"
IDS = "SELECT id FROM objects WHERE local UNION ALL SELECT id FROM activities"


async def until_posted(delft: Neighbour, wanted: set[str]) -> list[Document]:
    """Wait until notes with these ids were delivered; return all that were."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = [asked.document for asked in delft.requests("/inbox", method="POST")]
            if wanted <= {about(document) for document in found}:
                return found
            await asyncio.sleep(0.05)


def about(activity: Document) -> str:
    """The id of what an activity is about."""
    what: Any = activity["object"]
    return str(what["id"] if isinstance(what, dict) else what)


async def follow(crowd: Senders) -> None:
    """Let the first of them follow fatima."""
    jan = crowd.people[0]
    async with aiohttp.ClientSession() as session:
        assert (await crowd.post(session, jan, jan.activity("Follow", object=crowd.author))).status == 202


async def test_r10_a_backup_under_load_is_brought_back_and_federates_again(
    home: Path, delft: Neighbour, chance: random.Random, tmp_path: Path
) -> None:
    delft.pages["/inbox"] = Page(202)
    crowd = await make_gouda(home, delft, chance)
    file, new_home = tmp_path / "gouda.tar.gz", tmp_path / "elsewhere"

    async def type_in(where: Path, *words: str) -> str:
        return (await asyncio.to_thread(done, where, *words)).strip()

    async with gouda_serves(home) as served:
        await follow(crowd)
        await asyncio.to_thread(until, lambda: rows(home, "gouda", ACCEPTED))
        delft.pages["/inbox"] = Page(500)
        queued = {await type_in(home, "post", "fatima", f"Voor de backup {number}") for number in range(3)}
        async with crowd.writing():
            await crowd.until_accepted(20)
            before = list(crowd.accepted)
            await type_in(home, "backup", str(file))
        lost = await type_in(home, "post", "fatima", "Na de backup")
        await until_handled(home)
        await asyncio.to_thread(served.stop, signal.SIGKILL)
    old_ids = {number for (number,) in rows(home, "gouda", IDS)}

    await type_in(new_home, "-i", "gouda", "restore", str(file))
    for table in ("keys", "follows", "accounts"):
        statement = f"SELECT * FROM {table} ORDER BY id"
        assert rows(new_home, "gouda", statement) == rows(home, "gouda", statement) != []
    waiting = rows(new_home, "gouda", "SELECT count(*) FROM deliveries WHERE state = 'queued'")
    assert waiting == [(len(queued),)], "the queue is where it was"
    logged = {uri for (uri,) in rows(new_home, "gouda", "SELECT activity_uri FROM inbox_items")}
    assert len(logged) > len(before), "what was accepted before the backup is in it"

    await type_in(new_home, "open", "--without-erasures")
    delft.pages["/inbox"] = Page(202)
    delft.asked.clear()
    async with gouda_serves(new_home):
        await type_in(new_home, "peers", "wake", delft.host)
        fresh = await type_in(new_home, "post", "fatima", "Daar zijn we weer")
        arrived = await until_posted(delft, queued | {fresh})
        again = Senders(
            port=crowd.port,
            domain=crowd.domain,
            people=crowd.people,
            about=crowd.about,
            author=crowd.author,
            chance=chance,
        )
        async with again.writing():
            await again.until_accepted(20)
        await until_handled(new_home)
    assert lost not in {about(document) for document in arrived}
    new_ids = {number for (number,) in rows(new_home, "gouda", IDS)} - old_ids
    assert len(new_ids) >= 2
    assert min(new_ids) > max(old_ids), "an id is never given twice, not even one that the backup does not know"
    notes = {uri for (uri,) in rows(new_home, "gouda", "SELECT uri FROM objects WHERE NOT local")}
    assert set(before) | set(again.accepted) <= notes
