"""Quoting with consent, as apps see it: asked for, given, refused and taken back, between two town halls."""

from __future__ import annotations

from typing import Any

import orjson

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.queries.notifications import notification_page
from fedgov.features.people.queries import account_of
from fedgov.features.people.service.blocks import block
from fedgov.features.people.service.profiles import change_posting
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import publishing
from fedgov.features.posts.vocabulary import QuotePolicy
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from tests.fediverse import Town
from tests.mastodon.conftest import Answered, App, Counter, demand_entity

STATUSES = "/api/v1/statuses"
AS_JSON = {"Accept": "application/activity+json"}


async def publish(app: App, text: str, **values: Any) -> dict[str, Any]:
    answer = await app.post(STATUSES, status=text, **values)
    assert answer.status == 200, answer.json
    demand_entity(answer.json, "Status")
    return dict(answer.json)


async def look(app: App, row_id: str) -> dict[str, Any]:
    answer = await app.get(f"{STATUSES}/{row_id}")
    assert answer.status == 200, answer.json
    demand_entity(answer.json, "Status")
    return dict(answer.json)


async def revoke(app: App, quoted: str, quoting: str) -> Answered:
    return await app.post(f"{STATUSES}/{quoted}/quotes/{quoting}/revoke")


async def copy_of(town: Town, uri: str) -> str:
    """The row id of a post of elsewhere."""
    row = await town.ask(post_queries.find_by_uri, uri=uri)
    assert row is not None, uri
    return str(row.object_id)


async def document(town: Town, uri: str) -> dict[str, Any]:
    found = await town.object(uri)
    assert found is not None
    return found


def kinds(tx: Transaction, *, owner: str) -> list[str]:
    return [each.kind.value for each in notification_page(tx, owner=owner, request=PageRequest()).items]


async def two_towns(counter: Counter) -> tuple[App, Counter, App]:
    """Fatima in Gouda and Jelle in Delft, who follow each other."""
    fatima = await counter.app_of("fatima")
    delft = Counter(await counter.fediverse.add("delft"), counter.session, counter.fediverse)
    jelle = await delft.app_of("jelle")
    assert fatima.person is not None
    assert jelle.person is not None
    await fatima.person.follow(jelle.person)
    await jelle.person.follow(fatima.person)
    await counter.fediverse.settle()
    return fatima, delft, jelle


async def test_a_quotation_is_asked_for_stamped_shown_and_taken_back(counter: Counter) -> None:
    fatima, delft, jelle = await two_towns(counter)
    original = await publish(fatima, "Het plan voor de markt")
    assert original["quote_approval"] == {"automatic": ["public"], "manual": [], "current_user": "automatic"}
    await counter.fediverse.settle()
    there = await copy_of(delft.town, original["uri"])
    assert (await look(jelle, there))["quote_approval"]["current_user"] == "automatic"

    quoting = await publish(jelle, "Lees dit eens", quoted_status_id=there)
    assert (quoting["quote"]["state"], quoting["quote"]["quoted_status"]) == ("pending", None)
    await counter.fediverse.settle()

    quoting = await look(jelle, quoting["id"])
    assert (quoting["quote"]["state"], quoting["quote"]["quoted_status"]["id"]) == ("accepted", there)
    stamp = (await document(delft.town, quoting["uri"]))["quoteAuthorization"]
    proof = await fatima.ask("GET", stamp.removeprefix(counter.town.instance.site.origin), headers=AS_JSON)
    found = orjson.loads(proof.json) if isinstance(proof.json, bytes) else proof.json
    assert (found["type"], found["interactingObject"], found["interactionTarget"]) == (
        "QuoteAuthorization", quoting["uri"], original["uri"],
    )  # fmt: skip
    here = await copy_of(counter.town, quoting["uri"])
    assert (await look(fatima, here))["quote"]["quoted_status"]["id"] == original["id"]
    assert (await look(fatima, original["id"]))["quotes_count"] == 1
    listed = await fatima.get(f"{STATUSES}/{original['id']}/quotes")
    assert [each["id"] for each in listed.json] == [here]
    told = await fatima.get("/api/v1/notifications", **{"types[]": "quote"})
    assert [each["status"]["id"] for each in told.json] == [here]

    assert (await jelle.ask("PUT", f"{STATUSES}/{quoting['id']}", json={"status": "Lees dit toch eens"})).status == 200
    edited = await fatima.ask("PUT", f"{STATUSES}/{original['id']}", json={"status": "Het plan voor de brug"})
    assert edited.status == 200
    await counter.fediverse.settle()
    assert (await look(fatima, here))["quote"]["state"] == "accepted"
    told = await jelle.get("/api/v1/notifications", **{"types[]": "quoted_update"})
    assert [each["status"]["id"] for each in told.json] == [quoting["id"]]

    assert (await revoke(jelle, original["id"], here)).status == 404
    taken = await revoke(fatima, original["id"], here)
    assert (taken.status, taken.json["quote"]["state"]) == (200, "revoked")
    await counter.fediverse.settle()
    after = await look(jelle, quoting["id"])
    assert (after["quote"]["state"], after["quote"]["quoted_status"]) == ("revoked", None)
    assert "quoteAuthorization" not in await document(delft.town, quoting["uri"])
    assert (await look(fatima, here))["quote"]["state"] == "revoked"
    assert (await look(fatima, original["id"]))["quotes_count"] == 0
    gone = await fatima.ask("GET", stamp.removeprefix(counter.town.instance.site.origin), headers=AS_JSON)
    assert gone.status == 410


