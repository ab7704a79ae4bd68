from __future__ import annotations

import orjson
import pytest

from fedgov.features.moderation import queries, service
from fedgov.features.moderation.policy import MAX_OPEN
from fedgov.features.moderation.vocabulary import PostsCondemned, ReportAnswered, ReportDecided, ReportMade
from fedgov.instance import Instance
from fedgov.kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, RateLimitedError
from tests.unit.features.moderation import complaints
from tests.unit.features.moderation.complaints import BRAM, FATIMA, PIETER, SERVER, STRANGER

FLAG = "https://leeuwarden.example/activities/1"


async def test_a_report_waits_for_an_administrator(town: Instance, told: list[object]) -> None:
    uri = await town.write(complaints.post, author=PIETER)

    report_id = await town.write(
        service.report, reporter=FATIMA, target=PIETER, object_uris=[uri, uri], text="  Not nice  "
    )

    (row,) = await town.read(queries.list_reports)
    assert (row.id, row.reporter, row.target, row.text, row.state) == (report_id, FATIMA, PIETER, "Not nice", "open")
    assert orjson.loads(row.objects) == [uri]
    assert await town.read(queries.count_open) == 1
    assert told == [ReportMade(report_id=report_id, target=PIETER)]
    assert await town.read(complaints.sent) == []


async def test_a_report_that_is_passed_on_does_not_say_who_made_it(town: Instance) -> None:
    uri = await town.write(complaints.post, author=PIETER)

    await town.write(service.report, reporter=FATIMA, target=PIETER, object_uris=[uri], text="Not nice", forward=True)

    (flag,) = await town.read(complaints.sent)
    assert (flag["type"], flag["actor"]) == ("Flag", "https://groningen.example/actor")
    assert flag["object"] == [PIETER, uri]
    assert flag["content"] == "Not nice"
    assert flag["hosts"] == ["leeuwarden.example"]
    assert "fatima" not in orjson.dumps(flag).decode()
    assert flag["proof"]["verificationMethod"].startswith("https://groningen.example/actor#")


async def test_a_report_about_a_colleague_is_never_passed_on(town: Instance) -> None:
    await town.write(service.report, reporter=FATIMA, target=BRAM, forward=True)

    assert await town.read(complaints.sent) == []
    assert not (await town.read(queries.list_reports))[0].forwarded


async def test_the_same_report_counts_once_and_is_passed_on_once(town: Instance, told: list[object]) -> None:
    first = await town.write(service.report, reporter=FATIMA, target=PIETER)
    again = await town.write(service.report, reporter=FATIMA, target=PIETER, forward=True)
    third = await town.write(service.report, reporter=FATIMA, target=PIETER, forward=True)

    assert first == again == third
    assert len(told) == 1
    assert len(await town.read(complaints.sent)) == 1


async def test_posts_of_others_do_not_come_into_a_report(town: Instance) -> None:
    theirs = await town.write(complaints.post, author=PIETER)
    other = await town.write(complaints.post, author=STRANGER)

    await town.write(
        service.report, reporter=FATIMA, target=PIETER, object_uris=[theirs, other, "https://nowhere.example/1"]
    )

    assert orjson.loads((await town.read(queries.list_reports))[0].objects) == [theirs]


async def test_what_cannot_be_reported_is_refused(town: Instance) -> None:
    with pytest.raises(InvalidError, match="too long"):
        await town.write(service.report, reporter=FATIMA, target=PIETER, text="x" * 5_001)
    with pytest.raises(InvalidError, match="yourself"):
        await town.write(service.report, reporter=FATIMA, target=FATIMA)
    with pytest.raises(NotFoundError):
        await town.write(service.report, reporter=FATIMA, target="https://nowhere.example/users/x")
    assert await town.read(queries.count_open) == 0


async def test_a_report_from_elsewhere_is_about_our_person_and_their_posts_only(town: Instance) -> None:
    ours = await town.write(complaints.post, author=FATIMA)
    other = await town.write(complaints.post, author=BRAM)

    await town.write(
        service.receive_report, reporter=SERVER, uris=[PIETER, ours, FATIMA, other, ours], text="bad", flag_uri=FLAG
    )

    (row,) = await town.read(queries.list_reports)
    assert (row.reporter, row.target, orjson.loads(row.objects), row.flag_uri) == (SERVER, FATIMA, [ours], FLAG)


async def test_a_report_that_names_only_posts_is_about_their_author(town: Instance) -> None:
    ours = await town.write(complaints.post, author=FATIMA)

    await town.write(service.receive_report, reporter=SERVER, uris=[ours], text="", flag_uri=FLAG)

    assert (await town.read(queries.list_reports))[0].target == FATIMA


@pytest.mark.parametrize(
    "uris", [[], [PIETER], ["https://groningen.example/users/nobody"], ["https://groningen.example.evil.example/"]]
)
async def test_a_report_about_nobody_here_is_refused(town: Instance, uris: list[str]) -> None:
    with pytest.raises(NotFoundError):
        await town.write(service.receive_report, reporter=SERVER, uris=uris, text="", flag_uri=FLAG)
    assert await town.read(queries.count_open) == 0


