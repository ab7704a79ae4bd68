"""RFC 9421 by http-message-signatures, which is not ours: it verifies what we send, and we verify what it sends."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import pytest_asyncio
from bovine.crypto.multibase import decode_multibase_public_key
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)
from multidict import CIMultiDict

from fedgov.activitystreams.audience import PUBLIC
from fedgov.federation import peers
from fedgov.federation.signatures.shapes import Shape
from tests.federation.interop.world import (
    ACTIVITY_JSON,
    Correspondent,
    Letter,
    Reply,
    World,
    correspondent,
    open_world,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALGORITHMS: dict[Shape, Any] = {
    Shape.RFC9421_RSA: algorithms.RSA_V1_5_SHA256,
    Shape.RFC9421_ED25519: algorithms.ED25519,
}
EVERYTHING = ("@method", "@target-uri", "content-digest")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_world(tmp_path_factory.mktemp("rfc9421")) as found:
        yield found


@dataclass
class Message:
    """A request in the form that the library reads."""

    method: str
    url: str
    headers: CIMultiDict[str]


def key_id(world: World, shape: Shape) -> str:
    """The key with which fatima signs."""
    return f"{world.fatima.uri}#{'main-key' if shape is Shape.RFC9421_RSA else 'ed25519-key'}"


async def verified(world: World, letter: Letter, *, shape: Shape) -> Any:
    """What the library says about a letter, with the key that fatima's actor publishes."""
    person = (await world.ask("GET", world.fatima.uri, headers={"Accept": ACTIVITY_JSON})).json
    keys = MappingKeyResolver(public_keys={key_id(world, shape): _key(person, shape)}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=ALGORITHMS[shape], key_resolver=keys)
    message = Message(letter.method, letter.url, letter.headers)
    (result,) = verifier.verify(message, expect_tag="fedgov", require_components=EVERYTHING, body=letter.body)
    return result


def _key(person: dict[str, Any], shape: Shape) -> Any:
    if shape is Shape.RFC9421_RSA:
        return person["publicKey"]["publicKeyPem"].encode()
    (multikey,) = person["assertionMethod"]
    decode: Any = decode_multibase_public_key
    return decode(multikey["publicKeyMultibase"])


async def delivered(world: World, name: str) -> Letter:
    """The Accept of a Follow by somebody at this name."""
    somebody = correspondent(world.outside, name)
    await world.deliver(somebody.activity("Follow", world.fatima.uri), by=somebody)
    return await world.outside.wait_for("Accept", at=f"{somebody.uri}/inbox")


@pytest.mark.parametrize("shape", ALGORITHMS)
async def test_the_library_verifies_what_we_deliver_to_a_server_that_is_known_to_want_it(
    world: World, shape: Shape
) -> None:
    name = "kent-" + shape.value
    await world.town.running.room.peers.learn_shape(f"{name}.localhost:{world.outside.port}", shape)

    result = await verified(world, await delivered(world, name), shape=shape)

    assert result.parameters["keyid"] == key_id(world, shape)
    assert result.parameters["expires"] == result.parameters["created"] + 300
    assert result.parameters["nonce"]


@pytest.mark.parametrize("shape", ALGORITHMS)
async def test_a_server_that_asks_for_it_gets_it_and_the_library_verifies_it(world: World, shape: Shape) -> None:
    name = "vraagt-" + shape.value
    inbox = world.outside.url(name, "/users/pieter/inbox")
    wanted = f'sig1=("@method" "@target-uri" "content-digest");created;keyid;alg="{ALGORITHMS[shape].algorithm_id}"'
    world.outside.answers[inbox] = (401, {"Accept-Signature": wanted})

    first = await delivered(world, name)
    second = next(each for each in world.outside.posted if each.url == inbox and "Signature-Input" in each.headers)

    assert "Signature-Input" not in first.headers
    assert (await verified(world, second, shape=shape)).parameters["keyid"] == key_id(world, shape)


@pytest.mark.parametrize("shape", ALGORITHMS)
async def test_the_library_refuses_what_was_changed_on_the_way(world: World, shape: Shape) -> None:
    name = "anders-" + shape.value
    await world.town.running.room.peers.learn_shape(f"{name}.localhost:{world.outside.port}", shape)
    letter = await delivered(world, name)
    assert (await verified(world, letter, shape=shape)).parameters["keyid"] == key_id(world, shape)
    for changed in (
        Letter(letter.method, letter.url, letter.headers, letter.body.replace(b"Accept", b"Reject")),
        Letter(letter.method, letter.url + "x", letter.headers, letter.body),
        Letter("PUT", letter.url, letter.headers, letter.body),
    ):
        with pytest.raises(InvalidSignature):
            await verified(world, changed, shape=shape)


async def signed_by_library(
    world: World, activity: dict[str, Any], *, by: Correspondent, shape: Shape, **more: Any
) -> tuple[dict[str, str], bytes]:
    """The headers and body of a request that the library signed."""
    key = by.pair.rsa if shape is Shape.RFC9421_RSA else by.pair.ed25519
    resolver = MappingKeyResolver(public_keys={}, private_keys={key.key_id: key.material})
    signer = HTTPMessageSigner(signature_algorithm=ALGORITHMS[shape], key_resolver=resolver)
    body = orjson.dumps(activity)
    message = Message("POST", f"{world.origin}/inbox", CIMultiDict({"Content-Type": ACTIVITY_JSON}))
    signer.sign(message, key_id=key.key_id, body=body, **more)
    return dict(message.headers), body


async def send(world: World, headers: dict[str, str], body: bytes) -> Reply:
    return await world.ask("POST", "/inbox", headers=headers, body=body)


@pytest.mark.parametrize("shape", ALGORITHMS)
@pytest.mark.parametrize(
    "components", [("@method", "@target-uri"), ("@target-uri", "@authority", "@method", "content-type")]
)
async def test_what_the_library_signs_is_accepted(world: World, shape: Shape, components: tuple[str, ...]) -> None:
    somebody = correspondent(world.outside, f"tekent-{shape.value}-{len(components)}")
    activity = somebody.activity("Create", somebody.note(to=[PUBLIC, world.fatima.uri]))

    answer = await send(
        world, *await signed_by_library(world, activity, by=somebody, shape=shape, covered_component_ids=components)
    )

    assert answer.status == 202
    await world.settle()
    assert await world.town.object(activity["object"]["id"]) is not None


@pytest.mark.parametrize("shape", ALGORITHMS)
async def test_what_the_library_signs_for_another_body_or_long_ago_is_refused(world: World, shape: Shape) -> None:
    somebody = correspondent(world.outside, "liegt-" + shape.value)
    activity = somebody.activity("Create", somebody.note(to=[PUBLIC, world.fatima.uri]))
    before = await world.counts()
    long_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)
    headers, body = await signed_by_library(world, activity, by=somebody, shape=shape)
    old, _ = await signed_by_library(world, activity, by=somebody, shape=shape, created=long_ago)
    bare, _ = await signed_by_library(world, activity, by=somebody, shape=shape, covered_component_ids=("@method",))

    for answer in (
        await send(world, headers, body.replace(b"Dag", b"Weg")),
        await send(world, old, body),
        await send(world, bare, body),
    ):
        assert (answer.status, answer.json["error"]) == (401, "unverified")
    assert await world.counts() == before


async def test_who_signs_with_ed25519_three_times_is_not_believed_with_less(world: World) -> None:
    somebody = correspondent(world.outside, "sterk")
    for _ in range(3):
        activity = somebody.activity("Like", world.fatima.uri)
        assert (
            await send(world, *await signed_by_library(world, activity, by=somebody, shape=Shape.RFC9421_ED25519))
        ).status == 202
    weaker = await signed_by_library(
        world, somebody.activity("Like", world.fatima.uri), by=somebody, shape=Shape.RFC9421_RSA
    )

    answer = await send(world, *weaker)

    assert (answer.status, answer.json["error"]) == (503, "unreachable")
    assert int(answer.headers["Retry-After"]) > 0
    assert (await world.town.ask(peers.find, host=f"sterk.localhost:{world.outside.port}")).pinned
