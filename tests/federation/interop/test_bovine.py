"""bovine, an ActivityPub library that is not ours, meets a running instance that shows nothing unsigned.

Its own code makes, signs, sends and fetches; its own code verifies what we send.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from bovine import BovineActor, BovineClient
from bovine.activitystreams import Actor, factories_for_actor_object
from bovine.clients import lookup_uri_with_webfinger
from bovine.clients.signed_http import legacy_digest_method_uppercase
from bovine.crypto import build_validate_http_signature_raw, generate_rsa_public_private_key
from bovine.crypto.helper import content_digest_sha256_rfc_9530, jcs_sha256
from bovine.crypto.multibase import multibase_decode
from bovine.crypto.types import CryptographicIdentifier, CryptographicSecret
from bovine.parse import Actor as ParsedActor
from cryptography.hazmat.primitives import serialization

from fedgov.features.posts.service import reacting
from fedgov.federation import follows
from fedgov.federation.signatures.digest import digest_header
from fedgov.federation.signatures.keys import generate_ed25519
from tests.federation.interop.world import Letter, World, find_item, now_text, open_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    settings = {"federation": {"authorised_fetch": True}}
    async with open_world(tmp_path_factory.mktemp("bovine"), settings=settings) as found:
        yield found


@dataclass(slots=True)
class Cow:
    """An actor that bovine keeps."""

    world: World
    actor: BovineActor
    document: dict[str, Any]
    private_pem: str

    @property
    def uri(self) -> str:
        """Its id."""
        return str(self.document["id"])

    def factories(self) -> tuple[Any, Any]:
        """bovine's factories for activities and objects."""
        count = iter(range(10_000))
        prefix = f"{self.uri}/{id(count)}"
        found: tuple[Any, Any] = factories_for_actor_object(
            self.document, id_generator=lambda: f"{prefix}/{next(count)}"
        )
        return found

    def verifies(self) -> Any:
        """bovine's check of a signature, which fetches the signer's key with this actor's own signature."""

        async def find(key_id: str) -> CryptographicIdentifier | None:
            signer = await self.actor.get(key_id.partition("#")[0])
            key = signer["publicKey"]
            found: CryptographicIdentifier = CryptographicIdentifier.from_pem(key["publicKeyPem"], key["owner"])
            return found

        return build_validate_http_signature_raw(find)

    async def signer_of(self, letter: Letter) -> str | None:
        """Who signed what arrived here, according to bovine."""

        async def body() -> bytes:
            return letter.body

        headers = {name.lower(): value for name, value in letter.headers.items()}
        found: str | None = await self.verifies()("post", letter.url, headers, body)
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cow(world: World) -> Cow:
    public, private = generate_rsa_public_private_key()
    uri = world.outside.url("wei", "/users/bertha")
    document = Actor(
        id=uri,
        type="Person",
        preferred_username="bertha",
        name="Bertha",
        inbox=f"{uri}/inbox",
        outbox=f"{uri}/outbox",
        followers=f"{uri}/followers",
        public_key=public,
        public_key_name="main-key",
    ).build()
    world.outside.serve(document)
    return Cow(world, await actor_of(world, uri, private_pem=private), document, private)


async def actor_of(world: World, uri: str, *, private_pem: str, digest: Any = None) -> BovineActor:
    """bovine's sender for an actor of its own."""
    actor: Any = BovineActor(actor_id=uri, public_key_url=f"{uri}#main-key", secret=private_pem, digest_method=digest)
    await actor.init(session=world.session)
    return actor  # type: ignore[no-any-return]


