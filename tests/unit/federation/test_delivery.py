"""Delivery: every answer has its meaning, order is kept, and no host costs the others anything."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import orjson
import pytest
from sqlalchemy import Row, update

from fedgov.activitystreams.audience import PUBLIC, Audience, Visibility
from fedgov.federation import actors, delivery, follows, keys, objects, outbox, peers, results
from fedgov.federation.delivery import DeliveryWorker
from fedgov.federation.followers_sync import digest, read_header
from fedgov.federation.parcels import due
from fedgov.federation.signatures.message import Message
from fedgov.federation.signatures.proofs import verify_proof
from fedgov.federation.signatures.shapes import Shape
from fedgov.federation.signatures.verification import check, read_signature
from fedgov.kernel.clock import DAY, HOUR, MINUTE, SECOND
from fedgov.kernel.errors import UnreachableError
from fedgov.store.tables import actors as actors_table
from fedgov.store.tables import deliveries
from fedgov.store.tables import keys as keys_table
from fedgov.store.tables import peers as peers_table
from fedgov.store.transaction import Transaction
from tests.unit.federation.neighbours import Asked, Neighbour, OpenNeighbour, Page, Person
from tests.unit.federation.office import LostLease, Office

ACCEPTED = Page(202)


async def follower(office: Office, neighbour: Neighbour, name: str = "bram", *, shared: bool = True) -> Person:
    """Somebody at a neighbour who follows our fatima."""
    person = neighbour.person(name, shared=shared)
    await office.fetcher.actor(person.uri)
    ours = office.instance.site.actor("fatima")
    await office.instance.write(follows.put, follower=person.uri, following=ours, state="accepted", activity_uri=None)
    neighbour.pages.setdefault("/inbox", ACCEPTED)
    neighbour.asked.clear()
    return person


async def publish(
    office: Office,
    kind: str = "Create",
    *,
    actor: str | None = None,
    about: str | None = None,
    to: Iterable[str] = (),
    visibility: Visibility = Visibility.PUBLIC,
) -> str:
    """Publish something by our fatima for her followers and others; return its object."""
    site = office.instance.site
    sender = actor or site.actor("fatima")
    what = about or site.post(await office.instance.write(Transaction.new_id))
    row = await office.instance.read(actors.find, uri=sender)
    assert row is not None
    cc = () if visibility is Visibility.DIRECT else (row.followers_uri,)
    first = (PUBLIC,) if visibility is Visibility.PUBLIC else ()
    await office.instance.write(
        outbox.publish,
        actor=sender,
        activity={
            "type": kind,
            "object": {"id": what, "type": "Note", "attributedTo": sender, "content": "Dag!"},
            **({"target": f"{sender}/featured"} if kind == "Remove" else {}),
        },
        audience=Audience(to=(*first, *to), cc=cc),
        visibility=visibility,
    )
    return what


async def send(office: Office) -> DeliveryWorker:
    """Send all that is due."""
    worker = DeliveryWorker(office.room)
    await worker.settle()
    return worker


async def parcels(office: Office) -> list[Row[Any]]:
    """All deliveries."""
    return await office.rows(deliveries)


async def state(office: Office) -> str:
    """The state of the one delivery."""
    (row,) = await parcels(office)
    return str(row.state)


async def peer(office: Office, neighbour: Neighbour) -> Row[Any]:
    """What is known of a host."""
    return next(row for row in await office.rows(peers_table) if row.host == neighbour.host)


def posted(neighbour: Neighbour, path: str = "/inbox") -> list[dict[str, Any]]:
    """What reached an inbox."""
    return [asked.document for asked in neighbour.requests(path, method="POST")]


@pytest.fixture
async def fatima(office: Office) -> str:
    """Somebody of ours."""
    return await office.person("fatima")


# --- what is sent -----------------------------------------------------------------------------------------------


async def test_what_arrives_is_signed_by_its_actor_and_carries_its_proof(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    await publish(office)
    await send(office)
    (asked,) = delft.asked
    message = Message(
        method=asked.method,
        origin=delft.origin,
        path=asked.target,
        headers=tuple(asked.headers.items()),
        body=asked.body,
    )
    pair = await office.instance.read(keys.signing_pair, owner=fatima)
    check(read_signature(message, now_ms=office.now), pair.rsa.public)
    verify_proof(asked.document, public_key=pair.ed25519.public, now_ms=office.now)
    assert asked.headers["content-type"].startswith("application/ld+json")
    assert await state(office) == "sent"
    (row,) = await parcels(office)
    assert (row.attempts, row.sent_at, row.reason) == (1, office.now, None)


async def test_one_post_to_many_followers_of_a_server_is_sent_once(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    people = [await follower(office, delft, f"person{number}") for number in range(5)]
    await publish(office, to=[people[0].uri])
    await send(office)
    assert len(delft.asked) == 1


async def test_people_of_ours_and_of_the_organisation_need_no_delivery(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    bram = await office.person("bram")
    await publish(office, to=[bram], visibility=Visibility.DIRECT)
    await publish(office, visibility=Visibility.ORGANISATION)
    await send(office)
    assert await parcels(office) == []
    assert delft.asked == []


# --- answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_a_2xx_ends_the_transport(office: Office, fatima: str, delft: Neighbour, status: int) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = Page(status, body=b'"ok"' if status == 200 else b"")
    await publish(office)
    await send(office)
    assert await state(office) == "sent"


@pytest.mark.parametrize("body", [b'"error"', b"error", b' "error"\n'])
async def test_ans_03_a_200_that_says_error_is_a_refusal(
    office: Office, fatima: str, delft: Neighbour, body: bytes
) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = Page(200, body=body)
    await publish(office)
    await send(office)
    (row,) = await parcels(office)
    assert (row.state, row.sent_at) == ("queued", None)
    assert row.next_attempt_at == office.now + MINUTE


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refused_signature_is_tried_in_another_shape_at_once_and_that_is_remembered(
    office: Office, fatima: str, delft: Neighbour, status: int
) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = lambda asked: ACCEPTED if asked.shape is Shape.RFC9421_RSA else Page(status)
    await publish(office)
    await publish(office)
    worker = await send(office)
    assert [row.state for row in await parcels(office)] == ["sent", "sent"]
    delft.asked.clear()
    await publish(office)
    await worker.settle()
    assert [asked.shape for asked in delft.asked] == [Shape.RFC9421_RSA]


async def test_a_server_that_says_how_it_wants_requests_signed_gets_them_so(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    wish = {"Accept-Signature": 'sig1=("@method" "@target-uri" "content-digest");created;keyid;alg="ed25519"'}
    delft.pages["/inbox"] = lambda asked: ACCEPTED if asked.shape is Shape.RFC9421_ED25519 else Page(503, headers=wish)
    await publish(office)
    await send(office)
    assert [asked.shape for asked in delft.asked] == [Shape.CAVAGE, Shape.RFC9421_ED25519]
    assert await state(office) == "sent"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_is_tried_after_1_5_and_30_minutes_and_then_for_a_week(
    office: Office, fatima: str, delft: Neighbour, status: int
) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = Page(status)
    await publish(office)
    worker = DeliveryWorker(office.room)
    pauses = []
    for _ in range(100):
        await worker.settle()
        (row,) = await parcels(office)
        if row.state != "queued":
            break
        pauses.append(row.next_attempt_at - office.now)
        office.clock.advance(pauses[-1])
    assert pauses[:3] == [MINUTE, 5 * MINUTE, 30 * MINUTE]
    assert pauses[3] > 30 * MINUTE
    assert max(pauses) < 8 * HOUR
    assert 7 * DAY <= sum(pauses) < 8 * DAY
    assert (row.state, row.reason) == ("parked", f"the server answered {status}: refused")
    assert not any(row.failures for row in await office.rows(peers_table)), "the host answers; only this is refused"


async def test_a_malformed_activity_ends(office: Office, fatima: str, delft: Neighbour) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = Page(400)
    await publish(office)
    await send(office)
    (row,) = await parcels(office)
    assert (row.state, row.reason) == ("failed", "the server answered 400: refused")


@pytest.mark.parametrize("status", [400, 405, 410, 422])
@pytest.mark.parametrize("kind", ["Delete", "Undo", "Remove", "Accept", "Reject"])
async def test_what_takes_something_back_never_ends_on_an_answer(
    office: Office, fatima: str, delft: Neighbour, status: int, kind: str
) -> None:
    bram = await follower(office, delft, shared=False)
    delft.pages["/users/bram/inbox"] = Page(status)
    await publish(office, kind, to=[bram.uri])
    worker = await send(office)
    assert await state(office) == "queued"
    office.clock.advance(7 * DAY)
    await worker.settle()
    assert await state(office) == "parked"


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("named", [True, False])
async def test_ans_04_a_shared_inbox_that_is_gone_for_an_hour_ends_nothing(
    office: Office, fatima: str, delft: Neighbour, status: int, named: bool
) -> None:
    bram = await follower(office, delft)
    delft.pages["/inbox"] = Page(status)
    await publish(office, to=[bram.uri] if named else [])
    worker = await send(office)
    assert await state(office) == "queued"
    office.clock.advance(HOUR)
    await worker.settle()
    delft.pages["/inbox"] = ACCEPTED
    office.clock.advance(HOUR)
    await worker.settle()
    assert await state(office) == "sent"


async def test_a_shared_inbox_that_is_gone_for_two_days_parks(office: Office, fatima: str, delft: Neighbour) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = Page(404)
    await publish(office)
    worker = await send(office)
    office.clock.advance(49 * HOUR)
    await worker.settle()
    assert await state(office) == "parked"


@pytest.mark.parametrize("status", [404, 410])
async def test_a_personal_inbox_that_is_gone_ends_that_recipient(
    office: Office, fatima: str, delft: Neighbour, status: int
) -> None:
    await follower(office, delft, shared=False)
    delft.pages["/users/bram/inbox"] = Page(status)
    await publish(office)
    await send(office)
    assert await state(office) == "failed"
    assert len(delft.asked) == 1


@pytest.mark.parametrize("shared", [202, 404])
async def test_in_place_of_a_personal_inbox_the_shared_one_is_tried_once(
    office: Office, fatima: str, delft: Neighbour, shared: int
) -> None:
    await follower(office, delft, shared=False)
    await publish(office)
    values = {"shared_inbox": delft.url("/inbox")}
    await office.instance.write(lambda tx: tx.execute(update(actors_table).values(**values)))
    delft.pages |= {"/users/bram/inbox": Page(410), "/inbox": Page(shared)}
    await send(office)
    assert [asked.target for asked in delft.asked] == ["/users/bram/inbox", "/inbox"]
    assert await state(office) == ("sent" if shared == 202 else "failed")


@pytest.mark.parametrize("status", [408, 429, 503])
@pytest.mark.parametrize("stated", ["120", "999999999", "0"])
async def test_retry_after_is_honoured_up_to_a_day(
    office: Office, fatima: str, delft: Neighbour, status: int, stated: str
) -> None:
    pause = {"120": 120 * SECOND, "999999999": DAY, "0": 10 * SECOND}[stated]
    await follower(office, delft)
    delft.pages["/inbox"] = Page(status, headers={"Retry-After": stated})
    await publish(office)
    worker = await send(office)
    assert (await peer(office, delft)).next_attempt_at == office.now + pause
    office.clock.advance(pause - 1)
    await worker.settle()
    assert len(delft.asked) == 1
    delft.pages["/inbox"] = ACCEPTED
    office.clock.advance(1)
    await worker.settle()
    assert await state(office) == "sent"


@pytest.mark.parametrize("page", [Page(500), Page(502, body=b"x" * 200_000), Page(301, headers={"Location": "/x"})])
async def test_trouble_and_redirects_are_tried_again_and_not_followed(
    office: Office, fatima: str, delft: Neighbour, page: Page
) -> None:
    await follower(office, delft)
    delft.pages |= {"/inbox": page, "/x": ACCEPTED}
    await publish(office)
    worker = await send(office)
    assert await state(office) == "queued"
    assert len(delft.asked) == 1
    found = await peer(office, delft)
    assert (found.failures, found.failing_since) == (1, office.now)
    assert 7 * SECOND < found.next_attempt_at - office.now < 13 * SECOND
    delft.pages["/inbox"] = ACCEPTED
    office.clock.advance(13 * SECOND)
    await worker.settle()
    assert await state(office) == "sent"
    found = await peer(office, delft)
    assert (found.failures, found.failing_since, found.next_attempt_at) == (0, None, None)


async def test_a_server_that_is_away_or_silent_is_tried_again(
    office: Office, fatima: str, delft: Neighbour, open_neighbour: OpenNeighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = await open_neighbour("gone")
    await follower(office, gone)
    await follower(office, delft)
    await gone.close()
    delft.pages["/inbox"] = Page(202, delay=3)
    post = office.room.client.post

    async def hurried(url: str, **values: Any) -> Any:
        return await post(url, **values, seconds=0.2)

    monkeypatch.setattr(office.room.client, "post", hurried)
    await publish(office)
    await send(office)
    rows = await parcels(office)
    assert [row.state for row in rows] == ["queued", "queued"]
    assert {row.reason for row in rows} == {
        "the server could not be reached",
        "the server did not answer in time",
    }


async def test_an_inbox_that_may_not_be_contacted_ends(office: Office, fatima: str, delft: Neighbour) -> None:
    person = delft.person("bram", inbox="http://10.0.0.1/inbox")
    await office.fetcher.actor(person.uri)
    await publish(office, to=[person.uri], visibility=Visibility.DIRECT)
    await send(office)
    (row,) = await parcels(office)
    assert (row.state, row.reason) == ("failed", "this address may not be contacted")


# --- order and independence --------------------------------------------------------------------------------------


async def test_r4_order_is_kept_per_key_whatever_the_network_does(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    spread = random.Random(4)
    delft.pages["/inbox"] = lambda _asked: Page(202, delay=spread.random() * 0.03)
    site = office.instance.site
    posts = [site.post(number) for number in range(1, 7)]
    for kind in ("Create", "Update", "Update", "Update"):
        for uri in posts:
            await publish(office, kind, about=uri)
    await send(office)
    arrived: dict[str, list[str]] = {}
    for document in posted(delft):
        arrived.setdefault(document["object"]["id"], []).append(document["id"])
    sent = sorted((row.activity_id, row.order_key) for row in await parcels(office))
    for uri in posts:
        assert arrived[uri] == [site.activity(number) for number, key in sent if key == uri]


async def test_what_is_refused_holds_up_its_own_key_only(office: Office, fatima: str, delft: Neighbour) -> None:
    await follower(office, delft)
    bad = office.instance.site.post(7)

    def moody(asked: Asked) -> Page:
        return Page(403) if bad in asked.body.decode() else ACCEPTED

    delft.pages["/inbox"] = moody
    for kind in ("Create", "Update"):
        await publish(office, kind, about=bad)
    await publish(office)
    worker = await send(office)
    assert [row.state for row in await parcels(office)] == ["queued", "queued", "sent"]
    assert [row.attempts for row in await parcels(office)] == [1, 0, 1]
    delft.pages["/inbox"] = ACCEPTED
    office.clock.advance(MINUTE)
    delft.asked.clear()
    await worker.settle()
    assert [document["type"] for document in posted(delft)] == ["Create", "Update"]


async def test_r5_dead_and_slow_hosts_cost_the_others_nothing(
    office: Office, fatima: str, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    dead, slow = await open_neighbour("dead"), await open_neighbour("slow")
    for neighbour in (dead, slow, delft):
        await follower(office, neighbour)
    await dead.close()
    over = asyncio.Event()

    async def take_late(_asked: Asked) -> Page:
        await over.wait()
        return ACCEPTED

    slow.pages["/inbox"] = take_late
    for _ in range(20):
        await publish(office)
    running = asyncio.create_task(DeliveryWorker(office.room).run())
    await _until(lambda: len(delft.asked) == 20, seconds=60)
    await publish(office)
    await _until(lambda: len(delft.asked) == 21, seconds=60)
    assert slow.at_once == delivery.PER_HOST
    over.set()
    await _cancel(running)


async def test_a_long_queue_for_a_busy_host_does_not_fill_the_batch(
    office: Office, fatima: str, delft: Neighbour, open_neighbour: OpenNeighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", 5)
    slow = await open_neighbour("slow")
    await follower(office, slow)
    for _ in range(12):
        await publish(office)
    slow.pages["/inbox"] = Page(202, delay=3)
    bram = await follower(office, delft)
    await publish(office, to=[bram.uri], visibility=Visibility.DIRECT)
    running = asyncio.create_task(DeliveryWorker(office.room).run())
    await _until(lambda: len(delft.asked) == 1, seconds=2.5)
    await _cancel(running)


async def test_a_long_queue_behind_a_refusal_does_not_fill_the_batch(
    office: Office, fatima: str, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", 5)
    await follower(office, delft)
    bad = office.instance.site.post(7)
    delft.pages["/inbox"] = lambda asked: Page(403) if bad in asked.body.decode() else ACCEPTED
    for _ in range(10):
        await publish(office, "Update", about=bad)
    await publish(office)
    await send(office)
    assert (await parcels(office))[-1].state == "sent"


async def test_dos_16_no_host_gets_more_than_a_few_at_once(office: Office, fatima: str, delft: Neighbour) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = Page(202, delay=0.02)
    for _ in range(40):
        await publish(office)
    await send(office)
    assert len(delft.asked) == 40
    assert delft.most_at_once <= delivery.PER_HOST


# --- the breaker ------------------------------------------------------------------------------------------------


async def test_r8_a_host_that_was_down_is_probed_with_one_request_and_then_served_at_a_ramp(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = Page(500)
    for _ in range(30):
        await publish(office)
    worker = await send(office)
    assert len(delft.asked) <= delivery.PER_HOST
    for probe in range(4):
        office.clock.advance(DAY)
        delft.asked.clear()
        await worker.settle()
        assert len(delft.asked) == 1, probe

    came: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    async def recovering(_asked: Asked) -> Page:
        came.put_nowait(answered := asyncio.Event())
        await answered.wait()
        return ACCEPTED

    delft.pages["/inbox"] = recovering
    office.clock.advance(DAY)
    sending = asyncio.create_task(worker.settle())
    for width in (1, 2, 4, 8, 8, 7):  # of thirty
        async with asyncio.timeout(60):
            together = [await came.get() for _ in range(width)]
        await asyncio.sleep(0.05)  # whoever is one too many has come by now
        assert came.empty(), f"more than {width} at once"
        for answered in together:
            answered.set()
    await sending
    assert {row.state for row in await parcels(office)} == {"sent"}


async def test_r6_after_a_week_a_host_is_parked_and_a_sign_of_life_wakes_it(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = Page(500)
    await publish(office)
    await publish(office)
    worker = DeliveryWorker(office.room)
    start, pauses = office.now, []
    for _ in range(100):
        await worker.settle()
        found = await peer(office, delft)
        if found.parked_at is not None:
            break
        pauses.append(found.next_attempt_at - office.now)
        office.clock.advance(pauses[-1])
    assert 7 * DAY < office.now - start < 8 * DAY
    assert max(pauses) < 8 * HOUR
    assert len(set(pauses)) > len(pauses) // 2, "all hosts come back at the same moments"
    assert [row.state for row in await parcels(office)] == ["parked", "parked"]
    assert {row.reason for row in await parcels(office)} == {"the server answered 500"}

    office.clock.advance(20 * DAY)
    delft.pages["/inbox"] = ACCEPTED
    delft.asked.clear()
    await worker.settle()
    assert delft.asked == []
    assert await office.room.peers.heard_from(delft.host, strong=False)
    await worker.settle()
    assert [row.state for row in await parcels(office)] == ["sent", "sent"]


async def test_a_delivery_that_succeeds_wakes_what_was_parked_for_that_host(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    await publish(office)
    parked = {"parked_at": office.now, "failing_since": office.now - 8 * DAY, "failures": 50}
    await office.instance.write(peers.change, host=delft.host, values=parked)
    await office.instance.write(lambda tx: tx.execute(update(deliveries).values(state="parked")))
    await publish(office)
    await send(office)
    assert [row.state for row in await parcels(office)] == ["sent", "sent"]
    assert (await peer(office, delft)).parked_at is None


# --- what may not be sent any more -------------------------------------------------------------------------------


async def test_what_was_deleted_before_it_left_is_withdrawn_and_its_delete_is_sent(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    what = await publish(office)
    await office.instance.write(objects.bury, uri=what, author=fatima)
    await publish(office, "Delete", about=what)
    await send(office)
    assert [(row.state, row.reason) for row in await parcels(office)] == [
        ("withdrawn", "deleted before it was sent"),
        ("sent", None),
    ]
    assert [document["type"] for document in posted(delft)] == ["Delete"]


async def test_what_keeps_one_message_back_keeps_no_other_back(office: Office, fatima: str, delft: Neighbour) -> None:
    """They are looked at together, and what is the same for all hosts is asked once for each of them."""
    await follower(office, delft)
    gone, fine = await publish(office), await publish(office)
    await office.instance.write(objects.bury, uri=gone, author=fatima)
    await send(office)
    assert [row.state for row in await parcels(office)] == ["withdrawn", "sent"]
    assert [document["object"]["id"] for document in posted(delft)] == [fine]


async def test_outbox_withdraws_what_has_not_left_parked_things_too(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    what, other = await publish(office), await publish(office)
    await office.instance.write(outbox.withdraw, object_uri=what)
    await send(office)
    assert [row.state for row in await parcels(office)] == ["withdrawn", "sent"]
    assert [document["object"]["id"] for document in posted(delft)] == [other]


async def test_what_somebody_wrote_whose_account_was_disabled_is_withdrawn(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    await publish(office)
    await office.instance.write(actors.change_local, uri=fatima, values={"disabled_at": office.now})
    await send(office)
    assert await state(office) == "withdrawn"
    assert delft.asked == []


async def test_the_farewell_of_a_deleted_account_is_still_sent(office: Office, fatima: str, delft: Neighbour) -> None:
    await follower(office, delft)
    await publish(office, "Delete", about=fatima)
    await office.instance.write(actors.mark_deleted, uri=fatima)
    await send(office)
    assert await state(office) == "sent"
    assert "collection-synchronization" not in delft.asked[0].headers


async def test_a_followers_only_post_is_withdrawn_when_nobody_there_follows_any_more(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    bram = await follower(office, delft)
    await publish(office, visibility=Visibility.FOLLOWERS)
    await publish(office)
    await office.instance.write(follows.remove, follower=bram.uri, following=fatima)
    await send(office)
    assert [row.state for row in await parcels(office)] == ["withdrawn", "sent"]


async def test_a_server_that_is_no_longer_trusted_gets_nothing(office: Office, fatima: str, delft: Neighbour) -> None:
    await follower(office, delft)
    await publish(office)
    await publish(office, "Delete")
    office.trust.refused.add(delft.host)
    await send(office)
    assert [row.state for row in await parcels(office)] == ["withdrawn", "withdrawn"]
    assert delft.asked == []


@pytest.mark.parametrize("follows_us", [True, False])
async def test_ac_13_whoever_lives_on_a_refused_server_gets_nothing_through_an_inbox_elsewhere(
    office: Office, fatima: str, delft: Neighbour, open_neighbour: OpenNeighbour, follows_us: bool
) -> None:
    breda = await open_neighbour("breda")
    lodger = breda.person("lodger", inbox=delft.url("/lodgers/inbox"))
    await office.fetcher.actor(lodger.uri)
    if follows_us:
        await office.instance.write(
            follows.put, follower=lodger.uri, following=fatima, state="accepted", activity_uri=None
        )
    await publish(office, to=() if follows_us else (lodger.uri,))
    office.trust.refused.add(breda.host)
    await send(office)
    assert await state(office) == "withdrawn"
    assert posted(delft) == []


async def test_followers_behind_one_inbox_get_what_is_also_for_somebody_on_a_refused_server(
    office: Office, fatima: str, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    breda = await open_neighbour("breda")
    await follower(office, delft)
    lodger = breda.person("lodger", endpoints={"sharedInbox": delft.url("/inbox")})
    await office.fetcher.actor(lodger.uri)
    await publish(office, to=(lodger.uri,))
    office.trust.refused.add(breda.host)
    await send(office)
    assert await state(office) == "sent"


async def test_what_waits_is_not_sent_before_a_block_of_another_process_is_heeded(
    office: Office, fatima: str, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follower(office, delft)
    await publish(office)

    async def heed() -> None:
        office.trust.refused.add(delft.host)

    monkeypatch.setattr(office.trust, "settled", heed)
    await send(office)
    assert await state(office) == "withdrawn"


# --- mistakes, restarts -----------------------------------------------------------------------------------------


async def test_r14_a_sender_without_keys_stops_nobody_else(office: Office, fatima: str, delft: Neighbour) -> None:
    await follower(office, delft)
    broken = await office.person("broken")
    await publish(office, actor=broken, to=[delft.url("/users/bram")])
    await publish(office)
    await office.instance.write(lambda tx: tx.execute(keys_table.delete().where(keys_table.c.owner == broken)))
    await send(office)
    first, second = await parcels(office)
    assert (first.state, second.state) == ("parked", "sent")
    assert first.reason.startswith("KeyError")


async def test_what_was_not_sent_is_sent_after_a_restart(office_on_both: Office, delft: Neighbour) -> None:
    office = office_on_both
    await office.person("fatima")
    await follower(office, delft)
    delft.pages["/inbox"] = Page(202, delay=5)
    for _ in range(3):
        await publish(office)
    running = asyncio.create_task(DeliveryWorker(office.room).run())
    await _until(lambda: bool(delft.asked))
    await _cancel(running)
    assert [row.state for row in await parcels(office)] == ["queued"] * 3

    delft.pages["/inbox"] = ACCEPTED
    delft.asked.clear()
    await send(await office.again())
    assert [row.state for row in await parcels(office)] == ["sent"] * 3
    assert len(delft.asked) == 3


async def test_a_result_that_could_not_be_stored_means_sending_again(
    office: Office, fatima: str, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follower(office, delft)
    await publish(office)
    await office.room.peers.learn_shape(delft.host, Shape.CAVAGE)
    write, failures = office.instance.database.write, iter([True])

    async def refuse(use_case: Callable[..., Any], **values: Any) -> Any:
        if use_case is results._store and next(failures, False):
            raise UnreachableError("the disk is full", retry_after=5)
        return await write(use_case, **values)

    monkeypatch.setattr(office.instance.database, "write", refuse)
    await send(office)
    assert await state(office) == "sent"
    assert len(delft.asked) == 2
    assert len({document["id"] for document in posted(delft)}) == 1


async def test_before_it_sends_it_notices_what_else_another_process_changed(
    office: Office, fatima: str, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follower(office, delft)
    await publish(await office.again())
    catch_up, asked_then = office.instance.database.catch_up, []

    async def note() -> None:
        asked_then.append(len(delft.asked))
        await catch_up()

    monkeypatch.setattr(office.instance.database, "catch_up", note)
    await send(office)
    assert await state(office) == "sent"
    assert asked_then[0] == 0  # else it could sign with a key that our cached documents do not name


@pytest.mark.parametrize("notices", [True, False])
async def test_a_worker_without_its_lease_sends_nothing_or_at_least_notes_nothing(
    office: Office, fatima: str, delft: Neighbour, notices: bool
) -> None:
    await follower(office, delft)
    await publish(office)
    worker = DeliveryWorker(office.room, lease=LostLease(notices=notices))
    await worker.start_due()
    await asyncio.gather(*worker._busy.values())
    (row,) = await parcels(office)
    assert (row.state, row.attempts) == ("queued", 0)
    assert bool(posted(delft)) != notices
    assert all(host.failures == 0 for host in await office.rows(peers_table))


async def test_what_is_known_of_many_servers_is_read_at_once(
    office: Office, fatima: str, open_neighbour: OpenNeighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    towns = [await open_neighbour(name) for name in ("delft", "breda", "leiden")]
    for town in towns:
        await follower(office, town)
        await office.room.peers.learn_shape(town.host, Shape.RFC9421_ED25519)
    await publish(office)
    read, single = office.instance.database.read, []

    async def note(query: Callable[..., Any], **values: Any) -> Any:
        single.append(query is peers.find)
        return await read(query, **values)

    monkeypatch.setattr(office.instance.database, "read", note)
    await send(office)
    assert [town.asked[-1].shape for town in towns] == [Shape.RFC9421_ED25519] * 3
    assert not any(single)


async def test_what_is_published_wakes_the_worker(
    office: Office, fatima: str, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "IDLE_SECONDS", 3_600)  # it would not look by itself
    await follower(office, delft)
    running = asyncio.create_task(DeliveryWorker(office.room).run())
    await asyncio.sleep(0.05)
    await publish(office)
    await _until(lambda: bool(delft.asked))
    await _cancel(running)


@pytest.fixture
def no_idle_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker looks at its queues only when something tells it to."""
    monkeypatch.setattr(delivery, "IDLE_SECONDS", 600.0)


