"""Serving: which instances, to whom, and how it ends."""

from __future__ import annotations

import contextlib
import gc
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedgov import app
from fedgov.cli import serve
from fedgov.cli.serve import tell_service_manager
from fedgov.kernel import config as configuration
from tests.cli.commandline import (
    ask,
    done,
    free_ports,
    hire,
    make_instance,
    refused,
    rows,
    run,
    serving,
    until,
)


def test_the_garbage_collector_leaves_alone_what_was_loaded() -> None:
    assert gc.get_freeze_count() == 0
    try:
        serve.keep_what_was_loaded()
        assert gc.get_freeze_count() > 1_000
    finally:
        gc.unfreeze()


def change_setting(home: Path, name: str, old: str, new: str) -> None:
    """Edit a configuration as an administrator would."""
    path = home / name / "config.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@contextlib.contextmanager
def busy(port: int) -> Iterator[None]:
    """Ask all the time, over several connections, until the block ends."""
    stop = threading.Event()
    asked = [0] * 4

    def visit(number: int) -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                ask(port, "/", headers={"Accept": "text/html"})
                asked[number] += 1

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(len(asked))]
    for each in visitors:
        each.start()
    try:
        until(lambda: all(asked))
        yield
    finally:
        stop.set()
        for each in visitors:
            each.join()


@pytest.fixture(scope="module")
def ports(shared_home: Path) -> Iterator[tuple[int, int]]:
    """One process serves gouda and delft on one port, and breda on another."""
    both = make_instance(shared_home, "gouda", more='[accounts]\nregistration = "open"')
    make_instance(shared_home, "delft", port=both)
    other = make_instance(shared_home, "breda")
    with serving("--home", shared_home, "serve", says="gemeente Gouda") as served:
        assert served.printed.splitlines() == [
            f"gemeente Breda: http://breda.localhost:{other} (listening on 127.0.0.1:{other})",
            f"gemeente Delft: http://delft.localhost:{both} (listening on 127.0.0.1:{both})",
            f"gemeente Gouda: http://gouda.localhost:{both} (listening on 127.0.0.1:{both})",
        ]
        yield both, other


def test_the_host_header_chooses(ports: tuple[int, int]) -> None:
    both, other = ports
    for name, port in (("gouda", both), ("delft", both), ("breda", other)):
        answer = ask(port, "/actor", host=f"{name}.localhost:{port}")
        assert answer.document["id"] == f"http://{name}.localhost:{port}/actor"


def test_every_listener_serves_every_instance(ports: tuple[int, int]) -> None:
    both, other = ports
    assert ask(other, "/actor", host=f"delft.localhost:{both}").document["id"] == f"http://delft.localhost:{both}/actor"


@pytest.mark.parametrize("host", ["elsewhere.example", "gouda.localhost", "127.0.0.1", "a b", "gouda.localhost:x"])
def test_an_unknown_host_gets_421(ports: tuple[int, int], host: str) -> None:
    for path in ("/", "/actor", "/inbox"):
        assert ask(ports[0], path, host=host).status == 421


def test_two_hosts_get_421(ports: tuple[int, int]) -> None:
    with socket.create_connection(("127.0.0.1", ports[0]), timeout=60) as line:
        host = f"Host: gouda.localhost:{ports[0]}\r\n".encode()
        line.sendall(b"GET / HTTP/1.1\r\n" + host + host + b"\r\n")
        assert line.recv(100).startswith((b"HTTP/1.1 421", b"HTTP/1.1 400"))


def test_a_second_server_on_the_same_port_is_refused_with_advice(ports: tuple[int, int], shared_home: Path) -> None:
    again = run("--home", shared_home, "-i", "breda", "serve")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == (
        f"Error: breda cannot listen on 127.0.0.1:{ports[1]}: another server does; "
        "change server.listen, or stop that server\n"
    )


def test_a_second_server_on_the_same_sqlite_instance_is_refused(ports: tuple[int, int], shared_home: Path) -> None:
    change_setting(shared_home, "breda", f'listen = "127.0.0.1:{ports[1]}"', f'listen = "127.0.0.1:{free_ports()[0]}"')
    again = run("--home", shared_home, "serve", "breda")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "Error: breda is being served already; stop that server first\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_a_busy_server_in_seconds_and_that_is_no_failure(home: Path, number: signal.Signals) -> None:
    port = make_instance(home, "gouda")
    change_setting(home, "gouda", "[database]", f'aliases = ["127.0.0.1:{port}"]\n[database]')
    with serving("--home", home, "-i", "gouda", "serve", says="gemeente Gouda") as served, busy(port):
        seconds = served.stop(number)
        assert served.process.returncode == 0
        assert seconds < 10 + served.seconds  # which the start took: that tells how busy this machine is
        assert served.printed.count("\n") == 1  # the line that it printed when it started


def test_all_that_a_stop_may_wait_for_takes_less_than_ten_seconds() -> None:
    """For whatever asks `/readyz`, for requests that are under way, and for the workers."""
    assert serve.DRAIN_SECONDS + serve.STOP_SECONDS + app.STOP_SECONDS < 10


