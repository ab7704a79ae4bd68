"""Documents of every kind, also broken ones, over a real socket: a refusal or a thank-you, and never more.

Whatever is sent, the answer is 202 or a 4xx, the log ends as done or refused,
and nobody else is asked for anything that the decision did not need.
"""

from __future__ import annotations

import asyncio
import copy
import io
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import PUBLIC
from fedgov.federation.gate import MAX_BODY
from fedgov.federation.signatures.shapes import Shape
from tests.federation.interop.world import (
    ACTIVITY_JSON,
    Correspondent,
    World,
    correspondent,
    dangers,
    now_text,
    open_world,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_world(tmp_path_factory.mktemp("malformed")) as found:
        yield found


_names = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="module")
async def pieter(world: World) -> Correspondent:
    """Somebody elsewhere whose key we know already, and who wrote to fatima."""
    found = correspondent(world.outside, f"delft{next(_names)}")
    await world.deliver(found.activity("Create", found.note(to=[PUBLIC, world.fatima.uri])), by=found)
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def question(world: World) -> str:
    """Something of fatima's that can be liked, shared, answered and reported."""
    return await world.fatima.post("Wie weet dit?")


# --- every field of every activity, wrong in every way -----------------------------------------------------------

WRONG: dict[str, Callable[[], Any]] = {
    "null": lambda: None,
    "a number": lambda: 7,
    "true": lambda: True,
    "an empty list": list,
    "a list of numbers": lambda: [1, 2, 3],
    "a list in a list": lambda: [["x"], [["y"]]],
    "an empty object": dict,
    "an object": lambda: {"id": 5, "type": ["x", None], "href": {}, "name": []},
    "an empty text": str,
    "control characters": lambda: "\t\r\n\x7f\u202e",
    "a very long text": lambda: "http://x.example/" + "a" * 300_000,
    "another scheme": lambda: "javascript:alert(1)",
}


def templates(pieter: Correspondent, *, fatima: str, question: str) -> dict[str, dict[str, Any]]:
    """One good activity of every kind that we handle."""
    note = pieter.note(
        to=[PUBLIC, fatima],
        cc=[f"{pieter.uri}/followers"],
        updated=now_text(),
        summary="Let op",
        sensitive=False,
        name="Titel",
        mediaType="text/html",
        contentMap={"nl": "<p>Dag</p>"},
        inReplyTo=question,
        context=f"{pieter.origin}/threads/1",
        url=f"{pieter.origin}/@pieter/1",
        attachment=[{"type": "Image", "url": f"{pieter.origin}/1.png", "mediaType": "image/png", "width": 3}],
        tag=[{"type": "Mention", "href": fatima, "name": "@fatima"}, {"type": "Hashtag", "name": "#inkoop"}],
        quote=question,
        replies=f"{pieter.origin}/notes/1/replies",
    )
    poll = pieter.note(
        type="Question",
        to=[PUBLIC, fatima],
        oneOf=[{"type": "Note", "name": "Ja", "replies": {"type": "Collection", "totalItems": 1}}],
        endTime=now_text(plus=3600),
        closed=None,
        votersCount=1,
    )
    actor = {**pieter.document, "updated": now_text(), "icon": {"type": "Image", "url": f"{pieter.origin}/p.png"}}
    follow = pieter.activity("Follow", fatima)
    like = pieter.activity("Like", question, content="👍")
    audience = {"to": [PUBLIC, fatima], "cc": [f"{pieter.uri}/followers"]}
    return {
        "Create": pieter.activity("Create", note, **audience),
        "Create of a poll": pieter.activity("Create", poll, **audience),
        "Update": pieter.activity("Update", note, **audience),
        "Update of an actor": pieter.activity("Update", actor, **audience),
        "Delete": pieter.activity("Delete", {"id": pieter.id("notes"), "type": "Tombstone"}, **audience),
        "Follow": follow,
        "Accept": pieter.activity("Accept", {**follow, "actor": fatima, "object": pieter.uri}),
        "Reject": pieter.activity("Reject", {**follow, "actor": fatima, "object": pieter.uri}),
        "Like": like,
        "EmojiReact": pieter.activity(
            "EmojiReact", question, content=":pet:", tag=[{"type": "Emoji", "name": ":pet:"}]
        ),
        "Announce": pieter.activity("Announce", question, **audience),
        "Undo": pieter.activity("Undo", follow),
        "Undo of a Like": pieter.activity("Undo", like),
        "Block": pieter.activity("Block", fatima),
        "Flag": pieter.activity("Flag", [fatima, question], content="Dit klopt niet"),
        "Move": pieter.activity("Move", pieter.uri, target=f"{pieter.origin}/users/elders"),
        "Add": pieter.activity("Add", pieter.id("notes"), target=f"{pieter.uri}/featured"),
        "Remove": pieter.activity("Remove", pieter.id("notes"), target=f"{pieter.uri}/featured"),
    }


