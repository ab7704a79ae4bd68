"""Accounts and tokens on the command line."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commandline import PASSWORD, done, hire, make_instance, refused, rows, type_in
from tests.services import ROOT


@pytest.fixture
def gouda(home: Path) -> Path:
    """A home with one instance, in which no server runs."""
    make_instance(home, "gouda")
    return home


def test_the_password_is_asked_for_on_the_terminal_and_not_shown(gouda: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "fedgov", "--home", str(gouda), "user", "create", "fatima"]
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, start_new_session=True)
    os.close(theirs)
    shown = b""
    try:
        for question in (b"Password: ", b"Repeat for confirmation: "):
            while question not in shown:
                shown += os.read(ours, 1_000)
            os.write(ours, PASSWORD.encode() + b"\n")
        while b"Made the account" not in shown:
            shown += os.read(ours, 1_000)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        os.close(ours)
    assert PASSWORD.encode() not in shown
    assert rows(gouda, "gouda", "SELECT password_hash FROM accounts")[0][0].startswith("$argon2id$")


def test_the_password_may_come_from_standard_input(gouda: Path) -> None:
    for words in (("--password-stdin",), ()):
        name = f"person{len(words)}"
        assert done(gouda, "user", "create", name, *words, answers=PASSWORD + "\n").startswith(
            f"Made the account @{name}@"
        )


def test_without_a_password_there_is_no_account(gouda: Path) -> None:
    assert "there is no password on standard input" in refused(gouda, "user", "create", "jan", status=2)
    assert "use at least 10 characters" in refused(gouda, "user", "create", "jan", answers="kort\n")
    assert rows(gouda, "gouda", "SELECT * FROM accounts") == []


def test_a_password_on_the_line_is_refused_and_not_repeated(gouda: Path) -> None:
    words = refused(gouda, "user", "create", "jan", f"--password={PASSWORD}", status=2)
    assert PASSWORD not in words
    assert PASSWORD not in refused(gouda, "user", "create", "jan", f"--password-stdin={PASSWORD}", status=2)


def test_a_name_that_is_taken_or_impossible_is_refused(gouda: Path) -> None:
    hire(gouda, "gouda", "fatima")
    for name in ("fatima", "FATIMA", "a b", "instance@x"):
        refused(gouda, "user", "create", name, answers=PASSWORD + "\n")
    assert rows(gouda, "gouda", "SELECT username FROM accounts") == [("fatima",)]


def test_the_list_shows_who_is_who_as_it_was_written(gouda: Path) -> None:
    hire(gouda, "gouda", "fatima", "--name", "Fatima [bold]de Vries[/]", "--function", "inkoper", "--admin")
    hire(gouda, "gouda", "jan")
    done(gouda, "user", "disable", "jan")
    shown = done(gouda, "user", "list")
    assert "Fatima [bold]de Vries[/]" in shown
    states = {line.split()[0]: line.split()[-1] for line in shown.splitlines()[1:]}
    assert states == {"fatima": "administrator", "jan": "disabled"}


def test_an_account_is_disabled_and_enabled_again(gouda: Path) -> None:
    hire(gouda, "gouda", "jan")
    assert done(gouda, "user", "disable", "jan") == "Disabled jan, who is logged out everywhere.\n"
    assert "cannot post" in refused(gouda, "post", "jan", "Hallo")
    assert done(gouda, "user", "enable", "jan") == "Enabled jan.\n"
    assert done(gouda, "post", "jan", "Hallo").startswith("http://gouda.localhost:")


def test_nobody_of_that_name_is_told(gouda: Path) -> None:
    for words in (("user", "disable"), ("user", "enable"), ("token", "create"), ("keys", "rotate")):
        assert "there is no " in refused(gouda, *words, "nobody")
    assert "there is no " in refused(gouda, "post", "nobody", "Hallo")


def test_a_token_is_the_only_thing_that_is_printed(gouda: Path) -> None:
    hire(gouda, "gouda", "fatima")
    result = type_in(gouda, "token", "create", "fatima", "--scopes", "read write follow push")
    assert result.stderr == ""
    (token,) = result.stdout.splitlines()
    assert len(token) >= 43
    assert token not in str(rows(gouda, "gouda", "SELECT * FROM tokens"))  # only its digest is kept


def test_an_unknown_scope_is_refused(gouda: Path) -> None:
    hire(gouda, "gouda", "fatima")
    assert "scope" in refused(gouda, "token", "create", "fatima", "--scopes", "read everything")
