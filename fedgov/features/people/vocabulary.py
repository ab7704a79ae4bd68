"""What other rooms may hear from this one."""

from __future__ import annotations

from dataclasses import dataclass


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
class ProfileChanged:
    """Somebody here or elsewhere changed how they are described."""

    uri: str
