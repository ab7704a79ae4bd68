"""A server that writes and behaves as GoToSocial does: it shows nothing unsigned, and its keys have own addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import PUBLIC
from fedgov.features.people.service import follows as following
from fedgov.features.posts.service import reacting
from fedgov.federation import follows
from fedgov.federation.keys import KeyPair
from fedgov.federation.signatures.keys import PrivateKey
from tests.federation.doors.porch import pair_of
from tests.federation.interop.world import AS2, Correspondent, Letter, World, dangers, now_text, open_world

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_world(tmp_path_factory.mktemp("gotosocial")) as found:
        yield found


@dataclass(frozen=True, slots=True)
class Strict:
    """Demands a signature that covers what GoToSocial looks at, by the actor of the town hall."""

    key_id: str

    def __call__(self, letter: Letter) -> bool:
        """Tell whether a request is good enough."""
        signature = letter.headers.get("Signature", "")
        covered = all(part in signature for part in ("(request-target)", "host", "date"))
        return covered and f'keyId="{self.key_id}"' in signature and bool(letter.headers.get("User-Agent"))


def account(world: World, username: str) -> Correspondent:
    """An account as GoToSocial describes it; of the key's own address only a stub is shown."""
    uri = world.outside.url("gts", f"/users/{username}")
    made = pair_of(uri, number=3)
    rsa = PrivateKey(key_id=f"{uri}/main-key", kind="rsa", material=made.rsa.material)
    public_key = {"id": rsa.key_id, "owner": uri, "publicKeyPem": rsa.public.to_pem()}
    context = [AS2, "https://w3id.org/security/v1", {"toot": "http://joinmastodon.org/ns#"}]
    stub = {"@context": context, "id": uri, "preferredUsername": username, "publicKey": public_key, "type": "Person"}
    document: dict[str, Any] = stub | {
        "discoverable": True,
        "featured": f"{uri}/collections/featured",
        "followers": f"{uri}/followers",
        "following": f"{uri}/following",
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "manuallyApprovesFollowers": True,
        "name": username.title(),
        "published": "2023-01-01T00:00:00Z",
        "summary": "",
        "tag": [],
        "url": world.outside.url("gts", f"/@{username}"),
    }
    world.outside.serve(stub, at=rsa.key_id)
    world.outside.serve(document)
    for address in (uri, rsa.key_id):
        world.outside.demands[address] = Strict(f"{world.origin}/actor#main-key")
    return Correspondent(uri=uri, pair=KeyPair(rsa=rsa, ed25519=made.ed25519), document=document)


def note(by: Correspondent, number: int, **more: Any) -> dict[str, Any]:
    """A public status as GoToSocial writes it."""
    uri = f"{by.uri}/statuses/01J{number:023d}"
    found = {
        "id": uri,
        "type": "Note",
        "attributedTo": by.uri,
        "attachment": [],
        "cc": [f"{by.uri}/followers"],
        "content": "<p>Hoi</p>",
        "contentMap": {"nl": "<p>Hoi</p>"},
        "interactionPolicy": {
            "canAnnounce": {"always": [PUBLIC], "approvalRequired": []},
            "canLike": {"always": [PUBLIC], "approvalRequired": []},
            "canReply": {"always": [PUBLIC], "approvalRequired": []},
        },
        "published": now_text(),
        "replies": {"id": f"{uri}/replies?only_other_accounts=false", "type": "Collection"},
        "sensitive": False,
        "summary": "",
        "tag": [],
        "to": PUBLIC,
        "url": f"{by.origin}/@kees/statuses/1",
    }
    return found | more


def activity(kind: str, what: Any, *, by: Correspondent, number: int, **more: Any) -> dict[str, Any]:
    """Something that an account did."""
    found = {"@context": AS2, "id": f"{by.uri}/{kind.lower()}/01K{number:023d}", "type": kind, "actor": by.uri}
    return {**found, "object": what, **more}


async def test_a_key_behind_a_stub_that_only_signed_requests_get_is_found(world: World) -> None:
    kees = account(world, "kees")
    hello = note(kees, 1, to=[PUBLIC, world.fatima.uri])

    row = await world.deliver(activity("Create", hello, by=kees, number=1, to=PUBLIC), by=kees)

    assert (row.state, row.key_id) == ("done", f"{kees.uri}/main-key")
    asked = [each for each in world.outside.letters if each.method == "GET" and "/users/kees" in each.url]
    assert [each.url for each in asked] == [f"{kees.uri}/main-key", kees.uri]
    assert all(world.outside.demands[each.url](each) for each in asked), "one knock was enough"
    page = await world.page_of(hello["id"])
    assert dangers(page) == []
    assert "Hoi" in page


async def test_a_stub_that_names_an_account_which_does_not_list_the_key_is_refused(world: World) -> None:
    vera = account(world, "vera")
    world.outside.serve(vera.document | {"publicKey": {**vera.document["publicKey"], "id": f"{vera.uri}#other"}})

    answer = await world.post(activity("Create", note(vera, 2), by=vera, number=2), by=vera)

    assert (answer.status, answer.json["error"]) == (401, "unverified")
    assert await world.post_row(note(vera, 2)["id"]) is None


async def test_a_server_that_shows_its_key_to_nobody_is_asked_to_come_back(world: World) -> None:
    dicht = account(world, "dicht")
    for address in (dicht.uri, f"{dicht.uri}/main-key"):
        world.outside.demands[address] = lambda _letter: False

    answer = await world.post(activity("Create", note(dicht, 3), by=dicht, number=3), by=dicht)

    assert (answer.status, answer.json["error"]) == (503, "unreachable")
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_request_to_follow_waits_for_the_answer_there(world: World) -> None:
    mies = account(world, "mies")
    await world.town.instance.fetch.actor(mies.uri)
    await world.town.instance.write(following.follow, actor=world.fatima.uri, target=mies.uri)
    asked = await world.outside.wait_for("Follow", at=f"{mies.uri}/inbox")
    assert not await world.town.ask(follows.is_follower, follower=world.fatima.uri, following=mies.uri)

    embedded = {"id": asked.json["id"], "type": "Follow", "actor": world.fatima.uri, "object": mies.uri, "to": mies.uri}
    row = await world.deliver(activity("Accept", embedded, by=mies, number=4, to=world.fatima.uri), by=mies)

    assert row.state == "done"
    assert await world.town.ask(follows.is_follower, follower=world.fatima.uri, following=mies.uri)


async def test_a_like_of_ours_reaches_the_inbox_of_the_person_where_there_is_no_shared_one(world: World) -> None:
    toos = account(world, "toos")
    hello = note(toos, 5, to=[PUBLIC, world.fatima.uri])
    await world.deliver(activity("Create", hello, by=toos, number=5, to=PUBLIC), by=toos)
    row = await world.post_row(hello["id"])

    await world.town.instance.write(reacting.like, actor=world.fatima.uri, object_id=row.object_id)

    like = await world.outside.wait_for("Like", at=f"{toos.uri}/inbox")
    assert (like.json["object"], like.json["actor"]) == (hello["id"], world.fatima.uri)
    assert await world.unfinished() == []


async def test_a_delete_names_only_the_status(world: World) -> None:
    rie = account(world, "rie")
    hello = note(rie, 6, to=[PUBLIC, world.fatima.uri])
    await world.deliver(activity("Create", hello, by=rie, number=6, to=PUBLIC), by=rie)

    gone = activity("Delete", hello["id"], by=rie, number=7, to=PUBLIC, cc=f"{rie.uri}/followers")

    assert (await world.deliver(gone, by=rie)).state == "done"
    assert await world.town.object(hello["id"]) is None
