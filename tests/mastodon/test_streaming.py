"""Streams: what happens reaches apps at once, and only those who may know of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from fedgov.features.notices.service import announcements
from fedgov.features.people.queries import account_of, tokens_of
from fedgov.features.people.service import accounts, blocks, passwords, tokens
from fedgov.features.posts.service import publishing, reacting
from fedgov.federation import keys
from fedgov.mastodon.streams import register
from fedgov.mastodon.streams.stream import NO_LONGER_ALLOWED
from tests.fediverse import Fediverse, pooled_rsa
from tests.mastodon.conftest import App, Counter, demand_entity
from tests.mastodon.listener import PATIENCE, ROOT, event_stream, refusal, web_socket

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    """One running town hall for all tests here; each makes people of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate_rsa", pooled_rsa)
        patch.setattr(passwords, "hash_password", _no_hash)
        fediverse = Fediverse(tmp_path_factory.mktemp("streams"))
        async with aiohttp.ClientSession() as session:
            yield Counter(await fediverse.add("gouda"), session, fediverse)
        await fediverse.close()


async def _no_hash(_password: str) -> str:
    """Nobody logs in here, and there are many people."""
    return "none"


async def _status(app: App, uri: str) -> Any:
    number = uri.rsplit("/", 1)[1]
    answer = await app.get(f"/api/v1/statuses/{number}")
    assert answer.status == 200, answer.json
    return answer.json


# --- posts ------------------------------------------------------------------------------------------------------


async def test_a_post_of_somebody_whom_one_follows_comes_as_the_api_shows_it(hall: Counter) -> None:
    anna, bas = await hall.app_of("anna"), await hall.app_of("bas")
    assert anna.person and bas.person
    await bas.person.follow(anna.person)
    async with event_stream(bas, "user") as stream, web_socket(bas, stream="user") as socket:
        uri = await anna.person.post("Hoi #inkoop")
        told, also = await stream.next(), await socket.next()
        assert (told.event, also.event, also.stream) == ("update", "update", ("user",))
        assert told.payload == also.payload == await _status(bas, uri)
        demand_entity(told.payload, "Status")


async def test_what_a_post_becomes_is_told_too(hall: Counter) -> None:
    cees, door = await hall.app_of("cees"), await hall.app_of("door")
    assert cees.person and door.person
    await door.person.follow(cees.person)
    write = hall.town.instance.write
    async with event_stream(door, "user") as stream, event_stream(door, "public/local") as public:
        uri = await cees.person.post("Eerst")
        number = _number(uri)
        assert (await stream.next()).event == (await public.next()).event == "update"
        await write(publishing.edit_post, actor=cees.person.uri, object_id=number, text="Daarna")
        told = await stream.next()
        assert told.event == "status.update"
        assert told.payload == (await public.next()).payload == await _status(door, uri)
        assert told.payload["content"] == "<p>Daarna</p>"
        assert told.payload["edited_at"] is not None
        await write(publishing.delete_post, actor=cees.person.uri, object_id=number)
        assert await stream.next() == await public.next()


async def test_a_shared_post_comes_under_the_name_of_who_shared_it_and_goes_with_it(hall: Counter) -> None:
    eva, finn, gijs = [await hall.app_of(name) for name in ("eva", "finn", "gijs")]
    assert eva.person and finn.person and gijs.person
    await gijs.person.follow(finn.person)
    uri = await eva.person.post("Deel mij")
    async with event_stream(gijs, "user") as stream:
        await hall.town.instance.write(reacting.share, actor=finn.person.uri, object_uri=uri)
        told = await stream.next()
        assert told.event == "update"
        assert told.payload["account"]["acct"] == "finn"
        assert told.payload["reblog"] == await _status(gijs, uri)
        await hall.town.instance.write(reacting.unshare, actor=finn.person.uri, object_uri=uri)
        gone = await stream.next()
        assert (gone.event, gone.payload) == ("delete", told.payload["id"])


