"""Finding the public key that a signature names, without letting anyone make us fetch without end.

Keys are cached, in memory and in the store. A key that is not there is read
from its owner's actor: within two seconds, once at a time, and not again for a
while after a failure. What could not be decided is answered "later", never "no".

Spec: ``FEDERATION.md``, "Refetching a key"; FEP-fe34 (reciprocal claim).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row

from fedgov.activitystreams.actor import Actor, is_actor, read_actor
from fedgov.activitystreams.document import embedded, http_uri
from fedgov.federation import actors, keys
from fedgov.federation.fetch import Fetcher, HiddenError
from fedgov.federation.postroom import PostRoom
from fedgov.federation.signatures.keys import PublicKey
from fedgov.kernel.clock import HOUR, MINUTE, SECOND
from fedgov.kernel.errors import (
    ForbiddenError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    UnreachableError,
    UnverifiedError,
)
from fedgov.kernel.uris import host, same_origin, without_fragment
from fedgov.store.signals import EVERYTHING
from fedgov.store.transaction import Transaction

FETCH_SECONDS: Final = 2.0
MAX_CACHED: Final = 20_000
REFETCH_EVERY: Final = 5 * MINUTE
REFETCHES_PER_HOST: Final = 10
UNPROVEN_PER_SOURCE: Final = 100
UNPROVEN_PER_SOURCE_AND_HOST: Final = 30
"""Fetches a minute for requests that did not verify (yet): inventing key ids leads no further."""
STALE_AFTER: Final = 60 * SECOND
FIRST_PENALTY: Final = 60 * SECOND
LONGEST_PENALTY: Final = HOUR
UNDECIDED_RETRY: Final = 60.0
SLOW_RETRY: Final = 5 * SECOND
"""When a sender may ask again whose key is still being read: by then it is here, or certainly not."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A public key and what its owner says about it.

    Args:
        key: The parsed key.
        owner: URI of the actor.
        fetched_at: When we last read it; milliseconds.
        ends_at: From then on it signs nothing: retired or revoked; None while in use.
    """

    key: PublicKey
    owner: str
    fetched_at: int
    ends_at: int | None

    def demand_in_use(self, now: int) -> None:
        """Return when the key may sign now.

        Raises:
            UnverifiedError: It was retired or revoked before.
        """
        if self.ends_at is not None and self.ends_at <= now:
            raise UnverifiedError("the key is no longer in use", detail=self.key.key_id)


class FetchLimits:
    """Remembers what was asked for lately, so that repeating it costs nothing.

    All state expires: it is bounded in number and forgotten oldest first.
    """

    def __init__(self) -> None:
        self._penalties: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        self._refetched: OrderedDict[str, int] = OrderedDict()
        self._per_host: OrderedDict[str, list[int]] = OrderedDict()
        self._unproven: OrderedDict[tuple[str, str], list[int]] = OrderedDict()
        self._on_trial: OrderedDict[tuple[str, str], int] = OrderedDict()

    def begin(self, key_id: str, source: str, *, now: int) -> int:
        """Note a fetch for a request from this source; when it may not be made, return until when."""
        at = host(key_id)
        limits = {(source, ""): UNPROVEN_PER_SOURCE, (source, at): UNPROVEN_PER_SOURCE_AND_HOST}
        recent = {
            counter: [moment for moment in self._unproven.get(counter, ()) if now - moment < MINUTE]
            for counter in limits
        }
        full = [recent[counter][0] + MINUTE for counter, limit in limits.items() if len(recent[counter]) >= limit]
        if full:
            return max(full)
        for counter, moments in recent.items():
            self._unproven[counter] = [*moments, now]
            self._unproven.move_to_end(counter)
        self._on_trial[key_id, source] = now
        _trim(self._unproven)
        _trim(self._on_trial)
        return 0

    def proved(self, key_id: str, source: str) -> None:
        """Note that the request for which a key was fetched verified: that fetch counts no more."""
        moment = self._on_trial.pop((key_id, source), None)
        for counter in ((source, ""), (source, host(key_id))):
            if moment is not None and moment in self._unproven.get(counter, ()):
                self._unproven[counter].remove(moment)

    def blocked_until(self, key_id: str, source: str) -> int:
        """Return until when this source gets no fetch for this key; 0 when it may."""
        return self._penalties.get((key_id, source), (0, 0))[0]

    def failed(self, key_id: str, source: str, *, now: int) -> None:
        """Note a failed fetch: the pause starts at a minute and doubles up to an hour."""
        _, pause = self._penalties.pop((key_id, source), (0, FIRST_PENALTY // 2))
        pause = min(pause * 2, LONGEST_PENALTY)
        self._penalties[key_id, source] = (now + pause, pause)
        _trim(self._penalties)

    def slow(self, key_id: str, source: str, *, now: int) -> None:
        """Note a fetch that goes on after whoever asked stopped waiting: until the retry nobody need wait for it."""
        _, pause = self._penalties.pop((key_id, source), (0, FIRST_PENALTY // 2))
        self._penalties[key_id, source] = (now + SLOW_RETRY, pause)
        _trim(self._penalties)

    def worked(self, key_id: str, source: str) -> None:
        """Note a fetch that gave a key."""
        self._penalties.pop((key_id, source), None)

    def refetched_at(self, key_id: str) -> int:
        """Return when a cached key was last read again, or tried to; 0 for never."""
        return self._refetched.get(key_id, 0)

    def may_refetch(self, key_id: str, *, now: int) -> bool:
        """Tell, and note, whether a cached key may be read again."""
        at = host(key_id)
        recent = [moment for moment in self._per_host.get(at, ()) if now - moment < MINUTE]
        if now - self._refetched.get(key_id, 0) < REFETCH_EVERY or len(recent) >= REFETCHES_PER_HOST:
            return False
        self._refetched[key_id] = now
        self._per_host[at] = [*recent, now]
        _trim(self._refetched)
        _trim(self._per_host)
        return True


def _trim(table: OrderedDict[Any, Any]) -> None:
    while len(table) > MAX_CACHED:
        table.popitem(last=False)


class KeyRing:
    """The public keys of others.

    Args:
        room: The post room.
        fetcher: How actors are read.
    """

    def __init__(self, room: PostRoom, *, fetcher: Fetcher) -> None:
        self._instance = room.instance
        self._fetcher = fetcher
        self._cache: OrderedDict[str, KnownKey] = OrderedDict()
        self._of_owner: dict[str, set[str]] = {}
        self._limits = FetchLimits()
        self._running: dict[str, asyncio.Task[KnownKey]] = {}
        self._generation = 0
        room.instance.signals.on_signal(self._forget)

    def _forget(self, topic: str) -> None:
        self._generation += 1
        if topic == EVERYTHING:
            self._cache.clear()
            self._of_owner.clear()
        elif topic.startswith("keys:"):
            for key_id in tuple(self._of_owner.get(topic.removeprefix("keys:"), ())):
                self._drop(key_id)

    def _keep(self, known: KnownKey) -> None:
        self._cache[known.key.key_id] = known
        self._of_owner.setdefault(known.owner, set()).add(known.key.key_id)
        while len(self._cache) > MAX_CACHED:
            self._drop(next(iter(self._cache)))

    def _drop(self, key_id: str) -> None:
        known = self._cache.pop(key_id, None)
        if known is None:
            return
        of_owner = self._of_owner[known.owner]
        of_owner.discard(key_id)
        if not of_owner:
            del self._of_owner[known.owner]

    async def cached(self, key_id: str) -> KnownKey | None:
        """Return a key that we have, from memory or the store; nothing is fetched."""
        known = self._cache.get(key_id)
        if known is None:
            generation = self._generation
            known = await self._instance.read(_stored, key_id=key_id)
            if known is not None and generation == self._generation:  # else it may be out of date already
                self._drop(key_id)
                self._keep(known)
        return known

    async def get(self, key_id: str, *, source: str) -> KnownKey:
        """Return a key, reading it from its owner when we do not have it.

        Args:
            key_id: URI of the key.
            source: Network that the request came from; failures count per source.

        Raises:
            UnverifiedError: Its owner does not have this key, or it is unusable.
            ForbiddenError: We do not exchange messages with that server.
            UnreachableError: This cannot be decided now.
        """
        return await self.cached(key_id) or await self._fetch(key_id, source=source)

    async def fresh(self, known: KnownKey, *, source: str) -> KnownKey | None:
        """Return the key as it is now at its owner, after a signature did not fit; None when it is what we have.

        Raises:
            UnverifiedError: Its owner no longer has this key.
            UnreachableError: This cannot be decided now.
        """
        now = self._instance.clock.now()
        key_id = known.key.key_id
        tried = self._limits.refetched_at(key_id)
        if now - known.fetched_at < STALE_AFTER or (now - tried < REFETCH_EVERY and known.fetched_at >= tried):
            return None
        if not self._limits.may_refetch(key_id, now=now):
            raise UnreachableError("the key cannot be read again yet", retry_after=UNDECIDED_RETRY, detail=key_id)
        return await self._fetch(key_id, source=source)

    def proved(self, key_id: str, *, source: str) -> None:
        """Note that a request from this source verified with this key."""
        self._limits.proved(key_id, source)

    async def _fetch(self, key_id: str, *, source: str) -> KnownKey:
        now = self._instance.clock.now()
        until = self._limits.blocked_until(key_id, source)
        if until <= now and key_id not in self._running:
            until = self._limits.begin(key_id, source, now=now)
        if until > now:
            raise UnreachableError(
                "the key could not be read lately", retry_after=(until - now) / SECOND, detail=key_id
            )
        reading = self._running.get(key_id) or self._begin(key_id)
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                known = await asyncio.shield(reading)
        except TimeoutError:
            self._limits.slow(key_id, source, now=self._instance.clock.now())
            reading.add_done_callback(lambda done: self._judge(key_id, source, done))
            raise UnreachableError(
                "the server of the signing key is slow", retry_after=SLOW_RETRY / SECOND, detail=key_id
            ) from None
        except (UnreachableError, RateLimitedError, HiddenError) as error:
            self._limits.failed(key_id, source, now=now)
            raise UnreachableError(
                "the server of the signing key did not answer", retry_after=UNDECIDED_RETRY, detail=f"{key_id}: {error}"
            ) from None
        except (UnverifiedError, ForbiddenError):
            self._limits.failed(key_id, source, now=now)
            raise
        except (NotFoundError, MalformedError) as error:
            self._limits.failed(key_id, source, now=now)
            raise UnverifiedError("the signing key does not exist", detail=f"{key_id}: {error}") from None
        self._limits.worked(key_id, source)
        return known

    def _begin(self, key_id: str) -> asyncio.Task[KnownKey]:
        """Begin to read a key; whoever asks meanwhile waits for the same request, each for two seconds at most."""
        task = self._running[key_id] = asyncio.create_task(self._read_from_owner(key_id))
        task.add_done_callback(lambda _: self._running.pop(key_id))
        return task

    def _judge(self, key_id: str, source: str, task: asyncio.Task[KnownKey]) -> None:
        """Note how a fetch ended for which nobody waited any more."""
        if not task.cancelled() and task.exception() is not None:
            self._limits.failed(key_id, source, now=self._instance.clock.now())

    async def _read_from_owner(self, key_id: str) -> KnownKey:
        """Read the key's document, then its owner's actor, which must list the key."""
        found, body = await self._fetcher.document(without_fragment(key_id))
        if is_actor(found):
            owner = read_actor(found)
            if any(key.key_id == key_id for key in owner.keys):
                known = await self._instance.write(_remember, owner=owner, body=body.decode(), key_id=key_id)
                return self._demand(known, key_id=key_id)
        claimed = http_uri(embedded(found, "publicKey") or found, "owner") or http_uri(found, "controller")
        if claimed is None or not same_origin(claimed, key_id):
            raise UnverifiedError("the key does not say whose it is", detail=key_id)
        await self._fetcher.refresh_actor(claimed)
        return await self._demand_stored(key_id)

    async def _demand_stored(self, key_id: str) -> KnownKey:
        self._drop(key_id)
        return self._demand(await self.cached(key_id), key_id=key_id)

    def _demand(self, known: KnownKey | None, *, key_id: str) -> KnownKey:
        if known is None:
            raise UnverifiedError("the owner of the key does not list it", detail=key_id)
        self._drop(key_id)
        self._keep(known)
        return known


def _remember(tx: Transaction, *, owner: Actor, body: str, key_id: str) -> KnownKey | None:
    """Store an actor, and return one of its keys as it is stored now."""
    actors.remember_remote(tx, actor=owner, body=body)
    return _stored(tx, key_id=key_id)


def _stored(tx: Transaction, *, key_id: str) -> KnownKey | None:
    row = keys.key_row(tx, key_id=key_id)
    return None if row is None else _known(row)


def _known(row: Row[Any]) -> KnownKey:
    ends = [moment for moment in (row.retired_at, row.revoked_at) if moment is not None]
    return KnownKey(
        key=keys.parse_row(row),
        owner=row.owner,
        fetched_at=row.fetched_at or row.created_at,
        ends_at=min(ends) if ends else None,
    )
