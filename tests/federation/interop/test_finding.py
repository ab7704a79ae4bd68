"""What a running instance says of itself to whoever looks for it, over a socket, as a stranger asks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import jsonschema
import pytest
import pytest_asyncio

from fedgov.activitystreams.context import CONTEXT
from tests.federation.interop.world import ACTIVITY_JSON, World, open_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMPLEMENTED = {
    "https://datatracker.ietf.org/doc/html/rfc9421",
    "https://w3id.org/fep/8b32",
    "https://w3id.org/fep/521a",
    "https://w3id.org/fep/8fcf",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[False, True], ids=["open", "signed only"])
async def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """An instance, and one that shows documents only to who signs: what leads to its key stays open."""
    settings = {"federation": {"authorised_fetch": request.param}, "instance": {"contact": "beheer@gouda.example"}}
    async with open_world(tmp_path_factory.mktemp("finding"), settings=settings) as found:
        yield found


async def document(world: World, address: str) -> Any:
    """A document as a stranger gets it, who follows the link that was found."""
    answer = await world.ask("GET", address, headers={"Accept": ACTIVITY_JSON})
    assert answer.status == 200, (address, answer.body)
    assert answer.headers["Content-Type"].startswith(ACTIVITY_JSON)
    return answer.json


@pytest.mark.parametrize("version", ["2.0", "2.1"])
async def test_nodeinfo_is_found_from_its_index_and_keeps_to_its_schema(
    world: World, vectors: Path, version: str
) -> None:
    schema = json.loads((vectors / "nodeinfo-schemas" / version / "schema.json").read_text())
    index = await world.ask("GET", "/.well-known/nodeinfo")
    (href,) = [each["href"] for each in index.json["links"] if each["rel"].endswith(f"/schema/{version}")]

    answer = await world.ask("GET", href)

    jsonschema.validate(answer.json, schema)
    assert answer.json["version"] == version
    assert answer.json["usage"]["users"]["total"] == 1


async def test_the_actor_of_the_program_is_found_and_says_what_it_implements(world: World) -> None:
    index = await world.ask("GET", "/.well-known/nodeinfo")
    (href,) = [each["href"] for each in index.json["links"] if each["rel"].endswith("activitystreams#Application")]

    program = await document(world, href)

    assert (program["id"], program["type"]) == (href, "Application")
    assert {each["href"] for each in program["implements"]} == IMPLEMENTED
    assert program["publicKey"]["owner"] == href
    assert [key["type"] for key in program["assertionMethod"]] == ["Multikey"]
    assert program["@context"] == CONTEXT


@pytest.mark.parametrize("resource", ["acct:fatima@{}", "@fatima@{}", "http://{}/users/fatima", "http://{}/@fatima"])
async def test_a_person_is_found_by_handle_and_by_address(world: World, resource: str) -> None:
    asked = quote(resource.format(world.town.domain), safe="")
    answer = await world.ask("GET", f"/.well-known/webfinger?resource={asked}")

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/jrd+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json["subject"] == f"acct:fatima@{world.town.domain}"
    (href,) = [each["href"] for each in answer.json["links"] if each["rel"] == "self"]
    assert href == world.fatima.uri


async def test_the_server_and_its_organisation_are_found_by_handle(world: World) -> None:
    domain = world.town.domain
    for username, kind in ((domain.partition(":")[0], "Application"), ("organisatie", "Organization")):
        answer = await world.ask("GET", f"/.well-known/webfinger?resource={quote(f'acct:{username}@{domain}')}")
        (href,) = [each["href"] for each in answer.json["links"] if each["rel"] == "self"]
        shown = await world.ask("GET", href, headers={"Accept": ACTIVITY_JSON})
        if shown.status == 401:  # only the program's own actor is for everyone, whatever is configured
            assert kind != "Application"
            continue
        assert (shown.json["id"], shown.json["type"]) == (href, kind)


async def test_host_meta_leads_to_webfinger(world: World) -> None:
    xrd = await world.ask("GET", "/.well-known/host-meta")
    jrd = await world.ask("GET", "/.well-known/host-meta.json")

    template = ElementTree.fromstring(xrd.body)[0].get("template") or ""
    assert template == jrd.json["links"][0]["template"]
    found = await world.ask("GET", template.replace("{uri}", quote(f"acct:fatima@{world.town.domain}", safe="")))
    assert found.json["subject"] == f"acct:fatima@{world.town.domain}"


async def test_security_txt_says_whom_to_tell(world: World) -> None:
    answer = await world.ask("GET", "/.well-known/security.txt")

    assert answer.status == 200
    assert "Contact: mailto:beheer@gouda.example" in answer.page


async def test_people_and_the_organisation_have_everything_that_others_look_for(world: World) -> None:
    if world.town.config.federation.authorised_fetch:
        answer = await world.ask("GET", world.fatima.uri, headers={"Accept": ACTIVITY_JSON})
        assert (answer.status, answer.json["error"]) == (401, "unverified")
        return
    for address, kind in ((world.fatima.uri, "Person"), (f"{world.origin}/organisation", "Organization")):
        found = await document(world, address)
        assert (found["id"], found["type"]) == (address, kind)
        assert found["endpoints"]["sharedInbox"] == f"{world.origin}/inbox"
        assert {each["href"] for each in found["generator"]["implements"]} == IMPLEMENTED
        for name in ("outbox", "followers", "following", "featured"):
            collection = await document(world, found[name])
            assert (collection["id"], collection["type"]) == (found[name], "OrderedCollection")
            if "first" in collection:
                page = await document(world, collection["first"])
                assert (page["type"], page["partOf"]) == ("OrderedCollectionPage", found[name])
                assert "?" not in collection["first"]


async def test_a_name_that_is_not_served_here_is_misdirected(world: World) -> None:
    answer = await world.ask("GET", "/.well-known/nodeinfo", headers={"Host": "elders.example"})

    assert (answer.status, answer.json["error"]) == (421, "misdirected")
