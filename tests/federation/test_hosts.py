"""One process, many instances: the Host header chooses, and nothing else does."""

from __future__ import annotations

import asyncio
import re

import pytest

from fedgov.federation import readiness
from tests.fediverse import Fediverse, Town


async def ask(town: Town, *, path: str, host: str | None, method: str = "GET") -> tuple[int, bytes]:
    """Send one request with this Host header; return status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", town.listener.getsockname()[1])
    line = "" if host is None else f"Host: {host}\r\n"
    writer.write(f"{method} {path} HTTP/1.1\r\n{line}Connection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer[9:12]), answer.partition(b"\r\n\r\n")[2]


async def test_the_instance_answers_to_its_domain_and_aliases_with_the_urls_of_its_domain(fediverse: Fediverse) -> None:
    town = await fediverse.add("gouda")
    port = town.listener.getsockname()[1]
    for host in (town.domain, f"localhost:{port}", f"127.0.0.1:{port}", town.domain.upper()):
        status, body = await ask(town, path="/actor", host=host)
        assert status == 200
        assert f'"id":"http://{town.domain}/actor"'.encode() in body


@pytest.mark.parametrize("host", ["delft.localhost", "evil.example", "gouda.localhost:1", "gouda localhost", "", None])
async def test_an_unknown_host_is_misdirected(fediverse: Fediverse, host: str | None) -> None:
    town = await fediverse.add("gouda")
    status, body = await ask(town, path="/users/x", host=host)
    assert status in (400, 421)
    assert b"gouda" not in body


async def test_whatever_watches_the_process_need_not_know_its_names(fediverse: Fediverse) -> None:
    town = await fediverse.add("gouda")
    for path in ("/healthz", "/readyz"):
        assert (await ask(town, path=path, host="10.0.0.7"))[0] == 200


async def test_figures_are_told_to_who_asks_for_the_address_and_not_for_some_name(fediverse: Fediverse) -> None:
    town = await fediverse.add("gouda", settings={"server": {"aliases": []}})
    for host, status in (("127.0.0.1", 200), ("localhost:1", 200), ("rebound.example", 421)):
        found, body = await ask(town, path="/metrics", host=host)
        assert found == status
        assert (b"fedgov_inbox_accepted_total" in body) == (status == 200)


async def test_strangers_get_the_page_of_any_address_where_nothing_is(fediverse: Fediverse) -> None:
    town = await fediverse.add("gouda", settings={"metrics": {"allow_networks": ["192.0.2.0/24"]}})
    status, there = await ask(town, path="/metrics", host=town.domain)
    missing, nowhere = await ask(town, path="/nothing", host=town.domain)
    assert (status, there) == (missing, nowhere.replace(b"/nothing", b"/metrics"))
    assert status == 404
    assert (await ask(town, path="/metrics", host="127.0.0.1:1"))[0] == 421


async def test_an_address_of_several_instances_tells_of_the_process_only(fediverse: Fediverse) -> None:
    gouda = await fediverse.add("gouda", settings={"server": {"aliases": []}})
    delft = await fediverse.add("delft")
    assert gouda.app is not None
    gouda.app.running.append(delft.running)
    try:
        status, body = await ask(gouda, path="/metrics", host="127.0.0.1")
    finally:
        gouda.app.running.remove(delft.running)
    assert status == 200
    assert b"process_resident_memory_bytes" in body
    assert b"fedgov_inbox_accepted_total" not in body
    assert b"fedgov_inbox_accepted_total" in (await ask(gouda, path="/metrics", host=gouda.domain))[1]


async def test_pages_are_counted_and_every_worker_gives_signs_of_life(fediverse: Fediverse) -> None:
    town = await fediverse.add("gouda")
    await ask(town, path="/nothing", host=town.domain)
    text = (await ask(town, path="/metrics", host=town.domain))[1].decode()
    assert 'fedgov_http_request_seconds_count{door="pages",status="4xx"} 1.0' in text
    assert 'fedgov_refusals_total{code="not_found",door="pages"} 1.0' in text
    assert {'worker="inbox"', 'worker="delivery"', 'worker="posts end polls"'} <= set(
        re.findall(r'fedgov_worker_beat_age_seconds\{(worker="[^"]*")\}', text)
    )


async def test_a_worker_that_is_stuck_makes_the_instance_not_ready(
    fediverse: Fediverse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "FRESH_SECONDS", -1.0)
    town = await fediverse.add("gouda")
    assert (await ask(town, path="/readyz", host=town.domain))[0] == 200
    town.instance.vitals.expect("inbox", patience=-1.0)
    town.instance.vitals.begin("inbox")
    assert await ask(town, path="/readyz", host=town.domain) == (503, b'{"ready":false,"reason":"workers"}')
