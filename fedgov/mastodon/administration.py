"""People and reports, for administrators.

Spec: https://docs.joinmastodon.org/methods/admin/accounts/; methods/admin/reports
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, Final

from sqlalchemy import Row

from fedgov.features.moderation import present
from fedgov.features.moderation import queries as report_queries
from fedgov.features.moderation import service as moderation
from fedgov.features.moderation.vocabulary import Category
from fedgov.features.people.service import accounts, removal, roll, sanctions
from fedgov.features.people.service.roll import Sought, State
from fedgov.federation.doors.answers import Reply
from fedgov.kernel.errors import ForbiddenError, InvalidError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.mastodon import people
from fedgov.mastodon.access import Access
from fedgov.mastodon.call import Call
from fedgov.mastodon.choices import choice
from fedgov.mastodon.endpoints import Endpoint
from fedgov.mastodon.entities.account import Entity
from fedgov.mastodon.entities.administration import admin_account, admin_report
from fedgov.mastodon.entities.instance import rule_entities
from fedgov.mastodon.parameters import Parameters
from fedgov.mastodon.replies import NOTHING, listed, shown
from fedgov.mastodon.shelves import account_entities, card_entities
from fedgov.store.transaction import Transaction

DEFAULT: Final = 100
MOST: Final = 200
_STATES: Final[tuple[State, ...]] = ("active", "pending", "disabled", "silenced", "suspended")


class Action(StrEnum):
    """What an administrator can do about somebody."""

    NONE = "none"
    SENSITIVE = "sensitive"
    DISABLE = "disable"
    SILENCE = "silence"
    SUSPEND = "suspend"


# --- people -----------------------------------------------------------------------------------------------------


async def index(call: Call) -> Reply:
    """View accounts (v1)."""
    sent = call.parameters
    state = next((each for each in _STATES if sent.flag(each)), None)
    origin = True if sent.flag("local") else False if sent.flag("remote") else None
    return await _people(call, _sought(sent, local=origin, state=state, staff=sent.flag("staff")))


async def index_v2(call: Call) -> Reply:
    """View accounts (v2)."""
    sent = call.parameters
    state = next((each for each in _STATES if each == sent.text("status")), None)
    origin = {"local": True, "remote": False}.get(sent.text("origin"))
    return await _people(call, _sought(sent, local=origin, state=state, staff=sent.text("permissions") == "staff"))


def _sought(sent: Parameters, *, local: bool | None, state: State | None, staff: bool) -> Sought:
    return Sought(
        local=local,
        state=state,
        staff=staff,
        username=sent.text("username").strip(),
        display_name=sent.text("display_name").strip(),
        host=sent.text("by_domain").strip(),
        email=sent.text("email").strip(),
    )


async def _people(call: Call, sought: Sought) -> Reply:
    wanted = call.parameters.page(default=DEFAULT, maximum=MOST)
    page = await call.read(_page, sought=sought, page=wanted)
    return listed(page.items, links=call.links(page))


def _page(tx: Transaction, *, sought: Sought, page: PageRequest) -> Page[Entity]:
    found = roll.seek(tx, sought=sought, page=page)
    return found.with_items(_entities(tx, found.items))


def _entities(tx: Transaction, rows: Sequence[Row[Any]]) -> list[Entity]:
    shown_as = {each["uri"]: each for each in account_entities(tx, uris=[row.uri for row in rows])}
    seen = roll.addresses(tx, account_ids=[row.account_id for row in rows if row.account_id is not None])
    return [
        admin_account(
            row,
            account=shown_as[row.uri],
            addresses=seen.get(row.account_id, ()),
            language=tx.config.instance.language,
        )
        for row in rows
        if row.uri in shown_as
    ]


def _entity(tx: Transaction, *, row_id: int) -> Entity:
    return _entities(tx, [roll.entry(tx, row_id=row_id)])[0]


async def show(call: Call) -> Reply:
    """View a specific account."""
    return shown(await call.read(_entity, row_id=call.row_id()))


Change = Callable[[Transaction, Row[Any], str], None]


async def _change(call: Call, *, change: Change) -> Reply:
    """Change what holds for somebody, and show them."""
    return shown(await call.write(_changed, row_id=call.row_id(), change=change, by=call.me))


def _changed(tx: Transaction, *, row_id: int, change: Change, by: str) -> Entity:
    change(tx, roll.entry(tx, row_id=row_id), by)
    return _entity(tx, row_id=row_id)


def _enable(tx: Transaction, row: Row[Any], _by: str) -> None:
    accounts.enable(tx, account_id=_account(row))


def _approve(tx: Transaction, row: Row[Any], _by: str) -> None:
    accounts.approve(tx, account_id=_account(row))


def _account(row: Row[Any]) -> int:
    if row.account_id is None:
        raise ForbiddenError("This action is not allowed")
    return int(row.account_id)


def _unsensitive(tx: Transaction, row: Row[Any], by: str) -> None:
    sanctions.unmark_sensitive(tx, actor=row.uri, by=by)


def _unsilence(tx: Transaction, row: Row[Any], by: str) -> None:
    sanctions.stop_limiting(tx, actor=row.uri, by=by)


def _unsuspend(tx: Transaction, row: Row[Any], by: str) -> None:
    sanctions.unsuspend(tx, actor=row.uri, by=by)


async def reject(call: Call) -> Reply:
    """Reject a pending account; it is deleted."""
    return shown(await call.write(_rejected, row_id=call.row_id()))


def _rejected(tx: Transaction, *, row_id: int) -> Entity:
    before = _entity(tx, row_id=row_id)
    accounts.reject(tx, account_id=_account(roll.entry(tx, row_id=row_id)))
    return before


async def delete(call: Call) -> Reply:
    """Delete an account that was suspended before, for good."""
    return shown(await call.write(_deleted, row_id=call.row_id()))


def _deleted(tx: Transaction, *, row_id: int) -> Entity:
    before, row = _entity(tx, row_id=row_id), roll.entry(tx, row_id=row_id)
    if row.suspended_at is None:
        raise ForbiddenError("This action is not allowed")
    if row.account_id is not None:
        accounts.delete_account(tx, account_id=row.account_id)
    else:
        removal.remove_actor(tx, uri=row.uri)
    return before


async def act(call: Call) -> Reply:
    """Perform an action against an account: cover what it posts, disable, limit or suspend it; or close a report."""
    chosen = choice(call.parameters, "type", Action)
    if chosen is None:
        raise InvalidError(f"type must be one of: {', '.join(Action)}", field="type")
    report = call.parameters.whole("report_id")
    await call.write(_act, row_id=call.row_id(), action=chosen, report_id=report, by=_caller(call))
    return NOTHING


def _caller(call: Call) -> tuple[str, int]:
    """Return the administrator who calls, by URI and by row id of the account."""
    return call.me, call.bearer.account_id if call.bearer is not None else 0


def _act(tx: Transaction, *, row_id: int, action: Action, report_id: int | None, by: tuple[str, int]) -> None:
    row, (actor, account_id) = roll.entry(tx, row_id=row_id), by
    match action:
        case Action.SENSITIVE:
            sanctions.mark_sensitive(tx, actor=row.uri, by=actor)
        case Action.DISABLE:
            accounts.disable(tx, account_id=_account(row), by=account_id)
        case Action.SILENCE:
            sanctions.limit(tx, actor=row.uri, by=actor)
        case Action.SUSPEND:
            sanctions.suspend(tx, actor=row.uri, by=actor)
        case Action.NONE:
            pass
    if report_id is not None:
        report = report_queries.get(tx, report_id=report_id)
        if report.target != row.uri:
            raise InvalidError("the report is about somebody else", field="report_id")
        if report.state == "open":
            moderation.decide(tx, report_id=report_id, resolved=True, by=actor)


# --- reports ----------------------------------------------------------------------------------------------------


async def reports(call: Call) -> Reply:
    """View all reports: those that wait, or those that were decided."""
    sent = call.parameters
    page = await call.read(
        _reports,
        page=sent.page(default=DEFAULT, maximum=MOST),
        closed=sent.flag("resolved"),
        reporter=sent.row_ids("account_id"),
        target=sent.row_ids("target_account_id"),
        viewer=call.me,
    )
    return listed(page.items, links=call.links(page))


def _reports(
    tx: Transaction, *, page: PageRequest, closed: bool, reporter: Sequence[int], target: Sequence[int], viewer: str
) -> Page[Entity]:
    found = report_queries.reports_page(
        tx,
        page=page,
        closed=closed,
        reporter=people.find(tx, row_id=reporter[0]).uri if reporter else None,
        target=people.find(tx, row_id=target[0]).uri if target else None,
    )
    return found.with_items(_report_entities(tx, found.items, viewer=viewer))


def _report_entities(tx: Transaction, rows: Sequence[Row[Any]], *, viewer: str) -> list[Entity]:
    concerned = {uri for row in rows for uri in (row.reporter, row.target, row.assigned_to, row.decided_by) if uri}
    known = _admin_accounts(tx, {*concerned, tx.site.organisation})
    nobody = known[tx.site.organisation]
    rules = rule_entities(tx.config)
    return [
        admin_report(
            row,
            people={row.reporter: nobody, row.target: nobody, **known},
            posts=card_entities(tx, shown_as.posts, viewer=viewer),
            rules=rules,
        )
        for row, shown_as in zip(rows, present.report_rows(tx, rows), strict=True)
    ]


def _admin_accounts(tx: Transaction, uris: Collection[str]) -> dict[str, Entity]:
    rows = list(roll.entries(tx, uris=uris).values())
    return {each["account"]["uri"]: each for each in _entities(tx, rows)}


def _report(tx: Transaction, *, report_id: int, viewer: str) -> Entity:
    return _report_entities(tx, [report_queries.get(tx, report_id=report_id)], viewer=viewer)[0]


async def show_report(call: Call) -> Reply:
    """View a single report."""
    return shown(await call.read(_report, report_id=call.row_id(), viewer=call.me))


Decision = Callable[[Transaction, int, str], None]


async def _decide(call: Call, *, decision: Decision) -> Reply:
    """Change a report, and show it."""
    return shown(await call.write(_decided, report_id=call.row_id(), decision=decision, by=call.me))


def _decided(tx: Transaction, *, report_id: int, decision: Decision, by: str) -> Entity:
    decision(tx, report_id, by)
    return _report(tx, report_id=report_id, viewer=by)


async def change_report(call: Call) -> Reply:
    """Update a report: of what kind the wrong is, and which rules were broken."""
    sent = call.parameters
    category = choice(sent, "category", Category)
    rules = sent.row_ids("rule_ids") if sent.has("rule_ids") else None

    def classify(tx: Transaction, report_id: int, _by: str) -> None:
        moderation.classify(tx, report_id=report_id, category=category, rules=rules)

    return await _decide(call, decision=classify)


def _assign(tx: Transaction, report_id: int, by: str) -> None:
    moderation.assign(tx, report_id=report_id, to=by)


def _unassign(tx: Transaction, report_id: int, _by: str) -> None:
    moderation.assign(tx, report_id=report_id, to=None)


def _resolve(tx: Transaction, report_id: int, by: str) -> None:
    if report_queries.get(tx, report_id=report_id).state == "open":
        moderation.decide(tx, report_id=report_id, resolved=True, by=by)


def _reopen(tx: Transaction, report_id: int, _by: str) -> None:
    if report_queries.get(tx, report_id=report_id).state != "open":
        moderation.reopen(tx, report_id=report_id)


_READ: Final = Access.administrator("admin:read:accounts")
_WRITE: Final = Access.administrator("admin:write:accounts")
_READ_REPORTS: Final = Access.administrator("admin:read:reports")
_WRITE_REPORTS: Final = Access.administrator("admin:write:reports")
_PATH: Final = "/api/v1/admin/accounts"
_ONE: Final = f"{_PATH}/:id"
_REPORTS: Final = "/api/v1/admin/reports"
_REPORT: Final = f"{_REPORTS}/:id"

_CHANGES: Final[tuple[tuple[str, Change, str], ...]] = (
    ("approve", _approve, "Approve a pending account."),
    ("enable", _enable, "Enable a currently disabled account."),
    ("unsensitive", _unsensitive, "Unmark an account as sensitive."),
    ("unsilence", _unsilence, "Unsilence an account: limit it no more."),
    ("unsuspend", _unsuspend, "Unsuspend an account."),
)
_DECISIONS: Final[tuple[tuple[str, Decision, str], ...]] = (
    ("assign_to_self", _assign, "Assign a report to yourself."),
    ("unassign", _unassign, "Unassign a report."),
    ("resolve", _resolve, "Mark a report as resolved."),
    ("reopen", _reopen, "Reopen a closed report."),
)

ENDPOINTS: Final = (
    Endpoint(method="GET", path=_PATH, access=_READ, handle=index),
    Endpoint(method="GET", path="/api/v2/admin/accounts", access=_READ, handle=index_v2),
    Endpoint(method="GET", path=_ONE, access=_READ, handle=show),
    Endpoint(method="DELETE", path=_ONE, access=_WRITE, handle=delete),
    Endpoint(method="POST", path=f"{_ONE}/action", access=_WRITE, handle=act),
    Endpoint(method="POST", path=f"{_ONE}/reject", access=_WRITE, handle=reject),
    *(
        Endpoint(method="POST", path=f"{_ONE}/{name}", access=_WRITE, handle=partial(_change, change=change), what=what)
        for name, change, what in _CHANGES
    ),
    Endpoint(method="GET", path=_REPORTS, access=_READ_REPORTS, handle=reports),
    Endpoint(method="GET", path=_REPORT, access=_READ_REPORTS, handle=show_report),
    Endpoint(method="PUT", path=_REPORT, access=_WRITE_REPORTS, handle=change_report),
    *(
        Endpoint(
            method="POST",
            path=f"{_REPORT}/{name}",
            access=_WRITE_REPORTS,
            handle=partial(_decide, decision=decision),
            what=what,
        )
        for name, decision, what in _DECISIONS
    ),
)
