"""Whose a host name is: the part of it that somebody registered, below which they make as many names as they like."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from fedgov.kernel.networks import UNKNOWN, network_of

_REGISTRY_WORDS: Final = frozenset(
    {
        *("ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "govt", "gv", "ltd", "me", "mil"),
        *("ne", "net", "nhs", "nom", "or", "org", "plc", "police", "sch"),
    }
)
"""What registries of countries put before their two letters."""


@lru_cache(maxsize=4_096)
def registrable(host: str) -> str:
    """Return the domain that a host name was registered under, or the network of an address.

    These are the last two labels, and three where a country's registry gives out names one
    level deeper (``example.co.uk``). A list of all such suffixes (the Public Suffix List) is not used: it
    is large and never finished. Where it would say more, such as for names that a provider rents out
    (``example.github.io``), all tenants are one here; whoever owns such a word in a country
    that gives out names one level higher (``co.nl``) is several.

    Args:
        host: Canonical host, with its port when that is not the default one.
    """
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    network = network_of(name.strip("[]"))
    if network != UNKNOWN:
        return network
    labels = name.split(".")
    deeper = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _REGISTRY_WORDS
    return ".".join(labels[-3 if deeper else -2 :])
