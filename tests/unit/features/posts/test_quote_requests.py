"""Who wants to quote and is not let through at once, waits until the author looked at it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Row

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.activitystreams.document import Document
from fedgov.features.people.queries import account_of
from fedgov.features.people.service.blocks import block, receive_block
from fedgov.features.people.service.profiles import change_posting
from fedgov.features.people.vocabulary import Blocked
from fedgov.features.posts.feature import on_blocked
from fedgov.features.posts.present import post_card
from fedgov.features.posts.queries import quote_requests
from fedgov.features.posts.service import publishing, quoting
from fedgov.features.posts.vocabulary import (
    ACCEPTED,
    PENDING,
    REJECTED,
    REVOKED,
    PostQuoted,
    QuoteAsked,
    QuotePolicy,
    QuoteSettled,
)
from fedgov.features.trust import service as trust
from fedgov.federation import objects as object_store
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.pagination import PageRequest
from tests.unit.features.posts.correspondence import PIETER, activity, arrive, deliver, note, the_post, written
from tests.unit.features.residents import Town

FATIMA, BOUKE = "https://groningen.example/users/fatima", "https://groningen.example/users/bouke"
MALLORY = "https://elders.example/users/mallory"
QUOTING = "https://leeuwarden.example/notes/q"


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima follows Pieter; Bouke is a colleague; Mallory is a stranger."""
    fatima = people_town.local("fatima")
    people_town.local("bouke")
    people_town.befriend(fatima, people_town.remote())
    people_town.remote("@mallory@elders.example")
    return people_town


def asking(town: Town, **values: Any) -> Row[Any]:
    """A post of Fatima's that nobody quotes before she looked at it."""
    return written(town, FATIMA, quote_policy=QuotePolicy.ASK, **values)


def ask(town: Town, quoted: Row[Any], *, actor: str = PIETER, key: str = "q", **members: Any) -> Row[Any]:
    """Let somebody elsewhere ask; return the post that quotes."""
    post = note(actor, key=key, quote=quoted.uri)
    deliver(town.tx, activity("QuoteRequest", quoted.uri, actor=actor, instrument=post) | members)
    return the_post(town.tx, post["id"])


def decide(town: Town, row: Row[Any], *, agrees: bool, actor: str = FATIMA) -> None:
    publishing.answer_quote(town.tx, actor=actor, quoting_id=row.object_id, agrees=agrees)


def state_of(town: Town, uri: str = QUOTING) -> str | None:
    state: str | None = the_post(town.tx, uri).quote_state
    return state


# --- asked from elsewhere ---------------------------------------------------------------------------------------


def test_who_asks_waits_and_hears_nothing_before_the_author_decided(town: Town) -> None:
    row = ask(town, asking(town))

    assert (row.quote_state, row.quote_stamp) == (PENDING, None)
    assert town.sent("Accept") == town.sent("Reject") == []
    assert town.events(QuoteAsked) == [QuoteAsked(object_id=row.object_id, by=PIETER, author=FATIMA)]
    (waiting,) = quote_requests.page(town.tx, author=FATIMA, wanted=PageRequest()).items
    assert waiting.uri == QUOTING
    card = post_card(town.tx, row=row, viewer=FATIMA)
    assert card.quote is not None
    assert (card.quote.state, card.quote.post) == (PENDING, None)


def test_a_yes_is_a_stamp_that_answers_the_very_request(town: Town) -> None:
    quoted = asking(town)
    row = ask(town, quoted, id="https://leeuwarden.example/requests/7")
    decide(town, row, agrees=True)

    (answer,) = town.sent("Accept")
    after = the_post(town.tx, QUOTING)
    assert (after.quote_state, answer["result"]) == (ACCEPTED, after.quote_stamp)
    assert (answer["object"]["id"], answer["to"]) == ("https://leeuwarden.example/requests/7", [PIETER])
    assert the_post(town.tx, quoted.uri).quotes == 1
    assert town.events(PostQuoted) == [], "she knows, because she agreed to it herself"
    assert len(town.events(QuoteSettled)) == 1
    assert quote_requests.count(town.tx, author=FATIMA) == 0


def test_a_no_stays_a_no(town: Town) -> None:
    quoted = asking(town)
    row = ask(town, quoted)
    decide(town, row, agrees=False)
    assert (state_of(town), len(town.sent("Reject"))) == (REJECTED, 1)

    ask(town, quoted)
    assert (state_of(town), len(town.sent("Reject")), town.sent("Accept")) == (REJECTED, 2, [])
    assert quote_requests.count(town.tx, author=FATIMA) == 0


def test_nobody_else_answers_and_nobody_answers_twice(town: Town) -> None:
    row = ask(town, asking(town))
    with pytest.raises(NotFoundError):
        decide(town, row, agrees=True, actor=BOUKE)
    assert state_of(town) == PENDING

    decide(town, row, agrees=False)
    with pytest.raises(NotFoundError):
        decide(town, row, agrees=True)
    assert (state_of(town), town.sent("Accept")) == (REJECTED, [])


