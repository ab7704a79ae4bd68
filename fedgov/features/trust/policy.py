"""With whom messages are exchanged: a pure answer from the mode and the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fedgov.kernel.errors import InvalidError

Mode = Literal["open", "listed"]

MAX_REASON = 500
"""Characters of the reason for a rule."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the administrator decided, by canonical domain.

    Args:
        blocked: Nothing is exchanged with these and their subdomains.
        listed: In ``listed`` mode, messages are exchanged with exactly these.
    """

    blocked: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()


def allows(host: str, *, mode: Mode, rules: Rules, own: str) -> bool:
    """Tell whether messages may be exchanged with a host.

    A block wins over everything but our own address: a listed server under a
    blocked domain stays blocked, because a refusal must not be undone by accident.

    Args:
        host: Canonical host, with its port when that is not the default one.
        mode: ``open``: with everyone who is not blocked; ``listed``: only with listed hosts.
        rules: What the administrator decided.
        own: Canonical host of this instance.
    """
    if host == own:
        return True
    if is_blocked(host, blocked=rules.blocked):
        return False
    return mode == "open" or not rules.listed.isdisjoint((host, without_port(host)))


def is_blocked(host: str, *, blocked: frozenset[str]) -> bool:
    """Tell whether a host, or a domain that it is part of, is blocked."""
    return bool(blocked) and any(name in blocked for name in covering(host))


def covering(host: str) -> Iterator[str]:
    """Give every domain whose rule covers a host: itself and each parent, with its port and without."""
    name = without_port(host)
    port = host[len(name) :]
    while name:
        yield name
        if port:
            yield name + port
        if name.startswith("["):  # an address has no parents
            return
        name = name.partition(".")[2]


def without_port(host: str) -> str:
    """Return a canonical host without its port."""
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def effective_mode(*, configured: Mode, chosen: Mode | None) -> Mode:
    """Return the stricter of what the configuration says and what was chosen on the page."""
    return "listed" if "listed" in (configured, chosen) else "open"


def check_mode(mode: str, *, configured: Mode) -> Mode:
    """Return the mode that was asked for.

    Raises:
        InvalidError: It is not a mode, or wider than the configuration allows.
    """
    if mode == "listed":
        return "listed"
    if mode != "open":
        raise InvalidError("choose open or listed", field="mode")
    if configured == "listed":
        raise InvalidError("the configuration says listed; only whoever runs the server can change that", field="mode")
    return "open"


def check_rule(*, domain: str, own: str, reason: str) -> None:
    """Refuse a rule that cannot be meant.

    Raises:
        InvalidError: It is about ourselves, or its reason is too long.
    """
    if domain in covering(own):
        raise InvalidError("this instance is part of that domain itself", field="domain")
    if len(reason) > MAX_REASON:
        raise InvalidError("the reason is too long", field="reason")
