"""The ``fedgov`` command with all its parts; rooms bring their own.

``fedgov --help`` opens no room: opening the whole house takes a second or more.
So the lines of that page stand here too, and a test compares them.
"""

from __future__ import annotations

import errno
import os
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from fedgov import __version__
from fedgov.kernel.errors import FedgovError

DEFAULT_HOME = Path("instances")

HELP: Final = {
    "allow": "Put DOMAIN on the list of those that messages are exchanged with.",
    "announce": "Tell everybody here something.",
    "audit": "Show who administered this server, and who logged in.",
    "backup": "Write everything of the instance into FILE, while it is running.",
    "block": "Exchange nothing with DOMAIN and its subdomains from now on.",
    "deliveries": "Show what waits to be sent and what could not be.",
    "demo": "Start three town halls that talk with one another, in one process.",
    "doctor": "Look the instance over; exit status 1 when something does not work.",
    "emoji": "Look after this instance's own emoji, which people use in their texts by name.",
    "follow": "Let USERNAME follow HANDLE, such as @name@organisation.example.",
    "inbox": "Show what came in and was not carried out.",
    "init": "Make an instance: its configuration, keys and database.",
    "keys": "Keys with which people here sign.",
    "media": "Look after uploaded files and copies of files from elsewhere.",
    "migrate": "Bring the database to the newest schema.",
    "open": "Let a restored instance serve and send again.",
    "peers": "Show the other servers that messages were exchanged with.",
    "post": "Post TEXT (markdown) as USER; prints the address of the message.",
    "push": "The key by which push servers of apps know this instance.",
    "restore": "Bring an instance back from FILE; it must not exist.",
    "rules": "Show which domains are blocked or listed.",
    "search": "The indexes of words by which messages and people are found.",
    "serve": "Serve one or more instances from this process; all of them when none is named.",
    "token": "Tokens for programs that act in somebody's name.",
    "unblock": "Forget the rule about DOMAIN, whether it was blocked or listed.",
    "user": "Accounts of this instance.",
}
"""Every command with the first line of its help."""

_OWN: Final = {
    "backup": "backup",
    "demo": "demo",
    "doctor": "doctor",
    "init": "instances",
    "migrate": "instances",
    "open": "reopening",
    "restore": "restore",
    "search": "search",
    "serve": "serve",
}
"""The commands of the entrance hall itself, and in which module they are."""


class House(click.Group):
    """All commands; the one that is used is opened, and a refusal in it ends in plain words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(HELP)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Open one command."""
        found: click.Command | None
        if cmd_name in _OWN:
            found = getattr(
                import_module(f"fedgov.cli.{_OWN[cmd_name]}"), {"open": "open_again"}.get(cmd_name, cmd_name)
            )
        elif cmd_name in HELP:
            found = rooms().get(cmd_name)
        else:
            found = None
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without opening them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(HELP.items()))

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run a command; whatever goes wrong is told in plain words, with exit status 1."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except FedgovError as error:
            raise click.ClickException(_words(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read our output has gone; click ends quietly
                raise
            where = f": {error.filename}" if error.filename else ""
            raise click.ClickException(f"{error.strerror or error}{where}") from error
        except Exception as error:
            raise click.ClickException(_unexpected(error, show=ctx.params["log_level"] == "debug")) from error


def rooms() -> dict[str, click.Command]:
    """Return the commands that the rooms bring."""
    features = import_module("fedgov.app").FEATURES
    return {str(command.name): command for feature in features for command in feature.commands}


def _words(error: FedgovError) -> str:
    """Return what is told about a refusal, on one line after the first for what only an administrator may know."""
    return f"{error.safe} ({error.detail})" if error.detail else error.safe


def _unexpected(error: Exception, *, show: bool) -> str:
    """Tell of a mistake in fedgov itself; its own words may hold secrets, so they are for the developer only."""
    told = f"this should not have happened ({type(error).__name__}); it is a mistake in fedgov {__version__}"
    if show:
        return f"{told}\n\n{''.join(traceback.format_exception(error))}"
    return f"{told}. Please report it, with what this says: fedgov --log-level debug …"


@click.group(cls=House, context_settings={"help_option_names": ["-h", "--help"]})
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
@click.option(
    "--log-format",
    type=click.Choice(["auto", "json", "human"]),
    default="auto",
    envvar="FEDGOV_LOG_FORMAT",
    show_default=True,
    help="JSON lines, or lines for people; auto: those for people on a terminal (or FEDGOV_LOG_FORMAT).",
)
@click.pass_context
def fedgov(context: click.Context, home: Path, name: str | None, log_level: str, log_format: str) -> None:
    """A federated collaboration server for public bodies."""
    import_module("fedgov.kernel.log").configure(level=log_level, pretty={"json": False, "human": True}.get(log_format))
    context.obj = import_module("fedgov.cli.entrance").Entrance(home=home, name=name)


def main() -> None:
    """Run the command line; every file that it makes is for its own user only."""
    os.umask(0o077)
    fedgov(prog_name="fedgov")
