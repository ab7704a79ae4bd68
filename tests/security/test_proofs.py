"""Documents that somebody signed inside: what counts as a proof, and what never does."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import PUBLIC
from fedgov.federation.signatures.proofs import add_proof
from tests.federation.doors.porch import pair_of
from tests.federation.interop.world import AS2, Correspondent, correspondent, now_text
from tests.security.internet import Internet

pytestmark = pytest.mark.asyncio(loop_scope="module")

Document = dict[str, Any]
_names = itertools.count(1)

LD_SIGNATURE: Final = {
    "type": "RsaSignature2017",
    "creator": "",
    "created": "2026-11-01T10:00:00Z",
    "signatureValue": "Zm9yZ2VkIG9yIGdlbnVpbmU=",
}
"""What counts nowhere here, so that it is all one whether it is genuine."""


@pytest_asyncio.fixture(loop_scope="module")
async def alice(internet: Internet) -> Correspondent:
    """Whose name is misused; her key is known here and she wrote to fatima before."""
    found = correspondent(internet.outside, f"alice{next(_names)}", "/users/alice")
    await internet.deliver(found.activity("Create", found.note(to=[PUBLIC, internet.fatima.uri])), by=found)
    return found


@pytest_asyncio.fixture(loop_scope="module")
async def forwarder(internet: Internet) -> Correspondent:
    """Somebody who passes on what others wrote; the key is known here."""
    found = correspondent(internet.outside, f"evil{next(_names)}", "/users/mallory")
    await internet.deliver(found.activity("Create", found.note(to=[PUBLIC, internet.fatima.uri])), by=found)
    return found


def signed_inside(alice: Correspondent, to: str) -> Document:
    """A Create of alice's with a signature in the JSON, as Mastodon makes them."""
    activity = alice.activity("Create", alice.note(to=[PUBLIC, to], cc=[f"{alice.uri}/followers"]))
    return {**activity, "signature": {**LD_SIGNATURE, "creator": alice.pair.rsa.key_id}}


def aliased(activity: Document) -> Document:
    """Terms that another context gives the same meaning."""
    terms = {"wie": f"{AS2}#actor", "wat": f"{AS2}#object"}
    renamed = {{"actor": "wie", "object": "wat"}.get(name, name): value for name, value in activity.items()}
    return {**renamed, "@context": [AS2, terms]}


def inside_out(activity: Document) -> Document:
    """The same nodes, put together in another way."""
    return {"@context": AS2, "id": activity["id"], "@graph": [activity], "@included": [activity["object"]]}


def shortened(activity: Document) -> Document:
    note = {name: value for name, value in activity["object"].items() if name not in ("cc", "published")}
    return {**activity, "object": note}


def rewritten(activity: Document) -> Document:
    """Something that no term of the context covers, so that no canonical form contains it."""
    return {**activity, "attributionDomains": ["evil.example"], "object": {**activity["object"], "geheim": "anders"}}


FORMS: Final[dict[str, Callable[[Document], Document]]] = {
    "ld_01_as_it_was_signed": lambda activity: activity,
    "ld_01_aliased_terms": aliased,
    "ld_02_graph_and_included": inside_out,
    "ld_02_reverse": lambda activity: {**activity, "@reverse": {"object": activity}},
    "ld_03_entries_left_out": shortened,
    "ld_04_a_term_without_meaning_changed": rewritten,
}


@pytest.mark.parametrize("row", FORMS)
async def test_ld_01_02_03_04_a_signature_inside_the_document_vouches_for_nothing(
    internet: Internet, alice: Correspondent, forwarder: Correspondent, row: str
) -> None:
    activity = FORMS[row](signed_inside(alice, internet.fatima.uri))
    async with internet.nothing_happens():
        answer = await internet.post(activity, by=forwarder)
    assert answer.status in (400, 401), answer.body


