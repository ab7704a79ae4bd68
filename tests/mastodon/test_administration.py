"""What administrators do with apps: people, reports and other servers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from fedgov.features.moderation.service import report
from fedgov.features.people import queries
from fedgov.features.people.service import accounts, sanctions
from fedgov.features.people.tables import accounts as rows
from fedgov.federation import objects
from tests.mastodon.conftest import ALL_SCOPES, App, Counter, demand_entity
from tests.mastodon.test_accounts import id_of

ACCOUNTS = "/api/v1/admin/accounts"
REPORTS = "/api/v1/admin/reports"
BLOCKS = "/api/v1/admin/domain_blocks"
ALLOWS = "/api/v1/admin/domain_allows"
RULES = ["Wees vriendelijk.", "Geen persoonsgegevens."]


@pytest.fixture
def settings() -> dict[str, dict[str, Any]]:
    """A town hall with house rules of its own."""
    return {"instance": {"rules": RULES}}


@pytest_asyncio.fixture
async def chief(counter: Counter) -> AsyncIterator[App]:
    """An administrator's app."""
    yield await counter.app_of(
        "fatima", administrator=True, scopes=f"{ALL_SCOPES} admin:read admin:write", email="fatima@gouda.example"
    )


async def _post(counter: Counter, app: App, text: str = "Grof") -> str:
    assert app.person
    row = await counter.town.ask(objects.find, uri=await app.person.post(text))
    assert row is not None
    return str(row.id)


async def _account(chief: App, number: str) -> dict[str, Any]:
    answer = await chief.get(f"{ACCOUNTS}/{number}")
    assert answer.status == 200
    demand_entity(answer.json, "AdminAccount")
    return dict(answer.json)


async def test_an_administrator_looks_people_up(counter: Counter, chief: App) -> None:
    await counter.app_of("jelle")
    jelle = await id_of(counter, "jelle")
    found = (await chief.get(ACCOUNTS, username="jel")).json
    demand_entity(found, "AdminAccount")
    assert [each["id"] for each in found] == [jelle]
    for path, params, names in (
        (ACCOUNTS, {"staff": "true"}, {"fatima"}), (ACCOUNTS, {"email": "fatima@gouda.example"}, {"fatima"}),
        (ACCOUNTS, {"remote": "true"}, set()), (ACCOUNTS, {"display_name": "Jel"}, {"jelle"}),
        ("/api/v2/admin/accounts", {"origin": "local", "status": "active", "permissions": "staff"}, {"fatima"}),
        ("/api/v2/admin/accounts", {"status": "suspended"}, set()), (ACCOUNTS, {"by_domain": "elders.example"}, set()),
    ):  # fmt: skip
        answer = await chief.get(path, **params)
        assert {each["username"] for each in answer.json} == names, params
    assert "max_id=" in (await chief.get(ACCOUNTS, limit="1")).headers["link"]
    assert (await _account(chief, await id_of(counter, "fatima")))["role"]["name"] == "Admin"


async def test_an_administrator_covers_limits_and_suspends_and_ends_it(counter: Counter, chief: App) -> None:
    jelle = await counter.app_of("jelle")
    number = await id_of(counter, "jelle")
    for action, ends, name in (
        ("sensitive", "unsensitive", "sensitized"), ("silence", "unsilence", "silenced"),
        ("suspend", "unsuspend", "suspended"),
    ):  # fmt: skip
        answer = await chief.post(f"{ACCOUNTS}/{number}/action", type=action)
        assert (answer.status, answer.json) == (200, {})
        assert (await _account(chief, number))[name] is True
        if action == "suspend":
            assert (await jelle.get("/api/v1/timelines/home")).status == 401
        ended = await chief.post(f"{ACCOUNTS}/{number}/{ends}")
        assert (ended.status, ended.json[name], ended.json["disabled"]) == (200, False, False)
    assert (await chief.post(f"{ACCOUNTS}/{number}/action", type="disable")).status == 200
    assert (await _account(chief, number))["disabled"] is True
    assert (await chief.post(f"{ACCOUNTS}/{number}/enable")).json["disabled"] is False