async def test_ac_01_nobody_is_shown_in_a_stream_what_is_not_for_them(hall: Counter) -> None:
    """Each reader's stream has what that reader's timelines have, and the same entities."""
    author = await hall.app_of("maya")
    names = ("noor", "otto", "piet", "quirine", "rosa", "tess")
    people = {name: await hall.app_of(name) for name in names}
    assert author.person
    uris = {name: app.person.uri for name, app in people.items() if app.person}
    write = hall.town.instance.write
    for name in ("noor", "otto", "piet", "quirine"):
        found = people[name].person
        assert found
        await found.follow(author.person)
    await write(blocks.mute, who=uris["otto"], whom=author.person.uri)
    await write(blocks.block, who=uris["tess"], whom=author.person.uri)
    closed = await author.person.post("Alleen wie mij volgt", "followers")
    for name, action in (("piet", "hide"), ("quirine", "warn")):
        made = await people[name].post(
            "/api/v2/filters", title="Geheim", context=["home", "public"], filter_action=action,
            keywords_attributes=[{"keyword": "geheim", "whole_word": True}],
        )  # fmt: skip
        assert made.status == 200
    people["maya"] = author
    seen: set[tuple[str, str, str]] = set()
    async with AsyncExitStack() as stack:
        homes = {name: await stack.enter_async_context(event_stream(app, "user")) for name, app in people.items()}
        publics = {name: await stack.enter_async_context(event_stream(app, "public")) for name, app in people.items()}
        for text, visibility in (
            ("Iedereen mag dit lezen", "public"),
            ("Dit is geheim voor sommigen", "public"),
            ("Voor wie mij volgt, ook geheim", "followers"),
            ("Voor @rosa en niemand anders", "direct"),
            ("Voor collega's", "organisation"),
            ("Antwoord op iets beslotens, ook voor @rosa", "reply"),
            ("Hierna niets meer, @otto @tess @rosa", "public"),
        ):
            if visibility == "reply":
                last = await author.person.reply(closed, text, "followers")
            else:
                last = await author.person.post(text, visibility)
            for name, app in people.items():
                for streams, path in ((homes, "home"), (publics, "public")):
                    newest = (await app.get(f"/api/v1/timelines/{path}", limit=1)).json
                    if newest and newest[0]["uri"] == last:
                        assert await _next_update(streams[name]) == newest[0], (name, path, text)
                        seen.add((name, path, text))
        # Nothing else came: the next thing that everybody is told is this.
        await hall.town.instance.write(publishing.delete_post, actor=author.person.uri, object_id=_number(last))
        for name, stream in [*homes.items(), *publics.items()]:
            told_last = await _next_but_notifications(stream)
            assert (told_last.event, told_last.payload) == ("delete", str(_number(last))), name
    assert {name for name, path, text in seen if path == "home" and "wie mij volgt" in text} == {
        "noor", "quirine", "maya",
    }  # fmt: skip
    assert {name for name, path, text in seen if text.startswith("Voor @rosa")} == {"rosa", "maya"}
    assert {name for name, path, _ in seen if path == "public"} == {"noor", "piet", "quirine", "rosa", "maya"}


def _number(uri: str) -> int:
    return int(uri.rsplit("/", 1)[1])


async def _next_but_notifications(stream: Any) -> Any:
    while (told := await stream.next()).event in ("notification", "filters_changed"):
        pass
    return told


async def _next_update(stream: Any) -> Any:
    told = await _next_but_notifications(stream)
    assert told.event == "update"
    return told.payload


async def test_a_closed_post_that_is_deleted_is_told_to_those_who_had_it(hall: Counter) -> None:
    ann, ben, cor = [await hall.app_of(name) for name in ("ann", "ben", "cor")]
    assert ann.person and ben.person and cor.person
    await ben.person.follow(ann.person)
    async with event_stream(ben, "user") as had, event_stream(cor, "user") as had_not:
        uri = await ann.person.post("Besloten", "followers")
        assert (await had.next()).event == "update"
        await hall.town.instance.write(publishing.delete_post, actor=ann.person.uri, object_id=_number(uri))
        assert (await had.next()).event == "delete"
        marker = await cor.person.post("Merkteken")
        assert (await had_not.next()).payload["uri"] == marker


async def test_public_subject_and_media_streams_have_what_their_timelines_have(hall: Counter) -> None:
    dirk = await hall.app_of("dirk")
    assert dirk.person
    async with web_socket(dirk) as socket:
        await socket.say("subscribe", stream="public:local")
        await socket.say("subscribe", stream="public:remote")
        await socket.say("subscribe", stream="public:local", only_media="true")
        await socket.say("subscribe", stream="hashtag", tag="Markt")
        await socket.say("subscribe", stream="hashtag:local", tag="markt")
        await dirk.person.post("Niet openbaar #markt", "unlisted")
        await dirk.person.post("Op de #markt")
        told = [await socket.next() for _ in range(3)]
        assert {each.stream for each in told} == {("public:local",), ("hashtag", "Markt"), ("hashtag:local", "markt")}
        assert {each.payload["content"] for each in told} == {told[0].payload["content"]}
        assert "Op de" in told[0].payload["content"]
        await socket.say("unsubscribe", stream="hashtag", tag="Markt")
        await socket.say("unsubscribe", stream="public:local")
        await dirk.person.post("Nog eens #markt")
        assert (await socket.next()).stream == ("hashtag:local", "markt")
        await dirk.person.post("Stil")
        await socket.heard()  # nothing came in between


