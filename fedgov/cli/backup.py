"""Backing up a running instance into one file, and bringing it back."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fedgov import __version__
from fedgov.cli.entrance import Entrance, in_plain_words, load
from fedgov.kernel.clock import SystemClock, to_rfc3339
from fedgov.kernel.config import INSTANCE_NAME, Config
from fedgov.store import schema

MANIFEST: Final = "manifest.json"
SQLITE_COPY: Final = "database.sqlite3"
POSTGRES_COPY: Final = "database.pgdump"
_SKIPPED: Final = ("serve.lock", "cache")
_DATABASE_NAMES: Final = ("fedgov.sqlite3", "fedgov.sqlite3-wal", "fedgov.sqlite3-shm")
_PRIVATE: Final = 0o600


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(entrance: Entrance, file: Path) -> None:
    """Write everything of the instance into FILE, while it is running.

    The file holds private keys and everything people wrote: keep it as safe as the server itself.
    """
    config = entrance.config()
    if file.exists():
        raise click.ClickException(f"{file} exists already and was left as it is")
    with tempfile.TemporaryDirectory(dir=file.resolve().parent, prefix=".fedgov-backup-") as scratch:
        copy = _copy_database(config, Path(scratch))
        part = Path(scratch) / "archive"
        _write_archive(config, database=copy, target=part)
        part.rename(file)
    _sync(file.resolve().parent)
    click.echo(f"{config.name}: written to {file} ({file.stat().st_size / 1e6:.1f} MB)")


def _copy_database(config: Config, scratch: Path) -> Path:
    """Make a consistent copy of the database, whoever writes meanwhile."""
    url = config.database_url
    if url.startswith("sqlite:"):
        copy = scratch / SQLITE_COPY
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        return copy
    copy = scratch / POSTGRES_COPY
    _run_postgres("pg_dump", "--format=custom", f"--file={copy}", f"--dbname={url}")
    return copy


def _run_postgres(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs, of the newest version that is installed."""
    candidates = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
    found = shutil.which(program) or (str(candidates[0]) if candidates else None)
    if found is None:
        raise click.ClickException(f"{program} is needed for this; on Debian: apt install postgresql-client")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        raise click.ClickException(f"{program} failed: {done.stderr.strip()[-500:]}")


def _files(folder: Path) -> Iterator[Path]:
    """Return the files of an instance, apart from its database and what can be made again."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and inside.parts[0] not in (*_SKIPPED, *_DATABASE_NAMES):
            yield path


def _write_archive(config: Config, *, database: Path, target: Path) -> None:
    members = [(database.name, database)] + [
        (f"files/{path.relative_to(config.folder)}", path) for path in _files(config.folder)
    ]
    digests: dict[str, str] = {}
    target.touch(mode=_PRIVATE)
    with (
        target.open("wb") as raw,
        tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as archive,
        _progress() as bar,
    ):
        task = bar.add_task("Backing up", total=sum(path.stat().st_size for _, path in members))
        for name, path in members:
            size = path.stat().st_size
            digests[name] = _digest(path)
            archive.add(path, arcname=name, recursive=False)
            bar.advance(task, size)
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


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--database", default="", metavar="URL", help="Where the data goes, when not where it was.")
@click.pass_obj
def restore(entrance: Entrance, file: Path, database: str) -> None:
    """Bring an instance back from FILE; it must not exist.

    Stop the old server first: two servers with one name confuse everyone they know.
    """
    name = entrance.name
    if name is None or not INSTANCE_NAME.match(name):
        raise click.UsageError("say under which name with -i NAME")
    folder = entrance.home / name
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} exists already and was left as it is; move it away first")
    entrance.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=entrance.home, prefix=".fedgov-restore-") as scratch:
        manifest = _unpack(file, Path(scratch))
        found = Path(scratch) / "files"
        if database:
            _set_database(found / "config.toml", database)
        _put_back(Path(scratch), found, folder=folder)
    config = load(folder)
    revision = in_plain_words(lambda: asyncio.run(schema.upgrade(config.database_url)))
    click.echo(f"{name}: {manifest['domain']} as it was at {manifest['made']} (schema {revision})")
    click.echo("Check it with: fedgov -i " + name + " doctor")


def _unpack(file: Path, scratch: Path) -> dict[str, str]:
    """Unpack an archive and check every file in it against the manifest."""
    try:
        with tarfile.open(file, mode="r:gz") as archive:
            archive.extractall(scratch, filter="data")
        manifest = json.loads((scratch / MANIFEST).read_text(encoding="utf-8"))
        digests = dict(manifest["sha256"])
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError) as error:
        raise click.ClickException(f"{file} is not a backup made by fedgov, or it is damaged: {error}") from None
    for name, digest in digests.items():
        path = scratch / name
        if not path.is_file() or _digest(path) != digest:
            raise click.ClickException(f"{file} is damaged: {name} is not what was backed up; nothing was restored")
    return dict(manifest)


def _set_database(path: Path, url: str) -> None:
    """Write another database address into a configuration, leaving the rest as it is."""
    lines = path.read_text(encoding="utf-8").splitlines()
    section = ""
    for number, line in enumerate(lines):
        if line.strip().startswith("["):
            section = line.strip()
        if section == "[database]" and line.strip().startswith("url"):
            lines[number] = f"url = {json.dumps(url)}"
            break
    else:
        lines += ["", "[database]", f"url = {json.dumps(url)}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _put_back(scratch: Path, files: Path, *, folder: Path) -> None:
    """Put database and files in their places; the folder appears last, complete."""
    files.chmod(0o700)
    (scratch / folder.name).mkdir()  # the configuration knows its instance by its folder's name
    staged = scratch / folder.name
    staged.rmdir()
    files.rename(staged)
    config = load(staged)
    sqlite_copy, postgres_copy = scratch / SQLITE_COPY, scratch / POSTGRES_COPY
    if config.database_url.startswith("sqlite:"):
        if not sqlite_copy.exists():
            raise click.ClickException("this backup is of PostgreSQL; give --database postgresql://…")
        target = Path(config.database_url.removeprefix("sqlite:///"))
        if config.database.url and target.exists():
            raise click.ClickException(f"{target} exists already and was left as it is")
        shutil.move(sqlite_copy, target)
        target.chmod(_PRIVATE)
    else:
        if not postgres_copy.exists():
            raise click.ClickException("this backup is of SQLite; restore it without --database")
        _run_postgres(
            "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction",
            f"--dbname={config.database_url}", str(postgres_copy),
        )  # fmt: skip
    if folder.exists():
        folder.rmdir()
    staged.rename(folder)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
