"""What the program says about itself, and how it says that something went wrong."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import click
import pytest

from fedgov.cli import instances
from fedgov.cli.main import HELP, fedgov, rooms
from tests import reference
from tests.cli.commandline import refused, run, type_in

COMMANDS = list(reference.walk(click.Context(fedgov, info_name="fedgov")))


def break_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `fedgov init` meet an error."""

    def fail(*_ignored: object) -> None:
        raise error

    monkeypatch.setattr(instances, "make", fail)


INIT = ("init", "gouda", "--domain", "gouda.example", "--organisation", "gemeente Gouda")


@pytest.mark.parametrize("context", COMMANDS, ids=lambda context: context.command_path)
def test_every_command_and_every_option_is_explained(context: click.Context) -> None:
    assert context.command.help
    assert context.command.help.partition("\n\n")[0].rstrip().endswith((".", "."))
    for option in context.command.params:
        assert not isinstance(option, click.Option) or option.help, option.name


def test_the_first_page_lists_every_command_with_its_own_first_line() -> None:
    top = click.Context(fedgov, info_name="fedgov")
    for name, line in HELP.items():
        command = fedgov.get_command(top, name)
        assert command is not None, name
        assert command.get_short_help_str(1_000) == line
    assert rooms().keys() <= HELP.keys()


def test_the_first_page_opens_no_room() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in HELP)
    code = (
        "import sys; from fedgov.cli.main import fedgov; fedgov(['--help'], standalone_mode=False); print(*sys.modules)"
    )
    opened = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "fedgov.cli.main" in opened
    assert not {"fedgov.app", "sqlalchemy", "quart", "structlog"} & set(opened)


@pytest.mark.parametrize("context", COMMANDS, ids=lambda context: context.command_path)
def test_no_command_takes_a_password_as_an_argument(context: click.Context) -> None:
    for item in context.command.params:
        if "password" in (item.name or ""):
            assert isinstance(item, click.Option)
            assert item.is_flag


def test_an_unknown_command_is_refused(home: Path) -> None:
    assert "No such command 'sevre'" in refused(home, "sevre", status=2)


def test_a_mistake_of_our_own_shows_no_traceback_and_no_secret(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_with(RuntimeError("geheim"), monkeypatch)
    words = refused(home, *INIT)
    assert "this should not have happened (RuntimeError)" in words
    assert "geheim" not in words


def test_the_developer_may_see_where_a_mistake_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_with(RuntimeError("hier"), monkeypatch)
    assert "RuntimeError: hier" in type_in(home, "--log-level", "debug", *INIT).stderr


def test_a_full_disk_is_told_in_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_with(OSError(errno.ENOSPC, "No space left on device", "/srv/gouda"), monkeypatch)
    assert refused(home, *INIT) == "Error: No space left on device: /srv/gouda\n"


def test_a_home_without_instances_says_how_to_make_one(home: Path) -> None:
    assert "make one with: fedgov init NAME" in refused(home, "serve", status=2)
    assert "make one with: fedgov init NAME" in refused(home, "migrate", status=2)