def test_who_asks_again_is_told_of_once_and_the_newest_request_is_answered(town: Town) -> None:
    quoted = asking(town)
    ask(town, quoted, id="https://leeuwarden.example/requests/1")
    row = ask(town, quoted, id="https://leeuwarden.example/requests/2")
    assert len(town.events(QuoteAsked)) == 1

    decide(town, row, agrees=True)
    (answer,) = town.sent("Accept")
    assert answer["object"]["id"] == "https://leeuwarden.example/requests/2"


def test_an_edit_of_the_post_that_quotes_leaves_it_waiting(town: Town) -> None:
    quoted = asking(town)
    ask(town, quoted)
    town.later(60_000)
    changed = {**note(key="q", quote=quoted.uri), "content": "<p>Anders</p>", "updated": "2026-11-18T20:00:00Z"}
    deliver(town.tx, activity("Update", changed))
    assert (state_of(town), quote_requests.count(town.tx, author=FATIMA)) == (PENDING, 1)


def test_nobody_waits_for_what_is_deleted(town: Town) -> None:
    one, other = asking(town), asking(town)
    ask(town, one, key="a")
    ask(town, other, key="b")
    deliver(town.tx, activity("Delete", "https://leeuwarden.example/notes/a"))
    assert quote_requests.count(town.tx, author=FATIMA) == 1

    publishing.delete_post(town.tx, actor=FATIMA, object_id=other.object_id)
    assert quote_requests.count(town.tx, author=FATIMA) == 0
    assert [event.by for event in town.events(QuoteSettled)] == [PIETER]


def test_one_actor_has_only_so_many_requests_waiting(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoting, "MAX_WAITING", 2)
    quoted = asking(town)
    for number in range(2):
        ask(town, quoted, key=f"n{number}")
    assert town.sent("Reject") == []

    assert ask(town, quoted, key="one-more").quote_state == REJECTED
    assert len(town.sent("Reject")) == 1
    assert ask(town, quoted, actor=MALLORY, key="m").quote_state == PENDING


def test_followers_need_not_wait_where_only_others_ask(town: Town) -> None:
    town.befriend(PIETER, FATIMA)
    quoted = written(town, FATIMA, quote_policy=QuotePolicy.ASK_OTHERS)
    assert ask(town, quoted).quote_state == ACCEPTED
    assert ask(town, quoted, actor=MALLORY, key="m").quote_state == PENDING


# --- asked by a colleague ---------------------------------------------------------------------------------------


def test_a_colleague_waits_too_and_the_post_goes_out_anew_with_the_stamp(town: Town) -> None:
    quoted = asking(town)
    row = written(town, BOUKE, "Kijk", quote=quoted.uri)
    assert (row.quote_state, town.sent("QuoteRequest")) == (PENDING, [])
    assert [event.by for event in town.events(QuoteAsked)] == [BOUKE]

    decide(town, row, agrees=True)
    after = the_post(town.tx, row.uri)
    assert after.quote_state == ACCEPTED
    (update,) = town.sent("Update")
    assert update["object"]["quoteAuthorization"] == after.quote_stamp


def test_a_colleague_has_only_so_many_requests_waiting(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoting, "MAX_WAITING", 2)
    quoted = asking(town)
    for _ in range(2):
        written(town, BOUKE, "Kijk", quote=quoted.uri)
    with pytest.raises(InvalidError):
        written(town, BOUKE, "Kijk", quote=quoted.uri)


# --- blocks, mutes, trust ---------------------------------------------------------------------------------------


def test_aut_11_who_is_blocked_waits_no_longer_and_quotes_no_longer(town: Town) -> None:
    accepted = ask(town, written(town, FATIMA), key="a")
    waiting = ask(town, asking(town), key="w")
    other = ask(town, written(town, FATIMA), actor=MALLORY, key="m")
    block(town.tx, who=FATIMA, whom=PIETER)
    on_blocked(town.tx, Blocked(who=FATIMA, whom=PIETER))

    assert state_of(town, accepted.uri) == REVOKED
    assert state_of(town, waiting.uri) == REJECTED
    assert state_of(town, other.uri) == ACCEPTED
    assert accepted.quote_stamp in {each["object"]["id"] for each in town.sent("Delete")}
    assert len(town.sent("Reject")) == 1


def test_what_a_block_by_somebody_elsewhere_takes_back_is_for_their_server_to_say(town: Town) -> None:
    received = ask(town, written(town, FATIMA))
    quoted = arrive(town, note(PIETER, key="o", interactionPolicy={"canQuote": {"automaticApproval": [PUBLIC]}}))
    row = written(town, FATIMA, "Kijk", quote=quoted.uri)
    (sent,) = town.sent("QuoteRequest")
    inner = {**sent, "instrument": sent["instrument"]["id"]}
    deliver(town.tx, activity("Accept", inner, actor=PIETER) | {"result": "https://leeuwarden.example/stamps/1"})
    on_blocked(town.tx, Blocked(who=PIETER, whom=FATIMA))

    assert (state_of(town, received.uri), state_of(town, row.uri)) == (ACCEPTED, ACCEPTED)


