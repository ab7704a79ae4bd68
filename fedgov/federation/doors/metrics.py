"""Figures about the instance, for Prometheus; not for the street.

Who may not read them gets what anybody gets at an address where nothing is: the
door is not there. Behind a reverse proxy every visitor comes from this machine, so
being near is only believed of a request that did not come through one, or of the
address that a trusted proxy tells.

Spec: ``docs/how-to/monitor.md``.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from typing import Final

from fedgov.federation.doors.answers import Reply, plain
from fedgov.federation.doors.asgi import Request, Scope
from fedgov.federation.doors.lobby import Lobby
from fedgov.kernel.config import Config
from fedgov.kernel.metrics import CONTENT_TYPE

PATH: Final = "/metrics"
_FORWARDED: Final = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"x-forwarded-host", b"via")


def may_read(scope: Scope, headers: Mapping[bytes, bytes], *, config: Config) -> bool:
    """Tell whether this request may see figures.

    Args:
        scope: The ASGI scope; its client is who a trusted proxy says (then its port is 0).
        headers: Its header fields.
        config: Of the instance.
    """
    if not config.metrics.enabled:
        return False
    return _has_token(headers, config.metrics.token) or _is_near(scope, headers, config=config)


def _has_token(headers: Mapping[bytes, bytes], token: str) -> bool:
    kind, _, given = headers.get(b"authorization", b"").partition(b" ")
    return bool(token) and kind.lower() == b"bearer" and hmac.compare_digest(given.strip(), token.encode())


def _is_near(scope: Scope, headers: Mapping[bytes, bytes], *, config: Config) -> bool:
    client = scope.get("client")
    if client is None:
        return False
    try:
        address = ipaddress.ip_address(client[0].partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if client[1] == 0:  # a trusted proxy told; what it says of this machine itself may be the visitor's invention
        believed = not address.is_loopback
    elif any(name in headers for name in _FORWARDED):
        believed = False
    else:
        # Behind TLS, only who asks for the address itself did surely not come through the proxy.
        believed = config.instance.scheme == "http" or is_literal(headers.get(b"host", b""))
    return believed and any(address in network for network in config.metrics.allow_networks)


def is_literal(name: bytes) -> bool:
    """Tell whether a Host header is an IP address, or this machine's own name, and so no name that leads anywhere.

    A page elsewhere can make a browser here ask its own name at our address; it cannot make it say another one.
    """
    text = name.decode("latin-1")
    bare = text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]
    if bare.lower() == "localhost":
        return True
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return True


async def show(lobby: Lobby, _request: Request) -> Reply:
    """Show figures for Prometheus to those who may read them (`[metrics]`); to others there is nothing here."""
    await lobby.gauges.read()
    lobby.instance.metrics.intake_queue.set(lobby.intake.waiting)
    lobby.instance.metrics.ready.set(await lobby.readiness.reason() is None)
    return as_text(lobby.instance.metrics.exposition())


def as_text(exposition: bytes) -> Reply:
    """Return figures as an answer."""
    headers = [(b"cache-control", b"no-store")]
    return plain(200, exposition, content_type=CONTENT_TYPE.encode(), headers=headers)
