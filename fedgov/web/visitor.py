"""Who can be at the desk, and where that is looked up.

The look-up is handed in (`Sessions`), because accounts live in a room above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A person who is logged in.

    Args:
        account_id: Row id of the account.
        actor_uri: URI of the person's actor.
        csrf_secret: Random text of this session; forms carry tokens made from it.
        language: Preferred language, or None.
        default_audience: Visibility that the composer starts with.
        avatar_url: Path on this instance, or None.
    """

    account_id: int
    actor_uri: str
    username: str
    name: str
    csrf_secret: str
    language: str | None = None
    administrator: bool = False
    default_audience: str = "organisation"
    avatar_url: str | None = None
    token_hash: str = ""

    @property
    def initials(self) -> str:
        """One or two letters for where there is no picture."""
        words = [word for word in self.name.split() if word[:1].isalnum()]
        letters = (words[0][0], words[-1][0]) if len(words) > 1 else (self.name[:1] or self.username[:1],)
        return "".join(letters).upper()


class Sessions(Protocol):
    """The look-up of log-ins, filled in by the room that owns accounts."""

    async def find(self, token_hash: str) -> Visitor | None:
        """Return who owns the session; None when it is unknown, ended or expired, or the account disabled."""
        ...

    async def create(
        self, token_hash: str, *, account_id: int, csrf_secret: str, user_agent: str, address: str
    ) -> None:
        """Remember a session.

        Args:
            token_hash: SHA-256 of the token, hexadecimal.
            account_id: Row id of the account.
            csrf_secret: Random text that the session's form tokens are made from.
            user_agent: As the browser sent it, at most 300 characters.
            address: IP address of the client.
        """
        ...

    async def end(self, token_hash: str, *, address: str) -> None:
        """Forget a session; does nothing when it is unknown.

        Args:
            token_hash: SHA-256 of the token, hexadecimal.
            address: IP address of the client who ends it.
        """
        ...
