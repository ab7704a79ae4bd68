"""A town hall in which everything has happened that apps can show, for tests that look at all of it.

One scene serves a whole module: a test that changes something makes what it changes itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.service import announcements
from fedgov.features.people.service import passwords
from fedgov.features.posts.service.looking_up import look_up_named
from fedgov.federation import keys
from tests.fediverse import Fediverse, Town, pooled_rsa
from tests.mastodon.conftest import ALL_SCOPES, App, Counter

PICTURE: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f6"
    "45400000000049454e44ae426082"
)
"""A PNG of one pixel."""

EVERYTHING: Final = f"{ALL_SCOPES} admin:read admin:write"
PLENTY: Final[Mapping[str, Mapping[str, Any]]] = {
    "instance": {"rules": ["Wees hoffelijk.", "Deel geen persoonsgegevens."], "description": "Hier wordt overlegd."},
    "accounts": {"registration": "open"},
    "limits": {
        "api_calls_per_five_minutes": 1_000_000,
        "api_uploads_per_half_hour": 1_000_000,
        "posts_per_hour": 1_000_000,
        "reactions_per_hour": 1_000_000,
        "follows_per_hour": 1_000_000,
        "uploads_per_hour": 1_000_000,
        "reports_per_hour": 1_000_000,
        "lookups_per_hour": 1_000_000,
        "refused_per_minute": 1_000_000,
    },
}
"""Settings with which nothing is too often."""


@dataclass(slots=True, kw_only=True)
class Scene:
    """A town hall, its people's apps, and the ids of what there is.

    Args:
        counter: The town hall.
        other: Another one, whose people and posts are known here.
        fatima: An administrator; everything in `ids` is hers unless its name says otherwise.
        jelle: A colleague whom she follows, and who follows her.
        otto: A colleague who shares nothing with her but the server.
        ids: What there is, by name.
    """

    counter: Counter
    other: Town
    fatima: App
    jelle: App
    otto: App
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def town(self) -> Town:
        """The town hall."""
        return self.counter.town

    @property
    def visitor(self) -> App:
        """An app without a token."""
        return self.counter.visitor

    async def post(self, text: str = "Moi", *, by: App | None = None, **values: Any) -> str:
        """Publish a post; return its id."""
        return str((await done(by or self.fatima, "/api/v1/statuses", status=text, **values))["id"])

    async def upload(self, *, by: App | None = None) -> str:
        """Upload a picture; return its id."""
        form = aiohttp.FormData({"description": "Het plein", "focus": "0.1,-0.2"})
        form.add_field("file", PICTURE, filename="plein.png", content_type="image/png")
        answer = await (by or self.fatima).ask("POST", "/api/v2/media", data=form)
        assert answer.status == 200, answer.json
        return str(answer.json["id"])

    async def somebody(self, name: str) -> App:
        """Return an app of a new colleague."""
        return await self.counter.app_of(name)


async def done(app: App, path: str, **values: Any) -> Any:
    """Send values as JSON, which must be accepted; return the answer."""
    answer = await app.post(path, **values)
    assert answer.status == 200, (path, answer.json)
    return answer.json


async def nobodys(_password: str) -> str:
    """Stand in for the hash of a password where nobody logs in with one: a real one takes a tenth of a second."""
    return passwords.NOBODY


@asynccontextmanager
async def opened(
    folder: Path, *, settings: Mapping[str, Mapping[str, Any]] = PLENTY, logged_in_by_password: Sequence[str] = ()
) -> AsyncIterator[Counter]:
    """Open a town hall for a whole module of tests.

    Args:
        folder: Where its data goes.
        settings: Sections of its configuration.
        logged_in_by_password: Who can log in with `tests.fediverse.PASSWORD`; everybody else has tokens only.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate_rsa", pooled_rsa)
        async with aiohttp.ClientSession() as session, AsyncExitStack() as stack:
            fediverse = Fediverse(folder)
            stack.push_async_callback(fediverse.close)
            counter = Counter(await fediverse.add("gouda", settings=settings), session, fediverse)
            for name in logged_in_by_password:
                await counter.town.as_(name)
            patch.setattr(passwords, "hash_password", nobodys)
            yield counter


@asynccontextmanager
async def played(folder: Path, *, settings: Mapping[str, Mapping[str, Any]] = PLENTY) -> AsyncIterator[Scene]:
    """Open two town halls, and let everything happen between them.

    Args:
        folder: Where their data goes.
        settings: Sections of the first one's configuration.
    """
    async with opened(folder, settings=settings) as counter:
        other = await counter.fediverse.add("delft")
        fatima = await counter.app_of("fatima", scopes=EVERYTHING, administrator=True)
        jelle, otto = [await counter.app_of(name) for name in ("jelle", "otto")]
        scene = Scene(counter=counter, other=other, fatima=fatima, jelle=jelle, otto=otto)
        for part in (_people, _posts, _from_elsewhere, _belongings, _announced, _reactions):
            await part(scene)
        yield scene


async def _people(scene: Scene) -> None:
    for app, name in ((scene.fatima, "fatima"), (scene.jelle, "jelle"), (scene.otto, "otto")):
        scene.ids[name] = (await app.get("/api/v1/accounts/verify_credentials")).json["id"]
    fields = [{"name": "Afdeling", "value": "Wonen"}, {"name": "Website", "value": "https://gouda.example/"}]
    values = {"display_name": "Fatima", "note": "Vraag maar over #Wonen", "fields_attributes": fields}
    assert (await scene.fatima.ask("PATCH", "/api/v1/accounts/update_credentials", json=values)).status == 200
    await done(scene.fatima, f"/api/v1/accounts/{scene.ids['jelle']}/follow")
    await done(scene.jelle, f"/api/v1/accounts/{scene.ids['fatima']}/follow")
    await done(scene.fatima, f"/api/v1/accounts/{scene.ids['jelle']}/note", comment="Van inkoop")
    await done(scene.fatima, f"/api/v1/accounts/{scene.ids['jelle']}/endorse")