Path_ = tuple[str | int, ...]


def places(value: Any, *, at: Path_ = ()) -> Iterator[Path_]:
    """Every place in a document where something stands, at any depth."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        if key != "@context":
            yield (*at, key)
            yield from places(member, at=(*at, key))


def spoiled(activity: dict[str, Any], *, by: Correspondent) -> Iterator[tuple[str, dict[str, Any]]]:
    """The activity with one value wrong: everywhere, and in every way."""
    for place in places(activity):
        if {"publicKey", "assertionMethod"} & set(place):
            continue  # who announces another key than the own one is asked to come back
        for what, make in WRONG.items():
            bad = copy.deepcopy(activity)
            bad["id"] = by.id("spoiled")
            if isinstance(bad["object"], dict) and "/notes/" in str(bad["object"].get("id")):
                bad["object"]["id"] = by.id("notes")
            target: Any = bad
            for key in place[:-1]:
                target = target[key]
            target[place[-1]] = make()
            yield f"{'.'.join(map(str, place))} is {what}", bad


KINDS = (
    *("Create", "Create of a poll", "Update", "Update of an actor", "Delete", "Follow", "Accept", "Reject", "Like"),
    *("EmojiReact", "Announce", "Undo", "Undo of a Like", "Block", "Flag", "Move", "Add", "Remove"),
)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_value_of_another_type_is_refused_or_ignored_and_breaks_nothing(
    world: World, pieter: Correspondent, question: str, kind: str
) -> None:
    good = templates(pieter, fatima=world.fatima.uri, question=question)[kind]
    bad = list(spoiled(good, by=pieter))
    asked = len(world.outside.asked)
    statuses: dict[str, int] = {}
    for start in range(0, len(bad), 16):
        batch = bad[start : start + 16]
        found = await asyncio.gather(
            *(world.post(activity, by=pieter, shape=Shape.RFC9421_ED25519) for _, activity in batch)
        )
        statuses |= {what: answer.status for (what, _), answer in zip(batch, found, strict=True)}
    await world.settle()

    assert {what: status for what, status in statuses.items() if status not in (202, 400, 401, 403)} == {}
    assert 400 in statuses.values()
    assert 202 in statuses.values()
    assert await world.unfinished() == []
    needed = {good["target"]} if kind == "Move" else set()
    assert set(world.outside.asked[asked:]) <= needed


# --- bodies that are no activity, or are nobody's ----------------------------------------------------------------

BODIES: dict[str, bytes] = {
    "empty": b"",
    "half": b'{"id":"http://a.example/1","type":"Cre',
    "a page": b"<html></html>",
    "an array": b"[{}]",
    "a text": b'"Create"',
    "null": b"null",
    "no text": b"\xff\xfe{}",
    "a lone surrogate": b'{"id":"\\ud800"}',
    "a key twice": b'{"id":"a","id":"b"}',
    "no members": b"{}",
    "nested too deeply": b'{"object":' + b"[" * 64 + b"]" * 64 + b"}",
    "nested without end": b'{"a":' * 100_000,
    "a huge number": b'{"id":' + b"9" * 400 + b"}",
    "larger than a megabyte": b" " * (MAX_BODY + 1),
    "larger than any message": b" " * (20 * MAX_BODY),
}


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 60_000):
        yield body[start : start + 60_000]


@pytest.mark.parametrize("stated", [True, False], ids=["with its length", "in chunks"])
async def test_a_body_that_is_no_activity_is_refused_and_changes_nothing(
    world: World, pieter: Correspondent, stated: bool
) -> None:
    before, letters = await world.counts(), len(world.outside.letters)
    for what, body in BODIES.items():
        headers = pieter.signed("POST", f"{world.origin}/inbox", body=body)
        answer = await world.ask("POST", "/inbox", headers=headers, body=io.BytesIO(body) if stated else _pieces(body))
        status, code = (413, "too_large") if what.startswith("larger") else (400, "malformed")
        assert (answer.status, answer.json["error"]) == (status, code), what
        assert answer.json["message"], what
    assert await world.counts() == before
    assert len(world.outside.letters) == letters


FORGERIES: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "unsigned": lambda headers: {name: value for name, value in headers.items() if name != "Signature"},
    "another signature": lambda headers: {
        **headers,
        "Signature": headers["Signature"].replace('signature="', 'signature="AA'),
    },
    "no signature at all in it": lambda headers: {**headers, "Signature": "moo"},
    "another date": lambda headers: {**headers, "Date": "Tue, 20 Oct 2026 07:00:00 GMT"},
    "another digest": lambda headers: {**headers, "Digest": "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
    "no digest": lambda headers: {name: value for name, value in headers.items() if name != "Digest"},
    "both kinds of signature": lambda headers: {**headers, "Signature-Input": 'sig1=("@method");created=1'},
}


@pytest.mark.parametrize("kind", ["Create", "Follow", "Delete", "Update of an actor"])
async def test_what_is_unsigned_or_forged_is_refused_and_changes_nothing(
    world: World, pieter: Correspondent, question: str, kind: str
) -> None:
    body = orjson.dumps(templates(pieter, fatima=world.fatima.uri, question=question)[kind])
    before, letters = await world.counts(), len(world.outside.letters)
    for what, forge in FORGERIES.items():
        headers = forge(pieter.signed("POST", f"{world.origin}/inbox", body=body))
        answer = await world.ask("POST", "/inbox", headers=headers, body=body)
        assert answer.status in (400, 401), what
        assert answer.json.keys() == {"error", "message"}, what
    assert await world.counts() == before
    assert len(world.outside.letters) == letters


async def test_what_one_person_says_for_another_is_refused_and_changes_nothing(
    world: World, pieter: Correspondent
) -> None:
    other = correspondent(world.outside, "elders", "/users/other")
    activity = pieter.activity("Create", pieter.note(to=[world.fatima.uri]))
    await world.post(other.activity("Follow", world.fatima.uri), by=other)
    await world.settle()
    before, letters = await world.counts(), len(world.outside.letters)

    answer = await world.post(activity, by=other)

    assert (answer.status, answer.json["error"]) == (401, "unverified")
    assert await world.counts() == before
    assert len(world.outside.letters) == letters


async def test_what_a_stranger_answers_shares_or_moves_to_is_not_fetched(world: World) -> None:
    stranger = correspondent(world.outside, "vreemd")
    elsewhere = world.outside.url("slachtoffer", "/posts/1")
    for activity in (
        stranger.activity("Create", stranger.note(inReplyTo=elsewhere)),
        stranger.activity("Create", stranger.id("notes")),
        stranger.activity("Announce", elsewhere, to=[PUBLIC]),
        stranger.activity("Add", elsewhere, target=f"{stranger.uri}/other"),
        stranger.activity("Move", world.fatima.uri, target=elsewhere),
    ):
        row = await world.deliver(activity, by=stranger)
        assert (row.state, bool(row.reason)) == ("refused", True), activity["type"]

    assert [url for url in world.outside.asked if "vreemd" in url or "slachtoffer" in url] == [stranger.uri]


# --- documents that others published as examples -----------------------------------------------------------------


def examples(vectors: Path) -> dict[str, bytes]:
    """The published documents by name."""
    files = [*(vectors / "as2").glob("*.json"), *(vectors / "fedify-fixtures").rglob("*.json")]
    return {str(path.relative_to(vectors)): path.read_bytes() for path in sorted(files)}


def parsed(raw: bytes) -> dict[str, Any] | None:
    """The document; None for the examples that are no JSON, or no object."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


