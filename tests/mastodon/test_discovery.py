"""Finding people, subjects and posts."""

from __future__ import annotations

from fedgov.features.posts.service import reacting
from fedgov.federation import objects
from tests.mastodon.conftest import Counter, demand_entity
from tests.mastodon.test_accounts import id_of


async def test_the_directory_lists_who_wants_to_be_found(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    await counter.app_of("jelle")
    answer = await counter.visitor.get("/api/v1/directory", local="true", order="new")
    demand_entity(answer.json, "Account")
    names = [each["username"] for each in answer.json]
    assert {"fatima", "jelle"} <= set(names)
    second = await counter.visitor.get("/api/v1/directory", local="true", order="new", limit=1, offset=1)
    assert [each["username"] for each in second.json] == names[1:2]
    await fatima.ask("PATCH", "/api/v1/profile", json={"discoverable": False})
    assert "fatima" not in [each["username"] for each in (await counter.visitor.get("/api/v1/directory")).json]


async def test_friends_of_friends_are_suggested_until_they_are_dismissed(counter: Counter) -> None:
    fatima, jelle, anna = [await counter.app_of(name) for name in ("fatima", "jelle", "anna")]
    assert fatima.person
    assert jelle.person
    assert anna.person
    await fatima.person.follow(jelle.person)
    await jelle.person.follow(anna.person)
    answer = await fatima.get("/api/v2/suggestions")
    demand_entity(answer.json, "Suggestion")
    assert [each["account"]["username"] for each in answer.json] == ["anna"]
    assert [each["username"] for each in (await fatima.get("/api/v1/suggestions")).json] == ["anna"]
    assert (await fatima.ask("DELETE", f"/api/v1/suggestions/{await id_of(counter, 'anna')}")).json == {}
    assert (await fatima.get("/api/v2/suggestions")).json == []
    assert (await fatima.ask("DELETE", "/api/v1/suggestions/12")).status == 404
    assert (await counter.visitor.get("/api/v2/suggestions")).status == 401


async def test_subjects_trend_by_how_many_write_about_them(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    assert fatima.person
    assert jelle.person
    await fatima.person.post("Over #inkoop en #inkoop")
    await jelle.person.post("Ook over #inkoop")
    await fatima.person.post("Over #wonen")
    await fatima.person.post("Besloten over #geheim", "followers")
    answer = await counter.visitor.get("/api/v1/trends/tags")
    demand_entity(answer.json, "Tag")
    assert [each["name"] for each in answer.json] == ["inkoop", "wonen"]
    assert (answer.json[0]["history"][0]["uses"], answer.json[0]["history"][0]["accounts"]) == ("2", "2")
    assert len(answer.json[0]["history"]) == 7
    assert [each["name"] for each in (await counter.visitor.get("/api/v1/trends", limit=1)).json] == ["inkoop"]
    await fatima.ask("PATCH", "/api/v1/profile", json={"discoverable": False})
    assert [each["name"] for each in (await counter.visitor.get("/api/v1/trends/tags")).json] == ["inkoop"]


async def test_posts_trend_by_what_people_did_with_them(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    assert fatima.person
    assert jelle.person
    liked = await fatima.person.post("Goed")
    await fatima.person.post("Onopgemerkt")
    closed = await fatima.person.post("Besloten", "organisation")
    for uri in (liked, closed):
        await counter.town.instance.write(reacting.like, actor=jelle.person.uri, object_uri=uri)
    answer = await counter.visitor.get("/api/v1/trends/statuses")
    demand_entity(answer.json, "Status")
    assert [each["uri"] for each in answer.json] == [liked]
    assert (await counter.visitor.get("/api/v1/trends/statuses", offset=1)).json == []
    assert (await counter.visitor.get("/api/v1/trends/links")).json == []


async def test_a_public_post_can_be_shown_elsewhere_and_no_other(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    uri = await fatima.person.post("Voor <b>iedereen</b>")
    answer = await counter.visitor.get("/api/oembed", url=uri)
    demand_entity(answer.json, "OEmbedResponse")
    assert "<script" not in answer.json["html"]
    closed = await fatima.person.post("Besloten", "organisation")
    row = await counter.town.ask(objects.find, uri=closed)
    assert row is not None
    for url in ("", closed, "https://elders.example/posts/1", fatima.person.uri, "geen adres"):
        assert (await fatima.get("/api/oembed", url=url)).status == 404
