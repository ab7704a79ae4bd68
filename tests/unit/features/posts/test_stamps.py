"""A stamp is buried when consent is taken back, and when a message or an account that it is about is deleted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Row

from fedgov.features.people.service.removal import remove_actor
from fedgov.features.posts.service import publishing
from fedgov.features.posts.service.keeping import forget_author
from fedgov.features.posts.vocabulary import ACCEPTED
from fedgov.federation import objects as object_store
from fedgov.kernel.errors import ForbiddenError, NotFoundError
from tests.unit.features.posts.correspondence import PIETER, activity, deliver, note, the_post, written
from tests.unit.features.residents import Town

FATIMA, BOUKE = "https://groningen.example/users/fatima", "https://groningen.example/users/bouke"
QUOTING = "https://leeuwarden.example/notes/q"


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima follows Pieter, and so does he; Klaas follows her; Bouke is a colleague."""
    fatima = people_town.local("fatima")
    people_town.local("bouke")
    people_town.befriend(fatima, people_town.remote())
    people_town.befriend(people_town.remote("@klaas@sneek.example"), fatima)
    return people_town


def quoted_by_pieter(town: Town) -> tuple[Row[Any], Row[Any]]:
    """A post of Fatima's, and that of Pieter who quotes it with a stamp."""
    quoted = written(town, FATIMA)
    post = note(PIETER, key="q", quote=quoted.uri)
    deliver(town.tx, activity("QuoteRequest", quoted.uri, actor=PIETER, instrument=post))
    row = the_post(town.tx, QUOTING)
    assert row.quote_stamp is not None
    return quoted, row


def is_buried(town: Town, stamp: str) -> bool:
    found = object_store.find(town.tx, uri=stamp)
    assert found is not None
    return found.deleted_at is not None and found.document is None


def told_gone(town: Town) -> list[str]:
    """The ids of what others were told to be deleted."""
    return [each["object"]["id"] for each in town.sent("Delete")]


def test_a_stamp_that_is_taken_back_is_gone_and_whoever_got_the_quoted_message_hears_it(town: Town) -> None:
    quoted, row = quoted_by_pieter(town)
    assert not is_buried(town, row.quote_stamp)
    publishing.revoke_quote(town.tx, actor=FATIMA, object_id=quoted.object_id, quoting_id=row.object_id)

    assert is_buried(town, row.quote_stamp)
    assert told_gone(town) == [row.quote_stamp]
    inboxes = {inbox for kind, inbox in town.queued() if kind == "Delete"}
    assert inboxes == {"https://leeuwarden.example/inbox", "https://sneek.example/inbox"}

    publishing.revoke_quote(town.tx, actor=FATIMA, object_id=quoted.object_id, quoting_id=row.object_id)
    assert told_gone(town) == [row.quote_stamp], "once"


def test_nobody_else_takes_consent_back_nor_from_a_message_that_quotes_another_one(town: Town) -> None:
    quoted, row = quoted_by_pieter(town)
    other = written(town, FATIMA)
    with pytest.raises(ForbiddenError):
        publishing.revoke_quote(town.tx, actor=BOUKE, object_id=quoted.object_id, quoting_id=row.object_id)
    with pytest.raises(NotFoundError):
        publishing.revoke_quote(town.tx, actor=FATIMA, object_id=other.object_id, quoting_id=row.object_id)
    assert not is_buried(town, row.quote_stamp)


def test_the_stamp_goes_with_the_quoted_message(town: Town) -> None:
    quoted, row = quoted_by_pieter(town)
    publishing.delete_post(town.tx, actor=FATIMA, object_id=quoted.object_id)

    assert is_buried(town, row.quote_stamp)
    assert set(told_gone(town)) == {row.quote_stamp, quoted.uri}
    assert the_post(town.tx, QUOTING).quote_stamp is None


def test_the_stamp_goes_with_the_message_that_quotes(town: Town) -> None:
    _, row = quoted_by_pieter(town)
    deliver(town.tx, activity("Delete", QUOTING))
    assert is_buried(town, row.quote_stamp)
    assert told_gone(town) == [row.quote_stamp]


def test_the_stamp_goes_with_the_account_of_the_quoted_author(town: Town) -> None:
    _, row = quoted_by_pieter(town)
    remove_actor(town.tx, uri=FATIMA)
    forget_author(town.tx, actor=FATIMA)

    assert is_buried(town, row.quote_stamp)
    assert told_gone(town) == [], "that she is gone says it all, and she signs nothing any more"


def test_the_stamp_goes_with_the_account_of_who_quotes(town: Town) -> None:
    _, row = quoted_by_pieter(town)
    remove_actor(town.tx, uri=PIETER)
    forget_author(town.tx, actor=PIETER)
    assert is_buried(town, row.quote_stamp)


def test_a_colleagues_message_states_no_stamp_that_is_buried(town: Town) -> None:
    quoted = written(town, FATIMA)
    row = written(town, BOUKE, "Kijk", quote=quoted.uri)
    assert (row.quote_state, stamp_in(town, row)) == (ACCEPTED, row.quote_stamp)
    publishing.delete_post(town.tx, actor=FATIMA, object_id=quoted.object_id)

    assert is_buried(town, row.quote_stamp)
    assert stamp_in(town, row) is None


def stamp_in(town: Town, row: Row[Any]) -> str | None:
    found = object_store.find(town.tx, uri=row.uri)
    assert found is not None
    stated: str | None = object_store.stored_document(found).get("quoteAuthorization")
    return stated


def test_nobody_buries_a_stamp_of_elsewhere(town: Town) -> None:
    stamp = "https://leeuwarden.example/stamps/1"
    quoted = note(PIETER, key="o")
    deliver(town.tx, activity("Create", quoted))
    row = written(town, FATIMA, "Kijk", quote=quoted["id"])
    (sent,) = town.sent("QuoteRequest")
    inner = {**sent, "instrument": sent["instrument"]["id"]}
    deliver(town.tx, activity("Accept", inner, actor=PIETER) | {"result": stamp})
    assert the_post(town.tx, row.uri).quote_stamp == stamp

    publishing.delete_post(town.tx, actor=FATIMA, object_id=row.object_id)
    assert told_gone(town) == [row.uri]
    assert object_store.find(town.tx, uri=stamp) is None
    inboxes = {inbox for kind, inbox in town.queued() if kind == "Delete"}
    assert "https://leeuwarden.example/inbox" in inboxes, "who is quoted hears that it is gone"