HARM = '<p onclick="x()">anders<script>x()</script><img src="x" onerror="x()"></p>'


def forms(document: dict[str, Any], *, by: Correspondent, to: str) -> Iterator[dict[str, Any]]:
    """A document as if it were somebody's own activity, and as what somebody wrote to us."""
    yield {**document, "id": by.id("examples"), "actor": by.uri, "to": [PUBLIC, to]}
    renamed = {**document, "id": by.id("notes"), "attributedTo": by.uri, "to": [PUBLIC, to]}
    renamed.pop("published", None)
    yield by.activity("Create", renamed, to=[PUBLIC, to])
    yield by.activity("Update", {**renamed, "content": HARM}, to=[PUBLIC, to])


@dataclass(frozen=True, slots=True)
class Sent:
    """What was answered to the forms of one example, and under which id it would be kept."""

    statuses: list[int]
    note: str | None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sent(world: World, vectors: Path) -> dict[str, Sent]:
    """Every published example, delivered in all its forms and handled."""
    author = correspondent(world.outside, "voorbeeld")
    found = {name: await _send(world, raw, by=author) for name, raw in examples(vectors).items()}
    await world.settle()
    return found


async def _send(world: World, raw: bytes, *, by: Correspondent) -> Sent:
    document = parsed(raw)
    made = [] if document is None else list(forms(document, by=by, to=world.fatima.uri))
    bodies = [raw, *map(orjson.dumps, made)]
    answers = await asyncio.gather(*(world.post(body, by=by, shape=Shape.RFC9421_ED25519) for body in bodies))
    return Sent([answer.status for answer in answers], made[1]["object"]["id"] if made else None)


