"""Every list that apps turn the pages of, by the one rule: ids 6 to 1, two at a time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio

from fedgov.mastodon.streams.names import ROOT
from fedgov.mastodon.table import TABLE
from tests.mastodon.conftest import Answered, App, Counter
from tests.mastodon.scene import done, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIX: Final = ("anna", "bram", "cato", "daan", "eva", "frits")
_LINK: Final = re.compile(r'<([^>]+)>; rel="(next|prev)"')

LISTS: Final[dict[str, str]] = {
    "/api/v1/timelines/home": "fatima",
    "/api/v1/timelines/public": "fatima",
    "/api/v1/timelines/direct": "fatima",
    "/api/v1/timelines/link": "fatima",
    "/api/v1/timelines/tag/:hashtag": "fatima",
    "/api/v1/timelines/list/:list_id": "fatima",
    "/api/v1/accounts/:id/statuses": "fatima",
    "/api/v1/bookmarks": "fatima",
    "/api/v1/favourites": "fatima",
    "/api/v1/conversations": "fatima",
    "/api/v1/scheduled_statuses": "fatima",
    "/api/v1/notifications": "fatima",
    "/api/v2/notifications": "fatima",
    "/api/v1/accounts/:id/followers": "fatima",
    "/api/v1/accounts/:id/following": "fatima",
    "/api/v1/accounts/:id/endorsements": "fatima",
    "/api/v1/endorsements": "fatima",
    "/api/v1/lists/:id/accounts": "fatima",
    "/api/v1/followed_tags": "fatima",
    "/api/v1/domain_blocks": "fatima",
    "/api/v1/statuses/:id/favourited_by": "fatima",
    "/api/v1/statuses/:id/reblogged_by": "fatima",
    "/api/v1/statuses/:id/quotes": "fatima",
    "/api/v1/blocks": "mieke",
    "/api/v1/mutes": "mieke",
    "/api/v1/follow_requests": "berend",
    "/api/v1/notifications/requests": "berend",
}
"""Path, and whose list it is; it holds six things or more."""

ADDRESS: Final = "https://delft.example/zes"
"""What the six link to."""

AT_ONCE: Final[dict[str, str]] = {
    "/api/v1/accounts": "those asked for",
    "/api/v1/statuses": "those asked for",
    "/api/v1/accounts/:id/featured_tags": "ten at most",
    "/api/v1/accounts/:id/lists": "a person has few",
    "/api/v1/accounts/familiar_followers": "those asked for",
    "/api/v1/accounts/relationships": "those asked for",
    "/api/v1/accounts/search": "by offset",
    "/api/v1/announcements": "few",
    "/api/v1/custom_emojis": "all are needed",
    "/api/v1/directory": "by offset",
    "/api/v1/featured_tags": "ten at most",
    "/api/v1/featured_tags/suggestions": "ten at most",
    "/api/v1/filters": "a person has few",
    "/api/v2/filters": "a person has few",
    "/api/v2/filters/:filter_id/keywords": "a filter has few",
    "/api/v2/filters/:filter_id/statuses": "a filter has few",
    "/api/v1/instance/activity": "twelve weeks",
    "/api/v1/instance/domain_blocks": "all are shown",
    "/api/v1/instance/languages": "three",
    "/api/v1/instance/peers": "all are shown",
    "/api/v1/instance/rules": "few",
    "/api/v1/lists": "a person has few",
    "/api/v1/peers/search": "twenty at most",
    "/api/v1/statuses/:id/history": "all versions",
    "/api/v1/suggestions": "forty at most",
    "/api/v2/suggestions": "forty at most",
    "/api/v1/timelines/link": "empty without the address of a link, which has tests of its own",
    "/api/v1/trends": "by offset",
    "/api/v1/trends/links": "by offset",
    "/api/v1/trends/statuses": "by offset",
    "/api/v1/trends/tags": "by offset",
    "/api/v2/notifications/:group_key/accounts": "eighty at most",
}
"""Lists that come in one piece, and why."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def full(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Any]]:
    """A town hall where everything is there six times: whose app by name, and what stands in the paths."""
    async with opened(tmp_path_factory.mktemp("paging")) as counter:
        yield await _fill(counter)


