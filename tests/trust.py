"""Trust in the tests that are about something else."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class TrustInAllBut:
    """Messages are exchanged with everyone but these hosts."""

    refused: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def allows(self, host: str) -> bool:
        """Answer, and remember that it was asked."""
        self.asked.append(host)
        return host not in self.refused

    async def settled(self) -> None:
        """Return at once: nothing has to be read."""
