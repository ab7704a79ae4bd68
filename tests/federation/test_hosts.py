"""One process, many instances: the Host header chooses, and nothing else does."""

from __future__ import annotations

import asyncio

import pytest

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
