"""Timelines, as apps read them."""

from __future__ import annotations

from typing import Any

from tests.mastodon.conftest import App, Counter, demand_entity


async def _texts(app: App, path: str, **params: Any) -> list[str]:
    answer = await app.get(path, **params)
    assert answer.status == 200
    demand_entity(answer.json, "Status")
    return [status["content"] for status in answer.json]


async def test_the_home_timeline_shows_whom_one_follows_and_oneself(counter: Counter) -> None:
    fatima, jelle, other = [await counter.app_of(name) for name in ("fatima", "jelle", "otto")]
    assert fatima.person and jelle.person and other.person
    await fatima.person.follow(jelle.person)
    await jelle.person.post("Van Jelle")
    await fatima.person.post("Van mij")
    await other.person.post("Van een ander")
    assert await _texts(fatima, "/api/v1/timelines/home") == ["<p>Van mij</p>", "<p>Van Jelle</p>"]


async def test_the_public_timeline_is_open_to_visitors(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    await fatima.person.post("Voor iedereen")
    await fatima.person.post("Voor wie mij volgt", "followers")
    await fatima.person.post("Voor collega's", "organisation")
    assert await _texts(counter.visitor, "/api/v1/timelines/public") == ["<p>Voor iedereen</p>"]


async def test_pages_follow_on_each_other_by_the_link_header(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    for number in range(1, 7):
        await fatima.person.post(f"Bericht {number}")
    first = await fatima.get("/api/v1/timelines/home", limit=2)
    ids = [status["id"] for status in (await fatima.get("/api/v1/timelines/home")).json]
    assert [status["id"] for status in first.json] == ids[:2]
    older, newer = first.headers["link"].split(", ")
    assert older == f'<{counter.town.instance.site.origin}/api/v1/timelines/home?limit=2&max_id={ids[1]}>; rel="next"'
    assert f"min_id={ids[0]}" in newer
    for params, wanted in (
        ({"max_id": ids[3]}, ids[4:6]), ({"since_id": ids[3]}, ids[:2]), ({"min_id": ids[3]}, ids[1:3]),
    ):  # fmt: skip
        answer = await fatima.get("/api/v1/timelines/home", limit=2, **params)
        assert [status["id"] for status in answer.json] == wanted
    assert len((await fatima.get("/api/v1/timelines/home", limit=1_000)).json) == 6


async def test_a_hashtag_has_a_timeline(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    await fatima.person.post("Over #Inkoop gesproken")
    await fatima.person.post("Over iets anders")
    answer = await counter.visitor.get("/api/v1/timelines/tag/inkoop")
    assert [status["tags"][0]["name"] for status in answer.json] == ["inkoop"]