# --- what concerns one person -----------------------------------------------------------------------------------


async def test_notifications_come_as_the_api_shows_them(hall: Counter) -> None:
    hans, ilse = await hall.app_of("hans"), await hall.app_of("ilse")
    assert hans.person and ilse.person
    async with event_stream(hans, "user/notification") as stream, web_socket(hans, "/user") as socket:
        await ilse.person.post("Dag @hans")
        told = await stream.next()
        assert told.event == "notification"
        assert told.payload == (await hans.get(f"/api/v1/notifications/{told.payload['id']}")).json
        demand_entity(told.payload, "Notification")
        both = [await socket.next(), await socket.next()]
        assert {each.event for each in both} == {"update", "notification"}


async def test_ac_08_without_the_scope_for_notifications_the_user_stream_has_none(hall: Counter) -> None:
    jan, kees = await hall.app_of("jan", scopes="read:statuses"), await hall.app_of("kees")
    assert jan.person and kees.person
    async with event_stream(jan, "user") as stream:
        await hall.town.instance.write(reacting.like, actor=kees.person.uri, object_uri=await jan.person.post("Een"))
        assert (await stream.next()).event == "update"
        uri = await jan.person.post("Twee")
        told = await stream.next()
        assert (told.event, told.payload["uri"]) == ("update", uri)


async def test_a_direct_message_is_told_as_a_conversation_to_those_who_take_part(hall: Counter) -> None:
    lars, mia, nico = [await hall.app_of(name) for name in ("lars", "mia", "nico")]
    assert lars.person and mia.person and nico.person
    async with event_stream(mia, "direct") as stream, web_socket(nico, "/direct") as other:
        await lars.person.post("Onder ons, @mia", "direct")
        told = await stream.next()
        assert told.event == "conversation"
        (listed,) = (await mia.get("/api/v1/conversations")).json
        assert told.payload == listed
        demand_entity(told.payload, "Conversation")
        await other.heard()  # nothing came in between


async def test_changed_filters_are_told_and_heeded_from_then_on(hall: Counter) -> None:
    olga, pim, aad = [await hall.app_of(name) for name in ("olga", "pim", "aad")]
    assert olga.person and pim.person and aad.person
    await olga.person.follow(pim.person)
    await aad.person.follow(pim.person)
    async with (
        event_stream(olga, "user") as stream,
        web_socket(olga, "/user") as socket,
        event_stream(aad, "user") as other,
    ):
        await pim.person.post("Over voetbal")
        assert (await stream.next()).payload["filtered"] == []
        made = await olga.post(
            "/api/v2/filters", title="Sport", context=["home"], filter_action="hide",
            keywords_attributes=[{"keyword": "voetbal"}],
        )  # fmt: skip
        assert made.status == 200
        told = await stream.next()
        assert (told.event, told.payload) == ("filters_changed", "undefined")
        assert (await socket.next()).event == "update"
        assert await socket.raw() == {"stream": ["user"], "event": "filters_changed"}
        await pim.person.post("Nog meer voetbal")
        uri = await pim.person.post("Over iets anders")
        assert (await stream.next()).payload["uri"] == uri
        assert [(await other.next()).payload["filtered"] for _ in range(3)] == [[], [], []]


async def test_a_list_shows_its_members_to_whom_it_belongs(hall: Counter) -> None:
    ria, stef, toon = [await hall.app_of(name) for name in ("ria", "stef", "toon")]
    assert ria.person and stef.person and toon.person
    await ria.person.follow(stef.person)
    made = (await ria.post("/api/v1/lists", title="Team")).json["id"]
    account = (await ria.get("/api/v1/accounts/lookup", acct="stef")).json["id"]
    assert (await ria.post(f"/api/v1/lists/{made}/accounts", account_ids=[account])).status == 200
    async with event_stream(ria, "list", list=made) as stream, web_socket(toon) as other:
        await other.ws.send_str(f'{{"type": "subscribe", "stream": "list", "list": "{made}"}}')
        assert (await other.raw())["status"] == 404
        await toon.person.post("Niet van de lijst")
        uri = await stef.person.post("Van de lijst")
        assert (await stream.next()).payload == await _status(ria, uri)
        await other.heard()  # nothing came in between


