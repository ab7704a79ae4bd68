"""What the rooms show of themselves at the doors: the answers come from above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fedgov.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How much an instance is used, as NodeInfo tells the world."""

    users: int = 0
    active_month: int = 0
    active_half_year: int = 0
    posts: int = 0
    comments: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactions:
    """How many reacted to a post."""

    replies: int = 0
    likes: int = 0
    shares: int = 0


class PublicFace(Protocol):
    """What a door must know of posts and people, and cannot look up itself."""

    def featured(self, tx: Transaction, *, actor: str) -> Sequence[str]:
        """Return the URIs of the posts that a local actor pinned, newest pin first."""
        ...

    def replies(self, tx: Transaction, *, object_uri: str, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """Return row id and URI of the public and unlisted replies to a post, oldest first.

        Args:
            tx: The open transaction.
            object_uri: URI of the post.
            after: Only those with a larger row id.
            limit: Most replies.
        """
        ...

    def reactions(self, tx: Transaction, *, object_uri: str) -> Reactions:
        """Return how many reacted to a post; of replies only the public and unlisted ones."""
        ...

    def usage(self, tx: Transaction) -> Usage:
        """Return how much the instance is used."""
        ...

    def blocks(self, tx: Transaction, *, who: str, whom: str) -> bool:
        """Tell whether one actor blocks another.

        Args:
            tx: The open transaction.
            who: URI of the local actor.
            whom: URI of the other.
        """
        ...


class BlankFace:
    """An instance without rooms; for tests."""

    def featured(self, tx: Transaction, *, actor: str) -> Sequence[str]:
        """Nobody pinned anything."""
        return ()

    def replies(self, tx: Transaction, *, object_uri: str, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """Nobody answered."""
        return ()

    def reactions(self, tx: Transaction, *, object_uri: str) -> Reactions:
        """Nobody reacted."""
        return Reactions()

    def usage(self, tx: Transaction) -> Usage:
        """Nobody is here."""
        return Usage()

    def blocks(self, tx: Transaction, *, who: str, whom: str) -> bool:
        """Nobody blocks anybody."""
        return False