async def test_aut_12_a_long_report_from_elsewhere_is_cut(town: Instance) -> None:
    await town.write(service.receive_report, reporter=SERVER, uris=[FATIMA], text="x" * 90_000, flag_uri=FLAG)

    assert len((await town.read(queries.list_reports))[0].text) == 5_000


async def test_aut_12_a_flood_of_reports_is_stopped(town: Instance) -> None:
    for number in range(MAX_OPEN):
        uri = await town.write(complaints.post, author=FATIMA, number=number)
        await town.write(service.receive_report, reporter=SERVER, uris=[uri], text="", flag_uri=FLAG)
    uri = await town.write(complaints.post, author=FATIMA, number=MAX_OPEN)

    with pytest.raises(RateLimitedError):
        await town.write(service.receive_report, reporter=SERVER, uris=[uri], text="", flag_uri=FLAG)
    await town.write(service.receive_report, reporter=STRANGER, uris=[uri], text="", flag_uri=FLAG)
    assert await town.read(queries.count_open) == MAX_OPEN + 1


async def test_the_reporter_hears_what_was_decided(town: Instance, told: list[object]) -> None:
    report_id = await town.write(service.report, reporter=FATIMA, target=PIETER)

    await town.write(service.decide, report_id=report_id, resolved=True, by=BRAM, note=" Talked to them ")

    assert told[-1] == ReportDecided(report_id=report_id, reporter=FATIMA, resolved=True, note="Talked to them")
    assert await town.read(queries.count_open) == 0
    (row,) = await town.read(queries.list_reports, closed=True)
    assert (row.state, row.decided_by, row.note) == ("resolved", BRAM, "Talked to them")


@pytest.mark.parametrize(("resolved", "kind"), [(True, "Accept"), (False, "Reject")])
async def test_another_server_hears_the_outcome_and_nothing_more(
    town: Instance, told: list[object], *, resolved: bool, kind: str
) -> None:
    report_id = await town.write(service.receive_report, reporter=SERVER, uris=[FATIMA], text="bad", flag_uri=FLAG)

    await town.write(service.decide, report_id=report_id, resolved=resolved, by=BRAM, note="internal")

    (answer,) = await town.read(complaints.sent)
    assert (answer["type"], answer["actor"]) == (kind, "https://groningen.example/actor")
    assert answer["object"]["id"] == FLAG
    assert answer["hosts"] == ["leeuwarden.example"]
    assert "internal" not in orjson.dumps(answer).decode()
    assert "bram" not in orjson.dumps(answer).decode()
    assert not any(isinstance(event, ReportDecided) for event in told)


async def test_a_report_is_decided_once(town: Instance) -> None:
    report_id = await town.write(service.report, reporter=FATIMA, target=PIETER)
    await town.write(service.decide, report_id=report_id, resolved=True, by=BRAM)

    with pytest.raises(ConflictError):
        await town.write(service.decide, report_id=report_id, resolved=False, by=BRAM)
    with pytest.raises(NotFoundError):
        await town.write(service.decide, report_id=5, resolved=False, by=BRAM)
    with pytest.raises(InvalidError):
        await town.write(service.decide, report_id=report_id, resolved=False, by=BRAM, note="x" * 1_001)


async def test_reported_posts_are_condemned_when_the_administrator_says_so(town: Instance, told: list[object]) -> None:
    uri = await town.write(complaints.post, author=PIETER)
    report_id = await town.write(service.report, reporter=FATIMA, target=PIETER, object_uris=[uri])

    await town.write(service.decide, report_id=report_id, resolved=True, by=BRAM, remove_posts=True)

    (condemned,) = [event for event in told if isinstance(event, PostsCondemned)]
    assert (condemned.report_id, condemned.by, len(condemned.object_ids)) == (report_id, BRAM, 1)


async def test_the_answer_of_another_server_is_noted_once(town: Instance, told: list[object]) -> None:
    report_id = await town.write(service.report, reporter=FATIMA, target=PIETER, forward=True)
    (flag,) = await town.read(complaints.sent)

    for _ in range(2):
        await town.write(service.receive_outcome, actor=SERVER, flag_uri=flag["id"], kind="Accept")

    answers = [event for event in told if isinstance(event, ReportAnswered)]
    assert answers == [ReportAnswered(report_id=report_id, reporter=FATIMA, accepted=True)]
    assert (await town.read(queries.get, report_id=report_id)).outcome == "accepted"


async def test_a_stranger_cannot_answer_for_another_server(town: Instance) -> None:
    await town.write(service.report, reporter=FATIMA, target=PIETER, forward=True)
    (flag,) = await town.read(complaints.sent)

    with pytest.raises(ForbiddenError):
        await town.write(service.receive_outcome, actor=STRANGER, flag_uri=flag["id"], kind="Reject")
    with pytest.raises(NotFoundError):
        await town.write(service.receive_outcome, actor=SERVER, flag_uri=FLAG, kind="Reject")


async def test_nobody_answers_a_report_that_they_made_themselves(town: Instance) -> None:
    await town.write(service.receive_report, reporter=SERVER, uris=[FATIMA], text="", flag_uri=FLAG)

    with pytest.raises(NotFoundError):
        await town.write(service.receive_outcome, actor=SERVER, flag_uri=FLAG, kind="Accept")