async def test_somebody_who_waits_is_approved_or_rejected(counter: Counter, chief: App) -> None:
    for name in ("anna", "bram"):
        await counter.town.as_(name)
        await counter.town.instance.write(_wait, name)
    anna, bram = await id_of(counter, "anna"), await id_of(counter, "bram")
    waiting = (await chief.get("/api/v2/admin/accounts", status="pending")).json
    assert {each["id"] for each in waiting} == {anna, bram}
    assert [each["approved"] for each in waiting] == [False, False]
    approved = await chief.post(f"{ACCOUNTS}/{anna}/approve")
    assert (approved.json["approved"], approved.json["disabled"]) == (True, False)
    assert (await chief.post(f"{ACCOUNTS}/{anna}/approve")).status == 403
    assert (await chief.post(f"{ACCOUNTS}/{anna}/reject")).status == 403
    assert (await chief.post(f"{ACCOUNTS}/{bram}/reject")).status == 200
    assert (await chief.get(f"{ACCOUNTS}/{bram}")).status == 404


def _wait(tx: Any, username: str) -> None:
    """Let somebody be as they are who registered where an administrator approves."""
    found = queries.account_named(tx, username=username)
    accounts.disable(tx, account_id=found.id)
    tx.execute(rows.update().where(rows.c.id == found.id).values(pending=True))


async def test_only_who_is_suspended_can_be_deleted(counter: Counter, chief: App) -> None:
    await counter.app_of("jelle")
    number = await id_of(counter, "jelle")
    assert (await chief.ask("DELETE", f"{ACCOUNTS}/{number}")).status == 403
    await chief.post(f"{ACCOUNTS}/{number}/action", type="suspend")
    assert (await chief.post(f"{ACCOUNTS}/{number}/enable")).status == 422
    assert (await chief.ask("DELETE", f"{ACCOUNTS}/{number}")).json["username"] == "jelle"
    assert (await chief.get(f"{ACCOUNTS}/{number}")).status == 404


async def test_an_administrator_does_nothing_to_themselves_nor_what_does_not_exist(
    counter: Counter, chief: App
) -> None:
    own = await id_of(counter, "fatima")
    for status, path, values in (
        (403, f"{own}/action", {"type": "suspend"}), (403, f"{own}/action", {"type": "silence"}),
        (422, f"{own}/action", {"type": "disable"}), (422, f"{own}/action", {}),
        (422, f"{own}/action", {"type": "raar"}), (404, "12/action", {"type": "silence"}),
        (404, "12/approve", {}), (404, f"{own}/action", {"type": "none", "report_id": "12"}),
    ):  # fmt: skip
        assert (await chief.post(f"{ACCOUNTS}/{path}", **values)).status == status, (path, values)
    assert await counter.town.ask(sanctions.sanctioned) == []
    assert (await _account(chief, own))["disabled"] is False


async def test_a_report_is_taken_in_hand_changed_resolved_and_opened_again(counter: Counter, chief: App) -> None:
    jelle, otto = await counter.app_of("jelle"), await counter.app_of("otto")
    post = await _post(counter, jelle)
    sent = {"account_id": await id_of(counter, "jelle"), "status_ids": [post], "comment": "Grof"}
    number = (await otto.post("/api/v1/reports", **sent)).json["id"]
    [found] = (await chief.get(REPORTS)).json
    demand_entity(found, "AdminReport")
    assert (found["id"], found["comment"], [each["id"] for each in found["statuses"]]) == (number, "Grof", [post])
    assert (found["account"]["username"], found["target_account"]["username"]) == ("otto", "jelle")
    taken = (await chief.post(f"{REPORTS}/{number}/assign_to_self")).json
    assert taken["assigned_account"]["username"] == "fatima"
    assert (await chief.post(f"{REPORTS}/{number}/unassign")).json["assigned_account"] is None
    changed = await chief.ask("PUT", f"{REPORTS}/{number}", json={"category": "violation", "rule_ids": ["2"]})
    demand_entity(changed.json, "AdminReport")
    assert (changed.json["category"], [each["text"] for each in changed.json["rules"]]) == ("violation", RULES[1:])
    for _ in range(2):
        resolved = (await chief.post(f"{REPORTS}/{number}/resolve")).json
        assert (resolved["action_taken"], resolved["action_taken_by_account"]["username"]) == (True, "fatima")
    assert (await chief.get(REPORTS)).json == []
    assert [each["id"] for each in (await chief.get(REPORTS, resolved="true")).json] == [number]
    assert (await chief.post(f"{REPORTS}/{number}/reopen")).json["action_taken"] is False
    target = await id_of(counter, "jelle")
    assert [each["id"] for each in (await chief.get(REPORTS, target_account_id=target)).json] == [number]
    assert (await chief.get(REPORTS, account_id=target)).json == []
    await chief.post(f"{ACCOUNTS}/{target}/action", type="silence", report_id=number)
    assert (await chief.get(f"{REPORTS}/{number}")).json["action_taken"] is True


