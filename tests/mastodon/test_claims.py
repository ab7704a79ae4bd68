"""Whom a token stood for is remembered and never believed: whoever was shut out is not served once more."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

import pytest

from tests.mastodon.conftest import Counter

HOME: Final = "/api/v1/timelines/home"
OWN: Final = "/api/v1/accounts/verify_credentials"


def _elsewhere(counter: Counter, statement: str) -> None:
    """Do something in another process: this one hears nothing of it."""
    with closing(sqlite3.connect(counter.town.instance.config.database_url.removeprefix("sqlite:///"))) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("UPDATE tokens SET revoked_at = 1", 401),
        ("UPDATE accounts SET disabled_at = 1", 401),
        ("DELETE FROM tokens", 401),
        ("UPDATE tokens SET scopes = 'push'", 403),
    ],
)
async def test_what_another_process_took_away_is_gone_at_the_next_request(
    counter: Counter, statement: str, status: int
) -> None:
    fatima = await counter.app_of("fatima")
    assert [(await fatima.get(HOME)).status for _ in range(3)] == [200, 200, 200]
    assert (await fatima.get(OWN)).status == 200
    _elsewhere(counter, statement)
    assert (await fatima.get(HOME)).status == status
    assert (await fatima.get(OWN)).status == status


async def test_what_another_process_gave_is_there_at_the_next_request(counter: Counter) -> None:
    fatima = await counter.app_of("fatima", scopes="push")
    assert [(await fatima.get(HOME)).status for _ in range(3)] == [403, 403, 403]
    _elsewhere(counter, "UPDATE tokens SET scopes = 'read'")
    assert (await fatima.get(HOME)).status == 200


async def test_what_needs_no_look_at_the_database_is_not_answered_either(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert (await fatima.get(HOME)).status == 200
    _elsewhere(counter, "UPDATE tokens SET revoked_at = 1")
    assert (await fatima.get("/api/v1/statuses/no-number")).status == 401
    assert (await fatima.get("/api/v1/preferences")).status == 401


async def test_a_message_that_another_process_changed_is_shown_as_it_is_now(counter: Counter) -> None:
    fatima = await counter.app_of("fatima")
    assert fatima.person
    await fatima.person.post("Vóór")
    assert [each["content"] for each in (await fatima.get(HOME)).json] == ["<p>Vóór</p>"]
    _elsewhere(counter, "UPDATE posts SET content_html = '<p>Na</p>'")
    assert [each["content"] for each in (await fatima.get(HOME)).json] == ["<p>Na</p>"]
    _elsewhere(counter, "UPDATE actors SET name = 'Fatima Anders'")
    assert (await fatima.get(HOME)).json[0]["account"]["display_name"] == "Fatima Anders"
