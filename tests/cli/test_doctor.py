"""The doctor: what it says of an instance that is well, and of each way in which one can be ill."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import os
import sqlite3
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fedgov.cli import doctor
from fedgov.kernel import config as configuration
from tests.authority import authority, protected
from tests.cli.commandline import change, done, free_ports, hire, make_instance, serving, type_in


@contextmanager
def proxy(port: int, *, to: int, host: str | None = None, status: int = 0) -> Iterator[None]:
    """A tiny reverse proxy; with ``host`` it loses the Host header, with ``status`` it answers by itself."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if status:
                self.send_response(status)
                self.end_headers()
                return
            connection = http.client.HTTPConnection("127.0.0.1", to, timeout=60)
            headers = {"Host": host or self.headers["Host"], "Accept": self.headers["Accept"]}
            connection.request("GET", self.path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def findings(home: Path, *, status: int) -> dict[str, str]:
    """Ask the doctor; return mark and words by what they are about."""
    result = type_in(home, "-i", "gouda", "doctor")
    assert result.exit_code == status, result.output
    assert result.stderr == ""
    title, _, body = result.stdout.partition("\n\n")
    assert title.startswith("gemeente Gouda · http://gouda.localhost:")
    lines = body.partition("\n\n")[0].splitlines()
    found = {line[2:].partition(": ")[0]: line[0] + " " + line.partition(": ")[2] for line in lines}
    assert status == any(words[0] == "✗" for words in found.values())
    return found


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    """Where the world thinks the server is, and where it is."""
    public, own = free_ports(2)
    return public, own


@pytest.fixture(scope="module")
def gouda(shared_home: Path, ports: tuple[int, int]) -> Iterator[Path]:
    """A server behind a proxy."""
    public, own = ports
    make_instance(shared_home, "gouda", port=own, domain=f"gouda.localhost:{public}")
    hire(shared_home, "gouda", "fatima")
    with serving("--home", shared_home, "serve", says="gemeente Gouda"):
        yield shared_home


def test_everything_is_well(gouda: Path, ports: tuple[int, int]) -> None:
    public, own = ports
    with proxy(public, to=own):
        found = findings(gouda, status=0)
    assert {words[0] for words in found.values()} == {"✓"}
    inside = {"database", "keys", "name", "reachable", "clock", "sending", "audit log", "search"}
    assert found.keys() == {"disk", "files", "server", "work"} | inside
    assert found["reachable"] == f"✓ http://gouda.localhost:{public}/actor answers as it should"


def test_a_proxy_that_loses_the_host_header_is_found(gouda: Path, ports: tuple[int, int]) -> None:
    public, own = ports
    with proxy(public, to=own, host=f"127.0.0.1:{own}"):
        found = findings(gouda, status=1)
    assert found["reachable"].startswith("✗ the proxy does not pass the Host header on, which breaks every signature")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (502, "the proxy cannot reach the server behind it"),
        (404, "something else is served there"),
        (200, "something else is served there"),
    ],
)
def test_a_proxy_that_leads_elsewhere_is_found(gouda: Path, ports: tuple[int, int], status: int, words: str) -> None:
    with proxy(ports[0], to=ports[1], status=status):
        found = findings(gouda, status=1)
    assert f"answers {status}" in found["reachable"]
    assert words in found["reachable"]


def test_a_public_address_that_cannot_be_reached_from_here_is_no_proof_of_anything(gouda: Path) -> None:
    assert findings(gouda, status=0)["reachable"].startswith("! ")


def test_a_server_that_is_not_running_is_found(home: Path) -> None:
    port = make_instance(home, "gouda")
    found = findings(home, status=1)
    assert (
        found["server"]
        == f"✗ nothing listens on 127.0.0.1:{port}; start it with: fedgov serve gouda (or: systemctl start fedgov)"
    )


def test_a_server_that_started_before_the_instance_was_made_is_found(
    gouda: Path, ports: tuple[int, int], home: Path
) -> None:
    (public,) = free_ports()
    make_instance(home, "gouda", port=ports[1], domain=f"gouda.localhost:{public}")
    with proxy(public, to=ports[1]):
        found = findings(home, status=1)
    assert found["server"].startswith(f"✗ the one on 127.0.0.1:{ports[1]} does not know gouda.localhost:{public}")
    assert "because the server does not know this name" in found["reachable"]


def test_something_else_on_our_port_does_not_puzzle_the_doctor(home: Path) -> None:
    (port,) = free_ports()
    make_instance(home, "gouda", port=port)
    with proxy(port, to=port, status=500):
        assert findings(home, status=1)["server"].startswith("✓")


