"""How people stand, as apps read and change it."""

from __future__ import annotations

from typing import Any

import pytest

from fedgov.features.people.service import profiles
from fedgov.features.people.service.profiles import Profile
from fedgov.features.posts.service import reacting
from tests.mastodon.conftest import App, Counter, demand_entity
from tests.mastodon.test_accounts import id_of


async def _two(counter: Counter) -> tuple[App, App, str, str]:
    fatima, jelle = await counter.app_of("fatima"), await counter.app_of("jelle")
    return fatima, jelle, await id_of(counter, "fatima"), await id_of(counter, "jelle")


async def _change(app: App, row_id: str, what: str, **values: Any) -> Any:
    answer = await app.post(f"/api/v1/accounts/{row_id}/{what}", **values)
    assert answer.status == 200, answer.json
    demand_entity(answer.json, "Relationship")
    assert answer.json["id"] == row_id
    return answer.json


async def test_relationships_come_at_once_in_the_order_asked(counter: Counter) -> None:
    fatima, _, own, other = await _two(counter)
    answer = await fatima.ask("GET", f"/api/v1/accounts/relationships?id[]={other}&id[]=5&id[]={own}")
    demand_entity(answer.json, "Relationship")
    assert [each["id"] for each in answer.json] == [other, own]
    assert not answer.json[0]["following"]
    assert (await fatima.get("/api/v1/accounts/relationships")).json == []


async def test_following_and_ending_it(counter: Counter) -> None:
    fatima, jelle, own, other = await _two(counter)
    followed = await _change(fatima, other, "follow")
    assert followed["following"]
    assert followed["showing_reblogs"]
    assert not followed["notifying"]
    assert followed["languages"] is None
    [seen] = (await jelle.ask("GET", f"/api/v1/accounts/relationships?id[]={own}")).json
    assert seen["followed_by"]
    assert not (await _change(fatima, other, "unfollow"))["following"]
    assert not (await _change(fatima, other, "unfollow"))["showing_reblogs"]


async def test_what_is_wanted_of_somebody_is_kept_and_forgotten_with_the_follow(counter: Counter) -> None:
    fatima, _, _, other = await _two(counter)
    wanted = await _change(fatima, other, "follow", reblogs=False, notify=True, languages=["nl", "fy"])
    assert (wanted["showing_reblogs"], wanted["notifying"], wanted["languages"]) == (False, True, ["nl", "fy"])
    again = await _change(fatima, other, "follow", reblogs=True)
    assert (again["showing_reblogs"], again["notifying"], again["languages"]) == (True, True, ["nl", "fy"])
    await _change(fatima, other, "unfollow")
    begun = await _change(fatima, other, "follow")
    assert (begun["showing_reblogs"], begun["notifying"], begun["languages"]) == (True, False, None)
    refused = await fatima.post(f"/api/v1/accounts/{other}/follow", languages=["geen taal"])
    assert refused.status == 422


async def test_who_decides_about_followers_accepts_or_refuses(counter: Counter) -> None:
    fatima, jelle, own, other = await _two(counter)
    assert jelle.person
    await counter.town.instance.write(
        profiles.change_profile, actor=jelle.person.uri, profile=Profile(approves_followers=True)
    )
    asked = await _change(fatima, other, "follow")
    assert (asked["following"], asked["requested"]) == (False, True)
    waiting = await jelle.get("/api/v1/follow_requests")
    demand_entity(waiting.json, "Account")
    assert [each["id"] for each in waiting.json] == [own]
    refused = await jelle.post(f"/api/v1/follow_requests/{own}/reject")
    demand_entity(refused.json, "Relationship")
    assert not refused.json["requested_by"]
    assert (await jelle.post(f"/api/v1/follow_requests/{own}/authorize")).status == 404
    await _change(fatima, other, "follow")
    accepted = await jelle.post(f"/api/v1/follow_requests/{own}/authorize")
    assert accepted.json["followed_by"]
    assert not (await _change(jelle, own, "remove_from_followers"))["followed_by"]


async def test_blocking_ends_follows_and_is_listed(counter: Counter) -> None:
    fatima, jelle, own, other = await _two(counter)
    await _change(fatima, other, "follow")
    blocked = await _change(fatima, other, "block")
    assert (blocked["blocking"], blocked["following"]) == (True, False)
    listed = await fatima.get("/api/v1/blocks")
    demand_entity(listed.json, "Account")
    assert [each["id"] for each in listed.json] == [other]
    refused = await jelle.post(f"/api/v1/accounts/{own}/follow")
    assert refused.status == 403
    assert not (await _change(fatima, other, "unblock"))["blocking"]
    assert (await fatima.get("/api/v1/blocks")).json == []


async def test_a_mute_can_end_by_itself_and_leave_notifications(counter: Counter) -> None:
    fatima, _, _, other = await _two(counter)
    muted = await _change(fatima, other, "mute", duration=3600, notifications=False)
    assert (muted["muting"], muted["muting_notifications"]) == (True, False)
    assert muted["muting_expires_at"].endswith("Z")
    listed = await fatima.get("/api/v1/mutes")
    demand_entity(listed.json, "MutedAccount")
    assert listed.json[0]["mute_expires_at"] == muted["muting_expires_at"]
    forever = await _change(fatima, other, "mute")
    assert (forever["muting_notifications"], forever["muting_expires_at"]) == (True, None)
    assert not (await _change(fatima, other, "unmute"))["muting"]
    assert (await fatima.get("/api/v1/mutes")).json == []
    for duration in (-1, 10**12, "een uur"):
        assert (await fatima.post(f"/api/v1/accounts/{other}/mute", duration=duration)).status == 422


