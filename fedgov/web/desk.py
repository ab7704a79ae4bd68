"""The web desk of one instance: what its pages need to know, handed in by the entrance hall.

Several instances share one Quart application. Which one a request is for
stands in its ASGI scope under ``fedgov.instance``, its desk under ``fedgov.desk``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from quart import g, request

from fedgov.instance import Instance
from fedgov.kernel.acting import By
from fedgov.kernel.clock import Clock, SystemClock
from fedgov.kernel.networks import network_of
from fedgov.kernel.uris import Site
from fedgov.web.cards import PostCard
from fedgov.web.visitor import Sessions, Visitor

INSTANCE_KEY: Final = "fedgov.instance"
DESK_KEY: Final = "fedgov.desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Numbers beside the navigation."""

    notifications: int = 0
    follow_requests: int = 0
    attention: int = 0
    """For an administrator: reports, parked messages and failed deliveries together."""
    emojis: bool = False
    """There are custom emoji of this instance to choose from."""


Sieve = Callable[[Visitor, Sequence[PostCard], str], Awaitable[tuple[PostCard, ...]]]
"""Applies a reader's filters to posts, told where they are shown."""


async def _follows_none(_visitor: Visitor, _subject: str) -> bool:
    return False


async def _no_filters(_visitor: Visitor, cards: Sequence[PostCard], _place: str) -> tuple[PostCard, ...]:
    return tuple(cards)


async def _no_counts(_visitor: Visitor) -> Counts:
    return Counts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The web side of one instance.

    Args:
        name: Short name of the instance (its folder); part of cookie names.
        organisation: Name of the organisation, as shown in the header.
        site: Its permanent addresses.
        sessions: Where log-ins are looked up.
        clock: Where the time comes from.
        default_language: Used when a reader does not say.
        counts: Gives the numbers beside the navigation.
        registration_open: A visitor may make an account.
        registration_approved: And waits until an administrator approves it.
        about: Plain text about the organisation; may be empty.
        contact: Address (e-mail or URL) shown on the about page; may be empty.
        tokens: Style sheet with the organisation's own design tokens, or None.
        logo: Picture for the header, or None; the first letter is shown then.
        version: Version of the software.
        source_url: Where the source code is.
        sift: Applies the filters of a reader to posts; told where they are shown.
        follows_subject: Tells whether somebody follows a subject, given as it is stored.
        max_upload: Largest attachment, in bytes.
    """

    name: str
    organisation: str
    site: Site
    sessions: Sessions
    clock: Clock = field(default_factory=SystemClock)
    default_language: str = "nl"
    counts: Callable[[Visitor], Awaitable[Counts]] = _no_counts
    sift: Sieve = _no_filters
    follows_subject: Callable[[Visitor, str], Awaitable[bool]] = _follows_none
    registration_open: bool = False
    registration_approved: bool = False
    about: str = ""
    contact: str = ""
    tokens: Path | None = None
    logo: Path | None = None
    version: str = ""
    source_url: str = ""
    max_upload: int = 20_000_000

    @property
    def secure(self) -> bool:
        """Whether people reach it over https."""
        return self.site.scheme == "https"

    @property
    def initial(self) -> str:
        """The letter in the mark: of the proper name when it starts with a kind (gemeente Groningen: G)."""
        words = self.organisation.split() or ["?"]
        proper = next((word for word in words if word[:1].isupper()), words[0])
        return proper[0].upper()


def current_instance() -> Instance:
    """Return the instance that this request came to, as whoever sent the request uses it.

    Who that is, is known once the page has asked for the visitor.
    """
    return entrance().acting(_by())


def entrance() -> Instance:
    """Return the instance that this request came to, whoever sent it."""
    scope = cast("dict[str, object]", request.scope)
    return cast("Instance", scope[INSTANCE_KEY])


def _by() -> By:
    visitor = cast("Visitor | None", getattr(g, "visitor", None))
    return By(
        who="" if visitor is None else visitor.actor_uri,
        door="api" if request.path.startswith("/api/") else "web",
        source=network_of(client_address()),
    )


def client_address() -> str:
    """Return the IP address that the request came from; a trusted proxy's word was taken before."""
    return request.remote_addr or ""


def current_desk() -> Desk:
    """Return the desk of the instance that this request came to."""
    scope = cast("dict[str, object]", request.scope)
    return cast("Desk", scope[DESK_KEY])
