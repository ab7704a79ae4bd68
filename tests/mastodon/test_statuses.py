"""Posts, as apps write and read them."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from sqlalchemy import update

from fedgov.features.posts.service.drafting import publish_due
from fedgov.features.posts.tables import scheduled_posts
from fedgov.kernel.clock import HOUR, to_rfc3339
from fedgov.store.transaction import Transaction
from tests.mastodon.conftest import App, Counter, demand_entity

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


async def _publish(app: App, text: str = "Hallo", **values: Any) -> dict[str, Any]:
    answer = await app.post("/api/v1/statuses", status=text, **values)
    assert answer.status == 200, answer.json
    demand_entity(answer.json, "Status")
    return dict(answer.json)


def _form(file: bytes | None, **values: str) -> aiohttp.FormData:
    form = aiohttp.FormData({"description": "x", **values})
    if file is not None:
        form.add_field("file", file, filename="plein.png", content_type="image/png")
    return form


async def test_a_post_is_public_where_an_app_does_not_say(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    status = await _publish(fatima, "Een **bericht** over #Inkoop")
    assert status["visibility"] == "public"
    assert status["content"].startswith("<p>Een <strong>bericht</strong>")
    assert (await counter.visitor.get(f"/api/v1/statuses/{status['id']}")).json["id"] == status["id"]
    assert status["account"]["acct"] == "fatima"


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private", "direct"])
async def test_every_audience_of_apps_can_be_chosen(counter: Counter, visibility: str) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    status = await _publish(fatima, visibility=visibility)
    assert status["visibility"] == visibility
    seen = (await jelle.get(f"/api/v1/statuses/{status['id']}")).status
    assert seen == (200 if visibility in ("public", "unlisted") else 404)


async def test_the_same_key_publishes_once(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    headers = {"Idempotency-Key": "attempt-1"}
    ids = {
        (await fatima.ask("POST", "/api/v1/statuses", json={"status": "Eens"}, headers=headers)).json["id"]
        for _ in range(3)
    }
    assert len(ids) == 1
    other = await fatima.ask("POST", "/api/v1/statuses", json={"status": "Eens"}, headers={"Idempotency-Key": "2"})
    assert other.json["id"] not in ids


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"status": ""}, 422),
        ({"status": "x" * 5_001}, 422),
        ({"status": "x", "visibility": "everybody"}, 422),
        ({"status": "x", "in_reply_to_id": "123"}, 404),
        ({"status": "x", "in_reply_to_id": "abc"}, 404),
        ({"status": "x", "media_ids": ["123"]}, 422),
        ({"status": "x", "poll": {"options": ["ja"], "expires_in": 3_600}}, 422),
        ({"status": "x", "poll": "ja"}, 422),
        ({"status": ["x"]}, 422),
        ({"status": "x", "scheduled_at": "soon"}, 422),
        ({"status": "x", "scheduled_at": "2999-01-01T00:00:00Z"}, 422),
    ],
)
async def test_what_cannot_be_published_is_refused_and_changes_nothing(
    counter: Counter, values: dict[str, Any], status: int
) -> None:
    fatima = await counter.app_of("fatima")
    answer = await fatima.post("/api/v1/statuses", **values)
    assert answer.status == status
    assert set(answer.json) == {"error"}
    assert (await fatima.get("/api/v1/timelines/home")).json == []


async def test_a_reply_stands_in_the_context_of_what_it_answers(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    first = await _publish(fatima)
    reply = await _publish(jelle, "Dag", in_reply_to_id=first["id"])
    assert (reply["in_reply_to_id"], reply["in_reply_to_account_id"]) == (first["id"], first["account"]["id"])
    assert [each["username"] for each in reply["mentions"]] == ["fatima"]
    context = (await fatima.get(f"/api/v1/statuses/{first['id']}/context")).json
    demand_entity(context, "Context")
    assert [each["id"] for each in context["descendants"]] == [reply["id"]]
    above = (await counter.visitor.get(f"/api/v1/statuses/{reply['id']}/context")).json["ancestors"]
    assert [each["id"] for each in above] == [first["id"]]


async def test_an_edit_keeps_what_was_said_before(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    first = await _publish(fatima, "Erst", spoiler_text="Let op")
    answer = await fatima.ask("PUT", f"/api/v1/statuses/{first['id']}", json={"status": "Eerst"})
    demand_entity(answer.json, "Status")
    assert (answer.json["content"], answer.json["spoiler_text"]) == ("<p>Eerst</p>", "")
    assert answer.json["edited_at"]
    history = (await jelle.get(f"/api/v1/statuses/{first['id']}/history")).json
    demand_entity(history, "StatusEdit")
    assert [each["content"] for each in history] == ["<p>Erst</p>", "<p>Eerst</p>"]
    source = (await fatima.get(f"/api/v1/statuses/{first['id']}/source")).json
    assert source == {"id": first["id"], "text": "Eerst", "spoiler_text": ""}
    assert (await jelle.get(f"/api/v1/statuses/{first['id']}/source")).status == 403
    refused = await jelle.ask("PUT", f"/api/v1/statuses/{first['id']}", json={"status": "Van mij"})
    assert refused.status == 403


async def test_a_deleted_post_comes_back_as_it_was_typed_and_is_gone(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    first = await _publish(fatima, "Een **vergissing**")
    assert (await jelle.ask("DELETE", f"/api/v1/statuses/{first['id']}")).status == 404
    answer = await fatima.ask("DELETE", f"/api/v1/statuses/{first['id']}")
    assert (answer.status, answer.json["text"]) == (200, "Een **vergissing**")
    assert (await fatima.get(f"/api/v1/statuses/{first['id']}")).status == 404


async def test_liking_saving_and_pinning_show_in_the_post_and_can_be_taken_back(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    path = f"/api/v1/statuses/{(await _publish(fatima))['id']}"
    for does, undoes, flag in (
        ("favourite", "unfavourite", "favourited"),
        ("bookmark", "unbookmark", "bookmarked"),
        ("pin", "unpin", "pinned"),
    ):
        for action, wanted in ((does, True), (does, True), (undoes, False), (undoes, False)):
            answer = await fatima.post(f"{path}/{action}")
            demand_entity(answer.json, "Status")
            assert answer.json[flag] is wanted


async def test_a_share_is_a_status_of_its_own_around_the_post(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    post = await _publish(fatima)
    share = (await jelle.post(f"/api/v1/statuses/{post['id']}/reblog")).json
    demand_entity(share, "Status")
    assert share["id"] != post["id"]
    assert (share["account"]["username"], share["reblog"]["id"]) == ("jelle", post["id"])
    assert share["reblog"]["reblogged"]
    again = (await jelle.post(f"/api/v1/statuses/{share['id']}/reblog")).json
    assert again["id"] == share["id"]
    assert (await counter.visitor.get(f"/api/v1/statuses/{share['id']}")).json["reblog"]["id"] == post["id"]
    liked = (await fatima.post(f"/api/v1/statuses/{share['id']}/favourite")).json
    assert (liked["id"], liked["favourites_count"]) == (post["id"], 1)
    who = (await fatima.get(f"/api/v1/statuses/{post['id']}/reblogged_by")).json
    demand_entity(who, "Account")
    assert [each["username"] for each in who] == ["jelle"]
    gone = (await jelle.post(f"/api/v1/statuses/{share['id']}/unreblog")).json
    assert (gone["id"], gone["reblogged"]) == (post["id"], False)
    assert (await jelle.get(f"/api/v1/statuses/{share['id']}")).status == 404


async def test_what_is_not_public_cannot_be_shared(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    post = await _publish(fatima, visibility="private")
    assert (await fatima.post(f"/api/v1/statuses/{post['id']}/reblog")).status == 403


async def test_a_poll_is_answered_once(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    post = await _publish(fatima, "Komt u?", poll={"options": ["ja", "nee"], "expires_in": 3_600})
    poll = f"/api/v1/polls/{post['poll']['id']}"
    assert (await jelle.post(f"{poll}/votes", choices=["7"])).status == 422
    assert (await jelle.post(f"{poll}/votes", choices=["x"])).status == 422
    voted = (await jelle.post(f"{poll}/votes", choices=["1"])).json
    demand_entity(voted, "Poll")
    assert (voted["voted"], voted["own_votes"], voted["votes_count"]) == (True, [1], 1)
    assert (await jelle.post(f"{poll}/votes", choices=["0"])).status == 422
    assert (await fatima.post(f"{poll}/votes", choices=["0"])).status == 422
    assert "voted" not in (await counter.visitor.get(poll)).json


async def test_a_picture_hangs_on_a_post_with_its_description_and_focus(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    form = _form(PICTURE, description="Een plein", focus="0.5,-0.25")
    uploaded = await fatima.ask("POST", "/api/v2/media", data=form)
    assert uploaded.status == 200, uploaded.json
    demand_entity(uploaded.json, "MediaAttachment")
    file = f"/api/v1/media/{uploaded.json['id']}"
    assert (await jelle.get(file)).status == 404
    changed = await fatima.ask("PUT", file, json={"description": "Het plein"})
    assert (changed.json["description"], changed.json["meta"]["focus"]) == ("Het plein", {"x": 0.5, "y": -0.25})
    post = await _publish(fatima, "", media_ids=[uploaded.json["id"]])
    (shown,) = post["media_attachments"]
    assert (shown["id"], shown["type"], shown["description"]) == (uploaded.json["id"], "image", "Het plein")
    path = shown["url"].removeprefix(counter.town.instance.site.origin)
    assert (await counter.visitor.get(path)).status == 200
    assert (await fatima.ask("DELETE", file)).status == 422


@pytest.mark.parametrize(("file", "focus"), [(None, ""), (b"not a picture", ""), (PICTURE, "2,0"), (PICTURE, "a")])
async def test_a_file_that_cannot_be_kept_is_refused(counter: Counter, file: bytes | None, focus: str) -> None:
    fatima = await counter.app_of("fatima")
    assert (await fatima.ask("POST", "/api/v2/media", data=_form(file, focus=focus))).status == 422


async def test_a_planned_post_waits_can_be_moved_and_appears_when_it_is_due(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    instance = counter.town.instance
    later = to_rfc3339(instance.clock.now() + HOUR)
    planned = await fatima.post("/api/v1/statuses", status="Straks", scheduled_at=later)
    assert planned.status == 200, planned.json
    demand_entity(planned.json, "ScheduledStatus")
    path = f"/api/v1/scheduled_statuses/{planned.json['id']}"
    assert (await jelle.get(path)).status == 404
    soon = to_rfc3339(instance.clock.now() + 60_000)
    assert (await fatima.ask("PUT", path, json={"scheduled_at": soon})).status == 422
    moved = to_rfc3339(instance.clock.now() + 2 * HOUR)
    assert (await fatima.ask("PUT", path, json={"scheduled_at": moved})).json["scheduled_at"] == moved
    assert [each["id"] for each in (await fatima.get("/api/v1/scheduled_statuses")).json] == [planned.json["id"]]
    await publish_due(instance)
    assert (await fatima.get("/api/v1/timelines/home")).json == []
    await instance.write(_make_due)
    await publish_due(instance)
    assert [each["content"] for each in (await fatima.get("/api/v1/timelines/home")).json] == ["<p>Straks</p>"]
    assert (await fatima.get("/api/v1/scheduled_statuses")).json == []


def _make_due(tx: Transaction) -> None:
    tx.execute(update(scheduled_posts).values(due_at=tx.now - 1))


async def test_a_planned_post_that_may_not_be_published_stays_with_its_file(counter: Counter) -> None:
    fatima, jelle = [await counter.app_of(name) for name in ("fatima", "jelle")]
    instance = counter.town.instance
    answered = await _publish(jelle)
    file = (await fatima.ask("POST", "/api/v2/media", data=_form(PICTURE))).json
    later = to_rfc3339(instance.clock.now() + HOUR)
    values = {"in_reply_to_id": answered["id"], "media_ids": [file["id"]], "scheduled_at": later}
    planned = await fatima.post("/api/v1/statuses", status="Straks", **values)
    assert [each["id"] for each in planned.json["media_attachments"]] == [file["id"]]
    await jelle.ask("DELETE", f"/api/v1/statuses/{answered['id']}")
    await instance.write(_make_due)
    await publish_due(instance)
    (kept,) = (await fatima.get("/api/v1/scheduled_statuses")).json
    assert [each["id"] for each in kept["media_attachments"]] == [file["id"]]
    assert (await fatima.ask("DELETE", f"/api/v1/scheduled_statuses/{kept['id']}")).json == {}
    assert (await fatima.ask("DELETE", f"/api/v1/media/{file['id']}")).json == {}