async def test_a_report_that_is_wrong_or_not_there_stays_as_it_is(counter: Counter, chief: App) -> None:
    jelle = await counter.app_of("jelle")
    assert jelle.person
    assert chief.person
    number = await counter.town.instance.write(report, reporter=chief.person.uri, target=jelle.person.uri, text="Grof")
    for status, method, path, values in (
        (422, "PUT", f"{number}", {"category": "raar"}), (422, "PUT", f"{number}", {"rule_ids": ["9"]}),
        (404, "PUT", "12", {}), (404, "POST", "12/resolve", {}), (404, "POST", "12/reopen", {}),
        (404, "POST", "12/assign_to_self", {}), (404, "GET", "12", {}),
    ):  # fmt: skip
        assert (await chief.ask(method, f"{REPORTS}/{path}", json=values)).status == status, path
    found = (await chief.get(f"{REPORTS}/{number}")).json
    assert (found["category"], found["rules"], found["action_taken"]) == ("other", [], False)
    other = await id_of(counter, "fatima")
    wrong = await chief.post(f"{ACCOUNTS}/{other}/action", type="none", report_id=str(number))
    assert wrong.status == 422


async def test_a_domain_is_blocked_described_and_let_in_again(chief: App) -> None:
    sent = {
        "domain": "Kwaad.Example",
        "severity": "suspend",
        "public_comment": "Spam",
        "private_comment": "Zie dossier",
    }
    made = (await chief.post(BLOCKS, **sent)).json
    demand_entity(made, "AdminDomainBlock")
    assert (made["domain"], made["severity"], made["public_comment"]) == ("kwaad.example", "suspend", "Spam")
    assert (await chief.get(BLOCKS)).json == [made]
    assert (await chief.get(f"{BLOCKS}/{made['id']}")).json == made
    changed = (await chief.ask("PUT", f"{BLOCKS}/{made['id']}", json={"public_comment": "Veel spam"})).json
    assert (changed["public_comment"], changed["private_comment"]) == ("Veel spam", "Zie dossier")
    assert (await chief.ask("DELETE", f"{BLOCKS}/{made['id']}")).json == {}
    assert (await chief.get(BLOCKS)).json == []


async def test_a_domain_is_trusted_and_no_more(chief: App) -> None:
    made = (await chief.post(ALLOWS, domain="delft.example")).json
    demand_entity(made, "AdminDomainAllow")
    assert (await chief.post(ALLOWS, domain="delft.example")).json == made
    assert (await chief.get(ALLOWS)).json == [made]
    assert (await chief.get(f"{ALLOWS}/{made['id']}")).json == made
    assert (await chief.get(f"{BLOCKS}/{made['id']}")).status == 404
    assert (await chief.ask("DELETE", f"{ALLOWS}/{made['id']}")).json == {}
    assert (await chief.get(ALLOWS)).json == []


async def test_what_is_no_domain_or_less_than_a_block_is_refused(chief: App) -> None:
    await chief.post(BLOCKS, domain="kwaad.example", severity="suspend")
    for values in (
        {"domain": "kwaad.example", "severity": "suspend"}, {"domain": "geen domein", "severity": "suspend"},
        {"domain": "half.example", "severity": "silence"}, {"domain": "half.example"}, {},
        {"domain": "half.example", "severity": "suspend", "private_comment": "a" * 501},
    ):  # fmt: skip
        assert (await chief.post(BLOCKS, **values)).status == 422, values
    assert len((await chief.get(BLOCKS)).json) == 1
    assert (await chief.ask("DELETE", f"{BLOCKS}/12")).status == 404
    assert (await chief.ask("PUT", f"{BLOCKS}/12", json={"public_comment": "a"})).status == 404


async def test_the_parts_of_administration_are_let_in_one_by_one(counter: Counter, chief: App) -> None:
    reader = App(counter.town, counter.session, token=await counter.token_of(chief.person, scopes="admin:read:reports"))  # type: ignore[arg-type]
    assert (await reader.get(REPORTS)).status == 200
    for path in (ACCOUNTS, BLOCKS, ALLOWS):
        assert (await reader.get(path)).status == 403
    assert (await reader.post(f"{REPORTS}/12/resolve")).status == 403