async def _fill(counter: Counter) -> dict[str, Any]:
    fatima, berend, mieke = [await counter.app_of(name) for name in ("fatima", "berend", "mieke")]
    me, him = [str((await app.get("/api/v1/accounts/verify_credentials")).json["id"]) for app in (fatima, berend)]
    mine = await done(fatima, "/api/v1/statuses", status="Vraag", quote_approval_policy="public")
    mine_list = await done(fatima, "/api/v1/lists", title="Zes")
    strict = {"for_not_following": "filter"}
    assert (await berend.ask("PATCH", "/api/v2/notifications/policy", json=strict)).status == 200
    assert (await berend.ask("PATCH", "/api/v1/profile", json={"locked": True})).status == 200
    for name in SIX:
        app = await counter.app_of(name)
        number = str((await app.get("/api/v1/accounts/verify_credentials")).json["id"])
        await done(fatima, f"/api/v1/accounts/{number}/follow")
        await done(fatima, f"/api/v1/accounts/{number}/endorse")
        await done(fatima, f"/api/v1/lists/{mine_list['id']}/accounts", account_ids=[number])
        await done(app, f"/api/v1/accounts/{me}/follow")
        post = await done(app, "/api/v1/statuses", status=f"Dag @berend, over #Zes {ADDRESS}")
        await done(fatima, f"/api/v1/statuses/{post['id']}/bookmark")
        await done(fatima, f"/api/v1/statuses/{post['id']}/favourite")
        await done(app, f"/api/v1/statuses/{mine['id']}/favourite")
        await done(app, f"/api/v1/statuses/{mine['id']}/reblog")
        await done(app, "/api/v1/statuses", status="Zie hier", quoted_status_id=mine["id"])
        await done(app, "/api/v1/statuses", status="@fatima iets anders", visibility="direct")
        await done(app, "/api/v1/statuses", status="Eens", quoted_status_id=mine["id"])
        await done(fatima, "/api/v1/statuses", status=f"Bericht voor {name}")
        await done(fatima, "/api/v1/statuses", status="Later", scheduled_at="2026-12-31T12:00:00.000Z")
        await done(fatima, f"/api/v1/tags/{name}/follow")
        await done(fatima, "/api/v1/domain_blocks", domain=f"{name}.example")
        await done(app, f"/api/v1/accounts/{him}/follow")
        await done(mieke, f"/api/v1/accounts/{number}/mute")
        await done(mieke, f"/api/v1/accounts/{number}/block")
    places = {"hashtag": "zes", "list_id": mine_list["id"]}
    ids = {"accounts": me, "lists": mine_list["id"], "statuses": mine["id"]}
    return {"fatima": fatima, "berend": berend, "mieke": mieke, "places": places, "ids": ids}


def _path(full: dict[str, Any], path: str) -> str:
    for name, value in full["places"].items():
        path = path.replace(f":{name}", value)
    if path.endswith("/timelines/link"):
        return f"{path}?url={ADDRESS}"
    if ":id" not in path:
        return path
    return path.replace(":id", full["ids"].get(path.split("/")[3], "0"))


def _links(answer: Answered) -> list[tuple[str, str]]:
    found = [(kind, url) for url, kind in _LINK.findall(answer.headers.get("link", ""))]
    assert bool(found) == ("link" in answer.headers), "a Link header is never empty"
    return found


def _keys(answer: Answered) -> list[str]:
    things = answer.json["notification_groups"] if isinstance(answer.json, dict) else answer.json
    return [
        each if isinstance(each, str) else each.get("id") or each.get("name") or each["group_key"] for each in things
    ]


async def _walk_down(app: App, path: str, *, most: int) -> list[tuple[str, str]]:
    """Turn pages of one thing each by their links; return each thing with its cursor, the newest first."""
    found: list[tuple[str, str]] = []
    answer = await app.get(path, limit="1")
    while _keys(answer) and len(found) < most:
        (kind, older), *newer = _links(answer)
        assert (kind, [each for each, _ in newer]) == ("next", ["prev"])
        assert older.startswith(app.town.instance.site.origin)
        assert "limit=1" in older
        (key,) = _keys(answer)
        found.append((key, older.partition("max_id=")[2].partition("&")[0]))
        answer = await app.ask("GET", older.removeprefix(app.town.instance.site.origin))
        assert answer.status == 200
    return found


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_is_turned_by_the_one_rule(full: dict[str, Any], path: str) -> None:
    app, address = full[LISTS[path]], _path(full, path)
    found = await _walk_down(app, address, most=7)
    assert len(found) >= 6, found
    names, cursors = [name for name, _ in found], [cursor for _, cursor in found]
    assert len(set(names)) == len(names), "nothing comes twice"
    assert all(cursor.isdigit() for cursor in cursors)
    assert [int(cursor) for cursor in cursors] == sorted((int(cursor) for cursor in cursors), reverse=True)
    middle = cursors[3]
    older = _keys(await app.get(address, limit="2", max_id=middle))
    newest = _keys(await app.get(address, limit="2", since_id=middle))
    above = _keys(await app.get(address, limit="2", min_id=middle))
    assert (older, newest, above) == (names[4:6], names[0:2], names[1:3])
    assert _keys(await app.get(address, limit="100000"))[:6] == names[:6]
    assert _keys(await app.get(address, max_id="nonsense", limit="nonsense"))[:6] == names[:6]
    if len(found) < 7:
        nothing = await app.get(address, max_id=cursors[-1])
        assert (_keys(nothing), _links(nothing)) == ([], [])


async def test_every_list_is_in_one_of_the_tables(full: dict[str, Any]) -> None:
    known = {**LISTS, **AT_ONCE}
    for endpoint in TABLE.endpoints:
        if endpoint.method == "GET" and endpoint.path not in known and not endpoint.path.startswith(ROOT):
            answer = await full["fatima"].get(_path(full, endpoint.path))
            assert not isinstance(answer.json, list), f"is {endpoint.path} turned page by page?"