async def _posts(scene: Scene) -> None:
    ids = scene.ids
    ids["plain"] = await scene.post("Een *bericht* over #Wonen, zie https://gouda.example/plan", language="nl")
    ids["edited"] = await scene.post("Eerst dit")
    edited = {"status": "Toen dat", "spoiler_text": "Verbeterd"}
    assert (await scene.fatima.ask("PUT", f"/api/v1/statuses/{ids['edited']}", json=edited)).status == 200
    ids["warned"] = await scene.post("Gevoelig", spoiler_text="Let op", sensitive=True)
    ids["private"] = await scene.post("Voor volgers", visibility="private")
    ids["direct"] = await scene.post("@jelle onder ons", visibility="direct")
    ids["reply"] = await scene.post("Dag @fatima", by=scene.jelle, in_reply_to_id=ids["plain"])
    ids["with picture"] = await scene.post("Kijk", media_ids=[await scene.upload()])
    poll = {"options": ["ja", "nee", "later"], "expires_in": 86_400, "multiple": True}
    ids["poll"] = await scene.post("Doen?", poll=poll)
    ids["of jelle"] = await scene.post("Over #Inkoop en #Wonen", by=scene.jelle)
    ids["poll of jelle"] = await scene.post("En nu?", by=scene.jelle, poll=poll)
    ids["share"] = (await done(scene.fatima, f"/api/v1/statuses/{ids['of jelle']}/reblog"))["id"]
    await done(scene.fatima, f"/api/v1/statuses/{ids['plain']}/pin")
    ids["scheduled"] = await scene.post("Straks", scheduled_at="2026-12-31T12:00:00.000Z", poll=poll)


async def _from_elsewhere(scene: Scene) -> None:
    assert scene.fatima.person
    saskia = await scene.other.as_("saskia")
    await scene.fatima.person.follow(saskia)
    await saskia.follow(scene.fatima.person)
    await scene.counter.fediverse.settle()
    text = f"Uit Delft: #Wonen, {scene.fatima.person.handle}"
    mentioned = await look_up_named(scene.other.instance, text=text, visibility=Visibility.PUBLIC)
    await saskia.post(text, mentioned=mentioned)
    await scene.counter.fediverse.settle()
    home = (await scene.fatima.get("/api/v1/timelines/home")).json
    (status,) = [each for each in home if "@" in each["account"]["acct"]]
    scene.ids["from elsewhere"], scene.ids["saskia"] = status["id"], status["account"]["id"]


async def _belongings(scene: Scene) -> None:
    ids, fatima = scene.ids, scene.fatima
    ids["list"] = (await done(fatima, "/api/v1/lists", title="Collega's"))["id"]
    await done(fatima, f"/api/v1/lists/{ids['list']}/accounts", account_ids=[ids["jelle"], ids["saskia"]])
    words = [{"keyword": "vertrouwelijk"}]
    wanted = {"title": "Stil", "context": ["home", "public"], "keywords_attributes": words}
    found = await done(fatima, "/api/v2/filters", **wanted)
    ids["filter"], ids["keyword"] = found["id"], found["keywords"][0]["id"]
    named = await done(fatima, f"/api/v2/filters/{ids['filter']}/statuses", status_id=ids["reply"])
    ids["filtered post"] = named["id"]
    await done(fatima, "/api/v1/tags/inkoop/follow")
    ids["featured tag"] = (await done(fatima, "/api/v1/featured_tags", name="wonen"))["id"]
    await done(fatima, "/api/v1/domain_blocks", domain="lawaai.example")
    await done(fatima, "/api/v1/markers", home={"last_read_id": ids["plain"]})
    for name in ("of jelle", "from elsewhere"):
        await done(fatima, f"/api/v1/statuses/{ids[name]}/bookmark")
        await done(fatima, f"/api/v1/statuses/{ids[name]}/favourite")


async def _announced(scene: Scene) -> None:
    number = await scene.town.instance.write(announcements.write, text="Vrijdag *onderhoud*, zegt @fatima #Wonen")
    scene.ids["announcement"] = str(number)
    answer = await scene.jelle.ask("PUT", f"/api/v1/announcements/{number}/reactions/👍")
    assert answer.status == 200, answer.json


async def _reactions(scene: Scene) -> None:
    ids, jelle = scene.ids, scene.jelle
    for name in ("plain", "with picture"):
        await done(jelle, f"/api/v1/statuses/{ids[name]}/favourite")
        await done(jelle, f"/api/v1/statuses/{ids[name]}/reblog")
    await done(jelle, f"/api/v1/polls/{ids['poll']}/votes", choices=[0, 2])
    ids["conversation"] = (await scene.fatima.get("/api/v1/conversations")).json[0]["id"]
    ids["notification"] = (await scene.fatima.get("/api/v1/notifications")).json[0]["id"]
    groups = (await scene.fatima.get("/api/v2/notifications")).json["notification_groups"]
    ids["group"] = groups[0]["group_key"]
    rosa, piet = [await scene.somebody(name) for name in ("rosa", "piet")]
    for app, name in ((rosa, "rosa"), (piet, "piet")):
        ids[name] = (await app.get("/api/v1/accounts/verify_credentials")).json["id"]
    await done(scene.fatima, f"/api/v1/accounts/{ids['rosa']}/mute", duration=3_600)
    await done(scene.fatima, f"/api/v1/accounts/{ids['piet']}/block")
