from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import select

from fedgov.features.trust import pages, queries, service
from fedgov.instance import Instance
from fedgov.store.tables import deliveries, inbox_items, peers
from fedgov.store.transaction import Transaction
from tests.unit.features.trust import town as town_of
from tests.unit.features.trust.counter import Counter, person

PATHS = ("/admin/deliveries", "/admin/peers", "/admin/blocks", "/admin/parked")


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen, on SQLite: what the pages ask is tested on both elsewhere."""
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    async with town_of.town_hall(tmp_path, database_url=url) as instance:
        yield instance


@pytest.fixture
def counter(town: Instance) -> Counter:
    """An administrator's browser."""
    return Counter(town, pages.blueprint(), visitor=person(administrator=True))


def _state(tx: Transaction, table: str, row_id: int) -> str:
    which = {"deliveries": deliveries, "inbox_items": inbox_items}[table]
    return str(tx.value(select(which.c.state).where(which.c.id == row_id)))


@pytest.mark.parametrize("path", PATHS)
async def test_only_an_administrator_sees_these_pages(town: Instance, path: str) -> None:
    assert (await Counter(town, pages.blueprint()).get(path)).status_code == 303
    assert (await Counter(town, pages.blueprint(), visitor=person()).get(path)).status_code == 403
    shown = await Counter(town, pages.blueprint(), visitor=person(administrator=True)).get(path)
    assert shown.status_code == 200


@pytest.mark.parametrize("path", PATHS)
async def test_ac_19_only_an_administrator_changes_anything(town: Instance, path: str) -> None:
    form = {"action": "add", "list": "block", "domain": "spam.example"}
    assert (await Counter(town, pages.blueprint(), visitor=person()).post(path, form)).status_code == 403
    assert await town.read(queries.count_blocks) == 0


@pytest.mark.parametrize("path", PATHS)
async def test_a_form_that_asks_for_nothing_we_know_is_refused(counter: Counter, path: str) -> None:
    assert (await counter.post(path, {"action": "explode"})).status_code == 400


async def test_a_form_from_elsewhere_changes_nothing(town: Instance, counter: Counter) -> None:
    form = {"csrf": "forged", "action": "add", "list": "block", "domain": "spam.example"}

    assert (await counter.post("/admin/blocks", form)).status_code == 403
    assert await town.read(queries.count_blocks) == 0


async def test_a_failed_delivery_is_shown_with_its_reason_and_tried_again(town: Instance, counter: Counter) -> None:
    failed = await town.write(town_of.deliver, host="leeuwarden.example", state="failed", reason="it said <no>")

    page = await (await counter.get("/admin/deliveries")).get_data(as_text=True)
    assert "leeuwarden.example" in page
    assert "it said &lt;no&gt;" in page

    answer = await counter.post("/admin/deliveries", {"action": "retry", "delivery": str(failed)})
    assert answer.status_code == 303
    assert await town.read(_state, table="deliveries", row_id=failed) == "queued"


@pytest.mark.parametrize("number", ["", "x", "12", "-1", "9" * 30])
async def test_a_delivery_that_is_not_there_cannot_be_tried_again(counter: Counter, number: str) -> None:
    answer = await counter.post("/admin/deliveries", {"action": "retry", "delivery": number})

    assert answer.status_code in (400, 404)


async def test_what_was_sent_is_not_sent_again(town: Instance, counter: Counter) -> None:
    sent = await town.write(town_of.deliver, host="leeuwarden.example", state="sent")

    assert (await counter.post("/admin/deliveries", {"action": "retry", "delivery": str(sent)})).status_code == 404
    await counter.post("/admin/deliveries", {"action": "retry_all"})
    assert await town.read(_state, table="deliveries", row_id=sent) == "sent"


async def test_deliveries_can_be_narrowed_to_a_state_and_a_host(town: Instance, counter: Counter) -> None:
    for host, state in (("a.example", "failed"), ("b.example", "queued"), ("c.example", "sent")):
        await town.write(town_of.deliver, host=host, state=state)

    async def hosts(query: str) -> set[str]:
        page = await (await counter.get(f"/admin/deliveries{query}")).get_data(as_text=True)
        return {host for host in ("a.example", "b.example", "c.example") if f"<bdi>{host}</bdi>" in page}

    assert await hosts("") == {"a.example", "b.example"}
    assert await hosts("?state=sent") == {"c.example"}
    assert await hosts("?state=retry") == {"b.example"}
    assert await hosts("?state=nonsense&host=a.example") == {"a.example"}


async def test_a_long_list_goes_on_on_another_page(town: Instance, counter: Counter) -> None:
    for _ in range(51):
        await town.write(town_of.deliver, host="a.example")

    first = await (await counter.get("/admin/deliveries?state=queued")).get_data(as_text=True)
    assert first.count("<bdi>a.example</bdi>") == 50
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = await (await counter.get(older)).get_data(as_text=True)
    assert second.count("<bdi>a.example</bdi>") == 1


