"""The door for apps: what every answer has, whatever was asked."""

from __future__ import annotations

import pytest

from tests.mastodon.conftest import Counter, demand_entity


async def test_the_instance_describes_itself_in_both_versions(counter: Counter) -> None:
    for path, entity in (("/api/v2/instance", "Instance"), ("/api/v1/instance", "V1Instance")):
        answer = await counter.visitor.get(path)
        assert answer.status == 200
        demand_entity(answer.json, entity)
        assert answer.json["version"].startswith("4.5.0 (compatible; fedgov ")


async def test_a_slash_at_the_end_makes_no_difference(counter: Counter) -> None:
    assert (await counter.visitor.get("/api/v2/instance/")).status == 200


async def test_what_does_not_exist_is_told_as_json(counter: Counter) -> None:
    for path in ("/api/v1/nonsense", "/api/v9/instance", "/oauth/nonsense"):
        answer = await counter.visitor.get(path)
        assert (answer.status, answer.json) == (404, {"error": "Record not found"})


async def test_a_method_that_an_address_does_not_have_is_told_as_json(counter: Counter) -> None:
    answer = await counter.visitor.ask("DELETE", "/api/v2/instance")
    assert (answer.status, answer.json) == (405, {"error": "Method not allowed"})
    assert answer.headers["allow"] == "GET, HEAD"


async def test_apps_in_browsers_may_read_every_answer(counter: Counter) -> None:
    for method, path in (("GET", "/api/v2/instance"), ("GET", "/api/v1/nonsense"), ("OPTIONS", "/api/v1/statuses")):
        answer = await counter.visitor.ask(method, path)
        assert answer.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in answer.headers["access-control-allow-headers"]


async def test_the_home_timeline_needs_a_token(counter: Counter) -> None:
    answer = await counter.visitor.get("/api/v1/timelines/home")
    assert (answer.status, answer.json) == (401, {"error": "The access token is invalid"})


async def test_a_token_that_nobody_gave_is_refused_even_where_none_is_needed(counter: Counter) -> None:
    app = counter.visitor
    app.token = "nobody-gave-this"
    assert (await app.get("/api/v2/instance")).status == 401


async def test_a_token_without_the_scope_is_refused(counter: Counter) -> None:
    app = await counter.app_of("fatima", scopes="write read:accounts")
    answer = await app.get("/api/v1/timelines/home")
    assert (answer.status, answer.json) == (403, {"error": "This action is outside the authorized scopes"})


async def test_a_call_says_how_many_are_left(counter: Counter) -> None:
    app = await counter.app_of("fatima")
    first = (await app.get("/api/v1/timelines/home")).headers
    second = (await app.get("/api/v1/timelines/home")).headers
    assert first["x-ratelimit-limit"] == "300"
    assert int(first["x-ratelimit-remaining"]) - int(second["x-ratelimit-remaining"]) in (0, 1)
    assert first["x-ratelimit-reset"].endswith("Z")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
async def test_a_body_that_is_no_json_object_is_refused(counter: Counter, body: bytes) -> None:
    app = await counter.app_of("fatima")
    headers = {"Content-Type": "application/json"}
    answer = await app.ask("GET", "/api/v1/timelines/home", data=body, headers=headers)
    assert answer.status == 400
    assert set(answer.json) == {"error"}


OPEN_TO_SCRIPTS = (
    "/api/v2/instance",
    "/api/v1/nonsense",
    "/oauth/token",
    "/.well-known/oauth-authorization-server",
    "/.well-known/nodeinfo",
    "/.well-known/host-meta",
    "/.well-known/host-meta.json",
    "/.well-known/webfinger?resource=acct:nobody@nowhere.example",
    "/nodeinfo/2.0",
    "/nodeinfo/2.1",
)


async def test_scripts_of_every_site_may_read_what_apps_look_at(counter: Counter) -> None:
    origin = {"Origin": "https://app.example"}
    asking = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    for path in OPEN_TO_SCRIPTS:
        for method, sent in (("GET", origin), ("OPTIONS", asking)):
            url = f"{counter.town.base}{path}"
            headers = {"Host": counter.town.domain, **sent}
            async with counter.session.request(method, url, headers=headers) as answer:
                assert answer.headers.getall("Access-Control-Allow-Origin") == ["*"], (method, path)
                assert method == "GET" or answer.status == 204, (path, answer.status)
                assert method == "GET" or "GET" in answer.headers["Access-Control-Allow-Methods"]


async def test_a_script_may_read_an_answer_again_that_did_not_change(counter: Counter) -> None:
    first = await counter.visitor.get("/nodeinfo/2.0")
    again = await counter.visitor.ask("GET", "/nodeinfo/2.0", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.headers["access-control-allow-origin"]) == (304, "*")


class TestWhoComesTooOften:
    @pytest.fixture
    def settings(self) -> dict[str, dict[str, int]]:
        return {"limits": {"api_calls_per_five_minutes": 3, "api_uploads_per_half_hour": 1}}

    async def test_a_refusal_says_how_many_calls_are_left_too(self, counter: Counter) -> None:
        app = await counter.app_of("fatima")
        left = []
        for path in ("/api/v1/statuses/1", "/api/v1/timelines/home", "/api/v1/lists/x", "/api/v1/timelines/home"):
            answer = await app.get(path)
            left.append((answer.status, answer.headers["x-ratelimit-remaining"]))
        assert left == [(404, "2"), (200, "1"), (404, "0"), (429, "0")]
        assert set(answer.json) == {"error"}
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["x-ratelimit-limit"] == "3"

    async def test_files_are_counted_apart(self, counter: Counter) -> None:
        app = await counter.app_of("fatima")
        assert (await app.ask("POST", "/api/v2/media", data={"file": "x"})).headers["x-ratelimit-limit"] == "1"
        assert (await app.ask("POST", "/api/v2/media", data={"file": "x"})).status == 429
        assert (await app.get("/api/v1/timelines/home")).headers["x-ratelimit-remaining"] == "2"
