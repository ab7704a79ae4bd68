"""The durable inbox: order per key, one effect each, and nothing that stops the others."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import orjson
import pytest
from sqlalchemy import Row, select, text

from fedgov.activitystreams.activity import Activity, read_activity
from fedgov.activitystreams.audience import Audience, Visibility
from fedgov.federation import inbox as module
from fedgov.federation import outbox
from fedgov.federation.dispatch import ACTOR, ANY, Handler, Handlers, Need, VerifiedActivity, order_key
from fedgov.federation.inbox import InboxWorker, Intake
from fedgov.kernel.clock import DAY, HOUR, MINUTE
from fedgov.kernel.errors import FedgovError, ForbiddenError, NotFoundError, RateLimitedError, UnreachableError
from fedgov.kernel.uris import Handle, origin
from fedgov.store.leases import LeaseLostError
from fedgov.store.tables import inbox_items
from fedgov.store.tables import peers as peers_table
from fedgov.store.transaction import Transaction, insert_or_ignore
from tests.unit.federation.office import LostLease, Office

DELFT = "https://delft.example"
FATIMA = f"{DELFT}/users/fatima"
_numbers = itertools.count(1)


class Library:
    """What can be fetched: everything at once, unless a test says otherwise."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.answers: dict[str, Callable[[], Any]] = {}
        self.asked: list[str] = []

    async def actor_by_handle(self, handle: Handle) -> str:
        raise NotImplementedError(handle)

    async def actor(self, uri: str) -> str:
        return await self._get(uri)

    async def refresh_actor(self, uri: str) -> str:
        """Nothing is older than it was."""
        return await self.actor(uri)

    def refresh_thread(self, uri: str) -> None:
        """Nobody reads threads here."""

    async def object(self, uri: str) -> str:
        return await self._get(uri)

    async def file(self, url: str, *, max_bytes: int, accept: str = "", stay: bool = False) -> tuple[str, bytes]:
        raise NotImplementedError(url, max_bytes)

    async def _get(self, uri: str) -> str:
        self.asked.append(uri)
        answer = self.answers.get(uri)
        found = answer() if answer is not None else uri
        return str(await found if asyncio.iscoroutine(found) else found)


@pytest.fixture
def library(office: Office) -> Library:
    """The office fetches from here."""
    found = Library(office)
    office.instance.fetch = found
    return found


def activity(kind: str = "Create", **members: Any) -> dict[str, Any]:
    """Something that fatima does."""
    number = next(_numbers)
    return {
        "id": f"{DELFT}/activities/{number}",
        "type": kind,
        "actor": FATIMA,
        "object": {"id": f"{DELFT}/notes/{number}", "type": "Note"},
        **members,
    }


async def arrive(office: Office, *documents: dict[str, Any]) -> None:
    """Write activities to the log, as the gate and the door do."""
    intake = Intake(office.instance)
    for document in documents:
        await intake.add(_verified(office, document))


def _verified(office: Office, document: dict[str, Any]) -> VerifiedActivity:
    return VerifiedActivity(
        activity=read_activity(document),
        origin=origin(document["actor"]),
        key_id=f"{document['actor']}#main-key",
        proven=False,
        body=orjson.dumps(document),
        received_at=office.now,
    )


def log_to(seen: list[str]) -> Handler:
    """Handle by noting the id."""

    def apply(_tx: Transaction, verified: VerifiedActivity) -> None:
        seen.append(verified.activity.id)

    return Handler(apply)


def worker(office: Office, handlers: Handlers) -> InboxWorker:
    """A worker with these handlers."""
    return InboxWorker(office.instance, handlers=handlers)


async def states(office: Office) -> list[tuple[str, str | None]]:
    """State and reason of all items, oldest first."""
    return [(row.state, row.reason) for row in await office.rows(inbox_items)]


async def item(office: Office) -> Row[Any]:
    """The one item of the log."""
    (row,) = await office.rows(inbox_items)
    return row


def need_of(uri: str, **values: Any) -> Callable[[Activity], Iterable[Need]]:
    """A handler's need of one object."""
    return lambda _activity: (Need(kind="object", uri=uri, **values),)


