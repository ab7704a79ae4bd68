"""What other rooms may hear from this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fedgov.kernel.errors import InvalidError, UnverifiedError

OUT_OF_BAND: Final = "urn:ietf:wg:oauth:2.0:oob"
"""Instead of an address to return to: the person copies the code by hand."""


@dataclass(frozen=True, slots=True)
class FollowRequested:
    """Somebody asks to follow a person here who decides about that."""

    follower: str
    following: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A follow was accepted."""

    follower: str
    following: str


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """A follow ended."""

    follower: str
    following: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Somebody shut the door on somebody."""

    who: str
    whom: str


@dataclass(frozen=True, slots=True)
class ActorRemoved:
    """An actor was deleted, here or elsewhere."""

    uri: str


@dataclass(frozen=True, slots=True)
class ActorMoved:
    """An actor goes on under another URI."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class AccountCreated:
    """Somebody got an account here; ``actor`` is the URI."""

    actor: str


@dataclass(frozen=True, slots=True)
class TokensEnded:
    """Tokens of apps are worth nothing any more.

    Args:
        actor: URI of whose; None for everybody's.
        token_id: Row id of the one; None for all.
    """

    actor: str | None = None
    token_id: int | None = None


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """Somebody here or elsewhere changed how they are described."""

    uri: str


# --- apps -------------------------------------------------------------------------------------------------------

_THINGS_READ: Final = (
    *("accounts", "blocks", "bookmarks", "favourites", "filters", "follows", "lists", "mutes"),
    *("notifications", "search", "statuses"),
)
_THINGS_WRITTEN: Final = (
    *("accounts", "blocks", "bookmarks", "conversations", "favourites", "filters", "follows", "lists", "media"),
    *("mutes", "notifications", "reports", "statuses"),
)
_THINGS_ADMINISTERED: Final = (
    *("accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks"),
    "canonical_email_blocks",
)
SCOPES: Final = (
    *("read", *(f"read:{thing}" for thing in _THINGS_READ)),
    *("write", *(f"write:{thing}" for thing in _THINGS_WRITTEN)),
    *("follow", "push", "profile"),
    *("admin:read", *(f"admin:read:{thing}" for thing in _THINGS_ADMINISTERED)),
    *("admin:write", *(f"admin:write:{thing}" for thing in _THINGS_ADMINISTERED)),
)
"""Everything that a token can be limited to."""


class UnknownClientError(UnverifiedError):
    """Nobody registered an app with this id and secret."""

    code = "invalid_client"


class InvalidGrantError(InvalidError):
    """The code cannot be exchanged (any more), or not by this app."""

    code = "invalid_grant"


class InvalidScopeError(InvalidError):
    """A scope does not exist, or is more than the app may ask for."""

    code = "invalid_scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRequest:
    """What an app asks for when it sends a person to us, as it stands in the address.

    Args:
        response_type: ``code``.
        redirect_uri: Where the person goes afterwards.
        scope: Separated by spaces; empty for the default.
        state: What the app wants to hear again; None when it said nothing.
        code_challenge: Hash of a secret that the app shows later, or empty.
        code_challenge_method: ``S256``, or empty without a challenge.
    """

    response_type: str = ""
    redirect_uri: str = ""
    scope: str = ""
    state: str | None = None
    code_challenge: str = ""
    code_challenge_method: str = ""
