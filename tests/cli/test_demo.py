"""The demo: three town halls in one process that really talked with one another."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from fedgov.cli import demo
from fedgov.cli.demo_script import CONVERSATION, FOLLOWS, PASSWORD, TOWNS, Step
from fedgov.cli.main import fedgov
from tests.cli.commandline import Served, ask, done, free_ports, refused, rows, run, serving

NAMES = tuple(town.name for town in TOWNS)
HOMES = {person.username: town.name for town in TOWNS for person in town.staff}
READY = "Stop with Ctrl-C."


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that was started, stopped and started again, and runs now.

    Args:
        home: Where its data is.
        first: The port of Groningen.
        printed: What the first start printed.
        before: What was stored when the first start ended.
        stopping: Seconds that it took to stop.
        status: Exit status of the first start.
        server: The second start.
    """

    home: Path
    first: int
    printed: str
    before: list[object]
    stopping: float
    status: int
    server: Served

    def domain(self, name: str) -> str:
        return f"{name}.localhost:{self.port(name)}"

    def port(self, name: str) -> int:
        return self.first + NAMES.index(name)

    def uri(self, step: Step) -> str:
        """Find the address of a post by who wrote it and how it starts."""
        home = HOMES[step.who]
        edits = {each.to: each.text for each in CONVERSATION if each.do == "edit"}
        source = edits.get(step.key, step.text)
        ((uri,),) = rows(
            self.home,
            home,
            "SELECT uri FROM objects JOIN posts ON posts.object_id = objects.id WHERE posts.source = ?",
            source,
        )
        return str(uri)


def stored(home: Path) -> list[object]:
    """What should survive a restart."""
    statements = ("SELECT uri FROM objects ORDER BY id", "SELECT key_id, private FROM keys ORDER BY id")
    return [rows(home, name, statement) for name in NAMES for statement in statements]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("cli-demo") / "demo"
    (first, *_others) = free_ports(3)
    with serving("demo", "--home", home, "--port", first, says=READY) as server:
        printed, before = server.printed, stored(home)
        stopping = server.stop(signal.SIGINT)
        status = server.process.returncode
    with serving("--home", home, "demo", "--port", first, says=READY) as server:
        yield Demo(home, first, printed, before, stopping, status, server)


def test_it_prints_addresses_log_ins_the_password_and_the_line_for_other_programs(played: Demo) -> None:
    lines = played.printed.splitlines()
    for town in TOWNS:
        (line,) = (each for each in lines if each.startswith(town.organisation))
        assert f"http://{played.domain(town.name)} " in line
        assert [person.username for person in town.staff] == line.replace(",", "").split()[-4:]
        assert town.staff[0].administrator
    assert PASSWORD in played.printed
    assert "  127.0.0.1 groningen.localhost leeuwarden.localhost bzk.localhost" in lines
    assert [person.username for town in TOWNS for person in town.staff if person.administrator] == [
        "adviseur", "inkoper", "jurist",
    ]  # fmt: skip


def test_it_prints_where_an_app_logs_in_and_an_app_finds_its_server_there(played: Demo) -> None:
    (line,) = (each for each in played.printed.splitlines() if each.strip().startswith("toot login --instance "))
    address = line.split()[-1]
    assert address == f"http://localhost:{played.first}"
    answer = ask(played.first, "/api/v2/instance", host=f"localhost:{played.first}")
    assert answer.status == 200
    assert played.domain("groningen").encode() in answer.body
    assert int(answer.headers["x-ratelimit-limit"]) > 10_000, "a test suite of an app would be stopped"


def test_ctrl_c_stops_it_within_seconds(played: Demo) -> None:
    assert played.status == 0
    assert played.stopping < 6


def test_a_second_start_is_quick_and_keeps_the_data_wherever_the_home_is_named(played: Demo) -> None:
    assert stored(played.home) == played.before
    assert played.server.printed == played.printed
    assert sorted(path.name for path in played.home.iterdir()) == sorted((*NAMES, demo._MARK))


