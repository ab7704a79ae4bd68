"""Followers collection synchronisation: two servers compare who of the one follows whom of the other.

A lost Undo leaves a follower on one side only. So each delivery to followers
carries a digest of the followers that we think the receiving server has; when
its own differs, it reads the list and mends it.

Spec: FEP-8fcf.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from fedgov.federation import actors as actors_service
from fedgov.kernel.errors import MalformedError
from fedgov.kernel.uris import host, is_http_uri, same_origin
from fedgov.store.tables import actors, follows
from fedgov.store.transaction import Transaction

_FOLLOWERS: Final = (
    select(follows.c.follower)
    .where(follows.c.following == bindparam("of"), follows.c.state == "accepted")
    .order_by(follows.c.id)
)
_LOCAL_FOLLOWERS: Final = (
    select(follows.c.follower)
    .join(actors, actors.c.uri == follows.c.follower)
    .where(follows.c.following == bindparam("of"), follows.c.state == "accepted", actors.c.local)
)
_PARAMETER: Final = re.compile(r'\s*(collectionId|url|digest)\s*=\s*"([^"\\]{1,2048})"\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Synchronisation:
    """What the Collection-Synchronization header of a delivery says.

    Args:
        collection: URI of the sender's followers collection.
        url: Where the part of it that is ours can be read.
        digest: Hexadecimal digest of that part.
    """

    collection: str
    url: str
    digest: str


def digest(followers: Iterable[str]) -> str:
    """Return the digest of a set of actor URIs: the XOR of their SHA-256, in hexadecimal."""
    total = 0
    for uri in followers:
        total ^= int.from_bytes(hashlib.sha256(uri.encode()).digest(), "big")
    return f"{total:064x}"


def partial_url(actor: str) -> str:
    """Return where a server reads which of its people follow one of our actors."""
    return f"{actor}/followers_synchronization"


def followers_at(tx: Transaction, *, actor: str, at_host: str) -> list[str]:
    """Return the URIs of the followers that live at one host."""
    return [uri for uri in tx.values(_FOLLOWERS, {"of": actor}) if host(uri) == at_host]


class Digests:
    """The headers of one batch of deliveries; each actor's followers are read once.

    Args:
        tx: The open transaction.
    """

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._by_actor: dict[str, tuple[str, dict[str, list[str]]] | None] = {}

    def header(self, actor: str, at_host: str) -> str | None:
        """Return the Collection-Synchronization header for a delivery to a host; None when its actor is deleted."""
        if actor not in self._by_actor:
            self._by_actor[actor] = self._read(actor)
        known = self._by_actor[actor]
        if known is None:
            return None
        collection, followers = known
        found = digest(followers.get(at_host, ()))
        return f'collectionId="{collection}", url="{partial_url(actor)}", digest="{found}"'

    def _read(self, actor: str) -> tuple[str, dict[str, list[str]]] | None:
        """Return an actor's collection of followers and who they are, by host."""
        row = actors_service.find(self._tx, uri=actor)
        if row is None or row.deleted_at is not None or row.followers_uri is None:
            return None
        grouped: dict[str, list[str]] = {}
        for uri in self._tx.values(_FOLLOWERS, {"of": actor}):
            grouped.setdefault(host(uri), []).append(uri)
        return row.followers_uri, grouped


def read_header(text: str, *, actor: str) -> Synchronisation:
    """Read the header of a delivery.

    Args:
        text: Its value.
        actor: The verified sender; only its own collection can be meant.

    Raises:
        MalformedError: It is incomplete, or about somebody else's collection.
    """
    found: dict[str, str] = {}
    position = 0
    while match := _PARAMETER.match(text, position):
        if match[1] in found:
            raise MalformedError("a parameter of Collection-Synchronization is there twice")
        found[match[1]] = match[2]
        position = match.end()
    if position != len(text) or len(found) != 3:
        raise MalformedError("the Collection-Synchronization header is not complete")
    if not is_http_uri(found["url"]) or not same_origin(actor, found["collectionId"], found["url"]):
        raise MalformedError("the Collection-Synchronization header is about another server")
    return Synchronisation(collection=found["collectionId"], url=found["url"], digest=found["digest"].lower())


def differs(tx: Transaction, *, actor: str, stated: Synchronisation) -> bool:
    """Tell whether our idea of who here follows an actor differs from the sender's."""
    row = actors_service.find(tx, uri=actor)
    if row is None or row.followers_uri != stated.collection:
        return False
    return digest(tx.values(_LOCAL_FOLLOWERS, {"of": actor})) != stated.digest


def surplus(tx: Transaction, *, actor: str, listed: Sequence[str]) -> tuple[list[str], list[str]]:
    """Compare with the list that the sender's server gave.

    Returns:
        People here who follow without being listed, and people listed who do not follow.
    """
    ours = set(tx.values(_LOCAL_FOLLOWERS, {"of": actor}))
    theirs = {uri for uri in listed if tx.site.owns(uri)}
    return sorted(ours - theirs), sorted(theirs - ours)