async def test_announcements_come_as_the_api_shows_them_to_each(hall: Counter) -> None:
    stil, blij = await hall.app_of("stil"), await hall.app_of("blij")
    assert blij.person
    write = hall.town.instance.write
    async with event_stream(stil, "user") as stream, web_socket(blij, "/user") as socket:
        number = await write(announcements.write, text="Morgen onderhoud")
        told, also = await stream.next(), await socket.next()
        (listed,) = (await stil.get("/api/v1/announcements")).json
        assert told.event == also.event == "announcement"
        assert told.payload == also.payload == listed
        await write(announcements.react, reader=blij.person.uri, announcement_id=number, emoji="👍")
        told = await stream.next()
        assert told.event == "announcement.reaction"
        assert told.payload == {"name": "👍", "count": 1, "announcement_id": str(number)}
        assert (await socket.next()).event == "announcement.reaction"
        await write(announcements.change, announcement_id=number, text="Overmorgen onderhoud")
        assert (await stream.next()).payload == (await stil.get("/api/v1/announcements")).json[0]
        (mine,) = (await blij.get("/api/v1/announcements")).json
        assert (await socket.next()).payload == mine
        assert mine["reactions"][0]["me"] is True
        await write(announcements.remove, announcement_id=number)
        assert (await stream.next()).event == (await socket.next()).event == "announcement.delete"


# --- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["user", "user/notification", "public", "public/local", "public/remote", "direct"])
async def test_ac_08_no_stream_opens_without_a_token_of_a_person(hall: Counter, path: str) -> None:
    assert (await refusal(hall.visitor, f"{path}")).status == 401
    wrong = App(hall.town, hall.session, token="wrong")
    assert (await refusal(wrong, f"{path}")).status == 401
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with web_socket(wrong, f"/{path}"):
            pass
    assert refused.value.status == 401
    assert refused.value.headers is not None
    assert refused.value.headers.getall("Access-Control-Allow-Origin") == ["*"]


async def test_an_app_by_itself_has_no_streams(hall: Counter) -> None:
    made = await hall.visitor.post("/api/v1/apps", client_name="Los", redirect_uris="urn:ietf:wg:oauth:2.0:oob")
    values = {name: made.json[name] for name in ("client_id", "client_secret")}
    answer = await hall.visitor.post("/oauth/token", grant_type="client_credentials", **values)
    alone = App(hall.town, hall.session, token=answer.json["access_token"])
    assert (await refusal(alone, "public")).status in (401, 422)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with web_socket(alone, stream="public"):
            pass
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("path", "name", "scope"),
    [
        ("user", "user", "read:notifications"),
        ("user/notification", "user:notification", "read:statuses"),
        ("public", "public", "read:accounts"),
        ("hashtag", "hashtag", "write"),
        ("list", "list", "read:notifications"),
        ("direct", "direct", "read:lists"),
    ],
)
async def test_ac_08_no_stream_opens_without_its_scope(hall: Counter, path: str, name: str, scope: str) -> None:
    app = await hall.app_of("ursula", scopes=scope)
    answer = await refusal(app, f"{path}", list="1", tag="x")
    assert answer.status == 403
    assert set(answer.json) == {"error"}
    async with web_socket(app) as socket:
        await socket.ws.send_str(f'{{"type": "subscribe", "stream": "{name}", "list": "1", "tag": "x"}}')
        assert (await socket.raw())["status"] == 403


