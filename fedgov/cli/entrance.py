"""What every command starts from: where the instances are, and which one is meant."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from fedgov.app import Running, open_instance
from fedgov.instance import Instance
from fedgov.kernel import config as configuration
from fedgov.kernel.acting import ON_THE_MACHINE, By
from fedgov.kernel.clock import SystemClock
from fedgov.kernel.config import Config, ConfigurationError
from fedgov.store import audit
from fedgov.store.database import open_database
from fedgov.store.transaction import Setting, Transaction

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
        return configuration.load(self.folder(self.name or self._only()))

    def configs(self, names: Iterable[str]) -> list[Config]:
        """Return the configurations of the named instances, or else of the one that is meant, or else of all.

        Raises:
            click.ClickException: Some have mistakes; all of them are listed.
        """
        wanted = list(dict.fromkeys(names)) or ([self.name] if self.name is not None else [])
        folders = [self.folder(name) for name in wanted] or self.folders()
        if not folders:
            raise click.UsageError(self._nothing_here())
        found, mistakes = [], []
        for folder in folders:
            try:
                found.append(configuration.load(folder))
            except ConfigurationError as error:
                mistakes.append(error.safe)
        if mistakes:
            raise click.ClickException("\n".join(mistakes))
        return found

    def folder(self, name: str) -> Path:
        """Return the folder of an instance that exists.

        Raises:
            click.UsageError: It does not exist; says which do.
        """
        names = [folder.name for folder in self.folders()]
        if not names:
            raise click.UsageError(self._nothing_here())
        if name not in names:
            raise click.UsageError(f"there is no instance {name!r} in {self.home}; there are: {', '.join(names)}")
        return self.home / name

    def _only(self) -> str:
        names = [folder.name for folder in self.folders()]
        if len(names) > 1:
            raise click.UsageError(f"say which instance with -i NAME; there are: {', '.join(names)}")
        return names[0] if names else ""

    def _nothing_here(self) -> str:
        return f"there is no instance in {self.home} yet; make one with: fedgov init NAME …"

    def run(self, work: Callable[[Instance], Awaitable[T]]) -> T:
        """Open the instance, do the work, close it and return the result."""
        return self.run_with(lambda running: work(running.instance.acting(at_the_keyboard())))

    def run_with(self, work: Callable[[Running], Awaitable[T]]) -> T:
        """Do the same with everything that serves the instance, its workers not started."""
        config = self.config()

        async def opened() -> T:
            async with open_instance(config) as running:
                return await work(running)

        return asyncio.run(opened())


def at_the_keyboard() -> By:
    """Return who types a command, as the operating system knows them."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except OSError:  # a user without a name, as in some containers
        name = str(os.getuid())
    return By(who=f"system:{name[:100]}", door="command line", source=ON_THE_MACHINE)


def note_down(config: Config, kind: str, *, target: object = "", only_news: bool = False) -> None:
    """Write what a command does into the audit log of an instance that is not opened for it.

    Args:
        config: Of the instance, whose database has its newest schema.
        kind: What is done.
        target: On what.
        only_news: Not when the newest entry of this kind says the same.

    Raises:
        UnreachableError: The database cannot be written now.
    """

    def note(tx: Transaction) -> None:
        if not only_news or audit.latest_target(tx, kind=kind) != str(target):
            audit.note(tx, kind, target=target, by=at_the_keyboard())

    async def write() -> None:
        database = open_database(config.database_url, setting=Setting(config=config, clock=SystemClock()))
        try:
            await database.write(note)
        finally:
            await database.close()

    asyncio.run(write())
