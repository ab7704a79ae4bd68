"""What the instance says of itself."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from fedgov.features.notices.queries.push import server_key
from fedgov.features.posts.queries.face import public_face
from fedgov.federation.doors.answers import Reply
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.instance import Facts, instance_entity, instance_entity_v1
from fedgov.mastodon.replies import shown
from fedgov.store.tables import peers
from fedgov.store.transaction import Transaction


async def show(call: Call) -> Reply:
    """View server information."""
    return shown(instance_entity(call.instance.config, facts=await call.read(_facts)))


async def show_v1(call: Call) -> Reply:
    """View server information, for older apps."""
    return shown(instance_entity_v1(call.instance.config, facts=await call.read(_facts)))


def _facts(tx: Transaction) -> Facts:
    known = int(tx.value(select(func.count()).select_from(peers)))
    return Facts(usage=public_face().usage(tx), peers=known, vapid_key=server_key(tx))


ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v2/instance", access=Access.public(), handle=show),
    Endpoint(method="GET", path="/api/v1/instance", access=Access.public(), handle=show_v1),
)
