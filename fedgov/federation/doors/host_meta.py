"""Where WebFinger is, for those who ask first (RFC 6415)."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

from fedgov.federation.doors.answers import Reply, public
from fedgov.federation.doors.asgi import Request
from fedgov.federation.doors.lobby import Lobby

ANY_ORIGIN: Final = (b"access-control-allow-origin", b"*")
"""Lets programs that run in a browser read this."""


async def as_xrd(lobby: Lobby, _request: Request) -> Reply:
    """Show it as XRD."""
    template = quoteattr(_template(lobby))
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" template={template}/></XRD>\n'
    )
    return for_everyone(public(body.encode(), content_type=b"application/xrd+xml; charset=utf-8"))


async def as_jrd(lobby: Lobby, _request: Request) -> Reply:
    """Show it as JSON."""
    document = {"links": [{"rel": "lrdd", "type": "application/jrd+json", "template": _template(lobby)}]}
    return for_everyone(public(document, content_type=b"application/json; charset=utf-8"))


def _template(lobby: Lobby) -> str:
    return lobby.site.url("/.well-known/webfinger?resource={uri}")


def for_everyone(reply: Reply) -> Reply:
    """Return an answer that scripts of any site may read, with exactly one header that says so."""
    if ANY_ORIGIN in reply.headers:
        return reply
    return Reply(status=reply.status, headers=[*reply.headers, ANY_ORIGIN], body=reply.body, etag=reply.etag)


async def allow_scripts(_lobby: Lobby, _request: Request) -> Reply:
    """Let a browser know what scripts of other sites may ask here (Fetch standard, "CORS-preflight fetch")."""
    return _PREFLIGHT


_PREFLIGHT: Final = Reply(
    status=204,
    headers=[
        ANY_ORIGIN,
        (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
        (b"access-control-allow-headers", b"*"),
        (b"access-control-max-age", b"7200"),
    ],
)
