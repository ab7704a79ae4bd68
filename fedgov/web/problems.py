"""A refusal becomes an answer in the words of whoever asked.

A person gets a page that says what happened, what was kept and what to do
next; a client gets JSON in the form of its own API. Anything outside the error
tree is a bug: it is logged loudly and the reader gets a 500 without internals.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import orjson
from quart import Response, request
from werkzeug.exceptions import HTTPException

from fedgov.kernel.errors import FedgovError, InvalidError, OverLimitError
from fedgov.kernel.negotiation import wants_document
from fedgov.web import csrf, desk, forms
from fedgov.web.desk import current_desk
from fedgov.web.language import COOKIE_PURPOSE, Translator, choose
from fedgov.web.redirects import redirect_to
from fedgov.web.render import current_translator, render
from fedgov.web.session import LoginRequiredError, cookie_name, current_visitor

_log = logging.getLogger(__name__)

PROBLEM_JSON: Final = "application/problem+json"
STATUS: Final[dict[str, int]] = {
    "malformed": 400,
    "unverified": 401,
    "login_required": 401,
    "forbidden": 403,
    "stale_form": 403,
    "not_found": 404,
    "conflict": 409,
    "gone": 410,
    "too_large": 413,
    "invalid": 422,
    "rate_limited": 429,
    "error": 500,
    "unreachable": 503,
}
_CODE_OF_STATUS: Final = {
    400: "malformed",
    401: "unverified",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    413: "too_large",
    429: "rate_limited",
}
_EXPLAINED: Final = frozenset({"invalid", "conflict", "forbidden", "rate_limited"})
"""Refusals whose own reason helps a person; the catalogues have these (`make messages`)."""

COUNTED: Final = frozenset({400, 401, 403, 405, 413})
"""Statuses of requests that no page of ours leads to; who sends many of them is not let in for a while."""

DEFAULT_RETRY: Final = 60
"""Seconds, when a refusal does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A refusal as an answer: status, stable code, what may be shown.

    Args:
        retry_after: Seconds, or None.
        field: Name of the value that is wrong, or empty.
    """

    status: int
    code: str
    message: str
    retry_after: int | None = None
    field: str = ""


def problem_of(error: FedgovError) -> Problem:
    """Return the answer to a refusal from the error tree."""
    status = STATUS.get(error.code, 500)
    retry_after = getattr(error, "retry_after", None)
    if status in {429, 503} and retry_after is None:
        retry_after = DEFAULT_RETRY
    return Problem(
        status=status,
        code=error.code,
        message=error.safe,
        retry_after=None if retry_after is None else max(1, math.ceil(retry_after)),
        field=error.field if isinstance(error, InvalidError) else "",
    )


def as_json(problem: Problem, *, path: str) -> Response:
    """Return a refusal as JSON, in the form of the API that the path belongs to.

    Args:
        problem: What to say.
        path: Path of the request.

    Spec: RFC 9457 under ``/api/fedgov``; Mastodon's Error entity under ``/api`` and ``/oauth``.
    """
    media_type = "application/json"
    body: dict[str, object] = {"error": problem.code, "message": problem.message}
    if path.startswith("/api/fedgov"):
        media_type = PROBLEM_JSON
        body = {"type": "about:blank", "title": problem.message, "status": problem.status, "code": problem.code}
        if problem.field:
            body["field"] = problem.field
    elif path.startswith(("/api", "/oauth")):
        body = {"error": problem.message}
    response = Response(orjson.dumps(body), status=problem.status, content_type=media_type)
    return _with_headers(response, problem)


def turned_away(error: OverLimitError) -> Response:
    """Return a short refusal in plain text, for which nothing is looked up."""
    problem = problem_of(error)
    translator = Translator(
        choose(
            asked=None,
            cookie=request.cookies.get(cookie_name(current_desk(), purpose=COOKIE_PURPOSE)),
            account=None,
            accept_language=request.headers.get("Accept-Language"),
            default=current_desk().default_language,
        )
    )
    wait = translator.ngettext(
        "Wait %(num)s second and try again.",
        "Wait %(num)s seconds and try again.",
        problem.retry_after or DEFAULT_RETRY,
    )
    words = f"{translator.gettext('That is a bit too fast')}. {wait}\n"
    return _with_headers(Response(words, status=problem.status, content_type="text/plain; charset=utf-8"), problem)


async def as_page(problem: Problem) -> Response:
    """Return a refusal as a page in the reader's language."""
    translator = await current_translator()
    response = await render(
        "_layout/problem.html",
        status=problem.status,
        code=problem.code,
        number=problem.status,
        detail=_sentence(translator.translation(problem.message)) if problem.code in _EXPLAINED else None,
        retry_after=problem.retry_after,
        sent=await _sent() if request.method == "POST" else forms.Form(),
    )
    return _with_headers(response, problem)