async def test_who_may_not_quote_is_refused_and_what_was_refused_is_not_shown(counter: Counter) -> None:
    fatima, delft, jelle = await two_towns(counter)
    original = await publish(fatima, "Niet om te citeren", quote_approval_policy="nobody")
    open_one = await publish(fatima, "Wel om te citeren")
    await counter.fediverse.settle()

    refused = await jelle.post(STATUSES, status="Kijk", quoted_status_id=await copy_of(delft.town, original["uri"]))
    assert refused.status == 422
    there = await copy_of(delft.town, open_one["uri"])
    # The policy changes while the request is on its way: what counts is what the author's own server says.
    changed = await fatima.ask(
        "PUT", f"{STATUSES}/{open_one['id']}/interaction_policy", json={"quote_approval_policy": "nobody"}
    )
    assert changed.json["quote_approval"] == {"automatic": [], "manual": [], "current_user": "automatic"}
    quoting = await publish(jelle, "Kijk", quoted_status_id=there)
    await counter.fediverse.settle()

    assert (await look(jelle, quoting["id"]))["quote"]["state"] == "rejected"
    here = await look(fatima, await copy_of(counter.town, quoting["uri"]))
    assert (here["quote"]["state"], here["quote"]["quoted_status"]) == ("rejected", None)
    assert (await look(fatima, open_one["id"]))["quotes_count"] == 0
    assert "quote" not in await counter.town.ask(kinds, owner=fatima.person.uri if fatima.person else "")
    assert (await look(jelle, there))["quote_approval"]["current_user"] == "denied"


async def test_who_asks_in_another_town_hall_waits_for_the_author_who_may_delete_it_all(counter: Counter) -> None:
    fatima, delft, jelle = await two_towns(counter)
    assert fatima.person is not None
    author = fatima.person.uri
    await counter.town.instance.write(change_posting, actor=author, quote_policy="ask")
    assert (await fatima.get("/api/v1/preferences")).json["posting:default:quote_policy"] == "nobody"
    original = await publish(fatima, "Vraag het me eerst", quote_approval_policy="nobody")  # as the app was told
    assert original["quote_approval"] == {"automatic": [], "manual": ["public"], "current_user": "automatic"}
    await counter.fediverse.settle()
    there = await copy_of(delft.town, original["uri"])
    assert (await look(jelle, there))["quote_approval"]["current_user"] == "manual"

    allowed, refused = [await publish(jelle, text, quoted_status_id=there) for text in ("Mag dit?", "En dit?")]
    await counter.fediverse.settle()
    assert (await counter.town.ask(kinds, owner=author)).count("quote_request") == 2
    for each in (allowed, refused):
        assert (await look(jelle, each["id"]))["quote"]["state"] == "pending"
        here = await look(fatima, await copy_of(counter.town, each["uri"]))
        assert (here["quote"]["state"], here["quote"]["quoted_status"]) == ("pending", None)
        quoting_id = await copy_of(counter.town, each["uri"])
        assert (await fatima.get("/api/v1/notifications", **{"types[]": "quote"})).json == []
        await counter.town.instance.write(
            publishing.answer_quote, actor=author, quoting_id=int(quoting_id), agrees=each is allowed
        )
    assert (await counter.town.ask(kinds, owner=author)).count("quote_request") == 0
    await counter.fediverse.settle()

    assert (await look(jelle, refused["id"]))["quote"]["state"] == "rejected"
    shown = await look(jelle, allowed["id"])
    assert (shown["quote"]["state"], shown["quote"]["quoted_status"]["id"]) == ("accepted", there)
    stamp = (await document(delft.town, allowed["uri"]))["quoteAuthorization"]
    path = stamp.removeprefix(counter.town.instance.site.origin)
    assert (await fatima.ask("GET", path, headers=AS_JSON)).status == 200

    assert (await fatima.ask("DELETE", f"{STATUSES}/{original['id']}")).status == 200
    await counter.fediverse.settle()
    assert (await fatima.ask("GET", path, headers=AS_JSON)).status == 410
    assert (await look(jelle, allowed["id"]))["quote"]["quoted_status"] is None
    assert "quoteAuthorization" not in await document(delft.town, allowed["uri"])