# --- what was said ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_left_arrived_signed_and_was_carried_out(played: Demo, name: str) -> None:
    assert rows(played.home, name, "SELECT DISTINCT state FROM deliveries") == [("sent",)]
    items = rows(played.home, name, "SELECT actor, key_id, proven, state FROM inbox_items")
    assert len(items) > 20
    for actor, key_id, proven, state in items:
        assert key_id.startswith(f"{actor}#")
        assert proven
        assert state == "done"
    kinds = {kind for (kind,) in rows(played.home, name, "SELECT DISTINCT type FROM inbox_items")}
    assert {"Follow", "Accept", "Create", "Like", "Announce"} <= kinds


def test_everybody_follows_whom_they_should_on_both_sides(played: Demo) -> None:
    for who, whom in FOLLOWS:
        follower = f"http://{played.domain(HOMES[who])}/users/{who}"
        following = f"http://{played.domain(HOMES[whom])}/users/{whom}"
        for name in {HOMES[who], HOMES[whom]}:
            found = rows(
                played.home, name, "SELECT state FROM follows WHERE follower = ? AND following = ?", follower, following
            )
            assert found == [("accepted",)], (who, whom, name)


def hears(step: Step) -> set[str]:
    """The other town halls with somebody who follows the author."""
    here = HOMES[step.who]
    return {HOMES[who] for who, whom in FOLLOWS if whom == step.who} - {here}


WRITTEN = [step for step in CONVERSATION if step.do in ("post", "reply") and step.key != "vergissing"]


@pytest.mark.parametrize("step", WRITTEN, ids=lambda step: step.key)
def test_a_post_is_where_it_should_be_and_nowhere_else(played: Demo, step: Step) -> None:
    uri = played.uri(step)
    where = {name for name in NAMES if rows(played.home, name, "SELECT 1 FROM objects WHERE uri = ?", uri)}
    here = HOMES[step.who]
    if step.visibility == "organisation":
        assert where == {here}
    else:
        assert where >= hears(step) | {here}
        assert len(where) > 1


@pytest.mark.parametrize("name", NAMES)
def test_the_edited_post_has_its_new_text_everywhere(played: Demo, name: str) -> None:
    (edit,) = (step for step in CONVERSATION if step.do == "edit")
    (step,) = (step for step in CONVERSATION if step.key == edit.to)
    ((document, updated),) = rows(
        played.home, name, "SELECT document, updated_at FROM objects WHERE uri = ?", played.uri(step)
    )
    assert "<strong>dinsdag</strong>" in document
    assert updated


@pytest.mark.parametrize("name", NAMES)
def test_the_deleted_post_is_a_tombstone_everywhere(played: Demo, name: str) -> None:
    found = rows(played.home, name, "SELECT uri, document FROM objects WHERE deleted_at IS NOT NULL")
    assert len(found) == 1
    ((uri, document),) = found
    assert document is None
    assert uri.startswith(f"http://{played.domain('groningen')}/")


def test_likes_shares_reactions_and_votes_are_counted_where_the_post_was_written(played: Demo) -> None:
    for kind, column in (("like", "likes"), ("share", "shares")):
        for key in {step.to for step in CONVERSATION if step.do == kind}:
            (step,) = (each for each in CONVERSATION if each.key == key)
            expected = sum(each.to == key and each.do == kind for each in CONVERSATION)
            ((count,),) = rows(
                played.home,
                HOMES[step.who],
                f"SELECT {column} FROM posts JOIN objects ON objects.id = object_id WHERE uri = ?",
                played.uri(step),
            )
            assert count == expected, (kind, key)


# --- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("host", ["{name}.localhost:{port}", "localhost:{port}", "127.0.0.1:{port}"])
def test_each_listener_answers_to_three_names_and_calls_itself_by_its_own(played: Demo, name: str, host: str) -> None:
    port, domain = played.port(name), played.domain(name)
    asked = host.format(name=name, port=port)
    assert ask(port, "/actor", host=asked).document["id"] == f"http://{domain}/actor"
    who = TOWNS[NAMES.index(name)].staff[0].username
    found = ask(port, f"/.well-known/webfinger?resource=acct:{who}@{domain}", host=asked).document
    assert found["subject"] == f"acct:{who}@{domain}"
    assert f"http://{domain}/users/{who}" in str(found)
    assert ask(port, "/", host=asked, headers={"Accept": "text/html"}).status in (200, 302, 303)


