"""Answers that must not lose a message, and must not tell anything."""

from __future__ import annotations

import itertools

import orjson
import pytest

from fedgov.activitystreams.audience import PUBLIC
from fedgov.federation import actors
from tests.federation.doors.porch import pair_of
from tests.federation.interop.world import Correspondent, correspondent
from tests.security.internet import Internet

pytestmark = pytest.mark.asyncio(loop_scope="module")

_names = itertools.count(1)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
async def test_ans_01_a_key_that_cannot_be_had_now_means_later(internet: Internet, status: int) -> None:
    stranger = correspondent(internet.outside, f"stil{next(_names)}")
    internet.outside.serve(stranger.document, status=status)
    async with internet.nothing_happens(fetched=[stranger.uri]):
        answer = await internet.post(stranger.activity("Follow", internet.fatima.uri), by=stranger)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


async def test_ans_02_the_inbox_of_somebody_who_is_gone_takes_everything_and_does_nothing(internet: Internet) -> None:
    piet = await internet.town.as_("piet")
    await internet.town.instance.write(actors.mark_deleted, uri=piet.uri)
    await internet.settle()
    stranger = correspondent(internet.outside, f"delft{next(_names)}")
    for kind in ("Follow", "Like", "Create"):
        about = stranger.note(to=[PUBLIC, piet.uri]) if kind == "Create" else piet.uri
        async with internet.nothing_happens():
            answer = await internet.post(stranger.activity(kind, about), by=stranger, path="/users/piet/inbox")
        assert answer.status == 202


async def test_ans_05_an_unverified_delete_says_nothing_about_whom_we_know(internet: Internet) -> None:
    known = correspondent(internet.outside, f"delft{next(_names)}")
    await internet.deliver(known.activity("Create", known.note(to=[PUBLIC, internet.fatima.uri])), by=known)
    unknown = internet.outside.url(f"vreemd{next(_names)}", "/users/pieter")
    answers = []
    for uri in (known.uri, unknown):
        forger = Correspondent(uri=uri, pair=pair_of(uri, number=2), document={})
        async with internet.nothing_happens():
            answers.append(await internet.post(forger.activity("Delete", uri), by=forger))
    one, other = ({**each.headers, "Date": ""} for each in answers)
    assert answers[0].status == answers[1].status == 202
    assert answers[0].body == answers[1].body
    assert one == other
    assert orjson.loads(answers[0].body) == {}
