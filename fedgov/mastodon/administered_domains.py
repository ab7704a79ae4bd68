"""Other servers, for administrators: with which nothing is exchanged, and which are trusted.

Spec: https://docs.joinmastodon.org/methods/admin/domain_blocks/; methods/admin/domain_allows
"""

from __future__ import annotations

from typing import Final

from fedgov.features.trust import queries, service
from fedgov.features.trust.vocabulary import Rule
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.administration import admin_domain_allow, admin_domain_block
from fedgov.mastodon.replies import NOTHING, listed, shown
from fedgov.store.transaction import Transaction

DEFAULT: Final = 100
MOST: Final = 200


def _page(tx: Transaction, *, rule: Rule, page: PageRequest) -> Page[Entity]:
    found = queries.rules_page(tx, rule=rule, page=page)
    entity = admin_domain_block if rule == "blocked" else admin_domain_allow
    return found.with_items([entity(row) for row in found.items])


async def _index(call: Call, rule: Rule) -> Reply:
    page = await call.read(_page, rule=rule, page=call.parameters.page(default=DEFAULT, maximum=MOST))
    return listed(page.items, links=call.links(page))


def _remove(tx: Transaction, *, rule: Rule, rule_id: int) -> None:
    service.remove_rule(tx, domain=queries.get_rule(tx, rule=rule, rule_id=rule_id).domain)


# --- blocked ----------------------------------------------------------------------------------------------------


async def blocks(call: Call) -> Reply:
    """List all blocked domains."""
    return await _index(call, "blocked")


async def show_block(call: Call) -> Reply:
    """Get a single blocked domain."""
    return shown(admin_domain_block(await call.read(queries.get_rule, rule="blocked", rule_id=call.row_id())))


async def block(call: Call) -> Reply:
    """Block a domain from federating; `suspend` is the one severity that there is."""
    sent = call.parameters
    _check_severity(sent.text("severity", "silence"))
    found = await call.write(
        _block,
        domain=sent.text("domain"),
        reason=sent.text("public_comment"),
        note=sent.text("private_comment"),
        by=call.me,
    )
    return shown(found)


def _check_severity(severity: str) -> None:
    """Refuse what this server cannot do, rather than do more than was asked."""
    if severity != "suspend":
        raise InvalidError("severity must be suspend: nothing less is done with a whole server here", field="severity")


def _block(tx: Transaction, *, domain: str, reason: str, note: str, by: str) -> Entity:
    known = queries.find_rule(tx, domain=service.read_domain(domain))
    if known is not None and known.rule == "blocked":
        raise InvalidError("this domain is blocked already", field="domain")
    stored = service.block(tx, domain=domain, reason=reason, note=note, by=by)
    row = queries.find_rule(tx, domain=stored)
    return admin_domain_block(queries.get_rule(tx, rule="blocked", rule_id=row.id if row is not None else 0))


async def change_block(call: Call) -> Reply:
    """Update a domain block: why it is there."""
    sent = call.parameters
    if sent.has("severity"):
        _check_severity(sent.text("severity"))
    reason = sent.text("public_comment") if sent.has("public_comment") else None
    note = sent.text("private_comment") if sent.has("private_comment") else None
    return shown(await call.write(_describe, rule_id=call.row_id(), reason=reason, note=note))


def _describe(tx: Transaction, *, rule_id: int, reason: str | None, note: str | None) -> Entity:
    row = queries.get_rule(tx, rule="blocked", rule_id=rule_id)
    service.describe_rule(
        tx,
        domain=row.domain,
        reason=row.reason if reason is None else reason,
        note=row.note if note is None else note,
    )
    return admin_domain_block(queries.get_rule(tx, rule="blocked", rule_id=rule_id))


async def unblock(call: Call) -> Reply:
    """Remove a domain block."""
    await call.write(_remove, rule="blocked", rule_id=call.row_id())
    return NOTHING


# --- trusted ----------------------------------------------------------------------------------------------------


async def allows(call: Call) -> Reply:
    """List all allowed domains."""
    return await _index(call, "listed")


async def show_allow(call: Call) -> Reply:
    """Get a single allowed domain."""
    return shown(admin_domain_allow(await call.read(queries.get_rule, rule="listed", rule_id=call.row_id())))


async def allow(call: Call) -> Reply:
    """Allow a domain to federate; it counts where only trusted servers are let in."""
    return shown(await call.write(_allow, domain=call.parameters.text("domain"), by=call.me))


def _allow(tx: Transaction, *, domain: str, by: str) -> Entity:
    known = queries.find_rule(tx, domain=service.read_domain(domain))
    if known is None or known.rule != "listed":
        stored = service.allow(tx, domain=domain, by=by)
        known = queries.find_rule(tx, domain=stored)
    return admin_domain_allow(queries.get_rule(tx, rule="listed", rule_id=known.id if known is not None else 0))


async def disallow(call: Call) -> Reply:
    """Delete an allowed domain."""
    await call.write(_remove, rule="listed", rule_id=call.row_id())
    return NOTHING


_READ: Final = Access.administrator("admin:read:domain_blocks")
_WRITE: Final = Access.administrator("admin:write:domain_blocks")
_READ_ALLOWS: Final = Access.administrator("admin:read:domain_allows")
_WRITE_ALLOWS: Final = Access.administrator("admin:write:domain_allows")
_BLOCKS: Final = "/api/v1/admin/domain_blocks"
_ALLOWS: Final = "/api/v1/admin/domain_allows"

ENDPOINTS: Final = (
    Endpoint(method="GET", path=_BLOCKS, access=_READ, handle=blocks),
    Endpoint(method="POST", path=_BLOCKS, access=_WRITE, handle=block),
    Endpoint(method="GET", path=f"{_BLOCKS}/:id", access=_READ, handle=show_block),
    Endpoint(method="PUT", path=f"{_BLOCKS}/:id", access=_WRITE, handle=change_block),
    Endpoint(method="DELETE", path=f"{_BLOCKS}/:id", access=_WRITE, handle=unblock),
    Endpoint(method="GET", path=_ALLOWS, access=_READ_ALLOWS, handle=allows),
    Endpoint(method="POST", path=_ALLOWS, access=_WRITE_ALLOWS, handle=allow),
    Endpoint(method="GET", path=f"{_ALLOWS}/:id", access=_READ_ALLOWS, handle=show_allow),
    Endpoint(method="DELETE", path=f"{_ALLOWS}/:id", access=_WRITE_ALLOWS, handle=disallow),
)