# --- choosing ---------------------------------------------------------------------------------------------------


async def test_a_handler_is_chosen_by_activity_and_object(office: Office, library: Library) -> None:
    seen: dict[str, list[str]] = {name: [] for name in ("note", "any", "actor", "undo")}
    handlers = {
        ("Create", "Note"): log_to(seen["note"]),
        ("Create", ANY): log_to(seen["any"]),
        ("Delete", ACTOR): log_to(seen["actor"]),
        ("Undo", "Follow"): log_to(seen["undo"]),
    }
    documents = [
        activity(),
        activity(object={"id": f"{DELFT}/x", "type": "Rocket"}),
        activity("Delete", object=FATIMA),
        activity("Undo", object={"id": f"{DELFT}/f", "type": "Follow", "actor": FATIMA, "object": f"{DELFT}/g"}),
    ]
    await arrive(office, *documents)
    await worker(office, handlers).settle()
    assert {name: len(ids) for name, ids in seen.items()} == {"note": 1, "any": 1, "actor": 1, "undo": 1}
    assert await states(office) == [("done", None)] * 4


async def test_a_type_that_nobody_handles_is_kept(office: Office, library: Library) -> None:
    document = activity("Arrive")
    await arrive(office, document)
    await worker(office, {}).settle()
    row = await item(office)
    assert row.state == "done"
    assert "kept" in row.reason
    assert orjson.loads(bytes(row.body)) == document


@pytest.mark.parametrize("kind", ["Create", "Update"])
async def test_what_is_stored_as_an_object_is_not_kept_in_the_log_too(
    office: Office, library: Library, kind: str
) -> None:
    found: list[bytes] = []
    handler = Handler(lambda _tx, verified: found.append(verified.body))
    document = activity(kind)
    await arrive(office, document, document)
    await worker(office, {(kind, ANY): handler}).settle()
    await arrive(office, document)
    await worker(office, {(kind, ANY): handler}).settle()
    row = await item(office)
    assert (row.state, row.reason, bytes(row.body)) == ("done", None, b"")
    assert [orjson.loads(body) for body in found] == [document]


async def test_what_was_refused_or_failed_is_kept_as_it_came(office: Office, library: Library) -> None:
    def refuse(_tx: Transaction, _verified: VerifiedActivity) -> None:
        raise ForbiddenError("not here")

    def fail(_tx: Transaction, _verified: VerifiedActivity) -> None:
        raise KeyError("a bug")

    await arrive(office, activity(), activity("Update"))
    await worker(office, {("Create", ANY): Handler(refuse), ("Update", ANY): Handler(fail)}).settle()
    rows = await office.instance.read(lambda tx: tx.rows(select(inbox_items)))
    assert {row.state: orjson.loads(bytes(row.body))["type"] for row in rows} == {
        "refused": "Create",
        "parked": "Update",
    }


@pytest.mark.parametrize("kind", ["Undo", "Accept", "Reject"])
async def test_an_activity_named_by_its_uri_is_found_in_the_log(office: Office, library: Library, kind: str) -> None:
    found: list[Any] = []
    handler = Handler(lambda _tx, verified: found.append(verified.activity.object))
    like = activity("Like", object=f"{DELFT}/notes/9")
    await arrive(office, like, activity(kind, object=like["id"]))
    await worker(office, {(kind, "Like"): handler}).settle()
    assert found == [like]


async def test_an_accept_of_our_own_follow_is_found_among_what_we_sent(office: Office, library: Library) -> None:
    ours = await office.person()
    follow = {"type": "Follow", "object": FATIMA}
    uri = await office.instance.write(
        outbox.publish, actor=ours, activity=follow, audience=Audience(to=(FATIMA,)), visibility=Visibility.DIRECT
    )
    found: list[Any] = []
    handler = Handler(lambda _tx, verified: found.append((verified.activity.object or {})["actor"]))
    await arrive(office, activity("Accept", object=uri))
    await worker(office, {("Accept", "Follow"): handler}).settle()
    assert found == [ours]


