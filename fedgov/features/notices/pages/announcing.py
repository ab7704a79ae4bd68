"""What administrators tell everybody: the page where they write it, and what readers do with it."""

from __future__ import annotations

from typing import Final

from quart import Response, request

from fedgov.features.notices.present import all_announcement_cards
from fedgov.features.notices.queries import announcements as queries
from fedgov.features.notices.service import announcements
from fedgov.kernel.errors import InvalidError
from fedgov.kernel.pagination import page_request
from fedgov.web.days import as_typed, beginning_of, end_of
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, form_of, read_form
from fedgov.web.redirects import back, redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.session import require_administrator, require_visitor

_PATH: Final = "/admin/announcements"


async def answer() -> Response:
    """Let the reader see an announcement no more, or put an emoji under it; the same one once more takes it away."""
    visitor, form = await require_visitor(), await read_form()
    number, instance = _row_id(form), current_instance()
    if "emoji" not in form.values:
        await instance.write(announcements.dismiss, reader=visitor.actor_uri, announcement_id=number)
        return await back(default="/home", notice="done")
    act = announcements.unreact if form.has("mine") else announcements.react
    await instance.write(act, reader=visitor.actor_uri, announcement_id=number, emoji=form.value("emoji"))
    return await back(default="/home")


async def show_announcements() -> Response:
    """Show all announcements, with the form for a new one, or for one that is changed."""
    await require_administrator()
    number = page_request(max_id=request.args.get("change")).max_id
    if number is None:
        return await _page(form=Form(), changed=None)
    found = await current_instance().read(queries.get, announcement_id=number)
    values = {"text": found.text, "starts": as_typed(found.starts_at), "ends": as_typed(found.ends_at)}
    return await _page(form=form_of(values), changed=number)


async def change_announcements() -> Response:
    """Write, change, publish, withdraw or remove an announcement."""
    visitor, form = await require_administrator(), await read_form()
    action, instance = form.value("action"), current_instance()
    try:
        match action:
            case "publish" | "withdraw" | "remove":
                act = {
                    "publish": announcements.publish,
                    "withdraw": announcements.withdraw,
                    "remove": announcements.remove,
                }[action]
                await instance.write(act, announcement_id=_row_id(form))
            case "change":
                await instance.write(
                    announcements.change,
                    announcement_id=_row_id(form),
                    text=form.value("text"),
                    starts_at=beginning_of(form.value("starts"), field="starts"),
                    ends_at=end_of(form.value("ends"), field="ends"),
                    all_day=True,
                )
            case "write" | "draft":
                await instance.write(
                    announcements.write,
                    text=form.value("text"),
                    starts_at=beginning_of(form.value("starts"), field="starts"),
                    ends_at=end_of(form.value("ends"), field="ends"),
                    all_day=True,
                    published=action == "write",
                    by=visitor.actor_uri,
                )
            case _:
                raise InvalidError("choose what to do with the announcement", field="action")
    except InvalidError as error:
        if error.field not in ("text", "starts", "ends"):
            raise
        t = await current_translator()
        wrong = form.with_refusal(error, message=t.gettext(error.safe))
        return await _page(form=wrong, changed=_row_id(form) if action == "change" else None, status=422)
    return redirect_to(_PATH, notice="saved_announcement")


def _row_id(form: Form) -> int:
    number = page_request(max_id=form.value("announcement")).max_id
    if number is None:
        raise InvalidError("there is no such announcement")
    return number


async def _page(*, form: Form, changed: int | None, status: int = 200) -> Response:
    found = await current_instance().read(all_announcement_cards)
    return await render(
        "administration/announcements.html", status=status, form=form, announcements=found, changed=changed
    )