def test_files_of_another_user_are_found(home: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file away")
    make_instance(home, "gouda")
    os.chown(home / "gouda" / "config.toml", 1, -1)
    words = findings(home, status=1)["files"]
    assert words.startswith("✗ config.toml belongs to another user than its folder")
    assert words.endswith(f"do: chown -R --reference={home / 'gouda'} {home / 'gouda'}")


@pytest.mark.parametrize(
    ("scheme", "proxies", "number"), [("https", "", 1), ("https", '"127.0.0.1/32"', 0), ("http", "", 0)]
)
def test_an_instance_that_trusts_no_proxy_is_worth_a_look(
    tmp_path: Path, scheme: str, proxies: str, number: int
) -> None:
    text = f"""
    [instance]
    domain = "gouda.example"
    organisation = "gemeente Gouda"
    scheme = "{scheme}"
    [server]
    trusted_proxies = [{proxies}]
    [federation]
    allow_http = {"true" if scheme == "http" else "false"}
    """
    config = configuration.read(tomllib.loads(text), folder=tmp_path / "gouda")
    assert [(each.state, each.about) for each in doctor._look_at_proxies(config)] == [("look", "proxy")] * number


def test_our_own_address_may_be_a_private_one(home: Path) -> None:
    public, own = free_ports(2)
    make_instance(home, "gouda", port=own, domain=f"localhost:{public}")
    path = home / "gouda" / "config.toml"
    path.write_text(path.read_text().replace('allow_networks = ["127.0.0.0/8"]', ""))
    with serving("--home", home, "serve", says="gemeente Gouda"), proxy(public, to=own, host="elsewhere.example"):
        result = type_in(home, "doctor")
    assert "! name: localhost is 127.0.0.1 here, which is not on the public internet" in result.stdout.replace(
        ", ::1", ""
    )
    assert "✗ reachable: the proxy does not pass the Host header on" in result.stdout


async def test_a_certificate_that_is_good_is_told_with_its_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(own.file))
    for days, state in ((30, "good"), (10, "look")):
        async with protected(own.certify("localhost", days=days)) as port:
            found = await doctor._look_at_certificate("localhost", port)
        assert (found.state, found.about) == (state, "TLS")


@pytest.mark.parametrize(
    ("name", "days", "known", "words"),
    [
        ("localhost", -1, True, "certificate has expired"),
        ("elders.example", 30, True, "not valid for 'localhost'"),
        ("localhost", 30, False, "update-ca-certificates"),
    ],
)
async def test_what_is_wrong_with_a_certificate_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, days: int, *, known: bool, words: str
) -> None:
    own = authority(tmp_path)
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(own.file))
    async with protected(own.certify(name, days=days)) as port:
        found = await doctor._look_at_certificate("localhost", port)
    assert (found.state, words in found.words) == ("bad", True), found.words


def test_files_that_others_can_read_are_found(gouda: Path) -> None:
    folder = gouda / "gouda"
    (folder / "config.toml").chmod(0o644)
    (folder / "fedgov.sqlite3").chmod(0o644)
    folder.chmod(0o755)
    try:
        found = findings(gouda, status=1)
        assert found["files"].startswith("✗ everyone on this machine can read config.toml, fedgov.sqlite3")
        assert found["files"].endswith(f"do: chmod -R go= {folder}")
    finally:
        folder.chmod(0o700)
    assert findings(gouda, status=0)["files"].startswith("✓ only their owner")  # nobody else can reach them


def test_a_database_that_is_away_is_found_and_the_other_checks_are_done(home: Path) -> None:
    make_instance(home, "gouda")
    path = home / "gouda" / "config.toml"
    path.write_text(path.read_text().replace('url = ""', 'url = "postgresql://fedgov:geheim@127.0.0.1:1/gouda"'))
    found = findings(home, status=1)
    assert found["database"].startswith("✗ the database cannot be opened (")
    assert "geheim" not in str(found)
    assert found["disk"].startswith("✓")


def test_a_damaged_database_is_found(home: Path) -> None:
    make_instance(home, "gouda")
    (home / "gouda" / "fedgov.sqlite3").write_bytes(b"no database" * 1_000)
    assert "file is not a database" in findings(home, status=1)["database"]


def test_a_database_that_opens_and_is_damaged_within_is_found(home: Path) -> None:
    make_instance(home, "gouda")
    change(home, "gouda", "CREATE TABLE strange (x CHECK (x > 0))")
    statement = "PRAGMA ignore_check_constraints = ON; INSERT INTO strange VALUES (-1)"
    with contextlib.closing(sqlite3.connect(home / "gouda" / "fedgov.sqlite3")) as connection:
        connection.executescript(statement)
    words = findings(home, status=1)["database"]
    assert words == "✗ it is damaged (CHECK constraint failed in strange); restore the last backup"


