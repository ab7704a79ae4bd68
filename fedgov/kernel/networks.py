"""Addresses of clients, no finer than what one client has as many of as he likes."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

UNKNOWN: Final = "unknown"
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
def is_global(network: str) -> bool:
    """Tell whether a network that `network_of` gave is on the public internet."""
    try:
        found = ipaddress.ip_network(network)
    except ValueError:
        return False
    return found.is_global and found.network_address.is_global  # ::/64 as a whole passes for public
