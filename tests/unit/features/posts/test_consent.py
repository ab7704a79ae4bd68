"""Consent to being quoted, against those who would rather do without."""

from __future__ import annotations

from typing import Any

import pytest

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.activitystreams.document import Document
from fedgov.activitystreams.quotation import OTHERS, Quotable, read_quotable, restored, stamp_document
from fedgov.features.people.service.blocks import block
from fedgov.features.posts.inbox import needs_of_create, needs_of_quote_request, needs_of_update
from fedgov.features.posts.queries import parts
from fedgov.features.posts.service import publishing, quoting, stamps
from fedgov.features.posts.vocabulary import ACCEPTED, PENDING, REVOKED, PostQuoted, QuotePolicy
from fedgov.kernel.clock import to_rfc3339
from fedgov.kernel.errors import FedgovError, ForbiddenError, InvalidError, NotFoundError
from fedgov.store.transaction import Transaction
from tests.unit.features.posts.correspondence import PIETER, activity, arrive, deliver, note, the_post, written
from tests.unit.features.residents import NOW, Town, verified

FATIMA = "https://groningen.example/users/fatima"
KLAAS = "https://sneek.example/users/klaas"
MALLORY = "https://elders.example/users/mallory"
QUOTING = "https://leeuwarden.example/notes/q"
STAMP = "https://sneek.example/stamps/1"
EVERYBODY: Document = {"interactionPolicy": {"canQuote": {"automaticApproval": [PUBLIC]}}}


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima follows Pieter and Klaas; Mallory is a stranger."""
    fatima = people_town.local("fatima")
    for handle in ("@pieter@leeuwarden.example", "@klaas@sneek.example"):
        people_town.befriend(fatima, people_town.remote(handle))
    people_town.remote("@mallory@elders.example")
    return people_town


def request(quoted: str, *, actor: str = PIETER, **members: Any) -> Document:
    """A QuoteRequest with the quoting post in it."""
    post = note(actor, key="q", quote=quoted)
    return activity("QuoteRequest", quoted, actor=actor, instrument=post) | members


@pytest.mark.parametrize("stated", [{}, {"published": None}])
def test_a_request_that_comes_late_does_not_undo_what_its_author_changed_since(town: Town, stated: Document) -> None:
    quoted = written(town, FATIMA)
    asking = request(quoted.uri)
    asking = {name: value for name, value in (asking | stated).items() if value is not None}
    post = note(PIETER, key="q", quote=quoted.uri)
    arrive(town, post)
    town.later(60_000)
    deliver(town.tx, activity("Update", post | {"content": "<p>Nu</p>", "updated": to_rfc3339(NOW + 1_000)}))
    deliver(town.tx, asking)

    assert the_post(town.tx, QUOTING).content_html == "<p>Nu</p>"
    assert state_of(town.tx)[0] == ACCEPTED


def test_a_stamp_that_came_with_an_older_version_counts_for_the_newer_one_too(town: Town) -> None:
    quoted = arrive(town, note(KLAAS, **EVERYBODY))
    post = note(PIETER, key="q", quote=quoted.uri, quoteAuthorization=STAMP)
    town.later(60_000)
    arrive(town, post | {"updated": to_rfc3339(NOW + 20_000)})
    assert state_of(town.tx) == (None, None)
    stamp = stamp_document(STAMP, author=KLAAS, quoting=QUOTING, quoted=quoted.uri)
    stamps.keep(town.tx, uri=STAMP, author=KLAAS, document=stamp)
    deliver(town.tx, activity("Update", post | {"updated": to_rfc3339(NOW + 10_000)}))

    assert state_of(town.tx) == (ACCEPTED, STAMP)


def test_news_of_a_post_goes_to_whom_it_quotes_and_to_whoever_quotes_it(town: Town) -> None:
    quoted = arrive(town, note(KLAAS, **EVERYBODY))
    row = written(town, FATIMA, "Kijk", quote=quoted.uri, visibility=Visibility.FOLLOWERS)
    assert set(parts.interested(town.tx, object_id=row.object_id)) == {KLAAS}
    ours = written(town, FATIMA)
    deliver(town.tx, request(ours.uri))
    assert set(parts.interested(town.tx, object_id=ours.object_id)) == {PIETER}


def state_of(tx: Transaction, uri: str = QUOTING) -> tuple[str | None, str | None]:
    row = the_post(tx, uri)
    return row.quote_state, row.quote_stamp


# --- we are asked -----------------------------------------------------------------------------------------------


def test_a_request_is_answered_with_a_stamp_that_names_both_posts(town: Town) -> None:
    quoted = written(town, FATIMA)
    deliver(town.tx, request(quoted.uri))

    (answer,) = town.sent("Accept")
    state, stamp = state_of(town.tx)
    assert (state, answer["result"], answer["object"]["instrument"]) == (ACCEPTED, stamp, QUOTING)
    assert answer["to"] == [PIETER]
    assert [event.author for event in town.events(PostQuoted)] == [FATIMA]
    assert the_post(town.tx, quoted.uri).quotes == 1

    deliver(town.tx, request(quoted.uri))  # once more: the same stamp
    assert {each["result"] for each in town.sent("Accept")} == {stamp}
    assert the_post(town.tx, quoted.uri).quotes == 1

    deliver(town.tx, activity("Delete", QUOTING))
    assert the_post(town.tx, quoted.uri).quotes == 0


def test_nobody_gets_a_stamp_for_what_nobody_may_quote(town: Town) -> None:
    quoted = written(town, FATIMA, quote_policy=QuotePolicy.NOBODY)
    deliver(town.tx, request(quoted.uri))

    assert town.sent("Accept") == []
    assert len(town.sent("Reject")) == 1
    assert the_post(town.tx, quoted.uri).quotes == 0


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.ORGANISATION])
def test_ac_15_for_who_may_not_read_a_post_there_is_none_to_quote(town: Town, visibility: Visibility) -> None:
    quoted = written(town, FATIMA, visibility=visibility)
    with pytest.raises(NotFoundError):
        deliver(town.tx, request(quoted.uri))
    assert town.sent("Accept") == town.sent("Reject") == []


def test_ac_15_a_follower_who_may_read_is_refused(town: Town) -> None:
    town.befriend(PIETER, FATIMA)
    quoted = written(town, FATIMA, visibility=Visibility.FOLLOWERS, quote_policy=QuotePolicy.PUBLIC)
    assert the_post(town.tx, quoted.uri).quotable == Quotable().stored()
    quoting.set_quotable(town.tx, object_id=quoted.object_id, quotable=Quotable(automatic=("public",)))
    deliver(town.tx, request(quoted.uri))
    assert (len(town.sent("Reject")), town.sent("Accept")) == (1, [])


def test_who_is_blocked_cannot_ask(town: Town) -> None:
    quoted = written(town, FATIMA)
    block(town.tx, who=FATIMA, whom=PIETER)
    with pytest.raises(NotFoundError):
        deliver(town.tx, request(quoted.uri))


def test_nobody_asks_for_somebody_elses_post(town: Town) -> None:
    quoted = written(town, FATIMA)
    arrive(town, note(PIETER, key="q"))
    forged = activity("QuoteRequest", quoted.uri, actor=MALLORY, instrument=QUOTING)
    with pytest.raises(ForbiddenError):
        list(needs_of_quote_request(verified(forged).activity))
    with pytest.raises(FedgovError):
        deliver(town.tx, forged)
    assert town.sent("Accept") == []


def test_taken_back_stays_taken_back(town: Town) -> None:
    quoted = written(town, FATIMA)
    deliver(town.tx, request(quoted.uri))
    row = the_post(town.tx, QUOTING)
    quoting.revoke(town.tx, actor=FATIMA, object_id=quoted.object_id, quoting_id=row.object_id)

    (gone,) = town.sent("Delete")
    assert gone["object"]["id"] == row.quote_stamp
    deliver(town.tx, request(quoted.uri))
    assert state_of(town.tx) == (REVOKED, None)
    assert len(town.sent("Accept")) == len(town.sent("Reject")) == 1
    assert the_post(town.tx, quoted.uri).quotes == 0


def test_taken_back_stays_taken_back_after_a_detour(town: Town) -> None:
    """Whoever edits the quotation out, or another one in, and then the first one in again, needs consent as before."""
    quoted, other = written(town, FATIMA), written(town, FATIMA)
    deliver(town.tx, request(quoted.uri))
    row = the_post(town.tx, QUOTING)
    quoting.revoke(town.tx, actor=FATIMA, object_id=quoted.object_id, quoting_id=row.object_id)
    own = arrive(town, note(PIETER, key="own"))
    for minute, detour in enumerate((None, other.uri, own.uri)):
        for second, quote in enumerate((detour, quoted.uri)):
            at = to_rfc3339(NOW + minute * 60_000 + second * 1_000)
            post = note(PIETER, key="q", quote=quote, updated=at, content=f"<p>{at}</p>")
            deliver(town.tx, activity("Update", post), received_at=NOW + 3_600_000)
        assert state_of(town.tx) == (REVOKED, None), detour
    assert the_post(town.tx, quoted.uri).quotes == 0


def test_aut_11_who_is_blocked_does_not_quote_without_asking_either(town: Town) -> None:
    quoted = written(town, FATIMA)
    town.befriend(town.local("bram"), PIETER)  # for whom the post comes in
    block(town.tx, who=FATIMA, whom=PIETER)
    arrive(town, note(PIETER, key="q", quote=quoted.uri))
    assert state_of(town.tx) == (None, None)
    assert the_post(town.tx, quoted.uri).quotes == 0
    assert town.events(PostQuoted) == []


# --- we ask -----------------------------------------------------------------------------------------------------


def asked(town: Town) -> tuple[str, str, Document]:
    """Fatima quotes Klaas: the ids of his post and hers, and the request."""
    quoted = arrive(town, note(KLAAS, **EVERYBODY))
    row = written(town, FATIMA, "Kijk", quote=quoted.uri)
    (sent,) = town.sent("QuoteRequest")
    return quoted.uri, row.uri, sent


def answer(kind: str, sent: Document, *, actor: str = KLAAS, **members: Any) -> Document:
    inner = {**sent, "instrument": sent["instrument"]["id"]}
    return activity(kind, inner, actor=actor) | members


def test_the_post_goes_out_and_waits_for_the_stamp(town: Town) -> None:
    quoted, uri, sent = asked(town)
    assert (sent["object"], sent["instrument"]["id"], sent["to"]) == (quoted, uri, [KLAAS])
    assert state_of(town.tx, uri) == (PENDING, None)

    deliver(town.tx, answer("Accept", sent, result=STAMP))
    assert state_of(town.tx, uri) == (ACCEPTED, STAMP)
    (update,) = town.sent("Update")
    assert update["object"]["quoteAuthorization"] == STAMP

    deliver(town.tx, activity("Delete", STAMP, actor=KLAAS))
    assert state_of(town.tx, uri) == (REVOKED, None)
    assert "quoteAuthorization" not in town.sent("Update")[-1]["object"]


@pytest.mark.parametrize(
    ("actor", "stamp"),
    [(MALLORY, STAMP), (MALLORY, "https://elders.example/stamps/1"), (KLAAS, "https://elders.example/stamps/1")],
)
def test_only_the_quoted_author_answers_with_a_stamp_of_their_own(town: Town, actor: str, stamp: str) -> None:
    _, uri, sent = asked(town)
    with pytest.raises(ForbiddenError):
        deliver(town.tx, answer("Accept", sent, actor=actor, result=stamp))
    assert state_of(town.tx, uri) == (PENDING, None)


def test_a_yes_without_a_stamp_is_none(town: Town) -> None:
    _, uri, sent = asked(town)
    with pytest.raises(FedgovError):
        deliver(town.tx, answer("Accept", sent))
    assert state_of(town.tx, uri) == (PENDING, None)


def test_nobody_else_takes_consent_back(town: Town) -> None:
    _, uri, sent = asked(town)
    deliver(town.tx, answer("Accept", sent, result=STAMP))
    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Delete", STAMP, actor=MALLORY))
    assert state_of(town.tx, uri) == (ACCEPTED, STAMP)


def test_nobody_else_takes_consent_back_when_the_quoted_post_is_gone(town: Town) -> None:
    quoted, uri, sent = asked(town)
    deliver(town.tx, answer("Accept", sent, result=STAMP))
    deliver(town.tx, activity("Delete", quoted, actor=KLAAS))
    with pytest.raises(FedgovError):
        deliver(town.tx, activity("Delete", STAMP, actor=MALLORY))
    assert state_of(town.tx, uri) == (ACCEPTED, STAMP)


def test_what_its_author_does_not_want_to_be_quoted_is_not(town: Town) -> None:
    closed: Document = {"interactionPolicy": {"canQuote": {"automaticApproval": [KLAAS]}}}
    quoted = arrive(town, note(KLAAS, **closed))
    with pytest.raises(InvalidError):
        written(town, FATIMA, "Kijk", quote=quoted.uri)
    assert town.sent("QuoteRequest") == []


# --- others quote others ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "quoting_uri", "is_shown"),
    [(KLAAS, QUOTING, True), (MALLORY, QUOTING, False), (KLAAS, "https://leeuwarden.example/notes/other", False)],
)
def test_a_stamp_counts_when_its_author_is_quoted_and_it_names_this_very_post(
    town: Town, author: str, quoting_uri: str, is_shown: bool
) -> None:
    quoted = arrive(town, note(KLAAS, **EVERYBODY))
    stamp = stamp_document(STAMP, author=author, quoting=quoting_uri, quoted=quoted.uri)
    stamps.keep(town.tx, uri=STAMP, author=author, document=stamp)
    arrive(town, note(PIETER, key="q", quote=quoted.uri, quoteAuthorization=STAMP))

    assert state_of(town.tx) == ((ACCEPTED, STAMP) if is_shown else (None, None))


def test_a_stamp_is_fetched_from_the_quoted_authors_server_alone(town: Town) -> None:
    for stamp, fetched in ((STAMP, True), ("https://elders.example/stamps/1", False)):
        post = note(PIETER, key="q", quote="https://sneek.example/notes/1", quoteAuthorization=stamp)
        for needs in (needs_of_create, needs_of_update):
            wanted = {need.uri for need in needs(verified(activity("Create", post)).activity)}
            assert (stamp in wanted) is fetched


def test_a_post_waits_for_what_it_quotes_where_its_author_said_yes_or_is_the_same(town: Town) -> None:
    own, other = "https://leeuwarden.example/notes/1", "https://sneek.example/notes/1"
    for quoted, stamp, waits in ((own, None, True), (other, STAMP, True), (other, None, False)):
        post = note(PIETER, key="q", quote=quoted, quoteAuthorization=stamp)
        (need, *_) = needs_of_create(verified(activity("Create", post)).activity)
        assert (need.uri, need.required, need.patience > 0) == (quoted, False, waits)


def test_a_post_of_ours_that_is_quoted_without_asking_is_shown_as_its_policy_says(town: Town) -> None:
    for policy, expected in ((QuotePolicy.PUBLIC, ACCEPTED), (QuotePolicy.FOLLOWERS, None)):
        quoted = written(town, FATIMA, quote_policy=policy)
        key = f"u-{policy}"
        arrive(town, note(PIETER, key=key, quote=quoted.uri))
        assert state_of(town.tx, f"https://leeuwarden.example/notes/{key}") == (expected, None)


# --- policies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, None),
        ({"interactionPolicy": "https://a.example/policy"}, None),
        ({"interactionPolicy": {"canLike": {}}}, None),
        ({"interactionPolicy": {"canQuote": {}}}, Quotable()),
        (EVERYBODY, Quotable(automatic=("public",))),
        ({"interactionPolicy": {"canQuote": {"automaticApproval": "as:Public"}}}, Quotable(automatic=("public",))),
        ({"interactionPolicy": {"canQuote": {"automaticApproval": [KLAAS]}}}, Quotable()),
        (
            {"interactionPolicy": {"canQuote": {"automaticApproval": f"{KLAAS}/followers", "manualApproval": PUBLIC}}},
            Quotable(automatic=("followers",), manual=("public",)),
        ),
        ({"interactionPolicy": {"canQuote": {"automaticApproval": [MALLORY, 3]}}}, Quotable(automatic=(OTHERS,))),
    ],
)
def test_a_policy_is_read_in_words(stated: Document, expected: Quotable | None) -> None:
    found = read_quotable(stated, author=KLAAS, followers=f"{KLAAS}/followers")
    assert found == expected
    assert found is None or restored(found.stored()) == found


def test_an_own_post_for_followers_is_quoted_for_followers_only(town: Town) -> None:
    quoted = written(town, FATIMA, visibility=Visibility.FOLLOWERS)
    assert (
        state_of(town.tx, written(town, FATIMA, quote=quoted.uri, visibility=Visibility.FOLLOWERS).uri)[0] == ACCEPTED
    )
    for visibility in (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.ORGANISATION):
        with pytest.raises(InvalidError):
            publishing.publish_post(town.tx, author=FATIMA, text="x", quote=quoted.uri, visibility=visibility)
