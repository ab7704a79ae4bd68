"""Notifications, as apps read and answer them."""

from __future__ import annotations

from typing import Any

from fedgov.features.posts.service import reacting
from fedgov.features.posts.service.reacting import like
from tests.mastodon.conftest import App, Counter, demand_entity
from tests.mastodon.test_lists import id_of

OLD = "/api/v1/notifications"
NEW = "/api/v2/notifications"


async def apps(counter: Counter) -> tuple[App, App, App]:
    """Fatima, who posted something, and two others."""
    fatima, jelle, otto = [await counter.app_of(name) for name in ("fatima", "jelle", "otto")]
    assert fatima.person
    await fatima.person.post("Moi")
    return fatima, jelle, otto


async def post_of(app: App) -> str:
    (status,) = (await app.get("/api/v1/timelines/public")).json
    return str(status["uri"])


async def do(app: App, uri: str, **values: Any) -> None:
    assert app.person
    await app.town.instance.write(like, actor=app.person.uri, object_uri=uri, **values)


async def types(app: App, **params: Any) -> list[str]:
    answer = await app.get(OLD, **params)
    assert answer.status == 200
    demand_entity(answer.json, "Notification")
    return [each["type"] for each in answer.json]


async def test_each_kind_has_the_type_that_apps_know(counter: Counter) -> None:
    fatima, jelle, otto = await apps(counter)
    assert fatima.person and jelle.person and otto.person
    uri = await post_of(fatima)
    await do(jelle, uri)
    await do(jelle, uri, emoji="🎉")
    await counter.town.instance.write(reacting.share, actor=jelle.person.uri, object_uri=uri)
    await jelle.person.follow(fatima.person)
    await jelle.person.reply(uri, "Een antwoord")
    await otto.person.post("Moi @fatima")
    assert await types(fatima) == ["mention", "mention", "follow", "reblog", "favourite", "favourite"]
    assert await types(fatima, **{"types[]": "mention"}) == ["mention", "mention"]
    assert await types(fatima, **{"types[]": "pleroma:unheard_of"}) == []
    assert await types(fatima, **{"exclude_types[]": "mention"}) == ["follow", "reblog", "favourite", "favourite"]
    assert await types(fatima, account_id=await id_of(otto)) == ["mention"]
    assert await types(fatima, account_id="12345") == []
    assert await types(otto) == []
    first = (await fatima.get(OLD, limit=2)).json
    assert await types(fatima, limit=2, max_id=first[-1]["id"]) == ["follow", "reblog"]
    assert (await fatima.get(f"{OLD}/unread_count")).json == {"count": 6}
    assert (await fatima.get(f"{NEW}/unread_count")).json == {"count": 6}


async def test_one_is_read_and_dismissed_and_all_are_cleared(counter: Counter) -> None:
    fatima, jelle, otto = await apps(counter)
    uri = await post_of(fatima)
    for who in (jelle, otto):
        await do(who, uri)
    newest, other = (await fatima.get(OLD)).json
    assert (await fatima.get(f"{OLD}/{newest['id']}")).json == newest
    for stranger in (jelle, counter.visitor):
        assert (await stranger.ask("POST", f"{OLD}/{newest['id']}/dismiss")).status == (
            404 if stranger is jelle else 401
        )
        assert (await stranger.get(f"{OLD}/{newest['id']}")).status == (404 if stranger is jelle else 401)
    assert (await fatima.ask("POST", f"{OLD}/{newest['id']}/dismiss")).json == {}
    assert (await fatima.ask("POST", f"{OLD}/{newest['id']}/dismiss")).status == 404
    assert [each["id"] for each in (await fatima.get(OLD)).json] == [other["id"]]
    assert (await fatima.ask("POST", f"{OLD}/clear")).json == {}
    assert (await fatima.get(OLD)).json == []


async def test_what_several_people_do_is_one_group(counter: Counter) -> None:
    fatima, jelle, otto = await apps(counter)
    uri = await post_of(fatima)
    for who in (jelle, otto):
        await do(who, uri)
    answer = await fatima.get(NEW)
    assert answer.status == 200
    demand_entity(answer.json, "GroupedNotificationsResults")
    (group,) = answer.json["notification_groups"]
    assert (group["type"], group["notifications_count"]) == ("favourite", 2)
    assert group["sample_account_ids"] == [await id_of(otto), await id_of(jelle)]
    assert [each["id"] for each in answer.json["statuses"]] == [group["status_id"]]
    assert len(answer.json["accounts"]) == 2
    assert 'rel="next"' in answer.headers["link"]
    partly = (await fatima.get(NEW, expand_accounts="partial_avatars")).json
    demand_entity(partly, "GroupedNotificationsResults")
    assert [[each["acct"] for each in partly[name]] for name in ("accounts", "partial_accounts")] == [
        ["otto"],
        ["jelle"],
    ]
    assert len((await fatima.get(NEW, **{"grouped_types[]": "reblog"})).json["notification_groups"]) == 2
    one = f"{NEW}/{group['group_key']}"
    assert (await fatima.get(one)).json["notification_groups"] == [group]
    demand_entity((await fatima.get(f"{one}/accounts")).json, "Account")
    for path in (one, f"{one}/accounts", f"{NEW}/nonsense"):
        assert (await otto.get(path)).status == 404
    assert (await otto.ask("POST", f"{one}/dismiss")).status == 404
    assert (await fatima.get(f"{NEW}/unread_count")).json == {"count": 1}
    assert (await fatima.ask("POST", f"{one}/dismiss")).json == {}
    assert (await fatima.get(NEW)).json["notification_groups"] == []


