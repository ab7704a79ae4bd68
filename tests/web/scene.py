"""Two town halls with people who talked, and a server of others, for tests in a browser."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
import pytest
from PIL import Image

from fedgov.activitystreams.audience import PUBLIC
from fedgov.features.media.service import emojis
from fedgov.features.media.service.uploads import upload
from fedgov.features.moderation.service import report
from fedgov.features.notices.service import announcements, filters, lists, tags
from fedgov.features.notices.service.admission import set_policy
from fedgov.features.notices.service.bookmarks import bookmark
from fedgov.features.notices.vocabulary import FilterContext, KeywordChange, NotificationPolicy, Wish
from fedgov.features.people.queries import account_of
from fedgov.features.people.service.apps import register_app
from fedgov.features.people.service.hosts import block_host
from fedgov.features.people.service.profiles import Profile, change_profile
from fedgov.features.people.service.tokens import create_token, issue
from fedgov.features.posts.queries import posts
from fedgov.features.posts.queries.reach import receipt
from fedgov.features.posts.service import publishing, reacting
from fedgov.features.posts.vocabulary import AttachmentDraft, PollDraft
from fedgov.features.trust.service import block
from fedgov.federation import keys
from fedgov.kernel.clock import DAY
from fedgov.store.transaction import Transaction
from tests.federation.interop.world import Correspondent, LoopbackResolver, Outside, correspondent, open_outside
from tests.fediverse import PATIENCE, Colleague, Fediverse, Town, pooled_rsa
from tests.web import cheerful

ALT = "Een blauw vlak met een gele rand"


@dataclass(slots=True)
class Scene:
    """Two town halls: anna (who looks after it) and bram in Groningen, jelle and femke in Leeuwarden.

    Args:
        pages: Parts of addresses in Groningen: row ids and handles, by name.
    """

    fediverse: Fediverse
    groningen: Town
    leeuwarden: Town
    outside: Outside
    anna: Colleague
    bram: Colleague
    jelle: Colleague
    femke: Colleague
    pages: dict[str, str] = field(default_factory=dict)

    async def id(self, uri: str, *, town: Town | None = None) -> int:
        """The row id of a post."""
        row = await (town or self.groningen).ask(posts.find_by_uri, uri=uri)
        assert row is not None, f"{uri} has not arrived"
        return int(row.object_id)

    async def name(self, name: str, uri: str) -> str:
        """Remember a post by name; return its URI."""
        self.pages[name] = str(await self.id(uri))
        return uri


def picture() -> bytes:
    """A small PNG."""
    drawn = io.BytesIO()
    Image.new("RGB", (320, 200), (40, 90, 160)).save(drawn, format="PNG")
    return drawn.getvalue()


@asynccontextmanager
async def open_scene(folder: Path) -> AsyncIterator[Scene]:
    """Open the town halls and let their people talk."""
    async with open_outside() as outside:
        fediverse = Fediverse(folder)
        try:
            with pytest.MonkeyPatch.context() as quick:
                quick.setattr(keys, "generate_rsa", pooled_rsa)
                scene = await _people(fediverse, outside)
            await _follow(scene)
            await _talk(scene)
            await _cheer(scene)
            await _let_in(scene)
            await _announce(scene)
            await _trouble(scene)
            yield scene
        finally:
            await fediverse.close()


async def _people(fediverse: Fediverse, outside: Outside) -> Scene:
    groningen = await fediverse.add("groningen")
    leeuwarden = await fediverse.add("leeuwarden", settings={"accounts": {"registration": "open"}})
    anna = await groningen.as_("anna", function="beleidsadviseur jeugd", administrator=True)
    return Scene(
        fediverse,
        groningen,
        leeuwarden,
        outside,
        anna=anna,
        bram=await groningen.as_("bram", function="planoloog"),
        jelle=await leeuwarden.as_("jelle", function="inkoopadviseur"),
        femke=await leeuwarden.as_("femke"),
    )


async def _follow(scene: Scene) -> None:
    await scene.groningen.instance.write(change_profile, actor=scene.bram.uri, profile=Profile(approves_followers=True))
    for one, other in (
        (scene.anna, scene.jelle),
        (scene.jelle, scene.anna),
        (scene.bram, scene.anna),
        (scene.jelle, scene.bram),
    ):
        await one.follow(other)
    await scene.fediverse.settle()
    scene.pages |= {"anna": scene.anna.handle, "jelle": scene.jelle.handle}


async def _talk(scene: Scene) -> None:
    anna, jelle = scene.anna, scene.jelle
    question = await anna.post("Wie heeft een **inkoopkader** voor jeugdhulp? #inkoop")
    edited = await anna.post("De vergadering is op *maandag*.")
    own = await anna.post("Kamer 3.12 is vrij.", "organisation")
    gone = await anna.post("Dit gaat weer weg.")
    await anna.post("Voor wie mij volgt.", "followers")
    await scene.fediverse.settle()

    await jelle.reply(question, "Wij. Ik stuur het je.")
    poll = await jelle.post("Wanneer?", poll=PollDraft(options=("Maandag", "Dinsdag"), ends_at=_later()))
    await jelle.post("Drie vragen\n\n1. Wie?\n2. Wat?", title="Samen inkopen", summary="Lang stuk")
    stored = await upload(scene.leeuwarden.instance, owner=jelle.uri, name="vlak.png", data=picture(), alt=ALT)
    shown = await jelle.post("Met een afbeelding", attachments=[AttachmentDraft(media_id=stored.id, alt=ALT)])
    await jelle.post(f"{anna.handle} alleen voor jou", "direct")
    await scene.leeuwarden.instance.write(reacting.like, actor=jelle.uri, object_uri=question)
    await scene.leeuwarden.instance.write(reacting.like, actor=jelle.uri, object_uri=question, emoji="🎉")
    await scene.leeuwarden.instance.write(reacting.share, actor=jelle.uri, object_uri=question)
    await scene.fediverse.settle()

    names = {"question": question, "edited": edited, "own": own, "poll": poll, "picture": shown}
    for name, uri in names.items():
        await scene.name(name, uri)
    write = scene.groningen.instance.write
    await write(
        publishing.edit_post,
        actor=anna.uri,
        object_id=int(scene.pages["edited"]),
        text="De vergadering is op **dinsdag**.",
    )
    await write(publishing.delete_post, actor=anna.uri, object_id=await scene.id(gone))
    await write(bookmark, owner=anna.uri, object_id=int(scene.pages["poll"]))
    await write(reacting.like, actor=anna.uri, object_id=int(scene.pages["poll"]))
    await scene.fediverse.settle()


async def _cheer(scene: Scene) -> None:
    """Somebody elsewhere writes with emoji and quotes."""
    pien = cheerful.move_in(scene)
    hidden = scene.groningen.instance.site.post(int(scene.pages["own"]))
    for name, note in cheerful.notes(scene, pien, hidden=hidden).items():
        await deliver(scene, pien.activity("Create", note, to=note["to"]), by=pien)
        await scene.name(name, note["id"])
    question = await _uri(scene, "question")
    reaction = pien.activity("EmojiReact", question, content=":koe:", tag=pien.document["tag"])
    await deliver(scene, reaction, by=pien)
    scene.pages |= {"pien": f"@pien@vrolijk.localhost:{scene.outside.port}", "pien_uri": pien.uri}


async def _trouble(scene: Scene) -> None:
    write = scene.groningen.instance.write
    poll = scene.leeuwarden.instance.site.post(await scene.id(await _uri(scene, "poll"), town=scene.leeuwarden))
    await write(
        report, reporter=scene.bram.uri, target=scene.jelle.uri, object_uris=[poll], text="Dit hoort hier niet."
    )
    await write(block, domain="boos.example", reason="Ongewenste post", by=scene.anna.uri)
    # Whom she does not follow must wait to be heard, and so must who wants to follow her.
    await write(set_policy, owner=scene.anna.uri, wanted=NotificationPolicy(not_following=Wish.FILTER))
    pieter = correspondent(scene.outside, "elders")
    await deliver(scene, pieter.activity("Follow", scene.anna.uri), by=pieter)
    await _hostile(scene)
    # From here on something always waits, so nothing settles any more.
    scene.outside.answers[f"{pieter.uri}/inbox"] = (503, {})
    late = await scene.name("late", await scene.anna.post("Dit komt later aan."))
    async with asyncio.timeout(PATIENCE):
        while not await scene.groningen.ask(_was_refused, uri=late):  # noqa: ASYNC110 - it is in a database
            await asyncio.sleep(0.02)


def _was_refused(tx: Transaction, *, uri: str) -> bool:
    return any(each.attempts and each.state == "queued" for each in receipt(tx, uri=uri).organisations)


async def _uri(scene: Scene, name: str) -> str:
    row = await scene.groningen.ask(posts.get_any, object_id=int(scene.pages[name]))
    return str(row.uri)


HOSTILE = (
    '<p>Klik <a href="javascript:window.harmed=1">hier</a> '
    "<script>window.harmed=2</script>"
    '<img src="x" onerror="window.harmed=3">'
    '<svg onload="window.harmed=4"><style>*{display:none}</style></svg>'
    '<iframe src="http://elders.localhost/"></iframe>'
    '<form action="http://elders.localhost/"><input name="password"></form>'
    '<span class="top-search menu-sheet" style="position:fixed;inset:0">Alles is van ons</span> '
    '<math><mi xlink:href="javascript:window.harmed=5">x</mi></math> EINDE</p>'
)
HOSTILE_NAME = "\u202e" + "beheerder" * 40 + "<script>window.harmed=6</script>" + "\u0301" * 500


async def _hostile(scene: Scene) -> None:
    """Somebody elsewhere writes what no browser should do."""
    mallory = correspondent(scene.outside, "kwaad", "/users/mallory")
    mallory.document["name"] = HOSTILE_NAME
    mallory.document["summary"] = HOSTILE
    mallory.document["icon"] = {"type": "Image", "mediaType": "image/png", "url": scene.outside.url("kwaad", "/a.png")}
    scene.outside.serve(mallory.document)
    for name in ("a.png", "b.png"):
        scene.outside.pages[scene.outside.url("kwaad", f"/{name}")] = (200, "image/png", picture())
    note = mallory.note(
        content=HOSTILE,
        summary="\u202e<b onclick=window.harmed=7>let op</b>" + "x" * 3000,
        to=[PUBLIC, scene.anna.uri],
        url="javascript:window.harmed=8",
        attachment=[
            {"type": "Document", "mediaType": "image/png", "url": "javascript:window.harmed=9", "name": "x"},
            {
                "type": "Document",
                "mediaType": "image/png",
                "url": scene.outside.url("kwaad", "/b.png"),
                "name": '"><script>window.harmed=10</script>',
                "width": 320,
                "height": 200,
            },
        ],
    )
    await deliver(scene, mallory.activity("Create", note, to=note["to"]), by=mallory)
    await scene.name("hostile", note["id"])
    scene.pages["mallory"] = f"@mallory@kwaad.localhost:{scene.outside.port}"


async def deliver(scene: Scene, document: dict[str, Any], *, by: Correspondent) -> None:
    """Send a signed activity to Groningen and wait until it was handled."""
    url = f"http://{scene.groningen.domain}/inbox"
    body = orjson.dumps(document)
    connector = aiohttp.TCPConnector(resolver=LoopbackResolver())
    async with aiohttp.ClientSession(connector=connector) as session:
        answer = await session.post(url, data=body, headers=by.signed("POST", url, body=body))
        assert answer.status == 202, await answer.text()
    await scene.fediverse.settle()


def _later() -> int:
    return int(time.time() * 1000) + DAY


async def _let_in(scene: Scene) -> None:
    """Let an app in on anna's behalf, and have another one ask."""
    town = scene.groningen
    account = await town.ask(account_of, actor=scene.anna.uri)
    assert account is not None
    back = "https://app.example/back"
    app, _ = await town.instance.write(
        register_app,
        name="Tusky",
        redirect_uris=[back],
        scopes="read write follow push",
        website="https://app.example/",
    )
    await town.instance.write(issue, account_id=account.id, app_id=app.id, scopes="read write:statuses push")
    await town.instance.write(create_token, account_id=account.id, scopes="read", name="nachtelijke export")
    asked = {"response_type": "code", "client_id": app.client_id, "redirect_uri": back, "scope": "read write follow"}
    scene.pages["asking"] = urlencode(asked)


