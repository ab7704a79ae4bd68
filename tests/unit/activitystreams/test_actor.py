"""Actors, read and written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fedgov.activitystreams.actor import (
    MAX_ALIASES,
    MAX_FIELDS,
    MAX_KEYS,
    MAX_NAME,
    MAX_SUMMARY,
    Actor,
    Capability,
    KeyDocument,
    ProfileField,
    actor_document,
    is_actor,
    read_actor,
)
from fedgov.activitystreams.tag import Emoji
from fedgov.kernel.errors import MalformedError
from fedgov.kernel.text.emoji import MAX_EMOJI

FATIMA = "https://groningen.example/users/fatima"
ELSEWHERE = "https://evil.example/users/fatima"
RFC_9421 = "https://datatracker.ietf.org/doc/html/rfc9421"


def person(**changes: object) -> dict[str, Any]:
    return {"id": FATIMA, "type": "Person", "inbox": FATIMA + "/inbox", "preferredUsername": "fatima"} | changes


def pem(key_id: str = FATIMA + "#main-key", **changes: object) -> dict[str, Any]:
    return {"id": key_id, "type": "Key", "owner": FATIMA, "publicKeyPem": "-----BEGIN PUBLIC KEY-----"} | changes


def multikey(key_id: str = FATIMA + "#ed25519-key", **changes: object) -> dict[str, Any]:
    return {"id": key_id, "type": "Multikey", "controller": FATIMA, "publicKeyMultibase": "z6Mk"} | changes


OURS = Actor(
    uri=FATIMA,
    kind="Person",
    types=("Person",),
    inbox=FATIMA + "/inbox",
    preferred_username="fatima",
    name="Fatima de Vries",
    summary="<p>Adviseur</p>",
    shared_inbox="https://groningen.example/inbox",
    outbox=FATIMA + "/outbox",
    followers=FATIMA + "/followers",
    following=FATIMA + "/following",
    featured=FATIMA + "/featured",
    url="https://groningen.example/@fatima",
    icon="https://groningen.example/media/1",
    icon_alt="Een vrouw met bril",
    image="https://groningen.example/media/2",
    manually_approves_followers=True,
    discoverable=True,
    indexable=True,
    also_known_as=("https://old.example/users/fatima",),
    moved_to="https://new.example/users/fatima",
    published=1_700_000_000_000,
    fields=(ProfileField(name="Afdeling", value="<p>Wonen</p>"),),
    keys=(
        KeyDocument(key_id=FATIMA + "#main-key", owner=FATIMA, kind="pem", value="PEM", created=1_700_000_000_000),
        KeyDocument(
            key_id=FATIMA + "#ed25519-key", owner=FATIMA, kind="multibase", value="z6Mk", revoked=1_700_000_000_000
        ),
    ),
    capabilities=(Capability(href=RFC_9421, name="RFC 9421"),),
    webfinger="fatima@groningen.example",
    emojis=(Emoji(shortcode="koe", url="https://groningen.example/media/3"),),
)


def test_our_own_actor_is_read_back_as_it_was() -> None:
    assert read_actor(actor_document(OURS)) == OURS


def test_the_program_itself_states_its_capabilities_directly() -> None:
    document = actor_document(replace(OURS, kind="Application"))
    assert document["implements"] == [{"href": RFC_9421, "name": "RFC 9421"}]
    assert "generator" not in document
    assert actor_document(OURS)["generator"]["type"] == "Application"
    assert read_actor(document).implements(RFC_9421)


def test_an_organisation_carries_its_tooi_identifier() -> None:
    tooi = "https://identifier.overheid.nl/tooi/id/gemeente/gm0014"
    document = actor_document(replace(OURS, kind="Organization", types=("Organization",), tooi=tooi))
    assert document["type"] == "Organization"
    assert read_actor(document).tooi == tooi


def test_only_the_key_in_use_is_the_public_key_but_every_multikey_stays() -> None:
    old = KeyDocument(key_id=FATIMA + "#main-key", owner=FATIMA, kind="pem", value="OLD", expires=1)
    new = KeyDocument(key_id=FATIMA + "#main-key-2", owner=FATIMA, kind="pem", value="NEW")
    proofs = [replace(old, kind="multibase", key_id=FATIMA + f"#ed25519-key-{n}") for n in (1, 2)]
    document = actor_document(OURS, keys=[old, new, *proofs])
    assert document["publicKey"]["publicKeyPem"] == "NEW"
    assert len(document["assertionMethod"]) == 2
    assert actor_document(OURS, keys=[old])["publicKey"]["publicKeyPem"] == "OLD"
    assert "publicKey" not in actor_document(OURS, keys=[])


def test_further_members_of_a_room_are_added() -> None:
    assert actor_document(OURS, extra={"function": "adviseur"})["function"] == "adviseur"


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Note"},
        {"type": None},
        {"id": None},
        {"id": "acct:fatima@groningen.example"},
        {"inbox": None},
        {"inbox": "file:///etc/passwd"},
        {"inbox": "http://user:pass@groningen.example/"},
    ],
    ids=repr,
)
def test_what_is_no_usable_actor_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        read_actor(person(**changes))


@pytest.mark.parametrize("key", ["followers", "following", "outbox", "featured"])
def test_fet_11_a_collection_of_another_origin_is_refused(key: str) -> None:
    assert read_actor(person(**{key: f"{FATIMA}/{key}"}))
    for foreign in (f"{ELSEWHERE}/{key}", f"http://groningen.example/{key}", f"https://groningen.example:8443/{key}"):
        with pytest.raises(MalformedError, match="another origin"):
            read_actor(person(**{key: foreign}))


@pytest.mark.parametrize(
    "changes",
    [
        {"publicKey": pem(ELSEWHERE + "#main-key")},
        {"publicKey": pem(owner=ELSEWHERE)},
        {"publicKey": [pem(), pem(owner=FATIMA + "2")]},
        {"assertionMethod": [multikey(controller=ELSEWHERE)]},
        {"assertionMethod": multikey(ELSEWHERE + "#key")},
    ],
    ids=repr,
)
def test_fet_11_a_key_of_another_actor_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError, match="key"):
        read_actor(person(**changes))


def test_fet_11_an_inbox_may_be_elsewhere() -> None:
    read = read_actor(person(inbox="https://relay.example/in", endpoints={"sharedInbox": "https://relay.example/all"}))
    assert read.delivery_inbox == "https://relay.example/all"
    assert read_actor(person()).delivery_inbox == FATIMA + "/inbox"


def test_ld_06_keys_are_read_only_from_their_two_places() -> None:
    hidden = {"@graph": [pem()], "https://w3id.org/security#publicKey": pem(), "attachment": [pem()], "key": pem()}
    assert read_actor(person(**hidden)).keys == ()
    assert read_actor(person(publicKey="https://groningen.example/key", assertionMethod=["x"])).keys == ()
    assert read_actor(person(publicKey=pem(publicKeyPem=None))).keys == ()


def test_keys_are_read_from_an_object_and_from_an_array() -> None:
    read = read_actor(person(publicKey=[pem(), pem(FATIMA + "/main-key", owner=None)], assertionMethod=[multikey()]))
    assert [key.kind for key in read.keys] == ["pem", "pem", "multibase"]
    assert {key.owner for key in read.keys} == {FATIMA}


def test_dos_09_floods_in_a_profile_are_cut() -> None:
    field = {"type": "PropertyValue", "name": "n", "value": "v"}
    read = read_actor(
        person(
            publicKey=[pem(f"{FATIMA}#{n}") for n in range(200)],
            assertionMethod=[multikey(f"{FATIMA}#m{n}") for n in range(200)],
            attachment=[field] * 10_000,
            alsoKnownAs=[f"https://a.example/{n}" for n in range(10_000)],
            name="x" * 1_000_000,
            summary="y" * 1_000_000,
            tag=[{"type": "Emoji", "name": f":e{n}:", "icon": {"url": "https://a.example/e"}} for n in range(10_000)],
        )
    )
    assert len(read.keys) == MAX_KEYS == 10
    assert len(read.fields) == MAX_FIELDS == 50
    assert len(read.also_known_as) == MAX_ALIASES == 256
    assert len(read.name or "") == MAX_NAME == 2_048
    assert len(read.summary or "") == MAX_SUMMARY
    assert len(read.emojis) == MAX_EMOJI == 64


def test_xss_03_addresses_that_are_not_http_are_no_addresses() -> None:
    bad = "javascript:alert(1)"
    read = read_actor(person(url=bad, icon={"type": "Image", "url": bad}, image=bad, movedTo=bad, alsoKnownAs=[bad]))
    assert (read.url, read.icon, read.image, read.moved_to, read.also_known_as) == (None, None, None, None, ())


@pytest.mark.parametrize(
    "icon",
    [
        "https://a.example/i.png",
        {"type": "Image", "url": "https://a.example/i.png"},
        {"type": "Image", "url": [{"type": "Link", "href": "https://a.example/i.png"}]},
        [{"type": "Link", "href": "https://a.example/i.png"}, {"type": "Image", "url": "https://a.example/j.png"}],
    ],
)
def test_a_picture_is_found_however_it_is_written(icon: object) -> None:
    assert read_actor(person(icon=icon)).icon == "https://a.example/i.png"


@pytest.mark.parametrize(
    ("icon", "said"),
    [
        ({"name": "Een kat"}, "Een kat"), ({"summary": "Een kat"}, "Een kat"), ({"name": 5}, ""), ({}, ""),
    ],
)  # fmt: skip
def test_what_is_on_a_picture_is_read_where_it_is_said(icon: dict[str, object], said: str) -> None:
    assert read_actor(person(icon={"type": "Image", "url": "https://a.example/i.png", **icon})).icon_alt == said


def test_of_several_types_the_one_that_is_an_actor_counts() -> None:
    assert read_actor(person(type=["vcard:Individual", "Person"])).kind == "Person"
    assert is_actor(person())
    assert not is_actor({"type": "Note"})
