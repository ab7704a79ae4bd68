"""The own account, as apps read and change it."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
import pytest
from PIL import Image

from fedgov.features.people.queries import account_of
from tests.mastodon.conftest import App, Counter, demand_entity

UPDATE = "/api/v1/accounts/update_credentials"


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1500, 500), "teal").save(out, "PNG")
    return out.getvalue()


async def _update(app: App, path: str = UPDATE, **options: Any) -> Any:
    answer = await app.ask("PATCH", path, **options)
    assert answer.status == 200, answer.json
    demand_entity(answer.json, "CredentialAccount" if path == UPDATE else "Profile")
    return answer.json


async def test_the_own_account_says_what_was_typed(counter: Counter) -> None:
    fatima = await counter.app_of("fatima", administrator=True)
    answer = await fatima.get("/api/v1/accounts/verify_credentials")
    assert answer.status == 200
    demand_entity(answer.json, "CredentialAccount")
    assert answer.json["source"]["privacy"] == "public"
    assert answer.json["source"]["follow_requests_count"] == 0
    assert answer.json["role"]["permissions"] == "1"
    jelle = await counter.app_of("jelle")
    assert (await jelle.get("/api/v1/accounts/verify_credentials")).json["role"]["permissions"] == "0"


async def test_a_profile_is_changed_by_form_and_by_json(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    changed = await _update(fatima, json={"display_name": "Fatima B.", "note": "Over **inkoop**", "locked": True})
    assert changed["display_name"] == "Fatima B."
    assert changed["note"] == "<p>Over <strong>inkoop</strong></p>"
    assert changed["source"]["note"] == "Over **inkoop**"
    assert changed["locked"]
    form = {
        "fields_attributes[0][name]": "Werk",
        "fields_attributes[0][value]": "Inkoop",
        "fields_attributes[1][name]": "",
        "fields_attributes[1][value]": "",
        "bot": "true", "discoverable": "false", "indexable": "true", "hide_collections": "true",
    }  # fmt: skip
    changed = await _update(fatima, data=form)
    assert [(each["name"], each["value"]) for each in changed["source"]["fields"]] == [("Werk", "Inkoop")]
    flags = [changed[name] for name in ("bot", "locked", "discoverable", "indexable", "hide_collections")]
    assert flags == [True, True, False, True, True]
    assert not (await _update(fatima, json={"bot": False, "hide_collections": False}))["bot"]


async def test_a_bot_keeps_its_page_and_its_address(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    changed = await _update(fatima, json={"bot": True})
    assert changed["url"] == fatima.person.uri
    answer = await counter.visitor.ask("GET", "/users/fatima", headers={"Accept": "text/html"})
    assert answer.status == 200


async def test_what_apps_begin_a_post_with_is_kept(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    source = (await _update(fatima, json={"source": {"sensitive": True, "language": "fy"}}))["source"]
    assert (source["privacy"], source["sensitive"], source["language"]) == ("public", True, "fy")
    await _update(fatima, json={"source": {"privacy": "private"}})
    account = await counter.town.ask(account_of, actor=fatima.person.uri)
    assert account is not None
    assert (account.app_audience, account.default_audience) == ("followers", "organisation")
    await _update(fatima, data={"source[privacy]": "public"})
    preferences = (await fatima.get("/api/v1/preferences")).json
    demand_entity(preferences, "Preferences")
    assert preferences["posting:default:visibility"] == "public"
    assert preferences["posting:default:language"] == "fy"


async def test_pictures_are_stored_and_taken_away(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    form = aiohttp.FormData()
    for name in ("avatar", "header"):
        form.add_field(name, _picture(), filename="foto.png", content_type="image/png")
    changed = await _update(fatima, data=form)
    for name in ("avatar", "header"):
        assert "/media/" in changed[name]
        path = changed[name].removeprefix(counter.town.instance.site.origin)
        assert (await counter.visitor.ask("GET", path)).status == 200
        gone = await fatima.ask("DELETE", f"/api/v1/profile/{name}")
        demand_entity(gone.json, "CredentialAccount")
        assert "/media/" not in gone.json[name]


@pytest.mark.parametrize(
    "values",
    [
        {"display_name": "a" * 101}, {"note": "a" * 5_001}, {"source": {"privacy": "iedereen"}},
        {"source": {"language": "klare taal"}}, {"source": "public"}, {"fields_attributes": "Werk"},
        {"fields_attributes": [{"name": str(number), "value": "x"} for number in range(9)]},
        {"avatar": "geen bestand"}, {"display_name": ["a"]},
    ],
)  # fmt: skip
async def test_what_is_not_acceptable_is_refused_and_nothing_changes(counter: Counter, values: dict[str, Any]) -> None:
    fatima = await counter.app_of("fatima")
    before = (await fatima.get("/api/v1/accounts/verify_credentials")).json
    answer = await fatima.ask("PATCH", UPDATE, json={"locked": True} | values)
    assert answer.status == 422
    assert (await fatima.get("/api/v1/accounts/verify_credentials")).json == before


async def test_what_is_on_the_pictures_is_told_until_there_is_another(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    assert (await _update(fatima, json={"avatar_description": "Niets"}))["avatar_description"] == ""
    sent = aiohttp.FormData({"avatar_description": "Een vrouw met bril", "header_description": "Het stadhuis"})
    for name in ("avatar", "header"):
        sent.add_field(name, _picture(), filename="a.png")
    changed = await _update(fatima, data=sent)
    assert (changed["avatar_description"], changed["header_description"]) == ("Een vrouw met bril", "Het stadhuis")
    document = await counter.visitor.ask("GET", "/users/fatima", headers={"Accept": "application/activity+json"})
    assert (document.json["icon"]["name"], document.json["image"]["name"]) == ("Een vrouw met bril", "Het stadhuis")
    too_long = await fatima.ask("PATCH", UPDATE, json={"avatar_description": "a" * 1_501})
    assert too_long.status == 422
    another = aiohttp.FormData()
    another.add_field("avatar", _picture(), filename="b.png")
    changed = await _update(fatima, data=another)
    assert (changed["avatar_description"], changed["header_description"]) == ("", "Het stadhuis")
    gone = await fatima.ask("DELETE", "/api/v1/profile/header")
    assert (gone.status, gone.json["header_description"]) == (200, "")


async def test_a_file_that_is_no_picture_is_refused(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    form = aiohttp.FormData()
    form.add_field("header", b"geen plaatje", filename="foto.png", content_type="image/png")
    assert (await fatima.ask("PATCH", UPDATE, data=form)).status == 422


async def test_the_newer_profile_says_and_takes_the_same(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    profile = await _update(fatima, "/api/v1/profile", json={"note": "Nieuw"})
    assert profile["note"] == "Nieuw"
    assert profile["avatar"] is None
    shown = await fatima.get("/api/v1/profile")
    demand_entity(shown.json, "Profile")
    assert shown.json == profile


async def test_the_own_account_needs_the_scope(counter: Counter) -> None:
    app = await counter.app_of("fatima", scopes="read:statuses")
    for method, path in (
        ("GET", "/api/v1/accounts/verify_credentials"), ("PATCH", UPDATE), ("GET", "/api/v1/profile"),
        ("PATCH", "/api/v1/profile"), ("DELETE", "/api/v1/profile/avatar"), ("DELETE", "/api/v1/profile/header"),
        ("GET", "/api/v1/preferences"),
    ):  # fmt: skip
        assert (await app.ask(method, path)).status == 403
        assert (await counter.visitor.ask(method, path)).status == 401
