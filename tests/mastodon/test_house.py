"""What the instance says of itself to apps."""

from __future__ import annotations

import pytest

from fedgov.features.trust import service as trust
from tests.mastodon.conftest import Counter, demand_entity


async def _block(counter: Counter) -> None:
    await counter.town.instance.write(trust.block, domain="boos.example", reason="Bedreigingen")


@pytest.mark.parametrize(
    ("path", "entity"),
    [
        ("extended_description", "ExtendedDescription"), ("privacy_policy", "PrivacyPolicy"),
        ("terms_of_service", "TermsOfService"),
    ],
)  # fmt: skip
async def test_its_texts_are_open_to_everybody(counter: Counter, path: str, entity: str) -> None:
    answer = await counter.visitor.get(f"/api/v1/instance/{path}")
    assert answer.status == 200
    demand_entity(answer.json, entity)


async def test_the_terms_have_one_version(counter: Counter) -> None:
    day = (await counter.visitor.get("/api/v1/instance/terms_of_service")).json["effective_date"]
    assert (await counter.visitor.get(f"/api/v1/instance/terms_of_service/{day}")).status == 200
    assert (await counter.visitor.get("/api/v1/instance/terms_of_service/1999-12-31")).status == 404


async def test_languages_are_told_and_that_nothing_is_translated(counter: Counter) -> None:
    found = (await counter.visitor.get("/api/v1/instance/languages")).json
    assert {each["code"] for each in found} == {"nl", "en", "fy"}
    assert (await counter.visitor.get("/api/v1/instance/translation_languages")).json == {}
    assert (await counter.visitor.get("/api/v1/custom_emojis")).json == []
    assert (await counter.visitor.get("/health")).json == {"status": "UP"}


async def test_the_weeks_count_what_was_done_here(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    await fatima.person.post("Bericht")
    weeks = (await counter.visitor.get("/api/v1/instance/activity")).json
    assert len(weeks) == 12
    assert (weeks[0]["statuses"], weeks[0]["registrations"]) == ("1", "1")
    assert all(isinstance(value, str) for week in weeks for value in week.values())


async def test_known_servers_are_listed_and_found_but_not_blocked_ones(counter: Counter) -> None:
    delft = await counter.fediverse.add("delft")
    pieter = await delft.as_("pieter")
    fatima = await counter.app_of("fatima")
    assert fatima.person
    await fatima.person.follow(pieter)
    await counter.fediverse.settle()
    assert (await counter.visitor.get("/api/v1/instance/peers")).json == [delft.domain]
    assert (await counter.visitor.get("/api/v1/peers/search", q="del")).json == [delft.domain]
    assert (await counter.visitor.get("/api/v1/peers/search", q="")).json == []
    await counter.town.instance.write(trust.block, domain=delft.domain)
    assert (await counter.visitor.get("/api/v1/instance/peers")).json == []


async def test_blocked_servers_are_shown_to_colleagues(counter: Counter) -> None:
    await _block(counter)
    fatima = await counter.app_of("fatima")
    answer = await fatima.get("/api/v1/instance/domain_blocks")
    demand_entity(answer.json, "DomainBlock")
    assert [(each["domain"], each["comment"]) for each in answer.json] == [("boos.example", "Bedreigingen")]
    assert (await counter.visitor.get("/api/v1/instance/domain_blocks")).status == 401


@pytest.mark.parametrize(("settings", "status"), [("nobody", 404), ("everyone", 200)], indirect=["settings"])
async def test_the_administrator_decides_who_may_read_what_is_blocked(counter: Counter, status: int) -> None:
    await _block(counter)
    assert (await counter.visitor.get("/api/v1/instance/domain_blocks")).status == status


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> dict[str, dict[str, str]]:
    """A town hall that shows what it blocks to these."""
    shown_to = getattr(request, "param", None)
    return {"federation": {"show_blocks": shown_to}} if shown_to else {}
