"""Addresses of clients, no finer than what one client has as many of as he likes."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

from fedgov.kernel.config import Network

UNKNOWN: Final = "unknown"
_THIS_MACHINE: Final[tuple[Network, ...]] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_PREFIX: Final = {4: 24, 6: 64}


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """Return the network that an address is in: the /24 of an IPv4 one, the /64 of an IPv6 one.

    Args:
        address: IP address as text; anything else is one unknown client.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, _PREFIX[ip.version]), strict=False))


@lru_cache(maxsize=4_096)
def is_countable(network: str, *, proxies: tuple[Network, ...]) -> bool:
    """Tell whether what comes from a network is of one client, and not of everybody behind a proxy.

    Args:
        network: As `network_of` gave it.
        proxies: The proxies that are trusted to tell the client's address.
    """
    try:
        found = ipaddress.ip_network(network)
    except ValueError:
        return False
    if any(found.version == each.version and found.overlaps(each) for each in (*proxies, *_THIS_MACHINE)):
        return False
    return bool(proxies) or found.network_address.is_global
