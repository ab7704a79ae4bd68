from __future__ import annotations

import pytest

from fedgov.features.moderation import pages, queries, service
from fedgov.features.moderation.vocabulary import PostsCondemned
from fedgov.features.trust import service as trust
from fedgov.instance import Instance
from tests.unit.features.moderation import complaints
from tests.unit.features.moderation.complaints import FATIMA, PIETER, SERVER
from tests.unit.features.trust import town as town_of
from tests.unit.features.trust.counter import Counter, person


@pytest.fixture
def counter(town: Instance) -> Counter:
    """An administrator's browser."""
    return Counter(town, pages.blueprint(), visitor=person("bram", administrator=True))


@pytest.mark.parametrize("path", ["/admin", "/admin/reports"])
async def test_only_an_administrator_sees_these_pages(town: Instance, path: str) -> None:
    assert (await Counter(town, pages.blueprint()).get(path)).status_code == 303
    assert (await Counter(town, pages.blueprint(), visitor=person()).get(path)).status_code == 403


async def test_ac_19_only_an_administrator_closes_a_report(town: Instance) -> None:
    report_id = await town.write(service.report, reporter=FATIMA, target=PIETER)
    form = {"report": str(report_id), "action": "resolve"}

    assert (await Counter(town, pages.blueprint(), visitor=person()).post("/admin/reports", form)).status_code == 403
    assert await town.read(queries.count_open) == 1


async def test_the_overview_counts_what_asks_attention(town: Instance, counter: Counter) -> None:
    await town.write(service.report, reporter=FATIMA, target=PIETER)
    await town.write(trust.block, domain="spam.example")
    await town.write(town_of.deliver, host="leeuwarden.example", state="failed")
    await town.write(town_of.deliver, host="leeuwarden.example", state="queued")
    await town.write(town_of.receive, origin="https://leeuwarden.example", state="parked")

    page = await (await counter.get("/admin")).get_data(as_text=True)

    for words in ("open reports", "deliveries that failed", "could not be handled", "domains on the list"):
        assert words in page
    assert "Free on disk" in page


async def test_a_quiet_server_says_so(counter: Counter) -> None:
    assert "Nothing asks your attention" in await (await counter.get("/admin")).get_data(as_text=True)


async def test_a_report_is_shown_with_its_posts_and_closed(town: Instance, counter: Counter) -> None:
    uri = await town.write(complaints.post, author=PIETER, content="<p>Bad words<script>alert(1)</script></p>")
    await town.write(service.report, reporter=FATIMA, target=PIETER, object_uris=[uri], text="<b>not nice</b>")

    page = await (await counter.get("/admin/reports")).get_data(as_text=True)
    assert "Bad words" in page
    assert "alert(1)" not in page
    assert "&lt;b&gt;not nice&lt;/b&gt;" in page
    assert 'src="https://' not in page  # pictures of others come through us

    report_id = (await town.read(queries.list_reports))[0].id
    answer = await counter.post("/admin/reports", {"report": str(report_id), "action": "reject"})
    assert answer.status_code == 303
    assert (await town.read(queries.get, report_id=report_id)).state == "rejected"
    assert "nothing wrong" in await (await counter.get("/admin/reports?state=closed")).get_data(as_text=True)


async def test_a_report_from_elsewhere_names_no_reporter(town: Instance, counter: Counter) -> None:
    await town.write(
        service.receive_report, reporter=SERVER, uris=[FATIMA], text="bad", flag_uri="https://leeuwarden.example/1"
    )

    page = await (await counter.get("/admin/reports")).get_data(as_text=True)

    assert "Reported by another organisation" in page


async def test_reported_posts_are_condemned(town: Instance, counter: Counter, told: list[object]) -> None:
    uri = await town.write(complaints.post, author=PIETER)
    report_id = await town.write(service.report, reporter=FATIMA, target=PIETER, object_uris=[uri])

    await counter.post("/admin/reports", {"report": str(report_id), "action": "delete_posts"})

    assert any(isinstance(event, PostsCondemned) for event in told)


@pytest.mark.parametrize("form", [{"action": "resolve"}, {"report": "x", "action": "resolve"}, {"report": "5"}])
async def test_a_form_that_makes_no_sense_is_refused(counter: Counter, form: dict[str, str]) -> None:
    assert (await counter.post("/admin/reports", form)).status_code == 400


async def test_a_report_that_is_not_there_cannot_be_closed(counter: Counter) -> None:
    assert (await counter.post("/admin/reports", {"report": "5", "action": "resolve"})).status_code == 404


async def test_a_long_list_goes_on_on_another_page(town: Instance, counter: Counter) -> None:
    for number in range(21):
        uri = await town.write(complaints.post, author=PIETER, number=number)
        await town.write(service.report, reporter=FATIMA, target=PIETER, object_uris=[uri])

    first = await (await counter.get("/admin/reports")).get_data(as_text=True)
    assert first.count('class="card report"') == 20
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert (await (await counter.get(older)).get_data(as_text=True)).count('class="card report"') == 1
