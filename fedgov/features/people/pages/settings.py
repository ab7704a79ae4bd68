"""What people decide about themselves."""

from __future__ import annotations

from typing import Any, Final, cast

import orjson
from quart import Response, current_app, request

from fedgov.features.people import present, queries
from fedgov.features.people.pages.logins import with_words
from fedgov.features.people.pages.row_ids import read_row_id
from fedgov.features.people.service import accounts, pictures, profiles, sessions
from fedgov.features.people.service.profiles import Profile
from fedgov.federation import actors
from fedgov.instance import Instance
from fedgov.kernel.errors import InvalidError
from fedgov.store.transaction import Transaction
from fedgov.web.desk import client_address, current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.redirects import redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.rows import SessionRow
from fedgov.web.session import Visitor, require_visitor

PICTURES: Final = pictures.PICTURES


async def lead_to_password() -> Response:
    """Lead password managers to the right page (W3C, A Well-Known URL for Changing Passwords)."""
    return redirect_to("/settings/password")


# --- preferences ------------------------------------------------------------------------------------------------


async def show_preferences() -> Response:
    """Show the preferences of the reader."""
    visitor = await require_visitor()
    values = await current_instance().read(_preferences, visitor=visitor)
    return await render("people/settings.html", values=values)


async def change_preferences() -> Response:
    """Store the preferences of the reader."""
    visitor, form = await require_visitor(), await read_form()
    try:
        await current_instance().write(_store_preferences, visitor=visitor, form=form)
    except InvalidError as error:
        values = await current_instance().read(_preferences, visitor=visitor)
        return await render("people/settings.html", status=422, values=values, form=await with_words(form, error))
    return redirect_to("/settings", notice="saved")


def _preferences(tx: Transaction, *, visitor: Visitor) -> dict[str, Any]:
    account = queries.account(tx, account_id=visitor.account_id)
    row = actors.get(tx, uri=visitor.actor_uri)
    return {
        "language": account.language or "",
        "default_audience": account.default_audience,
        "app_audience": account.app_audience,
        "quote_policy": account.quote_policy,
        "approve_followers": row.approves_followers,
        "lists_public": row.lists_followers,
        "discoverable": row.discoverable,
        "indexable": row.indexable,
    }


def _store_preferences(tx: Transaction, *, visitor: Visitor, form: Form) -> None:
    profiles.change_preferences(
        tx,
        account_id=visitor.account_id,
        language=form.value("language"),
        default_audience=form.value("default_audience"),
        app_audience=form.value("app_audience") if "app_audience" in form.values else None,
    )
    if "quote_policy" in form.values:
        profiles.change_posting(tx, actor=visitor.actor_uri, quote_policy=form.value("quote_policy"))
    profiles.change_profile(
        tx,
        actor=visitor.actor_uri,
        profile=Profile(
            approves_followers=form.has("approve_followers"),
            lists_followers=form.has("lists_public"),
            discoverable=form.has("discoverable"),
            indexable=form.has("indexable"),
        ),
    )


# --- profile ----------------------------------------------------------------------------------------------------


async def show_profile() -> Response:
    """Show how the reader is described."""
    return await _profile_page(await require_visitor(), form=Form())


async def change_profile() -> Response:
    """Store how the reader is described, picture included."""
    visitor, form = await require_visitor(), await read_form()
    profile = Profile(
        name=form.value("name"),
        summary=form.value("about"),
        function=form.value("function"),
        department=form.value("department"),
        fields=tuple(zip(form.all("field_name"), form.all("field_value"), strict=False)),
        avatar_alt=form.value("avatar_alt") if "avatar_alt" in form.values else None,
    )
    try:
        portrait = await _chosen_picture(current_instance(), visitor=visitor, form=form)
        await current_instance().write(_store_profile, visitor=visitor, profile=profile, portrait=portrait)
    except InvalidError as error:
        return await _profile_page(visitor, form=await with_words(form, error), status=422)
    return redirect_to("/settings/profile", notice="saved")


async def _chosen_picture(instance: Instance, *, visitor: Visitor, form: Form) -> dict[str, str | None]:
    """Return what becomes of the portrait: a new URL, None to remove it, or nothing at all."""
    upload = (await request.files).get("avatar")
    data = upload.read(pictures.MAX_PICTURE + 1) if upload is not None and upload.filename else b""
    if not data:
        return {"avatar_url": None} if form.has("avatar_remove") else {}
    if len(data) > pictures.MAX_PICTURE:
        raise InvalidError("the picture is larger than 4 MB; choose a smaller one", field="avatar")
    keep = cast("pictures.KeepPicture | None", current_app.extensions.get(PICTURES))
    if keep is None:
        raise InvalidError("pictures cannot be stored on this server", field="avatar")
    return {"avatar_url": await keep(instance, owner=visitor.actor_uri, data=data, field="avatar")}


def _store_profile(tx: Transaction, *, visitor: Visitor, profile: Profile, portrait: dict[str, str | None]) -> None:
    profiles.change_profile(tx, actor=visitor.actor_uri, profile=profile, pictures=portrait)


async def _profile_page(visitor: Visitor, *, form: Form, status: int = 200) -> Response:
    values = await current_instance().read(_profile_values, visitor=visitor)
    return await render("people/settings_profile.html", status=status, form=form, **values)


def _profile_values(tx: Transaction, *, visitor: Visitor) -> dict[str, Any]:
    account = queries.account(tx, account_id=visitor.account_id)
    row = actors.get(tx, uri=visitor.actor_uri)
    fields = orjson.loads(account.fields_source)
    return {
        "person": present.person_card(tx, row=row),
        "values": {
            "department": row.department,
            "avatar_alt": row.avatar_alt,
            "about": account.summary_source,
            "field_names": [name for name, _ in fields],
            "field_values": [value for _, value in fields],
        },
    }


# --- password and sessions --------------------------------------------------------------------------------------


async def show_password() -> Response:
    """Show the form for a new password."""
    await require_visitor()
    return await render("people/settings_password.html")


async def change_password() -> Response:
    """Store a new password and log out everywhere else."""
    visitor, form = await require_visitor(), await read_form()
    try:
        if form.value("password") != form.value("again"):
            raise InvalidError("the two new passwords differ", field="again")
        await accounts.change_own_password(
            current_instance(),
            account_id=visitor.account_id,
            current=form.value("current"),
            new=form.value("password"),
            address=client_address(),
            keep_session=visitor.token_hash,
        )
    except InvalidError as error:
        return await render("people/settings_password.html", status=422, form=await with_words(form, error))
    return redirect_to("/settings/password", notice="password_changed")


async def show_sessions() -> Response:
    """Show where the reader is logged in."""
    visitor = await require_visitor()
    unknown = (await current_translator()).gettext("unknown device")
    rows = await current_instance().read(queries.sessions_of, account_id=visitor.account_id)
    found = [
        SessionRow(
            id=row.id,
            device=present.device(row.user_agent) or unknown,
            created_at=row.created_at,
            last_used_at=row.seen_at,
            current=row.token_hash == visitor.token_hash,
        )
        for row in rows
    ]
    return await render("people/settings_sessions.html", sessions=found)


async def end_session() -> Response:
    """Log the reader out on one other device."""
    visitor, form = await require_visitor(), await read_form()
    session_id = read_row_id(form.value("session"))
    if session_id is None:
        raise InvalidError("there is no such session", field="session")
    await current_instance().write(sessions.end_one, account_id=visitor.account_id, session_id=session_id)
    return redirect_to("/settings/sessions", notice="session_ended")
