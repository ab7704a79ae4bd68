"""Coming from another account, going on under another one, and leaving for good."""

from __future__ import annotations

from typing import Any

import orjson
from quart import Response

from fedgov.features.people import present, queries
from fedgov.features.people.pages.logins import with_words
from fedgov.features.people.service import accounts, logins, moves
from fedgov.federation import actors
from fedgov.kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    UnreachableError,
)
from fedgov.kernel.uris import parse_handle
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PersonCard
from fedgov.web.desk import client_address, current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.redirects import redirect_to
from fedgov.web.render import render
from fedgov.web.session import Visitor, require_visitor

_PATH = "/settings/account"


async def show_account() -> Response:
    """Show the reader's other accounts, and what moving and deleting do."""
    return await _page(await require_visitor(), form=Form())


async def change_account() -> Response:
    """Say or no longer say that the reader is also somebody elsewhere; move; delete the account."""
    visitor, form = await require_visitor(), await read_form()
    try:
        match form.value("action"):
            case "add_alias":
                alias = await _somebody(form.value("alias"), field="alias")
                await current_instance().write(moves.add_alias, actor=visitor.actor_uri, alias=alias)
                return redirect_to(_PATH, notice="saved")
            case "remove_alias":
                alias = form.value("alias_uri")
                await current_instance().write(moves.remove_alias, actor=visitor.actor_uri, alias=alias)
                return redirect_to(_PATH, notice="saved")
            case "move":
                await _move(visitor, form)
                return redirect_to(_PATH, notice="account_moved")
            case "delete":
                await _delete(visitor, form)
                return redirect_to("/", notice="account_deleted")
    except InvalidError as error:
        return await _page(visitor, form=await with_words(form, error), status=422)
    raise InvalidError("choose what to do with your account", field="action")


async def _move(visitor: Visitor, form: Form) -> None:
    await _make_sure(visitor, form, action="move")
    target = await _somebody(form.value("target"), field="target")
    try:
        await current_instance().write(moves.move, actor=visitor.actor_uri, target=target)
    except ForbiddenError as error:
        raise InvalidError(error.safe, field="target") from error


async def _delete(visitor: Visitor, form: Form) -> None:
    await _make_sure(visitor, form, action="delete")
    try:
        await current_instance().write(accounts.delete_account, account_id=visitor.account_id)
    except ConflictError as error:
        raise InvalidError(error.safe, field="delete_sure") from error


async def _make_sure(visitor: Visitor, form: Form, *, action: str) -> None:
    """Refuse what was not confirmed, or not by whoever knows the password: a screen left open must not be enough."""
    if form.value(f"{action}_sure") != "yes":
        raise InvalidError("tick this when you are sure", field=f"{action}_sure")
    field = f"{action}_password"
    await logins.check_own_password(
        current_instance(),
        account_id=visitor.account_id,
        password=form.value(field),
        field=field,
        address=client_address(),
    )


async def _somebody(handle: str, *, field: str) -> str:
    """Return the URI of whoever has a handle, read anew: what that account says now counts."""
    instance = current_instance()
    try:
        known = await instance.read(queries.find_person, handle=handle)
        if known is not None and known.local:
            return str(known.uri)
        uri = await instance.fetch.actor_by_handle(parse_handle(handle, scheme=instance.site.scheme))
        return await instance.fetch.refresh_actor(uri)
    except (NotFoundError, MalformedError) as error:
        raise InvalidError("nobody has this address; check the spelling", field=field) from error
    except ForbiddenError as error:
        raise InvalidError("your organisation does not exchange messages with that server", field=field) from error
    except (UnreachableError, RateLimitedError) as error:
        raise InvalidError("that server does not answer at the moment; try again later", field=field) from error


async def _page(visitor: Visitor, *, form: Form, status: int = 200) -> Response:
    values = await current_instance().read(_values, actor=visitor.actor_uri)
    return await render("people/settings_account.html", status=status, form=form, **values)


def _values(tx: Transaction, *, actor: str) -> dict[str, Any]:
    row = actors.get(tx, uri=actor)
    aliases: list[str] = orjson.loads(row.also_known_as)
    cards = present.person_cards(tx, [*aliases, *([row.moved_to] if row.moved_to else [])])
    return {
        "aliases": [(uri, cards.get(uri)) for uri in aliases],
        "moved_to": _card(cards, row.moved_to),
    }


def _card(cards: dict[str, PersonCard], uri: str | None) -> PersonCard | None:
    return None if uri is None else cards.get(uri)
