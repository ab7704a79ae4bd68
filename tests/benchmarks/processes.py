"""Servers under measurement run as processes of their own; what they used is read from /proc."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
TICKS: Final = os.sysconf("SC_CLK_TCK")
PATIENCE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Process:
    """A server process.

    Args:
        pid: Its id.
        port: Where it listens on 127.0.0.1.
        seconds_to_answer: From its start to the first 200.
    """

    pid: int
    port: int
    seconds_to_answer: float

    def cpu_seconds(self) -> float:
        """Return the CPU time it used so far, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> dict[str, float]:
        """Return its proportional and resident set size in MiB."""
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines[1:] if line.split()[1].isdigit()}
        return {"pss_mib": round(found["Pss"], 1), "rss_mib": round(found["Rss"], 1)}


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(arguments: list[str], *, port: int, path: str) -> Iterator[Process]:
    """Run ``python …`` until the block ends.

    Args:
        arguments: What comes after ``python``.
        port: Where it will listen.
        path: A path that answers 200 once it serves.
    """
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, path, child)
        yield Process(pid=child.pid, port=port, seconds_to_answer=time.perf_counter() - started)
    finally:
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for(port: int, path: str, child: subprocess.Popen[bytes]) -> None:
    """Wait until a path answers 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise RuntimeError(f"the server ended with status {child.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(request)
                if b" 200 " in connection.recv(64):
                    return
        except OSError:
            pass
        time.sleep(0.005)
    raise RuntimeError(f"port {port} did not answer")


@contextmanager
def served_instance(home: Path, *, name: str = "bench") -> Iterator[Process]:
    """Run ``fedgov serve`` for an instance that exists."""
    import tomllib

    settings = tomllib.loads((home / name / "config.toml").read_text())
    port = int(settings["server"]["listen"].rpartition(":")[2])
    with running(["-m", "fedgov", "--home", str(home), "serve", name], port=port, path="/healthz") as process:
        yield process


def make_instance(home: Path, *, name: str = "bench", more: str = "") -> int:
    """Make an instance for plain http on loopback, with more settings perhaps; return its port."""
    from fedgov.cli.instances import make

    port = free_port()
    make(
        home / name,
        "\n".join(
            [
                "[instance]",
                f'domain = "{name}.localhost:{port}"',
                'organisation = "gemeente Meetlat"',
                'scheme = "http"',
                "[server]",
                f'listen = "127.0.0.1:{port}"',
                f'aliases = ["127.0.0.1:{port}"]',
                "[federation]",
                "allow_http = true",
                'allow_networks = ["127.0.0.0/8"]',
                more,
            ]
        ),
    )
    return port
