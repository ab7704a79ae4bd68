"""Accounts, as apps read them."""

from __future__ import annotations

import pytest

from fedgov.features.people.queries import get_person
from fedgov.features.people.service import notes, profiles
from fedgov.features.people.service.profiles import Profile
from fedgov.federation import actors
from tests.fediverse import Fediverse
from tests.mastodon.conftest import App, Counter, demand_entity


async def id_of(counter: Counter, username: str) -> str:
    """Return the id by which apps know somebody here."""
    return str((await counter.town.ask(get_person, handle=username)).id)


async def test_an_account_is_shown_to_everybody(counter: Counter) -> None:
    await counter.app_of("fatima", function="inkoper")
    answer = await counter.visitor.get(f"/api/v1/accounts/{await id_of(counter, 'fatima')}")
    assert answer.status == 200
    demand_entity(answer.json, "Account")
    assert (answer.json["username"], answer.json["acct"]) == ("fatima", "fatima")


@pytest.mark.parametrize("row_id", ["1", "99999999999999999999", "fatima", "-1"])
async def test_an_account_that_is_not_there_is_told_as_such(counter: Counter, row_id: str) -> None:
    for rest in ("", "/statuses", "/followers", "/following", "/endorsements"):
        answer = await counter.visitor.get(f"/api/v1/accounts/{row_id}{rest}")
        assert (answer.status, answer.json) == (404, {"error": answer.json["error"]})


async def test_the_server_itself_is_no_account(counter: Counter) -> None:
    application = await counter.town.ask(actors.get, uri=counter.town.instance.site.application)
    assert (await counter.visitor.get(f"/api/v1/accounts/{application.id}")).status == 404
    assert (await counter.visitor.get("/api/v1/accounts/lookup", acct=application.username)).status == 404


async def test_several_accounts_come_at_once_without_those_that_are_not_there(counter: Counter) -> None:
    ids = []
    for name in ("fatima", "jelle"):
        await counter.app_of(name)
        ids.append(await id_of(counter, name))
    answer = await counter.visitor.ask("GET", f"/api/v1/accounts?id[]={ids[1]}&id[]=12&id[]={ids[0]}")
    demand_entity(answer.json, "Account")
    assert [each["id"] for each in answer.json] == [ids[1], ids[0]]


async def test_a_handle_is_looked_up_among_those_known_here(counter: Counter) -> None:
    await counter.app_of("fatima")
    wanted = await id_of(counter, "fatima")
    for acct in ("fatima", "@fatima", f"fatima@{counter.town.domain}"):
        answer = await counter.visitor.get("/api/v1/accounts/lookup", acct=acct)
        assert answer.json["id"] == wanted
    for acct in ("", "niemand", "niemand@delft.example"):
        assert (await counter.visitor.get("/api/v1/accounts/lookup", acct=acct)).status == 404


async def test_searching_needs_a_token_and_finds_by_name(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    await counter.app_of("jelle")
    assert (await counter.visitor.get("/api/v1/accounts/search", q="jelle")).status == 401
    answer = await fatima.get("/api/v1/accounts/search", q="jel")
    demand_entity(answer.json, "Account")
    assert [each["username"] for each in answer.json] == ["jelle"]
    assert (await fatima.get("/api/v1/accounts/search", q="jel", following="true")).json == []
    assert (await fatima.get("/api/v1/accounts/search", q="jel", offset=1)).json == []
    assert (await fatima.get("/api/v1/accounts/search", q="jel", limit="veel")).status == 422


async def test_somebody_elsewhere_is_found_by_handle_when_asked_to_look(counter: Counter, fediverse: Fediverse) -> None:
    fatima = await counter.app_of("fatima")
    delft = await fediverse.add("delft")
    pieter = await delft.as_("pieter")
    assert (await fatima.get("/api/v1/accounts/search", q=pieter.handle)).json == []
    for words in (pieter.handle, pieter.uri):
        [found] = (await fatima.get("/api/v1/accounts/search", q=words, resolve="true")).json
        assert (found["acct"], found["uri"]) == (pieter.handle.removeprefix("@"), pieter.uri)
    for words in (f"@niemand@{delft.domain}", "@a@@b", "https://127.0.0.1:1/x", "@"):
        assert (await fatima.get("/api/v1/accounts/search", q=words, resolve="true")).json == []


async def _texts(app: App, path: str, **params: str) -> list[str]:
    answer = await app.get(path, **params)
    assert answer.status == 200
    demand_entity(answer.json, "Status")
    return [(status["reblog"] or status)["content"] for status in answer.json]


async def test_somebodys_posts_come_by_kind_and_never_more_than_the_reader_may_read(counter: Counter) -> None:
    fatima, jelle = await counter.app_of("fatima"), await counter.app_of("jelle")
    assert fatima.person
    assert jelle.person
    path = f"/api/v1/accounts/{await id_of(counter, 'fatima')}/statuses"
    first = await jelle.person.post("Van Jelle")
    await fatima.person.post("Over #Inkoop")
    await fatima.person.reply(first, "Antwoord")
    await fatima.person.post("Voor collega's", "organisation")
    await fatima.person.post("@jelle Alleen wij", "direct")
    assert len(await _texts(counter.visitor, path, exclude_replies="true")) == 1
    assert len(await _texts(counter.visitor, path)) == 2
    assert len(await _texts(jelle, path)) == 4
    assert len(await _texts(fatima, path)) == 4
    assert len(await _texts(counter.visitor, path, tagged="inkoop")) == 1
    assert await _texts(counter.visitor, path, tagged="iets-anders") == []
    assert await _texts(counter.visitor, path, only_media="true") == []
    assert await _texts(counter.visitor, path, pinned="true") == []
    page = await counter.visitor.get(path, limit=1)
    assert 'rel="next"' in page.headers["link"]


async def test_followers_are_listed_unless_only_their_number_is_shown(counter: Counter) -> None:
    fatima, jelle = await counter.app_of("fatima"), await counter.app_of("jelle")
    assert fatima.person
    assert jelle.person
    await jelle.person.follow(fatima.person)
    followers = f"/api/v1/accounts/{await id_of(counter, 'fatima')}/followers"
    following = f"/api/v1/accounts/{await id_of(counter, 'jelle')}/following"
    for path, name in ((followers, "jelle"), (following, "fatima")):
        answer = await counter.visitor.get(path)
        demand_entity(answer.json, "Account")
        assert [each["username"] for each in answer.json] == [name]
    await counter.town.instance.write(
        profiles.change_profile, actor=fatima.person.uri, profile=Profile(lists_followers=False)
    )
    assert (await counter.visitor.get(followers)).json == []
    assert len((await fatima.get(followers)).json) == 1


async def test_who_recommends_whom_is_shown_to_everybody(counter: Counter) -> None:
    fatima, jelle = await counter.app_of("fatima"), await counter.app_of("jelle")
    assert fatima.person
    assert jelle.person
    await fatima.person.follow(jelle.person)
    await counter.town.instance.write(notes.endorse, who=fatima.person.uri, whom=jelle.person.uri)
    path = f"/api/v1/accounts/{await id_of(counter, 'fatima')}/endorsements"
    for app, at in ((counter.visitor, path), (fatima, "/api/v1/endorsements")):
        answer = await app.get(at)
        demand_entity(answer.json, "Account")
        assert [each["username"] for each in answer.json] == ["jelle"]
    assert (await counter.visitor.get("/api/v1/endorsements")).status == 401


@pytest.fixture
def fediverse(counter: Counter) -> Fediverse:
    """The fediverse of the town hall."""
    return counter.fediverse