async def test_another_servers_activity_of_that_uri_is_not_taken_for_it(office: Office, library: Library) -> None:
    other = activity("Like", actor="https://leiden.example/users/a", id="https://leiden.example/1", object=FATIMA)
    seen: list[str] = []
    await arrive(office, other, activity("Undo", object=other["id"]))
    await worker(office, {("Undo", "Like"): log_to(seen)}).settle()
    assert seen == []


# --- order ------------------------------------------------------------------------------------------------------


async def test_r4_order_is_kept_per_key_whatever_things_take(office: Office, library: Library) -> None:
    spread = random.Random(4)
    applied: dict[str, list[int]] = {}
    objects = [f"{DELFT}/notes/x{number}" for number in range(8)]
    documents = []
    for version in range(12):
        for uri in objects:
            needed = f"{uri}/needs/{version}"
            documents.append(
                activity("Update", object={"id": uri, "type": "Note", "version": version, "needs": needed})
            )
            library.answers[needed] = lambda uri=needed: _later(spread.random() * 0.01, uri)  # type: ignore[misc]

    def apply(_tx: Transaction, verified: VerifiedActivity) -> None:
        embedded = verified.activity.object or {}
        applied.setdefault(embedded["id"], []).append(embedded["version"])

    def needs(found: Activity) -> Iterable[Need]:
        return (Need(kind="object", uri=(found.object or {})["needs"]),)

    await arrive(office, *documents)
    await worker(office, {("Update", "Note"): Handler(apply, needs=needs)}).settle()
    assert applied == {uri: list(range(12)) for uri in objects}


async def _later(seconds: float, uri: str) -> str:
    await asyncio.sleep(seconds)
    return uri


async def test_an_undo_by_uri_stays_behind_what_it_undoes(office: Office, library: Library) -> None:
    follow = activity("Follow", object=f"{DELFT}/users/bram")
    undo = activity("Undo", object=follow["id"])
    seen: list[str] = []
    needed = f"{DELFT}/users/bram"
    library.answers[needed] = _raising(UnreachableError("away"))
    handlers = {
        ("Follow", ANY): Handler(log_to(seen).apply, needs=need_of(needed)),
        ("Undo", "Follow"): log_to(seen),
    }
    await arrive(office, follow, undo)
    ready = worker(office, handlers)
    await ready.settle()
    assert seen == []
    library.answers.clear()
    office.clock.advance(MINUTE)
    await ready.settle()
    assert seen == [follow["id"], undo["id"]]


async def test_an_undo_in_the_same_batch_as_what_it_undoes_has_its_key(office: Office, library: Library) -> None:
    follow = activity("Follow", object=f"{DELFT}/users/bram")
    undo = activity("Undo", object=follow["id"])
    verified = [
        VerifiedActivity(
            activity=read_activity(document), origin=DELFT, key_id="k", proven=False, body=b"{}", received_at=office.now
        )
        for document in (follow, undo)
    ]
    await office.instance.write(module.append, verified=verified)
    first, second = await office.rows(inbox_items)
    assert first.order_key == second.order_key == f"{FATIMA} {DELFT}/users/bram"


def test_what_is_put_on_top_of_a_profile_stays_behind_what_created_and_changed_it() -> None:
    note = {"id": f"{DELFT}/notes/1", "type": "Note"}
    top = {"target": f"{DELFT}/users/bram/featured"}
    keys = {
        order_key(read_activity(activity(kind, object=what, **more)))
        for kind, what, more in (
            ("Create", note, {}),
            ("Add", note["id"], top),
            ("Remove", note["id"], top),
            ("Delete", note["id"], {}),
        )
    }
    assert keys == {note["id"]}


def test_dos_16_nobody_holds_up_what_others_do_with_a_post_of_somebody_else() -> None:
    post, top = f"{DELFT}/notes/1", {"target": f"{DELFT}/users/bram/featured"}
    keys = [
        order_key(read_activity(activity(kind, object=post, actor=f"https://{at}.example/users/m", **more)))
        for at in ("een", "twee")
        for kind, more in (("QuoteRequest", {}), ("Add", top), ("Update", {}), ("Delete", {}))
    ]
    assert len(set(keys)) == 2, keys
    assert post not in keys