async def test_a_note_comes_back_to_its_writer_alone(counter: Counter) -> None:
    fatima, jelle, own, other = await _two(counter)
    assert (await _change(fatima, other, "note", comment="Belt terug"))["note"] == "Belt terug"
    [seen] = (await jelle.ask("GET", f"/api/v1/accounts/relationships?id[]={own}")).json
    assert seen["note"] == ""
    assert (await _change(fatima, other, "note"))["note"] == ""
    assert (await fatima.post(f"/api/v1/accounts/{other}/note", comment="a" * 2_001)).status == 422


async def test_only_whom_one_follows_one_can_recommend(counter: Counter) -> None:
    fatima, _, _, other = await _two(counter)
    for word in ("endorse", "pin"):
        assert (await fatima.post(f"/api/v1/accounts/{other}/{word}")).status == 422
    await _change(fatima, other, "follow")
    assert (await _change(fatima, other, "endorse"))["endorsed"]
    assert not (await _change(fatima, other, "unendorse"))["endorsed"]
    assert (await _change(fatima, other, "pin"))["endorsed"]
    assert not (await _change(fatima, other, "unpin"))["endorsed"]


async def test_nobody_follows_blocks_or_mutes_themselves(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    own = await id_of(counter, "fatima")
    for word in ("follow", "block", "mute"):
        assert (await fatima.post(f"/api/v1/accounts/{own}/{word}")).status == 403


async def test_familiar_followers_are_those_whom_one_follows_too(counter: Counter) -> None:
    fatima, jelle, _, other = await _two(counter)
    anna = await counter.app_of("anna")
    assert anna.person
    third = await id_of(counter, "anna")
    await _change(fatima, other, "follow")
    await _change(jelle, third, "follow")
    answer = await fatima.ask("GET", f"/api/v1/accounts/familiar_followers?id[]={third}")
    demand_entity(answer.json, "FamiliarFollowers")
    assert [(each["id"], [one["id"] for one in each["accounts"]]) for each in answer.json] == [(third, [other])]


async def test_a_server_is_blocked_listed_and_opened_again(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert (await fatima.post("/api/v1/domain_blocks", domain="Delft.Example")).json == {}
    assert (await fatima.get("/api/v1/domain_blocks")).json == ["delft.example"]
    gone = await fatima.ask("DELETE", "/api/v1/domain_blocks", json={"domain": "delft.example"})
    assert (gone.status, gone.json) == (200, {})
    assert (await fatima.get("/api/v1/domain_blocks")).json == []
    for domain in ("", "geen domein", counter.town.domain):
        assert (await fatima.post("/api/v1/domain_blocks", domain=domain)).status == 422


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/accounts/relationships", "/api/v1/accounts/familiar_followers", "/api/v1/follow_requests",
        "/api/v1/blocks", "/api/v1/mutes", "/api/v1/domain_blocks",
    ],
)  # fmt: skip
async def test_how_somebody_stands_only_they_may_read_and_only_with_the_scope(counter: Counter, path: str) -> None:
    assert (await counter.visitor.get(path)).status == 401
    app = await counter.app_of("fatima", scopes="read:statuses write:statuses")
    assert (await app.get(path)).status == 403


async def test_changing_how_one_stands_needs_the_scope(counter: Counter) -> None:
    await counter.app_of("jelle")
    other = await id_of(counter, "jelle")
    app = await counter.app_of("fatima", scopes="read")
    words = ("follow", "unfollow", "block", "unblock", "mute", "unmute", "note", "pin", "remove_from_followers")
    for word in words:
        assert (await app.post(f"/api/v1/accounts/{other}/{word}")).status == 403
        assert (await counter.visitor.post(f"/api/v1/accounts/{other}/{word}")).status == 401
    for word in ("authorize", "reject"):
        assert (await app.post(f"/api/v1/follow_requests/{other}/{word}")).status == 403


@pytest.mark.parametrize("word", ["follow", "block", "mute", "note", "unfollow"])
async def test_somebody_who_is_not_there_cannot_be_related_to(counter: Counter, word: str) -> None:
    app = await counter.app_of("fatima")
    assert (await app.post(f"/api/v1/accounts/12/{word}")).status == 404


async def test_what_somebody_shares_stays_away_when_only_their_own_posts_are_wanted(counter: Counter) -> None:
    fatima, jelle, _, other = await _two(counter)
    anna = await counter.app_of("anna")
    assert jelle.person
    assert anna.person
    await _change(fatima, other, "follow", reblogs=False)
    first, second = await anna.person.post("Eerste"), await anna.person.post("Tweede")
    await counter.town.instance.write(reacting.share, actor=jelle.person.uri, object_uri=first)
    assert (await fatima.get("/api/v1/timelines/home")).json == []
    await _change(fatima, other, "follow", reblogs=True)
    await counter.town.instance.write(reacting.share, actor=jelle.person.uri, object_uri=second)
    assert [each["reblog"]["uri"] for each in (await fatima.get("/api/v1/timelines/home")).json] == [second]
