"""Activities, read and written."""

from __future__ import annotations

from typing import Any

import pytest

from fedgov.activitystreams import activity as write
from fedgov.activitystreams.activity import read_activity
from fedgov.activitystreams.audience import PUBLIC, Audience
from fedgov.activitystreams.context import CONTEXT
from fedgov.activitystreams.object import note_document, tombstone
from fedgov.kernel.clock import from_rfc3339
from fedgov.kernel.errors import MalformedError

ID = "https://groningen.example/activities/1"
FATIMA = "https://groningen.example/users/fatima"
BOB = "https://delft.example/users/bob"
POST = "https://groningen.example/posts/1"
EVERYONE = Audience(to=(PUBLIC,), cc=(FATIMA + "/followers",))
NOW = 1_700_000_000_000
NOTE = note_document(POST, author=FATIMA, content="<p>Hoi</p>", audience=EVERYONE, published=NOW)
FOLLOW = write.follow(ID + "f", actor=BOB, followed=FATIMA)


def create(**changes: object) -> dict[str, Any]:
    return {"id": ID, "type": "Create", "actor": FATIMA, "object": {"id": POST, "type": "Note"}} | changes


def test_an_activity_is_read_whole() -> None:
    doc = create(to=PUBLIC, cc=[BOB], published="2024-01-01T00:00:00Z", bcc="https://a.example/x")
    read = read_activity(doc)
    assert (read.id, read.type, read.actor, read.object_uri, read.object_type) == (ID, "Create", FATIMA, POST, "Note")
    assert (read.to, read.cc) == ((PUBLIC,), (BOB,))
    assert read.published == from_rfc3339("2024-01-01T00:00:00Z")
    assert read.document is doc


@pytest.mark.parametrize("actor", [FATIMA, [FATIMA], {"id": FATIMA, "type": "Person"}])
def test_the_actor_may_be_a_uri_an_array_of_one_or_an_object(actor: object) -> None:
    assert read_activity(create(actor=actor)).actor == FATIMA


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": ""},
        {"id": "urn:uuid:1"},
        {"id": [ID, ID + "2"]},
        {"type": None},
        {"type": []},
        {"actor": None},
        {"actor": [FATIMA, BOB]},
        {"actor": []},
        {"actor": "fatima"},
        {"actor": {"name": "Fatima"}},
        {"object": None},
        {"object": []},
        {"object": 7},
        {"type": "Add"},
        {"type": "Move", "target": 3},
    ],
    ids=repr,
)
def test_an_activity_without_its_indispensable_parts_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        read_activity(create(**changes))


def test_an_unknown_type_and_an_intransitive_one_are_read() -> None:
    assert read_activity(create(type="Juggle")).type == "Juggle"
    assert read_activity(create(type="Arrive", object=None)).object_uri is None


def test_a_report_may_name_several_things() -> None:
    read = read_activity(create(type="Flag", object=[BOB, POST]))
    assert read.objects == (BOB, POST)
    assert read.object_uri is None


def test_dos_17_an_activity_cannot_come_from_the_future() -> None:
    assert read_activity(create(published="2999-01-01T00:00:00Z"), latest=NOW).published == NOW


WRITTEN = {
    "Create": write.create(ID, actor=FATIMA, document=NOTE, audience=EVERYONE, published=NOW),
    "Update": write.update(ID, actor=FATIMA, document=NOTE, audience=EVERYONE, updated=NOW),
    "Delete": write.delete(ID, actor=FATIMA, tombstone=tombstone(POST, deleted=NOW), audience=EVERYONE, published=NOW),
    "Follow": write.follow(ID, actor=FATIMA, followed=BOB),
    "Accept": write.accept(ID, actor=FATIMA, activity=FOLLOW),
    "Reject": write.reject(ID, actor=FATIMA, activity=FOLLOW),
    "Undo": write.undo(ID, actor=FATIMA, activity=write.follow(ID + "f", actor=FATIMA, followed=BOB)),
    "Like": write.like(ID, actor=FATIMA, object_uri=POST, author=BOB),
    "EmojiReact": write.emoji_react(ID, actor=FATIMA, object_uri=POST, author=BOB, emoji="👍"),
    "Announce": write.announce(ID, actor=FATIMA, object_uri=POST, audience=EVERYONE, published=NOW),
    "Block": write.block(ID, actor=FATIMA, blocked=BOB),
    "Flag": write.flag(ID, actor=FATIMA, object_uris=[BOB, POST], to=BOB, content="spam"),
    "Add": write.add(ID, actor=FATIMA, object_uri=POST, target=FATIMA + "/featured", audience=EVERYONE),
    "Remove": write.remove(ID, actor=FATIMA, object_uri=POST, target=FATIMA + "/featured", audience=EVERYONE),
    "Move": write.move(ID, actor=FATIMA, target=BOB, followers_uri=FATIMA + "/followers"),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_we_write_can_be_read(kind: str) -> None:
    read = read_activity(WRITTEN[kind])
    assert (read.id, read.type, read.actor) == (ID, kind, FATIMA)
    assert read.objects
    assert read.to
    assert WRITTEN[kind]["@context"] == CONTEXT
    assert not {"bto", "bcc"} & set(WRITTEN[kind])


def test_an_embedded_document_has_no_context_of_its_own() -> None:
    for kind in ("Create", "Update", "Delete", "Accept", "Reject", "Undo"):
        assert "@context" not in WRITTEN[kind]["object"]


def test_the_answer_to_a_follow_carries_it_and_goes_to_who_asked() -> None:
    read = read_activity(WRITTEN["Accept"])
    assert read.object_type == "Follow"
    assert read.to == (BOB,)


def test_an_undo_goes_to_whoever_got_what_it_undoes() -> None:
    shared = write.announce(ID, actor=FATIMA, object_uri=POST, audience=EVERYONE, published=NOW)
    assert read_activity(write.undo(ID + "u", actor=FATIMA, activity=shared)).audience == EVERYONE
