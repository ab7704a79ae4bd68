"""What the doctor tells whoever is on duty: what is late, risky, full, or open to strangers."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedgov.cli import duty
from fedgov.federation.client import Answer
from fedgov.federation.figures import Figures, Queue
from fedgov.kernel import config as configuration
from fedgov.kernel.clock import DAY, HOUR, MINUTE
from fedgov.kernel.config import Config
from fedgov.kernel.errors import UnreachableError

NOW = 1_795_000_000_000
CALM = Figures(
    taken_at=NOW,
    inbox={name: Queue() for name in ("due", "waiting", "parked")},
    deliveries={name: Queue() for name in ("due", "waiting", "resting", "parked", "failed")},
    peers={},
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """An instance that everybody reaches through a proxy."""
    table = {"instance": {"domain": "gouda.example", "organisation": "gemeente Gouda"}}
    return configuration.read(table, folder=tmp_path / "gouda")


# --- does it work -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def listener(config: Config, answer: bytes) -> AsyncIterator[Config]:
    """Answer whatever is asked on a port of this machine; give the configuration that says so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield replace(config, server=replace(config.server, listen=address))
    finally:
        server.close()


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nok\n", "good", "can do its work"),
        (b'HTTP/1.1 503 No\r\n\r\n{"ready":false,"reason":"workers"}', "bad", "a worker gives no sign of life"),
        (b'HTTP/1.1 503 No\r\n\r\n{"ready":false,"reason":"disk"}', "bad", "its disk is full"),
        (b"HTTP/1.1 503 No\r\n\r\nout of order", "bad", "it does not say why"),
    ],
)
async def test_the_server_itself_is_asked_whether_it_works(
    config: Config, answer: bytes, state: str, words: str
) -> None:
    async with listener(config, answer) as found:
        (finding,) = await duty.ask_ready(found)
    assert (finding.about, finding.state) == ("work", state)
    assert words in finding.words


@pytest.mark.parametrize("answer", [b"", b"220 mail.example ESMTP\r\n", b"HTTP/1.1 404 No\r\n\r\n"])
async def test_what_is_no_server_of_ours_says_nothing_about_work(config: Config, answer: bytes) -> None:
    async with listener(config, answer) as found:
        assert await duty.ask_ready(found) == []


# --- what is late -----------------------------------------------------------------------------------------------


def test_nothing_late_is_nothing_to_tell() -> None:
    short = {"due": Queue(9, NOW - MINUTE), "waiting": Queue(9, NOW - DAY)}
    assert list(duty.judge(CALM)) == []
    assert list(duty.judge(replace(CALM, inbox=CALM.inbox | short, failing_since=NOW - HOUR))) == []


@pytest.mark.parametrize(("queue", "about"), [("inbox", "received"), ("deliveries", "sending")])
def test_what_could_go_and_does_not_is_worth_a_look(queue: str, about: str) -> None:
    late: Any = {queue: getattr(CALM, queue) | {"due": Queue(3, NOW - 40 * MINUTE)}}
    (finding,) = duty.judge(replace(CALM, **late))
    assert (finding.state, finding.about) == ("look", about)
    assert "3 could be" in finding.words
    assert "40 minutes" in finding.words


def test_a_server_that_is_long_away_is_told_with_its_days() -> None:
    (finding,) = duty.judge(replace(CALM, failing_since=NOW - 5 * DAY))
    assert (finding.state, finding.about) == ("look", "peers")
    assert "5 days" in finding.words


@pytest.mark.parametrize(("age", "state"), [(5 * HOUR, "good"), (3 * DAY, "look")])
def test_the_age_of_the_last_backup_is_told(age: int, state: str) -> None:
    (finding,) = duty.judge(replace(CALM, backup_at=NOW - age))
    assert (finding.about, finding.state) == ("backup", state)


# --- what is risky ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registration", "trust", "risky"),
    [("open", "open", True), ("open", "listed", False), ("closed", "open", False)],
)
def test_an_open_door_on_both_sides_is_worth_a_look(config: Config, registration: Any, trust: str, risky: bool) -> None:
    config = replace(config, accounts=replace(config.accounts, registration=registration))
    assert [each.state for each in duty.look_at_choices(config, trust=trust)] == (["look"] if risky else [])


@pytest.mark.parametrize(("network", "wide"), [("0.0.0.0/0", True), ("::/0", True), ("10.0.0.0/8", False)])
def test_figures_for_nearly_everybody_are_found(config: Config, network: str, wide: bool) -> None:
    metrics = replace(config.metrics, allow_networks=(ipaddress.ip_network(network),))
    found = list(duty.look_at_choices(replace(config, metrics=metrics), trust="open"))
    assert [each.state for each in found] == (["bad"] if wide else [])
    off = replace(config, metrics=replace(metrics, enabled=False))
    assert list(duty.look_at_choices(off, trust="open")) == []


class Outside:
    """The way out, with one answer."""

    def __init__(self, status: int, body: bytes = b"") -> None:
        self.status, self.body = status, body

    async def get(self, url: str, **_more: Any) -> Answer:
        assert url == "https://gouda.example/metrics"
        if not self.status:
            raise UnreachableError("no answer")
        return Answer(url=url, status=self.status, headers={}, body=self.body)


@pytest.mark.parametrize(
    ("outside", "states"),
    [
        (Outside(200, b"fedgov_build_info 1"), ["look"]),
        (Outside(404), ["good"]),
        (Outside(200, b"<html>"), ["good"]),
        (Outside(0), []),
    ],
)
async def test_figures_that_strangers_can_read_are_found(config: Config, outside: Any, states: list[str]) -> None:
    assert [each.state for each in await duty.look_for_metrics(config, outside)] == states


async def test_figures_are_asked_for_only_where_there_are_any_and_a_proxy_stands_between(config: Config) -> None:
    without_proxy = replace(config, instance=replace(config.instance, scheme="http"))
    without_figures = replace(config, metrics=replace(config.metrics, enabled=False))
    for each in (without_proxy, without_figures):
        assert await duty.look_for_metrics(each, Nobody()) == []  # type: ignore[arg-type]


class Nobody:
    """A way out that nobody may take."""

    async def get(self, url: str, **_more: Any) -> Answer:
        raise AssertionError(f"asked for {url}")


# --- other disks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minimum", "state"), [(1, "good"), (10**18, "bad")])
def test_a_disk_of_its_own_is_looked_at_too(
    config: Config, monkeypatch: pytest.MonkeyPatch, minimum: int, state: str
) -> None:
    (config.folder / "media").mkdir(parents=True)
    assert list(duty.look_at_other_disks(config)) == []  # the same disk
    monkeypatch.setattr(duty, "_device", lambda path: int(path.name == "media"))
    monkeypatch.setattr(duty, "MIN_FREE_BYTES", minimum)
    assert [(each.about, each.state) for each in duty.look_at_other_disks(config)] == [("disk of media", state)]


def test_the_disk_under_the_database_is_looked_at_where_it_is_another(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.folder.mkdir(parents=True)
    (tmp_path / "data").mkdir()
    config = replace(config, database=replace(config.database, url=f"sqlite:///{tmp_path / 'data' / 'x.sqlite3'}"))
    assert list(duty.look_at_other_disks(config)) == []  # the same disk
    monkeypatch.setattr(duty, "_device", lambda path: int(path.name == "data"))
    assert [each.about for each in duty.look_at_other_disks(config)] == ["disk of the database"]
