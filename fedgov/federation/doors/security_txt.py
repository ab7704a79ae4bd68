"""Where to report a hole (RFC 9116)."""

from __future__ import annotations

from typing import Final

from fedgov.federation.doors.answers import Reply, plain
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.lobby import Lobby
from fedgov.kernel.clock import DAY, to_datetime
from fedgov.kernel.errors import NotFoundError

VALID_FOR: Final = 180 * DAY


async def show(lobby: Lobby, _request: Request) -> Reply:
    """Show the contact of the instance, valid for half a year from today.

    Raises:
        NotFoundError: The administrator gave no contact.
    """
    contact = lobby.instance.config.instance.contact
    if not contact:
        raise NotFoundError("this server names no contact")
    expires = to_datetime(lobby.instance.clock.now() // DAY * DAY + VALID_FOR)
    lines = (
        f"Contact: mailto:{contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: nl, en",
        f"Canonical: {lobby.site.url('/.well-known/security.txt')}",
    )
    return plain(200, "\n".join((*lines, "")).encode(), content_type=b"text/plain; charset=utf-8")
