"""A refusal in the words of whoever asked."""

from __future__ import annotations

import logging

import pytest

from tests.unit.web.desk_room import MemorySessions, client_of, desk_of

STATUS = {
    "malformed": 400, "invalid": 422, "forbidden": 403, "not_found": 404, "gone": 410, "rate_limited": 429,
    "unreachable": 503,
}  # fmt: skip


@pytest.mark.parametrize(("code", "status"), STATUS.items())
@pytest.mark.parametrize("language", ["nl", "en", "fy"])
async def test_a_person_gets_a_page_that_says_what_to_do(code: str, status: int, language: str) -> None:
    response = await client_of(desk_of(MemorySessions())).get(f"/refuse/{code}?lang={language}")
    page = await response.get_data(as_text=True)
    assert response.status_code == status
    assert f'<html lang="{language}"' in page
    assert {"nl": "Wat je kunt doen", "en": "What you can do", "fy": "Watst dwaan kinst"}[language] in page
    assert "internal detail" not in page


async def test_our_own_api_answers_with_problem_json() -> None:
    response = await client_of(desk_of(MemorySessions())).get("/api/fedgov/refuse/invalid")
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert await response.get_json(force=True) == {
        "type": "about:blank", "title": "the message is empty", "status": 422, "code": "invalid", "field": "text",
    }  # fmt: skip


async def test_a_client_app_gets_an_error_as_mastodon_gives_it() -> None:
    response = await client_of(desk_of(MemorySessions())).get("/api/v1/refuse/forbidden")
    assert (response.status_code, await response.get_json()) == (403, {"error": "you may not"})


async def test_another_server_gets_a_code_and_a_message() -> None:
    client = client_of(desk_of(MemorySessions()))
    response = await client.get("/refuse/gone", headers={"Accept": "application/activity+json"})
    assert response.status_code == 410
    assert await response.get_json() == {"error": "gone", "message": "it was deleted"}
    assert response.headers["Vary"] == "Accept"


async def test_who_must_wait_is_told_how_long() -> None:
    client = client_of(desk_of(MemorySessions()))
    assert (await client.get("/refuse/rate_limited")).headers["Retry-After"] == "31"  # never too early
    assert (await client.get("/refuse/unreachable")).headers["Retry-After"] == "60"


async def test_an_unknown_path_is_a_page_too() -> None:
    response = await client_of(desk_of(MemorySessions())).get("/nowhere")
    assert response.status_code == 404
    assert "Deze pagina bestaat niet" in await response.get_data(as_text=True)


async def test_a_wrong_method_says_which_are_right() -> None:
    client = client_of(desk_of(MemorySessions()))
    response = await client.get("/compose", headers={"Accept": "application/json"})
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert (await response.get_json())["error"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/refuse/bug", "/api/v1/refuse/bug"])
async def test_a_bug_is_loud_in_the_log_and_quiet_to_the_reader(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = await client_of(desk_of(MemorySessions())).get(path)
    assert response.status_code == 500
    assert "secret" not in await response.get_data(as_text=True)
    assert "ZeroDivisionError" in caplog.text


async def test_a_refusal_is_never_kept_by_a_cache() -> None:
    response = await client_of(desk_of(MemorySessions())).get("/refuse/not_found")
    assert response.headers["Cache-Control"] == "no-store"
