"""A quoted message is shown to whoever may read it, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from fedgov.activitystreams.activity import read_activity
from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.features.people.inbox import HANDLERS as PEOPLE
from fedgov.features.people.service.blocks import block
from fedgov.features.posts.inbox import needs_of_create
from fedgov.features.posts.present import post_cards, revision_rows
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.trust import service as trust
from fedgov.federation.dispatch import Need
from fedgov.web.cards import PostCard, QuoteCard
from tests.unit.features.posts.correspondence import activity, arrive, deliver, note, the_post, written
from tests.unit.features.posts.test_cards import counting
from tests.unit.features.residents import Town, verified

FATIMA, BOUKE = "https://groningen.example/users/fatima", "https://groningen.example/users/bouke"
KLAAS = "https://sneek.example/users/klaas"
LINE = '<p class="quote-inline">RE: <a href="https://sneek.example/notes/1">x</a></p>'


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima follows Pieter and Klaas; Bouke is a colleague."""
    fatima, pieter, klaas = (
        people_town.local("fatima"),
        people_town.remote(),
        people_town.remote("@klaas@sneek.example"),
    )
    people_town.befriend(fatima, pieter)
    people_town.befriend(fatima, klaas)
    people_town.local("bouke")
    return people_town


def quoting(town: Town, uri: str, **members: Any) -> int:
    """Let Pieter quote something; return the row id of his post."""
    return int(arrive(town, note(key="q", quote=uri, **members)).object_id)


def card_of(town: Town, object_id: int, viewer: str | None = FATIMA) -> PostCard:
    """The card of a post for somebody."""
    (card,) = post_cards(town.tx, [object_id], viewer)
    return card


def quote_of(town: Town, object_id: int, viewer: str | None = FATIMA) -> QuoteCard:
    """What a post quotes, for somebody."""
    found = card_of(town, object_id, viewer).quote
    assert found is not None
    return found


def test_a_quoted_message_is_shown_with_its_author(town: Town) -> None:
    quoted = arrive(town, note(KLAAS, content="<p>Het plan</p>", summary="Lang"))
    found = quote_of(town, quoting(town, quoted.uri))

    assert found.post is not None
    assert (found.post.id, found.post.author.uri, found.post.summary) == (quoted.object_id, KLAAS, "Lang")
    assert found.original_url is None


def test_a_message_that_quotes_nothing_says_nothing(town: Town) -> None:
    assert card_of(town, arrive(town, note()).object_id).quote is None


@pytest.mark.parametrize(
    ("visibility", "readers"),
    [
        (Visibility.PUBLIC, {None, FATIMA, BOUKE, KLAAS}),
        (Visibility.UNLISTED, {None, FATIMA, BOUKE, KLAAS}),
        (Visibility.FOLLOWERS, {FATIMA, KLAAS}),
        (Visibility.DIRECT, {FATIMA, BOUKE}),
        (Visibility.ORGANISATION, {FATIMA, BOUKE}),
    ],
)
def test_only_who_may_read_the_quoted_message_sees_it(
    town: Town, visibility: Visibility, readers: set[str | None]
) -> None:
    town.befriend(KLAAS, FATIMA)
    quoted = written(town, FATIMA, "@bouke" if visibility is Visibility.DIRECT else "Hallo", visibility=visibility)
    object_id = quoting(town, quoted.uri)
    unknown = quoting_unknown(town)

    for viewer in (None, FATIMA, BOUKE, KLAAS):
        found = quote_of(town, object_id, viewer)
        if viewer in readers and visibility not in FOR_EVERYONE:  # it was never to be quoted at all
            assert found == QuoteCard(state="pending")
            continue
        assert (found.post is not None) == (viewer in readers), viewer
        if viewer not in readers:  # and it looks like one that never was
            assert found == quote_of(town, unknown, viewer) == QuoteCard()


def quoting_unknown(town: Town) -> int:
    """Let Pieter quote a message of here that never was."""
    return int(arrive(town, note(key="u", quote=town.tx.site.post(1))).object_id)


def test_a_message_elsewhere_that_is_not_for_the_reader_looks_like_an_unknown_one(town: Town) -> None:
    hidden = arrive(town, note(KLAAS, to=[FATIMA], cc=[]))
    object_id = quoting(town, hidden.uri)

    assert quote_of(town, object_id).post is not None
    assert quote_of(town, object_id, BOUKE) == QuoteCard(original_url=hidden.uri)
    unknown = arrive(town, note(key="u", quote="https://sneek.example/notes/none")).object_id
    assert quote_of(town, unknown, BOUKE) == QuoteCard(original_url="https://sneek.example/notes/none")


def test_a_deleted_message_is_gone_from_the_quotation_too(town: Town) -> None:
    quoted = arrive(town, note(KLAAS))
    object_id = quoting(town, quoted.uri)
    deliver(town.tx, activity("Delete", quoted.uri, actor=KLAAS))

    assert quote_of(town, object_id) == QuoteCard()


