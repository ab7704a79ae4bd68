"""Signals that carry facts: what open streams want to know of a transaction once it is committed.

A signal only says under which topic something changed. Whoever keeps a connection
open for an app must know what: a post, a notification. These few facts travel in
the topic itself, so that they reach every process that serves the instance by the
way that signals go anyhow, and nothing is written for them. They are lost where
nobody listens, and should be: an app that comes back reads its timelines.

SQLite has no such way from one process to another. There, a process that does not
serve, such as the command line, leaves the news of a use case in a table, in the same
transaction; the server looks for them when it sees that somebody else wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, insert, select

from fedgov.kernel.clock import MINUTE
from fedgov.store.tables import left_news
from fedgov.store.transaction import Transaction

_MARK: Final = "news:"
_LEAVE: Final = insert(left_news)
_TIDY: Final = delete(left_news).where(left_news.c.at <= bindparam("before"))
_LEFT: Final = select(left_news.c.topic).where(left_news.c.at > bindparam("before")).order_by(left_news.c.id)
_FORGET: Final = delete(left_news)
FRESH: Final = MINUTE
"""Milliseconds after which news that were left are none any more: no server was running."""
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


def leave(tx: Transaction) -> None:
    """Leave the news of a use case for the process that serves; part of the use case."""
    found = [topic for topic in tx.signals if topic.startswith(_MARK)]
    if found:
        tx.execute(_TIDY, {"before": tx.now - FRESH})
        tx.execute(_LEAVE, [{"id": tx.new_id(), "at": tx.now, "topic": topic} for topic in sorted(found)])


def take(tx: Transaction) -> list[str]:
    """Return the topics that others left, oldest first, and take them away; only for the process that serves."""
    found = list(tx.values(_LEFT, {"before": tx.now - FRESH}))
    tx.execute(_FORGET)
    return found
