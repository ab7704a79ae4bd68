"""What this server is and how much it is used (NodeInfo 2.0 and 2.1; FEP-f1d5, FEP-2677)."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from fedgov import __version__
from fedgov.federation.describe import APPLICATION
from fedgov.federation.doors.answers import Reply, public, unless_known
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.face import Usage
from fedgov.federation.doors.host_meta import for_everyone
from fedgov.federation.doors.lobby import Lobby
from fedgov.kernel.clock import MINUTE

COUNT_EVERY: Final = 5 * MINUTE
_SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema"


async def index(lobby: Lobby, _request: Request) -> Reply:
    """Say where the descriptions are, and which actor stands for the program."""
    links = [
        {"rel": f"{_SCHEMA}/{version}", "href": lobby.site.url(f"/nodeinfo/{version}")} for version in ("2.1", "2.0")
    ]
    links.append({"rel": APPLICATION, "href": lobby.site.application})
    return for_everyone(public({"links": links}, content_type=b"application/json; charset=utf-8"))


async def show(lobby: Lobby, request: Request, *, version: str) -> Reply:
    """Describe this server; the numbers are counted every few minutes."""
    part = lobby.instance.clock.now() // COUNT_EVERY
    key = f"nodeinfo/{version}/{part}"
    reply = lobby.cache.get(key)
    if reply is None:
        reply = await lobby.cache.fill(key, topics=(), make=partial(_make, lobby, version))
    assert reply is not None  # noqa: S101 - _make always gives one
    return unless_known(reply, request.headers.get(b"if-none-match"))


async def _make(lobby: Lobby, version: str) -> Reply:
    usage = await lobby.instance.read(lobby.face.usage)
    content_type = f'application/json; profile="{_SCHEMA}/{version}#"; charset=utf-8'
    return for_everyone(public(_describe(lobby, usage, version=version), content_type=content_type.encode("ascii")))


def _describe(lobby: Lobby, usage: Usage, *, version: str) -> dict[str, Any]:
    config = lobby.instance.config
    return {
        "version": version,
        "software": {"name": "fedgov", "version": __version__},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": config.accounts.registration == "open",
        "usage": {
            "users": {
                "total": usage.users,
                "activeMonth": usage.active_month,
                "activeHalfyear": usage.active_half_year,
            },
            "localPosts": usage.posts,
            "localComments": usage.comments,
        },
        "metadata": {
            "nodeName": config.instance.organisation,
            "nodeDescription": config.instance.description,
            "organisation": lobby.site.organisation,
            "langs": [config.instance.language],
        },
    }
