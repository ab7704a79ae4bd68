"""The log of what was handled: how long it is kept, and what of it for good. R6 has the rest of the housekeeping."""

from __future__ import annotations

from sqlalchemy import update

from fedgov.federation.dispatch import ANY, Handler
from fedgov.federation.gate import OLDEST_ACTIVITY
from fedgov.federation.housekeeping import KEEP_LOG, tidy
from fedgov.kernel.clock import DAY
from fedgov.kernel.errors import ForbiddenError
from fedgov.store.tables import inbox_items
from fedgov.store.transaction import Transaction
from tests.unit.federation.office import Office
from tests.unit.federation.test_inbox import DELFT, Library, activity, arrive, library, log_to, worker

__all__ = ["library"]  # a fixture


async def kinds(office: Office) -> list[str]:
    """The types that are in the log."""
    return sorted(row.type for row in await office.rows(inbox_items))


async def test_what_was_handled_is_known_for_ninety_days(office: Office, library: Library) -> None:
    seen: list[str] = []
    handlers = {(kind, ANY): log_to(seen) for kind in ("Create", "Update", "Delete")}
    documents = [activity(kind) for kind in ("Create", "Update", "Delete")]
    await arrive(office, *documents)
    await worker(office, handlers).settle()
    office.clock.advance(KEEP_LOG - DAY)
    await tidy(office.instance)
    await arrive(office, *documents)
    await worker(office, handlers).settle()
    assert len(seen) == 3, "a copy is known as a copy"

    office.clock.advance(2 * DAY)
    await tidy(office.instance)
    assert await kinds(office) == []


async def test_what_may_be_named_by_its_uri_stays_in_the_log(office: Office, library: Library) -> None:
    kept = ["Accept", "Announce", "Arrive", "Block", "Follow", "Like"]
    await arrive(office, *(activity(kind, object=f"{DELFT}/notes/9") for kind in kept))
    await worker(office, {}).settle()
    office.clock.advance(KEEP_LOG + DAY)
    await tidy(office.instance)
    assert await kinds(office) == kept


async def test_what_anybody_could_bring_again_stays_in_the_log(office: Office, library: Library) -> None:
    await arrive(office, activity())
    await worker(office, {("Create", ANY): log_to([])}).settle()
    await office.instance.write(lambda tx: tx.execute(update(inbox_items).values(proven=True)))
    await office.instance.write(lambda tx: tx.execute(update(inbox_items).values(dated=False)))
    office.clock.advance(KEEP_LOG + DAY)
    await tidy(office.instance)
    assert await kinds(office) == ["Create"]


async def test_what_anybody_could_bring_again_goes_when_the_gate_refuses_it_as_too_old(
    office: Office, library: Library
) -> None:
    assert KEEP_LOG > OLDEST_ACTIVITY, "until then a copy must be known as a copy"
    await arrive(office, activity(published="2020-01-01T00:00:00Z"), activity("Undo"))
    await worker(office, {("Create", ANY): log_to([])}).settle()
    await office.instance.write(lambda tx: tx.execute(update(inbox_items).values(proven=True)))
    assert sorted((row.type, row.dated) for row in await office.rows(inbox_items)) == [
        ("Create", True),
        ("Undo", False),
    ]
    office.clock.advance(KEEP_LOG + DAY)
    await tidy(office.instance)
    assert await kinds(office) == ["Undo"]
    assert office.instance.metrics.pruned.labels("inbox log")._value.get() == 1


async def test_what_stands_aside_or_waits_stays_in_the_log(office: Office, library: Library) -> None:
    def refuse(_tx: Transaction, _verified: object) -> None:
        raise ForbiddenError("not here")

    await arrive(office, activity("Create"), activity("Update"), activity("Delete"))
    await worker(office, {("Create", ANY): Handler(refuse)}).settle()
    states = update(inbox_items)
    await office.instance.write(
        lambda tx: tx.execute(states.where(inbox_items.c.type == "Update").values(state="parked"))
    )
    await office.instance.write(
        lambda tx: tx.execute(states.where(inbox_items.c.type == "Delete").values(state="queued"))
    )
    office.clock.advance(KEEP_LOG + DAY)
    await tidy(office.instance)
    assert await kinds(office) == ["Delete", "Update"]
