"""What other rooms may hear from this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rule = Literal["blocked", "listed"]


@dataclass(frozen=True, slots=True)
class DomainBlocked:
    """From now on nothing is exchanged with a domain; what came from it is to be hidden.

    Args:
        domain: Canonical host; its subdomains are meant too, and every port unless it names one.
        hosts: The hosts among those that we knew.
    """

    domain: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DomainUnblocked:
    """A domain is not blocked any more."""

    domain: str