async def test_every_published_example_is_digested_or_refused(world: World, sent: dict[str, Sent]) -> None:
    assert len(sent) == 212 + 33
    assert {name: each for name, each in sent.items() if not {202, 400, 401, 403}.issuperset(each.statuses)} == {}
    assert {each.statuses[0] for each in sent.values()} == {400, 401}, "as they are they are nobody's"
    assert {each.statuses[2] for each in sent.values() if each.note is not None} == {202}
    assert await world.unfinished() == []
    assert [url for url in world.outside.asked if "voorbeeld" in url] == [
        world.outside.url("voorbeeld", "/users/pieter")
    ]


async def test_every_published_example_that_is_kept_has_a_page_that_harms_nobody(
    world: World, sent: dict[str, Sent]
) -> None:
    kept = {name: each.note for name, each in sent.items() if each.note and await world.post_row(each.note) is not None}
    assert len(kept) > 100
    for name, note in kept.items():
        assert dangers(await world.page_of(note)) == [], name


# --- the form of a refusal ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/fedgov/nothing", 404),
        ("GET", "/api/fedgov", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/oauth/nothing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/users/nobody", 404),
        ("GET", "/posts/1", 404),
        ("GET", "/posts/99999999999999999999999999", 404),
        ("GET", "/posts/x", 404),
        ("GET", "/activities/1", 404),
        ("GET", "/users/nobody/outbox", 404),
        ("GET", "/users/fatima/nothing", 404),
        ("POST", "/users/nobody/inbox", 404),
        ("GET", "/.well-known/webfinger?resource=acct:nobody@nowhere.example", 404),
        ("GET", "/.well-known/webfinger", 400),
        ("GET", "/.well-known/webfinger?resource=%00", 400),
        ("GET", "/inbox", 405),
        ("PUT", "/inbox", 405),
        ("DELETE", "/users/fatima/outbox", 405),
        ("DELETE", "/posts/1", 405),
        ("PUT", "/timeline/public", 405),
        ("PATCH", "/nodeinfo/2.1", 405),
    ],
)
async def test_a_client_is_told_what_is_wrong_in_the_form_of_its_api(
    world: World, method: str, path: str, status: int
) -> None:
    headers = {"Accept": "application/json"} if "/api/fedgov" not in path else {"Accept": "application/problem+json"}
    body = None
    if path.endswith("nobody/inbox"):
        stranger = correspondent(world.outside, "elders")
        body = orjson.dumps(stranger.activity("Like", world.fatima.uri))
        headers |= stranger.signed("POST", world.origin + path, body=body)

    answer = await world.ask(method, path, headers=headers, body=body)

    assert answer.status == status
    kind = answer.headers["Content-Type"].partition(";")[0]
    if path.startswith("/api/fedgov"):
        assert kind == "application/problem+json"
        assert answer.json["status"] == status
        assert answer.json["title"]
    elif path.startswith(("/api", "/oauth")):
        assert kind == "application/json"
        assert list(answer.json) == ["error"]
    else:
        assert kind == "application/json"
        assert answer.json.keys() == {"error", "message"}
    assert ("Allow" in answer.headers) is (status == 405)


@pytest.mark.parametrize("accept", [ACTIVITY_JSON, "application/ld+json", "application/json"])
async def test_no_client_gets_a_page_for_an_error(world: World, accept: str) -> None:
    for path in ("/nothing", "/users/nobody", "/posts/1", "/users/nobody/followers"):
        answer = await world.ask("GET", path, headers={"Accept": accept})
        assert (answer.status, answer.json["error"]) == (404, "not_found"), path
