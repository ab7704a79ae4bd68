"""The command line as a person uses it: processes, servers on ports of this machine, and what they print.

`type_in` runs a command inside this process, which saves the second that opening
the house takes; a server beside it is always a process of its own.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import orjson
import structlog
from click.testing import CliRunner, Result

from fedgov.cli.instances import make
from fedgov.cli.main import fedgov
from tests.services import ROOT

T = TypeVar("T")
PATIENCE: Final = 90.0
PASSWORD: Final = "een-heel-lang-wachtwoord"
ACTIVITY: Final = {"Accept": "application/activity+json"}


def type_in(home: Path, *words: str, answers: str = "") -> Result:
    """Type a command; return its exit status and what it printed."""
    # As `fedgov.kernel.log` has it, but looked up each time: the runner closes its own at the end.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    return CliRunner().invoke(fedgov, ["--home", str(home), *words], input=answers, prog_name="fedgov")


def done(home: Path, *words: str, answers: str = "") -> str:
    """Type a command that must succeed; return what it printed."""
    result = type_in(home, *words, answers=answers)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(home: Path, *words: str, answers: str = "", status: int = 1) -> str:
    """Type a command that must be refused in plain words; return those."""
    result = type_in(home, *words, answers=answers)
    assert result.exit_code == status, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr


def run(*words: str | int | Path) -> subprocess.CompletedProcess[str]:
    """Run the program as a process of its own until it ends."""
    return subprocess.run(
        _program(words), capture_output=True, text=True, timeout=PATIENCE, env=_environment(), check=False
    )


def _program(words: Sequence[str | int | Path]) -> list[str]:
    return [sys.executable, "-m", "fedgov", *map(str, words)]


def _environment() -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("FEDGOV_")}
    return mine | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"}


@dataclass(slots=True)
class Served:
    """A running server."""

    process: subprocess.Popen[str]
    output: IO[str]
    seconds: float = 0.0

    @property
    def printed(self) -> str:
        """What it printed so far, mistakes too."""
        self.output.seek(0)
        return self.output.read()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Send a signal and wait for the end; return how many seconds that took."""
        begin = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=PATIENCE)
        return time.monotonic() - begin


@contextlib.contextmanager
def serving(*words: str | int | Path, says: str) -> Iterator[Served]:
    """Start a server and wait until it says something; stop it at the end, if nobody did."""
    begin = time.monotonic()
    with tempfile.TemporaryFile("a+", prefix="cli-") as output:  # appended, wherever we read
        process = subprocess.Popen(
            _program(words), stdout=output.fileno(), stderr=subprocess.STDOUT, text=True, env=_environment()
        )
        served = Served(process=process, output=output)
        try:
            until(lambda: says in served.printed or process.poll() is not None)
            assert process.poll() is None, served.printed
            served.seconds = time.monotonic() - begin
            yield served
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=60)
                finally:
                    process.kill()
        assert "Traceback" not in served.printed, served.printed


def until(question: Callable[[], T], *, seconds: float = PATIENCE) -> T:
    """Ask until the answer is not empty."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)
    return answer


# --- instances --------------------------------------------------------------------------------------------------


def free_ports(number: int = 1) -> list[int]:
    """Return ports that follow on one another and that nobody uses."""
    while True:
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError, OverflowError):
            first = 0
            for each in range(number):
                probe = stack.enter_context(socket.socket())
                probe.bind(("127.0.0.1", first + each if first else 0))
                first = first or probe.getsockname()[1]
            return [first + each for each in range(number)]


def make_instance(home: Path, name: str, *, port: int = 0, domain: str = "", database: str = "", more: str = "") -> int:
    """Make an instance for plain http on this machine; return its port."""
    port = port or free_ports()[0]
    text = "\n".join(
        [
            "[instance]",
            f'domain = "{domain or f"{name}.localhost:{port}"}"',
            f'organisation = "gemeente {name.title()}"',
            'scheme = "http"',
            "[server]",
            f'listen = "127.0.0.1:{port}"',
            "[database]",
            f'url = "{database}"',
            "[federation]",
            "allow_http = true",
            'allow_networks = ["127.0.0.0/8"]',
            more,
        ]
    )
    make(home / name, text)
    return port


def hire(home: Path, name: str, username: str, *words: str) -> None:
    """Make an account."""
    done(home, "-i", name, "user", "create", username, "--password-stdin", *words, answers=PASSWORD + "\n")


def rows(home: Path, name: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Read from the SQLite database of an instance, as nobody's server."""
    with contextlib.closing(sqlite3.connect(home / name / "fedgov.sqlite3", timeout=60)) as connection:
        return connection.execute(statement, values).fetchall()


def change(home: Path, name: str, statement: str, *values: object) -> None:
    """Change something in the SQLite database of an instance behind everybody's back."""
    with contextlib.closing(sqlite3.connect(home / name / "fedgov.sqlite3", timeout=60)) as connection, connection:
        connection.execute(statement, values)


# --- requests ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON in it."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found


def ask(port: int, path: str, *, host: str = "", headers: Mapping[str, str] = ACTIVITY) -> Answer:
    """GET a path; ``host`` is the Host header, when not the address itself."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={**headers, **({"Host": host} if host else {})})
        answer = connection.getresponse()
        return Answer(status=answer.status, headers=dict(answer.headers.items()), body=answer.read())
    finally:
        connection.close()
