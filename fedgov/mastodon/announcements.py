"""What administrators tell everybody here.

Spec: https://docs.joinmastodon.org/methods/announcements/
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from fedgov.features.notices.queries import announcements as queries
from fedgov.features.notices.service import announcements as service
from fedgov.features.notices.vocabulary import Announcement
from fedgov.federation.doors.answers import Reply
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.announcement import announcement_entity
from fedgov.mastodon.replies import NOTHING, shown
from fedgov.mastodon.shelves import account_entities
from fedgov.store.transaction import Transaction


async def index(call: Call) -> Reply:
    """View all announcements that are shown now, and whether they were read."""
    return shown(await call.read(_shown, reader=call.me))


def _shown(tx: Transaction, *, reader: str) -> list[Entity]:
    return [entity_of(tx, each) for each in queries.shown(tx, reader=reader)]


def entity_of(tx: Transaction, found: Announcement) -> Entity:
    """Return an Announcement entity with the people and messages that it names.

    Args:
        tx: The open transaction.
        found: The announcement, as its reader sees it.
    """
    return announcement_entity(found, accounts=account_entities(tx, uris=found.mentions), site=tx.site)


async def dismiss(call: Call) -> Reply:
    """Dismiss an announcement."""
    await call.write(service.dismiss, reader=call.me, announcement_id=call.row_id())
    return NOTHING


async def react(call: Call) -> Reply:
    """Add a reaction to an announcement."""
    await call.write(service.react, reader=call.me, announcement_id=call.row_id(), emoji=_emoji(call))
    return NOTHING


async def unreact(call: Call) -> Reply:
    """Remove a reaction from an announcement."""
    await call.write(service.unreact, reader=call.me, announcement_id=call.row_id(), emoji=_emoji(call))
    return NOTHING


def _emoji(call: Call) -> str:
    """Return the emoji in the path, also where a client encoded it twice."""
    return unquote(call.places["name"])


_FAVOURITES: Final = Access.person("write:favourites")
_PATH: Final = "/api/v1/announcements"
_REACTION: Final = f"{_PATH}/:id/reactions/:name"
ENDPOINTS: Final = (
    Endpoint(method="GET", path=_PATH, access=Access.person(), handle=index),
    Endpoint(method="POST", path=f"{_PATH}/:id/dismiss", access=Access.person("write:accounts"), handle=dismiss),
    Endpoint(method="PUT", path=_REACTION, access=_FAVOURITES, handle=react),
    Endpoint(method="DELETE", path=_REACTION, access=_FAVOURITES, handle=unreact),
)
