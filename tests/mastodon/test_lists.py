"""Lists, as apps make and read them."""

from __future__ import annotations

from fedgov.features.people.queries import find_actor
from tests.mastodon.conftest import App, Counter, demand_entity


async def id_of(app: App) -> str:
    assert app.person is not None
    row = await app.town.ask(find_actor, uri=app.person.uri)
    assert row is not None
    return str(row.id)


async def test_a_list_is_made_filled_read_and_removed(counter: Counter) -> None:
    fatima, jelle, otto = [await counter.app_of(name) for name in ("fatima", "jelle", "otto")]
    assert fatima.person and jelle.person and otto.person
    made = await fatima.post("/api/v1/lists", title="Buren", replies_policy="followed", exclusive=True)
    demand_entity(made.json, "List")
    assert made.json | {"id": ""} == {"id": "", "title": "Buren", "replies_policy": "followed", "exclusive": True}
    path = f"/api/v1/lists/{made.json['id']}"
    changed = await fatima.ask("PUT", path, json={"title": "Straat", "exclusive": False})
    assert (changed.status, changed.json["title"], changed.json["exclusive"]) == (200, "Straat", False)
    assert (await fatima.get(path)).json == changed.json
    assert (await fatima.get("/api/v1/lists")).json == [changed.json]

    await fatima.person.follow(jelle.person)
    ids = {"account_ids[]": await id_of(jelle)}
    assert (await fatima.ask("POST", f"{path}/accounts", data=ids)).json == {}
    on_it = await fatima.get(f"{path}/accounts", limit=0)
    demand_entity(on_it.json, "Account")
    assert [each["username"] for each in on_it.json] == ["jelle"]
    assert (await fatima.get(f"/api/v1/accounts/{await id_of(jelle)}/lists")).json == [changed.json]

    await jelle.person.post("Van Jelle")
    await otto.person.post("Van Otto")
    timeline = await fatima.get(f"/api/v1/timelines/list/{made.json['id']}")
    demand_entity(timeline.json, "Status")
    assert [status["content"] for status in timeline.json] == ["<p>Van Jelle</p>"]
    assert 'rel="next"' in timeline.headers["link"]

    assert (await fatima.ask("DELETE", f"{path}/accounts", data=ids)).json == {}
    assert (await fatima.get(f"{path}/accounts")).json == []
    assert (await fatima.ask("DELETE", path)).json == {}
    assert (await fatima.get(path)).status == 404


async def test_the_list_of_somebody_else_does_not_exist(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    number = (await fatima.post("/api/v1/lists", title="Buren")).json["id"]
    path = f"/api/v1/lists/{number}"
    for method, where in (
        ("GET", path), ("PUT", path), ("DELETE", path), ("GET", f"{path}/accounts"), ("POST", f"{path}/accounts"),
        ("DELETE", f"{path}/accounts"), ("GET", f"/api/v1/timelines/list/{number}"),
    ):  # fmt: skip
        assert (await jelle.ask(method, where)).status == 404
    assert (await fatima.get(path)).status == 200


async def test_only_people_whom_one_follows_are_put_on_a_list(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    number = (await fatima.post("/api/v1/lists", title="Buren")).json["id"]
    for stranger in (await id_of(jelle), "12345"):
        assert (await fatima.post(f"/api/v1/lists/{number}/accounts", account_ids=[stranger])).status == 404


async def test_lists_need_a_title_a_known_choice_and_the_right_scope(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    assert (await fatima.post("/api/v1/lists", title="")).status == 422
    assert (await fatima.post("/api/v1/lists", title="Buren", replies_policy="all")).status == 422
    assert (await fatima.get("/api/v1/lists")).json == []
    reader = App(counter.town, counter.session, token=await counter.token_of(fatima.person, scopes="read:lists"))
    assert (await reader.get("/api/v1/lists")).status == 200
    assert (await reader.post("/api/v1/lists", title="Buren")).status == 403
    assert (await counter.visitor.get("/api/v1/lists")).status == 401