@pytest.mark.usefixtures("no_idle_looks")
async def test_what_comes_in_for_a_host_while_it_is_being_sent_to_goes_right_after(
    office: Office, fatima: str, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follower(office, delft)
    go_on, read, looks = asyncio.Event(), office.instance.database.read, []

    async def slowly(_asked: Asked) -> Page:
        await go_on.wait()
        return ACCEPTED

    async def note(query: Callable[..., Any], **values: Any) -> Any:
        found = await read(query, **values)
        if query is due:
            looks.append(len(delft.asked))
        return found

    monkeypatch.setattr(office.instance.database, "read", note)
    delft.pages["/inbox"] = slowly
    running = asyncio.create_task(DeliveryWorker(office.room).run())
    await publish(office)
    await _until(lambda: len(delft.asked) == 1)
    await publish(office)
    await _until(lambda: 1 in looks, seconds=10)  # that look leaves out the host, which is busy
    go_on.set()
    await _until(lambda: len(delft.asked) == 2, seconds=10)
    await _cancel(running)


@pytest.mark.usefixtures("no_idle_looks")
async def test_what_one_look_did_not_read_is_read_by_the_next(
    office: Office, fatima: str, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", 5)
    await follower(office, delft)
    for _ in range(12):
        await publish(office)
    running = asyncio.create_task(DeliveryWorker(office.room).run())
    await _until(lambda: len(delft.asked) == 12, seconds=10)
    await _cancel(running)


@pytest.mark.usefixtures("no_idle_looks")
async def test_a_second_choice_of_inbox_is_tried_at_once(office: Office, fatima: str, delft: Neighbour) -> None:
    await follower(office, delft, shared=False)
    moved = asyncio.Event()

    async def gone(_asked: Asked) -> Page:
        await moved.wait()
        return Page(410)

    delft.pages["/users/bram/inbox"] = ACCEPTED
    running = asyncio.create_task(DeliveryWorker(office.room).run())
    await publish(office)
    await _until(lambda: len(delft.asked) == 1)
    delft.pages["/users/bram/inbox"] = gone
    await publish(office)
    await _until(lambda: len(delft.asked) == 2, seconds=10)
    await office.instance.write(lambda tx: tx.execute(update(actors_table).values(shared_inbox=delft.url("/inbox"))))
    moved.set()
    await _until(lambda: delft.asked[-1].target == "/inbox", seconds=10)
    await _cancel(running)


# --- followers synchronisation -----------------------------------------------------------------------------------


async def test_a_delivery_to_followers_tells_which_followers_we_know_there(
    office: Office, fatima: str, delft: Neighbour, open_neighbour: OpenNeighbour
) -> None:
    people = [await follower(office, delft, f"person{number}") for number in range(3)]
    await follower(office, await open_neighbour("leiden"))
    await publish(office)
    await send(office)
    stated = read_header(delft.asked[0].headers["collection-synchronization"], actor=fatima)
    assert stated.collection == f"{fatima}/followers"
    assert stated.digest == digest(person.uri for person in people)


async def test_a_delivery_to_somebody_in_person_tells_no_followers(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    bram = await follower(office, delft)
    await publish(office, to=[bram.uri], visibility=Visibility.DIRECT)
    await send(office)
    assert "collection-synchronization" not in delft.asked[0].headers


async def test_an_activity_is_stored_as_it_is_sent(office: Office, fatima: str, delft: Neighbour) -> None:
    await follower(office, delft)
    await publish(office)
    await send(office)
    (document,) = posted(delft)
    stored = await office.instance.read(outbox.find, uri=document["id"])
    assert orjson.dumps(stored) == delft.asked[0].body


async def _until(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the other side has no event for this
            await asyncio.sleep(0.01)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
