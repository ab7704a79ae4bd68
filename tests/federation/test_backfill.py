"""A thread is completed from its own server when somebody opens it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from fedgov.features.posts.queries import posts
from tests.fediverse import Colleague, Fediverse, Town


@dataclass(slots=True)
class Talk:
    """jan@delft follows fatima@gouda, but not piet@gouda who answers her."""

    fediverse: Fediverse
    delft: Town
    fatima: Colleague
    question: str
    answer: str


@pytest_asyncio.fixture
async def talk(fediverse: Fediverse) -> AsyncIterator[Talk]:
    gouda, delft = await fediverse.add("gouda"), await fediverse.add("delft")
    fatima, piet, jan = await gouda.as_("fatima"), await gouda.as_("piet"), await delft.as_("jan")
    await jan.follow(fatima)
    await fediverse.settle()
    question = await fatima.post("Wie weet dit?")
    await fediverse.settle()
    answer = await piet.reply(question, "Ik, maar niemand in Delft volgt mij.")
    await fediverse.settle()
    assert await delft.object(answer) is None
    yield Talk(fediverse, delft, fatima, question, answer)


async def test_replies_that_nobody_sent_are_read_from_the_author_s_server(talk: Talk) -> None:
    assert await talk.delft.running.backfiller.fill(talk.question) == 1

    row = await talk.delft.ask(posts.find_by_uri, uri=talk.answer)
    assert row is not None
    assert row.in_reply_to_id is not None


async def test_within_the_cool_down_nothing_is_read_again(talk: Talk) -> None:
    backfiller = talk.delft.running.backfiller
    backfiller.note(talk.question)
    backfiller.note(talk.question)
    assert backfiller.waiting == 1


async def test_our_own_threads_need_no_reading(talk: Talk) -> None:
    uri = await (await talk.delft.as_("jan")).post("Van ons")
    backfiller = talk.delft.running.backfiller
    backfiller.note(uri)
    assert backfiller.waiting == 0
