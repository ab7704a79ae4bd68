"""R4: what concerns one thing arrives in the order in which it was done, whatever happens on the way.

A model: people publish, edit and delete, follow and stop following; the receiver
is slow, refuses, breaks off or is away; the sender is stopped in the middle and
starts again; hours pass. At any moment the receiver has seen, of each thing, the
first so many messages, in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fedgov.federation.delivery import DeliveryWorker
from fedgov.kernel.clock import DAY, HOUR, MINUTE
from fedgov.store.tables import activities, deliveries
from tests.unit.federation.neighbours import Asked, Neighbour, Page
from tests.unit.federation.office import Office, open_office
from tests.unit.federation.test_delivery import follower, publish

T = TypeVar("T")
THINGS = 3
MOODS = ("takes it", "takes it", "takes it", "refuses", "breaks", "is busy", "takes it and says nothing")
_AS_PAIRS = frozenset({"Follow", "Undo"})


class Correspondence(RuleBasedStateMachine):
    """One sender, one receiver."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.arrived: list[tuple[str, str]] = []  # key, activity id; each id once, when it was taken
        self.moods: list[str] = []
        self.mood_about: dict[str, str] = {}
        self.delays: list[float] = []
        self.now(self._begin())

    def now(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    async def _begin(self) -> None:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="fedgov-order-")))
        opened = open_office(f"sqlite:///{folder / 'fedgov.sqlite3'}", folder=folder)
        self.office: Office = await self.stack.enter_async_context(opened)
        self.delft = await Neighbour("delft").open()
        self.stack.push_async_callback(self.delft.close)
        self.fatima = await self.office.person("fatima")
        self.bram = await follower(self.office, self.delft)
        self.delft.pages["/inbox"] = self._take

    async def _take(self, asked: Asked) -> Page:
        await asyncio.sleep(self.delays.pop() if self.delays else 0)
        uri = asked.document["id"]
        # Whoever is refused knocks again in other ways, and must hear the same.
        mood = self.mood_about.setdefault(uri, self.moods.pop() if self.moods else "takes it")
        if mood == "refuses":
            return Page(403)
        if mood == "breaks":
            return Page(500)
        if mood == "is busy":
            return Page(429, headers={"Retry-After": "60"})
        key = await self._key(uri)  # before the look, or one that was cut off and sent again would count twice
        if uri not in {seen for _, seen in self.arrived}:
            self.arrived.append((key, uri))
        return Page(500) if mood == "takes it and says nothing" else Page(202)

    async def _key(self, uri: str) -> str:
        (found,) = [row.id for row in await self.office.rows(activities) if row.uri == uri]
        (key,) = [row.order_key for row in await self.office.rows(deliveries) if row.activity_id == found]
        return str(key)

    # --- what people do -------------------------------------------------------------------------------------------

    @rule(thing=st.integers(1, THINGS), kind=st.sampled_from(["Create", "Update", "Update", "Delete"]))
    def write_about(self, thing: int, kind: str) -> None:
        about = self.office.instance.site.post(thing)
        self.now(publish(self.office, kind, about=about))

    @rule(kind=st.sampled_from(["Follow", "Undo"]))
    def follow_or_not(self, kind: str) -> None:
        self.now(publish(self.office, kind, about=self.bram.uri))

    # --- what happens to it ---------------------------------------------------------------------------------------

    @rule(
        moods=st.lists(st.sampled_from(MOODS), max_size=6),
        delays=st.lists(st.sampled_from([0.0, 0.001, 0.004]), max_size=12),
    )
    def send(self, moods: list[str], delays: list[float]) -> None:
        self.moods, self.delays, self.mood_about = moods, delays, {}
        self.now(DeliveryWorker(self.office.room).settle())

    @rule(delays=st.lists(st.sampled_from([0.0, 0.002, 0.01]), min_size=1, max_size=12), after=st.floats(0, 0.03))
    def stop_in_the_middle(self, delays: list[float], after: float) -> None:
        async def work() -> None:
            running = asyncio.create_task(DeliveryWorker(self.office.room).run())
            await asyncio.sleep(after)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

        self.delays, self.mood_about = delays, {}
        self.now(work())

    @rule(pause=st.sampled_from([MINUTE, HOUR, DAY]))
    def wait(self, pause: int) -> None:
        self.office.clock.advance(pause)

    @precondition(lambda self: not self.moods)
    @rule()
    def be_heard_from(self) -> None:
        self.now(self.office.room.peers.heard_from(self.delft.host, strong=False))

    # --- what always holds ----------------------------------------------------------------------------------------

    @invariant()
    def each_key_arrived_in_order_from_its_beginning(self) -> None:
        uris = {row.id: row.uri for row in self.now(self.office.rows(activities))}
        sent: dict[str, list[tuple[str, str]]] = {}
        for row in self.now(self.office.rows(deliveries)):
            sent.setdefault(row.order_key, []).append((uris[row.activity_id], row.state))
        for key, done in sent.items():
            seen = [uri for of, uri in self.arrived if of == key]
            expected = [uri for uri, state in done if uri in seen or state == "sent"]
            assert seen == expected, f"{key}: arrived {seen}, sent in this order {done}"
            overtaken = [uri for uri, state in done[: len(done) - 1] if state == "queued" and uri not in seen]
            later = [uri for uri, _ in done[[u for u, _ in done].index(overtaken[0]) :]] if overtaken else []
            assert not set(later) & set(seen), f"{key}: {later} waits behind {overtaken}, but was overtaken"

    def teardown(self) -> None:
        self.now(self.stack.aclose())
        self.loop.close()


TestR4OrderIsKept = Correspondence.TestCase
TestR4OrderIsKept.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # making an example smaller takes minutes
)