async def _announce(scene: Scene) -> None:
    """Tell everybody something, with a long word and a link in it."""
    number = await scene.groningen.instance.write(
        announcements.write,
        text="Vanavond **onderhoud**: zie https://groningen.example/onderhoud/van-de-telefooncentrale-in-het-stadhuis",
        ends_at=_later(),
        by=scene.anna.uri,
    )
    scene.pages["announcement"] = str(number)
    await _arrange(scene)


async def _arrange(scene: Scene) -> None:
    """What anna arranged for herself: a list, a filter, a subject, a domain that she does not want to see."""
    write, anna = scene.groningen.instance.write, scene.anna.uri
    number = await write(lists.create_list, owner=anna, title="Buurgemeenten")
    await write(lists.add_members, owner=anna, list_id=number, members=[anna])
    scene.pages["list"] = str(number)
    words = [KeywordChange(keyword="reorganisatie"), KeywordChange(keyword="nieuwe structuur")]
    number = await write(
        filters.create_filter,
        owner=anna,
        title="Rust",
        contexts=tuple(FilterContext),
        expires_in=86_400,
        keywords=words,
    )
    scene.pages["filter"] = str(number)
    await write(tags.follow_tag, owner=anna, name="inkoop")
    await emojis.add(scene.groningen.instance, shortcode="wapen_groningen", data=picture(), category="Wapens")
    await write(block_host, who=anna, host="kwaad.example")
