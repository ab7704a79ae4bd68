"""The ``fedgov`` command with all its parts; rooms bring their own."""

from __future__ import annotations

from pathlib import Path

import click

from fedgov import __version__
from fedgov.app import FEATURES
from fedgov.cli.backup import backup, restore
from fedgov.cli.demo import demo
from fedgov.cli.doctor import doctor
from fedgov.cli.entrance import Entrance
from fedgov.cli.instances import init, migrate
from fedgov.cli.serve import serve
from fedgov.kernel import log

DEFAULT_HOME = Path("instances")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fedgov")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="FEDGOV_HOME",
    default=DEFAULT_HOME,
    show_default=True,
    help="Folder with one folder per instance (or FEDGOV_HOME).",
)
@click.option("-i", "--instance", "name", metavar="NAME", help="Which instance; not needed when there is one.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    envvar="FEDGOV_LOG_LEVEL",
    show_default=True,
    help="How much to log.",
)
@click.pass_context
def fedgov(context: click.Context, home: Path, name: str | None, log_level: str) -> None:
    """A federated collaboration server for public bodies."""
    log.configure(level=log_level)
    context.obj = Entrance(home=home, name=name)


for _command in (init, serve, demo, migrate, backup, restore, doctor):
    fedgov.add_command(_command)
for _feature in FEATURES:
    for _command in _feature.commands:
        fedgov.add_command(_command)


def main() -> None:
    """Run the command line."""
    fedgov()
