"""Which notifications wait for which apps, and what the worker does with them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fedgov.cli import duty
from fedgov.features.notices.queries import push as queries
from fedgov.features.notices.service import admission, push
from fedgov.features.notices.service.notifications import notify
from fedgov.features.notices.service.push_tokens import opened, sealed
from fedgov.features.notices.service.push_worker import PER_HOST, PushWorker, fitting
from fedgov.features.notices.tables import push_keys, push_messages, push_subscriptions
from fedgov.features.notices.vocabulary import Kind, NotificationPolicy, PushPolicy, PushSubscription, Wish
from fedgov.features.people.vocabulary import ActorRemoved, TokensEnded
from fedgov.features.trust import queries as trust
from fedgov.federation.client import Answer
from fedgov.federation.postroom import PostRoom
from fedgov.federation.webpush import MAX_MESSAGE, PushKey, checked_endpoint, encoded
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, HOUR, MINUTE, ManualClock
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError, UnreachableError
from fedgov.store import audit
from fedgov.store.transaction import Transaction
from tests.push_app import point_of
from tests.unit.features.notices.people import ANNA, BOUKE, JELLE, SJOERD, follow, keep

PHONE = encoded(point_of(ec.generate_private_key(ec.SECP256R1())))
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
ENDPOINT = "https://push.example/anna"


def subscribe(tx: Transaction, /, owner: str = ANNA, *, token_id: int = 1, **changes: Any) -> PushSubscription:
    """Let an app of somebody be told of everything."""
    values: dict[str, Any] = {
        "token": "the token",
        "endpoint": ENDPOINT,
        "p256dh": PHONE,
        "auth": SECRET,
        "standard": True,
        "policy_word": PushPolicy.ALL,
        "kinds": frozenset(Kind),
    }
    return push.subscribe(tx, owner=owner, token_id=token_id, **(values | changes))


def like(tx: Transaction, by: str = JELLE, owner: str = ANNA) -> None:
    """Let somebody like a new post of somebody."""
    notify(tx, owner=owner, kind=Kind.LIKE, actor=by, subject_id=keep(tx, owner))


def waiting(tx: Transaction) -> int:
    """How many messages wait."""
    return len(tx.rows(push_messages.select()))


def apps(tx: Transaction) -> list[int]:
    """The tokens of the apps that are told."""
    return sorted(row.token_id for row in tx.rows(push_subscriptions.select()))


# --- who is told ------------------------------------------------------------------------------------------------


async def test_a_notification_waits_for_each_app_that_wants_its_kind(town: Instance) -> None:
    def script(tx: Transaction) -> int:
        subscribe(tx, token_id=1)
        subscribe(tx, token_id=2, kinds={Kind.LIKE})
        subscribe(tx, token_id=3, kinds={Kind.FOLLOW})
        subscribe(tx, BOUKE, token_id=4)
        like(tx)
        return waiting(tx)

    assert await town.write(script) == 2


async def test_what_is_told_a_second_time_is_not_sent_a_second_time(town: Instance) -> None:
    def script(tx: Transaction) -> int:
        subscribe(tx)
        number = keep(tx, ANNA)
        for _ in range(2):
            notify(tx, owner=ANNA, kind=Kind.LIKE, actor=JELLE, subject_id=number)
        return waiting(tx)

    assert await town.write(script) == 1


async def test_a_transaction_that_fails_leaves_neither_notification_nor_message(town: Instance) -> None:
    def fail(tx: Transaction) -> None:
        subscribe(tx)
        like(tx)
        raise ForbiddenError("not after all")

    with pytest.raises(ForbiddenError):
        await town.write(fail)
    assert await town.read(waiting) == 0


async def test_nothing_is_sent_of_what_waits_for_a_decision(town: Instance) -> None:
    def script(tx: Transaction) -> int:
        subscribe(tx)
        admission.set_policy(tx, owner=ANNA, wanted=NotificationPolicy(not_following=Wish.FILTER))
        like(tx)
        return waiting(tx)

    assert await town.write(script) == 0


@pytest.mark.parametrize(
    ("wanted", "senders"),
    [
        (PushPolicy.ALL, {JELLE, SJOERD, BOUKE}),
        (PushPolicy.FOLLOWED, {JELLE}),
        (PushPolicy.FOLLOWER, {SJOERD}),
        (PushPolicy.NONE, set()),
    ],
)
async def test_an_app_says_of_what_whom_does_it_is_told(town: Instance, wanted: PushPolicy, senders: set[str]) -> None:
    def script(tx: Transaction) -> set[str]:
        follow(tx, ANNA, JELLE)
        follow(tx, SJOERD, ANNA)
        subscribe(tx, policy_word=wanted)
        found = set()
        for sender in (JELLE, SJOERD, BOUKE):
            before = waiting(tx)
            like(tx, sender)
            if waiting(tx) > before:
                found.add(sender)
        return found

    assert await town.write(script) == senders


async def test_what_nobody_did_is_told_whatever_the_app_says_of_people_but_none(town: Instance) -> None:
    def script(tx: Transaction) -> int:
        subscribe(tx, token_id=1, policy_word=PushPolicy.FOLLOWED)
        subscribe(tx, token_id=2, policy_word=PushPolicy.NONE)
        notify(tx, owner=ANNA, kind=Kind.POLL, subject_id=keep(tx, ANNA))
        return waiting(tx)

    assert await town.write(script) == 1


async def test_an_app_that_fetches_nothing_fills_no_disk(town: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "MOST_WAITING", 3)

    def script(tx: Transaction) -> int:
        subscribe(tx)
        for _ in range(5):
            like(tx)
        return waiting(tx)

    assert await town.write(script) == 3


# --- subscriptions ----------------------------------------------------------------------------------------------


async def test_a_new_subscription_takes_the_place_of_the_one_before_and_of_what_waited(town: Instance) -> None:
    def script(tx: Transaction) -> tuple[list[int], int, str]:
        subscribe(tx)
        like(tx)
        found = subscribe(tx, endpoint="https://other.example/anna")
        return apps(tx), waiting(tx), found.endpoint

    assert await town.write(script) == ([1], 0, "https://other.example/anna")


async def test_of_too_many_apps_the_oldest_gives_way(town: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "MOST_SUBSCRIPTIONS", 2)

    def script(tx: Transaction) -> list[int]:
        subscribe(tx, BOUKE, token_id=9)
        for number in (1, 2, 3, 3):
            subscribe(tx, token_id=number)
        return apps(tx)

    assert await town.write(script) == [2, 3, 9]


async def test_ac_05_what_an_app_changes_and_removes_is_its_own(town: Instance) -> None:
    def script(tx: Transaction) -> frozenset[Kind]:
        subscribe(tx, token_id=1)
        subscribe(tx, BOUKE, token_id=2, endpoint="https://push.example/bouke")
        push.change(tx, token_id=2, policy_word=PushPolicy.NONE, kinds=())
        push.unsubscribe(tx, token_id=2)
        with pytest.raises(NotFoundError):
            push.change(tx, token_id=2, policy_word=PushPolicy.ALL, kinds=())
        found = push.get_subscription(tx, token_id=1)
        assert (found.policy, found.endpoint) == (PushPolicy.ALL, ENDPOINT)
        return found.kinds

    assert await town.write(script) == frozenset(Kind)


@pytest.mark.parametrize(
    ("event", "left"),
    [
        (TokensEnded(actor=ANNA, token_id=1), [2, 3]),
        (TokensEnded(actor=ANNA), [3]),
        (TokensEnded(), []),
        (ActorRemoved(ANNA), [3]),
    ],
)
async def test_a_subscription_ends_with_its_token(town: Instance, event: object, left: list[int]) -> None:
    def script(tx: Transaction) -> list[int]:
        for number, owner in ((1, ANNA), (2, ANNA), (3, BOUKE)):
            subscribe(tx, owner, token_id=number)
        tx.tell(event)
        return apps(tx)

    assert await town.write(script) == left


@pytest.mark.parametrize(
    "endpoint",
    ["", "push", "http://push.example/x", "ftp://push.example/x", "https://groningen.example/x", "https:///x",
     "https://push.example/" + "x" * 2_000],
)  # fmt: skip
async def test_where_nothing_can_be_sent_no_app_is_told(town: Instance, endpoint: str) -> None:
    with pytest.raises(InvalidError):
        await town.write(subscribe, endpoint=endpoint)


def test_an_unprotected_push_server_is_for_demonstrations() -> None:
    url = "http://push.localhost/x"
    assert checked_endpoint(url, own_host="a.example", allow_http=True) == url


async def test_a_push_server_that_is_blocked_is_refused(town: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "hidden", lambda _tx, *, uris: frozenset(uris))
    with pytest.raises(ForbiddenError):
        await town.write(subscribe)


def test_a_token_opens_only_in_its_own_row_and_with_the_secret_of_the_instance(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    stored = sealed("the token", token_id=1, folder=here)
    assert "token" not in stored
    assert opened(stored, token_id=1, folder=here) == "the token"
    assert opened(stored, token_id=2, folder=here) == opened(stored, token_id=1, folder=there) == ""


async def test_there_is_one_key_for_ever(town: Instance) -> None:
    await push.make_push_key(town)
    first = await town.read(queries.push_key)
    await push.make_push_key(town)
    await town.write(push.keep_push_key, key=PushKey.make())
    assert first is not None
    assert await town.read(queries.push_key) == first


async def test_an_app_keeps_the_key_it_subscribed_with_and_the_next_gets_the_new_one(town: Instance) -> None:
    room = await prepared(town)
    old = await town.read(queries.server_key)
    await push.rotate_push_key(town)
    new = await town.read(queries.server_key)
    assert (await town.read(push.get_subscription, token_id=0)).server_key == new != old, "so the app is told"
    await town.write(subscribe, token_id=1, endpoint="https://push.example/bouke")
    await town.write(like)

    await worker(room).settle()
    used = {url: said["Authorization"].rpartition("k=")[2] for url, said in room.client.headers}
    assert used == {"https://push.example/anna": old, "https://push.example/bouke": new}

    await town.write(subscribe, token_id=0)
    await town.write(like)
    room.client.headers.clear()
    await worker(room).settle()
    assert {said["Authorization"].rpartition("k=")[2] for _, said in room.client.headers} == {new}


async def test_an_old_key_goes_when_no_app_needs_it(town: Instance) -> None:
    await prepared(town)
    for _ in range(3):
        await push.rotate_push_key(town)
    assert await town.read(keys_kept) == [1, 4], "those between were never asked for"
    assert await town.write(push.forget_unused_keys) == 0
    await town.write(push.unsubscribe, token_id=0)
    assert await town.write(push.forget_unused_keys) == 1
    assert await town.read(keys_kept) == [4]


async def test_after_a_theft_the_old_key_and_what_was_made_with_it_end_at_once(town: Instance) -> None:
    room = await prepared(town)
    await push.rotate_push_key(town, end_old=True)
    await worker(room).settle()
    assert (room.client.asked, await town.read(apps), await town.read(keys_kept)) == ([], [], [2])
    assert await town.read(audit.latest_target, kind="push_key.rotated") == ""


def keys_kept(tx: Transaction) -> list[int]:
    """The numbers of the keys that there are."""
    return sorted(row.id for row in tx.rows(push_keys.select()))


async def test_what_waits_is_counted_and_late_messages_are_told(town: Instance) -> None:
    room = await prepared(town, number=3, hosts=("push.example", "other.example"))
    room.client.away = "https://other.example"
    await worker(room).settle()
    await town.write(like)
    clock_of(town).advance(20 * MINUTE)
    await town.read(push.show_waiting)

    metrics = await town.read(lambda tx: tx.setting.metrics)
    assert metrics.push_messages.labels("due")._value.get() == 5
    assert metrics.push_oldest._value.get() == 20 * 60
    found = await town.read(queries.waiting)
    assert [each.about for each in duty.judge_push(found, now=town.clock.now())] == ["push messages"]
    assert not list(duty.judge_push(queries.Waiting(due=0, resting=9, since=None), now=town.clock.now()))


async def test_the_worker_gives_signs_of_life_and_rests_when_another_process_sends(
    town: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, beat = await prepared(town), asyncio.Event()
    town.vitals.expect("push")
    monkeypatch.setattr(town.vitals, "beat", lambda name: beat.set() if name == "push" else None)
    task = asyncio.create_task(worker(room).run())
    async with asyncio.timeout(60):
        await room.client.was_asked.wait()
        await beat.wait()
    assert town.vitals.ages()["push"] > 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert town.vitals.ages()["push"] == 0


# --- sending ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Outside:
    """A way out that answers what it is told to."""

    answers: list[int | Exception | tuple[int, dict[str, str]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    headers: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    away: str = "nowhere"
    seconds: float = 0.0
    at_once: int = 0
    most: int = 0

    async def post(self, url: str, *, body: bytes, headers: dict[str, str]) -> Answer:
        assert len(body) <= 4096
        assert headers["TTL"]
        self.headers.append((url, headers))
        if url.startswith(self.away):
            raise UnreachableError("away")
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        self.asked.append(url)
        self.was_asked.set()
        answer = self.answers.pop(0) if self.answers else 201
        if isinstance(answer, Exception):
            raise answer
        status, said = (answer, {}) if isinstance(answer, int) else answer
        return Answer(url=url, status=status, headers=said, body=b"")


@dataclass(slots=True)
class Room:
    instance: Instance
    client: Outside = field(default_factory=Outside)


def compose(tx: Transaction, *, owner: str, notification_id: int) -> dict[str, Any]:
    return {"title": owner, "notification_id": notification_id}


async def prepared(town: Instance, *answers: Any, number: int = 1, hosts: Iterable[str] = ("push.example",)) -> Room:
    """Some messages for each host, and a way out."""

    def script(tx: Transaction) -> None:
        for token_id, host in enumerate(hosts):
            subscribe(tx, token_id=token_id, endpoint=f"https://{host}/anna")
        for _ in range(number):
            like(tx)

    await push.make_push_key(town)
    await town.write(script)
    return Room(town, Outside(list(answers)))


def worker(room: Room, **options: Any) -> PushWorker:
    return PushWorker(cast("PostRoom", room), compose=options.get("compose", compose))


def counted(town: Instance, result: str) -> float:
    found: float = town.metrics.pushed.labels(result)._value.get()
    return found


def clock_of(town: Instance) -> ManualClock:
    assert isinstance(town.clock, ManualClock)
    return town.clock


async def test_what_arrived_is_forgotten(town: Instance) -> None:
    room = await prepared(town, number=3)
    await worker(room).settle()
    assert (len(room.client.asked), await town.read(waiting), counted(town, "delivered")) == (3, 0, 3)


@pytest.mark.parametrize("status", [404, 410])
async def test_an_app_that_is_gone_is_forgotten_with_what_waits_for_it(town: Instance, status: int) -> None:
    room = await prepared(town, status, *[201] * 9, number=3)
    await worker(room).settle()
    assert (await town.read(apps), await town.read(waiting), counted(town, "gone")) == ([], 0, 1)


@pytest.mark.parametrize("trouble", [500, 503, 408, 429, UnreachableError("away")])
async def test_a_push_server_that_does_not_answer_rests_and_is_asked_again_later(
    town: Instance, trouble: int | Exception
) -> None:
    room = await prepared(town, trouble, trouble, number=1)
    sender = worker(room)
    await sender.settle()
    await sender.settle()
    assert (len(room.client.asked), await town.read(waiting)) == (1, 1)
    clock_of(town).advance(push.FIRST_PAUSE)
    await sender.settle()
    clock_of(town).advance(push.FIRST_PAUSE)
    await sender.settle()
    assert len(room.client.asked) == 2, "the second pause is longer"
    clock_of(town).advance(push.FIRST_PAUSE)
    await sender.settle()
    assert (len(room.client.asked), await town.read(waiting), counted(town, "later")) == (3, 0, 2)


async def test_a_push_server_says_itself_how_long_it_rests(town: Instance) -> None:
    room = await prepared(town, (429, {"retry-after": "7200"}))
    await worker(room).settle()
    clock_of(town).advance(2 * HOUR - 1)
    await worker(room).settle()
    assert len(room.client.asked) == 1
    clock_of(town).advance(1)
    await worker(room).settle()
    assert len(room.client.asked) == 2


async def test_one_push_server_that_rests_costs_the_others_nothing(town: Instance) -> None:
    room = await prepared(town, hosts=("push.example", "other.example"), number=30)
    room.client.away = "https://other.example"
    await worker(room).settle()
    assert (len(room.client.asked), await town.read(waiting)) == (30, 30)


async def test_after_a_day_nothing_is_told_of_yesterday(town: Instance) -> None:
    room = await prepared(town)
    clock_of(town).advance(DAY)
    await worker(room).settle()
    assert (room.client.asked, await town.read(waiting), counted(town, "late")) == ([], 0, 1)


@pytest.mark.parametrize("refusal", [400, 403, 413, 301, ForbiddenError("not there")])
async def test_what_is_refused_is_not_tried_again_and_the_app_stays(town: Instance, refusal: int | Exception) -> None:
    room = await prepared(town, refusal)
    await worker(room).settle()
    assert (await town.read(apps), await town.read(waiting), counted(town, "refused")) == ([0], 0, 1)


async def test_what_may_no_longer_be_told_is_not_sent(town: Instance) -> None:
    room = await prepared(town)
    await worker(room, compose=lambda _tx, **_values: None).settle()
    assert (room.client.asked, await town.read(waiting), counted(town, "withdrawn")) == ([], 0, 1)


async def test_nothing_is_sent_to_a_push_server_that_was_blocked_meanwhile(
    town: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await prepared(town)
    monkeypatch.setattr(trust, "hidden", lambda _tx, *, uris: frozenset(uris))
    await worker(room).settle()
    assert (room.client.asked, await town.read(waiting)) == ([], 0)


async def test_one_push_server_gets_only_so_many_at_once(town: Instance) -> None:
    room = await prepared(town, number=3 * PER_HOST)
    room.client.seconds = 0.05  # so that all who are let go are there together
    await worker(room).settle()
    assert len(room.client.asked) == 3 * PER_HOST
    assert 1 < room.client.most <= PER_HOST


async def test_a_mistake_in_one_message_does_not_hold_up_the_others(town: Instance) -> None:
    room = await prepared(town, number=2)
    first = min(row.notification_id for row in await town.read(lambda tx: tx.rows(push_messages.select())))

    def stumble(tx: Transaction, *, owner: str, notification_id: int) -> dict[str, Any]:
        if notification_id == first:
            raise KeyError("a bug")
        return compose(tx, owner=owner, notification_id=notification_id)

    await worker(room, compose=stumble).settle()
    assert (len(room.client.asked), await town.read(waiting)) == (1, 0)


def test_a_message_fits_whatever_people_call_themselves() -> None:
    told = {"access_token": "t" * 43, "title": "é" * 200, "body": "𝄞" * 140, "icon": "https://x/" + "i" * 4_000}
    assert len(fitting(told)) <= MAX_MESSAGE
    short = {"title": "Moi", "body": "b", "icon": "https://x/i"}
    assert b'"icon":"https://x/i"' in fitting(short)
