"""Conversations, and talks of which somebody wants to hear no more.

Spec: https://docs.joinmastodon.org/methods/conversations/; https://docs.joinmastodon.org/methods/statuses/#mute
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from fedgov.features.notices.queries import conversations as queries
from fedgov.features.notices.service import admission, conversations
from fedgov.features.notices.vocabulary import Conversation
from fedgov.features.posts.present import post_cards
from fedgov.features.posts.queries.entries import entry
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.replies import NOTHING, listed, shown
from fedgov.mastodon.shelves import account_entities, status_entities, status_entity_of
from fedgov.store.transaction import Transaction


async def index(call: Call) -> Reply:
    """View all conversations."""
    page = await call.read(_index, owner=call.me, request=call.parameters.page())
    return listed(page.items, links=call.links(page))


def _index(tx: Transaction, *, owner: str, request: PageRequest) -> Page[Entity]:
    page = queries.conversation_page(tx, owner=owner, request=request)
    return page.with_items(_entities(tx, page.items, owner=owner))


def _entities(tx: Transaction, found: Sequence[Conversation], *, owner: str) -> list[Entity]:
    """Return Conversation entities; what its owner may not read any more is left out."""
    cards = {card.id: card for card in post_cards(tx, [each.last_object_id for each in found], owner)}
    statuses = {status["id"]: status for status in status_entities(tx, list(cards), viewer=owner)}
    entities = []
    for each in found:
        card = cards.get(each.last_object_id)
        if card is not None and str(card.id) in statuses:
            people = dict.fromkeys(person.uri for person in (card.author, *card.recipients) if person.uri != owner)
            entities.append(
                {
                    "id": str(each.id),
                    "unread": each.unread,
                    "accounts": account_entities(tx, uris=list(people)),
                    "last_status": statuses[str(card.id)],
                }
            )
    return entities


def conversation_entity_of(tx: Transaction, *, owner: str, object_id: int) -> Entity | None:
    """Return the Conversation entity of which a message is the newest; None when it is not that person's."""
    found = queries.find_ending_with(tx, owner=owner, object_id=object_id)
    return next(iter(_entities(tx, [] if found is None else [found], owner=owner)), None)


async def remove(call: Call) -> Reply:
    """Remove a conversation."""
    await call.write(conversations.remove_conversation, owner=call.me, conversation_id=call.row_id())
    return NOTHING


async def mark(call: Call, *, unread: bool) -> Reply:
    """Mark a conversation as read, or as unread."""
    return shown(await call.write(_mark, owner=call.me, conversation_id=call.row_id(), unread=unread))


def _mark(tx: Transaction, *, owner: str, conversation_id: int, unread: bool) -> Entity:
    conversations.mark(tx, owner=owner, conversation_id=conversation_id, unread=unread)
    found = _entities(tx, [queries.get_conversation(tx, owner=owner, conversation_id=conversation_id)], owner=owner)
    if not found:
        raise NotFoundError("Record not found")
    return found[0]


async def mute(call: Call, *, act: Callable[..., None]) -> Reply:
    """Mute or unmute a conversation."""
    return shown(await call.write(_mute, row_id=call.row_id(), owner=call.me, act=act))


def _mute(tx: Transaction, *, row_id: int, owner: str, act: Callable[..., None]) -> Entity:
    act(tx, owner=owner, object_id=entry(tx, row_id=row_id, viewer=owner).row.object_id)
    return status_entity_of(tx, row_id=row_id, viewer=owner)


_WRITE: Final = Access.person("write:conversations")
_MUTES: Final = Access.person("write:mutes")
_ONE: Final = "/api/v1/conversations/:id"
_STATUS: Final = "/api/v1/statuses/:id"
ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v1/conversations", access=Access.person("read:statuses"), handle=index),
    Endpoint(method="DELETE", path=_ONE, access=_WRITE, handle=remove),
    Endpoint(
        method="POST",
        path=f"{_ONE}/read",
        access=_WRITE,
        handle=partial(mark, unread=False),
        what="Mark a conversation as read.",
    ),
    Endpoint(
        method="POST",
        path=f"{_ONE}/unread",
        access=_WRITE,
        handle=partial(mark, unread=True),
        what="Mark a conversation as unread.",
    ),
    Endpoint(
        method="POST",
        path=f"{_STATUS}/mute",
        access=_MUTES,
        handle=partial(mute, act=admission.mute_thread),
        what="Mute a conversation: tell nothing more of the talk that a post is in.",
    ),
    Endpoint(
        method="POST",
        path=f"{_STATUS}/unmute",
        access=_MUTES,
        handle=partial(mute, act=admission.unmute_thread),
        what="Unmute a conversation: tell again of the talk that a post is in.",
    ),
)