def test_aut_11_whom_a_reader_blocks_is_not_quoted_to_that_reader(town: Town) -> None:
    quoted = arrive(town, note(KLAAS))
    object_id = quoting(town, quoted.uri)
    block(town.tx, who=FATIMA, whom=KLAAS)

    assert quote_of(town, object_id) == QuoteCard()
    assert quote_of(town, object_id, BOUKE).post is not None


def test_who_blocks_a_reader_does_not_tell_so(town: Town) -> None:
    quoted = arrive(town, note(KLAAS))
    object_id = quoting(town, quoted.uri)
    PEOPLE["Block", "Actor"].apply(town.tx, verified(activity("Block", FATIMA, actor=KLAAS)))

    assert quote_of(town, object_id) == QuoteCard(original_url=quoted.uri)


def test_aut_08_a_blocked_domain_is_neither_shown_nor_linked(town: Town) -> None:
    quoted = arrive(town, note(KLAAS))
    known, unknown = quoting(town, quoted.uri), arrive(town, note(key="u", quote="https://sneek.example/notes/none"))
    assert quote_of(town, known).post is not None
    trust.block(town.tx, domain="sneek.example")

    assert quote_of(town, known) == quote_of(town, unknown.object_id) == QuoteCard()


def test_a_quotation_in_a_quotation_is_only_told(town: Town) -> None:
    first = arrive(town, note(KLAAS, key="1"))
    second = arrive(town, note(KLAAS, key="2", quote=first.uri))
    found = quote_of(town, quoting(town, second.uri))

    assert found.post is not None
    assert found.post.quote == QuoteCard(is_nested=True)


def test_who_quotes_themselves_makes_no_circle(town: Town) -> None:
    uri = note(key="q")["id"]
    found = quote_of(town, quoting(town, uri))

    assert found.post is not None
    assert found.post.quote == QuoteCard(is_nested=True)


def test_the_line_for_others_goes_where_the_message_itself_stands(town: Town) -> None:
    quoted = arrive(town, note(KLAAS))
    shown = card_of(town, quoting(town, quoted.uri, content=f"{LINE}<p>Eens</p>"))
    linked = card_of(town, arrive(town, note(key="l", quote="https://a.example/1", content=LINE)).object_id)
    hidden = card_of(town, arrive(town, note(key="h", quote=town.tx.site.post(1), content=LINE)).object_id)
    plain = card_of(town, arrive(town, note(key="p", content=LINE)).object_id)

    assert str(shown.shown_html) == "<p>Eens</p>"
    assert "RE:" in shown.content_html
    assert str(linked.shown_html) == ""
    assert "RE:" in hidden.shown_html
    assert "RE:" in plain.shown_html


def test_earlier_texts_are_shown_without_the_quotation_of_now(town: Town) -> None:
    quoted = arrive(town, note(KLAAS))
    document = note(key="q", quote=quoted.uri)
    arrive(town, document)
    town.later(60_000)
    deliver(town.tx, activity("Update", {**document, "content": "<p>Nu</p>", "updated": "2026-11-18T20:00:00Z"}))

    (earlier,) = revision_rows(town.tx, row=the_post(town.tx, document["id"]), viewer=FATIMA)
    assert earlier.post.quote is None


@pytest.mark.parametrize("member", ["quote", "quoteUrl", "quoteUri", "_misskey_quote"])
def test_what_is_quoted_is_fetched_with_what_is_answered(member: str) -> None:
    document = note(inReplyTo="https://a.example/1", **{member: "https://b.example/2"})
    needs = list(needs_of_create(read_activity(activity("Create", document))))
    assert needs == [
        Need("object", "https://a.example/1", required=False),
        Need("object", "https://b.example/2", required=False),
    ]


def test_what_is_both_answered_and_quoted_is_fetched_once() -> None:
    document = note(inReplyTo="https://a.example/1", quote="https://a.example/1")
    assert len(list(needs_of_create(read_activity(activity("Create", document))))) == 1
    assert list(needs_of_create(read_activity(activity("Create", note(quote="javascript:x"))))) == []


def test_quotations_take_the_same_number_of_queries_however_many(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def quotations(count: int, *, key: str) -> list[int]:
        ids: list[int] = []
        for number in range(count):
            author = town.remote(f"@{key}{number}@sneek.example")
            town.befriend(FATIMA, author)
            quoted = arrive(town, note(author, key=f"{key}{number}"))
            for what in (quoted.uri, f"https://elders.example/{key}{number}"):
                ids.append(int(arrive(town, note(key=f"{key}{len(ids)}", quote=what)).object_id))
        return ids

    few, many = quotations(2, key="p"), quotations(12, key="q")
    with counting(monkeypatch) as short:
        post_cards(town.tx, few, FATIMA)
    with counting(monkeypatch) as long:
        post_cards(town.tx, many, FATIMA)

    assert len(long) == len(short) < 26
    assert len(post_queries.find_many(town.tx, object_ids=many)) == 24
