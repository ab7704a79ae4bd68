"""What we know of other servers: how they want requests signed, what they run, when we last met.

Spec: ``FEDERATION.md``, "Keys, signatures, proofs".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import orjson
from sqlalchemy import Row, Update, bindparam, select, update

from fedgov.federation.signatures.shapes import FIRST, Shape
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, HOUR, MINUTE
from fedgov.store.lists import filled_up
from fedgov.store.signals import EVERYTHING
from fedgov.store.tables import deliveries, peers
from fedgov.store.transaction import Transaction, insert_or_ignore

SHAPE_LIFETIME: Final = 7 * DAY
STRONG_TIMES_TO_PIN: Final = 3
HURRY_EVERY: Final = 10 * MINUTE
"""How often a sign of life shortens the rest of a server: it may reach us while we do not reach it."""
TRY_LATER: Final = "try later"
"""Ends the reason of a server's rest when it said itself how long that takes."""
ANSWERS: Final[Mapping[str, Any]] = {
    "failures": 0,
    "failing_since": None,
    "next_attempt_at": None,
    "reason": None,
}
"""What is stored of a server that failed when it does so no more."""
_NOT_REMEMBERED: Final = frozenset({"last_success_at"})
"""Facts that no cache holds, so nobody needs to hear of them."""
_SOON: Final = MINUTE
_CONTACT_RESOLUTION: Final = HOUR
_SHAPE_RESOLUTION: Final = DAY
_MAX_KNOWN: Final = 10_000

