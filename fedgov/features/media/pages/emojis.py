"""Custom emoji of this instance on pages: those to choose from, and where administrators look after them."""

from __future__ import annotations

from typing import Any, Final

from quart import Response, redirect, request
from sqlalchemy import Row
from werkzeug.wrappers import Response as AnyResponse

from fedgov.features.media.service import emojis as service
from fedgov.federation import emojis
from fedgov.kernel.errors import ConflictError, InvalidError
from fedgov.kernel.pagination import page_request
from fedgov.store.transaction import Transaction
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.redirects import redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.rows import EmojiRow
from fedgov.web.session import require_administrator, require_visitor

_PATH: Final = "/admin/emojis"
_FIELDS: Final = ("shortcode", "category", "picture")


async def choose() -> Response:
    """Show the emoji that may be used in texts, with their names."""
    await require_visitor()
    found = [each for each in await current_instance().read(_rows) if not each.hidden]
    return await render("posts/emojis.html", emojis=found)


async def lead_to_picture(emoji_id: int) -> AnyResponse:
    """Lead whoever opens the address of an emoji in a browser to its picture."""
    row = await current_instance().read(emojis.get, emoji_id=emoji_id)
    # A program gets the document at this address.
    response = redirect(f"/media/{row.token}", 302)
    response.headers.update({"Vary": "Accept", "Cache-Control": "private, no-cache"})
    return response


async def show_emojis() -> Response:
    """Show all emoji, hidden ones too, with the form for a new one."""
    await require_administrator()
    return await _page(form=Form())


async def change_emojis() -> Response:
    """Add an emoji, hide it, list it again, put it under another heading, or remove it."""
    await require_administrator()
    form, instance = await read_form(), current_instance()
    try:
        match action := form.value("action"):
            case "add":
                await service.add(
                    instance,
                    shortcode=form.value("shortcode"),
                    category=form.value("category"),
                    data=await _picture(),
                )
            case "hide" | "show" | "remove":
                act = {"hide": service.hide, "show": service.show, "remove": service.remove}[action]
                await instance.write(act, emoji_id=_row_id(form))
            case "categorise":
                await instance.write(service.categorise, emoji_id=_row_id(form), category=form.value("heading"))
            case _:
                raise InvalidError("choose what to do with the emoji", field="action")
    except (InvalidError, ConflictError) as error:
        if form.value("action") != "add":
            raise
        t = await current_translator()
        field = error.field if isinstance(error, InvalidError) else "shortcode"
        return await _page(form=form.with_error(field if field in _FIELDS else "", t.gettext(error.safe)), status=422)
    return redirect_to(_PATH, notice="emojis_changed")


async def _picture() -> bytes:
    upload = (await request.files).get("picture")
    data = upload.read(service.MAX_BYTES + 1) if upload is not None else b""
    if not data:
        raise InvalidError("choose a picture: PNG, JPEG, WebP or GIF", field="picture")
    return data


def _row_id(form: Form) -> int:
    number = page_request(max_id=form.value("emoji")).max_id
    if number is None:
        raise InvalidError("there is no such emoji")
    return number


async def _page(*, form: Form, status: int = 200) -> Response:
    found = await current_instance().read(_rows)
    headings = sorted({each.category for each in found if each.category})
    return await render("administration/emojis.html", status=status, form=form, emojis=found, headings=headings)


def _rows(tx: Transaction) -> list[EmojiRow]:
    return [_row(row) for row in emojis.every(tx)]


def _row(row: Row[Any]) -> EmojiRow:
    return EmojiRow(
        id=row.id,
        shortcode=row.shortcode,
        category=row.category,
        url=f"/media/{row.token}/preview",
        hidden=row.hidden,
        created_at=row.created_at,
    )
