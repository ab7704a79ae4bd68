"""What a program reads: the inbox of its person, what is elsewhere, and the files that it uploads.

Spec: ActivityPub, sections 4.1, 5.2 and 6; row C2S-03 of the threat table.
"""

from __future__ import annotations

import io

import aiohttp
import orjson
import pytest
from PIL import Image

from fedgov.features.people.service import follows as following
from fedgov.features.posts.service import reacting
from fedgov.federation import follows
from tests.c2s.conftest import PUBLIC, Office, Program
from tests.federation.interop.world import correspondent

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _follow(office: Office, program: Program, whom: str) -> None:
    await office.internet.town.instance.write(following.follow, actor=program.me, target=whom)


# --- inbox ------------------------------------------------------------------------------------------------------


async def test_the_inbox_holds_what_came_in_newest_first_and_each_once(office: Office) -> None:
    program, olga = await office.newcomer(), await office.newcomer()
    await _follow(office, program, office.internet.fatima.uri)
    first = await office.internet.fatima.post("eerste bericht")
    second = await office.internet.fatima.post(f"@{program.name} tweede bericht")
    write = office.internet.town.instance.write
    own = (await program.done({"type": "Note", "content": "mijn eigen", "to": PUBLIC}))["object"]["id"]
    await write(reacting.like, actor=olga.me, object_uri=own)
    await write(reacting.share, actor=olga.me, object_uri=own)
    await write(following.follow, actor=olga.me, target=program.me)
    found = await program.inbox()
    told = [(each["type"], each["actor"]) for each in found]
    assert told == [
        ("Follow", olga.me),
        ("Announce", olga.me),
        ("Like", olga.me),
        ("Create", office.internet.fatima.uri),
        ("Create", office.internet.fatima.uri),
    ]
    assert [each["object"]["id"] for each in found[3:]] == [second, first]
    assert [each["object"] for each in found[:3]] == [program.me, own, own]
    assert len({each["id"] for each in found}) == len(found)
    assert "bto" not in str(found)


async def test_what_came_from_elsewhere_stands_in_the_inbox_without_its_secret_addressees(office: Office) -> None:
    program, friend = await office.newcomer(), office.friend
    note = friend.note(
        to=[program.me], content="<p>van ver</p>", bto=["https://geheim.example/"], bcc=["https://x.example/"]
    )
    await office.internet.deliver(friend.activity("Create", note), by=friend)
    (found,) = await program.inbox()
    assert (found["type"], found["actor"], found["object"]["id"]) == ("Create", friend.uri, note["id"])
    assert found["to"] == [program.me]
    assert "geheim" not in str(found)
    assert "x.example" not in str(found)


async def test_c2s_03_what_may_not_be_read_any_more_is_gone_at_the_next_read(office: Office) -> None:
    program, fatima = await office.newcomer(), office.internet.fatima
    await _follow(office, program, fatima.uri)
    await fatima.post("alleen voor volgers", "followers")
    await fatima.post("voor iedereen")
    assert "alleen voor volgers" in str(await program.inbox())
    # Only the follow goes, and not what came by it, so that it is the look at each read that counts.
    await office.internet.town.instance.write(follows.remove, follower=program.me, following=fatima.uri)
    assert "alleen voor volgers" not in str(await program.inbox())


async def test_pages_neither_lose_nor_repeat_anything_while_more_comes_in(office: Office) -> None:
    program, fatima = await office.newcomer(), office.internet.fatima
    await _follow(office, program, fatima.uri)
    before = [each["object"]["id"] for each in await program.inbox()]
    written = [await fatima.post(f"@{program.name} {number}" if number % 3 else f"{number}") for number in range(45)]
    page = (await program.ask("GET", f"{program.me}/inbox/page/latest")).json
    found = [each["object"]["id"] for each in page["orderedItems"]]
    await fatima.post("er komt iets bij")
    while "next" in page:
        page = (await program.ask("GET", page["next"])).json
        found += [each["object"]["id"] for each in page["orderedItems"]]
    assert found == [*reversed(written), *before]


async def test_nobody_reads_the_inbox_of_another_and_no_cache_keeps_it(office: Office) -> None:
    program, olga = await office.program("anna"), await office.program("olga")
    for path in (f"{program.me}/inbox", f"{program.me}/inbox/page/latest"):
        reply = await program.ask("GET", path)
        assert reply.status == 200
        assert reply.headers["Cache-Control"] == "private, no-store"
        assert "Authorization" in reply.headers["Vary"]
        answers = [await olga.ask("GET", path), await olga.ask("GET", path.replace("anna", "niemand"))]
        assert [each.status for each in answers] == [403, 403]
        assert answers[0].body == answers[1].body
        weak = await office.program("anna", scopes="write read:accounts")
        assert (await weak.ask("GET", path)).status == 403
        nobody = await office.internet.ask("GET", path.removeprefix(office.internet.origin))
        assert (nobody.status, nobody.headers["Cache-Control"]) == (401, "private, no-store")
    assert (await program.ask("GET", f"{program.me}/inbox/page/abc")).status == 404
    index = (await program.ask("GET", f"{program.me}/inbox")).json
    assert index["type"] == "OrderedCollection"


# --- proxy ------------------------------------------------------------------------------------------------------


async def _through(office: Office, program: Program, uri: str) -> tuple[int, str]:
    reply = await program.ask("POST", "/api/activitypub/proxy", body={"id": uri})
    assert reply.headers["Cache-Control"] == "private, no-store"
    return reply.status, reply.body.decode()


