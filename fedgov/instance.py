"""One running server, passed by hand to whoever needs it.

Nothing in fedgov is global, so one process can run many instances, each with
its own database and keys. What a lower floor needs from a higher one (may we
talk to this host? does this person block that one?) is declared here as a
Protocol, and the composition root (`fedgov.app`) hands in the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from fedgov.kernel.clock import Clock
from fedgov.kernel.config import Config
from fedgov.kernel.uris import Handle, Site
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

    async def file(self, url: str, *, max_bytes: int) -> tuple[str, bytes]:
        """Return media type and bytes of a remote file; nothing is stored.

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
        fetch: How it gets to know what lives elsewhere; handed in last, because it stands on all the rest.
    """

    config: Config
    clock: Clock
    database: Database
    trust: Trust
    fetch: Fetch = field(init=False)

    @property
    def site(self) -> Site:
        """Its permanent addresses."""
        return self.config.site

    @property
    def signals(self) -> Signals:
        """Who wants to know when something was committed."""
        return self.database.signals

    async def write(self, use_case: Callable[Concatenate[Transaction, P], T], *args: P.args, **values: P.kwargs) -> T:
        """Run a use case in a transaction; return its result once it is on disk."""
        return await self.database.write(use_case, *args, **values)

    async def read(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **values: P.kwargs) -> T:
        """Run a query that changes nothing."""
        return await self.database.read(query, *args, **values)
