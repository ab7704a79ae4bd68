"""Whether the server lives and can work, for whatever watches over it.

Spec: ``docs/how-to/monitor.md``.
"""

from __future__ import annotations

from typing import Final

import orjson

from fedgov.federation.doors.answers import JSON, Reply, plain
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.lobby import Lobby

_NO_STORE: Final = (b"cache-control", b"no-store")
_FINE: Final = plain(200, b"ok\n", content_type=b"text/plain; charset=utf-8", headers=[_NO_STORE])


async def is_alive(_lobby: Lobby, _request: Request) -> Reply:
    """Say that the process answers; nothing else is looked at."""
    return _FINE


async def is_ready(lobby: Lobby, _request: Request) -> Reply:
    """Say that database, schema, workers and disk let the server do its work, or 503 with one word why not."""
    reason = await lobby.readiness.reason()
    if reason is None:
        return _FINE
    body = orjson.dumps({"ready": False, "reason": reason})
    return plain(503, body, content_type=JSON, headers=[_NO_STORE, (b"retry-after", b"5")])