def test_the_doctor_finds_it_healthy(played: Demo) -> None:
    for name in NAMES:
        assert "Everything that can be seen from here works." in done(played.home, "-i", name, "doctor")


def test_a_second_demo_on_the_same_ports_is_refused_with_advice(played: Demo) -> None:
    again = run("demo", "--home", played.home, "--port", played.first)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == (
        f"Error: groningen cannot listen on 127.0.0.1:{played.first}: another server does; "
        "stop that one, or choose other ports with --port N\n"
    )


def test_a_demo_that_runs_is_not_thrown_away(played: Demo) -> None:
    words = refused(played.home, "demo", "--port", str(played.first), "--fresh")
    assert words == "Error: groningen is being served already; stop that server first\n"
    assert stored(played.home) == played.before
    assert (played.home / demo._MARK).exists()


def test_a_demo_does_not_change_its_name(played: Demo) -> None:
    words = refused(played.home, "demo", "--port", str(free_ports(3)[0]))
    assert f"the demo in {played.home} is {played.domain('groningen')}, not groningen.localhost:" in words
    assert "an instance cannot change its name" in words
    assert "--fresh" in words


# --- starting over ----------------------------------------------------------------------------------------------


def test_a_fresh_demo_on_localhost_replaces_the_old_one_and_can_be_interrupted(home: Path) -> None:
    for town in TOWNS:
        demo._config(home, town, port=7001, domain="")
    (home / demo._MARK).touch()
    (first, *_others) = free_ports(3)
    with serving("--home", home, "demo", "--port", first, "--domain", "localhost", "--fresh", says="") as server:
        while True:  # until it answers, while its people are still talking
            try:
                assert ask(first, "/actor").document["id"] == f"http://localhost:{first}/actor"
                break
            except (OSError, KeyError):
                time.sleep(0.05)
        assert server.stop(signal.SIGINT) < 30
        assert server.process.returncode == 0
    with serving("--home", home, "demo", "--port", first, "--domain", "localhost", says=READY) as server:
        assert f"http://localhost:{first + 2} " in server.printed
        assert "/etc/hosts" not in server.printed
        uris = [uri for (uri,) in rows(home, "bzk", "SELECT uri FROM objects")]
        assert len(uris) == len(set(uris))
        notes = "SELECT count(*) FROM objects WHERE local AND type = 'Article'"
        assert rows(home, "bzk", notes) == [(1,)]  # the interrupted conversation was held anew, not twice
        assert ask(first, "/users/jurist").status == 404
        assert ask(first + 2, "/users/jurist").document["id"] == f"http://localhost:{first + 2}/users/jurist"


def test_what_is_no_demo_is_never_thrown_away(home: Path) -> None:
    (home / "bzk").mkdir(parents=True)
    (home / "bzk" / "config.toml").write_text('[instance]\ndomain = "bzk.example"\norganisation = "BZK"\n')
    words = refused(home, "demo", "--fresh", "--port", str(free_ports(3)[0]))
    assert f"{home / 'bzk'} is not part of a demo and was left as it is" in words
    assert (home / "bzk" / "config.toml").exists()


def test_only_localhost_can_be_chosen_as_a_domain(home: Path) -> None:
    assert "only 'localhost' can be chosen" in refused(home, "demo", "--domain", "example.nl", status=2)
    assert not home.exists()


def test_a_home_from_the_environment_keeps_the_demo_apart_and_a_busy_port_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDGOV_HOME", str(home))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = CliRunner().invoke(fedgov, ["demo", "--port", str(min(other.getsockname()[1], 65_533))])
    assert result.exit_code == 1
    assert "another server does; stop that one, or choose other ports with --port N" in result.output
    assert [path.name for path in home.iterdir()] == ["demo"]
