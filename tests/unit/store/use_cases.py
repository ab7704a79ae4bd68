"""Small use cases on the table of peers."""

from __future__ import annotations

from sqlalchemy import func, select

from fedgov.kernel.errors import ConflictError
from fedgov.store.tables import peers
from fedgov.store.transaction import Transaction


def meet(tx: Transaction, *, host: str, topic: str = "") -> str:
    """Write one row; tell about it when there is a topic."""
    tx.execute(peers.insert(), {"host": host, "first_seen_at": tx.now})
    if topic:
        tx.signal(topic)
    return host.upper()


def meet_and_fail(tx: Transaction, *, host: str, topic: str = "", error: BaseException | None = None) -> None:
    """Write one row, and then refuse."""
    meet(tx, host=host, topic=topic)
    raise error or ConflictError("no")


def known(tx: Transaction) -> list[str]:
    """Return the hosts that are stored."""
    return list(tx.values(select(peers.c.host).order_by(peers.c.host)))


def count(tx: Transaction) -> int:
    """Return how many there are."""
    return int(tx.value(select(func.count()).select_from(peers)))
