"""Everybody who is known, here and elsewhere, as administrators look for them. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, select

from fedgov.features.people import queries
from fedgov.features.people.tables import accounts, sanctions, sessions
from fedgov.kernel.errors import NotFoundError
from fedgov.kernel.pagination import Page, PageRequest
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction

State = Literal["active", "pending", "disabled", "silenced", "suspended"]

_ROLL: Final = (
    select(
        actors.c.id,
        actors.c.uri,
        actors.c.username,
        actors.c.host,
        actors.c.local,
        actors.c.created_at,
        accounts.c.id.label("account_id"),
        accounts.c.email,
        accounts.c.language,
        accounts.c.administrator,
        accounts.c.pending,
        accounts.c.reason,
        accounts.c.disabled_at,
        sanctions.c.limited_at,
        sanctions.c.sensitive_at,
        sanctions.c.suspended_at,
    )
    .select_from(actors)
    .outerjoin(accounts, accounts.c.actor_uri == actors.c.uri)
    .outerjoin(sanctions, sanctions.c.actor_uri == actors.c.uri)
    .where(actors.c.deleted_at.is_(None))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Whom an administrator looks for; what is not given does not count.

    Args:
        local: True for people of this instance, False for people elsewhere.
        state: What holds for them; the active are those for whom nothing does.
        staff: Only administrators.
        username: How the user name begins.
        display_name: How the name begins.
        host: Of which server.
        email: The whole e-mail address.
    """

    local: bool | None = None
    state: State | None = None
    staff: bool = False
    username: str = ""
    display_name: str = ""
    host: str = ""
    email: str = ""


def seek(tx: Transaction, *, sought: Sought, page: PageRequest) -> Page[Row[Any]]:
    """Return a page of people, those first whom we know for the shortest time.

    Args:
        tx: The open transaction.
        sought: Whom.
        page: Which part.
    """
    query = _ROLL.where(actors.c.kind != "Application", *_conditions(sought))
    return queries.paged(tx, query, column=actors.c.id, page=page)


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if sought.local is not None:
        found.append(actors.c.local.is_(sought.local))
    if sought.staff:
        found.append(accounts.c.administrator)
    if sought.username:
        found.append(actors.c.username.ilike(f"{_literal(sought.username)}%", escape="!"))
    if sought.display_name:
        found.append(actors.c.name.ilike(f"{_literal(sought.display_name)}%", escape="!"))
    if sought.host:
        found.append(actors.c.host == sought.host.lower())
    if sought.email:
        found.append(accounts.c.email == sought.email)
    return [*found, *_STATES.get(sought.state or "", ())]


_STATES: Final[dict[str, tuple[ColumnElement[bool], ...]]] = {
    "pending": (accounts.c.pending,),
    "disabled": (accounts.c.disabled_at.is_not(None), accounts.c.pending.is_(False)),
    "silenced": (sanctions.c.limited_at.is_not(None),),
    "suspended": (sanctions.c.suspended_at.is_not(None),),
    "active": (accounts.c.disabled_at.is_(None), sanctions.c.suspended_at.is_(None)),
}


def _literal(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def entries(tx: Transaction, *, uris: Collection[str]) -> dict[str, Row[Any]]:
    """Return what is known of some people, by URI; the server itself can be one of them."""
    rows = tx.rows(_ROLL.where(actors.c.uri.in_(list(uris)))) if uris else ()
    return {row.uri: row for row in rows}


def entry(tx: Transaction, *, row_id: int) -> Row[Any]:
    """Return what is known of somebody.

    Args:
        tx: The open transaction.
        row_id: Of the actor.

    Raises:
        NotFoundError: There is nobody.
    """
    row = tx.row(_ROLL.where(actors.c.id == row_id, actors.c.kind != "Application"))
    if row is None:
        raise NotFoundError("there is no such person")
    return row


def addresses(tx: Transaction, *, account_ids: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    """Return from where people are logged in, and when they were last seen there, by account, the newest first."""
    query = select(sessions.c.account_id, sessions.c.address, sessions.c.seen_at).where(
        sessions.c.account_id.in_(list(account_ids)), sessions.c.address != ""
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for row in tx.rows(query.order_by(sessions.c.seen_at.desc())) if account_ids else ():
        found.setdefault(row.account_id, []).append((row.address, row.seen_at))
    return found
