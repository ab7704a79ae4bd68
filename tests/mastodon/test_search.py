"""Searching, as apps do it: only what one may find, and never an error, whatever is typed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any, Final

import aiohttp
import pytest
import pytest_asyncio

from fedgov.features.people.service import passwords
from fedgov.features.people.service.blocks import mute
from fedgov.federation import keys
from tests.fediverse import Fediverse, pooled_rsa
from tests.mastodon.conftest import App, Counter, demand_entity
from tests.mastodon.scene import nobodys

pytestmark = pytest.mark.asyncio(loop_scope="module")
V2: Final = "/api/v2/search"


@dataclass(frozen=True, slots=True)
class Office:
    """A town hall for all tests of this file; each has words of its own."""

    counter: Counter
    fatima: App
    bram: App
    otto: App
    anna: App


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate_rsa", pooled_rsa)
        patch.setattr(passwords, "hash_password", nobodys)
        fediverse = Fediverse(tmp_path_factory.mktemp("search"))
        async with aiohttp.ClientSession() as session:
            counter = Counter(await fediverse.add("gouda"), session, fediverse)
            people = [await counter.app_of(name) for name in ("fatima", "bram", "otto", "anna")]
            yield Office(counter, *people)
        await fediverse.close()


async def found(app: App, q: str, kind: str = "statuses", **params: Any) -> list[Any]:
    answer = await app.get(V2, q=q, **({"type": kind} if kind else {}), **params)
    assert answer.status == 200, answer.json
    demand_entity(answer.json, "Search")
    return list(answer.json[kind])


def texts(statuses: list[Any]) -> list[str]:
    return [status["content"].removeprefix("<p>").removesuffix("</p>") for status in statuses]


async def test_posts_people_and_subjects_are_found_at_once(office: Office) -> None:
    fatima, bram = office.fatima, office.bram
    assert fatima.person and bram.person
    await bram.person.post("Het fietspad bij de #Fietsbrug is klaar")
    await bram.person.post("Alleen voor ons: de fietsbrug wordt duurder", "organisation")
    assert [each["acct"] for each in (await fatima.get(V2, q="bra")).json["accounts"]] == ["bram"]
    answer = await fatima.get(V2, q="fiets")
    demand_entity(answer.json, "Search")
    assert [each["acct"] for each in answer.json["accounts"]] == []
    assert [each["name"] for each in answer.json["hashtags"]] == ["fietsbrug"]
    assert answer.json["hashtags"][0]["following"] is False
    assert [status["visibility"] for status in answer.json["statuses"]] == ["private", "public"]
    assert (await fatima.get(V2, q="fiets", type="hashtags")).json["statuses"] == []


async def test_nobody_finds_a_post_that_is_for_somebody_else(office: Office) -> None:
    """AC-03, AC-18: not by its words, its author, its address or its subject, and the answer is that of nothing."""
    fatima, bram, otto = office.fatima, office.bram, office.otto
    assert fatima.person and bram.person
    uri = await bram.person.post("@fatima Een #geheim overleg", "direct")
    await bram.person.post("Een #geheim voor volgers", "followers")
    nothing = (await otto.get(V2, q="bestaatniet")).json

    for q in ("geheim", "overleg", "geheim from:bram", "#geheim", uri, "geheim in:library"):
        answer = await otto.get(V2, q=q, resolve="true")
        assert (answer.status, answer.json) == (200, nothing), q
    assert texts(await found(fatima, "overleg"))


async def test_visitors_find_people_and_public_subjects_only(office: Office) -> None:
    bram = office.bram
    assert bram.person
    uri = await bram.person.post("Over de #jeugdzorg")
    await bram.person.post("Over het #jaarplan", "organisation")
    visitor = office.counter.visitor

    answer = (await visitor.get(V2, q="bram")).json
    assert [each["acct"] for each in answer["accounts"]] == ["bram"]
    assert answer["statuses"] == []
    assert [each["name"] for each in await found(visitor, "jeugdz", "hashtags")] == ["jeugdzorg"]
    assert await found(visitor, "jaarp", "hashtags") == []
    assert [each["uri"] for each in await found(visitor, uri)] == [uri]
    for params in ({"resolve": "true"}, {"offset": "20", "type": "accounts"}):
        refused = await visitor.get(V2, q="bram", **params)
        assert refused.status == 401
        assert set(refused.json) == {"error"}


async def test_a_token_without_the_scope_finds_what_a_visitor_finds(office: Office) -> None:
    bram, counter = office.bram, office.counter
    assert bram.person
    await bram.person.post("De sluisdeur")
    token = await counter.token_of(bram.person, scopes="read:statuses")

    assert await found(bram, "sluisdeur")
    assert await found(replace(bram, token=token), "sluisdeur") == []


async def test_operators_narrow_a_search(office: Office) -> None:
    fatima, bram = office.fatima, office.bram
    assert fatima.person and bram.person
    await bram.person.post("zwemmen en duiken")
    await bram.person.post("zwemmen en zeilen")
    await fatima.person.post("zwemmen met https://delft.example/pad erbij")

    assert texts(await found(fatima, "zwemmen -zeilen from:bram")) == ["zwemmen en duiken"]
    assert texts(await found(fatima, '"en zeilen"')) == ["zwemmen en zeilen"]
    assert len(await found(fatima, "zwemmen from:me has:link")) == 1
    assert len(await found(fatima, "zwemmen -from:me")) == 2
    assert await found(fatima, "zwemmen before:2020-01-01") == []
    assert len(await found(fatima, "zwemmen after:2020")) == 3
    assert await found(fatima, "zwemmen from:nobody") == []
    assert await found(fatima, "zwemmen is:reply") == []


async def test_pages_go_on_by_offset_and_by_id(office: Office) -> None:
    fatima, bram = office.fatima, office.bram
    assert fatima.person and bram.person
    for number in range(5):
        await fatima.person.post(f"nota nummer {number}")
    everything = [each["id"] for each in await found(fatima, "nota")]

    assert [each["id"] for each in await found(fatima, "nota", limit=2, offset=2)] == everything[2:4]
    assert [each["id"] for each in await found(fatima, "nota", limit=2, max_id=everything[2])] == everything[3:]
    assert [each["id"] for each in await found(fatima, "nota", limit=2, min_id=everything[2])] == everything[:2]
    mine = everything and (await fatima.get("/api/v1/accounts/verify_credentials")).json["id"]
    assert len(await found(fatima, "nota", account_id=mine)) == 5
    theirs = (await bram.get("/api/v1/accounts/verify_credentials")).json["id"]
    assert await found(fatima, "nota", account_id=theirs) == await found(fatima, "nota", account_id="9" * 30) == []


async def test_people_whom_one_does_not_want_to_see_are_not_found(office: Office) -> None:
    fatima, anna = office.fatima, office.anna
    assert fatima.person and anna.person
    await anna.person.post("De molen")
    await office.counter.town.instance.write(mute, who=fatima.person.uri, whom=anna.person.uri)

    assert await found(fatima, "molen") == []


async def test_only_those_whom_one_follows(office: Office) -> None:
    fatima, otto = office.fatima, office.otto
    assert fatima.person and otto.person
    await fatima.person.follow(otto.person)

    assert len(await found(fatima, "o", "accounts")) > 1
    assert [each["acct"] for each in await found(fatima, "o", "accounts", following="true")] == ["otto"]


async def test_a_search_for_nothing_is_refused(office: Office) -> None:
    fatima = office.fatima
    for params in ({}, {"q": ""}, {"q": "  "}):
        answer = await fatima.get(V2, **params)
        assert answer.status == 400
        assert answer.json["error"].endswith("q")


async def test_the_search_that_mastodon_took_away_is_not_here(office: Office) -> None:
    fatima = office.fatima
    answer = await fatima.get("/api/v1/search", q="x")
    assert (answer.status, set(answer.json)) == (404, {"error"})


ODD = (
    '"', '""', "*", "a*", "AND", "OR NOT", "NEAR(a b)", "document:a", "a AND", "(", ")", "^a", "-", "--", "-a", "+a",
    "a' OR 1=1 --", "'; DROP TABLE posts; --", "from:", "from:@", "has:", "before:0000", "before:9999-99-99", "in:",
    "during:2024-02-30", ":e", "from::e", "\U0001f600", "%", "_", "\\", "{a}", "a:b:c", "café " * 200,
)  # fmt: skip


async def test_nothing_that_is_typed_is_an_error(office: Office) -> None:
    fatima = office.fatima
    assert {q: (await fatima.get(V2, q=q)).status for q in ODD} == dict.fromkeys(ODD, 200)


# --- timelines of links and of what is for named people ---------------------------------------------------------


async def test_posts_are_found_by_the_address_they_link_to(office: Office) -> None:
    fatima, bram, visitor = office.fatima, office.bram, office.counter.visitor
    assert fatima.person and bram.person
    url = "https://delft.example/nota?a=1&b=2"
    await fatima.person.post(f"Lees {url}")
    await bram.person.post(f"Dit ook: {url} @fatima")
    await bram.person.post(f"Onder ons: {url}", "followers")

    answer = await visitor.get("/api/v1/timelines/link", url=url)
    assert answer.status == 200
    demand_entity(answer.json, "Status")
    assert [each["account"]["acct"] for each in answer.json] == ["bram", "fatima"]
    trending = await visitor.get("/api/v1/trends/links")
    demand_entity(trending.json, "TrendsLink")
    assert [(each["url"], each["history"][0]["accounts"]) for each in trending.json] == [(url, "2")]
    assert (await visitor.get("/api/v1/timelines/link", url="https://delft.example/")).json == []
    assert (await visitor.get("/api/v1/timelines/link")).json == []


async def test_what_is_for_named_people_has_a_timeline_of_their_own(office: Office) -> None:
    fatima, bram, otto = office.fatima, office.bram, office.otto
    assert bram.person
    before = [each["id"] for each in (await otto.get("/api/v1/timelines/direct")).json]
    await bram.person.post("@otto@" + office.counter.town.domain + " Alleen voor jou", "direct")

    for app in (bram, otto):
        answer = await app.get("/api/v1/timelines/direct")
        demand_entity(answer.json, "Status")
        assert "Alleen voor jou" in answer.json[0]["content"]
    assert len((await otto.get("/api/v1/timelines/direct")).json) == len(before) + 1
    assert "Alleen voor jou" not in str((await fatima.get("/api/v1/timelines/direct")).json)