def _sentence(text: str | None) -> str | None:
    return f"{text[:1].upper()}{text[1:]}." if text else None


def _with_headers(response: Response, problem: Problem) -> Response:
    response.headers["Cache-Control"] = "no-store"
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


async def _sent() -> forms.Form:
    """What the person typed, so that it is not lost; nothing when the form itself cannot be read."""
    try:
        return await forms.read_form()
    except HTTPException:
        return forms.Form()


def _wants_page() -> bool:
    if request.path.startswith(("/api/", "/oauth/token", "/oauth/revoke")):
        return False
    return not wants_document(request.headers.get("Accept", "").encode("latin-1", "replace"), otherwise=False)


async def answer(problem: Problem) -> Response:
    """Return a refusal in the form that this request asks for."""
    if desk.INSTANCE_KEY in request.scope:
        desk.current_instance().metrics.refused("pages", problem.code)
    if not _wants_page():
        response = as_json(problem, path=request.path)
        response.headers["Vary"] = "Accept"
        return response
    return await as_page(problem)


async def on_refusal(error: FedgovError) -> Response:
    """Answer an error of the tree."""
    if error.detail:
        _log.info("refused %s %s: %s (%s)", request.method, request.path, error.code, error.detail)
    if _wants_page() and isinstance(error, LoginRequiredError):
        return await ask_to_log_in()
    if _wants_page() and isinstance(error, csrf.StaleFormError):
        return await ask_again(error)
    return await answer(problem_of(error))


async def ask_to_log_in() -> Response:
    """Send a reader to the log-in page; what a form contained travels along."""
    if request.method != "POST":
        return redirect_to(f"/login?{urlencode({'next': request.full_path.rstrip('?')})}")
    form = await _sent()
    return await render(
        "people/login.html", status=401, next=form.value("next", "/home"), kept=forms.keep(form, path=request.path)
    )


async def ask_again(error: FedgovError) -> Response:
    """Answer a form whose session is over: log in, or send it once more; nothing typed is lost.

    A form that another site sent is never offered again.
    """
    if await current_visitor() is None and not request.path.startswith(("/login", "/register")):
        return await ask_to_log_in()
    return await answer(problem_of(error))


async def on_http_exception(error: HTTPException) -> Response:
    """Answer what Quart itself refuses: an unknown path, a wrong method, a body that is too large."""
    status = error.code or 500
    if status < 400:
        return Response(b"", status=status, headers=dict(error.get_headers()))
    code = _CODE_OF_STATUS.get(status, "error" if status >= 500 else "malformed")
    response = await answer(Problem(status=status, code=code, message=error.name.lower()))
    allowed = dict(error.get_headers()).get("Allow")
    if allowed:
        response.headers["Allow"] = allowed
    return response


async def on_bug(error: Exception) -> Response:
    """Answer a bug: loud in the log, quiet to the reader."""
    _log.error("bug while answering %s %s", request.method, request.path, exc_info=error)
    problem = Problem(status=500, code="error", message="something went wrong on this server")
    try:
        return await answer(problem)
    except Exception:  # the first bug is logged above; the reader still gets an answer
        _log.exception("the page about a bug has a bug")
        return as_json(problem, path=request.path)
