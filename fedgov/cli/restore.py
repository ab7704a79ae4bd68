"""Bringing an instance back from a backup: everything is checked first, and the folder appears last, complete."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import shutil
import stat
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from fedgov.cli import postgres
from fedgov.cli.backup import FILES, MANIFEST, POSTGRES_COPY, SQLITE_COPY
from fedgov.cli.entrance import Entrance, note_down
from fedgov.kernel import config as configuration
from fedgov.kernel.config import INSTANCE_NAME, Config
from fedgov.store import schema
from fedgov.store.erasures import QUARANTINE

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself.

    Args:
        schema: Version of the database.
        domain: Whose it is.
        made: When, as RFC 3339.
        digests: SHA-256 of each file in it.
    """

    schema: str
    domain: str
    made: str
    digests: dict[str, str]


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
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.ClickException(f"{folder} exists already and was left as it is; move it away first")
    entrance.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=entrance.home, prefix=".fedgov-restore-") as scratch:
        manifest = _unpack(file, Path(scratch))
        files = Path(scratch) / FILES
        if database and (files / "config.toml").is_file():
            _set_database(files / "config.toml", database)
        _put_back(Path(scratch), files, folder=folder)
    config = configuration.load(folder)
    revision = asyncio.run(schema.upgrade(config.database_url))
    note_down(config, "instance.restored", target=manifest.made)
    click.echo(f"{name}: {manifest.domain} as it was at {manifest.made} (schema {revision})")
    click.echo("Nothing is served or sent yet. Look it over, then open it with the list of what was erased since:")
    click.echo(f"  fedgov -i {name} doctor")
    click.echo(f"  fedgov -i {name} open --erasures FILE")


def _unpack(file: Path, scratch: Path) -> Manifest:
    """Unpack an archive and compare every file in it with the manifest."""
    try:
        with gzip.open(file) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                _unpack_one(archive, member, scratch)
            while stream.read(_CHUNK):
                pass  # only at its very end does an archive say whether all of it arrived as it was
        found = json.loads((scratch / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(
            schema=str(found["schema"]),
            domain=str(found["domain"]),
            made=str(found["made"]),
            digests=dict(found["sha256"]),
        )
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        raise click.ClickException(
            f"{file} is not a backup made by fedgov, or it is damaged ({error}); nothing was restored"
        ) from None
    inside = {str(path.relative_to(scratch)) for path in scratch.rglob("*") if not path.is_dir()} - {MANIFEST}
    for name in sorted(inside | manifest.digests.keys()):
        path = scratch / name
        if name not in inside or path.is_symlink() or manifest.digests.get(name) != _digest(path):
            raise click.ClickException(f"{file} is damaged: {name} is not what was backed up; nothing was restored")
    if manifest.schema > schema.newest_revision():
        raise click.ClickException(
            f"{file} was made by a newer fedgov (schema {manifest.schema}); install that first; nothing was restored"
        )
    return manifest


def _unpack_one(archive: tarfile.TarFile, member: tarfile.TarInfo, scratch: Path) -> None:
    """Write one file of an archive.

    Not ``extractall(filter="data")``: the Python 3.11.2 of Debian 12 does not know that argument.

    Raises:
        ValueError: It is a link or the like, or would come elsewhere.
    """
    target = scratch / member.name
    if member.isdir():  # a folder is made with its first file
        return
    if not member.isreg() or ".." in target.parts or not target.is_relative_to(scratch):
        raise ValueError(f"{member.name} is no plain file in its own place")
    target.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    assert content is not None  # noqa: S101 - a plain file has content
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)
    target.chmod((member.mode | stat.S_IRUSR | stat.S_IWUSR) & stat.S_IRWXU)


def _set_database(path: Path, url: str) -> None:
    """Write another database address into a configuration, leaving the rest as it is."""
    lines = path.read_text(encoding="utf-8").splitlines()
    setting = f"url = {json.dumps(url)}"
    section = ""
    for number, line in enumerate(lines):
        if line.strip().startswith("["):
            section = line.strip()
        if section == "[database]" and line.partition("=")[0].strip() == "url":
            lines[number] = setting
            break
    else:
        lines = [line for line in lines if line.strip() != "[database]"] + ["", "[database]", setting]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _put_back(scratch: Path, files: Path, *, folder: Path) -> None:
    """Put database and files in their places."""
    if not (files / "config.toml").is_file():
        raise click.ClickException("there is no configuration in this backup; nothing was restored")
    (scratch / "named").mkdir()
    staged = files.rename(scratch / "named" / folder.name)  # a configuration knows its instance by its folder's name
    staged.chmod(0o700)
    (staged / QUARANTINE).touch(mode=0o600)  # before it is there at all: nothing is served or sent until it is opened
    config = configuration.load(staged)
    if config.database_url.startswith("sqlite:"):
        _put_back_sqlite(scratch / SQLITE_COPY, _sqlite_target(config, folder=folder))
    else:
        _put_back_postgres(scratch / POSTGRES_COPY, config)
    if folder.exists():
        folder.rmdir()
    staged.rename(folder)


def _sqlite_target(config: Config, *, folder: Path) -> Path:
    """Return where the database goes; for now beside the staged files when it belongs in the instance's folder."""
    target = Path(config.database_url.removeprefix("sqlite:///")).resolve()
    final = folder.resolve()
    return config.folder / target.relative_to(final) if target.is_relative_to(final) else target


def _put_back_sqlite(copy: Path, target: Path) -> None:
    if not copy.exists():
        raise click.ClickException("this backup is of PostgreSQL; give --database postgresql://…")
    if target.exists():
        raise click.ClickException(f"{target} exists already and was left as it is; move it away, or give --database")
    if not target.parent.is_dir():
        raise click.ClickException(f"there is no folder {target.parent} for the database; make it, or give --database")
    shutil.move(copy, target)
    target.chmod(0o600)


def _put_back_postgres(copy: Path, config: Config) -> None:
    if not copy.exists():
        raise click.ClickException("this backup is of SQLite; restore it without --database")
    postgres.run(
        "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(copy), url=config.database_url
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
