"""Announcements, as apps show and answer them."""

from __future__ import annotations

from urllib.parse import quote

from fedgov.features.notices.service import announcements
from fedgov.federation import objects
from tests.mastodon.conftest import App, Counter, demand_entity

PATH = "/api/v1/announcements"


async def _announce(counter: Counter, text: str = "Moi", *, published: bool = True) -> str:
    return str(await counter.town.instance.write(announcements.write, text=text, published=published))


async def _listed(app: App) -> list[dict[str, object]]:
    answer = await app.get(PATH)
    assert answer.status == 200
    demand_entity(answer.json, "Announcement")
    return list(answer.json)


async def test_an_app_shows_announcements_with_whom_and_what_they_name(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    post = await counter.town.ask(objects.find, uri=await fatima.person.post("Taart"))
    assert post is not None
    number = await _announce(counter, f"@fatima bracht #taart: {post.uri}")
    await _announce(counter, "Nog niet", published=False)
    [found] = await _listed(fatima)
    assert (found["id"], found["read"], found["all_day"], found["emojis"]) == (number, False, False, [])
    assert [each["acct"] for each in found["mentions"]] == ["fatima"]  # type: ignore[attr-defined]
    assert found["statuses"] == [{"id": str(post.id), "url": post.uri}]
    assert [each["name"] for each in found["tags"]] == ["taart"]  # type: ignore[attr-defined]


async def test_an_app_dismisses_an_announcement_and_puts_emoji_under_it(counter: Counter) -> None:
    fatima, jelle = await counter.app_of("fatima"), await counter.app_of("jelle")
    number = await _announce(counter)
    assert (await fatima.ask("POST", f"{PATH}/{number}/dismiss")).json == {}
    for app in (fatima, jelle):
        assert (await app.ask("PUT", f"{PATH}/{number}/reactions/{quote('🎉')}")).json == {}
    assert (await fatima.ask("DELETE", f"{PATH}/{number}/reactions/{quote('🎉')}")).json == {}
    [hers], [his] = await _listed(fatima), await _listed(jelle)
    assert (hers["read"], his["read"]) == (True, False)
    assert hers["reactions"] == [{"name": "🎉", "count": 1, "me": False, "url": None, "static_url": None}]
    assert his["reactions"] == [{"name": "🎉", "count": 1, "me": True, "url": None, "static_url": None}]


async def test_what_cannot_be_answered_is_refused(counter: Counter) -> None:
    fatima, number = await counter.app_of("fatima"), await _announce(counter)
    for status, method, path in (
        (404, "POST", "12/dismiss"), (404, "POST", "x/dismiss"), (404, "PUT", f"12/reactions/{quote('🎉')}"),
        (422, "PUT", f"{number}/reactions/ja"), (422, "PUT", f"{number}/reactions/blobcat"),
        (404, "DELETE", f"{number}/reactions/{quote('🎉')}"),
    ):  # fmt: skip
        assert (await fatima.ask(method, f"{PATH}/{path}")).status == status, path
    reader = await counter.app_of("jelle", scopes="read")
    assert (await reader.ask("POST", f"{PATH}/{number}/dismiss")).status == 403
    assert (await counter.visitor.get(PATH)).status == 401
    [found] = await _listed(fatima)
    assert (found["read"], found["reactions"]) == (False, [])
