"""Two servers that disagree about who follows whom (FEP-8fcf)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fedgov.activitystreams.collection import collection_document, page_document
from fedgov.federation import actors, followers_sync, follows
from fedgov.kernel.clock import MINUTE
from fedgov.store.transaction import Transaction
from tests.federation.doors.porch import ACTIVITY_JSON, ORIGIN, Elsewhere, Response, Stranger, Town, befriend, knock


def header(actor: Stranger, listed: list[str], **replaced: str) -> str:
    stated = {
        "collectionId": f"{actor.uri}/followers",
        "url": f"{actor.uri}/followers_synchronization",
        "digest": followers_sync.digest(listed),
        **replaced,
    }
    return ", ".join(f'{name}="{value}"' for name, value in stated.items())


async def deliver(town: Town, actor: Stranger, synchronisation: str) -> Response:
    """Deliver a note with this Collection-Synchronization header, and mend."""
    body = orjson.dumps(actor.note())
    headers = actor.sign("POST", f"{ORIGIN}/inbox", headers={"Content-Type": ACTIVITY_JSON}, body=body)
    headers["Collection-Synchronization"] = synchronisation
    answer = await knock(town.doors, "POST", "/inbox", headers=headers, chunks=[body])
    await town.mender.settle()
    return answer


async def state(town: Town, follower: str, following: str) -> str | None:
    row = await town.instance.read(follows.find, follower=follower, following=following)
    return None if row is None else str(row.state)


@pytest.fixture
def pieter(elsewhere: Elsewhere) -> Stranger:
    return elsewhere.stranger("delft")


def lists(elsewhere: Elsewhere, actor: Stranger, listed: list[str]) -> None:
    url = f"{actor.uri}/followers_synchronization"
    elsewhere.serve(url, collection_document(url, total=len(listed), items=listed))


async def test_a_follow_that_the_other_server_does_not_have_ends(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    fatima, joost = await town.employ("fatima"), await town.employ("joost")
    for follower in (fatima, joost):
        await town.instance.write(befriend, follower=follower, following=pieter.uri)
    lists(elsewhere, pieter, [joost])

    answer = await deliver(town, pieter, header(pieter, [joost]))

    assert answer.status == 202
    assert await state(town, fatima, pieter.uri) is None
    assert await state(town, joost, pieter.uri) == "accepted"
    assert await town.sent() == []


async def test_a_follow_that_we_do_not_have_is_taken_back_there(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    fatima = await town.employ("fatima")
    lists(elsewhere, pieter, [fatima])

    await deliver(town, pieter, header(pieter, [fatima]))

    undo = (await town.sent())[0]
    assert (undo["type"], undo["actor"], undo["to"]) == ("Undo", fatima, [pieter.uri])
    assert (undo["object"]["type"], undo["object"]["object"]) == ("Follow", pieter.uri)


async def test_a_request_that_was_granted_without_our_hearing_it_is_made_again_and_not_believed(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    fatima = await town.employ("fatima")
    await town.instance.write(befriend, follower=fatima, following=pieter.uri, state="pending")
    lists(elsewhere, pieter, [fatima])

    await deliver(town, pieter, header(pieter, [fatima]))

    assert await state(town, fatima, pieter.uri) == "pending", "the list may be of before our last Undo"
    (again,) = await town.sent()
    assert (again["type"], again["actor"], again["object"]) == ("Follow", fatima, pieter.uri)
    row = await town.instance.read(follows.find, follower=fatima, following=pieter.uri)
    assert row is not None
    assert row.activity_uri == again["id"]


async def test_nothing_is_read_when_both_agree(town: Town, elsewhere: Elsewhere, pieter: Stranger) -> None:
    fatima = await town.employ("fatima")
    await town.instance.write(befriend, follower=fatima, following=pieter.uri)

    await deliver(town, pieter, header(pieter, [fatima]))

    assert elsewhere.asked == [pieter.uri], "only his key"


async def test_an_empty_list_that_was_not_announced_ends_nothing(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    fatima, joost = await town.employ("fatima"), await town.employ("joost")
    await town.instance.write(befriend, follower=fatima, following=pieter.uri)
    lists(elsewhere, pieter, [])

    await deliver(town, pieter, header(pieter, [joost]))

    assert await state(town, fatima, pieter.uri) == "accepted"


async def test_an_announced_empty_list_ends_all(town: Town, elsewhere: Elsewhere, pieter: Stranger) -> None:
    fatima = await town.employ("fatima")
    await town.instance.write(befriend, follower=fatima, following=pieter.uri)
    lists(elsewhere, pieter, [])

    await deliver(town, pieter, header(pieter, []))

    assert await state(town, fatima, pieter.uri) is None


async def test_a_list_in_pages_is_read_whole(town: Town, elsewhere: Elsewhere, pieter: Stranger) -> None:
    people = [await town.employ(f"medewerker{number}") for number in range(3)]
    for follower in people:
        await town.instance.write(befriend, follower=follower, following=pieter.uri)
    url = f"{pieter.uri}/followers_synchronization"
    elsewhere.serve(url, collection_document(url, total=2, first=f"{url}/1"))
    elsewhere.serve(f"{url}/1", page_document(f"{url}/1", part_of=url, items=people[:1], following=f"{url}/2"))
    elsewhere.serve(f"{url}/2", page_document(f"{url}/2", part_of=url, items=people[1:2]))

    await deliver(town, pieter, header(pieter, people[:2]))

    assert [await state(town, each, pieter.uri) for each in people] == ["accepted", "accepted", None]


async def test_dos_06_a_list_without_end_is_given_up(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:  # DOS-06
    fatima = await town.employ("fatima")
    await town.instance.write(befriend, follower=fatima, following=pieter.uri)
    url = f"{pieter.uri}/followers_synchronization"
    elsewhere.serve(url, collection_document(url, total=1, first=f"{url}/1"))
    elsewhere.serve(
        f"{url}/1", page_document(f"{url}/1", part_of=url, items=["http://x.example/"], following=f"{url}/1")
    )

    await deliver(town, pieter, header(pieter, []))

    assert await state(town, fatima, pieter.uri) == "accepted"
    assert len(elsewhere.asked) < 20


async def test_a_follow_made_while_the_list_was_read_stays(
    town: Town, elsewhere: Elsewhere, pieter: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    fatima, joost = await town.employ("fatima"), await town.employ("joost")
    await town.instance.write(befriend, follower=fatima, following=pieter.uri)
    lists(elsewhere, pieter, [])
    read = town.mender._read

    async def read_slowly(url: str) -> list[str]:
        found = await read(url)
        await town.instance.write(befriend, follower=joost, following=pieter.uri)
        return found

    monkeypatch.setattr(town.mender, "_read", read_slowly)
    await deliver(town, pieter, header(pieter, []))

    assert await state(town, fatima, pieter.uri) is None
    assert await state(town, joost, pieter.uri) == "accepted"


@pytest.mark.parametrize(
    "replaced",
    [
        {"collectionId": "http://evil.example/followers"},
        {"url": "http://evil.example/list"},
        {"url": "http://127.0.0.1/list"},
        {"digest": ""},
    ],
)
async def test_aut_13_a_header_about_another_server_is_ignored(
    town: Town, elsewhere: Elsewhere, pieter: Stranger, replaced: dict[str, str]
) -> None:  # AUT-13
    fatima = await town.employ("fatima")
    await town.instance.write(befriend, follower=fatima, following=pieter.uri)

    answer = await deliver(town, pieter, header(pieter, [], **replaced))

    assert answer.status == 202
    assert await state(town, fatima, pieter.uri) == "accepted"
    assert elsewhere.asked == [pieter.uri]


async def test_aut_13_a_header_about_somebody_elses_collection_is_ignored(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:  # AUT-13
    fatima, other = await town.employ("fatima"), elsewhere.stranger("delft", "other")
    await town.instance.write(befriend, follower=fatima, following=pieter.uri)

    await deliver(town, pieter, header(pieter, [], collectionId=f"{other.uri}/followers"))

    assert await state(town, fatima, pieter.uri) == "accepted"
    assert elsewhere.asked == [pieter.uri]


async def test_nobody_is_made_to_read_a_list_again_and_again(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    fatima = await town.employ("fatima")
    await town.instance.write(befriend, follower=fatima, following=pieter.uri)
    lists(elsewhere, pieter, [])
    url = f"{pieter.uri}/followers_synchronization"

    for _ in range(5):
        await deliver(town, pieter, header(pieter, ["http://wrong.example/"]))
    assert elsewhere.asked.count(url) == 1
    town.clock.advance(16 * MINUTE)
    town.mender.note(header(pieter, ["http://wrong.example/"]), actor=pieter.uri)
    await town.mender.settle()
    assert elsewhere.asked.count(url) == 2


async def test_a_person_who_is_gone_or_never_was_takes_nothing_back(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    gone = await town.employ("gone")
    await town.instance.write(actors.mark_deleted, uri=gone)
    listed = [gone, f"{ORIGIN}/users/never", await town.employ("fatima")]
    lists(elsewhere, pieter, listed)

    await deliver(town, pieter, header(pieter, listed))

    assert [undo["actor"] for undo in await town.sent()] == listed[2:]


async def test_rooms_are_told_of_what_ends_and_what_is_granted(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    from fedgov.federation.mending import Mender

    told: list[Any] = []

    def ended(_tx: Transaction, *, follower: str, following: str) -> None:
        told.append(("ended", follower, following))

    def unanswered(_tx: Transaction, *, follower: str, following: str) -> None:
        told.append(("unanswered", follower, following))

    fatima, joost = await town.employ("fatima"), await town.employ("joost")
    await town.instance.fetch.actor(pieter.uri)
    await town.instance.write(befriend, follower=fatima, following=pieter.uri)
    await town.instance.write(befriend, follower=joost, following=pieter.uri, state="pending")
    lists(elsewhere, pieter, [joost])
    mender = Mender(town.room, ended=ended, unanswered=unanswered)
    mender.note(header(pieter, [joost]), actor=pieter.uri)
    await mender.settle()

    assert told == [("ended", fatima, pieter.uri), ("unanswered", joost, pieter.uri)]