def _raising(error: Exception) -> Callable[[], Any]:
    def fail() -> None:
        raise error

    return fail


# --- what waits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [UnreachableError("away"), RateLimitedError("slowly", retry_after=90.0)])
async def test_what_cannot_be_had_now_postpones_only_its_key(
    office: Office, library: Library, error: Exception
) -> None:
    seen: list[str] = []
    needed = f"{DELFT}/notes/parent"
    library.answers[needed] = _raising(error)
    blocked = [activity("Like", object=f"{DELFT}/notes/1") for _ in range(3)]
    others = [activity() for _ in range(3)]
    handlers = {("Like", ANY): Handler(log_to(seen).apply, needs=need_of(needed)), ("Create", "Note"): log_to(seen)}
    await arrive(office, blocked[0], others[0], blocked[1], others[1], blocked[2], others[2])
    ready = worker(office, handlers)
    await ready.settle()
    assert sorted(seen) == sorted(other["id"] for other in others)
    rows = {row.activity_uri: row for row in await office.rows(inbox_items)}
    assert [rows[one["id"]].attempts for one in blocked] == [1, 0, 0]
    assert rows[blocked[0]["id"]].reason == str(error)
    assert library.asked.count(needed) == 1

    library.answers.clear()
    office.clock.advance(90_000)
    await ready.settle()
    assert seen[3:] == [one["id"] for one in blocked]


