"""Which handler an accepted activity goes to, and what must be known before it runs.

A handler runs inside a transaction and so cannot fetch. What it must find in
the store (the author of a shared post, the post that a like is about) it names
beforehand as needs; the worker gets them first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from fedgov.activitystreams.activity import Activity
from fedgov.activitystreams.document import Document
from fedgov.kernel.uris import same_origin
from fedgov.store.transaction import Transaction

ANY: Final = "*"
"""Object type of the handler that takes what no other handler names."""

ACTOR: Final = "Actor"
"""Object type of any actor, whatever its own type."""


@dataclass(frozen=True, slots=True)
class VerifiedActivity:
    """An activity of which it was proven who did it. Only the gate makes these.

    Args:
        activity: What was done.
        origin: Origin of the actor.
        key_id: The key that vouches for it.
        proven: Whether it carries a valid proof of its own (FEP-8b32), so that others can check it too.
        body: The request body exactly as received.
        received_at: Milliseconds since the epoch.
    """

    activity: Activity
    origin: str
    key_id: str
    proven: bool
    body: bytes = field(repr=False)
    received_at: int


@dataclass(frozen=True, slots=True)
class FetchedObject:
    """An object that was read from its own origin. Only `fedgov.federation.fetch` makes these.

    Args:
        document: The document; its ``id`` is where it was found.
        body: The same, exactly as received.
        author: URI of the actor it is attributed to, who is in the store.
        received_at: Milliseconds since the epoch.
    """

    document: Document = field(repr=False)
    body: bytes = field(repr=False)
    author: str
    received_at: int


@dataclass(frozen=True, slots=True)
class Need:
    """Something that must be in the store before a handler can run.

    Args:
        kind: An actor or an object.
        uri: Which one.
        required: Whether the activity waits when it cannot be had now.
        fresh: Whether a copy that we have is not good enough; only for actors.
        patience: So many times the activity is put off all the same when it cannot be had just now.
    """

    kind: Literal["actor", "object"]
    uri: str
    required: bool = True
    fresh: bool = False
    patience: int = 0


def _no_needs(_activity: Activity) -> Iterable[Need]:
    return ()


def _no_check(_tx: Transaction, _verified: VerifiedActivity) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Handler:
    """What a room does with an activity.

    Args:
        apply: The use case; raises from the error tree to refuse.
        needs: What must be in the store before; the actor itself always is.
        check: Refuses, before anything is fetched, what would be refused whatever that
            brings: a stranger may not send us to addresses of their choice.
    """

    apply: Callable[[Transaction, VerifiedActivity], None]
    needs: Callable[[Activity], Iterable[Need]] = field(default=_no_needs)
    check: Callable[[Transaction, VerifiedActivity], None] = field(default=_no_check)


Keeper = Callable[[Transaction, FetchedObject], None]
"""Stores an object that was fetched from its origin."""

Handlers = Mapping[tuple[str, str], Handler]
Keepers = Mapping[str, Keeper]


def order_key(activity: Activity) -> str:
    """Return the key under which the order of activities must be kept.

    That is the object's id, also of what is put on top of a profile; or the pair
    (actor, target) for what can be done and undone: Follow, Block, Like, Announce
    and reactions, and for whatever somebody does with an object of another server. What
    waits holds up all that has its key, so nobody shares a key with a stranger.

    Spec: ``docs/explanation/delivery.md``; row DOS-16 of the threat table.
    """
    kind = activity.type
    if kind in _PAIRS:
        return f"{activity.actor} {activity.object_uri}"
    if kind in _ABOUT_ANOTHER and activity.object is not None:
        inner = activity.object
        actor, target = inner.get("actor"), inner.get("object")
        if isinstance(target, dict):
            target = target.get("id")
        if isinstance(actor, str) and isinstance(target, str):
            return f"{actor} {target}"
    if kind == "Flag":
        return activity.id
    if activity.object_uri is None:
        return activity.id
    is_theirs = same_origin(activity.object_uri, activity.actor)
    return activity.object_uri if is_theirs else f"{activity.actor} {activity.object_uri}"


_PAIRS: Final = frozenset({"Follow", "Block", "Like", "Dislike", "EmojiReact", "Announce"})
_ABOUT_ANOTHER: Final = frozenset({"Undo", "Accept", "Reject"})
