"""Whether the server lives and can work, for whatever watches over it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import literal, select

from fedgov.federation.doors.answers import Reply, plain
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.lobby import Lobby
from fedgov.store.transaction import Transaction

_ONE: Final = select(literal(1))
_FINE: Final = plain(200, b"ok\n", content_type=b"text/plain; charset=utf-8", headers=[(b"cache-control", b"no-store")])


async def is_alive(_lobby: Lobby, _request: Request) -> Reply:
    """Say that the process answers."""
    return _FINE


async def is_ready(lobby: Lobby, _request: Request) -> Reply:
    """Say that the storage answers too.

    Raises:
        UnreachableError: It does not.
    """
    await lobby.instance.read(_look)
    return _FINE


def _look(tx: Transaction) -> None:
    tx.value(_ONE)
