"""Who is at the desk."""

from __future__ import annotations

import re
from dataclasses import replace

from quart.typing import TestClientProtocol as Client

from fedgov.web.csrf import make_token
from fedgov.web.session import hash_token
from tests.unit.web.desk_room import ANNA, TOKEN, MemorySessions, client_of, desk_of

COOKIE = {"Cookie": f"fedgov-groningen={TOKEN}"}


def with_anna() -> MemorySessions:
    sessions = MemorySessions()
    sessions.visitors[hash_token(TOKEN)] = ANNA
    return sessions


async def log_in_page(client: Client) -> str:
    page = await (await client.get("/login")).get_data(as_text=True)
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


async def test_the_cookie_shows_who_it_is() -> None:
    client = client_of(desk_of(with_anna()), use_cookies=False)
    assert await (await client.get("/private", headers=COOKIE)).get_data(as_text=True) == "anna"


async def test_only_the_hash_of_the_token_is_stored() -> None:
    sessions = with_anna()
    assert TOKEN not in str(sessions.visitors)
    client = client_of(desk_of(sessions), use_cookies=False)
    as_token = {"Cookie": f"fedgov-groningen={hash_token(TOKEN)}"}
    assert (await client.get("/private", headers=as_token)).status_code == 303


async def test_a_cookie_of_another_instance_is_nobody() -> None:
    client = client_of(desk_of(with_anna()), use_cookies=False)
    assert (await client.get("/private", headers={"Cookie": f"fedgov-leeuwarden={TOKEN}"})).status_code == 303


async def test_who_is_not_logged_in_goes_to_the_log_in_page_and_comes_back() -> None:
    response = await client_of(desk_of(MemorySessions())).get("/private?x=1")
    assert response.status_code == 303
    assert response.headers["Location"] == "/login?next=%2Fprivate%3Fx%3D1"


async def test_logging_in_gives_a_new_cookie_that_scripts_cannot_read() -> None:
    sessions = with_anna()
    client = client_of(desk_of(sessions))
    response = await client.post("/login", form={"csrf": await log_in_page(client)})
    cookie = next(each for each in response.headers.getlist("Set-Cookie") if each.startswith("fedgov-groningen="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert await (await client.get("/private")).get_data(as_text=True) == "anna"


async def test_over_https_the_cookie_is_bound_to_this_host() -> None:
    client = client_of(desk_of(MemorySessions(), scheme="https"), use_cookies=False)
    page = await client.get("/login")
    (form_cookie,) = (each for each in page.headers.getlist("Set-Cookie") if "form" in each)
    assert form_cookie.startswith("__Host-fedgov-groningen-form=")
    assert "Secure" in form_cookie
    assert "Domain" not in form_cookie


async def test_logging_in_ends_the_session_that_the_browser_had() -> None:
    sessions = with_anna()
    client = client_of(desk_of(sessions), use_cookies=False)
    form = {"csrf": make_token(ANNA.csrf_secret)}
    await client.post("/login", form=form, headers=COOKIE)
    assert hash_token(TOKEN) not in sessions.visitors


async def test_logging_out_ends_the_session_on_the_server() -> None:
    sessions = with_anna()
    client = client_of(desk_of(sessions), use_cookies=False)
    response = await client.post("/logout", form={"csrf": make_token(ANNA.csrf_secret)}, headers=COOKIE)
    assert response.status_code == 303
    assert sessions.visitors == {}


async def test_a_cookie_means_nothing_where_a_bearer_token_is_asked() -> None:
    client = client_of(desk_of(with_anna()), use_cookies=False)
    response = await client.get("/api/v1/private", headers=COOKIE)
    assert (response.status_code, await response.get_json()) == (401, {"error": "you are not logged in"})


async def test_a_client_app_needs_no_form_token() -> None:
    client = client_of(desk_of(MemorySessions()), use_cookies=False)
    assert (await client.post("/api/v1/refuse/not_found")).status_code == 404


async def test_only_an_administrator_comes_in_at_the_administration() -> None:
    sessions = with_anna()
    client = client_of(desk_of(sessions), use_cookies=False)
    assert (await client.get("/admin", headers=COOKIE)).status_code == 403
    sessions.visitors[hash_token(TOKEN)] = replace(ANNA, administrator=True)
    assert (await client.get("/admin", headers=COOKIE)).status_code == 200
