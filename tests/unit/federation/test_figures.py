"""How long the queues are, by state, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from fedgov.federation.figures import BACKUP, Figures, Queue, figures
from fedgov.kernel.clock import DAY, HOUR, MINUTE, first_id_at
from fedgov.store import audit
from fedgov.store.tables import activities, deliveries, inbox_items, peers
from fedgov.store.transaction import Transaction
from tests.unit.federation.office import Office


async def wait_for_delivery(office: Office, *, host: str, state: str = "queued", age: int, **values: Any) -> None:
    """Put a delivery in the queue that was made some time ago."""

    def add(tx: Transaction) -> None:
        activity, made = tx.new_id(), office.now - age
        document = {"actor": "a", "type": "Create", "visibility": "public", "document": "{}", "published_at": 1}
        tx.connection.execute(insert(activities).values(id=activity, uri=f"u{activity}", **document))
        row = {
            "id": first_id_at(made) + activity % 1_000_000,
            "activity_id": activity,
            "host": host,
            "inbox": f"https://{host}/inbox",
            "order_key": f"key {activity}",
            "state": state,
            "next_attempt_at": office.now,
            "created_at": made,
        }
        tx.connection.execute(insert(deliveries).values({**row, **values}))

    await office.instance.write(add)


async def come_in(office: Office, *, state: str = "queued", age: int, **values: Any) -> None:
    """Put an accepted activity in the log that came some time ago."""

    def add(tx: Transaction) -> None:
        number, came = tx.new_id(), office.now - age
        row = {
            "id": first_id_at(came) + number % 1_000_000,
            "origin": "https://delft.example",
            "activity_uri": f"https://delft.example/{number}",
            "actor": "https://delft.example/users/bram",
            "type": "Create",
            "order_key": f"key {number}",
            "body": b"{}",
            "key_id": "k",
            "proven": False,
            "state": state,
            "next_attempt_at": came,
            "received_at": came,
        }
        tx.connection.execute(insert(inbox_items).values({**row, **values}))

    await office.instance.write(add)


async def count(office: Office) -> Figures:
    return await office.instance.read(figures)


async def test_nothing_waits_at_a_new_instance(office_on_both: Office) -> None:
    found = await count(office_on_both)
    assert set(found.deliveries) == {"due", "waiting", "resting", "parked", "failed"}
    assert set(found.inbox) == {"due", "waiting", "parked"}
    assert {*found.deliveries.values(), *found.inbox.values()} == {Queue()}
    assert (found.failing_since, found.backup_at) == (None, None)


async def test_each_delivery_is_counted_in_one_state_with_the_oldest_of_it(office_on_both: Office) -> None:
    office = office_on_both

    def away(tx: Transaction) -> None:
        tx.connection.execute(
            insert(peers),
            [
                {"host": "away.example", "first_seen_at": 1, "next_attempt_at": tx.now + HOUR, "failing_since": 7},
                {"host": "back.example", "first_seen_at": 1, "next_attempt_at": tx.now - HOUR, "failing_since": None},
            ],
        )

    await office.instance.write(away)
    await wait_for_delivery(office, host="delft.example", age=5 * MINUTE)
    await wait_for_delivery(office, host="back.example", age=1 * MINUTE)
    await wait_for_delivery(office, host="delft.example", age=3 * HOUR, attempts=1, next_attempt_at=office.now + HOUR)
    await wait_for_delivery(office, host="away.example", age=4 * HOUR)
    await wait_for_delivery(office, host="away.example", age=2 * HOUR, attempts=1, next_attempt_at=office.now + HOUR)
    await wait_for_delivery(office, host="delft.example", state="parked", age=8 * DAY)
    await wait_for_delivery(office, host="away.example", state="failed", age=9 * DAY)
    await wait_for_delivery(office, host="delft.example", state="sent", age=10 * DAY)

    found = await count(office)

    assert {state: (queue.number, queue.seconds(office.now)) for state, queue in found.deliveries.items()} == {
        "due": (2, 300),
        "waiting": (1, 3 * 3_600),
        "resting": (2, 4 * 3_600),
        "parked": (1, 8 * 86_400),
        "failed": (1, 9 * 86_400),
    }
    assert found.peers == {"known": 2, "resting": 1, "parked": 0, "pinned": 0}
    assert found.failing_since == 7


async def test_what_is_behind_one_that_waits_is_not_due(office_on_both: Office) -> None:
    office = office_on_both
    await wait_for_delivery(
        office, host="delft.example", age=HOUR, order_key="k", attempts=1, next_attempt_at=office.now + HOUR
    )
    await wait_for_delivery(office, host="delft.example", age=MINUTE, order_key="k")
    await come_in(office, age=HOUR, order_key="k", attempts=1, next_attempt_at=office.now + HOUR)
    await come_in(office, age=MINUTE, order_key="k")

    found = await count(office)

    assert (found.deliveries["due"].number, found.deliveries["waiting"].number) == (0, 2)
    assert (found.inbox["due"].number, found.inbox["waiting"].number) == (0, 2)


async def test_what_came_in_and_is_not_done_is_counted_by_state(office_on_both: Office) -> None:
    office = office_on_both
    await come_in(office, age=2 * MINUTE)
    await come_in(office, age=1 * HOUR, attempts=1, next_attempt_at=office.now + HOUR)
    await come_in(office, state="parked", age=3 * DAY)
    await come_in(office, state="done", age=4 * DAY)

    found = await count(office)

    assert {state: (queue.number, queue.seconds(office.now)) for state, queue in found.inbox.items()} == {
        "due": (1, 120),
        "waiting": (1, 3_600),
        "parked": (1, 3 * 86_400),
    }


async def test_the_last_backup_is_known_from_the_audit_log(office: Office) -> None:
    await office.instance.write(audit.note, BACKUP, target="/backups/1")
    office.clock.advance(HOUR)
    await office.instance.write(audit.note, BACKUP, target="/backups/2")
    await office.instance.write(audit.note, "login.failed")
    assert (await count(office)).backup_at == office.now
