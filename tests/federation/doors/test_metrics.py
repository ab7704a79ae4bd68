"""Who may read the figures (WEB-13), and that they tell what happened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from fedgov.federation import gauges
from fedgov.federation.delivery import DeliveryWorker
from fedgov.federation.doors.metrics import may_read
from fedgov.federation.inbox import InboxWorker
from fedgov.kernel.config import Config, MetricsSettings
from fedgov.kernel.errors import UnreachableError
from tests.federation.doors.porch import DOMAIN, Elsewhere, NoDoorError, Response, Town, befriend, knock, open_town

TOKEN = "0123456789abcdef0123456789abcdef"
LITERAL = "127.0.0.1:8000"
Figures = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest_asyncio.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Town]:
    """A town hall with a token for its figures."""
    async with open_town(tmp_path, metrics={"token": TOKEN, "allow_networks": ["127.0.0.0/8", "10.1.0.0/16"]}) as found:
        yield found


async def read(town: Town, *, client: str = "127.0.0.1", headers: Mapping[str, str] | None = None) -> Response:
    return await knock(town.doors, "GET", "/metrics", client=client, headers={"Host": DOMAIN, **(headers or {})})


async def value(town: Town, name: str, **labels: str) -> float | None:
    text = (await read(town)).body.decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    return None


# --- who may read them ------------------------------------------------------------------------------------------


async def test_a_stranger_finds_nothing_there(guarded: Town) -> None:
    with pytest.raises(NoDoorError):  # so the pages answer: the same 404 as anywhere
        await read(guarded, client="203.0.113.7")
    with pytest.raises(NoDoorError):
        await knock(guarded.doors, "POST", "/metrics", client="203.0.113.7")


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}0", f"Basic {TOKEN}", TOKEN, "Bearer é"],
)
async def test_a_wrong_token_opens_nothing(guarded: Town, given: str) -> None:
    with pytest.raises(NoDoorError):
        await read(guarded, client="203.0.113.7", headers={"Authorization": given})


async def test_the_token_opens_from_anywhere(guarded: Town) -> None:
    for given in (f"Bearer {TOKEN}", f"bearer {TOKEN}"):
        answer = await read(guarded, client="203.0.113.7", headers={"Authorization": given})
        assert answer.status == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_without_a_token_in_the_configuration_an_empty_one_opens_nothing(town: Town) -> None:
    for given in ("Bearer ", "Bearer"):
        with pytest.raises(NoDoorError):
            await read(town, client="203.0.113.7", headers={"Authorization": given})


@pytest.mark.parametrize("client", ["127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3"])
async def test_who_is_near_needs_no_token(guarded: Town, client: str) -> None:
    assert (await read(guarded, client=client)).status == 200


@pytest.mark.parametrize("client", ["10.2.0.1", "192.168.1.1", "::1", "fe80::1%eth0", "somewhere"])
async def test_who_is_not_in_an_allowed_network_is_a_stranger(guarded: Town, client: str) -> None:
    with pytest.raises(NoDoorError):
        await read(guarded, client=client)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host", "Via"])
async def test_a_visitor_through_a_proxy_on_this_machine_is_not_near(guarded: Town, name: str) -> None:
    with pytest.raises(NoDoorError):
        await read(guarded, headers={name: "127.0.0.1"})


async def test_the_page_can_be_taken_away(tmp_path: Path) -> None:
    async with open_town(tmp_path, metrics={"enabled": False, "token": TOKEN}) as town:
        for client in ("127.0.0.1", "203.0.113.7"):
            with pytest.raises(NoDoorError):
                await read(town, client=client, headers={"Authorization": f"Bearer {TOKEN}"})


def scope(client: str, port: int = 40_000) -> dict[str, Any]:
    return {"client": (client, port)}


@pytest.fixture
def behind_tls(guarded: Town) -> Config:
    """The configuration of an instance that everybody reaches through a proxy."""
    config = guarded.instance.config
    return replace(
        config,
        instance=replace(config.instance, scheme="https", domain="social.gemeente.example"),
        metrics=MetricsSettings(allow_networks=(ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"))),
    )


def test_behind_tls_the_public_name_came_through_the_proxy_whatever_it_left_out(behind_tls: Config) -> None:
    assert not may_read(scope("127.0.0.1"), {b"host": b"social.gemeente.example"}, config=behind_tls)
    assert not may_read(scope("127.0.0.1"), {}, config=behind_tls)


@pytest.mark.parametrize("host", [b"127.0.0.1:8000", b"localhost:8000", b"[::1]:8000", b"10.1.0.9"])
def test_behind_tls_who_asks_for_the_address_itself_is_near(behind_tls: Config, host: bytes) -> None:
    assert may_read(scope("127.0.0.1"), {b"host": host}, config=behind_tls)
    assert not may_read(scope("203.0.113.7"), {b"host": host}, config=behind_tls)


def test_what_a_trusted_proxy_tells_is_believed_but_not_that_the_visitor_is_this_machine(behind_tls: Config) -> None:
    headers = {b"host": b"social.gemeente.example", b"x-forwarded-for": b"10.1.2.3"}
    assert may_read(scope("10.1.2.3", 0), headers, config=behind_tls)
    assert not may_read(scope("203.0.113.7", 0), headers, config=behind_tls)
    assert not may_read(scope("127.0.0.1", 0), headers, config=behind_tls)


# --- what they tell ---------------------------------------------------------------------------------------------


async def test_what_came_in_is_counted_and_what_was_refused_by_its_reason(town: Town, elsewhere: Elsewhere) -> None:
    pieter, mallory = elsewhere.stranger("delft"), elsewhere.stranger("evil", "mallory", number=2)
    assert (await town.post(pieter.note(), by=pieter)).status == 202
    assert (await town.post(pieter.note(), by=mallory)).status == 401
    assert (await town.post(b"{", by=pieter)).status == 400
    assert (await town.post(b"[" * 1_100_000, by=pieter)).status == 413
    assert (await knock(town.doors, "PUT", "/inbox")).status == 405

    assert await value(town, "fedgov_inbox_accepted_total") == 1
    for code, number in (("unverified", 1), ("malformed", 1), ("too_large", 1)):
        assert await value(town, "fedgov_refusals_total", door="inbox", code=code) == number
    assert await value(town, "fedgov_refusals_total", door="doors", code="method_not_allowed") == 1
    assert await value(town, "fedgov_http_request_seconds_count", door="inbox", status="2xx") == 1
    assert await value(town, "fedgov_http_request_seconds_count", door="inbox", status="4xx") == 3


async def test_the_queues_are_counted_not_more_often_than_every_few_seconds(
    town: Town, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieter = elsewhere.stranger("delft")
    await town.post(pieter.note(), by=pieter)
    assert await value(town, "fedgov_inbox_items", state="due") == 1
    await town.post(pieter.note(), by=pieter)
    assert await value(town, "fedgov_inbox_items", state="due") == 1
    monkeypatch.setattr(gauges, "FRESH_SECONDS", 0)
    monkeypatch.setattr(gauges, "SHARE", 0)
    town.doors._lobby.gauges._next = 0
    assert await value(town, "fedgov_inbox_items", state="due") == 2

    worker = InboxWorker(town.instance, handlers={})
    await worker.settle()

    assert await value(town, "fedgov_inbox_handled_total", result="done") == 2
    assert await value(town, "fedgov_inbox_items", state="due") == 0


async def test_attempts_to_deliver_are_counted_by_how_they_ended(town: Town, elsewhere: Elsewhere) -> None:
    fatima = await town.employ("fatima")
    hosts = {"delft": (202, "delivered"), "breda": (404, "refused"), "gouda": (500, "later")}
    for name, (status, _) in hosts.items():
        pieter = elsewhere.stranger(name)
        await town.instance.fetch.actor(pieter.uri)
        await town.instance.write(befriend, follower=pieter.uri, following=fatima)
        elsewhere.serve(elsewhere.url(name, "/inbox"), {}, status=status)
    await town.publish(fatima)

    await DeliveryWorker(town.room).settle()

    for _, result in hosts.values():
        assert await value(town, "fedgov_delivery_seconds_count", result=result) == 1
    assert await value(town, "fedgov_deliveries", state="resting") == 2


async def test_a_database_that_cannot_be_read_leaves_the_other_figures(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: Any, **_values: Any) -> None:
        raise UnreachableError("the disk is gone")

    assert await value(town, "fedgov_figures_fresh") == 1
    town.doors._lobby.gauges._next = 0
    with monkeypatch.context() as patch:
        patch.setattr(town.instance.database, "read", fail)
        assert await value(town, "fedgov_figures_fresh") == 0
        assert await value(town, "fedgov_inbox_items", state="due") == 0


async def test_figures_name_nobody(town: Town, elsewhere: Elsewhere) -> None:
    pieter, mallory = elsewhere.stranger("delft"), elsewhere.stranger("evil", "mallory", number=2)
    await town.post(pieter.note(), by=pieter)
    await town.post(pieter.note(), by=mallory)
    await town.get("/users/canary")

    text = (await read(town)).body.decode()

    for word in ("delft", "evil", "pieter", "mallory", "canary", "localhost", "groningen"):
        assert word not in text
