"""Who a thing is for."""

from __future__ import annotations

import pytest

from fedgov.activitystreams.audience import (
    MAX_ADDRESSEES,
    PUBLIC,
    Audience,
    Visibility,
    audience_for,
    read_audience,
    visibility,
)

FOLLOWERS = "https://groningen.example/users/fatima/followers"
COLLEAGUES = "https://groningen.example/organisation/colleagues"
BOB = "https://delft.example/users/bob"


@pytest.mark.parametrize("alias", [PUBLIC, "as:Public", "Public"])
def test_the_public_collection_is_known_by_all_its_names(alias: str) -> None:
    assert visibility([alias], [], followers_uri=FOLLOWERS) is Visibility.PUBLIC
    assert visibility([FOLLOWERS], [alias], followers_uri=FOLLOWERS) is Visibility.UNLISTED
    assert read_audience({"to": alias}).to == (PUBLIC,)


@pytest.mark.parametrize(
    "almost", [PUBLIC + "/", "public", "as:public", "https://evil.example/ns/activitystreams#Public"]
)
def test_what_only_resembles_the_public_collection_is_not_public(almost: str) -> None:
    assert visibility([almost], [almost], followers_uri=FOLLOWERS) is Visibility.DIRECT


def test_an_unknown_followers_collection_makes_the_audience_narrower() -> None:
    assert visibility([FOLLOWERS], [BOB], followers_uri=FOLLOWERS) is Visibility.FOLLOWERS
    assert visibility([FOLLOWERS], [BOB], followers_uri=None) is Visibility.DIRECT
    assert visibility([], [], followers_uri=FOLLOWERS) is Visibility.DIRECT


def test_only_we_can_address_our_organisation() -> None:
    assert visibility([COLLEAGUES], [], followers_uri=FOLLOWERS, colleagues_uri=COLLEAGUES) is Visibility.ORGANISATION
    assert visibility([COLLEAGUES], [], followers_uri=FOLLOWERS) is Visibility.DIRECT
    assert not Visibility.ORGANISATION.leaves_the_instance
    assert all(choice.leaves_the_instance for choice in Visibility if choice is not Visibility.ORGANISATION)


@pytest.mark.parametrize("choice", list(Visibility))
def test_what_was_chosen_is_what_is_read_back(choice: Visibility) -> None:
    made = audience_for(choice, followers_uri=FOLLOWERS, colleagues_uri=COLLEAGUES, mentioned=[BOB, BOB])
    read = read_audience(made.fields())
    assert read == made
    assert visibility(read.to, read.cc, followers_uri=FOLLOWERS, colleagues_uri=COLLEAGUES) is choice
    assert BOB in read.everyone


def test_ac_17_hidden_recipients_are_neither_read_nor_written() -> None:
    read = read_audience({"to": BOB, "bto": "https://a.example/1", "bcc": ["https://a.example/2"]})
    assert read.everyone == (BOB,)
    assert set(read.fields()) == {"to"}


def test_dos_09_a_flood_of_addressees_is_cut_but_never_loses_the_public() -> None:
    flood = [f"https://a.example/{number}" for number in range(5_000)] + ["as:Public"]
    read = read_audience({"to": flood})
    assert len(read.to) == MAX_ADDRESSEES
    assert read.is_public


def test_wrong_addressees_are_left_out() -> None:
    assert read_audience({"to": [1, None, BOB, {"id": FOLLOWERS}, ["x"]], "cc": {"a": 1}}) == Audience(
        to=(BOB, FOLLOWERS)
    )
