"""Colleagues of three organisations talk; everything between them is signed HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest_asyncio
from sqlalchemy import Row, select

from fedgov.features.people import queries as people_queries
from fedgov.features.people.service import blocks
from fedgov.features.posts.queries import posts, reach
from fedgov.features.posts.service import polls, publishing, reacting
from fedgov.features.posts.vocabulary import PollDraft
from fedgov.federation import follows, objects, outbox
from fedgov.kernel.clock import HOUR
from fedgov.store.tables import activities, deliveries, inbox_items
from fedgov.store.transaction import Transaction
from tests.fediverse import Colleague, Fediverse, Town


@dataclass(slots=True)
class Province:
    """Three town halls; fatima@gouda is followed by jan@delft and by noor@utrecht."""

    fediverse: Fediverse
    gouda: Town
    delft: Town
    utrecht: Town
    fatima: Colleague
    jan: Colleague
    noor: Colleague

    async def row_id(self, town: Town, uri: str) -> int:
        """Return the row id that a post has at a town hall."""
        row = await town.ask(posts.find_by_uri, uri=uri)
        assert row is not None, f"{uri} is not at {town.domain}"
        return int(row.object_id)

    async def settle(self) -> None:
        """Wait until nothing is on its way."""
        await self.fediverse.settle()


@pytest_asyncio.fixture
async def province(fediverse: Fediverse) -> Province:
    """Three town halls whose people follow one another."""
    gouda, delft, utrecht = [await fediverse.add(name) for name in ("gouda", "delft", "utrecht")]
    fatima, jan, noor = await gouda.as_("fatima"), await delft.as_("jan"), await utrecht.as_("noor")
    await jan.follow(fatima)
    await noor.follow(fatima)
    await fatima.follow(jan)
    await fediverse.settle()
    return Province(fediverse, gouda, delft, utrecht, fatima, jan, noor)


async def test_a_follow_is_accepted_and_known_on_both_sides(province: Province) -> None:
    for town in (province.gouda, province.delft):
        assert await town.ask(follows.is_follower, follower=province.jan.uri, following=province.fatima.uri)


async def test_a_post_reaches_the_followers_everywhere(province: Province) -> None:
    uri = await province.fatima.post("Wie heeft een voorbeeld van een **inkoopkader**?")
    await province.settle()

    for town in (province.delft, province.utrecht):
        document = await town.object(uri)
        assert document is not None
        assert "<strong>inkoopkader</strong>" in document["content"]


async def test_a_reply_reaches_the_author_and_hangs_in_the_thread(province: Province) -> None:
    question = await province.fatima.post("Wie weet dit?")
    await province.settle()
    answer = await province.jan.reply(question, "Ik weet het.")
    await province.settle()

    row = await province.gouda.ask(posts.find_by_uri, uri=answer)
    assert row is not None
    assert row.in_reply_to_id == await province.row_id(province.gouda, question)


async def test_likes_and_shares_are_counted_at_the_author(province: Province) -> None:
    uri = await province.fatima.post("Goed nieuws")
    await province.settle()
    delft_id = await province.row_id(province.delft, uri)
    await province.delft.instance.write(reacting.like, actor=province.jan.uri, object_id=delft_id)
    await province.delft.instance.write(reacting.share, actor=province.jan.uri, object_id=delft_id)
    await province.settle()

    row = await province.gouda.ask(posts.find_by_uri, uri=uri)
    assert row is not None
    assert (row.likes, row.shares) == (1, 1)

    await province.delft.instance.write(reacting.unlike, actor=province.jan.uri, object_id=delft_id)
    await province.delft.instance.write(reacting.unshare, actor=province.jan.uri, object_id=delft_id)
    await province.settle()

    row = await province.gouda.ask(posts.find_by_uri, uri=uri)
    assert row is not None
    assert (row.likes, row.shares) == (0, 0)


async def test_an_edit_replaces_the_text_everywhere(province: Province) -> None:
    uri = await province.fatima.post("Maandag")
    await province.settle()
    await province.gouda.instance.write(
        publishing.edit_post,
        actor=province.fatima.uri,
        object_id=await province.row_id(province.gouda, uri),
        text="Dinsdag",
    )
    await province.settle()

    document = await province.delft.object(uri)
    assert document is not None
    assert "Dinsdag" in document["content"]
    assert "updated" in document


async def test_a_deleted_post_is_gone_everywhere_and_stays_gone(province: Province) -> None:
    uri = await province.fatima.post("Vergissing")
    await province.settle()
    await province.gouda.instance.write(
        publishing.delete_post, actor=province.fatima.uri, object_id=await province.row_id(province.gouda, uri)
    )
    await province.settle()

    for town in (province.gouda, province.delft, province.utrecht):
        assert await town.object(uri) is None
        row = await town.ask(objects.find, uri=uri)
        assert row is not None
        assert row.deleted_at is not None


async def test_what_is_for_the_organisation_never_leaves_it(province: Province) -> None:
    uri = await province.fatima.post("Kamer 3.12 is vrij @jan@" + province.delft.domain, "organisation")
    await province.settle()

    assert await province.delft.object(uri) is None
    assert await province.gouda.ask(_deliveries_about, uri=uri) == []


async def test_a_direct_message_reaches_only_who_is_named(province: Province) -> None:
    uri = await province.fatima.post(f"Alleen voor jou {province.jan.handle}", "direct")
    await province.settle()

    assert await province.delft.object(uri) is not None
    assert await province.utrecht.object(uri) is None


async def test_a_post_for_followers_reaches_no_one_else(province: Province) -> None:
    piet = await province.utrecht.as_("piet")
    uri = await province.jan.post("Alleen voor wie mij volgt", "followers")
    await province.settle()

    assert await province.gouda.object(uri) is not None
    assert await province.utrecht.object(uri) is None
    assert piet.uri


async def test_after_the_last_follower_left_nothing_is_sent_there(province: Province) -> None:
    await province.noor.unfollow(province.fatima)
    await province.settle()
    uri = await province.fatima.post("Voor wie er nog is", "followers")
    await province.settle()

    assert await province.utrecht.object(uri) is None
    assert await province.delft.object(uri) is not None


async def test_who_is_blocked_is_no_longer_a_follower(province: Province) -> None:
    await province.gouda.instance.write(blocks.block, who=province.fatima.uri, whom=province.jan.uri)
    await province.settle()

    for town in (province.gouda, province.delft):
        assert not await town.ask(follows.is_follower, follower=province.jan.uri, following=province.fatima.uri)
    assert await province.delft.ask(people_queries.blocks, who=province.fatima.uri, whom=province.jan.uri)


async def test_votes_travel_and_the_outcome_comes_back(province: Province) -> None:
    draft = PollDraft(options=("Ja", "Nee"), ends_at=province.gouda.instance.clock.now() + HOUR)
    uri = await province.fatima.post("Doen we het?", poll=draft)
    await province.settle()
    await province.delft.instance.write(
        polls.vote, actor=province.jan.uri, object_id=await province.row_id(province.delft, uri), choices=[0]
    )
    await province.settle()

    later = province.gouda.instance.clock.now() + polls.TALLY_AFTER
    await province.gouda.instance.write(polls.end_polls, now=later)  # what the worker does every ten seconds
    await province.settle()

    for town in (province.gouda, province.delft, province.utrecht):
        document = await town.object(uri)
        assert document is not None
        assert [option["replies"]["totalItems"] for option in document["oneOf"]] == [1, 0]


async def test_the_author_sees_what_was_handed_over_and_confirmed(province: Province) -> None:
    uri = await province.fatima.post("Wordt dit bezorgd?")
    await province.settle()
    await province.jan.reply(uri, "Ja!")
    await province.settle()

    receipt = await province.gouda.ask(reach.receipt, uri=uri)
    assert {(each.host, each.state) for each in receipt.organisations} == {
        (province.delft.domain, "confirmed"),
        (province.utrecht.domain, "handed_over"),
    }


async def test_what_could_not_be_delivered_arrives_when_the_town_hall_opens_again(province: Province) -> None:
    await province.delft.close()
    uri = await province.fatima.post("Voor als je er weer bent")
    await province.gouda.running.delivery.settle()
    assert {state for state, _ in await province.gouda.ask(_deliveries_about, uri=uri)} == {"queued", "sent"}

    await province.delft.open()
    await province.gouda.instance.write(_try_now)
    await province.settle()

    assert await province.delft.object(uri) is not None


async def test_what_was_accepted_before_a_stop_is_handled_after_the_start(province: Province) -> None:
    uri = await province.fatima.post("Net voor sluitingstijd")
    for task in province.delft.running.tasks:
        task.cancel()
    await province.gouda.running.delivery.settle()
    assert await province.delft.object(uri) is None

    await province.delft.close()
    await province.delft.open()
    await province.settle()

    assert await province.delft.object(uri) is not None


async def test_everything_that_was_sent_carries_a_proof_and_was_handled_once(province: Province) -> None:
    uri = await province.fatima.post("Bewijs?")
    await province.settle()

    rows = await province.delft.ask(_log_of, actor=province.fatima.uri)
    assert all(row.proven for row in rows)
    assert [row.state for row in rows] == ["done"] * len(rows)
    activity = await province.gouda.ask(outbox.find, uri=await province.gouda.ask(_create_of, uri=uri))
    assert activity is not None
    assert activity["proof"]["cryptosuite"] == "eddsa-jcs-2022"


def _deliveries_about(tx: Transaction, *, uri: str) -> list[tuple[str, str | None]]:
    about = select(activities.c.id).where(activities.c.object_uri == uri)
    rows = tx.rows(select(deliveries.c.state, deliveries.c.reason).where(deliveries.c.activity_id.in_(about)))
    return [(row.state, row.reason) for row in rows]


def _create_of(tx: Transaction, *, uri: str) -> str:
    return str(tx.value(select(activities.c.uri).where(activities.c.object_uri == uri, activities.c.type == "Create")))


def _log_of(tx: Transaction, *, actor: str) -> list[Row[Any]]:
    return list(tx.rows(select(inbox_items).where(inbox_items.c.actor == actor)))


def _try_now(tx: Transaction) -> None:
    from fedgov.store.tables import peers

    tx.execute(peers.update().values(next_attempt_at=None))
    tx.signal("deliveries")
