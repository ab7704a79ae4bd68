"""What happens around every page of the shared Quart application."""

from __future__ import annotations

import gzip
from typing import Final

from quart import Quart, Response, g, request
from werkzeug.exceptions import HTTPException

from fedgov.kernel.errors import FedgovError, OverLimitError
from fedgov.kernel.networks import network_of
from fedgov.web import bodies, csrf, problems, redirects, static_files
from fedgov.web.desk import DESK_KEY, INSTANCE_KEY, client_address, current_desk, entrance
from fedgov.web.language import COOKIE_AGE, COOKIE_PURPOSE, PARAMETER, known
from fedgov.web.security_headers import add_headers
from fedgov.web.session import set_cookie

_WORTH_COMPRESSING: Final = 1_400
"""Bytes; less than this fits in one packet anyway."""


def open_desk(app: Quart) -> None:
    """Give an application the frame of our pages: static files, bounded bodies, CSRF check, errors and headers.

    Args:
        app: The application; each request's scope must carry ``fedgov.instance`` and ``fedgov.desk``.
    """
    app.request_class = bodies.PageRequest
    app.before_request(_let_in)
    app.before_request(bodies.bound_body)
    app.before_request(csrf.check_request)
    app.after_request(_finish)
    app.add_url_rule("/static/own/<name>", view_func=static_files.serve_own, endpoint="own_static")
    app.add_url_rule("/static/<path:name>", view_func=static_files.serve_static, endpoint="shared_static")
    app.register_error_handler(FedgovError, problems.on_refusal)
    app.register_error_handler(HTTPException, problems.on_http_exception)
    app.register_error_handler(Exception, problems.on_bug)


async def _let_in() -> Response | None:
    """Put off a network from which too much was refused lately, without a look at what it asks."""
    if INSTANCE_KEY not in request.scope:
        return None
    try:
        entrance().turnstile.demand(network_of(client_address()), now=current_desk().clock.now())
    except OverLimitError as error:
        return problems.turned_away(error)
    return None


async def _finish(response: Response) -> Response:
    if DESK_KEY not in request.scope:
        return response
    if response.status_code in problems.COUNTED:
        entrance().turnstile.note(network_of(client_address()), now=current_desk().clock.now())
    add_headers(response, desk=current_desk())
    csrf.remember_visitor(response)
    redirects.forget_notice(response)
    _remember_language(response)
    return await _compressed(response)


def _remember_language(response: Response) -> None:
    asked = known(request.args.get(PARAMETER))
    if asked is not None and hasattr(g, "translator"):
        set_cookie(response, desk=current_desk(), value=asked, max_age=COOKIE_AGE, purpose=COOKIE_PURPOSE)


async def _compressed(response: Response) -> Response:
    """Compress a page; its CSRF tokens differ every time, so that its size gives nothing away."""
    if (
        response.mimetype != "text/html"
        or "Content-Encoding" in response.headers
        or "gzip" not in request.headers.get("Accept-Encoding", "")
    ):
        return response
    body = await response.get_data(as_text=False)
    if len(body) > _WORTH_COMPRESSING:
        response.set_data(gzip.compress(body, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
    return response
