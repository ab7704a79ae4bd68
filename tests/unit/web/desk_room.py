"""A small application with the frame of our pages, for the tests of that frame."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any

from quart import Quart, Response
from quart.typing import TestClientProtocol as Client

from fedgov.kernel.acting import By
from fedgov.kernel.clock import ManualClock
from fedgov.kernel.errors import (
    FedgovError,
    ForbiddenError,
    GoneError,
    InvalidError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    UnreachableError,
)
from fedgov.kernel.limits import Limiter
from fedgov.kernel.metrics import Metrics
from fedgov.kernel.uris import Site
from fedgov.web.desk import Desk, current_desk
from fedgov.web.forms import read_form
from fedgov.web.hooks import open_desk
from fedgov.web.redirects import back, redirect_to
from fedgov.web.render import render
from fedgov.web.session import log_in, log_out, require_administrator, require_visitor
from fedgov.web.visitor import Visitor

NOW = 1_795_258_800_000
TOKEN = "the-token-of-anna"
ANNA = Visitor(
    account_id=7,
    actor_uri="http://groningen.example/users/anna",
    username="anna",
    name="Anna Bakker",
    csrf_secret="a secret of the session",
)


class InstanceAtTheDesk:
    """As much of an instance as the frame of a page asks for."""

    trust = SimpleNamespace(allows=lambda host: host != "boos.example")

    def __init__(self) -> None:
        self.limiter = Limiter()
        self.metrics = Metrics()
        self.turnstile = SimpleNamespace(demand=lambda _network, *, now: None, note=lambda _network, *, now: None)

    def acting(self, _by: By) -> InstanceAtTheDesk:
        return self

    async def write(self, _use_case: Callable[..., Any], *_words: object, **_values: object) -> None:
        """Nothing is kept here."""


INSTANCE = InstanceAtTheDesk()

REFUSALS: dict[str, FedgovError] = {
    "malformed": MalformedError("it is broken"),
    "invalid": InvalidError("the message is empty", field="text"),
    "forbidden": ForbiddenError("you may not", detail="an internal detail"),
    "not_found": NotFoundError("no such thing"),
    "gone": GoneError("it was deleted"),
    "rate_limited": RateLimitedError("too fast", retry_after=30.4),
    "unreachable": UnreachableError("no answer"),
}


class MemorySessions:
    """Log-ins in a dictionary."""

    def __init__(self) -> None:
        self.visitors: dict[str, Visitor] = {}

    async def find(self, token_hash: str) -> Visitor | None:
        return self.visitors.get(token_hash)

    async def create(
        self, token_hash: str, *, account_id: int, csrf_secret: str, user_agent: str, address: str
    ) -> None:
        self.visitors[token_hash] = Visitor(
            account_id=account_id,
            actor_uri=ANNA.actor_uri,
            username="anna",
            name="Anna Bakker",
            csrf_secret=csrf_secret,
        )

    async def end(self, token_hash: str, *, address: str = "") -> None:
        self.visitors.pop(token_hash, None)


def desk_of(sessions: MemorySessions, *, scheme: str = "http", **values: Any) -> Desk:
    return Desk(
        name="groningen",
        organisation="gemeente Groningen",
        site=Site(domain="groningen.example", scheme=scheme),
        sessions=sessions,
        clock=ManualClock(NOW),
        **values,
    )


def client_of(
    desk: Desk, *, use_cookies: bool = True, views: Mapping[str, Callable[[], Awaitable[Response]]] | None = None
) -> Client:
    """Return a client of an application that serves this one desk, with more pages when asked."""
    app = _app()
    for path, view in (views or {}).items():
        app.add_url_rule(path, endpoint=path, view_func=view)
    inner: Callable[..., Any] = app.asgi_app

    async def with_desk(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await inner({**scope, "fedgov.desk": desk, "fedgov.instance": INSTANCE}, receive, send)

    app.asgi_app = with_desk  # type: ignore[method-assign,assignment]
    return app.test_client(use_cookies=use_cookies)


def _app() -> Quart:
    app = Quart("fedgov", static_folder=None)
    open_desk(app)

    @app.get("/page")
    async def page() -> Response:
        return await render("about/terms.html")

    @app.get("/login")
    async def login() -> Response:
        return await render("people/login.html")

    @app.post("/login")
    async def enter() -> Response:
        response = redirect_to("/page")
        await log_in(response, desk=current_desk(), account_id=7)
        return response

    @app.post("/logout")
    async def leave() -> Response:
        response = redirect_to("/page", notice="logged_out")
        await log_out(response, desk=current_desk())
        return response

    @app.post("/compose")
    async def compose() -> Response:
        await require_visitor()
        form = await read_form()
        return Response(form.value("text"))

    @app.post("/like")
    async def like() -> Response:
        return await back(default="/page", notice="bookmarked")

    @app.get("/api/v1/private")
    @app.get("/private")
    async def private() -> str:
        return (await require_visitor()).username

    @app.get("/admin")
    async def admin() -> str:
        return (await require_administrator()).username

    @app.get("/refuse/<code>")
    @app.get("/api/fedgov/refuse/<code>")
    @app.get("/api/v1/refuse/<code>")
    @app.post("/api/v1/refuse/<code>")
    async def refuse(code: str) -> str:
        if code == "bug":
            raise ZeroDivisionError("a secret in an internal message")
        raise REFUSALS[code]

    return app
