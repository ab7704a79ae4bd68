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
