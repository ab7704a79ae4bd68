"""The accounts of the instance, for its administrator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quart import Response

from fedgov.features.people import present, queries
from fedgov.features.people.pages.lists import links
from fedgov.features.people.pages.logins import with_words
from fedgov.features.people.pages.row_ids import asked_row_id, read_row_id
from fedgov.features.people.service import accounts
from fedgov.kernel.errors import ConflictError, InvalidError
from fedgov.store.transaction import Transaction
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.redirects import redirect_to
from fedgov.web.render import render
from fedgov.web.rows import AccountRow
from fedgov.web.session import Visitor, require_administrator

_PATH = "/admin/accounts"


async def show_accounts() -> Response:
    """Show all accounts, with the form for a new one."""
    await require_administrator()
    return await _page(form=Form())


async def change_accounts() -> Response:
    """Make, disable or enable an account, or answer somebody who waits for one."""
    visitor, form = await require_administrator(), await read_form()
    actions = {"create": _create, "disable": _disable, "enable": _enable, "approve": _approve, "reject": _reject}
    if form.value("action") not in actions:
        raise InvalidError("choose what to do with the account", field="action")
    try:
        notice = await actions[form.value("action")](form, visitor)
    except (InvalidError, ConflictError) as error:
        return await _page(form=await with_words(form, error), status=422)
    return redirect_to(_PATH, notice=notice)


async def _create(form: Form, _visitor: Visitor) -> str:
    await accounts.open_account(
        current_instance(),
        username=form.value("username"),
        password=form.value("password"),
        name=form.value("name"),
        function=form.value("function"),
        administrator=form.has("administrator"),
    )
    return "account_created"


async def _disable(form: Form, visitor: Visitor) -> str:
    await current_instance().write(_switch, form=form, by=visitor.account_id, off=True)
    return "account_disabled"


async def _approve(form: Form, _visitor: Visitor) -> str:
    await current_instance().write(_answer, form=form, answer=accounts.approve)
    return "account_enabled"


async def _reject(form: Form, _visitor: Visitor) -> str:
    await current_instance().write(_answer, form=form, answer=accounts.reject)
    return "removed"


def _answer(tx: Transaction, *, form: Form, answer: Callable[..., None]) -> None:
    answer(tx, account_id=_meant(tx, form=form))


async def _enable(form: Form, visitor: Visitor) -> str:
    await current_instance().write(_switch, form=form, by=visitor.account_id, off=False)
    return "account_enabled"


def _switch(tx: Transaction, *, form: Form, by: int, off: bool) -> None:
    account_id = _meant(tx, form=form)
    if off:
        accounts.disable(tx, account_id=account_id, by=by)
    else:
        accounts.enable(tx, account_id=account_id)


def _meant(tx: Transaction, *, form: Form) -> int:
    """Return the account that the form names by row id or by actor."""
    number, actor = form.value("account"), form.value("actor")
    found = queries.account_of(tx, actor=actor) if actor else None
    if found is not None:
        return int(found.id)
    account_id = read_row_id(number)
    if account_id is None:
        raise InvalidError("there is no such account")
    return int(queries.account(tx, account_id=account_id).id)


async def _page(*, form: Form, status: int = 200) -> Response:
    values = await current_instance().read(_values, before=asked_row_id("before"), after=asked_row_id("after"))
    return await render("administration/accounts.html", status=status, form=form, **values)


def _values(tx: Transaction, *, before: int | None, after: int | None) -> dict[str, Any]:
    page = queries.accounts_page(tx, before=before, after=after)
    uris = [row.actor_uri for row in page.rows]
    cards, posts = present.person_cards(tx, uris), queries.count_objects(tx, by=uris)
    rows = [
        AccountRow(
            id=row.id,
            person=cards[row.actor_uri],
            username=row.username,
            created_at=row.created_at,
            administrator=row.administrator,
            disabled=row.disabled_at is not None,
            pending=row.pending,
            reason=row.reason,
            last_seen_at=row.last_seen_at,
            posts=posts.get(row.actor_uri, 0),
        )
        for row in page.rows
    ]
    return {"accounts": rows, "pages": links(_PATH, page)}
