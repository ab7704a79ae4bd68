"""R6, R7, R8: how long a host may be away, what brings it back early, and what is given up in the end.

The table of answers, the week of retries and the ramp are tested in
``tests/unit/federation/test_delivery.py``; here is what goes beyond one delivery.
"""

from __future__ import annotations

from email.utils import format_datetime

import pytest
from sqlalchemy import Select, text, update
from sqlalchemy.dialects import sqlite

from fedgov.activitystreams.audience import Visibility
from fedgov.federation import housekeeping, inbox, objects, peers
from fedgov.federation.delivery import DeliveryWorker
from fedgov.federation.housekeeping import tidy
from fedgov.federation.parcels import _DUE
from fedgov.federation.peers import PeerBook
from fedgov.kernel.clock import DAY, HOUR, MINUTE, SECOND, to_datetime
from fedgov.store.tables import deliveries
from fedgov.store.tables import objects as objects_table
from tests.unit.federation.neighbours import Neighbour, Page
from tests.unit.federation.office import Office
from tests.unit.federation.test_delivery import ACCEPTED, follower, parcels, peer, publish, send, state

DOWN = Page(500)


@pytest.fixture
async def fatima(office: Office) -> str:
    """Somebody of ours."""
    return await office.person("fatima")


# --- R7: a moment in Retry-After ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "case",
    [
        (2 * HOUR, 0, 2 * HOUR),
        (2 * HOUR, 3 * DAY, 2 * HOUR),  # its clock is wrong, but it is the same clock
        (40 * DAY, 0, DAY),
        (-HOUR, 0, 10 * SECOND),
    ],
)
async def test_r7_a_moment_in_retry_after_is_honoured_by_the_clock_of_who_says_it(
    office: Office, fatima: str, delft: Neighbour, status: int, case: tuple[int, int, int]
) -> None:
    ahead, skew, pause = case
    await follower(office, delft)
    there = office.now // SECOND * SECOND + skew
    said = {"Date": http_date(there), "Retry-After": http_date(there + ahead)}
    delft.pages["/inbox"] = Page(status, headers=said)
    await publish(office)
    await send(office)
    assert (await peer(office, delft)).next_attempt_at == office.now + pause


@pytest.mark.parametrize("stated", ["soon", "", "Thu, 99 Foo 2026 00:00:00 GMT", "-5", "1e9"])
async def test_r7_what_cannot_be_read_in_retry_after_means_five_minutes(
    office: Office, fatima: str, delft: Neighbour, stated: str
) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = Page(503, headers={"Retry-After": stated})
    await publish(office)
    await send(office)
    assert (await peer(office, delft)).next_attempt_at == office.now + 5 * MINUTE


def http_date(milliseconds: int) -> str:
    """As it stands in a header."""
    return format_datetime(to_datetime(milliseconds), usegmt=True)


# --- R6: a sign of life -----------------------------------------------------------------------------------------------


async def fail_for(office: Office, delft: Neighbour, *, hours: int) -> DeliveryWorker:
    """Let a host be down for some hours of the simulated clock."""
    delft.pages["/inbox"] = DOWN
    worker = DeliveryWorker(office.room)
    end = office.now + hours * HOUR
    while office.now < end and (await office.rows(deliveries))[0].state == "queued":
        await worker.settle()
        office.clock.advance(max((await peer(office, delft)).next_attempt_at - office.now, SECOND))
    await worker.settle()
    return worker


