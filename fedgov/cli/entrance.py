"""What every command starts from: where the instances are, and which one is meant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from fedgov.app import Running, open_instance
from fedgov.instance import Instance
from fedgov.kernel import config as configuration
from fedgov.kernel.config import Config
from fedgov.kernel.errors import FedgovError

T = TypeVar("T")


@dataclass(slots=True)
class Entrance:
    """The context object of all commands.

    Args:
        home: Folder with one folder per instance.
        name: The instance named with ``-i``; None when none was.
    """

    home: Path
    name: str | None = None

    def folders(self) -> list[Path]:
        """Return the folders of all instances, by name."""
        if not self.home.is_dir():
            return []
        return sorted(folder for folder in self.home.iterdir() if (folder / "config.toml").is_file())

    def config(self) -> Config:
        """Return the configuration of the instance that is meant.

        With one instance at home there is nothing to choose; ``-i`` may be left out.
        """
        return load(self.home / self._chosen())

    def _chosen(self) -> str:
        names = [folder.name for folder in self.folders()]
        if self.name is None:
            if len(names) == 1:
                return names[0]
            if not names:
                raise click.UsageError(f"there is no instance in {self.home} yet; make one with: fedgov init NAME …")
            raise click.UsageError(f"say which instance with -i NAME; there are: {', '.join(names)}")
        if self.name not in names:
            there = (
                f"there are: {', '.join(names)}" if names else "there is none yet; make one with: fedgov init NAME …"
            )
            raise click.UsageError(f"there is no instance {self.name!r} in {self.home}; {there}")
        return self.name

    def run(self, work: Callable[[Instance], Awaitable[T]]) -> T:
        """Open the instance, do the work, close it and return the result."""
        return self.run_with(lambda running: work(running.instance))

    def run_with(self, work: Callable[[Running], Awaitable[T]]) -> T:
        """Do the same with everything that serves the instance, its workers not started."""
        config = self.config()

        async def opened() -> T:
            async with open_instance(config) as running:
                return await work(running)

        return in_plain_words(lambda: asyncio.run(opened()))


def load(folder: Path) -> Config:
    """Read a configuration; mistakes end the command, all of them listed."""
    return in_plain_words(lambda: configuration.load(folder))


def in_plain_words(work: Callable[[], T]) -> T:
    """Do something; a refusal ends the command with its words and exit status 1."""
    try:
        return work()
    except FedgovError as error:
        detail = f" ({error.detail})" if error.detail else ""
        raise click.ClickException(f"{error.safe}{detail}") from error
