"""How posts look to whoever shows them, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.posts.present import post_cards, preview_card, thread_cards
from fedgov.features.posts.queries.threads import thread
from fedgov.features.posts.queries.timelines import public_timeline
from fedgov.features.posts.service import reacting
from fedgov.features.posts.vocabulary import PollDraft
from fedgov.kernel.clock import DAY
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from tests.unit.features.posts.correspondence import PIETER, activity, arrive, deliver, note, written
from tests.unit.features.residents import NOW, Town

FATIMA, BOUKE = "https://groningen.example/users/fatima", "https://groningen.example/users/bouke"


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima and Pieter follow each other; Bouke is a colleague."""
    people_town.befriend(people_town.local("fatima"), people_town.remote())
    people_town.befriend(PIETER, FATIMA)
    people_town.local("bouke")
    return people_town


def test_a_card_shows_what_its_reader_did(town: Town) -> None:
    row = written(town, FATIMA)
    reacting.like(town.tx, actor=BOUKE, object_id=row.object_id)
    reacting.like(town.tx, actor=BOUKE, object_id=row.object_id, emoji="🎉")
    reacting.share(town.tx, actor=BOUKE, object_id=row.object_id)

    (own,), (mine,), (public,) = (post_cards(town.tx, [row.object_id], viewer) for viewer in (FATIMA, BOUKE, None))

    assert (mine.liked, mine.shared, mine.reactions[0].mine) == (True, True, True)
    assert (own.liked, own.shared, own.reactions[0].mine) == (False, False, False)
    assert (own.may_edit, own.may_delete, own.receipt is not None) == (True, True, True)
    assert (mine.may_edit, mine.may_delete, mine.receipt) == (False, False, None)
    assert (public.may_reply, public.may_share) == (False, False)
    assert [card.likes for card in (own, mine, public)] == [1, 1, 1]


def test_the_receipt_counts_the_organisations(town: Town) -> None:
    (card,) = post_cards(town.tx, [written(town, FATIMA)], FATIMA)
    (inside,) = post_cards(town.tx, [written(town, FATIMA, visibility=Visibility.ORGANISATION)], FATIMA)

    assert card.receipt is not None
    assert inside.receipt is not None
    assert (card.receipt.total, card.receipt.arrived) == (1, 0)
    assert inside.receipt.total == 0


def test_a_direct_message_names_its_readers(town: Town) -> None:
    row = written(town, FATIMA, "Hoi @bouke", visibility=Visibility.DIRECT)

    (card,) = post_cards(town.tx, [row], BOUKE)

    assert [person.uri for person in card.recipients] == [BOUKE]


def test_the_order_and_what_repeats_are_kept(town: Town) -> None:
    first, second = written(town, FATIMA).object_id, written(town, FATIMA).object_id

    assert [card.id for card in post_cards(town.tx, [second, first, 12, second], None)] == [second, first, second]
    assert post_cards(town.tx, [], None) == []


def test_a_poll_shows_shares_and_who_may_vote(town: Town) -> None:
    from fedgov.features.posts.service import polls

    draft = PollDraft(options=("Ja", "Nee"), ends_at=NOW + DAY)
    row = written(town, FATIMA, "Koffie?", poll=draft)
    polls.vote(town.tx, actor=BOUKE, object_id=row.object_id, choices=[0])

    (mine,), (own,), (public,) = (post_cards(town.tx, [row], viewer) for viewer in (BOUKE, FATIMA, None))

    assert mine.poll is not None
    assert own.poll is not None
    assert public.poll is not None
    assert [(option.votes, option.share) for option in mine.poll.options] == [(1, 1.0), (0, 0.0)]
    assert (mine.poll.may_vote, mine.poll.own_votes) == (False, (0,))
    assert (own.poll.may_vote, public.poll.may_vote) == (False, False)


def test_a_reply_says_whom_it_answers_unless_that_is_hidden(town: Town) -> None:
    hidden = written(town, FATIMA, visibility=Visibility.FOLLOWERS)
    reply = arrive(town, note(inReplyTo=hidden.uri))

    (seen,), (unseen,) = post_cards(town.tx, [reply], FATIMA), post_cards(town.tx, [reply], BOUKE)

    assert seen.reply_to is not None
    assert seen.reply_to.author is not None
    assert unseen.reply_to is None


def test_a_deleted_post_keeps_its_place_without_its_author(town: Town) -> None:
    first = arrive(town, note(key="a"))
    reply = arrive(town, note(key="b", inReplyTo=first.uri))
    deliver(town.tx, activity("Delete", first.uri))

    ancestors, _ = thread_cards(town.tx, thread=thread(town.tx, row=reply, viewer=None), viewer=None)

    assert [(card.deleted, card.author.uri) for card in ancestors] == [(True, "")]


@pytest.mark.parametrize(
    ("members", "title", "summary", "fallback"),
    [
        ({"type": "Article", "name": "Titel", "summary": "Kort"}, "Titel", "", ""),
        ({"type": "Note", "summary": "Let op"}, "", "Let op", ""),
        ({"type": "Article", "name": "Titel", "summary": "Naar", "sensitive": True}, "Titel", "Naar", ""),
        ({"type": "Event", "name": "Borrel"}, "Borrel", "", "Event"),
        ({"type": ["Recipe", "Note"], "name": "Brood"}, "", "", ""),
    ],
)
def test_each_type_has_its_form(town: Town, members: dict[str, Any], title: str, summary: str, fallback: str) -> None:
    (card,) = post_cards(town.tx, [arrive(town, note(**members))], None)

    assert (card.title, card.summary, card.fallback_type) == (title, summary, fallback)
    assert (card.fallback_link is not None) == bool(fallback)


def test_a_preview_is_rendered_and_not_stored(town: Town) -> None:
    card = preview_card(town.tx, author=FATIMA, text="<b>**x**", visibility=Visibility.PUBLIC)

    assert str(card.content_html) == "<p>&lt;b&gt;<strong>x</strong></p>"
    assert public_timeline(town.tx, viewer=None, page=PageRequest()).items == ()


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Write down every statement that runs."""
    seen: list[object] = []

    def noted(ask: Callable[..., Any]) -> Callable[..., Any]:
        def run(tx: Transaction, statement: object, values: Any = None) -> Any:
            seen.append(statement)
            return ask(tx, statement, values)

        return run

    with monkeypatch.context() as patch:
        for name in ("execute", "row", "rows", "value", "values"):
            patch.setattr(Transaction, name, noted(getattr(Transaction, name)))
        yield seen


def test_a_page_takes_the_same_number_of_queries_however_long_it_is(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conversations(count: int, *, key: str) -> list[int]:
        ids = []
        for number in range(count):
            asker = town.remote(f"@{key}{number}@leeuwarden.example")
            question = written(town, FATIMA, f"Vraag {number} #wmo")
            ids += [
                question.object_id,
                arrive(town, note(asker, key=f"{key}{number}", inReplyTo=question.uri)).object_id,
            ]
        return ids

    few, many = conversations(2, key="p"), conversations(15, key="q")
    with counting(monkeypatch) as short:
        post_cards(town.tx, few, BOUKE)
    with counting(monkeypatch) as long:
        post_cards(town.tx, many, BOUKE)

    assert len(long) == len(short) < 20