def test_an_open_connection_that_says_nothing_does_not_keep_a_server_from_stopping(home: Path) -> None:
    port = make_instance(home, "gouda")
    with (
        serving("--home", home, "serve", "gouda", says="gemeente Gouda") as served,
        socket.create_connection(("127.0.0.1", port)) as silent,
    ):
        silent.sendall(
            b"POST /inbox HTTP/1.1\r\nHost: gouda.localhost:" + str(port).encode() + b"\r\nContent-Length: 9\r\n\r\n{"
        )
        time.sleep(0.2)
        assert served.stop() < 10 + served.seconds
    assert served.process.returncode == 0


def test_a_server_that_was_killed_starts_again(home: Path) -> None:
    make_instance(home, "gouda")
    hire(home, "gouda", "fatima")
    with serving("--home", home, "serve", says="gemeente Gouda") as served:
        said = done(home, "post", "fatima", "Nog net gezegd").strip()
        served.stop(signal.SIGKILL)
    with serving("--home", home, "serve", says="gemeente Gouda"):
        assert rows(home, "gouda", "SELECT 1 FROM objects WHERE uri = ? AND document IS NOT NULL", said)


def test_two_instances_that_answer_to_one_name_are_refused(home: Path) -> None:
    port = make_instance(home, "gouda")
    make_instance(home, "delft", more="")
    change_setting(home, "delft", "[database]", f'aliases = ["gouda.localhost:{port}"]\n[database]')
    words = refused(home, "serve")
    assert f"delft and gouda both answer to gouda.localhost:{port}" in words


def test_an_address_that_is_not_ours_is_refused(home: Path) -> None:
    make_instance(home, "gouda")
    change_setting(home, "gouda", 'listen = "127.0.0.1', 'listen = "192.0.2.1')
    assert "gouda cannot listen on 192.0.2.1" in refused(home, "serve")


def test_a_server_on_postgres_is_served_by_host_and_sees_the_command_line(home: Path, postgres_url: str) -> None:
    port = make_instance(home, "gouda", database=postgres_url)
    with serving("--home", home, "-i", "gouda", "serve", says="gemeente Gouda") as served:
        hire(home, "gouda", "fatima")
        said = done(home, "post", "fatima", "Hallo").strip()
        path = said.partition(f":{port}")[2]
        until(lambda: ask(port, path, host=f"gouda.localhost:{port}").status == 200, seconds=3)
        assert served.stop() < 10 + served.seconds
    assert served.process.returncode == 0


def test_a_database_that_is_away_is_told_at_the_start(home: Path) -> None:
    make_instance(home, "gouda")
    change_setting(home, "gouda", 'url = ""', 'url = "postgresql://fedgov:geheim@127.0.0.1:1/fedgov"')
    started = run("--home", home, "serve")
    assert (started.returncode, started.stdout) == (1, "")
    assert started.stderr.startswith("Error: the database cannot be opened (")
    assert started.stderr.count("\n") == 1
    assert "geheim" not in started.stderr


def test_systemd_hears_when_the_server_answers(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_instance(home, "gouda")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with serving("--home", home, "serve", says="gemeente Gouda"):
            assert systemd.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all"])
def test_without_systemd_nobody_is_told(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    tell_service_manager("READY=1")


def test_a_server_that_is_told_to_stop_says_so_at_once_and_answers_what_is_under_way(home: Path) -> None:
    port = make_instance(home, "gouda")
    said: list[bytes] = []
    for _ in range(3):  # on a busy machine we may come a second too late to hear it
        with (
            serving("--home", home, "serve", "gouda", says="gemeente Gouda") as served,
            socket.create_connection(("127.0.0.1", port), timeout=30) as under_way,
        ):
            head = f"POST /inbox HTTP/1.1\r\nHost: gouda.localhost:{port}\r\nContent-Length: 2\r\n"
            under_way.sendall(f"{head}Content-Type: application/json\r\n\r\n{{".encode())
            assert ask(port, "/readyz").body == b"ok\n"
            begin = time.monotonic()
            served.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(OSError):
                while (found := ask(port, "/readyz").body) == b"ok\n":
                    time.sleep(0.02)
                said.append(found)
            under_way.sendall(b"}")
            answer = under_way.recv(1_000)
            served.process.wait(timeout=40)
            assert time.monotonic() - begin < 10 + served.seconds
        assert answer.startswith(b"HTTP/1.1 401 "), answer  # read to its end, and refused because nobody signed it
        assert served.process.returncode == 0
        if said:
            break
    assert said == [b'{"ready":false,"reason":"stopping"}']


def test_the_body_of_an_answer_does_not_wait_for_its_head_to_be_acknowledged(tmp_path: Path) -> None:
    table = {
        "instance": {"domain": "gouda.example", "organisation": "gemeente Gouda"},
        "server": {"listen": f"127.0.0.1:{free_ports()[0]}"},
    }
    (listener,) = serve.listen([configuration.read(table, folder=tmp_path / "gouda")])
    with listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
