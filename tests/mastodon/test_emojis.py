"""Custom emoji of this instance, as apps and other servers see them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from fedgov.features.media.service import emojis
from fedgov.features.notices.service import announcements
from fedgov.features.people.service.profiles import Profile, change_profile
from tests.mastodon.conftest import App, Counter, demand_entity
from tests.unit.features.media import samples

ACTIVITY = {"Accept": "application/activity+json"}


async def _add(counter: Counter, name: str, **values: str) -> int:
    return await emojis.add(counter.town.instance, shortcode=name, data=samples.picture(), **values)


async def _document(counter: Counter, uri: str) -> dict[str, Any]:
    path = "/" + uri.split("/", 3)[3]
    answer = await counter.visitor.ask("GET", path, headers=ACTIVITY)
    assert answer.status == 200, path
    return dict(answer.json)


async def test_an_app_lists_what_is_there_to_choose_from(counter: Counter) -> None:
    await _add(counter, "koe", category="Dieren")
    hidden = await _add(counter, "paard")
    await counter.town.instance.write(emojis.hide, emoji_id=hidden)
    found = (await counter.visitor.get("/api/v1/custom_emojis")).json
    demand_entity(found, "CustomEmoji")
    assert [(each["shortcode"], each["category"], each["visible_in_picker"]) for each in found] == [
        ("koe", "Dieren", True)
    ]
    for name in ("url", "static_url"):
        picture = await counter.visitor.ask("GET", "/" + found[0][name].split("/", 3)[3])
        assert (picture.status, picture.headers["content-type"]) == (200, "image/png")


async def test_messages_and_people_carry_the_emoji_that_they_name(counter: Counter) -> None:
    fatima, number = await counter.app_of("fatima"), await _add(counter, "koe")
    assert fatima.person
    name = Profile(name="Fatima :koe:", fields=(("Dier", ":koe: :paard:"),))
    await counter.town.instance.write(change_profile, actor=fatima.person.uri, profile=name)
    status = (await fatima.post("/api/v1/statuses", status="Een :koe: en een :paard:", visibility="public")).json
    demand_entity(status, "Status")
    for carrier in (status, status["account"]):
        assert [each["shortcode"] for each in carrier["emojis"]] == ["koe"]
        assert carrier["emojis"][0]["url"].startswith(counter.town.instance.site.url("/media/"))

    site = counter.town.instance.site
    for uri in (status["uri"], fatima.person.uri):
        [tag] = [each for each in (await _document(counter, uri))["tag"] if each["type"] == "Emoji"]
        assert (tag["id"], tag["name"]) == (site.url(f"/emojis/{number}"), ":koe:")
        assert (tag["icon"]["type"], tag["icon"]["mediaType"]) == ("Image", "image/png")
        assert tag["icon"]["url"].startswith(site.url("/media/"))
    alone = await _document(counter, site.url(f"/emojis/{number}"))
    assert (alone["id"], alone["type"], alone["icon"]) == (tag["id"], "Emoji", tag["icon"])

    edited = await fatima.ask("PUT", f"/api/v1/statuses/{status['id']}", json={"status": "Een :paard:"})
    assert edited.json["emojis"] == []
    await counter.town.instance.write(emojis.remove, emoji_id=number)
    gone = await counter.visitor.ask("GET", f"/emojis/{number}", headers=ACTIVITY)
    assert gone.status == 404, "what was kept of it is forgotten"


async def test_the_other_town_hall_shows_it_too(counter: Counter) -> None:
    delft = await counter.fediverse.add("delft")
    pieter, fatima = await delft.as_("pieter"), await counter.app_of("fatima")
    assert fatima.person
    await pieter.follow(fatima.person)
    await counter.fediverse.settle()
    await _add(counter, "koe")
    uri = await fatima.person.post("Een :koe:")
    await counter.fediverse.settle()
    received = await delft.object(uri)
    assert received is not None
    assert [each["name"] for each in received["tag"] if each["type"] == "Emoji"] == [":koe:"]


async def _announced(app: App) -> dict[str, Any]:
    [found] = (await app.get("/api/v1/announcements")).json
    demand_entity(found, "Announcement")
    return dict(found)


async def test_an_announcement_and_reactions_to_it_may_use_them(counter: Counter) -> None:
    fatima, number = await counter.app_of("fatima"), await _add(counter, "koe")
    announcement = await counter.town.instance.write(announcements.write, text="Moi :koe:")
    path = f"/api/v1/announcements/{announcement}/reactions"
    for name in ("koe", quote(":koe:")):
        assert (await fatima.ask("PUT", f"{path}/{name}")).status == 200
    found = await _announced(fatima)
    [reaction] = found["reactions"]
    assert (reaction["name"], reaction["count"], reaction["me"]) == ("koe", 1, True)
    assert [each["url"] for each in found["emojis"]] == [reaction["url"]]
    assert (await fatima.ask("DELETE", f"{path}/koe")).status == 200
    await fatima.ask("PUT", f"{path}/koe")
    await counter.town.instance.write(emojis.remove, emoji_id=number)
    found = await _announced(fatima)
    assert (found["reactions"], found["emojis"]) == ([], [])


@pytest.mark.parametrize("name", ["paard", ":paard:", "koe koe", ""])
async def test_a_name_that_is_none_is_no_reaction(counter: Counter, name: str) -> None:
    fatima, _ = await counter.app_of("fatima"), await _add(counter, "koe")
    announcement = await counter.town.instance.write(announcements.write, text="Moi")
    path = f"/api/v1/announcements/{announcement}/reactions/{quote(name)}"
    assert (await fatima.ask("PUT", path)).status in (404, 422)
    assert (await _announced(fatima))["reactions"] == []
