"""Servers of which a person wants to see nothing.

Spec: https://docs.joinmastodon.org/methods/domain_blocks/
"""

from __future__ import annotations

from typing import Final

from fedgov.features.people import queries
from fedgov.features.people.service import hosts
from fedgov.federation.doors.answers import Reply
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.replies import NOTHING, listed

_DEFAULT: Final = 100
_MOST: Final = 200


async def index(call: Call) -> Reply:
    """Get domain blocks."""
    wanted = call.parameters.page(default=_DEFAULT, maximum=_MOST)
    page = await call.read(queries.blocked_hosts, who=call.me, page=wanted)
    return listed([row.host for row in page.items], links=call.links(page))


async def add(call: Call) -> Reply:
    """Block a domain."""
    await call.write(hosts.block_host, who=call.me, host=call.parameters.text("domain"))
    return NOTHING


async def remove(call: Call) -> Reply:
    """Unblock a domain."""
    await call.write(hosts.unblock_host, who=call.me, host=call.parameters.text("domain"))
    return NOTHING


_PATH: Final = "/api/v1/domain_blocks"
_WRITE: Final = Access.person("write:blocks", "follow")

ENDPOINTS: Final = (
    Endpoint(method="GET", path=_PATH, access=Access.person("read:blocks", "follow"), handle=index),
    Endpoint(method="POST", path=_PATH, access=_WRITE, handle=add),
    Endpoint(method="DELETE", path=_PATH, access=_WRITE, handle=remove),
)