def test_an_index_of_words_that_does_not_fit_the_messages_is_found_and_made_again(home: Path) -> None:
    make_instance(home, "gouda")
    hire(home, "gouda", "fatima")
    for text in ("Een", "Twee"):
        done(home, "-i", "gouda", "post", "fatima", text)
    assert findings(home, status=1)["search"] == "✓ messages and people can be found by their words"

    change(home, "gouda", "DELETE FROM post_index WHERE rowid = (SELECT max(rowid) FROM post_index)")
    lost = findings(home, status=1)["search"]
    change(home, "gouda", "INSERT INTO post_index (rowid, document) SELECT max(object_id), ' drie ' FROM posts")
    other = findings(home, status=1)["search"]
    change(home, "gouda", "DELETE FROM post_index_data WHERE id > 10")
    damaged = findings(home, status=1)["search"]
    done(home, "-i", "gouda", "search", "rebuild")

    assert lost.startswith("✗ 1 of 2 messages are in the index of words; make it again with")
    assert other.startswith("✗ 1 of the newest messages are in the index with other words")
    assert damaged.startswith("✗ the index of words is damaged")
    assert findings(home, status=1)["search"] == "✓ messages and people can be found by their words"


def test_a_disk_that_is_almost_full_is_found(gouda: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", 10**18)
    assert "make room before it is full" in findings(gouda, status=1)["disk"]
    monkeypatch.setattr(doctor, "FULL_BYTES", 10**18)
    assert "it is full: make room" in findings(gouda, status=1)["disk"]


@pytest.mark.parametrize("whose", ["actor", "organisation"])
def test_keys_that_are_gone_are_found(home: Path, whose: str) -> None:
    port = make_instance(home, "gouda")
    findings(home, status=1)  # opened once, which makes them
    change(home, "gouda", "DELETE FROM keys WHERE owner LIKE ?", f"%/{whose}")
    words = findings(home, status=1)["keys"]
    assert words == f"✗ http://gouda.localhost:{port}/{whose} has no keys; do: fedgov keys rotate --all"
    done(home, "keys", "rotate", "--all")
    assert findings(home, status=1)["keys"].startswith("✓")


def test_a_clock_that_differs_is_found() -> None:
    (found,) = doctor._clock_finding("Sat, 21 Nov 2020 12:00:00 GMT")
    assert (found.state, found.about) == ("bad", "clock")
    assert list(doctor._clock_finding("yesterday")) == []


def test_what_waits_too_long_is_worth_a_look(home: Path) -> None:
    make_instance(home, "gouda")
    statement = (
        "INSERT INTO inbox_items (id, origin, activity_uri, actor, type, order_key, body, key_id, proven, state,"
        " attempts, next_attempt_at, received_at) VALUES (1, '', '', '', 'Create', '', '', '', 0, 'parked', 0, 0, 0)"
    )
    change(home, "gouda", statement)
    change(home, "gouda", "INSERT INTO peers (host, first_seen_at, failures) VALUES ('delft.example', 1, 3)")
    found = findings(home, status=1)
    assert found["received"] == "! 1 could not be handled; see: fedgov inbox --parked"
    assert found["peers"] == "! 1 do not answer now; see: fedgov peers"


@pytest.mark.parametrize(
    ("state", "words"),
    [("queued", "! 1 waiting, the oldest for "), ("parked", "! 1 parked after a week of trying; see: fedgov peers")],
)
def test_what_cannot_be_sent_for_days_is_worth_a_look(home: Path, state: str, words: str) -> None:
    make_instance(home, "gouda")
    findings(home, status=1)  # opened once, which makes the tables
    change(
        home,
        "gouda",
        "INSERT INTO activities (id, uri, actor, type, visibility, document, published_at)"
        " VALUES (1, 'x', 'x', 'Create', 'public', '{}', 1)",
    )
    change(
        home,
        "gouda",
        "INSERT INTO deliveries (id, activity_id, host, inbox, recipients, order_key, state, attempts, next_attempt_at,"
        " created_at) VALUES (1, 1, 'delft.example', 'x', '[]', '', ?, 1, 9999999999999, 1)",
        state,
    )
    assert findings(home, status=1)["sending"].startswith(words)


def test_what_whoever_is_on_duty_wants_to_know_is_told_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_instance(home, "gouda", more='[accounts]\nregistration = "open"')
    (home / "gouda" / "media").mkdir()
    monkeypatch.setattr("fedgov.cli.duty._device", lambda path: int(path.name == "media"))
    found = findings(home, status=1)
    assert found["choices"].startswith("! anybody may make an account here")
    assert "disk of media" in found
