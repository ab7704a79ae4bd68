"""Who quotes a post, and who may.

Spec: https://docs.joinmastodon.org/methods/statuses/#quotes
"""

from __future__ import annotations

from typing import Final

from fedgov.features.posts.queries import quotes as queries
from fedgov.features.posts.queries.entries import entry
from fedgov.features.posts.service import publishing, quoting
from fedgov.features.posts.vocabulary import QuotePolicy
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.replies import listed, shown
from fedgov.mastodon.shelves import status_entities, status_entity_of
from fedgov.mastodon.writing import quote_policy_of
from fedgov.store.transaction import Transaction


async def list_quotes(call: Call) -> Reply:
    """See quotes of a status."""
    page = await call.read(_quotes, row_id=call.row_id(), viewer=call.me, request=call.parameters.page())
    return listed(page.items, links=call.links(page))


def _quotes(tx: Transaction, *, row_id: int, viewer: str, request: PageRequest) -> Page[Entity]:
    quoted = entry(tx, row_id=row_id, viewer=viewer).row
    page = queries.quotes_page(tx, object_id=quoted.object_id, viewer=viewer, page=request)
    return page.with_items(status_entities(tx, page.items, viewer=viewer))


async def revoke(call: Call) -> Reply:
    """Revoke a quote post."""
    quoting_id = call.row_id("quoting_status_id")
    return shown(await call.write(_revoke, row_id=call.row_id(), quoting_id=quoting_id, actor=call.me))


def _revoke(tx: Transaction, *, row_id: int, quoting_id: int, actor: str) -> Entity:
    quoted = entry(tx, row_id=row_id, viewer=actor).row
    found = entry(tx, row_id=quoting_id, viewer=actor).row
    try:
        publishing.revoke_quote(tx, actor=actor, object_id=quoted.object_id, quoting_id=found.object_id)
    except ForbiddenError as error:
        raise NotFoundError("Record not found") from error
    return status_entity_of(tx, row_id=found.object_id, viewer=actor)


async def set_policy(call: Call) -> Reply:
    """Edit a status' interaction policies."""
    wanted = quote_policy_of(call.parameters)
    if wanted is None:
        raise InvalidError("quote_approval_policy is missing", field="quote_approval_policy")
    return shown(await call.write(_set_policy, row_id=call.row_id(), actor=call.me, wanted=wanted))


def _set_policy(tx: Transaction, *, row_id: int, actor: str, wanted: QuotePolicy) -> Entity:
    row = entry(tx, row_id=row_id, viewer=actor).row
    if row.author != actor:
        raise NotFoundError("Record not found")
    meant = quoting.meant_by_app(wanted, present=quoting.policy_of(row)) or wanted
    publishing.change_quote_policy(tx, actor=actor, object_id=row.object_id, quote_policy=meant)
    return status_entity_of(tx, row_id=row.object_id, viewer=actor)


_PATH: Final = "/api/v1/statuses/:id"
_READ: Final = Access.person("read:statuses")
_WRITE: Final = Access.person("write:statuses")
ENDPOINTS: Final = (
    Endpoint(method="GET", path=f"{_PATH}/quotes", access=_READ, handle=list_quotes),
    Endpoint(method="POST", path=f"{_PATH}/quotes/:quoting_status_id/revoke", access=_WRITE, handle=revoke),
    Endpoint(method="PUT", path=f"{_PATH}/interaction_policy", access=_WRITE, handle=set_policy),
)
