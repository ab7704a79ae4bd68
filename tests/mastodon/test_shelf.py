"""Conversations, muted talks, bookmarks, favourites, markers and subjects, as apps use them."""

from __future__ import annotations

from tests.mastodon.conftest import App, Counter, demand_entity
from tests.mastodon.test_lists import id_of


async def test_conversations_are_listed_read_and_removed(counter: Counter) -> None:
    fatima, jelle, otto = [await counter.app_of(name) for name in ("fatima", "jelle", "otto")]
    assert jelle.person
    await jelle.person.post("Even onder ons, @fatima", "direct")
    answer = await fatima.get("/api/v1/conversations")
    demand_entity(answer.json, "Conversation")
    (each,) = answer.json
    assert (each["unread"], [account["acct"] for account in each["accounts"]]) == (True, ["jelle"])
    assert f"max_id={each['last_status']['id']}" in answer.headers["link"]
    (own,) = (await jelle.get("/api/v1/conversations")).json
    assert (own["unread"], [account["acct"] for account in own["accounts"]]) == (False, ["fatima"])
    assert (await otto.get("/api/v1/conversations")).json == []
    one = f"/api/v1/conversations/{each['id']}"
    for method, path in (("POST", f"{one}/read"), ("POST", f"{one}/unread"), ("DELETE", one)):
        assert (await otto.ask(method, path)).status == 404
    assert (await fatima.ask("POST", f"{one}/read")).json == each | {"unread": False}
    assert (await fatima.ask("POST", f"{one}/unread")).json["unread"] is True
    assert (await fatima.ask("DELETE", one)).json == {}
    assert (await fatima.get("/api/v1/conversations")).json == []


async def test_a_muted_talk_says_so_and_tells_nothing(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    assert fatima.person and jelle.person
    uri = await fatima.person.post("Moi")
    (status,) = (await fatima.get("/api/v1/timelines/home")).json
    assert status["muted"] is False
    muted = await fatima.ask("POST", f"/api/v1/statuses/{status['id']}/mute")
    demand_entity(muted.json, "Status")
    assert muted.json["muted"] is True
    await jelle.person.reply(uri, "Een antwoord")
    assert (await fatima.get("/api/v1/notifications")).json == []
    assert (await fatima.ask("POST", f"/api/v1/statuses/{status['id']}/unmute")).json["muted"] is False
    assert (await fatima.ask("POST", "/api/v1/statuses/12345/mute")).status == 404


async def test_bookmarks_and_favourites_have_lists(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    assert jelle.person
    await jelle.person.post("Een")
    await jelle.person.post("Twee")
    two, one = (await fatima.get("/api/v1/timelines/public")).json
    for verb, path in (("bookmark", "/api/v1/bookmarks"), ("favourite", "/api/v1/favourites")):
        for status in (two, one):
            await fatima.ask("POST", f"/api/v1/statuses/{status['id']}/{verb}")
        answer = await fatima.get(path)
        demand_entity(answer.json, "Status")
        assert [status["id"] for status in answer.json] == [one["id"], two["id"]]
        first = await fatima.get(path, limit=1)
        cursor = first.headers["link"].split("max_id=")[1].split(">")[0]
        rest = await fatima.get(path, max_id=cursor)
        assert [status["id"] for status in rest.json] == [two["id"]]
        assert (await jelle.get(path)).json == []
        assert (await counter.visitor.get(path)).status == 401


async def test_markers_remember_how_far_somebody_read(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert (await fatima.get("/api/v1/markers", **{"timeline[]": "home"})).json == {}
    saved = await fatima.ask("POST", "/api/v1/markers", data={"home[last_read_id]": "12"})
    demand_entity(saved.json["home"], "Marker")
    assert (saved.json["home"]["last_read_id"], saved.json["home"]["version"]) == ("12", 1)
    assert (await fatima.post("/api/v1/markers", home={"last_read_id": "11"})).json == saved.json
    assert (await fatima.get("/api/v1/markers", **{"timeline[]": "home"})).json == saved.json
    assert (await fatima.get("/api/v1/markers", **{"timeline[]": "notifications"})).json == {}
    assert (await fatima.post("/api/v1/markers", home={"last_read_id": "soon"})).status == 422
    assert (await fatima.post("/api/v1/markers", home={"last_read_id": "9" * 19})).status == 422


async def test_a_subject_is_followed_and_comes_home(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    assert jelle.person
    followed = await fatima.ask("POST", "/api/v1/tags/Inkoop/follow")
    demand_entity(followed.json, "Tag")
    assert (followed.json["name"], followed.json["following"], followed.json["featuring"]) == ("inkoop", True, False)
    await jelle.person.post("Over #inkoop")
    assert len((await fatima.get("/api/v1/timelines/home")).json) == 1
    listed = await fatima.get("/api/v1/followed_tags")
    demand_entity(listed.json, "Tag")
    assert [each["name"] for each in listed.json] == ["inkoop"]
    assert "following" not in (await counter.visitor.get("/api/v1/tags/inkoop")).json
    assert (await fatima.ask("POST", "/api/v1/tags/inkoop/unfollow")).json["following"] is False
    assert (await fatima.get("/api/v1/followed_tags")).json == []
    assert (await fatima.ask("POST", "/api/v1/tags/%21/follow")).status == 404


async def test_a_profile_shows_subjects(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    assert fatima.person
    await fatima.person.post("Over #Inkoop en #zorg")
    suggested = await fatima.get("/api/v1/featured_tags/suggestions")
    demand_entity(suggested.json, "Tag")
    assert [each["name"] for each in suggested.json] == ["inkoop", "zorg"]
    made = await fatima.post("/api/v1/featured_tags", name="#Inkoop")
    demand_entity(made.json, "FeaturedTag")
    assert (made.json["name"], made.json["statuses_count"]) == ("Inkoop", "1")
    assert (await fatima.ask("POST", "/api/v1/tags/zorg/feature")).json["featuring"] is True
    listed = (await fatima.get("/api/v1/featured_tags")).json
    assert [each["name"] for each in listed] == ["Inkoop", "zorg"]
    assert (await counter.visitor.get(f"/api/v1/accounts/{await id_of(fatima)}/featured_tags")).json == listed
    assert (await fatima.get("/api/v1/featured_tags/suggestions")).json == []
    assert (await fatima.ask("POST", "/api/v1/tags/zorg/unfeature")).json["featuring"] is False
    assert (await jelle.ask("DELETE", f"/api/v1/featured_tags/{made.json['id']}")).status == 404
    assert (await fatima.ask("DELETE", f"/api/v1/featured_tags/{made.json['id']}")).json == {}
    assert (await fatima.get("/api/v1/featured_tags")).json == []
    assert (await fatima.post("/api/v1/featured_tags", name="")).status == 404


async def test_each_of_these_needs_its_scope(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    weak = App(counter.town, counter.session, token=await counter.token_of(fatima.person, scopes="read:search"))
    for method, path in (
        ("GET", "/api/v1/conversations"), ("POST", "/api/v1/conversations/1/read"), ("GET", "/api/v1/bookmarks"),
        ("GET", "/api/v1/favourites"), ("GET", "/api/v1/markers"), ("POST", "/api/v1/markers"),
        ("GET", "/api/v1/followed_tags"), ("POST", "/api/v1/tags/inkoop/follow"), ("POST", "/api/v1/featured_tags"),
        ("POST", "/api/v1/tags/inkoop/feature"), ("POST", "/api/v1/statuses/1/mute"),
    ):  # fmt: skip
        assert (await weak.ask(method, path)).status == 403
        assert (await counter.visitor.ask(method, path)).status == 401