async def test_a_program_reads_elsewhere_what_its_person_may_read(office: Office) -> None:
    program, outside = await office.program("anna"), office.internet.outside
    stranger = correspondent(outside, "verweg")
    note = stranger.note(content="<p>van verweg</p>", bcc=["https://geheim.example/"])
    outside.serve(note)
    status, body = await _through(office, program, note["id"])
    assert status == 200
    assert (orjson.loads(body)["id"], orjson.loads(body)["content"]) == (note["id"], note["content"])
    assert "geheim" not in body
    status, body = await _through(office, program, stranger.uri)
    assert (status, orjson.loads(body)["id"]) == (200, stranger.uri)
    asked = [letter for letter in outside.letters if letter.url == note["id"]]
    assert office.internet.town.instance.site.application in asked[0].headers["Signature"]


async def test_the_proxy_shows_nobody_what_only_a_colleague_may_read(office: Office) -> None:
    """Our server may have a message of which only one of its people is an addressee."""
    program, olga, friend = await office.program("anna"), await office.program("olga"), office.friend
    note = friend.note(to=[olga.me], content="<p>alleen olga</p>")
    await office.internet.deliver(friend.activity("Create", note), by=friend)
    closed = await office.internet.fatima.post("besloten stuk", "followers")
    assert (await _through(office, olga, note["id"]))[0] == 200
    missing = await _through(office, program, f"{office.internet.origin}/posts/1")
    assert missing[0] == 404
    for uri in (note["id"], closed):
        assert await _through(office, program, uri) == missing


@pytest.mark.parametrize(
    "uri",
    [
        *("http://127.0.0.1/x", "http://127.0.0.1:1/x", "http://[::1]/x", "http://169.254.169.254/latest"),
        *("http://10.0.0.1/", "http://2130706433/", "file:///etc/passwd", "gopher://x.example/", "", "geen adres"),
    ],
)
async def test_ssrf_01_the_proxy_goes_where_the_guarded_client_goes(office: Office, uri: str) -> None:
    program, wire = await office.program("anna"), office.internet.wire
    before = len(wire.connected)
    status, body = await _through(office, program, uri)
    assert status in (403, 404, 422), body
    assert orjson.loads(body)["error"]
    assert wire.connected[before:] == []


async def test_the_proxy_follows_no_redirect_to_where_it_may_not_go(office: Office) -> None:
    program, internet = await office.program("anna"), office.internet
    internet.elsewhere.leads["omleiding.example"] = "http://127.0.0.1:9/x"
    before = len(internet.wire.connected)
    status, _ = await _through(office, program, "http://omleiding.example/x")
    assert status in (403, 404, 422)
    assert all(address == "93.184.215.14" for address, _ in internet.wire.connected[before:])


async def test_the_proxy_is_for_people_here(office: Office) -> None:
    for headers in ({}, {"Authorization": "Bearer onzin"}):
        reply = await office.internet.ask(
            "POST", "/api/activitypub/proxy", headers=headers, body={"id": office.friend.uri}
        )
        assert reply.status == 401
    weak = await office.program("anna", scopes="write read:accounts")
    assert (await _through(office, weak, office.friend.uri))[0] == 403


# --- files and what an actor says -------------------------------------------------------------------------------


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (10, 90, 10)).save(file, "PNG")
    return file.getvalue()


async def test_a_file_is_uploaded_and_hung_on_a_message_by_its_owner_only(office: Office) -> None:
    program, olga = await office.program("anna"), await office.program("olga")
    form = aiohttp.FormData()
    form.add_field("file", _png(), filename="vlak.png", content_type="image/png")
    form.add_field(
        "object", orjson.dumps({"type": "Image", "name": "Een groen vlak", "id": "https://x.example/1"}).decode()
    )
    reply = await program.ask("POST", "/api/activitypub/media", body=form)
    assert reply.status == 201, reply.body
    at = reply.headers["Location"]
    assert (reply.json["id"], reply.json["url"], reply.json["name"]) == (at, at, "Een groen vlak")
    note = {"type": "Note", "content": "Kijk", "to": PUBLIC, "attachment": [{"type": "Image", "url": at}]}
    assert await olga.refused(note) == 422
    made = await program.done(note)
    assert (made["object"]["attachment"][0]["url"], made["object"]["attachment"][0]["name"]) == (at, "Een groen vlak")
    weak = await office.program("anna", scopes="write:statuses")
    assert (await weak.ask("POST", "/api/activitypub/media", body={"object": "{}"})).status == 403
    assert (await program.ask("POST", "/api/activitypub/media", body={"object": "{}"})).status == 422


async def test_an_actor_tells_where_its_programs_go_and_each_address_answers(office: Office) -> None:
    headers = {"Accept": "application/activity+json"}
    actor = (await office.internet.ask("GET", "/users/fatima", headers=headers)).json
    endpoints = actor["endpoints"]
    assert endpoints.keys() == {
        "sharedInbox",
        "proxyUrl",
        "uploadMedia",
        "oauthAuthorizationEndpoint",
        "oauthTokenEndpoint",
    }
    for name in ("proxyUrl", "uploadMedia"):
        assert (await office.internet.ask("POST", endpoints[name].removeprefix(office.internet.origin))).status == 401
    assert (await office.internet.ask("POST", "/oauth/token", body={})).status in (400, 401)
    assert "proxyUrl" not in (await office.internet.ask("GET", "/actor", headers=headers)).json["endpoints"]


async def test_servers_go_on_delivering_and_reading_at_the_same_addresses(office: Office) -> None:
    friend, internet = office.friend, office.internet
    note = friend.note(to=[internet.fatima.uri])
    await internet.deliver(friend.activity("Create", note), by=friend, path="/users/fatima/inbox")
    reply = await internet.ask("GET", "/users/fatima/outbox", headers={"Accept": "application/activity+json"})
    assert reply.json["type"] == "OrderedCollection"
