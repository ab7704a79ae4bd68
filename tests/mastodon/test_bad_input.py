"""What is wrong is told as JSON, with the status that Mastodon gives, and changes nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any, Final

import aiohttp
import pytest
import pytest_asyncio

from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.streams.names import ROOT
from fedgov.mastodon.table import TABLE
from tests.mastodon.conftest import Answered
from tests.mastodon.scene import PICTURE, Scene, played

pytestmark = pytest.mark.asyncio(loop_scope="module")

_PLACE: Final = re.compile(r":[a-z_]+")
JSON: Final = {"Content-Type": "application/json"}

WRITING: Final = [each for each in TABLE.endpoints if each.method != "GET"]
WITH_PLACE: Final = [each for each in TABLE.endpoints if ":" in each.path]

NOBODYS: Final = ("9", "9223372036854775808", "abc")
"""Ids that nothing has."""

NAMED: Final = ("/api/v1/tags/", "/api/v1/timelines/tag/")
"""What is found by a name, which may be any."""

GONE_ALREADY: Final = frozenset(
    {"/api/v2/notifications/:group_key/dismiss", "/api/v1/announcements/:id/reactions/:name"}
)
"""Where what is not there is as it should be."""

WRONG: Final[tuple[object, ...]] = ({"a": {"b": ["c"]}}, [[["x"]]], 10**30, "\x00", [None, {}])
"""Values that are hardly ever meant."""

QUERIES: Final = """
max_id since_id min_id limit offset q id[] ids[] types[] timeline[] acct url order maxwidth
"""
"""What lists and searches read."""

EVERYTHING: Final = """
status account_id id ids title phrase keyword context q limit offset duration comment domain
name timeline choices focus description visibility scheduled_at poll media_ids in_reply_to_id
language account_ids fields_attributes source avatar file redirect_uris scopes client_name
grant_type token data subscription keywords_attributes media_attributes types expires_in
status_id locale username password agreement acct url category rule_ids status_ids
for_not_following home notifications maxwidth display_name note quoted_status_id
"""
"""What endpoints read."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """A town hall in which everything has happened."""
    async with played(tmp_path_factory.mktemp("bad")) as found:
        yield found


def demand_refusal(answer: Answered, *statuses: int) -> None:
    """Check that this is an Error entity with one of the statuses."""
    assert answer.status in statuses, (answer.status, answer.json)
    assert isinstance(answer.json, dict), answer.json
    assert isinstance(answer.json["error"], str)
    assert answer.json["error"]
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["access-control-allow-origin"] == "*"


async def state(scene: Scene) -> Any:
    """Return all that Fatima has, as apps see it."""
    paths = (
        "accounts/verify_credentials",
        f"accounts/{scene.ids['fatima']}/statuses",
        "scheduled_statuses",
        "lists",
        "filters",
        "bookmarks",
        "favourites",
        "followed_tags",
        "featured_tags",
        "domain_blocks",
        "blocks",
        "mutes",
        "markers?timeline[]=home",
        "notifications",
        "conversations",
    )
    return [(await scene.fatima.get(f"/api/v1/{path}")).json for path in paths]


def _key(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


async def test_ids_that_nothing_has_are_not_found_anywhere(scene: Scene) -> None:
    before = await state(scene)
    for endpoint in WITH_PLACE:
        if endpoint.path.startswith(NAMED) or endpoint.path.endswith(":date"):
            continue
        for number in NOBODYS:
            answer = await scene.fatima.ask(endpoint.method, _PLACE.sub(number, endpoint.path), json=_needed(endpoint))
            where = (_key(endpoint), number, answer.status, answer.json)
            if endpoint.path in GONE_ALREADY and answer.status == 200:
                assert answer.json == {}, where
            elif endpoint.path.startswith("/api/v1/admin/"):  # they look at the values first
                demand_refusal(answer, 404, 422)
            else:
                assert answer.status == 404, where
                demand_refusal(answer, 404)
    assert await state(scene) == before


def _needed(endpoint: Endpoint) -> dict[str, Any]:
    """Return values with which the id is all that is wrong."""
    needed: dict[str, Any] = {
        "title": "x",
        "keyword": "x",
        "phrase": "x",
        "context": ["home"],
        "choices": [0],
        "status": "x",
    }
    needed["quote_approval_policy"] = "public"
    return {**needed, "scheduled_at": "2026-12-30T12:00:00.000Z", "status_id": "9"} if endpoint.method != "GET" else {}


async def test_an_address_with_a_null_character_leads_nowhere(scene: Scene) -> None:
    for endpoint in WITH_PLACE:
        answer = await scene.fatima.ask(endpoint.method, _PLACE.sub("%00", endpoint.path), json={})
        demand_refusal(answer, 404)


@pytest.mark.parametrize("number", range(len(WRONG)))
async def test_values_of_the_wrong_kind_are_told_and_never_break_anything(scene: Scene, number: int) -> None:
    """Somebody of her own, to whom it does not matter what is changed."""
    app, wrong = await scene.somebody(f"proef{number}"), WRONG[number]
    for endpoint in WRITING:
        path = _PLACE.sub(scene.ids["jelle"], endpoint.path)
        answer = await app.ask(endpoint.method, path, json=dict.fromkeys(EVERYTHING.split(), wrong))
        assert answer.status < 500, (_key(endpoint), answer.json)
        assert isinstance(answer.json, dict | list | bool), (_key(endpoint), answer.json)
        if answer.status >= 400:
            demand_refusal(answer, 400, 401, 403, 404, 422)


@pytest.mark.parametrize("wrong", ["\x00", "-1", "9" * 30, "x" * 3_000], ids=["nul", "negative", "huge", "long"])
async def test_queries_that_make_no_sense_never_break_anything(scene: Scene, wrong: str) -> None:
    for endpoint in TABLE.endpoints:
        if endpoint.method == "GET" and not endpoint.path.startswith(ROOT):  # streams stay open
            path = _PLACE.sub(scene.ids["plain"], endpoint.path)
            answer = await scene.fatima.ask("GET", path, params=dict.fromkeys(QUERIES.split(), wrong))
            assert answer.status < 500, (_key(endpoint), answer.json)
            if answer.status >= 400:
                demand_refusal(answer, 400, 401, 404, 422)


BROKEN: Final[dict[str, dict[str, Any]]] = {
    "no JSON": {"data": b"{", "headers": JSON},
    "no object": {"data": b"[1]", "headers": JSON},
    "no UTF-8": {"data": b'{"status": "\xff\xfe"}', "headers": JSON},
    "half a character": {"data": b'{"status": "\\ud800"}', "headers": JSON},
    "too deep": {"data": b'{"status":' + b"[" * 100_000, "headers": JSON},
    "no UTF-8 in a form": {"data": b"status=%ff%fe", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    "no boundary": {"data": b"--x", "headers": {"Content-Type": "multipart/form-data"}},
    "half a form": {"data": b"--x\r\nContent", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    "nested too deeply": {"data": {"a" + "[b]" * 50: "x", "status": "x"}},
    "too many values": {"data": [("media_ids[]", "1")] * 2_000},
    "a value and a list": {"data": [("status", "x"), ("status[]", "x")]},
    "NUL in a form": {"data": {"status": "nul: \x00"}},
    "NUL in JSON": {"json": {"status": "nul: \x00"}},
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_body_that_cannot_be_read_is_refused_and_changes_nothing(scene: Scene, what: str) -> None:
    before = (await scene.fatima.get("/api/v1/timelines/home")).json
    demand_refusal(await scene.fatima.ask("POST", "/api/v1/statuses", **BROKEN[what]), 400, 422)
    assert (await scene.fatima.get("/api/v1/timelines/home")).json == before


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(scene: Scene) -> None:
    for path in ("/api/v1/statuses", "/api/v1/lists", "/oauth/token", "/api/v1/apps"):
        body = BytesIO(b'{"status": "' + b"x" * 1_100_000 + b'"}')
        demand_refusal(await scene.fatima.ask("POST", path, data=body, headers=JSON, expect100=True), 413)


FILES: Final[dict[str, bytes]] = {
    "nothing": b"",
    "text": b"Dit is geen plaatje.",
    "half a picture": PICTURE[:40],
    "a page": b"<html><script>alert(1)</script></html>",
    "a drawing with a script": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
}


@pytest.mark.parametrize("what", FILES)
async def test_a_broken_file_is_refused(scene: Scene, what: str) -> None:
    for method, path, name in (
        ("POST", "/api/v2/media", "file"),
        ("POST", "/api/v1/media", "file"),
        ("PATCH", "/api/v1/accounts/update_credentials", "avatar"),
    ):
        if name == "avatar" and not FILES[what]:
            continue  # what apps send for a picture that stays
        form = aiohttp.FormData({"description": "x"})
        form.add_field(name, FILES[what], filename="plein.png", content_type="image/png")
        demand_refusal(await scene.fatima.ask(method, path, data=form), 422)
    mine = (await scene.fatima.get("/api/v1/accounts/verify_credentials")).json
    assert mine["avatar"].endswith("/static/avatar.png")


FOREIGN: Final[tuple[tuple[str, str, dict[str, Any], tuple[int, ...]], ...]] = (
    ("PUT", "/api/v1/statuses/{of jelle}", {"status": "Anders"}, (403, 404, 422)),
    ("DELETE", "/api/v1/statuses/{of jelle}", {}, (404,)),
    ("POST", "/api/v1/statuses/{of jelle}/pin", {}, (422,)),
    ("GET", "/api/v1/statuses/{jelle direct}", {}, (404,)),
    ("POST", "/api/v1/statuses/{jelle direct}/favourite", {}, (404,)),
    ("POST", "/api/v1/statuses/{jelle direct}/reblog", {}, (404,)),
    ("POST", "/api/v1/statuses/{jelle direct}/bookmark", {}, (404,)),
    ("GET", "/api/v1/statuses/{jelle direct}/context", {}, (404,)),
    ("GET", "/api/v1/lists/{jelle list}", {}, (404,)),
    ("PUT", "/api/v1/lists/{jelle list}", {"title": "x"}, (404,)),
    ("DELETE", "/api/v1/lists/{jelle list}", {}, (404,)),
    ("GET", "/api/v1/timelines/list/{jelle list}", {}, (404,)),
    ("GET", "/api/v2/filters/{jelle filter}", {}, (404,)),
    ("PUT", "/api/v2/filters/{jelle filter}", {"title": "x"}, (404,)),
    ("DELETE", "/api/v2/filters/{jelle filter}", {}, (404,)),
    ("GET", "/api/v1/scheduled_statuses/{jelle scheduled}", {}, (404,)),
    ("DELETE", "/api/v1/scheduled_statuses/{jelle scheduled}", {}, (404,)),
    ("GET", "/api/v1/media/{jelle file}", {}, (404,)),
    ("PUT", "/api/v1/media/{jelle file}", {"description": "x"}, (404,)),
    ("DELETE", "/api/v1/media/{jelle file}", {}, (404,)),
    ("POST", "/api/v1/statuses", {"status": "x", "media_ids": ["{jelle file}"]}, (422,)),
    ("GET", "/api/v1/notifications/{jelle notification}", {}, (404,)),
    ("POST", "/api/v1/notifications/{jelle notification}/dismiss", {}, (404,)),
    ("POST", "/api/v1/conversations/{jelle conversation}/read", {}, (404,)),
    ("DELETE", "/api/v1/conversations/{jelle conversation}", {}, (404,)),
    ("POST", "/api/v1/polls/{plain}/votes", {"choices": [0]}, (404, 422)),
    ("POST", "/api/v1/polls/{poll}/votes", {"choices": [0]}, (422,)),
    ("POST", "/api/v1/polls/{poll of jelle}/votes", {"choices": [7]}, (422,)),
    ("POST", "/api/v1/accounts/{fatima}/follow", {}, (403, 422)),
    ("POST", "/api/v1/accounts/{fatima}/block", {}, (403, 422)),
    ("POST", "/api/v1/accounts/{fatima}/mute", {}, (403, 422)),
)
"""What is somebody else's, or not hers to do: method, path, values, and how it is refused."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def foreign(scene: Scene) -> dict[str, str]:
    """What Jelle has and Fatima has not."""
    jelle, otto = scene.jelle, scene.otto
    found = {
        "direct": await scene.post("@otto onder ons", by=jelle, visibility="direct"),
        "list": (await jelle.post("/api/v1/lists", title="Van mij")).json["id"],
        "filter": (await jelle.post("/api/v2/filters", title="Van mij", context=["home"])).json["id"],
        "scheduled": await scene.post("Later", by=jelle, scheduled_at="2026-12-31T12:00:00.000Z"),
        "file": await scene.upload(by=jelle),
    }
    await otto.post(f"/api/v1/statuses/{found['direct']}/favourite")
    found["notification"] = (await jelle.get("/api/v1/notifications")).json[0]["id"]
    found["conversation"] = (await jelle.get("/api/v1/conversations")).json[0]["id"]
    return {f"jelle {name}": value for name, value in found.items()} | scene.ids


async def test_what_is_somebody_elses_is_refused_and_stays_as_it_is(scene: Scene, foreign: dict[str, str]) -> None:
    before = await state(scene)
    for method, path, values, statuses in FOREIGN:
        filled = {
            name: [each.format_map(foreign) for each in value] if name == "media_ids" else value
            for name, value in values.items()
        }
        answer = await scene.fatima.ask(method, path.format_map(foreign), json=filled)
        assert answer.status in statuses, (method, path, answer.status, answer.json)
        demand_refusal(answer, *statuses)
    assert await state(scene) == before
    for name in ("list", "filter", "scheduled"):
        prefix = {"list": "v1/lists", "filter": "v2/filters", "scheduled": "v1/scheduled_statuses"}[name]
        assert (await scene.jelle.get(f"/api/{prefix}/{foreign[f'jelle {name}']}")).status == 200
