"""From whom a person wants to hear, and who waits.

Spec: https://docs.joinmastodon.org/methods/notifications/#get-policy
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from fedgov.features.notices.queries import admission as queries
from fedgov.features.notices.service import admission as service
from fedgov.features.notices.vocabulary import NotificationPolicy, NotificationRequest, Wish
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.choices import choice
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.notification import policy_entity, request_entity
from fedgov.mastodon.remembered import accounts_of
from fedgov.mastodon.replies import NOTHING, listed, shown
from fedgov.mastodon.shelves import status_entities
from fedgov.store.transaction import Transaction

_MOST: Final = 80


async def show_policy(call: Call) -> Reply:
    """Get the filtering policy for notifications."""
    return shown(await call.read(_policy, owner=call.me))


async def change_policy(call: Call) -> Reply:
    """Update the filtering policy for notifications."""
    before = await call.read(queries.policy_of, owner=call.me)
    sent = call.parameters
    wanted = NotificationPolicy(
        not_following=choice(sent, "for_not_following", Wish) or before.not_following,
        not_followers=choice(sent, "for_not_followers", Wish) or before.not_followers,
        new_accounts=choice(sent, "for_new_accounts", Wish) or before.new_accounts,
        private_mentions=choice(sent, "for_private_mentions", Wish) or before.private_mentions,
        limited_accounts=choice(sent, "for_limited_accounts", Wish) or before.limited_accounts,
    )
    await call.write(service.set_policy, owner=call.me, wanted=wanted)
    return shown(await call.read(_policy, owner=call.me))


def _policy(tx: Transaction, *, owner: str) -> Entity:
    requests, notifications = queries.pending(tx, owner=owner)
    return policy_entity(queries.policy_of(tx, owner=owner), requests=requests, notifications=notifications)


async def index(call: Call) -> Reply:
    """Get all notification requests."""
    page = await call.read(_index, owner=call.me, request=call.parameters.page(default=40, maximum=_MOST))
    return listed(page.items, links=call.links(page))


def _index(tx: Transaction, *, owner: str, request: PageRequest) -> Page[Entity]:
    page = queries.request_page(tx, owner=owner, request=request)
    return page.with_items(_entities(tx, page.items, owner=owner))


async def show(call: Call) -> Reply:
    """Get a single notification request."""
    return shown(await call.read(_show, owner=call.me, request_id=call.row_id()))


def _show(tx: Transaction, *, owner: str, request_id: int) -> Entity:
    (found,) = _entities(tx, [queries.get_request(tx, owner=owner, request_id=request_id)], owner=owner)
    return found


def _entities(tx: Transaction, found: Sequence[NotificationRequest], *, owner: str) -> list[Entity]:
    known = accounts_of(tx, uris=[each.actor for each in found])
    ids = [each.last_object_id for each in found if each.last_object_id is not None]
    statuses = {status["id"]: status for status in status_entities(tx, ids, viewer=owner)}
    return [
        request_entity(
            each,
            account=known[each.actor],
            last_status=statuses.get(str(each.last_object_id)),
        )
        for each in found
        if each.actor in known
    ]


async def accept(call: Call) -> Reply:
    """Accept a single notification request."""
    await call.write(service.accept_request, owner=call.me, request_id=call.row_id())
    return NOTHING


async def dismiss(call: Call) -> Reply:
    """Dismiss a single notification request."""
    await call.write(service.dismiss_request, owner=call.me, request_id=call.row_id())
    return NOTHING


async def accept_many(call: Call) -> Reply:
    """Accept multiple notification requests; either all or none."""
    await call.write(_all, service.accept_request, owner=call.me, ids=call.parameters.row_ids("id")[:_MOST])
    return NOTHING


async def dismiss_many(call: Call) -> Reply:
    """Dismiss multiple notification requests; either all or none."""
    await call.write(_all, service.dismiss_request, owner=call.me, ids=call.parameters.row_ids("id")[:_MOST])
    return NOTHING


def _all(tx: Transaction, act: Callable[..., None], *, owner: str, ids: Sequence[int]) -> None:
    for number in ids:
        act(tx, owner=owner, request_id=number)


async def merged(_call: Call) -> Reply:
    """Check if accepted notification requests have been merged: that is part of accepting them."""
    return shown({"merged": True})


_READ: Final = Access.person("read:notifications")
_WRITE: Final = Access.person("write:notifications")
_REQUESTS: Final = "/api/v1/notifications/requests"
ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v2/notifications/policy", access=_READ, handle=show_policy),
    Endpoint(method="PATCH", path="/api/v2/notifications/policy", access=_WRITE, handle=change_policy),
    Endpoint(method="GET", path=_REQUESTS, access=_READ, handle=index),
    Endpoint(method="GET", path=f"{_REQUESTS}/merged", access=_READ, handle=merged),
    Endpoint(method="POST", path=f"{_REQUESTS}/accept", access=_WRITE, handle=accept_many),
    Endpoint(method="POST", path=f"{_REQUESTS}/dismiss", access=_WRITE, handle=dismiss_many),
    Endpoint(method="GET", path=f"{_REQUESTS}/:id", access=_READ, handle=show),
    Endpoint(method="POST", path=f"{_REQUESTS}/:id/accept", access=_WRITE, handle=accept),
    Endpoint(method="POST", path=f"{_REQUESTS}/:id/dismiss", access=_WRITE, handle=dismiss),
)
