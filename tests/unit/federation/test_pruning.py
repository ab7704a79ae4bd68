"""Rows that nobody needs go, in pieces, and nothing that is needed."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy import insert, update

from fedgov.activitystreams.audience import Visibility
from fedgov.federation import objects, pruning
from fedgov.federation.pruning import KEEP_DELIVERIES, KEEP_PEERS, prune
from fedgov.kernel.clock import DAY, first_id_at
from fedgov.store.tables import activities, actors, deliveries, peers
from fedgov.store.tables import objects as objects_table
from fedgov.store.transaction import Transaction
from tests.unit.federation.office import Office

DELFT: Final = "delft.example"


@pytest.fixture
def office(office_on_both: Office) -> Office:
    return office_on_both


async def sent(office: Office, kind: str, *, about: str = "https://x.example/1", **values: Any) -> int:
    """Something that was sent now; return the row id of its delivery."""

    def script(tx: Transaction) -> int:
        row_id, number = tx.new_id(), tx.new_id()
        activity = {"id": row_id, "uri": f"{tx.site.origin}/activities/{row_id}", "actor": "a", "type": kind}
        rest = {"object_uri": about, "visibility": "public", "document": "{}", "published_at": tx.now}
        tx.execute(insert(activities), {**activity, **rest})
        row = {"id": number, "activity_id": row_id, "host": DELFT, "inbox": "i", "order_key": "k", "state": "sent"}
        times = {"next_attempt_at": tx.now, "created_at": tx.now, "sent_at": tx.now}
        tx.execute(insert(deliveries), {**row, **times, **values})
        return number

    return await office.instance.write(script)


async def a_post(office: Office, number: int) -> str:
    uri = office.instance.site.post(number)
    await office.instance.write(
        objects.add,
        uri=uri,
        kind="Note",
        author="a",
        visibility=Visibility.PUBLIC,
        targets=(),
        document="{}",
        published_at=office.now,
    )
    return uri


async def kept(office: Office) -> set[int]:
    return {row.id for row in await office.rows(deliveries)}


def pruned(office: Office, what: str) -> float:
    found: float = office.instance.metrics.pruned.labels(what)._value.get()
    return found


async def test_answers_and_ends_go_after_thirty_days_and_what_is_there_is_known_by_whom(office: Office) -> None:
    post = await a_post(office, 7)
    needed = {await sent(office, kind, about=post) for kind in ("Create", "Update", "Announce", "Like", "Follow")}
    for kind in pruning.LAST_WORDS:
        await sent(office, kind, about=post)
    office.clock.advance(KEEP_DELIVERIES - DAY)
    await prune(office.instance)
    assert len(await kept(office)) == 10
    office.clock.advance(2 * DAY)
    await prune(office.instance)
    assert await kept(office) == needed
    assert pruned(office, "deliveries") == 5


async def test_what_was_passed_on_for_others_is_forgotten(office: Office) -> None:
    await sent(office, "Create", about="https://delft.example/n/1")
    await office.instance.write(lambda tx: tx.execute(update(activities).values(uri="https://delft.example/a/1")))
    office.clock.advance(KEEP_DELIVERIES + DAY)
    await prune(office.instance)
    assert await kept(office) == set()


async def test_who_was_sent_what_is_deleted_is_known_for_thirty_days_more(office: Office) -> None:
    post = await a_post(office, 7)
    delivery = await sent(office, "Create", about=post)
    office.clock.advance(2 * KEEP_DELIVERIES)
    await office.instance.write(objects.bury, uri=post, author="a")
    await prune(office.instance)
    assert await kept(office) == {delivery}
    office.clock.advance(KEEP_DELIVERIES)
    await prune(office.instance)
    assert await kept(office) == set()


@pytest.mark.parametrize("state", ["queued", "parked"])
async def test_what_still_may_go_is_never_pruned(office: Office, state: str) -> None:
    """R6: a server that is parked finds its cursor where it was."""
    delivery = await sent(office, "Undo", state=state, sent_at=None)
    office.clock.advance(10 * KEEP_DELIVERIES)
    await prune(office.instance)
    assert await kept(office) == {delivery}


async def test_it_goes_through_the_table_in_stretches_and_removes_in_pieces(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "_EDGE", pruning._EDGE.offset(2))
    monkeypatch.setattr(pruning, "BATCH", 2)
    sizes: list[int] = []
    forget = pruning.forget_deliveries
    monkeypatch.setattr(
        pruning,
        "forget_deliveries",
        lambda tx, ids: (sizes.append(len(ids)), forget(tx, ids))[1],  # type: ignore[func-returns-value]
    )
    first = await sent(office, "Create", about=await a_post(office, 7))
    for _ in range(7):
        await sent(office, "Undo")
    office.clock.advance(KEEP_DELIVERIES + DAY)
    await prune(office.instance)
    assert await kept(office) == {first}
    assert max(sizes) <= 2


async def meet(office: Office, host: str, **values: Any) -> None:
    row = {"host": host, "first_seen_at": office.now, "last_inbound_at": office.now, **values}
    await office.instance.write(lambda tx: tx.execute(insert(peers), row))


async def hosts(office: Office) -> set[str]:
    return {row.host for row in await office.rows(peers)}


async def test_a_server_that_nobody_has_to_do_with_is_forgotten_after_a_year(office: Office) -> None:
    await meet(office, "vreemd.example")
    await meet(office, "vast.example", pinned_at=1)
    await meet(office, "wacht.example")
    await meet(office, "bekend.example")
    await sent(office, "Create", host="wacht.example", state="parked")
    values = {"id": 1, "uri": "https://bekend.example/a", "host": "bekend.example", "local": False, "kind": "Person"}
    more = {"username": "a", "inbox": "i", "created_at": 1, "updated_at": 1}
    await office.instance.write(lambda tx: tx.execute(insert(actors), values | more))
    office.clock.advance(KEEP_PEERS - DAY)
    await prune(office.instance)
    assert "vreemd.example" in await hosts(office)
    await meet(office, "nieuw.example")
    office.clock.advance(2 * DAY)
    await prune(office.instance)
    assert await hosts(office) == {"vast.example", "wacht.example", "bekend.example", "nieuw.example"}
    assert pruned(office, "peers") == 1


async def test_a_server_that_came_back_meanwhile_is_not_forgotten(office: Office) -> None:
    await meet(office, "vreemd.example")
    office.clock.advance(KEEP_PEERS + DAY)
    found = await office.instance.read(pruning.find_strange, after="", upto="z")
    assert list(found) == ["vreemd.example"]
    await office.instance.write(lambda tx: tx.execute(update(peers).values(last_inbound_at=tx.now)))
    assert await office.instance.write(pruning.forget_peers, found) == 0


async def test_an_empty_house_is_pruned_without_a_word(office: Office) -> None:
    assert await office.instance.read(pruning.stretch_end, after=0, before=first_id_at(9)) == first_id_at(9)
    await prune(office.instance)
    assert await office.rows(objects_table) == []
