"""What tests need from outside Python: PostgreSQL, chromium and files built by ``make``.

A missing component skips the tests that need it, with one line that says how to
get it; with ``CI=true`` in the environment that is a failure, so that a check
never passes by leaving something out.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import asyncpg
import pytest

T = TypeVar("T")
ROOT: Final = Path(__file__).resolve().parent.parent
_POSTGRES_USER: Final = "postgres"
_FAST: Final = {
    # The data is thrown away, so nothing waits for the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # A database that many tests use looks the same to each of them.
    "autovacuum": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}
_CHROMIUM_OPTIONS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def unavailable(what: str, *, get_it: str) -> NoReturn:
    """Skip the test because something is not installed here, or fail it where everything must be."""
    message = f"{what} is not here: {get_it}"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def vectors() -> Path:
    """The folder with test vectors; it may be absent everywhere."""
    folder = Path(os.environ.get("FEDGOV_VECTORS") or ROOT.parent / "shared" / "vectors")
    if not folder.is_dir():
        pytest.skip("the test vectors are not here: set FEDGOV_VECTORS to their folder")
    return folder


def built(path: Path) -> Path:
    """A file that the front-end build makes."""
    if not path.is_file():
        unavailable(path.name, get_it="make frontend")
    return path


def chromium() -> str:
    """The path of Debian's chromium."""
    return shutil.which("chromium") or unavailable("chromium", get_it="make system-packages")


def chromium_options() -> list[str]:
    """The options with which chromium stays quiet, and runs as root too, where it cannot use its sandbox."""
    return [*_CHROMIUM_OPTIONS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running PostgreSQL server that only these tests use.

    Args:
        port: Its port on 127.0.0.1.
    """

    port: int
    _names: Iterator[int] = field(default_factory=itertools.count)

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database, which is dropped afterwards."""
        url = self.add()
        try:
            yield url
        finally:
            self.drop(url)

    def add(self) -> str:
        """Make an empty database; return its URL."""
        name = f"test_{next(self._names)}"
        self._say(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Take a database away, whoever still uses it."""
        self._say(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return f"postgresql://fedgov@127.0.0.1:{self.port}/{name}"

    def _say(self, statement: str) -> None:
        async def say() -> None:
            connection = await asyncpg.connect(self._url("postgres"))
            await connection.execute(statement)
            await connection.close()

        aside(say())


def aside(work: Coroutine[None, None, T]) -> T:
    """Do asynchronous work now, in a thread of its own: in this one an event loop may run already."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a PostgreSQL server of our own on a free port, and stop it."""
    programs = _postgres_programs()
    # Not one of pytest's folders: those are closed to the user as whom the server runs.
    folder = Path(tempfile.mkdtemp(prefix="fedgov-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _POSTGRES_USER, _POSTGRES_USER)
    data = folder / "data"
    try:
        _run(
            [
                programs / "initdb",
                "--username=fedgov",
                "--auth=trust",
                "--no-locale",
                "--encoding=UTF8",
                "--no-sync",
                data,
            ]
        )
        server = PostgresServer(_start(programs, data))
        try:
            yield server
        finally:
            _run([programs / "pg_ctl", "--pgdata", data, "--mode=immediate", "--wait", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_programs() -> Path:
    """Debian keeps them out of PATH, in a folder for each major version; the newest wins."""
    candidates = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found := shutil.which("initdb"):
        candidates.append(Path(found).resolve().parent)
    if not candidates:
        unavailable("PostgreSQL", get_it="make system-packages")
    return max(candidates, key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))])


def _start(programs: Path, data: Path) -> int:
    """Start the server; again on another port when somebody took the free one meanwhile."""
    log = data.with_name("log")
    for _attempt in range(3):
        port = _free_port()
        options = " ".join(f"-c {name}='{value}'" for name, value in {**_FAST, "port": port}.items())
        with contextlib.suppress(subprocess.CalledProcessError):
            _run([programs / "pg_ctl", "--pgdata", data, "--log", log, "--options", options, "--wait", "start"])
            return port
    raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(command: list[str | Path]) -> None:
    """Run a program of PostgreSQL as an unprivileged user, as it refuses root."""
    nobody_special = _POSTGRES_USER if os.geteuid() == 0 else None
    subprocess.run(
        command,
        check=True,
        user=nobody_special,
        group=nobody_special,
        extra_groups=[] if nobody_special else None,
        cwd="/",
        # Files rather than pipes: the server that pg_ctl starts would hold a pipe open.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
