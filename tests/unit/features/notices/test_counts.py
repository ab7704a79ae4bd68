"""The numbers beside the navigation."""

from __future__ import annotations

from fedgov.features.notices.queries import counts as numbers
from fedgov.features.notices.queries.counts import counts
from fedgov.features.people.vocabulary import FollowRequested
from fedgov.features.posts.vocabulary import PostLiked
from fedgov.features.trust.tables import domain_rules
from fedgov.instance import Instance
from fedgov.store.transaction import Transaction
from fedgov.web.desk import Counts
from tests.unit.features.notices.people import ANNA, JELLE, SJOERD, follow, keep, say, timeline, told
from tests.unit.features.trust.counter import person
from tests.unit.features.trust.town import befriend, deliver, receive


async def test_a_request_to_follow_is_counted_once(town: Instance) -> None:
    def scene(tx: Transaction) -> Counts:
        tx.tell(PostLiked(object_id=keep(tx, ANNA), uri="", by=JELLE, author=ANNA))
        befriend(tx, follower=SJOERD, following=ANNA, state="pending")
        tx.tell(FollowRequested(follower=SJOERD, following=ANNA))
        return counts(tx, person("anna"))

    assert await town.write(scene) == Counts(notifications=1, follow_requests=1, attention=0)


async def test_an_administrator_alone_sees_what_is_stuck(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[Counts, Counts]:
        for state in ("failed", "parked", "queued", "sent", "withdrawn"):
            deliver(tx, host="leeuwarden.example", state=state)
        for state in ("parked", "queued", "refused", "done"):
            receive(tx, origin="https://leeuwarden.example", state=state)
        return counts(tx, person("anna", administrator=True)), counts(tx, person("anna"))

    assert await town.write(scene) == (Counts(attention=3), Counts())


async def test_counting_stops_somewhere(town: Instance) -> None:
    def scene(tx: Transaction) -> int:
        for _ in range(numbers.MOST + 1):
            deliver(tx, host="leeuwarden.example", state="failed")
        return counts(tx, person("anna", administrator=True)).attention

    assert await town.write(scene) == numbers.MOST


async def test_aut_08_what_is_of_a_blocked_domain_is_hidden_everywhere(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[int], list[object], int]:
        follow(tx, ANNA, JELLE)
        own = say(tx, ANNA)
        say(tx, JELLE, naming=[ANNA])
        tx.execute(
            domain_rules.insert(),
            {
                "id": 1,
                "domain": "leeuwarden.example",
                "rule": "blocked",
                "reason": "",
                "created_at": tx.now,
                "created_by": ANNA,
            },
        )
        assert timeline(tx, ANNA) == [own]
        return timeline(tx, ANNA), list(told(tx, ANNA)), counts(tx, person("anna")).notifications

    shown, notices, unread = await town.write(scene)
    assert len(shown) == 1
    assert (notices, unread) == ([], 0)
