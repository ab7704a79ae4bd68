from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from fedgov.activitystreams.activity import read_activity
from fedgov.features.moderation import queries, service
from fedgov.features.moderation.inbox import HANDLERS
from fedgov.federation.dispatch import VerifiedActivity
from fedgov.instance import Instance
from fedgov.kernel.errors import FedgovError, MalformedError, NotFoundError
from tests.unit.features.moderation import complaints
from tests.unit.features.moderation.complaints import FATIMA, PIETER, SERVER

FLAG = "https://leeuwarden.example/activities/1"


def _verified(**values: Any) -> VerifiedActivity:
    """What a handler gets; only the gate can make the real thing, and a handler reads no more than this."""
    document = {"id": FLAG, "type": "Flag", "actor": SERVER, **values}
    return cast("VerifiedActivity", SimpleNamespace(activity=read_activity(document)))


async def _handle(town: Instance, key: tuple[str, str], **values: Any) -> None:
    await town.write(HANDLERS[key].apply, _verified(type=key[0], **values))


async def test_a_flag_as_mastodon_sends_it_becomes_a_report(town: Instance) -> None:
    uri = await town.write(complaints.post, author=FATIMA)

    await _handle(town, ("Flag", "*"), object=[FATIMA, uri], content="Not nice")

    (row,) = await town.read(queries.list_reports)
    assert (row.target, orjson.loads(row.objects), row.text) == (FATIMA, [uri], "Not nice")


@pytest.mark.parametrize("shape", [FATIMA, [FATIMA], {"id": FATIMA, "type": "Person"}, [{"id": FATIMA}, 5, None]])
async def test_a_flag_may_name_its_objects_in_any_shape(town: Instance, shape: object) -> None:
    await _handle(town, ("Flag", "*"), object=shape)

    assert (await town.read(queries.list_reports))[0].target == FATIMA


async def test_the_text_of_a_flag_is_plain(town: Instance) -> None:
    await _handle(town, ("Flag", "*"), object=FATIMA, content="<p>Not <b>nice</b></p><script>alert(1)</script>")

    assert (await town.read(queries.list_reports))[0].text == "Not nice"


async def test_a_flag_about_nobody_here_is_refused(town: Instance) -> None:
    with pytest.raises(NotFoundError):
        await _handle(town, ("Flag", "*"), object=[PIETER], content="x")


async def test_the_outcome_of_our_own_flag_is_noted(town: Instance) -> None:
    report_id = await town.write(service.report, reporter=FATIMA, target=PIETER, forward=True)
    (flag,) = await town.read(complaints.sent)

    await _handle(town, ("Reject", "Flag"), object={"type": "Flag", "id": flag["id"]})

    assert (await town.read(queries.get, report_id=report_id)).outcome == "rejected"


@pytest.mark.parametrize("about", [{"type": "Flag"}, {"type": "Flag", "id": FLAG}])
async def test_an_answer_to_a_flag_that_we_never_sent_is_refused(town: Instance, about: dict[str, str]) -> None:
    with pytest.raises(FedgovError) as refusal:
        await _handle(town, ("Accept", "Flag"), object=about)
    assert isinstance(refusal.value, MalformedError | NotFoundError)