HOSTILE: Final[dict[str, Any]] = {
    "at an address of its own": "http://evil.example/context.jsonld",
    "at a private address": "http://169.254.169.254/latest/meta-data",
    "that gives words another meaning": [
        AS2,
        {"attributedTo": {"@id": "https://www.w3.org/ns/activitystreams#summary"}, "content": "@id"},
    ],
    "of a megabyte nearly": [AS2, {f"t{number}": "http://x.example/" for number in range(20_000)}],
    "that imports another": [AS2, {"@import": "http://evil.example/context.jsonld", "@propagate": True}],
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_ld_05_no_context_is_ever_loaded_or_heeded(internet: Internet, alice: Correspondent, what: str) -> None:
    note = alice.note(to=[PUBLIC, internet.fatima.uri], content="<p>gewoon</p>")
    activity = {**alice.activity("Create", note), "@context": HOSTILE[what]}
    asked, looked_up = len(internet.outside.letters), len(internet.wire.asked)
    await internet.deliver(activity, by=alice)
    assert internet.outside.letters[asked:] == []
    assert "evil.example" not in internet.wire.asked[looked_up:]
    kept = await internet.post_row(note["id"])
    assert kept.author == alice.uri
    assert "gewoon" in kept.content_html


async def test_ld_06_a_key_that_a_context_would_make_is_no_key(internet: Internet) -> None:
    uri = internet.outside.url(f"sleutel{next(_names)}", "/users/m")
    pair = pair_of(uri, number=1)
    terms = {"sleutel": "https://w3id.org/security#publicKey", "pem": "https://w3id.org/security#publicKeyPem"}
    document = {
        "@context": [AS2, terms],
        "id": uri,
        "type": "Person",
        "inbox": f"{uri}/inbox",
        "sleutel": {"id": pair.rsa.key_id, "owner": uri, "pem": pair.rsa.public.to_pem()},
    }
    internet.outside.serve(document)
    stranger = Correspondent(uri=uri, pair=pair, document=document)
    async with internet.nothing_happens(besides=["actors"], fetched=[uri]):
        answer = await internet.post(stranger.activity("Follow", internet.fatima.uri), by=stranger)
    assert answer.status == 401


# --- proofs of our own kind -------------------------------------------------------------------------------------


def proven(alice: Correspondent, activity: Document, *, now: int) -> Document:
    return add_proof(activity, private_key=alice.pair.ed25519, created_ms=now)


def with_proof(activity: Document, **changes: Any) -> Document:
    return {**activity, "proof": {**activity["proof"], **changes}}


async def test_ld_07_a_valid_proof_lets_somebody_else_forward(
    internet: Internet, alice: Correspondent, forwarder: Correspondent
) -> None:
    """Or the refusals below would show nothing."""
    now = internet.town.instance.clock.now()
    activity = proven(alice, alice.activity("Create", alice.note(to=[PUBLIC, internet.fatima.uri])), now=now)
    row = await internet.deliver(activity, by=forwarder)
    assert (row.state, row.proven) == ("done", True)


SPOILED: Final[dict[str, Callable[[Document], Document]]] = {
    "another key": lambda it: with_proof(it, verificationMethod="http://evil.example/users/mallory#ed25519-key"),
    "another purpose": lambda it: with_proof(it, proofPurpose="authentication"),
    "another number": lambda it: {**it, "object": {**it["object"], "maat": 2}},
    "something added": lambda it: {**it, "bcc": ["http://evil.example/users/mallory"]},
    "something left out": lambda it: {name: value for name, value in it.items() if name != "published"},
    "of another time": lambda it: with_proof(it, created="2026-01-01T00:00:00Z"),
    "no value": lambda it: with_proof(it, proofValue=""),
    "a value of nobody": lambda it: with_proof(it, proofValue="z" + "2" * 86),
    "a chain": lambda it: with_proof(it, previousProof="urn:uuid:1"),
}


@pytest.mark.parametrize("what", SPOILED)
async def test_ld_07_an_invalid_proof_is_worse_than_none(
    internet: Internet, alice: Correspondent, forwarder: Correspondent, what: str
) -> None:
    """Neither the forwarder's signature nor that of the author herself repairs it."""
    now = internet.town.instance.clock.now()
    note = alice.note(to=[PUBLIC, internet.fatima.uri], maat=1)
    activity = SPOILED[what](proven(alice, alice.activity("Create", note), now=now))
    for sender in (forwarder, alice):
        async with internet.nothing_happens():
            answer = await internet.post(activity, by=sender)
        assert answer.status in (400, 401), (sender.uri, answer.body)


async def test_ld_07_the_proof_of_a_colleague_of_the_actor_is_refused(
    internet: Internet, alice: Correspondent, forwarder: Correspondent
) -> None:
    bob = correspondent(internet.outside, alice.origin.removeprefix("http://").removesuffix(".example"), "/users/bob")
    await internet.deliver(bob.activity("Create", bob.note(to=[PUBLIC, internet.fatima.uri])), by=bob)
    now = internet.town.instance.clock.now()
    activity = proven(bob, alice.activity("Create", alice.note(to=[PUBLIC, internet.fatima.uri])), now=now)
    for sender in (forwarder, bob):
        async with internet.nothing_happens():
            answer = await internet.post(activity, by=sender)
        assert answer.status == 401, sender.uri


async def test_ld_07_a_key_that_stands_twice_is_refused(
    internet: Internet, alice: Correspondent, forwarder: Correspondent
) -> None:
    now = internet.town.instance.clock.now()
    activity = proven(alice, alice.activity("Follow", internet.fatima.uri), now=now)
    raw = orjson.dumps(activity).replace(b'"type":"Follow"', b'"type":"Block","type":"Follow"', 1)
    async with internet.nothing_happens():
        answer = await internet.post(raw, by=forwarder)
    assert answer.status == 400


async def test_ld_08_a_reply_that_a_third_server_forwards_is_not_taken_from_it(
    internet: Internet, alice: Correspondent, forwarder: Correspondent
) -> None:
    question = await internet.fatima.post("Wie weet dit?")
    genuine = alice.note(inReplyTo=question, to=[PUBLIC, internet.fatima.uri], content="<p>ik</p>")
    internet.outside.serve({"@context": AS2, **genuine})
    changed = alice.activity("Create", {**genuine, "content": "<p>ik niet</p>"}, published=now_text())
    async with internet.nothing_happens():
        answer = await internet.post(changed, by=forwarder)
    assert answer.status == 401
    assert await internet.post_row(genuine["id"]) is None
