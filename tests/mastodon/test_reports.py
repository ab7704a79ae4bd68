"""Reports, as apps make them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fedgov.features.moderation.queries import list_reports
from fedgov.federation import objects
from tests.mastodon.conftest import App, Counter, demand_entity
from tests.mastodon.test_accounts import id_of

RULES = ["Wees vriendelijk.", "Geen persoonsgegevens."]


@pytest.fixture
def settings() -> dict[str, dict[str, Any]]:
    """A town hall with house rules of its own."""
    return {"instance": {"rules": RULES}}


async def _jelle(counter: Counter) -> tuple[App, str, str]:
    fatima, jelle = await counter.app_of("fatima"), await counter.app_of("jelle")
    assert jelle.person
    row = await counter.town.ask(objects.find, uri=await jelle.person.post("Grof"))
    assert row is not None
    return fatima, await id_of(counter, "jelle"), str(row.id)


async def test_a_report_reaches_the_administrator_with_posts_and_rules(counter: Counter) -> None:
    fatima, jelle, post = await _jelle(counter)
    sent = {"account_id": jelle, "status_ids": [post], "comment": "Grof", "rule_ids": ["2"], "forward": True}
    answer = await fatima.post("/api/v1/reports", **sent)
    assert answer.status == 200
    demand_entity(answer.json, "Report")
    assert (answer.json["category"], answer.json["rule_ids"]) == ("violation", ["2"])
    assert (answer.json["status_ids"], answer.json["forwarded"]) == ([post], False)
    [row] = await counter.town.ask(list_reports)
    assert (row.text, row.category, orjson.loads(row.rules)) == ("Grof", "violation", RULES[1:])


async def test_a_report_has_a_kind(counter: Counter) -> None:
    fatima, jelle, _ = await _jelle(counter)
    answer = await fatima.post("/api/v1/reports", account_id=jelle, category="spam")
    assert (answer.json["category"], answer.json["status_ids"], answer.json["rule_ids"]) == ("spam", None, None)


async def test_what_cannot_be_reported_is_refused(counter: Counter) -> None:
    fatima, jelle, post = await _jelle(counter)
    own = await id_of(counter, "fatima")
    for status, values in (
        (404, {}), (404, {"account_id": "12"}), (404, {"account_id": jelle, "status_ids": ["12"]}),
        (422, {"account_id": own}), (422, {"account_id": jelle, "rule_ids": ["3"]}),
        (422, {"account_id": jelle, "rule_ids": ["0"]}), (422, {"account_id": jelle, "category": "raar"}),
        (422, {"account_id": jelle, "comment": "a" * 5_001}),
    ):  # fmt: skip
        assert (await fatima.post("/api/v1/reports", **values)).status == status
    assert (await counter.visitor.post("/api/v1/reports", account_id=jelle)).status == 401
    other = await counter.app_of("otto", scopes="read")
    assert (await other.post("/api/v1/reports", account_id=jelle, status_ids=[post])).status == 403
    assert await counter.town.ask(list_reports) == []


async def test_a_post_that_the_reporter_may_not_read_cannot_be_reported(counter: Counter) -> None:
    fatima, jelle = await counter.app_of("fatima"), await counter.app_of("jelle")
    assert jelle.person
    row = await counter.town.ask(objects.find, uri=await jelle.person.post("Besloten", "followers"))
    assert row is not None
    sent = {"account_id": await id_of(counter, "jelle"), "status_ids": [str(row.id)]}
    assert (await fatima.post("/api/v1/reports", **sent)).status == 404


async def test_the_house_rules_are_shown_to_apps_and_on_their_page(counter: Counter) -> None:
    answer = await counter.visitor.get("/api/v1/instance/rules")
    demand_entity(answer.json, "Rule")
    assert [(each["id"], each["text"]) for each in answer.json] == [("1", RULES[0]), ("2", RULES[1])]
    for version in ("v1", "v2"):
        assert (await counter.visitor.get(f"/api/{version}/instance")).json["rules"] == answer.json
    page = await counter.visitor.ask("GET", "/terms", headers={"Accept": "text/html"})
    assert all(rule.encode() in page.json for rule in RULES)
    terms = (await counter.visitor.get("/api/v1/instance/terms_of_service")).json
    assert RULES[0] in terms["content"]