async def test_strangers_wait_until_they_are_accepted(counter: Counter) -> None:
    fatima, jelle, otto = await apps(counter)
    assert jelle.person and otto.person
    before = await fatima.get(f"{NEW}/policy")
    demand_entity(before.json, "NotificationPolicy")
    assert before.json["for_not_following"] == "accept"
    changed = await fatima.ask("PATCH", f"{NEW}/policy", json={"for_not_following": "filter"})
    assert changed.json == before.json | {"for_not_following": "filter"}
    assert (await fatima.ask("PATCH", f"{NEW}/policy", json={"for_new_accounts": "burn"})).status == 422
    for who in (jelle, otto):
        assert who.person
        await who.person.post("Moi @fatima")
    assert await types(fatima) == []
    assert await types(fatima, include_filtered="true") == ["mention", "mention"]
    assert (await fatima.get(f"{NEW}/policy")).json["summary"] == {
        "pending_requests_count": 2, "pending_notifications_count": 2,
    }  # fmt: skip
    requests = await fatima.get(f"{OLD}/requests")
    demand_entity(requests.json, "NotificationRequest")
    theirs, first = requests.json
    assert (first["account"]["acct"], first["notifications_count"]) == ("jelle", "1")
    one = f"{OLD}/requests/{first['id']}"
    assert (await fatima.get(one)).json == first
    assert (await otto.get(one)).status == 404
    assert (await otto.ask("POST", f"{one}/accept")).status == 404
    assert (await fatima.ask("POST", f"{one}/accept")).json == {}
    assert await types(fatima) == ["mention"]
    assert (await fatima.get(f"{OLD}/requests/merged")).json == {"merged": True}
    assert (await fatima.ask("POST", f"{OLD}/requests/dismiss", data={"id[]": theirs["id"]})).json == {}
    assert (await fatima.get(f"{OLD}/requests")).json == []


async def test_a_filter_that_hides_hides_the_notification_too(counter: Counter) -> None:
    fatima, jelle, _ = await apps(counter)
    assert jelle.person
    await fatima.post(
        "/api/v2/filters", title="Fruit", context=["notifications"], filter_action="hide",
        keywords_attributes=[{"keyword": "appel"}],
    )  # fmt: skip
    await jelle.person.post("Een appel, @fatima")
    await jelle.person.post("Een peer, @fatima")
    assert len(await types(fatima)) == 1


async def test_notifications_need_their_scope(counter: Counter) -> None:
    fatima, _, _ = await apps(counter)
    assert fatima.person
    token = await counter.token_of(fatima.person, scopes="read:notifications")
    reader = App(counter.town, counter.session, token=token)
    assert (await reader.get(OLD)).status == 200
    assert (await reader.ask("POST", f"{OLD}/clear")).status == 403
    other = App(counter.town, counter.session, token=await counter.token_of(fatima.person, scopes="read:statuses"))
    for path in (OLD, NEW, f"{NEW}/policy", f"{OLD}/requests"):
        assert (await other.get(path)).status == 403
        assert (await counter.visitor.get(path)).status == 401


async def test_an_administrator_is_told_of_reports_and_of_new_accounts(counter: Counter) -> None:
    anneke = await counter.app_of("anneke", administrator=True)
    fatima = await counter.app_of("fatima")
    reported = await fatima.post("/api/v1/reports", account_id=await id_of(anneke), comment="Onaardig")
    assert reported.status == 200
    jelle = await counter.app_of("jelle")
    await fatima.post("/api/v1/reports", account_id=await id_of(jelle), comment="Ook onaardig")
    answer = await anneke.get(OLD)
    demand_entity(answer.json, "Notification")
    kinds = [(each["type"], each["account"]["acct"]) for each in answer.json]
    assert kinds == [("admin.report", "jelle"), ("admin.sign_up", "jelle"), ("admin.sign_up", "fatima")]
    assert answer.json[0]["report"]["comment"] == "Ook onaardig"
    demand_entity((await anneke.get(NEW)).json, "GroupedNotificationsResults")
