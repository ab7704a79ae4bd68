"""Backing up a running instance into one file."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fedgov import __version__
from fedgov.cli import postgres
from fedgov.cli.entrance import Entrance, note_down
from fedgov.kernel.clock import SystemClock, to_rfc3339
from fedgov.kernel.config import Config
from fedgov.kernel.errors import FedgovError
from fedgov.store import erasures, schema

MANIFEST: Final = "manifest.json"
SQLITE_COPY: Final = "database.sqlite3"
POSTGRES_COPY: Final = "database.pgdump"
FILES: Final = "files"
_SKIPPED: Final = ("serve.lock", "audit.head", "media/remote", erasures.FILE, erasures.QUARANTINE)
"""What can be made or fetched again, or is of another moment than the copy of the database."""

_PRIVATE: Final = 0o600


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(entrance: Entrance, file: Path) -> None:
    """Write everything of the instance into FILE, while it is running.

    The file holds private keys and everything people wrote: keep it as safe as the server itself.
    """
    config = entrance.config()
    target = file.resolve()
    if target.exists():
        raise click.ClickException(f"{file} exists already and was left as it is")
    if not target.parent.is_dir():
        raise click.ClickException(f"there is no folder {file.parent} to write it in")
    if target.is_relative_to(config.folder.resolve()):
        raise click.ClickException(f"{file} would be in the next backup too; write it outside {config.folder}")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fedgov-backup-") as scratch:
        part, copy = Path(scratch) / "archive", _copy_database(config, Path(scratch))
        try:
            note_down(config, "backup.begun", target=target)
        except FedgovError as error:  # a full disk is one more reason for a backup
            click.echo(f"This could not be written into the audit log: {error.safe}", err=True)
        _write_archive(config, database=copy, target=part)
        part.rename(target)
    _sync(target.parent)
    click.echo(f"{config.name}: written to {file} ({target.stat().st_size / 1e6:.1f} MB)")


def _copy_database(config: Config, scratch: Path) -> Path:
    """Make a consistent copy of the database, whoever writes meanwhile."""
    url = config.database_url
    if not url.startswith("sqlite:"):
        copy = scratch / POSTGRES_COPY
        postgres.run("pg_dump", "--format=custom", f"--file={copy}", url=url)
        return copy
    copy = scratch / SQLITE_COPY
    source = Path(url.removeprefix("sqlite:///")).resolve()
    try:
        with closing(sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
    except sqlite3.Error as error:
        raise click.ClickException(f"the database {source} cannot be copied: {error}") from error
    return copy


def _files(config: Config) -> Iterator[Path]:
    """Return the files of an instance, apart from its database and what can be made again."""
    database = config.database_url.removeprefix("sqlite:///")
    of_database = {Path(f"{database}{ending}").resolve() for ending in ("", "-wal", "-shm")}
    for path in sorted(config.folder.rglob("*")):
        again = any(path.is_relative_to(config.folder / name) for name in _SKIPPED)
        if path.is_file() and not again and path.resolve() not in of_database:
            yield path


def _write_archive(config: Config, *, database: Path, target: Path) -> None:
    members = [(database.name, database)] + [
        (f"{FILES}/{path.relative_to(config.folder)}", path) for path in _files(config)
    ]
    digests: dict[str, str] = {}
    target.touch(mode=_PRIVATE)
    with (
        target.open("wb") as raw,
        tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3, dereference=True) as archive,
        _progress() as bar,
    ):
        for name, path in bar.track(members, description="Backing up"):
            try:
                digests[name] = _add(archive, name=name, path=path)
            except FileNotFoundError:
                continue  # it was deleted a moment ago
        manifest = {
            "fedgov": __version__,
            "schema": schema.newest_revision(),
            "domain": config.instance.domain,
            "made": to_rfc3339(SystemClock().now()),
            "sha256": digests,
        }
        content = json.dumps(manifest, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(content), _PRIVATE
        archive.addfile(entry, io.BytesIO(content))
    _sync(target)


def _add(archive: tarfile.TarFile, *, name: str, path: Path) -> str:
    """Put a file into the archive; return the digest of what went in, even if somebody changes the file meanwhile."""
    with path.open("rb") as file:
        entry = archive.gettarinfo(arcname=name, fileobj=file)
        entry.uname = entry.gname = ""
        reader = _Digesting(file)
        archive.addfile(entry, reader)
        return reader.digest.hexdigest()


class _Digesting(io.RawIOBase):
    """A file that remembers the digest of what was read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read and digest."""
        content = self._file.read(size)
        self.digest.update(content)
        return content


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
