"""PostgreSQL's own programs, for backups."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import click

_DEBIAN: Final = Path("/usr/lib/postgresql")


def run(program: str, *arguments: str, url: str) -> None:
    """Run one of PostgreSQL's programs, of the newest version that is installed.

    Args:
        program: `pg_dump` or `pg_restore`.
        arguments: For the program, without the database.
        url: ``postgresql://…``; its password is handed over where other users of the machine cannot read it.

    Raises:
        click.ClickException: It is not installed, or it failed.
    """
    address, password = _split_password(url)
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    command = [_find(program), *arguments, "--no-password", f"--dbname={address}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - no shell
    if done.returncode:
        raise click.ClickException(f"{program} failed: {done.stderr.strip()[-500:]}")


def _find(program: str) -> str:
    versions = {path.parent.parent.name: path for path in _DEBIAN.glob(f"*/bin/{program}")}
    newest = max(versions, key=lambda name: [int(number) for number in re.findall(r"\d+", name)], default="")
    found = str(versions[newest]) if newest else shutil.which(program)
    if found is None:
        raise click.ClickException(f"{program} is needed for this; on Debian: apt install postgresql-client")
    return found


def _split_password(url: str) -> tuple[str, str]:
    """Return an address without its password, and the password."""
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    netloc = f"{name}@{place}" if name else place
    address = urlunsplit(parts._replace(scheme="", netloc=""))  # urlunsplit leaves // out where there is no host
    return f"{parts.scheme}://{netloc}{address}", unquote(password)
