"""One running server, passed by hand to whoever needs it.

Nothing in fedgov is global, so one process can run many instances, each with
its own database and keys. What a lower floor needs from a higher one (may we
talk to this host? does this person block that one?) is declared here as a
Protocol, and the composition root (`fedgov.app`) hands in the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

from fedgov.kernel.acting import SERVER, By
from fedgov.kernel.clock import Clock
from fedgov.kernel.config import Config
from fedgov.kernel.limits import Limiter, Turnstile
from fedgov.kernel.metrics import Metrics
from fedgov.kernel.uris import Handle, Site
from fedgov.kernel.vitals import Vitals
from fedgov.store.database import Database
from fedgov.store.signals import Signals
from fedgov.store.transaction import Transaction

P = ParamSpec("P")
T = TypeVar("T")


class Trust(Protocol):
    """The one choke point: what comes in, what goes out, what we fetch, what others fetch."""

    def allows(self, host: str) -> bool:
        """Tell whether messages may be exchanged with this host, in any direction.

        Args:
            host: Canonical host, as `fedgov.kernel.uris.host` gives it.
        """
        ...

    async def settled(self) -> None:
        """Return when `allows` heeds everything of which a signal was sent."""
        ...


PICTURE_OR_SOUND: Final = "image/*, audio/*, video/*;q=0.9"


class Fetch(Protocol):
    """Getting to know what lives on other instances; each checks trust first and stores what it found."""

    async def actor_by_handle(self, handle: Handle) -> str:
        """Return the URI of the actor behind a handle, stored and up to date.

        Raises:
            NotFoundError: Nobody there has that handle.
            ForbiddenError: We do not exchange messages with that host.
            UnreachableError: The host did not answer.
        """
        ...

    async def actor(self, uri: str) -> str:
        """Make sure that an actor is in the store; return its URI.

        Raises:
            NotFoundError: There is no such actor.
            ForbiddenError: We do not exchange messages with that host.
            UnreachableError: The host did not answer.
        """
        ...

    async def refresh_actor(self, uri: str) -> str:
        """Read an actor anew, however fresh our copy is; return its URI. Raises what `actor` does."""
        ...

    async def object(self, uri: str) -> str:
        """Make sure that an object is in the store; return its URI.

        Raises:
            NotFoundError: There is no such object, or we may not see it.
            ForbiddenError: We do not exchange messages with that host.
            UnreachableError: The host did not answer.
        """
        ...

    def refresh_thread(self, uri: str) -> None:
        """Ask for the replies to a remote post that we do not have, in the background; returns at once."""
        ...

    async def file(
        self, url: str, *, max_bytes: int, accept: str = PICTURE_OR_SOUND, stay: bool = False
    ) -> tuple[str, bytes]:
        """Return media type and bytes of a remote file; nothing is stored.

        Args:
            url: Where it is.
            max_bytes: Most bytes of it.
            accept: What is asked for, as an Accept header.
            stay: Refuse to be led to another domain: what is there says nothing about who made this address.

        Raises:
            NotFoundError: It is not there, or too large.
            ForbiddenError: We do not exchange messages with that host.
            UnreachableError: The host did not answer.
        """
        ...


@dataclass(slots=True, kw_only=True)
class Instance:
    """One running server.

    Args:
        config: What the administrator set.
        clock: Where the time comes from.
        database: Its storage.
        trust: Whom it exchanges messages with.
        limiter: How often what was done lately.
        metrics: Where figures are counted.
        vitals: The signs of life of its workers.
        by: In whose name its use cases run; see `acting`.
        turnstile: Who is not let in at any door for a while.
        fetch: How it gets to know what lives elsewhere; handed in last, because it stands on all the rest.
    """

    config: Config
    clock: Clock
    database: Database
    trust: Trust
    limiter: Limiter = field(default_factory=Limiter)
    metrics: Metrics = field(default_factory=Metrics)
    vitals: Vitals = field(default_factory=Vitals)
    by: By = SERVER
    turnstile: Turnstile = field(init=False, repr=False)
    fetch: Fetch = field(init=False)

    def __post_init__(self) -> None:
        self.turnstile = Turnstile(self.limiter, config=self.config)

    @property
    def site(self) -> Site:
        """Its permanent addresses."""
        return self.config.site

    @property
    def signals(self) -> Signals:
        """Who wants to know when something was committed."""
        return self.database.signals

    def acting(self, by: By) -> Instance:
        """Return this same instance as one person uses it.

        What is written through it is noted as theirs (`Transaction.by`), and each time that they let us
        ask another server counts.
        """
        personal = copy(self)
        personal.by = by
        if hasattr(self, "fetch"):
            personal.fetch = _PersonalFetch(personal)
        return personal

    def limit(self, what: str, *, of: str) -> None:
        """Count one thing more that somebody does outside of a transaction; see `Limiter.act`.

        Raises:
            OverLimitError: Too often; it says when to come back.
        """
        self.limiter.act(what, of=of, by=self.by, limits=self.config.limits, now=self.clock.now())

    async def write(self, use_case: Callable[Concatenate[Transaction, P], T], *args: P.args, **values: P.kwargs) -> T:
        """Run a use case in a transaction; return its result once it is on disk."""
        if self.by is SERVER:
            return await self.database.write(use_case, *args, **values)
        return await self.database.write(_in_the_name_of, self.by, use_case, args, values)

    async def write_behind(
        self, use_case: Callable[Concatenate[Transaction, P], T], *args: P.args, **values: P.kwargs
    ) -> T:
        """Do the server's own work in a transaction, behind all that somebody waits for."""
        return await self.database.write_behind(use_case, *args, **values)

    async def read(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **values: P.kwargs) -> T:
        """Run a query that changes nothing."""
        return await self.database.read(query, *args, **values)


def _in_the_name_of(
    tx: Transaction,
    by: By,
    use_case: Callable[..., T],
    args: tuple[Any, ...],
    values: Mapping[str, Any],
) -> T:
    tx.by = by
    return use_case(tx, *args, **values)


class _PersonalFetch:
    """Getting to know what lives elsewhere for one person, who cannot do that without end."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._fetch = instance.fetch
        self._who = instance.by.who or instance.by.source

    async def actor_by_handle(self, handle: Handle) -> str:
        self._instance.limit("lookups", of=self._who)
        return await self._fetch.actor_by_handle(handle)

    async def actor(self, uri: str) -> str:
        self._instance.limit("lookups", of=self._who)
        return await self._fetch.actor(uri)

    async def refresh_actor(self, uri: str) -> str:
        self._instance.limit("lookups", of=self._who)
        return await self._fetch.refresh_actor(uri)

    async def object(self, uri: str) -> str:
        self._instance.limit("lookups", of=self._who)
        return await self._fetch.object(uri)

    def refresh_thread(self, uri: str) -> None:
        self._fetch.refresh_thread(uri)

    async def file(
        self, url: str, *, max_bytes: int, accept: str = PICTURE_OR_SOUND, stay: bool = False
    ) -> tuple[str, bytes]:
        return await self._fetch.file(url, max_bytes=max_bytes, accept=accept, stay=stay)