async def test_r6_a_signed_request_ends_the_rest_of_a_host_that_was_failing(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    await publish(office)
    worker = await fail_for(office, delft, hours=30)
    before = await peer(office, delft)
    assert before.next_attempt_at - office.now > HOUR
    delft.pages["/inbox"] = ACCEPTED
    await worker.settle()
    assert await state(office) == "queued"

    await office.room.peers.heard_from(delft.host, strong=False)
    await worker.settle()
    assert await state(office) == "sent"


async def test_r6_who_reaches_us_but_is_not_reached_is_not_tried_at_every_request(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    await publish(office)
    worker = await fail_for(office, delft, hours=30)
    since = (await peer(office, delft)).failing_since
    delft.asked.clear()
    for _ in range(60):
        await office.room.peers.heard_from(delft.host, strong=False)
        await worker.settle()
        office.clock.advance(MINUTE)
    assert len(delft.asked) == HOUR // peers.HURRY_EVERY
    assert (await peer(office, delft)).failing_since == since, "the week before it is parked goes on"


async def test_r7_a_host_that_asked_for_rest_gets_it_although_it_writes_to_us(
    office: Office, fatima: str, delft: Neighbour
) -> None:
    await follower(office, delft)
    delft.pages["/inbox"] = Page(429, headers={"Retry-After": "3600"})
    await publish(office)
    worker = await send(office)
    office.clock.advance(30 * MINUTE)
    await office.room.peers.heard_from(delft.host, strong=False)
    delft.asked.clear()
    await worker.settle()
    assert delft.asked == []


async def test_r6_a_sign_of_life_is_seen_by_another_process_too(office_on_both: Office, delft: Neighbour) -> None:
    office = office_on_both
    await office.person("fatima")
    await follower(office, delft)
    await publish(office)
    worker = await fail_for(office, delft, hours=30)
    delft.pages["/inbox"] = ACCEPTED
    other = await office.again()
    await PeerBook(other.instance).heard_from(delft.host, strong=False)
    await worker.settle()
    assert await state(office) == "sent"


# --- R6: what is given up ---------------------------------------------------------------------------------------------


async def test_r6_what_is_parked_is_kept_for_thirty_days_and_then_given_up(
    office_on_both: Office, delft: Neighbour
) -> None:
    office = office_on_both
    await office.person("fatima")
    await follower(office, delft)
    await publish(office)
    await fail_for(office, delft, hours=8 * 24)
    assert await state(office) == "parked"
    office.clock.advance(28 * DAY)
    await tidy(office.instance)
    assert await state(office) == "parked"

    office.clock.advance(2 * DAY)
    await tidy(office.instance)
    (row,) = await parcels(office)
    assert (row.state, row.reason) == ("failed", "nobody there came for it in thirty days")


async def test_r6_a_long_queue_is_given_up_in_short_transactions(
    office: Office, fatima: str, delft: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follower(office, delft)
    for _ in range(3):
        await publish(office)
    await office.instance.write(lambda tx: tx.execute(update(deliveries).values(state="parked")))
    office.clock.advance(38 * DAY)
    await publish(office)
    monkeypatch.setattr(housekeeping, "BATCH", 1_000)
    await tidy(office.instance)
    assert [row.state for row in await parcels(office)] == ["failed"] * 3 + ["queued"]


async def test_graves_of_others_are_cleared_after_three_months_and_our_own_stay(office_on_both: Office) -> None:
    office = office_on_both
    ours = office.instance.site.post(7)
    for uri in ("https://delft.example/notes/1", "https://delft.example/notes/2", ours):
        await office.instance.write(
            objects.add,
            uri=uri,
            kind="Note",
            author="https://delft.example/users/jan",
            visibility=Visibility.PUBLIC,
            targets=["https://breda.example/users/piet"],
            document="{}",
            published_at=office.now,
        )
    await office.instance.write(objects.bury, uri=ours, author="x")
    await office.instance.write(objects.bury, uri="https://delft.example/notes/1", author="x")
    office.clock.advance(89 * DAY)
    await tidy(office.instance)
    assert len(await office.rows(objects_table)) == 3
    office.clock.advance(2 * DAY)
    await tidy(office.instance)
    assert sorted(row.uri for row in await office.rows(objects_table)) == ["https://delft.example/notes/2", ours]


# --- what a long queue costs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "indexes"),
    [
        (_DUE, ("ix_deliveries_due", "ix_deliveries_waiting")),
        (inbox._SIZES, ("ix_inbox_items_due", "ix_inbox_items_waiting")),
        (inbox._DUE, ("ix_inbox_items_due", "ix_inbox_items_waiting")),
        (housekeeping._CLEAR_GRAVES, ("ix_objects_deleted_at",)),
    ],
)
async def test_looking_for_what_is_due_walks_along_indexes(
    office: Office, statement: Select[tuple[object]], indexes: tuple[str, ...]
) -> None:
    compiled = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    values = compiled.params | {"now": 1, "last": 1, "before": 1}
    plan = await office.instance.read(
        lambda tx: [row.detail for row in tx.connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"), values)]
    )
    assert not [line for line in plan if line.startswith("SCAN") and line != "SCAN peers"], plan
    for index in indexes:
        assert any(index in line for line in plan), plan
