"""The inbox: where other servers tell what happened.

Spec: ActivityPub, section 7; ``FEDERATION.md``, "What we answer".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fedgov.federation import actors
from fedgov.federation.doors.answers import ACCEPTED, WRONG_TYPE, Reply
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.lobby import Lobby
from fedgov.federation.doors.visitor import source_network
from fedgov.federation.gate import MAX_BODY, Refused
from fedgov.kernel.errors import NotFoundError
from fedgov.store.transaction import Transaction

_TYPES: Final = frozenset({b"application/activity+json", b"application/ld+json", b"application/json"})
"""What other servers send; a profile is not demanded, because nothing else could be meant here."""


async def receive(lobby: Lobby, request: Request, *, owner: str | None = None) -> Reply:
    """Take in one activity; it is on disk before the sender hears 202.

    Args:
        lobby: The instance.
        request: The POST.
        owner: URI of the actor whose inbox it is; None for the shared one.

    Raises:
        FedgovError: What `Gate.admit` raises, there is no such inbox, or too much is under way.
    """
    with lobby.intake.weighing() as weighing:
        return await _take_in(lobby, request, owner=owner, weigh=weighing.add)


async def _take_in(lobby: Lobby, request: Request, *, owner: str | None, weigh: Callable[[int], None]) -> Reply:
    content_type = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    body = await request.body(limit=MAX_BODY, weigh=weigh)
    if content_type not in _TYPES:
        return WRONG_TYPE
    if owner is not None and not await lobby.instance.read(_is_open, owner=owner):
        return ACCEPTED  # never 410: some servers would then forget all of us
    message = request.message(origin=lobby.site.origin, body=body)
    admitted = await lobby.gate.admit(message, source=source_network(request.scope))
    if isinstance(admitted, Refused):
        return ACCEPTED
    await lobby.intake.add(admitted)
    sender = admitted.activity.actor
    lobby.describer.note(admitted.origin.partition("://")[2])
    synchronisation = request.headers.get(b"collection-synchronization")
    if synchronisation is not None:
        lobby.mender.note(synchronisation.decode("latin-1"), actor=sender)
    return ACCEPTED


def _is_open(tx: Transaction, *, owner: str) -> bool:
    """Tell whether an inbox takes anything in; that of somebody who is gone does not.

    Raises:
        NotFoundError: There never was such an inbox.
    """
    row = actors.find(tx, uri=owner)
    if row is None or not row.local:
        raise NotFoundError("there is no such inbox")
    return row.deleted_at is None
