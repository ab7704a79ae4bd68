"""Logging in and out, and making an account."""

from __future__ import annotations

from quart import Response, g, request

from fedgov.features.people.service import accounts, logins, sessions
from fedgov.kernel.errors import ConflictError, InvalidError
from fedgov.web import session
from fedgov.web.desk import client_address, current_desk, current_instance
from fedgov.web.forms import Form, kept, read_form
from fedgov.web.redirects import local_path, redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.session import current_visitor

_COMPOSE = "/compose"


async def show_login() -> Response:
    """Ask for name and password; somebody who is logged in goes straight on."""
    wanted = local_path(request.args.get("next"), default="/home")
    if await current_visitor() is not None:
        return redirect_to(wanted)
    return await render("people/login.html", next=wanted)


async def log_in() -> Response:
    """Check name and password, and go on where the reader was going."""
    form = await read_form()
    wanted = local_path(form.value("next"), default="/home")
    try:
        account_id = await logins.log_in(
            current_instance(),
            username=form.value("username"),
            password=form.value("password"),
            address=client_address(),
        )
    except InvalidError as error:
        words = (await current_translator()).gettext(error.safe)
        again = form.with_refusal(error, message=words)
        return await render("people/login.html", status=422, next=wanted, kept=form.value("kept"), form=again)
    response = redirect_to(wanted)
    csrf_secret = await session.log_in(response, desk=current_desk(), account_id=account_id)
    unfinished = kept(form.value("kept"))
    if unfinished is None or unfinished[0] != _COMPOSE:
        return response
    return await _go_on_writing(response, unfinished[1], account_id=account_id, csrf_secret=csrf_secret)


async def _go_on_writing(logged_in: Response, form: Form, *, account_id: int, csrf_secret: str) -> Response:
    """Show the composer with what was typed when the session ended; its form belongs to the new session."""
    g.visitor = await current_instance().read(
        sessions.visitor_of, account_id=account_id, csrf_secret=csrf_secret, token_hash=""
    )
    page = await render("posts/compose.html", form=form, restored=True)
    for cookie in logged_in.headers.getlist("Set-Cookie"):
        page.headers.add("Set-Cookie", cookie)
    return page


async def show_logout() -> Response:
    """Ask whether to log out; a link alone must not do it."""
    if await current_visitor() is None:
        return redirect_to("/")
    return await render("people/logout.html")


async def log_out() -> Response:
    """End the session of this browser."""
    response = redirect_to("/", notice="logged_out")
    await session.log_out(response, desk=current_desk())
    return response


async def show_register() -> Response:
    """Show the form for a new account, or who makes accounts here."""
    if await current_visitor() is not None:
        return redirect_to("/home")
    return await render("people/register.html")


async def register() -> Response:
    """Make an account and log in."""
    form = await read_form()
    try:
        account_id = await accounts.open_account(
            current_instance(),
            username=form.value("username"),
            password=form.value("password"),
            name=form.value("name"),
            function=form.value("function"),
            address=client_address(),
            reason=form.value("reason"),
        )
    except (InvalidError, ConflictError) as error:
        return await render("people/register.html", status=422, form=await with_words(form, error))
    if current_desk().registration_approved:
        return redirect_to("/login", notice="waiting")
    response = redirect_to("/home", notice="registered")
    await session.log_in(response, desk=current_desk(), account_id=account_id)
    return response


async def with_words(form: Form, error: InvalidError | ConflictError) -> Form:
    """Return the form with a refusal in the reader's language; a name that is taken is a mistake in the name."""
    words = (await current_translator()).gettext(error.safe)
    return form.with_error(error.field if isinstance(error, InvalidError) else "username", words)
