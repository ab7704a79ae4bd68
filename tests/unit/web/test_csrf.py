"""A form counts only when it came from a page of ours."""

from __future__ import annotations

import re

import pytest

from fedgov.web.csrf import is_valid, make_token
from fedgov.web.session import hash_token
from tests.unit.web.desk_room import ANNA, TOKEN, MemorySessions, client_of, desk_of

COOKIE = {"Cookie": f"fedgov-groningen={TOKEN}"}


def with_anna() -> MemorySessions:
    sessions = MemorySessions()
    sessions.visitors[hash_token(TOKEN)] = ANNA
    return sessions


def test_a_token_belongs_to_one_secret() -> None:
    token = make_token("one")
    assert is_valid(token, secret="one")
    assert not is_valid(token, secret="two")


def test_no_two_tokens_are_alike() -> None:
    assert make_token("one") != make_token("one")


@pytest.mark.parametrize("token", ["", "x", "=", "é", "AAAA", "A" * 64])
def test_a_broken_token_is_not_valid(token: str) -> None:
    assert not is_valid(token, secret="one")


async def test_a_change_with_its_token_is_made() -> None:
    client = client_of(desk_of(with_anna()), use_cookies=False)
    form = {"csrf": make_token(ANNA.csrf_secret), "next": "/page"}
    response = await client.post("/like", form=form, headers=COOKIE)
    assert (response.status_code, response.headers["Location"]) == (303, "/page")


@pytest.mark.parametrize("token", ["", make_token("of somebody else")], ids=["none", "of another session"])
async def test_a_change_without_its_token_is_refused(token: str) -> None:
    client = client_of(desk_of(with_anna()), use_cookies=False)
    response = await client.post("/like", form={"csrf": token}, headers=COOKIE)
    assert response.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
async def test_a_change_that_another_site_sends_is_refused_even_with_a_token(headers: dict[str, str]) -> None:
    client = client_of(desk_of(with_anna()), use_cookies=False)
    response = await client.post("/like", form={"csrf": make_token(ANNA.csrf_secret)}, headers={**COOKIE, **headers})
    assert response.status_code == 403


async def test_a_change_from_our_own_origin_is_made() -> None:
    client = client_of(desk_of(with_anna()), use_cookies=False)
    headers = {**COOKIE, "Origin": "http://groningen.example", "Sec-Fetch-Site": "same-origin"}
    response = await client.post("/like", form={"csrf": make_token(ANNA.csrf_secret)}, headers=headers)
    assert response.status_code == 303


async def test_a_visitor_who_logs_in_needs_a_token_too() -> None:
    client = client_of(desk_of(MemorySessions()))
    assert (await client.post("/login", form={})).status_code == 403
    page = await (await client.get("/login")).get_data(as_text=True)
    token = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    assert (await client.post("/login", form={"csrf": token})).status_code == 303


async def test_a_page_without_a_form_gives_a_visitor_no_cookie() -> None:
    response = await client_of(desk_of(MemorySessions())).get("/page")
    assert response.headers.getlist("Set-Cookie") == []


async def test_what_was_typed_when_the_session_ended_travels_through_the_log_in_page() -> None:
    client = client_of(desk_of(MemorySessions()))
    response = await client.post("/compose", form={"csrf": make_token("ended"), "text": 'Een "lange" tekst'})
    page = await response.get_data(as_text=True)
    assert response.status_code == 401
    assert 'name="kept"' in page
    assert "Een \\&#34;lange\\&#34; tekst" in page


async def test_what_was_typed_on_a_stale_page_is_shown_to_copy() -> None:
    client = client_of(desk_of(with_anna()), use_cookies=False)
    response = await client.post("/compose", form={"csrf": "stale", "text": "Mijn <b>tekst</b>"}, headers=COOKIE)
    page = await response.get_data(as_text=True)
    assert response.status_code == 403
    assert "Mijn &lt;b&gt;tekst&lt;/b&gt;" in page