async def test_streams_that_do_not_exist_are_refused(hall: Counter) -> None:
    vera = await hall.app_of("vera")
    for path in ("nothing", "public/nothing", "list/1"):
        answer = await refusal(vera, f"{path}")
        assert (answer.status, set(answer.json)) == (404, {"error"}), path
    assert (await refusal(vera, "list", list="1")).status == 404
    assert (await refusal(vera, "list")).status == 400
    assert (await refusal(vera, "hashtag")).status == 400
    assert (await vera.get(ROOT)).status == 404
    for path in ("/nothing", "/../../../home"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with web_socket(vera, path):
                pass
        assert refused.value.status == 404


async def test_the_token_may_be_in_the_address_or_in_the_name_of_a_subprotocol(hall: Counter) -> None:
    wim = await hall.app_of("wim")
    headers = {"Host": hall.town.domain}
    url = f"{hall.town.base}{ROOT}"
    async with hall.session.get(f"{url}/user", params={"access_token": wim.token}, headers=headers) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["X-Accel-Buffering"] == "no"
    async with hall.session.ws_connect(url, protocols=[wim.token], headers=headers) as ws:
        assert ws.protocol == wim.token
    headers["Authorization"] = f"Bearer {wim.token}"
    async with hall.session.ws_connect(url, headers=headers) as ws:
        assert ws.protocol is None


async def test_the_token_in_the_address_counts_for_streams_only(hall: Counter) -> None:
    xander = await hall.app_of("xander")
    answer = await hall.visitor.get("/api/v1/timelines/home", access_token=xander.token)
    assert answer.status == 401


async def test_streams_are_known_to_be_alive(hall: Counter) -> None:
    answer = await hall.visitor.get(f"{ROOT}/health")
    assert (answer.status, answer.json) == (200, b"OK")
    domain = hall.town.domain
    assert (await hall.visitor.get("/api/v1/instance")).json["urls"] == {"streaming_api": f"ws://{domain}"}
    found = (await hall.visitor.get("/api/v2/instance")).json
    assert found["configuration"]["urls"]["streaming"] == f"ws://{domain}"


async def test_open_streams_are_counted(hall: Counter) -> None:
    app, gauge = await hall.app_of("geteld"), hall.town.instance.metrics.streams
    before = gauge._value.get()
    async with event_stream(app, "user"), web_socket(app, stream="public") as socket:
        await socket.heard()
        assert gauge._value.get() == before + 2
    async with asyncio.timeout(60):
        while gauge._value.get() != before:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.02)


# --- streams end ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["revoked", "disabled", "another password", "deleted"])
async def test_ac_07_a_stream_ends_when_its_token_does(hall: Counter, how: str) -> None:
    name = f"einde{len(how)}"
    app, other = await hall.app_of(name), await hall.app_of("blijft")
    assert app.person
    instance = hall.town.instance
    account = await instance.read(account_of, actor=app.person.uri)
    assert account
    async with (
        event_stream(app, "user") as stream,
        web_socket(app, stream="public") as socket,
        event_stream(other, "user") as untouched,
    ):
        if how == "disabled":
            await instance.write(accounts.disable, account_id=account.id, by=None)
        elif how == "another password":
            await instance.write(accounts.set_password, account_id=account.id, password_hash="different")
        elif how == "deleted":
            await instance.write(accounts.delete_account, account_id=account.id)
        else:
            (token,) = await instance.read(tokens_of, account_id=account.id)
            await instance.write(tokens.revoke_token, account_id=account.id, token_id=token.id)
        await stream.closed()
        assert await socket.closed() == NO_LONGER_ALLOWED
        assert other.person
        await other.person.post("Nog steeds hier")
        assert (await untouched.next()).event == "update"
    assert (await refusal(app, "user")).status == 401


async def test_one_person_may_have_so_many_streams(hall: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "MOST_PER_PERSON", 2)
    app = await hall.app_of("yvonne")
    async with event_stream(app, "user"), web_socket(app):
        answer = await refusal(app, "public")
        assert answer.status == 429
        assert "retry-after" in answer.headers
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with web_socket(app):
                pass
        assert refused.value.status == 429
    hub = hall.town.running.reception.hub
    async with asyncio.timeout(PATIENCE):
        while any(stream.viewer == app.person.uri for stream in hub.register.streams if app.person):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    async with event_stream(app, "public"):
        pass


async def test_who_does_not_read_is_dropped(hall: Counter) -> None:
    app = await hall.app_of("zwijger")
    hub = hall.town.running.reception.hub
    reader, writer = await asyncio.open_connection(*hall.town.listener.getsockname(), limit=1_024)
    writer.write(
        f"GET {ROOT}/user HTTP/1.1\r\nHost: {hall.town.domain}\r\nAuthorization: Bearer {app.token}\r\n\r\n".encode()
    )
    await reader.readuntil(b":thump")
    (stream,) = [each for each in hub.register.streams if app.person and each.viewer == app.person.uri]
    async with asyncio.timeout(PATIENCE):
        while stream in hub.register.streams:
            stream.give(b"x" * 65_536)  # more than the sockets of both sides take, in the end
            await asyncio.sleep(0)
    assert stream.is_over
    writer.close()
