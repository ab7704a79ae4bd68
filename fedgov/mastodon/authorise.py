"""The page on which a person lets an app in, or does not.

It is the one page of the API: it has a session, a form that only our own page can send, and
the words of the reader's language. An app is never told more than yes or no, and nobody is led away by a
request that is not right, because anybody can register an app.

Spec: RFC 6749, section 4.1; RFC 9700, sections 2.1 and 4.11; https://docs.joinmastodon.org/methods/oauth/#authorize
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode, urlsplit

from quart import Blueprint, Response, request

from fedgov.features.people.service import grants
from fedgov.features.people.service.grants import Decided, Question
from fedgov.features.people.vocabulary import AppRequest, UnknownClientError
from fedgov.kernel.errors import ForbiddenError, InvalidError
from fedgov.web.desk import current_instance
from fedgov.web.forms import Form, read_form
from fedgov.web.render import current_translator, render
from fedgov.web.security_headers import CONTENT_SECURITY_POLICY
from fedgov.web.session import require_visitor

PATH: Final = "/oauth/authorize"
_ASKED: Final = ("response_type", "redirect_uri", "scope", "code_challenge", "code_challenge_method")
_YES: Final = frozenset({"1", "true", "True", "yes", "on"})


def blueprint() -> Blueprint:
    """Return the page."""
    found = Blueprint("authorise", __name__)
    for path in (PATH, f"{PATH}/"):  # toot adds a slash
        found.add_url_rule(path, view_func=ask, methods=["GET"])
        found.add_url_rule(path, view_func=decide, methods=["POST"])
    return found


async def ask() -> Response:
    """Ask the reader whether an app may use their account."""
    if request.args.get("force_login") in _YES:
        return await render("people/login.html", next=_again(force_login=False), kept="")
    visitor = await require_visitor()
    asked = _request(Form(values={name: (value,) for name, value in request.args.items()}))
    client_id = request.args.get("client_id", "")
    try:
        found = await current_instance().read(
            grants.question, account_id=visitor.account_id, client_id=client_id, request=asked
        )
    except (UnknownClientError, InvalidError) as error:
        return await _cannot(error)
    return await _question(found, asked=asked)


async def decide() -> Response:
    """Let an app in, or tell it that the reader does not want to."""
    visitor, form = await require_visitor(), await read_form()
    decision = grants.authorise if form.value("decision") == "allow" else grants.refuse
    try:
        decided = await current_instance().write(
            decision, account_id=visitor.account_id, client_id=form.value("client_id"), request=_request(form)
        )
    except (UnknownClientError, InvalidError, ForbiddenError) as error:
        return await _cannot(error)
    if decided.destination is not None:
        return _lead(decided.destination)
    if not decided.code:
        return await _refused(decided)
    response = await render("mastodon/code.html", app=decided.app, code=decided.code)
    response.headers["Cache-Control"] = "no-store"
    return response


def _request(form: Form) -> AppRequest:
    state = form.value("state") if form.has("state") else None
    return AppRequest(**{name: form.value(name) for name in _ASKED}, state=state)


def _again(*, force_login: bool) -> str:
    """Return the address of this same question."""
    values = [(name, value) for name, value in request.args.items(multi=True) if name != "force_login"]
    return f"{PATH}?{urlencode([*values, *([('force_login', 'true')] if force_login else [])])}"


async def _question(found: Question, *, asked: AppRequest) -> Response:
    parts = urlsplit(asked.redirect_uri)
    website = found.app.website
    values = {"client_id": found.app.client_id, **{name: getattr(asked, name) for name in _ASKED}}
    response = await render(
        "mastodon/authorise.html",
        app=found.app,
        website_host="" if website is None else urlsplit(website).netloc,
        scopes=found.scopes.split(),
        withheld=found.withheld,
        goes_to=parts.netloc if parts.scheme in ("http", "https") else "",
        opens=bool(found.leads_to),
        again=_again(force_login=True),
        request={name: value for name, value in values.items() if value}
        | ({} if asked.state is None else {"state": asked.state}),
    )
    if found.leads_to:  # a browser follows a form to where the answer leads only when the page says so
        policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {found.leads_to}")
        response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = "no-store"
    return response


async def _cannot(error: UnknownClientError | InvalidError | ForbiddenError) -> Response:
    t = await current_translator()
    reason = t.gettext(error.safe)
    return await render(
        "mastodon/refused.html",
        status=400,
        title=t.gettext("This app cannot be let in"),
        words=f"{reason[:1].upper()}{reason[1:]}.",
    )


async def _refused(decided: Decided) -> Response:
    t = await current_translator()
    title = t.gettext("%(app)s was not let in") % {"app": decided.app.name}
    return await render("mastodon/refused.html", title=title, words=t.gettext("You said no."))


def _lead(location: str) -> Response:
    """Send the reader on by GET, so that no browser sends the form along (RFC 9700, section 4.12)."""
    return Response(
        b"", status=303, headers={"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )
