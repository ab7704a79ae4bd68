"""Filters, as apps make them, and what they do."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.mastodon.conftest import App, Counter, demand_entity
from tests.mastodon.reader import Reader
from tests.mastodon.test_lists import id_of


async def make(app: App, **values: Any) -> dict[str, Any]:
    answer = await app.post("/api/v2/filters", **{"title": "Fruit", "context": ["home"], **values})
    assert answer.status == 200
    demand_entity(answer.json, "Filter")
    found: dict[str, Any] = answer.json
    return found


async def test_a_filter_is_made_read_changed_and_removed(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    sent = {
        "title": "Fruit", "context[]": "home", "filter_action": "hide", "expires_in": "3600",
        "keywords_attributes[][keyword]": "appel", "keywords_attributes[][whole_word]": "false",
    }  # fmt: skip
    made = (await fatima.ask("POST", "/api/v2/filters", data=sent)).json
    demand_entity(made, "Filter")
    assert (made["title"], made["context"], made["filter_action"]) == ("Fruit", ["home"], "hide")
    assert made["expires_at"].endswith("Z")
    assert [(each["keyword"], each["whole_word"]) for each in made["keywords"]] == [("appel", False)]
    path = f"/api/v2/filters/{made['id']}"
    assert (await fatima.get(path)).json == made
    assert (await fatima.get("/api/v2/filters")).json == [made]
    word = made["keywords"][0]["id"]
    changed = await fatima.ask(
        "PUT",
        path,
        json={
            "title": "Groente", "context": ["public", "thread"], "expires_in": "",
            "keywords_attributes": [{"id": word, "_destroy": True}, {"keyword": "kool"}],
        },
    )  # fmt: skip
    demand_entity(changed.json, "Filter")
    assert (changed.json["title"], changed.json["context"]) == ("Groente", ["public", "thread"])
    assert changed.json["expires_at"] is None
    assert [each["keyword"] for each in changed.json["keywords"]] == ["kool"]
    assert (await fatima.ask("DELETE", path)).json == {}
    assert (await fatima.get(path)).status == 404


async def test_keywords_and_statuses_have_addresses_of_their_own(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    assert jelle.person
    made = await make(fatima)
    path = f"/api/v2/filters/{made['id']}"
    word = await fatima.post(f"{path}/keywords", keyword="appel", whole_word=False)
    demand_entity(word.json, "FilterKeyword")
    one = f"/api/v2/filters/keywords/{word.json['id']}"
    assert (await fatima.get(one)).json == word.json
    assert (await fatima.get(f"{path}/keywords")).json == [word.json]
    assert (await fatima.ask("PUT", one, json={"keyword": "peer", "whole_word": True})).json == {
        "id": word.json["id"], "keyword": "peer", "whole_word": True,
    }  # fmt: skip
    assert (await fatima.ask("DELETE", one)).json == {}
    assert (await fatima.get(one)).status == 404

    await jelle.person.post("Moi")
    (status,) = (await fatima.get("/api/v1/timelines/public")).json
    naming = await fatima.post(f"{path}/statuses", status_id=status["id"])
    demand_entity(naming.json, "FilterStatus")
    assert naming.json["status_id"] == status["id"]
    one = f"/api/v2/filters/statuses/{naming.json['id']}"
    assert (await fatima.get(one)).json == naming.json
    assert (await fatima.get(f"{path}/statuses")).json == [naming.json]
    (status,) = (await fatima.get("/api/v1/timelines/public")).json
    assert [each["status_matches"] for each in status["filtered"]] == [[status["id"]]]
    assert (await fatima.ask("DELETE", one)).status == 200
    assert (await fatima.get(f"{path}/statuses")).json == []
    assert (await fatima.post(f"{path}/statuses")).status == 404


async def test_older_apps_see_each_keyword_as_a_filter(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    made = await fatima.post("/api/v1/filters", phrase="appel", context=["home"], irreversible=True, expires_in=60)
    demand_entity(made.json, "V1Filter")
    assert made.json["phrase"] == "appel"
    assert (made.json["irreversible"], made.json["whole_word"], made.json["context"]) == (True, True, ["home"])
    path = f"/api/v1/filters/{made.json['id']}"
    assert (await fatima.get(path)).json == made.json
    assert (await fatima.get("/api/v1/filters")).json == [made.json]
    (new,) = (await fatima.get("/api/v2/filters")).json
    assert (new["title"], new["filter_action"]) == ("appel", "hide")
    values = {"phrase": "peer", "context": ["public"], "irreversible": False, "whole_word": False, "expires_in": ""}
    changed = (await fatima.ask("PUT", path, json=values)).json
    assert changed | {"id": ""} == {
        "id": "", "phrase": "peer", "context": ["public"], "irreversible": False, "whole_word": False,
        "expires_at": None,
    }  # fmt: skip
    await fatima.post(f"/api/v2/filters/{new['id']}/keywords", keyword="pruim")
    refused = await fatima.ask("PUT", path, json={"phrase": "peer", "context": ["home"]})
    assert refused.status == 422
    assert (await fatima.ask("PUT", path, json={"phrase": "noot", "context": ["public"]})).json["phrase"] == "noot"
    assert (await fatima.ask("DELETE", path)).json == {}
    (left,) = (await fatima.get("/api/v1/filters")).json
    assert (await fatima.ask("DELETE", f"/api/v1/filters/{left['id']}")).json == {}
    assert (await fatima.get("/api/v2/filters")).json == []


async def test_a_timeline_leaves_out_what_a_filter_hides_and_names_the_others(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    assert fatima.person and jelle.person
    await fatima.person.follow(jelle.person)
    await make(fatima, filter_action="hide", keywords_attributes=[{"keyword": "appel"}])
    warned = await make(fatima, context=["public"], keywords_attributes=[{"keyword": "peer"}])
    await jelle.person.post("Een appel")
    await jelle.person.post("Een peer")
    (pear,) = (await fatima.get("/api/v1/timelines/home")).json
    demand_entity(pear, "Status")
    assert pear["content"] == "<p>Een peer</p>"
    assert [(each["filter"]["id"], each["keyword_matches"]) for each in pear["filtered"]] == [(warned["id"], ["peer"])]
    assert len((await fatima.get("/api/v1/timelines/public")).json) == 2
    (everything,) = [await jelle.get("/api/v1/timelines/home")]
    assert [each["filtered"] for each in everything.json] == [[], []]


async def test_filters_refuse_what_they_do_not_know(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    for values in (
        {"title": "", "context": ["home"]},
        {"title": "x"},
        {"title": "x", "context": ["kitchen"]},
        {"title": "x", "context": ["home"], "filter_action": "burn"},
        {"title": "x", "context": ["home"], "expires_in": "soon"},
        {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": ""}]},
    ):
        assert (await fatima.post("/api/v2/filters", **values)).status == 422
    assert (await fatima.get("/api/v2/filters")).json == []
    reader = App(counter.town, counter.session, token=await counter.token_of(fatima.person, scopes="read:filters"))
    assert (await reader.get("/api/v2/filters")).status == 200
    assert (await reader.post("/api/v2/filters", title="x", context=["home"])).status == 403
    assert (await counter.visitor.get("/api/v1/filters")).status == 401


async def test_the_filter_of_somebody_else_does_not_exist(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    made = await make(fatima, keywords_attributes=[{"keyword": "appel"}])
    word = made["keywords"][0]["id"]
    for method, path in (
        ("GET", f"/api/v2/filters/{made['id']}"), ("PUT", f"/api/v2/filters/{made['id']}"),
        ("DELETE", f"/api/v2/filters/{made['id']}"), ("POST", f"/api/v2/filters/{made['id']}/keywords"),
        ("GET", f"/api/v2/filters/keywords/{word}"), ("PUT", f"/api/v2/filters/keywords/{word}"),
        ("DELETE", f"/api/v2/filters/keywords/{word}"), ("GET", f"/api/v1/filters/{word}"),
        ("PUT", f"/api/v1/filters/{word}"), ("DELETE", f"/api/v1/filters/{word}"),
    ):  # fmt: skip
        assert (await jelle.ask(method, path, json={})).status == 404
    assert (await fatima.get("/api/v2/filters")).json == [made]


async def test_pages_fold_what_a_filter_finds_and_leave_out_what_it_hides(counter: Counter) -> None:
    """The same rule for pages as for apps; a post's own page shows it."""
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    assert fatima.person and jelle.person
    await fatima.person.follow(jelle.person)
    everywhere = ["home", "public", "thread", "account"]
    for title, action in (("Rust", "warn"), ("Nooit", "hide")):
        words = [{"keyword": title.lower()}]
        values = {"title": title, "context": everywhere, "filter_action": action, "keywords_attributes": words}
        assert (await fatima.post("/api/v2/filters", **values)).status == 200
    question = await jelle.person.post("Een vraag")
    for text in ("Even rust", "Dit nooit"):
        await jelle.person.reply(question, text)
    folded = await jelle.person.post("Meer rust")
    await jelle.person.post("Dat nooit")
    made = (await fatima.post("/api/v1/lists", title="Buren")).json["id"]
    await fatima.post(f"/api/v1/lists/{made}/accounts", account_ids=[await id_of(jelle)])
    reader = Reader.at(counter.town)
    try:
        assert (await reader.log_in("fatima")).status == 303
        lists = ("/home", "/timeline/public", "/timeline/organisation", "/users/jelle", f"/lists/{made}")
        for path in (*lists, urlsplit(question).path):
            page = await reader.open(path)
            assert "<bdi>Rust</bdi>" in page.text, path
            assert " nooit" not in page.text, path
        own = await reader.open(urlsplit(folded).path)
        assert "Meer rust" in own.text
        assert "<bdi>Rust</bdi>" not in own.text
    finally:
        await reader.close()
    visitor = Reader.at(counter.town)
    try:
        assert "Dat nooit" in (await visitor.open("/timeline/public")).text
    finally:
        await visitor.close()
