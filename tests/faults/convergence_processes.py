"""The same stories with real servers: each town hall is a process of its own, and dies by SIGKILL.

People do what they do beside the server, as the command line does; the workers run as they
always do, so that a seed gives the same people and faults, but not the same moments.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fedgov.app import Running, open_instance
from fedgov.federation import peers
from fedgov.kernel import config as configuration
from fedgov.kernel.clock import ManualClock, SystemClock
from tests.cli.commandline import Served, free_ports, make_instance, serving
from tests.faults.convergence_road import Highway
from tests.faults.convergence_world import Hall, World, _next

PATIENCE: Final = 240.0
MOMENT: Final = 0.1


class RealTime(ManualClock):
    """The time of the machine, which nobody moves."""

    def now(self) -> int:
        """Return the time of the machine."""
        return SystemClock().now()

    def advance(self, milliseconds: int) -> None:
        """Leave it as it is."""


@dataclass(slots=True)
class RealHall(Hall):
    """A town hall whose server is a process."""

    home: Path = field(kw_only=True)
    beside: Running | None = None
    served: Served | None = None
    stack: ExitStack = field(default_factory=ExitStack)
    doors: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def running(self) -> Running:
        """The instance as it is opened beside the server."""
        assert self.beside is not None
        return self.beside

    async def open(self) -> None:
        """Start the server."""
        if self.beside is None:
            self.beside = await self.doors.enter_async_context(open_instance(self.config))
        says = self.config.instance.organisation
        server = serving("--home", self.home, "serve", self.config.name, says=says)
        self.served = await asyncio.to_thread(self.stack.enter_context, server)
        self.app = self.served  # type: ignore[assignment]  # it is open

    def take_copy(self) -> None:
        """Die, at this moment."""
        assert self.served is not None
        self.served.stop(signal.SIGKILL)

    async def bury(self) -> None:
        """See to it that it is dead."""
        if self.served is not None and self.served.process.poll() is None:
            await asyncio.to_thread(self.take_copy)
        self.app = None

    async def close(self) -> None:
        """End the server and what is beside it."""
        await asyncio.to_thread(self.stack.close)
        await self.doors.aclose()
        self.app = None


@dataclass(slots=True)
class RealWorld(World):
    """Town halls that work by themselves.

    Args:
        home: Where their folders are.
    """

    home: Path = field(kw_only=True)
    clock: ManualClock = field(default_factory=lambda: RealTime(0))

    async def _open(self, name: str) -> Hall:
        (port,) = free_ports()
        highway = Highway(sky=self.sky)
        await highway.open(to=port)
        highway.domain = f"{name}.localhost:{highway.port}"
        await asyncio.to_thread(make_instance, self.home, name, port=port, domain=highway.domain)
        config = configuration.load(self.home / name)
        hall = RealHall(config=config, listener=None, clock=self.clock, highway=highway, home=self.home)  # type: ignore[arg-type]
        await hall.open()
        return hall

    async def close(self) -> None:
        """Close all."""
        await World.close(self)
        for hall in self.halls.values():
            await hall.close()

    async def send(self, hall: Hall) -> None:
        """Give everybody a moment."""
        await asyncio.sleep(MOMENT)
        await self.bury_the_dead()

    receive = mend = count = send

    async def _work(self) -> None:
        """Wait until nothing is under way, and let nobody rest longer than needed."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for hall in self.halls.values():
                    for other in self.halls.keys() - {hall.domain}:
                        await hall.instance.write(peers.wake, host=other)
                waiting = [hall for hall in self.halls.values() if await hall.ask(_next) is not None]
                if not waiting:
                    return
                await asyncio.sleep(1)
