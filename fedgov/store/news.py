"""Signals that carry facts: what open streams want to know of a transaction once it is committed.

A signal only says under which topic something changed. Whoever keeps a connection
open for an app must know what: a post, a notification. These few facts travel in
the topic itself, so that they reach every process that serves the instance by the
way that signals go anyhow, and nothing is written for them. They are lost where
nobody listens, and should be: an app that comes back reads its timelines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fedgov.store.transaction import Transaction

_MARK: Final = "news:"
MAX_FACTS: Final = 200
"""A notification of PostgreSQL has room for 8,000 bytes, which is more than so many row ids."""


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened.

    Args:
        serial: Sorts by when it happened; no two have the same, whichever process tells them.
        kind: What it is, one word.
        facts: Row ids and URIs, as the kind has them.
    """

    serial: int
    kind: str
    facts: tuple[str, ...]


def tell(tx: Transaction, kind: str, *facts: str | int) -> None:
    """Let open streams know of something, once this is committed.

    Args:
        tx: The open transaction.
        kind: What it is, one word.
        facts: Row ids and URIs; nothing with a space in it, and at most `MAX_FACTS`.
    """
    tx.signal(" ".join((f"{_MARK}{tx.new_id()}", kind, *map(str, facts))))


def read(topic: str) -> News | None:
    """Return what a topic tells; None for a signal without facts."""
    if not topic.startswith(_MARK):
        return None
    serial, kind, *facts = topic.removeprefix(_MARK).split(" ")
    return News(serial=int(serial), kind=kind, facts=tuple(facts))