async def test_an_app_leaves_alone_what_it_cannot_say(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person is not None
    account = fatima.person.uri
    await counter.town.instance.write(change_posting, actor=account, quote_policy="ask_others")
    for sent, kept in (("followers", "ask_others"), ("nobody", "nobody")):
        stated = await fatima.ask(
            "PATCH", "/api/v1/accounts/update_credentials", json={"source": {"quote_policy": sent}}
        )
        assert stated.json["source"]["quote_policy"] == sent
        found = await counter.town.ask(account_of, actor=account)
        assert found is not None
        assert found.quote_policy == kept
    refused = await fatima.ask("PATCH", "/api/v1/accounts/update_credentials", json={"source": {"quote_policy": "ask"}})
    assert refused.status == 422

    written = await counter.town.instance.write(
        publishing.publish_post,
        author=account,
        text="Vraag het me eerst",
        visibility=Visibility.PUBLIC,
        quote_policy=QuotePolicy.ASK_OTHERS,
    )
    asking = {"automatic": ["followers"], "manual": ["public"], "current_user": "automatic"}
    path = f"{STATUSES}/{written}"
    for sent, expected in (("followers", asking), ("nobody", {**asking, "automatic": [], "manual": []})):
        for way, values in ((path, {"status": "Vraag het"}), (f"{path}/interaction_policy", {})):
            answer = await fatima.ask("PUT", way, json={**values, "quote_approval_policy": sent})
            assert answer.json["quote_approval"] == expected, (way, sent)
    wrong = await fatima.ask("PUT", path, json={"status": "Anders", "quote_approval_policy": "ask"})
    assert wrong.status == 422
    assert "Anders" not in (await look(fatima, str(written)))["content"]


async def test_within_a_town_hall_consent_follows_the_policy_and_blocks(counter: Counter) -> None:
    fatima, bouke, carla = [await counter.app_of(name) for name in ("fatima", "bouke", "carla")]
    assert fatima.person is not None
    assert bouke.person is not None
    assert carla.person is not None
    stated = await fatima.ask(
        "PATCH", "/api/v1/accounts/update_credentials", json={"source": {"quote_policy": "followers"}}
    )
    assert stated.json["source"]["quote_policy"] == "followers"
    await bouke.person.follow(fatima.person)
    original = await publish(fatima, "Voor wie mij volgt")
    assert original["quote_approval"]["automatic"] == ["followers"]

    assert (await look(carla, original["id"]))["quote_approval"]["current_user"] == "denied"
    assert (await carla.post(STATUSES, status="Kijk", quoted_status_id=original["id"])).status == 422
    quoting = await publish(bouke, "Kijk", quoted_status_id=original["id"])
    assert (quoting["quote"]["state"], quoting["quote"]["quoted_status"]["id"]) == ("accepted", original["id"])
    own = await publish(fatima, "Zie hierboven", quoted_status_id=original["id"])
    assert own["quote"]["state"] == "accepted"
    assert await counter.town.ask(kinds, owner=fatima.person.uri) == ["quote", "follow"]

    await counter.town.instance.write(block, who=fatima.person.uri, whom=bouke.person.uri)
    assert (await bouke.post(STATUSES, status="Nog eens", quoted_status_id=original["id"])).status == 404


async def test_ac_15_what_is_not_for_everybody_is_quoted_by_nobody_else(counter: Counter) -> None:
    fatima, bouke, carla = [await counter.app_of(name) for name in ("fatima", "bouke", "carla")]
    assert fatima.person is not None
    assert bouke.person is not None
    await bouke.person.follow(fatima.person)
    hidden = await publish(fatima, "Voor volgers", visibility="private", quote_approval_policy="public")
    assert hidden["quote_approval"]["automatic"] == []
    assert (await bouke.post(STATUSES, status="Kijk", quoted_status_id=hidden["id"])).status == 422
    assert (await fatima.post(STATUSES, status="Kijk", quoted_status_id=hidden["id"])).status == 422
    assert (await publish(fatima, "Kijk", visibility="private", quoted_status_id=hidden["id"]))["quote"][
        "state"
    ] == "accepted"
    assert (await fatima.get(f"{STATUSES}/{hidden['id']}/quotes")).status == 200
    assert (await carla.get(f"{STATUSES}/{hidden['id']}/quotes")).status == 404
    assert (await counter.visitor.get(f"{STATUSES}/{hidden['id']}/quotes")).status == 401


async def test_nonsense_and_what_is_somebody_elses_changes_nothing(counter: Counter) -> None:
    fatima, bouke = [await counter.app_of(name) for name in ("fatima", "bouke")]
    original = await publish(fatima, "Een bericht")
    for value in ("everyone", ""):
        answer = await fatima.ask(
            "PUT", f"{STATUSES}/{original['id']}/interaction_policy", json={"quote_approval_policy": value}
        )
        assert answer.status == 422, value
    theirs = await bouke.ask(
        "PUT", f"{STATUSES}/{original['id']}/interaction_policy", json={"quote_approval_policy": "nobody"}
    )
    assert theirs.status == 404
    assert (await revoke(fatima, original["id"], original["id"])).status == 404
    assert (await fatima.get(f"{STATUSES}/1/quotes")).status == 404
    assert (await look(fatima, original["id"]))["quote_approval"]["automatic"] == [QuotePolicy.PUBLIC]