_BY_HOST: Final = select(peers).where(peers.c.host == bindparam("of"))
_BY_HOSTS: Final = select(peers).where(peers.c.host.in_(bindparam("hosts", expanding=True)))
_MEET: Final = insert_or_ignore(peers)


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server, as far as requests to and from it need.

    Args:
        host: Its canonical host.
        shape: How it wants requests signed; None when not learnt.
        shape_learnt_at: When that was last seen to work.
        strong_count: Times it showed RFC 9421 with Ed25519.
        pinned: Whether anything weaker from it is refused.
        last_inbound_at: When it last sent something that verified, to about an hour.
        parked: Whether deliveries to it were given up for now.
        resting_until: When it is tried again after a failure, in milliseconds; 0 when it did not fail.
        stated_rest: Whether it said itself how long it wants to be left alone.
        described_at: When its NodeInfo was last read.
    """

    host: str
    shape: Shape | None = None
    shape_learnt_at: int = 0
    strong_count: int = 0
    pinned: bool = False
    last_inbound_at: int = 0
    parked: bool = False
    resting_until: int = 0
    stated_rest: bool = False
    described_at: int = 0


def find(tx: Transaction, *, host: str) -> Peer:
    """Return what is stored about a server, or an empty record."""
    row = tx.row(_BY_HOST, {"of": host})
    return Peer(host=host) if row is None else _peer(row)


def find_many(tx: Transaction, *, hosts: Sequence[str]) -> dict[str, Peer]:
    """Return what is stored about servers, at most some thousand, and an empty record of others."""
    found = {host: Peer(host=host) for host in hosts}
    return found | {row.host: _peer(row) for row in tx.rows(_BY_HOSTS, {"hosts": hosts})}


def _peer(row: Row[Any]) -> Peer:
    return Peer(
        host=row.host,
        shape=None if row.shape is None else Shape(row.shape),
        shape_learnt_at=row.shape_learnt_at or 0,
        strong_count=row.strong_count,
        pinned=row.pinned_at is not None,
        last_inbound_at=row.last_inbound_at or 0,
        parked=row.parked_at is not None,
        resting_until=row.next_attempt_at or 0,
        stated_rest=(row.reason or "").endswith(TRY_LATER),
        described_at=row.described_at or 0,
    )


def change(tx: Transaction, *, host: str, values: Mapping[str, Any]) -> None:
    """Store facts about a server, known before or not."""
    change_many(tx, hosts=[host], values=values)


def change_many(tx: Transaction, *, hosts: Sequence[str], values: Mapping[str, Any]) -> None:
    """Store the same facts about several different servers, known before or not; at most some thousand."""
    facts = {"hosts": filled_up(hosts), **{f"new_{name}": value for name, value in values.items()}}
    if tx.execute(_update_of(tuple(values)), facts) < len(hosts):  # some are met for the first time
        tx.execute(_MEET, [{"host": host, "first_seen_at": tx.now} for host in hosts])
        tx.execute(_update_of(tuple(values)), facts)
    if not _NOT_REMEMBERED.issuperset(values):
        for host in hosts:
            tx.signal(f"peer:{host}")


@cache
def _update_of(names: tuple[str, ...]) -> Update:
    """Return the statement that stores these facts: the same one each time, so that it is compiled once."""
    some = peers.c.host.in_(bindparam("hosts", expanding=True))
    return update(peers).where(some).values({name: bindparam(f"new_{name}") for name in names})


def describe(tx: Transaction, *, host: str, name: str | None, software: str | None, implements: list[str]) -> None:
    """Store what a server says about itself in NodeInfo."""
    values = {
        "name": name,
        "software": software,
        "implements": orjson.dumps(implements).decode(),
        "described_at": tx.now,
    }
    change(tx, host=host, values=values)


def wake(tx: Transaction, *, host: str) -> None:
    """Begin delivering to a server again: it was heard from, or an administrator says so."""
    change(tx, host=host, values={"parked_at": None, **ANSWERS})
    tx.execute(
        update(deliveries)
        .where(deliveries.c.host == host, deliveries.c.state == "parked")
        .values(state="queued", next_attempt_at=tx.now)
    )
    tx.signal("deliveries")


def hurry(tx: Transaction, *, host: str) -> None:
    """Try a server that rests after a failure again now; how long it has been failing stays known."""
    change(tx, host=host, values={"next_attempt_at": None})
    tx.signal("deliveries")


def unpin(tx: Transaction, *, host: str) -> bool:
    """Accept weaker signatures from a server again; False when it was not pinned."""
    pinned = find(tx, host=host).pinned
    change(tx, host=host, values={"pinned_at": None, "strong_count": 0})
    return pinned


class PeerBook:
    """The peers in memory, written back only when something changed."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._known: dict[str, Peer] = {}
        self._hurried: dict[str, int] = {}
        instance.signals.on_signal(self._forget)

    def _forget(self, topic: str) -> None:
        if topic == EVERYTHING:
            self._known.clear()
        elif topic.startswith("peer:"):
            self._known.pop(topic.removeprefix("peer:"), None)

    async def get(self, host: str) -> Peer:
        """Return what is known about a server."""
        peer = self._known.get(host)
        if peer is None:
            peer = await self._instance.read(find, host=host)
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[host] = peer
        return peer

    async def look_up(self, hosts: Iterable[str]) -> None:
        """Read all that is not known yet of many servers at once, so that `get` need not ask for each."""
        unknown = [host for host in hosts if host not in self._known]
        if len(unknown) > 1:
            self._known |= await self._instance.read(find_many, hosts=unknown[:_MAX_KNOWN])

    async def shape(self, host: str) -> Shape:
        """Return how to sign for a server: what it taught us, else what everyone reads."""
        peer = await self.get(host)
        if peer.shape is not None and self._instance.clock.now() - peer.shape_learnt_at < SHAPE_LIFETIME:
            return peer.shape
        # A server that signs with Ed25519 itself reads it too, and may have pinned us to it.
        return Shape.RFC9421_ED25519 if peer.pinned else FIRST

    async def learn_shape(self, host: str, shape: Shape) -> None:
        """Remember for a week how a server wants requests signed; told again, the week begins anew."""
        learnt = await self.news_of_shape(host, shape)
        if learnt:
            await self._change(host, learnt)

    async def news_of_shape(self, host: str, shape: Shape) -> dict[str, Any]:
        """Return what is to be stored about a server that took requests of this shape; empty when that is known."""
        if not self._is_news(await self.get(host), shape):
            return {}
        return {"shape": shape.value, "shape_learnt_at": self._instance.clock.now()}

    def _is_news(self, peer: Peer, shape: Shape) -> bool:
        return peer.shape is not shape or self._instance.clock.now() - peer.shape_learnt_at > _SHAPE_RESOLUTION

    async def heard_from(self, host: str, *, strong: bool) -> bool:
        """Note that a request from a server verified.

        A parked host is woken by this, and one that rests after a failure is tried
        again, unless it asked for the rest itself. The third strong signature (RFC 9421 with
        Ed25519) pins the host: nothing weaker is accepted from it afterwards.

        Returns:
            Whether this request is strong enough for what is known of the host.
        """
        peer = await self.get(host)
        if peer.pinned and not strong:
            return False
        now = self._instance.clock.now()
        values: dict[str, Any] = {}
        if strong and not peer.pinned:
            values |= {"strong_count": peer.strong_count + 1}
            if peer.strong_count + 1 >= STRONG_TIMES_TO_PIN:
                values |= {"pinned_at": now}
        if strong and self._is_news(peer, Shape.RFC9421_ED25519):
            values |= {"shape": Shape.RFC9421_ED25519.value, "shape_learnt_at": now}
        if peer.parked or now - peer.last_inbound_at > _CONTACT_RESOLUTION:
            values |= {"last_inbound_at": now}
        if peer.parked:
            await self._instance.write(wake, host=host)
        elif peer.resting_until > now + _SOON and not peer.stated_rest:
            await self._hurry(host, now=now)
        if values:
            await self._change(host, values)
        return True

    async def _hurry(self, host: str, *, now: int) -> None:
        if now - self._hurried.get(host, -HURRY_EVERY) < HURRY_EVERY:
            return
        if len(self._hurried) >= _MAX_KNOWN:
            self._hurried.clear()
        self._hurried[host] = now
        await self._instance.write(hurry, host=host)

    async def _change(self, host: str, values: Mapping[str, Any]) -> None:
        await self._instance.write(change, host=host, values=values)