async def test_a_long_queue_behind_one_that_waits_does_not_fill_the_batch(
    office: Office, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_DUE", module._DUE.limit(5))
    seen: list[str] = []
    needed = f"{DELFT}/notes/parent"
    library.answers[needed] = _raising(UnreachableError("away"))
    handlers = {
        ("Like", ANY): Handler(log_to(seen).apply, needs=need_of(needed)),
        ("Create", "Note"): log_to(seen),
    }
    likes = [activity("Like", object=f"{DELFT}/notes/1") for _ in range(10)]
    other = activity()
    await arrive(office, *likes, other)
    await worker(office, handlers).settle()
    assert seen == [other["id"]]


async def test_dos_16_a_slow_need_holds_up_nobody_else(
    office: Office, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    seen: list[str] = []
    release = asyncio.Event()
    needed = f"{DELFT}/notes/slow"

    async def slowly() -> str:
        await release.wait()
        return needed

    library.answers[needed] = slowly
    handlers = {
        ("Like", ANY): Handler(log_to(seen).apply, needs=need_of(needed)),
        ("Create", "Note"): log_to(seen),
    }
    likes = [activity("Like", object=f"{DELFT}/notes/1") for _ in range(2)]
    await arrive(office, *likes, activity())
    ready = worker(office, handlers)
    running = asyncio.create_task(ready.run())
    await _until(lambda: len(seen) == 1)
    later = activity()
    await arrive(office, later)
    await _until(lambda: later["id"] in seen)
    assert not {like["id"] for like in likes} & set(seen)
    release.set()
    await _until(lambda: len(seen) == 4)
    assert seen[2:] == [like["id"] for like in likes]
    await _cancel(running)


async def test_what_is_fetched_has_a_deadline(
    office: Office, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FETCH_SECONDS", 0.05)
    needed = f"{DELFT}/notes/slow"
    library.answers[needed] = lambda: _later(5, needed)
    await arrive(office, activity())
    await worker(office, {("Create", "Note"): Handler(log_to([]).apply, needs=need_of(needed))}).settle()
    row = await item(office)
    assert (row.state, row.attempts) == ("queued", 1)
    assert "in time" in row.reason


async def test_what_waits_for_three_days_is_parked_with_its_reason(office: Office, library: Library) -> None:
    library.answers[FATIMA] = _raising(UnreachableError("the server does not answer"))
    await arrive(office, activity())
    ready = worker(office, {})
    pauses = []
    for _ in range(400):
        await ready.settle()
        row = await item(office)
        if row.state != "queued":
            break
        pauses.append(row.next_attempt_at - office.now)
        office.clock.advance(pauses[-1])
    assert (row.state, row.reason) == ("parked", "the server does not answer")
    assert pauses[:3] == [2_000, 4_000, 8_000]
    assert max(pauses) == 30 * MINUTE
    assert 3 * DAY - HOUR < sum(pauses) <= 3 * DAY


async def test_a_need_that_is_not_required_stops_nothing(office: Office, library: Library) -> None:
    seen: list[str] = []
    needed = f"{DELFT}/notes/gone"
    library.answers[needed] = _raising(NotFoundError("nothing there"))
    await arrive(office, activity())
    needs = need_of(needed, required=False)
    await worker(office, {("Create", "Note"): Handler(log_to(seen).apply, needs=needs)}).settle()
    assert len(seen) == 1


@pytest.mark.parametrize(("error", "attempts"), [(UnreachableError("away"), 3), (NotFoundError("nothing there"), 0)])
async def test_what_is_worth_waiting_for_is_waited_for_so_many_times(
    office: Office, library: Library, error: FedgovError, attempts: int
) -> None:
    seen: list[str] = []
    needed = f"{DELFT}/notes/away"
    library.answers[needed] = _raising(error)
    await arrive(office, activity())
    needs = need_of(needed, required=False, patience=3)
    working = worker(office, {("Create", "Note"): Handler(log_to(seen).apply, needs=needs)})
    for tried in range(attempts):
        await working.settle()
        assert ((await item(office)).attempts, len(seen)) == (tried + 1, 0)
        office.clock.advance(HOUR)
    await working.settle()
    assert ((await item(office)).state, len(seen)) == ("done", 1)


async def test_what_is_here_already_is_not_fetched(office: Office, library: Library) -> None:
    ours = await office.person()
    needs = need_of(f"{ours}/notes/1")
    await arrive(office, activity("Like", object=f"{ours}/notes/1"))
    await worker(office, {("Like", ANY): Handler(log_to([]).apply, needs=needs)}).settle()
    assert library.asked == [FATIMA]


async def test_nothing_is_fetched_from_a_server_that_is_not_trusted(office: Office, library: Library) -> None:
    seen: list[str] = []
    office.trust.refused.add("evil.example")
    await arrive(office, activity())
    handlers = {("Create", "Note"): Handler(log_to(seen).apply, needs=need_of("https://evil.example/1"))}
    await worker(office, handlers).settle()
    assert library.asked == [FATIMA]
    assert len(seen) == 1


async def test_an_actor_whose_document_has_another_id_is_not_the_one_who_did_it(
    office: Office, library: Library
) -> None:
    library.answers[FATIMA] = lambda: f"{DELFT}/users/somebody-else"
    seen: list[str] = []
    await arrive(office, activity())
    await worker(office, {("Create", "Note"): log_to(seen)}).settle()
    assert seen == []
    assert (await item(office)).state == "refused"


# --- refused, parked, once --------------------------------------------------------------------------------------


async def test_what_a_rule_refuses_says_why(office: Office, library: Library) -> None:
    def refuse(_tx: Transaction, _verified: VerifiedActivity) -> None:
        raise ForbiddenError("only moderators may do this", detail="secret")

    await arrive(office, activity())
    await worker(office, {("Create", "Note"): Handler(refuse)}).settle()
    assert await states(office) == [("refused", "only moderators may do this")]


async def test_a_worker_that_lost_its_lease_carries_out_nothing(office: Office, library: Library) -> None:
    seen: list[str] = []
    await arrive(office, activity())
    stopped = InboxWorker(office.instance, handlers={("Create", "Note"): log_to(seen)}, lease=LostLease())
    with pytest.raises(LeaseLostError):
        await stopped.work_once()
    assert await states(office) == [("queued", None)]
    assert seen == []


async def test_r14_a_bug_parks_its_item_and_the_others_go_on(office: Office, library: Library) -> None:
    seen: list[str] = []

    def stumble(_tx: Transaction, verified: VerifiedActivity) -> None:
        raise KeyError(verified.activity.id)

    def stumble_early(_found: Activity) -> Iterable[Need]:
        raise ZeroDivisionError

    def misspell(tx: Transaction, _verified: VerifiedActivity) -> None:
        tx.execute(text("SELECT colour FROM actors"))

    handlers = {
        ("Create", "Note"): log_to(seen),
        ("Like", ANY): Handler(stumble),
        ("Flag", ANY): Handler(log_to(seen).apply, needs=stumble_early),
        ("Block", ANY): Handler(misspell),
    }
    bad = [activity(kind) for kind in ("Like", "Flag", "Block")]
    good = [activity() for _ in range(3)]
    await arrive(office, *itertools.chain.from_iterable(zip(bad, good, strict=True)))
    await worker(office, handlers).settle()
    assert sorted(seen) == sorted(one["id"] for one in good)
    reasons = [reason for state, reason in await states(office) if state == "parked" and reason]
    assert len(reasons) == 3
    assert reasons[0].startswith("KeyError")
    assert reasons[1].startswith("ZeroDivisionError")
    assert "colour" in reasons[2]


async def test_a_handler_that_fails_after_writing_leaves_nothing(office_on_both: Office) -> None:
    office = office_on_both
    office.instance.fetch = Library(office)

    def write_and_fail(tx: Transaction, _verified: VerifiedActivity) -> None:
        tx.execute(peers_table.insert(), {"host": "half.example", "first_seen_at": 1})
        raise ForbiddenError("no")

    await arrive(office, activity())
    await worker(office, {("Create", "Note"): Handler(write_and_fail)}).settle()
    assert await office.rows(peers_table) == []
    assert (await item(office)).state == "refused"


async def test_r3_a_duplicate_has_one_effect(office_on_both: Office) -> None:
    office = office_on_both
    office.instance.fetch = Library(office)
    seen: list[str] = []
    document = activity()
    ready = worker(office, {("Create", "Note"): log_to(seen)})
    await arrive(office, document, document)
    await ready.settle()
    await arrive(office, {**document, "content": "later"}, document)
    await ready.settle()
    assert seen == [document["id"]]
    assert len(await office.rows(inbox_items)) == 1


async def test_an_activity_of_the_same_uri_by_another_server_is_another(office: Office, library: Library) -> None:
    document = activity()
    await arrive(office, document, {**document, "actor": "https://leiden.example/users/a"})
    assert len(await office.rows(inbox_items)) == 2


async def test_two_workers_on_one_log_handle_each_item_once_and_in_order(office_on_both: Office) -> None:
    office = office_on_both
    office.instance.fetch = Library(office)
    other = await office.again()
    other.instance.fetch = Library(other)
    seen: list[str] = []

    def apply(tx: Transaction, verified: VerifiedActivity) -> None:
        """Write, so that it counts only when this is committed."""
        tx.execute(insert_or_ignore(peers_table), {"host": verified.activity.id[-30:], "first_seen_at": 1})
        seen.append(verified.activity.id)

    documents = [activity("Update", object={"id": f"{DELFT}/n/{number % 3}", "type": "Note"}) for number in range(30)]
    await arrive(office, *documents)
    workers = [worker(one, {("Update", "Note"): Handler(apply)}) for one in (office, other)]
    await asyncio.gather(*(one.settle() for one in workers))
    assert await states(office) == [("done", None)] * 30
    assert len(seen) == len(set(seen)) == 30
    for key in range(3):
        ours = [document["id"] for document in documents[key::3]]
        assert [one for one in seen if one in ours] == ours


async def test_what_a_slow_worker_postpones_after_another_did_it_stays_done(office: Office, library: Library) -> None:
    seen: list[str] = []
    needed = f"{DELFT}/notes/1"
    go = asyncio.Event()

    async def fail_slowly() -> str:
        await go.wait()
        raise UnreachableError("away")

    library.answers[needed] = fail_slowly
    handlers = {("Create", "Note"): Handler(log_to(seen).apply, needs=need_of(needed))}
    await arrive(office, activity())
    slow = asyncio.create_task(worker(office, handlers).settle())
    await _until(lambda: needed in library.asked)
    library.answers.clear()
    await worker(office, handlers).settle()
    go.set()
    await slow
    assert len(seen) == 1
    assert await states(office) == [("done", None)]


# --- restarts and trouble ---------------------------------------------------------------------------------------


async def test_what_was_not_finished_is_done_after_a_restart(office: Office, library: Library) -> None:
    seen: list[str] = []
    library.answers[FATIMA] = lambda: _later(10, FATIMA)
    handlers = {("Create", "Note"): log_to(seen)}
    await arrive(office, activity())
    running = asyncio.create_task(worker(office, handlers).run())
    await _until(lambda: FATIMA in library.asked)
    await _cancel(running)
    assert (await item(office)).state == "queued"

    library.answers.clear()
    await worker(office, handlers).settle()
    assert len(seen) == 1


async def test_what_arrives_wakes_the_worker(office: Office, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 3_600.0)  # nothing else wakes it
    signals, idle = office.instance.signals, asyncio.Event()
    wait = signals.wait

    async def note(topic: str, *, seconds: float) -> bool:
        idle.set()
        return await wait(topic, seconds=seconds)

    monkeypatch.setattr(signals, "wait", note)
    seen: list[str] = []
    running = asyncio.create_task(worker(office, {("Create", "Note"): log_to(seen)}).run())
    async with asyncio.timeout(60):
        await idle.wait()
    await arrive(office, activity())
    await _until(lambda: bool(seen))
    await _cancel(running)


async def test_a_store_that_is_busy_stops_nothing_for_good(
    office: Office, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    await arrive(office, activity(), activity())
    write = office.instance.database.write
    failures = iter([True, True, True])

    async def refuse(*args: Any, **values: Any) -> Any:
        if next(failures, False):
            raise UnreachableError("the disk is full", retry_after=5)
        return await write(*args, **values)

    monkeypatch.setattr(office.instance.database, "write", refuse)
    running = asyncio.create_task(worker(office, {("Create", "Note"): log_to(seen)}).run())

    def handled() -> bool:
        office.clock.advance(1_000)
        return len(seen) == 2

    await _until(handled)
    await _cancel(running)
    assert len(set(seen)) == 2


async def test_an_intake_that_is_full_is_come_back_later(
    office: Office, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 0)
    with pytest.raises(UnreachableError):
        await arrive(office, activity())
    assert await office.rows(inbox_items) == []


async def _come_in(office: Office, intake: Intake, *, number: int, at_once: int) -> None:
    """Let so many activities arrive in this second, so many of them at the same moment."""
    for _ in range(0, number, at_once):
        documents = [activity() for _ in range(at_once)]
        await asyncio.gather(*(intake.add(_verified(office, document)) for document in documents))


async def test_handling_waits_only_while_more_comes_in_than_can_be_taken_in_beside_it(office: Office) -> None:
    intake = Intake(office.instance)
    found: dict[str, bool] = {}
    await _come_in(office, intake, number=module.RUSH_PER_SECOND, at_once=2)
    found["many, but none of them had to wait for others"] = intake.in_a_rush
    office.clock.advance(2_000)
    await _come_in(office, intake, number=module.RUSH_PER_SECOND - 40, at_once=40)
    found["many at one moment, but few in all"] = intake.in_a_rush
    await _come_in(office, intake, number=40, at_once=40)
    found["a rush"] = intake.in_a_rush
    office.clock.advance(1_000)
    found["a rush in the second before"] = intake.in_a_rush
    office.clock.advance(1_000)
    found["it is over"] = intake.in_a_rush
    assert [case for case, is_rush in found.items() if is_rush] == ["a rush", "a rush in the second before"]


async def test_in_a_rush_handling_waits_for_some_seconds_and_no_longer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake, pauses = Intake(office.instance), []
    await _come_in(office, intake, number=module.RUSH_PER_SECOND, at_once=50)

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    await InboxWorker(office.instance, handlers={}, intake=intake)._let_the_rush_pass()
    assert sum(pauses) == pytest.approx(module.LONGEST_RUSH)
    pauses.clear()
    office.clock.advance(2_000)
    await InboxWorker(office.instance, handlers={}, intake=intake)._let_the_rush_pass()
    assert pauses == []


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in a transaction
            await asyncio.sleep(0.01)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