@pytest.mark.parametrize("is_own", [True, False], ids=["the reader blocks", "the author blocks"])
def test_aut_11_who_shut_each_other_out_do_not_quote_each_other(town: Town, is_own: bool) -> None:
    quoted = arrive(town, note(PIETER, interactionPolicy={"canQuote": {"automaticApproval": [PUBLIC]}}))
    own = written(town, BOUKE)
    if is_own:
        block(town.tx, who=FATIMA, whom=PIETER)
        block(town.tx, who=FATIMA, whom=BOUKE)
    else:
        receive_block(town.tx, who=PIETER, whom=FATIMA, activity_uri=f"{PIETER}#block")
        block(town.tx, who=BOUKE, whom=FATIMA)
    for uri in (quoted.uri, own.uri):
        with pytest.raises(NotFoundError):
            written(town, FATIMA, "Kijk", quote=uri)
    assert town.sent("QuoteRequest") == []


def test_aut_11_a_post_of_a_suspended_server_cannot_be_quoted(town: Town) -> None:
    quoted = arrive(town, note(PIETER, interactionPolicy={"canQuote": {"automaticApproval": [PUBLIC]}}))
    trust.block(town.tx, domain="leeuwarden.example")
    with pytest.raises(NotFoundError):
        written(town, FATIMA, "Kijk", quote=quoted.uri)


def test_aut_11_what_a_suspended_server_asked_is_not_on_the_list(town: Town) -> None:
    ask(town, asking(town))
    assert len(quote_requests.page(town.tx, author=FATIMA, wanted=PageRequest()).items) == 1
    trust.block(town.tx, domain="leeuwarden.example")
    assert quote_requests.page(town.tx, author=FATIMA, wanted=PageRequest()).items == ()


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.ORGANISATION, Visibility.DIRECT])
def test_ac_15_what_not_everybody_may_read_nobody_waits_for(town: Town, visibility: Visibility) -> None:
    town.befriend(BOUKE, FATIMA)
    quoted = asking(town, text="@bouke", visibility=visibility)
    with pytest.raises(InvalidError):
        written(town, BOUKE, "Kijk", quote=quoted.uri)
    assert town.events(QuoteAsked) == []


# --- policies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", list(QuotePolicy))
def test_a_policy_is_what_was_chosen_and_others_read_it(town: Town, wanted: QuotePolicy) -> None:
    row = written(town, FATIMA, quote_policy=wanted)
    assert quoting.policy_of(row) is wanted
    found = object_store.find(town.tx, uri=row.uri)
    assert found is not None
    stated: Document = object_store.stored_document(found)["interactionPolicy"]["canQuote"]
    followers = f"{FATIMA}/followers"
    assert (
        stated
        == {
            QuotePolicy.PUBLIC: {"automaticApproval": [PUBLIC]},
            QuotePolicy.FOLLOWERS: {"automaticApproval": [followers]},
            QuotePolicy.ASK_OTHERS: {"automaticApproval": [followers], "manualApproval": [PUBLIC]},
            QuotePolicy.ASK: {"automaticApproval": [FATIMA], "manualApproval": [PUBLIC]},
            QuotePolicy.NOBODY: {"automaticApproval": [FATIMA]},
        }[wanted]
    )


def test_who_may_quote_is_chosen_once_for_all_or_for_one_message_and_can_be_changed(town: Town) -> None:
    change_posting(town.tx, actor=FATIMA, quote_policy="ask")
    usual, own = written(town, FATIMA), written(town, FATIMA, quote_policy=QuotePolicy.PUBLIC)
    assert (quoting.policy_of(usual), quoting.policy_of(own)) == (QuotePolicy.ASK, QuotePolicy.PUBLIC)

    publishing.change_quote_policy(town.tx, actor=FATIMA, object_id=own.object_id, quote_policy=QuotePolicy.NOBODY)
    assert ask(town, own).quote_state == REJECTED
    with pytest.raises(ForbiddenError):
        publishing.change_quote_policy(town.tx, actor=BOUKE, object_id=own.object_id, quote_policy=QuotePolicy.PUBLIC)
    with pytest.raises(InvalidError):
        change_posting(town.tx, actor=FATIMA, quote_policy="everyone")
    account = account_of(town.tx, actor=FATIMA)
    assert account is not None
    assert account.quote_policy == "ask"


def test_an_app_that_says_what_was_already_so_changes_nothing_it_does_not_know() -> None:
    meant = quoting.meant_by_app
    assert meant(QuotePolicy.NOBODY, present=QuotePolicy.ASK) is QuotePolicy.ASK
    assert meant(QuotePolicy.FOLLOWERS, present=QuotePolicy.ASK_OTHERS) is QuotePolicy.ASK_OTHERS
    assert meant(QuotePolicy.NOBODY, present=QuotePolicy.ASK_OTHERS) is QuotePolicy.NOBODY
    assert meant(QuotePolicy.PUBLIC, present=QuotePolicy.ASK) is QuotePolicy.PUBLIC
    assert meant(None, present=QuotePolicy.ASK) is None