async def test_a_peer_that_rests_is_woken(town: Instance, counter: Counter) -> None:
    await town.write(town_of.note_peer, host="leeuwarden.example", parked_at=5, reason="no answer", shape="rfc9421-rsa")
    waiting = await town.write(town_of.deliver, host="leeuwarden.example", state="parked")
    page = await (await counter.get("/admin/peers")).get_data(as_text=True)
    assert "RFC 9421 · RSA" in page
    assert "no answer" in page

    await counter.post("/admin/peers", {"action": "wake", "host": "leeuwarden.example"})

    assert await town.read(_state, table="deliveries", row_id=waiting) == "queued"
    assert await town.read(lambda tx: tx.value(select(peers.c.parked_at))) is None


async def test_a_peer_is_unpinned(town: Instance, counter: Counter) -> None:
    await town.write(town_of.note_peer, host="leeuwarden.example", pinned_at=5, strong_count=3, shape="rfc9421-ed25519")

    await counter.post("/admin/peers", {"action": "unpin", "host": "leeuwarden.example"})

    row = await town.read(lambda tx: tx.row(select(peers)))
    assert row is not None
    assert (row.pinned_at, row.strong_count, row.shape) == (None, 0, "rfc9421-ed25519")


@pytest.mark.parametrize("action", ["wake", "unpin"])
async def test_a_server_that_we_never_met_cannot_be_changed(counter: Counter, action: str) -> None:
    assert (await counter.post("/admin/peers", {"action": action, "host": "nowhere.example"})).status_code == 404


async def test_a_domain_is_blocked_and_unblocked(town: Instance, counter: Counter) -> None:
    form = {"action": "add", "list": "block", "domain": "spam.example", "reason": "<b>spam</b>"}
    assert (await counter.post("/admin/blocks", form)).status_code == 303
    assert await town.read(queries.count_blocks) == 1
    page = await (await counter.get("/admin/blocks")).get_data(as_text=True)
    assert "&lt;b&gt;spam&lt;/b&gt;" in page

    await counter.post("/admin/blocks", {"action": "remove", "list": "block", "domain": "spam.example"})
    assert await town.read(queries.count_blocks) == 0


async def test_a_mistake_in_a_domain_is_said_next_to_the_field_and_nothing_typed_is_lost(counter: Counter) -> None:
    form = {"action": "add", "list": "block", "domain": "no domain", "reason": "a long story"}

    answer = await counter.post("/admin/blocks", form)

    page = await answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="f-domain-error"' in page
    assert 'value="no domain"' in page
    assert 'value="a long story"' in page


async def test_the_mode_is_chosen_on_the_page(town: Instance, counter: Counter) -> None:
    await counter.post("/admin/blocks", {"action": "mode", "mode": "listed"})
    assert await town.read(queries.mode) == "listed"

    await counter.post("/admin/blocks", {"action": "mode", "mode": "open"})
    assert await town.read(queries.mode) == "open"


async def test_a_configuration_that_says_listed_cannot_be_widened_on_the_page(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    async with town_of.town_hall(tmp_path, database_url=url, federation={"trust": "listed"}) as town:
        counter = Counter(town, pages.blueprint(), visitor=person(administrator=True))

        assert (await counter.post("/admin/blocks", {"action": "mode", "mode": "open"})).status_code == 422
        assert await town.read(queries.mode) == "listed"


async def test_a_parked_message_is_shown_as_received_and_carried_out_again(town: Instance, counter: Counter) -> None:
    body = orjson.dumps({"type": "Create", "content": "<script>alert(1)</script>"})
    parked = await town.write(town_of.receive, origin="https://a.example", state="parked", body=body)
    page = await (await counter.get("/admin/parked")).get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page

    await counter.post("/admin/parked", {"action": "retry", "item": str(parked)})

    assert await town.read(_state, table="inbox_items", row_id=parked) == "queued"


async def test_a_message_that_is_no_json_is_shown_too(town: Instance, counter: Counter) -> None:
    await town.write(town_of.receive, origin="https://a.example", state="parked", body=b"\xff{not json")

    assert "{not json" in await (await counter.get("/admin/parked")).get_data(as_text=True)


async def test_a_parked_message_can_be_given_up_and_one_that_was_carried_out_cannot(
    town: Instance, counter: Counter
) -> None:
    refused = await town.write(town_of.receive, origin="https://a.example", state="refused")
    done = await town.write(town_of.receive, origin="https://a.example", state="done")

    assert (await counter.post("/admin/parked", {"action": "remove", "item": str(refused)})).status_code == 303
    assert (await counter.post("/admin/parked", {"action": "remove", "item": str(done)})).status_code == 404
    assert (await counter.post("/admin/parked", {"action": "retry", "item": str(done)})).status_code == 404
    assert await town.read(_state, table="inbox_items", row_id=refused) == "done"


async def test_retrying_all_leaves_refused_messages_alone(town: Instance, counter: Counter) -> None:
    refused = await town.write(town_of.receive, origin="https://a.example", state="refused")
    parked = await town.write(town_of.receive, origin="https://a.example", state="parked")

    await counter.post("/admin/parked", {"action": "retry_all"})

    assert await town.read(_state, table="inbox_items", row_id=refused) == "refused"
    assert await town.read(_state, table="inbox_items", row_id=parked) == "queued"


async def test_a_blocked_peer_is_marked(town: Instance, counter: Counter) -> None:
    await town.write(town_of.note_peer, host="a.spam.example")
    await town.write(service.block, domain="spam.example")

    assert "blocked" in await (await counter.get("/admin/peers")).get_data(as_text=True)
