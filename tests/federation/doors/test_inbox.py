"""What the inbox accepts and refuses; the ids are those of the threat table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from fedgov.federation import actors
from fedgov.federation.client import GuardedClient
from fedgov.federation.doors import inbox as inbox_door
from fedgov.federation.doors.asgi import Request
from fedgov.federation.signatures.shapes import Shape
from fedgov.kernel.errors import UnreachableError
from fedgov.store.tables import actors as actors_table
from fedgov.store.tables import follows, inbox_items, peers
from tests.federation.doors.porch import ACTIVITY_JSON, DOMAIN, NOW, ORIGIN, Elsewhere, Response, Stranger, Town, knock

SHAPES = [Shape.CAVAGE, Shape.RFC9421_RSA, Shape.RFC9421_ED25519]


def demand_refused(answer: Response, *, status: int, code: str) -> None:
    assert answer.status == status, answer.body
    assert answer.json["error"] == code
    assert answer.json["message"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_signed_activity_is_on_disk_before_its_sender_hears_202(
    town: Town, elsewhere: Elsewhere, shape: Shape
) -> None:
    pieter = elsewhere.stranger("delft")
    activity = pieter.note()

    answer = await town.post(activity, by=pieter, shape=shape)

    assert answer.status == 202
    assert await town.arrived() == [activity["id"]]


@pytest.mark.parametrize("path", ["/users/fatima/inbox", "/actor/inbox", "/organisation/inbox"])
async def test_every_actor_has_an_inbox(town: Town, elsewhere: Elsewhere, path: str) -> None:
    await town.employ("fatima")
    pieter = elsewhere.stranger("delft")

    assert (await town.post(pieter.note(), by=pieter, path=path)).status == 202
    assert len(await town.arrived()) == 1


async def test_an_inbox_that_never_was_is_not_found(town: Town, elsewhere: Elsewhere) -> None:
    pieter = elsewhere.stranger("delft")

    answer = await town.post(pieter.note(), by=pieter, path="/users/nobody/inbox")

    demand_refused(answer, status=404, code="not_found")
    assert await town.arrived() == []


async def test_ans_02_the_inbox_of_somebody_who_is_gone_drops_with_202(
    town: Town, elsewhere: Elsewhere
) -> None:  # ANS-02
    uri = await town.employ("fatima")
    await town.instance.write(actors.mark_deleted, uri=uri)
    pieter = elsewhere.stranger("delft")

    answer = await town.post(pieter.note(), by=pieter, path="/users/fatima/inbox")

    assert answer.status == 202
    assert await town.arrived() == []


async def test_a_hundred_replays_at_once_are_one_row(town: Town, elsewhere: Elsewhere) -> None:  # SIG-10
    pieter = elsewhere.stranger("delft")
    body = orjson.dumps(pieter.note())
    headers = pieter.sign("POST", f"{ORIGIN}/inbox", headers={"Content-Type": ACTIVITY_JSON}, body=body)

    answers = await asyncio.gather(
        *(knock(town.doors, "POST", "/inbox", headers=headers, chunks=[body]) for _ in range(100))
    )

    assert {answer.status for answer in answers} == {202}
    assert len(await town.arrived()) == 1
    assert elsewhere.asked == [pieter.uri]


# --- who sent it ------------------------------------------------------------------------------------------------


async def test_nobody_speaks_for_another_actor(town: Town, elsewhere: Elsewhere) -> None:  # SIG-01
    alice, mallory = elsewhere.stranger("delft", "alice"), elsewhere.stranger("evil", "mallory", number=2)

    answer = await town.post(alice.note(), by=mallory)

    demand_refused(answer, status=401, code="unverified")
    assert "signature" in answer.headers["www-authenticate"].lower()
    assert await town.arrived() == []


async def test_a_colleague_on_the_same_server_is_another_actor_too(town: Town, elsewhere: Elsewhere) -> None:  # SIG-01
    alice, bob = elsewhere.stranger("delft", "alice"), elsewhere.stranger("delft", "bob", number=2)

    demand_refused(await town.post(alice.note(), by=bob), status=401, code="unverified")


async def test_a_key_that_claims_an_owner_elsewhere_is_refused(town: Town, elsewhere: Elsewhere) -> None:  # SIG-02
    alice = elsewhere.stranger("delft", "alice")
    mallory = elsewhere.stranger("evil", "mallory", number=2)
    elsewhere.serve(
        mallory.uri,
        {
            "id": mallory.uri,
            "type": "Key",
            "owner": alice.uri,
            "publicKeyPem": mallory.pair.rsa.public.to_pem(),
        },
    )

    demand_refused(await town.post(alice.note(), by=mallory), status=401, code="unverified")
    assert await town.arrived() == []


async def test_an_actor_served_at_another_address_does_not_count(town: Town, elsewhere: Elsewhere) -> None:  # SIG-03
    mallory = elsewhere.stranger("evil", "mallory", number=2)
    alice = Stranger(uri=elsewhere.url("evil", "/users/alice"), pair=mallory.pair)
    elsewhere.serve(alice.uri, mallory.document())

    answer = await town.post(alice.note(), by=mallory)

    demand_refused(answer, status=401, code="unverified")


Forge = Callable[[dict[str, str]], dict[str, str]]


def without(*names: str) -> Forge:
    return lambda headers: {name: value for name, value in headers.items() if name not in names}


def replaced(name: str, old: str, new: str) -> Forge:
    return lambda headers: {**headers, name: headers[name].replace(old, new)}


CAVAGE_FORGERIES: dict[str, Forge] = {
    "unsigned (SIG-12)": without("Signature"),
    "no digest (SIG-05)": without("Digest"),
    "digest not covered (SIG-05)": replaced("Signature", " digest", ""),
    "host not covered (SIG-07)": replaced("Signature", " host", ""),
    "target not covered (SIG-08)": replaced("Signature", "(request-target) ", ""),
    "no date (SIG-09)": without("Date"),
    "garbage (SIG-12)": lambda headers: {**headers, "Signature": "garbage"},
    "a parameter twice (SIG-11)": lambda headers: {**headers, "Signature": headers["Signature"] + ',keyId="x"'},
    "an algorithm of the devil (SIG-13)": lambda headers: {
        **headers,
        "Signature": headers["Signature"] + ',algorithm="none"'
        if "algorithm=" not in headers["Signature"]
        else headers["Signature"].replace("rsa-sha256", "none"),
    },
    "very long (SIG-12)": lambda headers: {**headers, "Signature": headers["Signature"] + "," + "x" * 100_000},
}


@pytest.mark.parametrize("name", CAVAGE_FORGERIES)
async def test_a_signature_that_proves_too_little_is_refused_without_asking_anybody(
    town: Town, elsewhere: Elsewhere, name: str
) -> None:
    pieter = elsewhere.stranger("delft")
    body = orjson.dumps(pieter.note())
    headers = pieter.sign("POST", f"{ORIGIN}/inbox", headers={"Content-Type": ACTIVITY_JSON}, body=body)

    answer = await knock(town.doors, "POST", "/inbox", headers=CAVAGE_FORGERIES[name](headers), chunks=[body])

    assert answer.status in (400, 401)
    assert await town.arrived() == []
    assert elsewhere.asked == []


async def test_a_digest_of_another_body_is_refused(town: Town, elsewhere: Elsewhere) -> None:  # SIG-06
    pieter = elsewhere.stranger("delft")
    body = orjson.dumps(pieter.note())
    headers = pieter.sign("POST", f"{ORIGIN}/inbox", headers={"Content-Type": ACTIVITY_JSON}, body=body)

    answer = await knock(town.doors, "POST", "/inbox", headers=headers, chunks=[body.replace(b"Dag", b"Weg")])

    demand_refused(answer, status=401, code="unverified")
    assert elsewhere.asked == []


@pytest.mark.parametrize("shape", SHAPES)
async def test_what_was_signed_for_another_server_or_inbox_is_refused(
    town: Town, elsewhere: Elsewhere, shape: Shape
) -> None:  # SIG-07, SIG-08
    await town.employ("fatima")
    pieter = elsewhere.stranger("delft")
    body = orjson.dumps(pieter.note())
    for url, path in (
        ("http://leeuwarden.localhost:7002/inbox", "/inbox"),
        (f"{ORIGIN}/inbox", "/users/fatima/inbox"),
    ):
        headers = pieter.sign("POST", url, headers={"Content-Type": ACTIVITY_JSON}, body=body, shape=shape)

        answer = await knock(town.doors, "POST", path, headers={**headers, "Host": DOMAIN}, chunks=[body])

        demand_refused(answer, status=401, code="unverified")
    assert await town.arrived() == []


@pytest.mark.parametrize("minutes", [-13 * 60, -61, 6, 120])
async def test_a_signature_of_another_time_is_refused(town: Town, elsewhere: Elsewhere, minutes: int) -> None:  # SIG-09
    pieter = elsewhere.stranger("delft")

    for shape in SHAPES:
        answer = await town.post(pieter.note(), by=pieter, shape=shape, now=NOW + minutes * 60_000)
        demand_refused(answer, status=401, code="unverified")


async def test_an_id_on_another_server_is_refused(town: Town, elsewhere: Elsewhere) -> None:  # SIG-22
    mallory = elsewhere.stranger("evil", "mallory")

    answer = await town.post(mallory.note(id=elsewhere.url("delft", "/creates/1")), by=mallory)

    demand_refused(answer, status=401, code="unverified")
    assert elsewhere.asked == []


async def test_our_own_people_do_not_send_through_others(town: Town, elsewhere: Elsewhere) -> None:
    fatima = await town.employ("fatima")
    mallory = elsewhere.stranger("evil", "mallory")

    answer = await town.post(mallory.note(actor=fatima, id=f"{ORIGIN}/activities/1"), by=mallory)

    demand_refused(answer, status=401, code="unverified")


async def test_a_blocked_server_is_refused_before_its_key_is_read(town: Town, elsewhere: Elsewhere) -> None:  # SIG-24
    pieter = elsewhere.stranger("delft")
    town.trust.refused.add(pieter.host)

    demand_refused(await town.post(pieter.note(), by=pieter), status=403, code="forbidden")
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "key_id", ["ftp://delft.example/key", "key", "http://10.0.0.1/key", "http://169.254.169.254/k"]
)
async def test_a_key_at_a_forbidden_address_is_not_fetched(town: Town, elsewhere: Elsewhere, key_id: str) -> None:
    pieter = elsewhere.stranger("delft")  # SIG-15
    body = orjson.dumps(pieter.note())
    headers = pieter.sign("POST", f"{ORIGIN}/inbox", headers={"Content-Type": ACTIVITY_JSON}, body=body)
    headers["Signature"] = headers["Signature"].replace(pieter.pair.rsa.key_id, key_id)

    answer = await knock(town.doors, "POST", "/inbox", headers=headers, chunks=[body])

    assert answer.status in (401, 403)
    assert elsewhere.asked == []


# --- what could not be decided ----------------------------------------------------------------------------------


async def test_a_key_host_that_is_down_means_later_not_never(
    town: Town, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:  # ANS-01
    pieter = elsewhere.stranger("delft")
    asked = []

    async def fail(_client: GuardedClient, url: str, **_more: Any) -> None:
        asked.append(url)
        raise UnreachableError("the server could not be reached")

    monkeypatch.setattr(GuardedClient, "get", fail)
    for _ in range(3):
        answer = await town.post(pieter.note(), by=pieter)
        demand_refused(answer, status=503, code="unreachable")
        assert 0 < int(answer.headers["retry-after"]) <= 3_600
    assert len(asked) == 1, "the failure is remembered"


async def test_a_key_host_in_trouble_means_later(town: Town, elsewhere: Elsewhere) -> None:  # ANS-01
    pieter = elsewhere.stranger("delft")
    elsewhere.serve(pieter.uri, b"sorry", status=502)

    demand_refused(await town.post(pieter.note(), by=pieter), status=503, code="unreachable")


async def test_a_slow_key_host_costs_two_seconds_and_means_later(town: Town, elsewhere: Elsewhere) -> None:  # ANS-01
    pieter = elsewhere.stranger("delft")
    elsewhere.delays[pieter.uri] = 4.0

    answer = await town.post(pieter.note(), by=pieter)
    another = await town.post(pieter.note(), by=pieter)

    demand_refused(answer, status=503, code="unreachable")
    assert answer.json["message"] == "the server of the signing key is slow"
    assert int(answer.headers["retry-after"]) <= 5
    demand_refused(another, status=503, code="unreachable")
    assert another.json["message"] == "the key could not be read lately", "nobody waits again for what is slow"


async def test_a_key_that_came_too_late_is_there_for_the_next_attempt(town: Town, elsewhere: Elsewhere) -> None:
    pieter = elsewhere.stranger("delft")
    elsewhere.delays[pieter.uri] = 2.5
    note = pieter.note()
    assert (await town.post(note, by=pieter)).status == 503

    for _ in range(300):
        answer = await town.post(note, by=pieter)
        if answer.status != 503:
            break
        await asyncio.sleep(0.1)

    assert answer.status == 202
    assert elsewhere.asked.count(pieter.uri) == 1


async def test_a_key_that_came_too_late_and_not_at_all_is_not_asked_for_again_soon(
    town: Town, elsewhere: Elsewhere
) -> None:
    pieter = elsewhere.stranger("delft")
    elsewhere.delays[pieter.uri] = 2.5
    elsewhere.serve(pieter.uri, {}, status=500)
    answer = await town.post(pieter.note(), by=pieter)
    assert int(answer.headers["retry-after"]) <= 5

    for _ in range(300):
        answer = await town.post(pieter.note(), by=pieter)
        if int(answer.headers["retry-after"]) > 5:
            break
        await asyncio.sleep(0.1)

    assert 30 < int(answer.headers["retry-after"]) <= 60


async def test_a_busy_store_means_later(town: Town, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    pieter = elsewhere.stranger("delft")  # ANS-01
    assert (await town.post(pieter.note(), by=pieter)).status == 202

    async def refuse(*_args: Any, **_values: Any) -> None:
        raise UnreachableError("the disk is full")

    monkeypatch.setattr(town.instance.database, "write", refuse)
    demand_refused(await town.post(pieter.note(), by=pieter), status=503, code="unreachable")


async def test_a_server_that_signed_better_several_times_is_asked_to_come_back(
    town: Town, elsewhere: Elsewhere
) -> None:
    pieter = elsewhere.stranger("delft")
    for _ in range(4):
        assert (await town.post(pieter.note(), by=pieter, shape=Shape.RFC9421_ED25519)).status == 202

    answer = await town.post(pieter.note(), by=pieter, shape=Shape.CAVAGE)

    demand_refused(answer, status=503, code="unreachable")


# --- somebody deletes himself -----------------------------------------------------------------------------------


async def test_ans_05_an_unverified_delete_of_an_actor_is_thanked_for_and_does_nothing(
    town: Town, elsewhere: Elsewhere
) -> None:  # SIG-26, ANS-05
    known = elsewhere.stranger("delft", "known")
    unknown = elsewhere.stranger("delft", "unknown", number=2)
    await town.post(known.note(), by=known)
    before, asked = await town.arrived(), len(elsewhere.asked)
    mallory = Stranger(uri=known.uri, pair=unknown.pair)
    forged = Stranger(uri=known.uri, pair=mallory.pair)

    of_known = await town.post(known.leaves(), by=forged)
    of_unknown = await town.post(unknown.leaves(), by=unknown)

    assert of_known == of_unknown
    assert of_known.status == 202
    assert await town.arrived() == before
    assert len(elsewhere.asked) == asked, "no key was fetched"


async def test_a_verified_delete_of_an_actor_is_taken_in(town: Town, elsewhere: Elsewhere) -> None:
    pieter = elsewhere.stranger("delft")
    await town.post(pieter.note(), by=pieter)

    assert (await town.post(pieter.leaves(), by=pieter)).status == 202
    assert len(await town.arrived()) == 2


async def test_an_unsigned_delete_of_an_actor_is_refused(town: Town, elsewhere: Elsewhere) -> None:
    pieter = elsewhere.stranger("delft")
    body = orjson.dumps(pieter.leaves())

    answer = await knock(town.doors, "POST", "/inbox", headers={"Content-Type": ACTIVITY_JSON}, chunks=[body])

    demand_refused(answer, status=401, code="unverified")


# --- bad input --------------------------------------------------------------------------------------------------

DEEP = b'{"id":' + b"[" * 40 + b"]" * 40 + b"}"
BAD_BODIES = {
    "empty": b"",
    "not JSON": b"<html>",
    "not UTF-8": b'{"id":"\xff"}',
    "UTF-16": '{"id":1}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "an array": b"[]",
    "null": b"null",
    "a number": b"1",
    "NaN": b'{"id":NaN}',
    "a huge number": b'{"n":' + b"9" * 4_000 + b"}",
    "a lone surrogate": b'{"id":"\\ud800"}',
    "NUL": b'{"id":"\\u0000"}',
    "a key twice": b'{"id":"a","id":"b"}',
    "too deep": DEEP,
    "very deep": b"[" * 100_000,
    "no members": b"{}",
    "wrong types": b'{"id":1,"type":2,"actor":3,"object":4}',
    "two actors": b'{"id":"http://a.example/1","type":"Create","actor":["http://a.example/a","http://a.example/b"],"object":"x"}',
    "no object": b'{"id":"http://a.example/1","type":"Create","actor":"http://a.example/a"}',
    "no target": b'{"id":"http://a.example/1","type":"Add","actor":"http://a.example/a","object":"http://a.example/o"}',
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_what_is_no_activity_is_refused_without_asking_anybody(
    town: Town, elsewhere: Elsewhere, name: str
) -> None:
    pieter = elsewhere.stranger("delft")

    demand_refused(await town.post(BAD_BODIES[name], by=pieter), status=400, code="malformed")
    assert elsewhere.asked == []
    for table in (inbox_items, peers, follows):
        assert await town.count(table) == 0
    assert await town.count(actors_table) == 2


async def test_an_old_activity_is_refused(town: Town, elsewhere: Elsewhere) -> None:
    pieter = elsewhere.stranger("delft")

    answer = await town.post(pieter.note(published="2026-09-01T00:00:00Z"), by=pieter)

    demand_refused(answer, status=403, code="forbidden")


@pytest.mark.parametrize("stated", [True, False])
async def test_dos_02_a_body_larger_than_a_megabyte_is_refused_before_it_is_read(
    town: Town, stated: bool
) -> None:  # DOS-02
    chunk = b" " * 65_536
    chunks = [chunk] * 40
    headers = {"Content-Type": ACTIVITY_JSON}
    if stated:
        headers["Content-Length"] = str(len(chunk) * len(chunks))

    answer = await knock(town.doors, "POST", "/inbox", headers=headers, chunks=chunks)

    demand_refused(answer, status=413, code="too_large")
    assert answer.headers["connection"] == "close"


async def test_dos_02_of_an_endless_body_no_more_is_read_than_is_needed(town: Town) -> None:  # DOS-02
    read = 0

    async def without_end() -> dict[str, Any]:
        nonlocal read
        read += 65_536
        assert read < 2_000_000
        return {"type": "http.request", "body": b" " * 65_536, "more_body": True}

    answer = await knock(town.doors, "POST", "/inbox", headers={"Content-Type": ACTIVITY_JSON}, receive=without_end)

    demand_refused(answer, status=413, code="too_large")


@pytest.mark.parametrize("length", ["-1", "abc", "1" * 30, "1e3"])
async def test_a_content_length_that_is_no_number_is_refused(town: Town, length: str) -> None:
    answer = await knock(town.doors, "POST", "/inbox", headers={"Content-Length": length})

    assert answer.status == 413


async def test_a_body_of_a_megabyte_in_pieces_is_read(town: Town, elsewhere: Elsewhere) -> None:
    pieter = elsewhere.stranger("delft")
    activity = pieter.note()
    activity["object"]["content"] = "x" * 1_000_000
    body = orjson.dumps(activity)
    headers = pieter.sign("POST", f"{ORIGIN}/inbox", headers={"Content-Type": ACTIVITY_JSON}, body=body)
    chunks = [body[at : at + 60_000] for at in range(0, len(body), 60_000)]

    answer = await knock(town.doors, "POST", "/inbox", headers=headers, chunks=chunks)

    assert answer.status == 202


async def test_dos_01_a_body_that_does_not_come_is_not_waited_for(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Request.body, "__kwdefaults__", {"seconds": 0.05})

    async def nothing() -> dict[str, Any]:
        await asyncio.sleep(30)
        return {}

    answer = await knock(town.doors, "POST", "/inbox", headers={"Content-Type": ACTIVITY_JSON}, receive=nothing)

    demand_refused(answer, status=408, code="too_slow")


async def test_a_client_that_hangs_up_gets_no_answer(town: Town) -> None:
    async def hang_up() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with pytest.raises(AssertionError):
        await knock(town.doors, "POST", "/inbox", headers={"Content-Type": ACTIVITY_JSON}, receive=hang_up)


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data", "application/xml"])
async def test_another_media_type_is_refused(town: Town, elsewhere: Elsewhere, content_type: str) -> None:
    pieter = elsewhere.stranger("delft")
    body = orjson.dumps(pieter.note())
    headers = pieter.sign("POST", f"{ORIGIN}/inbox", headers={"Content-Type": content_type}, body=body)

    answer = await knock(town.doors, "POST", "/inbox", headers=headers, chunks=[body])

    demand_refused(answer, status=415, code="unsupported_type")
    assert elsewhere.asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_an_inbox_answers_post_only(town: Town, method: str) -> None:
    answer = await knock(town.doors, method, "/inbox")

    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


async def test_a_bug_is_logged_and_answered_with_500(
    town: Town, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieter = elsewhere.stranger("delft")

    def stumble(*_args: object, **_values: object) -> str:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(inbox_door, "source_network", stumble)
    answer = await town.post(pieter.note(), by=pieter)

    assert answer.status == 500
    assert answer.json["error"] == "internal"
    assert b"secret" not in answer.body
