"""Which programs can use somebody's account."""

from __future__ import annotations

from urllib.parse import urlsplit

from quart import Response

from fedgov.features.people.pages.row_ids import read_row_id
from fedgov.features.people.service import apps, tokens
from fedgov.features.people.service.apps import Allowed
from fedgov.kernel.errors import InvalidError
from fedgov.web.desk import current_instance
from fedgov.web.forms import read_form
from fedgov.web.redirects import redirect_to
from fedgov.web.render import render
from fedgov.web.rows import AppRow
from fedgov.web.session import require_visitor


async def show_apps() -> Response:
    """Show which programs can use the reader's account."""
    visitor = await require_visitor()
    found = await current_instance().read(apps.allowed, account_id=visitor.account_id)
    return await render("people/settings_apps.html", apps=[_row(each) for each in found])


def _row(each: Allowed) -> AppRow:
    website = None if each.app is None else each.app.website
    return AppRow(
        app_id=None if each.app is None else each.app.id,
        token_id=each.token_id,
        name=each.name,
        website=website,
        website_host="" if website is None else urlsplit(website).netloc,
        scopes=tuple(each.scopes.split()),
        since=each.since,
        last_used_at=each.last_used_at,
    )


async def withdraw_app() -> Response:
    """Shut out a program of the reader's."""
    visitor, form = await require_visitor(), await read_form()
    app_id, token_id = read_row_id(form.value("app")), read_row_id(form.value("token"))
    instance = current_instance()
    if app_id is not None:
        await instance.write(apps.withdraw, account_id=visitor.account_id, app_id=app_id)
    elif token_id is not None:
        await instance.write(tokens.revoke_token, account_id=visitor.account_id, token_id=token_id)
    else:
        raise InvalidError("there is no such app", field="app")
    return redirect_to("/settings/apps", notice="app_withdrawn")
