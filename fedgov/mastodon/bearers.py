"""Where a request carries its token.

Spec: RFC 6750, section 2; https://docs.joinmastodon.org/methods/streaming/#websocket
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from fedgov.federation.doors.asgi import Scope


def token_in(headers: Mapping[bytes, bytes]) -> str:
    """Return the token of the Authorization header; empty when there is none."""
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def token_in_query(scope: Scope) -> str:
    """Return the token in the address; empty when there is none."""
    query: bytes = scope["query_string"]
    found = parse_qs(query.decode("latin-1")).get("access_token", [""])
    return found[-1]
