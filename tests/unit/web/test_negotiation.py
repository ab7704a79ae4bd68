"""One URL, two faces: the Accept header decides."""

from __future__ import annotations

import pytest

from fedgov.web.negotiation import wanted, wants_activity

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
AS2 = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@pytest.mark.parametrize("accept", [None, "", "*/*", BROWSER, "text/*", "image/png", "garbage", "text/html;q=x,,;"])
def test_a_reader_gets_a_page(accept: str | None) -> None:
    assert wanted(accept) == "html"
    assert not wants_activity(accept)


@pytest.mark.parametrize("accept", ["application/activity+json", AS2, f"{AS2}, application/activity+json;q=0.9"])
def test_another_server_gets_activitypub(accept: str) -> None:
    assert wanted(accept) == "activity"


def test_plain_json_counts_as_asking_for_data() -> None:
    assert wanted("application/json") == "json"
    assert wants_activity("application/json")


def test_the_higher_quality_wins() -> None:
    assert wanted("text/html;q=0.5, application/activity+json") == "activity"
    assert wanted("application/activity+json;q=0.5, text/html;q=0.9") == "html"


def test_an_explicit_type_wins_from_a_wildcard() -> None:
    assert wanted("*/*, application/activity+json") == "activity"


def test_a_quality_of_zero_is_a_refusal() -> None:
    assert wanted("application/activity+json;q=0") == "html"


def test_an_endless_header_is_read_only_in_part() -> None:
    assert wanted("a/b," * 100_000 + "application/activity+json") == "html"
