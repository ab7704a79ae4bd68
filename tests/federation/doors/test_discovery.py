"""WebFinger, host-meta, NodeInfo, security.txt and the two signs of life."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import jsonschema
import pytest
import pytest_asyncio

from fedgov.federation import actors, readiness
from fedgov.federation.doors.face import BlankFace, Usage
from fedgov.kernel.errors import UnreachableError
from fedgov.store.transaction import Transaction
from tests.federation.doors.porch import DOMAIN, NOW, ORIGIN, Response, Town, knock, open_town
from tests.vectors import vectors


class BusyFace(BlankFace):
    """People who write."""

    counted = 0

    def usage(self, tx: Transaction) -> Usage:
        self.counted += 1
        return Usage(users=4, active_month=3, active_half_year=4, posts=10, comments=7)


@pytest.fixture
def face() -> BusyFace:
    return BusyFace()


@pytest_asyncio.fixture
async def town(tmp_path: Path, face: BusyFace) -> AsyncIterator[Town]:
    async with open_town(tmp_path, face=face) as found:
        yield found


async def finger(town: Town, resource: str, more: str = "") -> Response:
    return await knock(town.doors, "GET", f"/.well-known/webfinger?resource={quote(resource, safe='')}{more}")


def link(jrd: Any, rel: str) -> Any:
    return next(each for each in jrd["links"] if each["rel"] == rel)


FATIMA = [
    f"acct:fatima@{DOMAIN}",
    f"fatima@{DOMAIN}",
    f"@fatima@{DOMAIN}",
    f"acct:Fatima@{DOMAIN.upper()}",
    "acct:fatima@localhost:7001",
    f"{ORIGIN}/users/fatima",
    f"{ORIGIN}/@fatima",
    f"{ORIGIN}/@fatima/",
]
SERVER = [
    f"acct:{DOMAIN}@{DOMAIN}",
    f"acct:groningen.localhost@{DOMAIN}",
    ORIGIN,
    f"{ORIGIN}/",
    f"{ORIGIN}/actor",
]


@pytest.mark.parametrize("resource", FATIMA)
async def test_somebody_is_found_by_handle_and_by_address(town: Town, resource: str) -> None:
    uri = await town.employ("fatima")

    answer = await finger(town, resource)

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/jrd+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json["subject"] == f"acct:fatima@{DOMAIN}"
    assert link(answer.json, "self") == {"rel": "self", "type": "application/activity+json", "href": uri}
    assert set(answer.json["aliases"]) == {uri, f"{ORIGIN}/@fatima"}
    assert link(answer.json, "http://ostatus.org/schema/1.0/subscribe")["template"].endswith("?uri={uri}")


@pytest.mark.parametrize("resource", SERVER)
async def test_the_server_itself_is_found(town: Town, resource: str) -> None:
    assert link((await finger(town, resource)).json, "self")["href"] == f"{ORIGIN}/actor"


@pytest.mark.parametrize("resource", [f"acct:organisatie@{DOMAIN}", f"{ORIGIN}/organisation"])
async def test_the_organisation_is_found(town: Town, resource: str) -> None:
    assert link((await finger(town, resource)).json, "self")["href"] == f"{ORIGIN}/organisation"


async def test_only_the_relations_asked_for_are_listed(town: Town) -> None:
    await town.employ("fatima", avatar_url=f"{ORIGIN}/media/1.webp")

    some = await finger(town, FATIMA[0], "&rel=self&rel=http%3A%2F%2Fwebfinger.net%2Frel%2Favatar")
    none = await finger(town, FATIMA[0], "&rel=nothing")

    assert [each["rel"] for each in some.json["links"]] == ["self", "http://webfinger.net/rel/avatar"]
    assert (none.status, none.json["links"]) == (200, [])


@pytest.mark.parametrize(
    "resource",
    [
        f"acct:nobody@{DOMAIN}",
        "acct:fatima@delft.example",
        "acct:fatima@groningen.localhost",
        "https://delft.example/users/fatima",
        f"https://{DOMAIN}/users/fatima",
        f"{ORIGIN}/users/nobody",
        f"{ORIGIN}/users/fatima/inbox",
        f"{ORIGIN}/posts/1",
        f"{ORIGIN}/@",
        "http://groningen.localhost.evil.example:7001/users/fatima",
    ],
)
async def test_a_stranger_is_not_found(town: Town, resource: str) -> None:
    await town.employ("fatima")

    answer = await finger(town, resource)

    assert (answer.status, answer.json["error"]) == (404, "not_found")


async def test_somebody_deleted_is_not_found_any_more(town: Town) -> None:
    uri = await town.employ("fatima")
    assert (await finger(town, FATIMA[0])).status == 200
    await town.instance.write(actors.mark_deleted, uri=uri)

    assert (await finger(town, FATIMA[0])).status == 404


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "?resource=",
        "?rel=self",
        "?resource=a&resource=b",
        "?resource=fatima",
        "?resource=acct:",
        "?resource=acct:@",
        f"?resource=acct:fatima@{'x' * 300}",
        "?resource=ftp://groningen.localhost/",
        "?resource=%ff%fe",
        "?resource=http://user@groningen.localhost/",
        "?resource=" + "a" * 3_000,
        "?" + "&".join(f"a{number}=1" for number in range(50)),
    ],
)
async def test_a_question_that_cannot_be_read_is_refused(town: Town, query: str) -> None:
    answer = await knock(town.doors, "GET", f"/.well-known/webfinger{query}")

    assert answer.status == 400
    assert answer.json["error"] in ("malformed", "invalid")


async def test_webfinger_is_only_read(town: Town) -> None:
    assert (await knock(town.doors, "POST", "/.well-known/webfinger")).status == 405


async def test_host_meta_names_webfinger(town: Town) -> None:
    xrd = await knock(town.doors, "GET", "/.well-known/host-meta")
    jrd = await knock(town.doors, "GET", "/.well-known/host-meta.json")

    template = f"{ORIGIN}/.well-known/webfinger?resource={{uri}}"
    found = ElementTree.fromstring(xrd.body)[0]
    assert xrd.headers["content-type"].startswith("application/xrd+xml")
    assert (found.get("rel"), found.get("template")) == ("lrdd", template)
    assert jrd.json["links"][0]["template"] == template


# --- NodeInfo ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2.0", "2.1"])
async def test_nodeinfo_keeps_to_its_schema(town: Town, version: str) -> None:
    schema = json.loads((vectors("nodeinfo-schemas") / version / "schema.json").read_text())
    index = (await knock(town.doors, "GET", "/.well-known/nodeinfo")).json
    href = link(index, f"http://nodeinfo.diaspora.software/ns/schema/{version}")["href"]

    answer = await knock(town.doors, "GET", href.removeprefix(ORIGIN))

    jsonschema.validate(answer.json, schema)
    assert f"ns/schema/{version}#" in answer.headers["content-type"]
    assert answer.json["usage"]["users"] == {"total": 4, "activeMonth": 3, "activeHalfyear": 4}
    assert answer.json["usage"]["localPosts"] == 10
    assert answer.json["metadata"]["nodeName"] == "gemeente Groningen"


async def test_nodeinfo_names_the_application_actor(town: Town) -> None:
    index = (await knock(town.doors, "GET", "/.well-known/nodeinfo")).json

    assert link(index, "https://www.w3.org/ns/activitystreams#Application")["href"] == f"{ORIGIN}/actor"


async def test_usage_is_counted_once_in_five_minutes(town: Town, face: BusyFace) -> None:
    for _ in range(3):
        await knock(town.doors, "GET", "/nodeinfo/2.1")
    assert face.counted == 1
    town.clock.advance(5 * 60_000)
    await knock(town.doors, "GET", "/nodeinfo/2.1")
    assert face.counted == 2


# --- the rest ---------------------------------------------------------------------------------------------------


async def test_security_txt_names_the_contact_and_expires_within_a_year(town: Town) -> None:
    answer = await knock(town.doors, "GET", "/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in answer.body.decode().splitlines())

    assert fields["Contact"] == "mailto:beheer@groningen.example"
    days = (datetime.fromisoformat(fields["Expires"]) - datetime.fromtimestamp(NOW / 1_000, UTC)).days
    assert 30 < days < 365


async def test_without_a_contact_there_is_no_security_txt(tmp_path: Path) -> None:
    section = {"domain": DOMAIN, "scheme": "http", "organisation": "gemeente Groningen"}
    async with open_town(tmp_path, instance=section) as town:
        assert (await knock(town.doors, "GET", "/.well-known/security.txt")).status == 404


async def test_the_server_says_that_it_lives_and_is_ready(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "FRESH_SECONDS", -1.0)
    for path in ("/healthz", "/readyz"):
        assert (await knock(town.doors, "GET", path)).body == b"ok\n"

    async def refuse(*_args: Any, **_values: Any) -> None:
        raise UnreachableError("the disk is gone")

    monkeypatch.setattr(town.instance.database, "read", refuse)
    assert (await knock(town.doors, "GET", "/healthz")).status == 200
    answer = await knock(town.doors, "GET", "/readyz")
    assert (answer.status, "retry-after" in answer.headers) == (503, True)
    assert answer.json == {"ready": False, "reason": "database"}


@pytest.mark.parametrize("path", ["/", "/home", "/users", "/users/", "/inbox/x", "/nodeinfo/1.0", "/.well-known/x"])
async def test_everything_else_is_for_the_pages(town: Town, path: str) -> None:
    from tests.federation.doors.porch import NoDoorError

    with pytest.raises(NoDoorError):
        await town.get(path)
