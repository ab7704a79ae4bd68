"""Who does something, and through which door they came: what an audit log must know of every act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Door = Literal["web", "command line", "api", "server"]

ON_THE_MACHINE: Final = "local"
"""The source of what is typed on the machine itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who does something.

    Args:
        who: URI of a local actor; on the command line ``system:`` and the name of the operating system's user;
            empty when it is nobody, or nobody known.
        door: Where they came in; ``server`` for what the server does by itself.
        source: Network that they came from, as `fedgov.kernel.networks.network_of` gives it, or `ON_THE_MACHINE`.
    """

    who: str = ""
    door: Door = "server"
    source: str = ""


SERVER: Final = By()
"""The server itself: its workers and jobs."""