def dated(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a factory made, with the date that only servers add."""
    return {**document, "published": now_text(), **more}


async def test_an_actor_is_found_by_handle(world: World) -> None:
    acct = f"acct:fatima@{world.town.domain}"
    uri, _ = await lookup_uri_with_webfinger(world.session, acct, domain=world.origin)
    assert uri == world.fatima.uri


async def test_nothing_is_shown_to_who_does_not_sign_and_everything_to_bovine(world: World, cow: Cow) -> None:
    note = await world.fatima.post("Voor iedereen")
    unsigned = await world.ask("GET", note, headers={"Accept": "application/activity+json"})
    assert (unsigned.status, unsigned.json["error"]) == (401, "unverified")

    fetched = await cow.actor.get(note)
    assert fetched["attributedTo"] == world.fatima.uri
    person = ParsedActor(await cow.actor.get(world.fatima.uri), domain=world.town.domain)
    assert person.id == world.fatima.uri
    outbox = await cow.actor.get_ordered_collection(person.data["outbox"])
    assert any(item["object"] == note or item["object"]["id"] == note for item in outbox["items"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def accept(world: World, cow: Cow) -> Letter:
    """Our answer to bovine, who asked to follow fatima."""
    activities, _ = cow.factories()
    follow = dated(activities.follow(world.fatima.uri).build())
    await cow.actor.post(f"{world.fatima.uri}/inbox", follow)
    found = await world.outside.wait_for("Accept", at=cow.document["inbox"])
    assert found.json["object"]["id"] == follow["id"]
    return found


async def test_bovine_follows_and_verifies_our_answer(world: World, cow: Cow, accept: Letter) -> None:
    assert await cow.signer_of(accept) == world.fatima.uri
    assert await world.town.ask(follows.is_follower, follower=cow.uri, following=world.fatima.uri)


async def test_bovine_refuses_our_answer_when_a_byte_of_it_is_changed(cow: Cow, accept: Letter) -> None:
    body = accept.body.replace(b"Accept", b"Reject")
    digest = accept.headers.copy()
    digest["Digest"] = digest_header(body)
    assert await cow.signer_of(accept) is not None
    for headers in (accept.headers, digest):  # the second: whoever changes the body can count its digest again
        assert await cow.signer_of(Letter(accept.method, accept.url, headers, body)) is None


@pytest.mark.parametrize(
    "digest", [None, legacy_digest_method_uppercase], ids=["the digest in lower case", "the digest in upper case"]
)
async def test_a_note_of_bovine_arrives_and_is_shown(world: World, cow: Cow, digest: Any) -> None:
    actor = await actor_of(world, cow.uri, private_pem=cow.private_pem, digest=digest)
    activities, objects = cow.factories()
    note = objects.note(content="<p>Boe!</p>", to={world.fatima.uri}).as_public().now().build()
    await actor.post(f"{world.fatima.uri}/inbox", dated(activities.create(note).build()))
    await world.settle()

    assert "Boe!" in await world.page_of(note["id"])


async def test_a_digest_that_only_the_newer_standard_knows_is_refused_with_a_reason(world: World, cow: Cow) -> None:
    actor = await actor_of(world, cow.uri, private_pem=cow.private_pem, digest=content_digest_sha256_rfc_9530)
    activities, objects = cow.factories()
    note = objects.note(content="<p>Boe?</p>", to={world.fatima.uri}).as_public().now().build()
    with pytest.raises(aiohttp.ClientResponseError) as refused:
        await actor.post(f"{world.fatima.uri}/inbox", dated(activities.create(note).build()))
    assert refused.value.status == 401


async def test_bovine_gets_our_replies_and_likes_and_verifies_them(world: World, cow: Cow) -> None:
    activities, objects = cow.factories()
    note = objects.note(content="<p>Wie maait?</p>", to={world.fatima.uri}).as_public().now().build()
    await cow.actor.post(f"{world.origin}/inbox", dated(activities.create(note).build()))
    await world.settle()
    row = await world.post_row(note["id"])

    reply = await world.fatima.reply(note["id"], "Wij maaien")
    await world.town.instance.write(reacting.like, actor=world.fatima.uri, object_id=row.object_id)
    await world.settle()

    like = await world.outside.wait_for("Like")
    assert like.json["object"] == note["id"]
    assert await cow.signer_of(like) == world.fatima.uri
    replies = [each for each in world.outside.posted if each.json["type"] == "Create"]
    assert [each.json["object"]["id"] for each in replies if each.json["object"].get("inReplyTo")] == [reply]
    assert {await cow.signer_of(each) for each in replies} == {world.fatima.uri}


async def test_bovine_verifies_the_proof_on_what_we_send(world: World, cow: Cow, accept: Letter) -> None:
    person = await cow.actor.get(world.fatima.uri)
    method = accept.json["proof"]["verificationMethod"]
    (multikey,) = [key for key in person["assertionMethod"] if key["id"] == method]
    del multikey["created"]  # its model of a key allows only the members that the standard names
    identifier = CryptographicIdentifier.from_multikey(multikey)

    assert identifier.verify(*digest_and_signature(accept.json)) == world.fatima.uri
    assert identifier.verify(*digest_and_signature({**accept.json, "type": "Reject"})) is None


def digest_and_signature(document: dict[str, Any]) -> tuple[bytes, bytes]:
    """What bovine would compare, without its model of a proof, which renames the ``@context`` that must be in it."""
    proof = dict(document["proof"])
    signature = multibase_decode(proof.pop("proofValue"))
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    return jcs_sha256(proof) + jcs_sha256(unsecured), signature


async def test_a_proof_by_bovine_counts(world: World, cow: Cow) -> None:
    key = generate_ed25519(f"{cow.uri}#ed25519-key")
    pem = key.material.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    multikey = {
        "id": key.key_id,
        "type": "Multikey",
        "controller": cow.uri,
        "publicKeyMultibase": key.public.to_multikey(),
    }
    world.outside.serve({**cow.document, "assertionMethod": [multikey]})
    activities, objects = cow.factories()
    note = objects.note(content="<p>Bewezen</p>", to={world.fatima.uri}).as_public().now().build()
    create = dated(activities.create(note).build(), **{"@context": CONTEXT})
    proven = CryptographicSecret.from_pem(key.key_id, pem).sign_document(create)
    broken = {**proven, "id": f"{create['id']}b", "name": "anders"}

    await cow.actor.post(f"{world.origin}/inbox", proven)
    await world.settle()
    with pytest.raises(aiohttp.ClientResponseError) as refused:
        await cow.actor.post(f"{world.origin}/inbox", broken)

    row = await world.town.ask(find_item, uri=proven["id"])
    assert (row.state, row.proven) == ("done", True)
    assert refused.value.status == 401


async def test_bovines_client_reads_an_actor_of_ours(world: World, cow: Cow) -> None:
    client: Any = BovineClient(actor_id=world.fatima.uri, public_key_url=f"{cow.uri}#main-key", secret=cow.private_pem)
    await client.init(session=world.session)

    assert client.information is not None
    assert client.information["preferredUsername"] == "fatima"
    assert client.host == world.town.domain


async def test_what_bovine_deletes_is_gone(world: World, cow: Cow) -> None:
    activities, objects = cow.factories()
    note = objects.note(content="<p>Vergissing</p>", to={world.fatima.uri}).as_public().now().build()
    await cow.actor.post(f"{world.origin}/inbox", dated(activities.create(note).build()))
    await cow.actor.post(f"{world.origin}/inbox", dated(activities.delete(note["id"]).build()))
    await world.settle()

    assert await world.town.object(note["id"]) is None
    assert await world.unfinished() == []
