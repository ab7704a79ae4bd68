"""Learning what other servers are."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from sqlalchemy import Row, select

from fedgov.federation.describe import APPLICATION, RFC9421, Describer
from fedgov.federation.signatures.shapes import Shape
from fedgov.kernel.clock import DAY, HOUR
from fedgov.store.tables import peers
from fedgov.store.transaction import Transaction
from tests.federation.doors.porch import Elsewhere, Stranger, Town

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"
DESCRIPTION = {
    "version": "2.1",
    "software": {"name": "fedgov", "version": "0.1.0"},
    "metadata": {"nodeName": "gemeente Delft"},
}


async def known(town: Town, host: str) -> Row[Any] | None:
    def find(tx: Transaction) -> Row[Any] | None:
        return tx.row(select(peers).where(peers.c.host == host))

    return await town.instance.read(find)


def publish(elsewhere: Elsewhere, *links: tuple[str, str], description: object = DESCRIPTION) -> None:
    index = {"links": [{"rel": rel, "href": href} for rel, href in links]}
    elsewhere.serve(elsewhere.url("delft", "/.well-known/nodeinfo"), index, content_type="application/json")
    url = elsewhere.url("delft", "/nodeinfo/2.1")
    elsewhere.serve(url, description, content_type="application/json")


@pytest.fixture
def pieter(elsewhere: Elsewhere) -> Stranger:
    return elsewhere.stranger("delft")


async def meet(town: Town, pieter: Stranger) -> Row[Any]:
    """Let him deliver something, and find out where he is from."""
    assert (await town.post(pieter.note(), by=pieter)).status == 202
    await town.describer.settle()
    found = await known(town, pieter.host)
    assert found is not None
    return found


async def test_after_the_first_delivery_the_sender_is_described(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    application = elsewhere.stranger("delft", kind="Application")
    publish(elsewhere, (f"{SCHEMA}/2.1", elsewhere.url("delft", "/nodeinfo/2.1")), (APPLICATION, application.uri))

    peer = await meet(town, pieter)

    assert (peer.name, peer.software) == ("gemeente Delft", "fedgov 0.1.0")
    assert RFC9421 in orjson.loads(peer.implements)
    assert await town.room.peers.shape(pieter.host) is Shape.RFC9421_ED25519


async def test_a_server_without_the_capability_is_signed_for_as_before(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    application = elsewhere.stranger("delft", kind="Application")
    elsewhere.serve(application.uri, application.document(implements=[]))
    publish(elsewhere, (f"{SCHEMA}/2.1", elsewhere.url("delft", "/nodeinfo/2.1")), (APPLICATION, application.uri))

    await meet(town, pieter)

    assert await town.room.peers.shape(pieter.host) is Shape.CAVAGE


async def test_a_description_is_read_once_a_week(town: Town, elsewhere: Elsewhere, pieter: Stranger) -> None:
    publish(elsewhere, (f"{SCHEMA}/2.1", elsewhere.url("delft", "/nodeinfo/2.1")))
    index = elsewhere.url("delft", "/.well-known/nodeinfo")

    for _ in range(3):
        await meet(town, pieter)
    assert elsewhere.asked.count(index) == 1
    town.clock.advance(8 * DAY)
    town.describer.note(pieter.host)
    await town.describer.settle()
    assert elsewhere.asked.count(index) == 2


async def test_a_restart_is_no_reason_to_ask_again(town: Town, elsewhere: Elsewhere, pieter: Stranger) -> None:
    publish(elsewhere, (f"{SCHEMA}/2.1", elsewhere.url("delft", "/nodeinfo/2.1")))
    await meet(town, pieter)
    asked = len(elsewhere.asked)

    restarted = Describer(town.room)
    restarted.note(pieter.host)
    await restarted.settle()

    assert len(elsewhere.asked) == asked


async def test_another_server_does_not_describe_this_one(town: Town, elsewhere: Elsewhere, pieter: Stranger) -> None:
    mallory = elsewhere.stranger("evil", kind="Application")
    url = elsewhere.url("evil", "/nodeinfo/2.1")
    elsewhere.serve(url, DESCRIPTION, content_type="application/json")
    publish(elsewhere, (f"{SCHEMA}/2.1", url), (APPLICATION, mallory.uri))

    peer = await meet(town, pieter)

    assert (peer.name, peer.implements) == (None, "[]")
    assert url not in elsewhere.asked
    assert mallory.uri not in elsewhere.asked


async def test_a_server_without_nodeinfo_is_not_asked_again_for_a_week(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    peer = await meet(town, pieter)

    assert (peer.name, peer.software, peer.implements) == (None, None, "[]")
    assert peer.described_at == town.clock.now()


async def test_a_server_in_trouble_is_asked_again_after_an_hour(
    town: Town, elsewhere: Elsewhere, pieter: Stranger
) -> None:
    index = elsewhere.url("delft", "/.well-known/nodeinfo")
    elsewhere.serve(index, b"sorry", status=503)
    assert (await meet(town, pieter)).described_at is None

    publish(elsewhere, (f"{SCHEMA}/2.1", elsewhere.url("delft", "/nodeinfo/2.1")))
    assert (await meet(town, pieter)).described_at is None
    town.clock.advance(HOUR)
    town.describer.note(pieter.host)
    await town.describer.settle()
    peer = await known(town, pieter.host)
    assert peer is not None
    assert peer.name == "gemeente Delft"


@pytest.mark.parametrize(
    "href",
    [
        "data:application/json,{}",
        "file:///etc/passwd",
        "http://127.0.0.1:1/nodeinfo",
        "http://169.254.169.254/latest",
        "javascript:alert(1)",
        "//delft.example/nodeinfo",
    ],
)
async def test_a_link_to_another_place_is_not_followed(
    town: Town, elsewhere: Elsewhere, pieter: Stranger, href: str
) -> None:  # SSRF, NodeInfo links
    publish(elsewhere, (f"{SCHEMA}/2.1", href), (APPLICATION, href))

    peer = await meet(town, pieter)

    assert peer.name is None
    assert elsewhere.asked == [pieter.uri, elsewhere.url("delft", "/.well-known/nodeinfo")]


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"software": "fedgov", "metadata": []},
        {"software": {"name": 1, "version": {}}, "metadata": {"nodeName": ["a", "b"]}},
        b"[]",
        b"<html>",
        {**DESCRIPTION, "usage": "x" * 100_000},
    ],
)
async def test_a_description_of_the_wrong_shape_is_no_description(
    town: Town, elsewhere: Elsewhere, pieter: Stranger, description: object
) -> None:
    publish(elsewhere, (f"{SCHEMA}/2.1", elsewhere.url("delft", "/nodeinfo/2.1")), description=description)

    assert (await meet(town, pieter)).name is None


async def test_a_name_is_kept_short_and_plain(town: Town, elsewhere: Elsewhere, pieter: Stranger) -> None:
    metadata = {"nodeName": "Delft\u202e\n" + "x" * 1_000}
    url = elsewhere.url("delft", "/nodeinfo/2.1")
    publish(elsewhere, (f"{SCHEMA}/2.1", url), description={**DESCRIPTION, "metadata": metadata})

    name = (await meet(town, pieter)).name

    assert len(name) <= 200
    assert "\n" not in name


async def test_a_blocked_server_is_not_asked(town: Town, elsewhere: Elsewhere, pieter: Stranger) -> None:
    town.trust.refused.add(pieter.host)
    town.describer.note(pieter.host)
    await town.describer.settle()

    assert elsewhere.asked == []


async def test_the_workers_run_until_they_are_stopped(town: Town, elsewhere: Elsewhere, pieter: Stranger) -> None:
    publish(elsewhere, (f"{SCHEMA}/2.1", elsewhere.url("delft", "/nodeinfo/2.1")))
    await town.post(pieter.note(), by=pieter)
    tasks = [asyncio.create_task(town.describer.run()), asyncio.create_task(town.mender.run())]
    async with asyncio.timeout(60):
        while (peer := await known(town, pieter.host)) is None or peer.name is None:
            await town.instance.signals.wait(f"peer:{pieter.host}", seconds=5)
    for task in tasks:
        task.cancel()
    assert all(
        isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*tasks, return_exceptions=True)
    )
