"""What is around every page: headers, language, static files, the organisation's own look."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from fedgov.web import resources
from fedgov.web.desk import Counts
from fedgov.web.navigation import navigation
from tests.unit.web.desk_room import ANNA, MemorySessions, client_of, desk_of


async def test_a_page_may_run_nothing_inline_and_load_nothing_from_elsewhere() -> None:
    response = await client_of(desk_of(MemorySessions())).get("/page")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in response.headers


async def test_over_https_a_browser_stays_on_https() -> None:
    response = await client_of(desk_of(MemorySessions(), scheme="https")).get("/page")
    assert response.headers["Strict-Transport-Security"].startswith("max-age=")


def test_no_template_has_an_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", re.IGNORECASE)
    found = [
        str(path)
        for path in resources.templates_dir().rglob("*.html")
        if inline.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_template_or_style_names_another_site() -> None:
    elsewhere = re.compile(r"""(?:src|href|action)=["']https?://|url\(["']?https?:|@import""")
    files = [*resources.templates_dir().rglob("*.html"), resources.static_dir() / "fedgov.css"]
    assert [str(path) for path in files if elsewhere.search(path.read_text(encoding="utf-8"))] == []


async def test_a_page_says_that_it_differs_by_accept_language_and_cookie() -> None:
    response = await client_of(desk_of(MemorySessions())).get("/page")
    assert {"Accept", "Accept-Language", "Cookie"} <= {each.strip() for each in response.headers["Vary"].split(",")}


async def test_a_language_that_was_chosen_is_remembered() -> None:
    client = client_of(desk_of(MemorySessions()))
    assert 'lang="nl"' in await (await client.get("/page")).get_data(as_text=True)
    assert '<html lang="fy"' in await (await client.get("/page?lang=fy")).get_data(as_text=True)
    assert '<html lang="fy"' in await (await client.get("/page")).get_data(as_text=True)


async def test_the_language_links_keep_the_page() -> None:
    page = await (await client_of(desk_of(MemorySessions())).get("/page?q=a%26b&lang=fy")).get_data(as_text=True)
    assert 'href="/page?q=a%26b&amp;lang=en"' in page


async def test_a_page_is_compressed_for_who_can_read_that() -> None:
    client = client_of(desk_of(MemorySessions()))
    response = await client.get("/page", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(await response.get_data(as_text=False))
    assert "Content-Encoding" not in (await client.get("/page")).headers


async def test_a_style_sheet_with_its_hash_is_kept_for_ever() -> None:
    client = client_of(desk_of(MemorySessions()))
    page = await (await client.get("/page")).get_data(as_text=True)
    path = re.findall(r'href="(/static/fedgov\.css\?v=[0-9a-f]+)"', page)[0]
    response = await client.get(path)
    assert response.content_type == "text/css; charset=utf-8"
    assert "immutable" in response.headers["Cache-Control"]
    again = await client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


async def test_a_style_sheet_with_an_old_hash_is_not_kept() -> None:
    response = await client_of(desk_of(MemorySessions())).get("/static/fedgov.css?v=0000")
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["../render.py", "..%2Frender.py", "nothing.css", "", "vendor/../../render.py"])
async def test_nothing_outside_the_static_folder_is_served(name: str) -> None:
    response = await client_of(desk_of(MemorySessions())).get(f"/static/{name}")
    assert response.status_code == 404


async def test_an_organisation_has_its_own_tokens_and_logo(tmp_path: Path) -> None:
    (tmp_path / "tokens.css").write_text(":root { --fg-accent: #850505 }")
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    client = client_of(desk_of(MemorySessions(), tokens=tmp_path / "tokens.css", logo=tmp_path / "logo.svg"))
    page = await (await client.get("/page")).get_data(as_text=True)
    paths = re.findall(r'(/static/own/[^"]+)"', page)
    assert len(paths) == 2
    for path in paths:
        assert (await client.get(path)).status_code == 200
    logo = await client.get(next(path for path in paths if "logo" in path))
    assert "sandbox" in logo.headers["Content-Security-Policy"]


async def test_without_a_look_of_its_own_there_is_none_to_serve() -> None:
    assert (await client_of(desk_of(MemorySessions())).get("/static/own/tokens.css")).status_code == 404


async def test_what_just_happened_is_said_once() -> None:
    client = client_of(desk_of(MemorySessions()))
    client.set_cookie("localhost", "fedgov-groningen-notice", "logged_out")
    assert "Je bent uitgelogd." in await (await client.get("/page")).get_data(as_text=True)
    assert "Je bent uitgelogd." not in await (await client.get("/page")).get_data(as_text=True)


async def test_after_a_change_the_reader_is_back_at_the_message() -> None:
    client = client_of(desk_of(MemorySessions()))
    page = await (await client.get("/login")).get_data(as_text=True)
    token = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    response = await client.post("/like", form={"csrf": token, "next": "/home?before=3&x=é#post-12"})
    assert response.headers["Location"] == "/home?before=3&x=%C3%A9#post-12"


async def test_a_made_up_notice_says_nothing() -> None:
    client = client_of(desk_of(MemorySessions()), use_cookies=False)
    response = await client.get("/page", headers={"Cookie": "fedgov-groningen-notice=<script>"})
    assert "flash" not in await response.get_data(as_text=True)


def test_only_an_administrator_sees_the_administration() -> None:
    counts = Counts(notifications=2, follow_requests=1)
    places = navigation(ANNA, counts=counts, path="/notifications")
    assert "admin" not in {place.key for place in places}
    (current,) = (place for place in places if place.current)
    assert (current.key, current.count) == ("notifications", 3)


def test_a_visitor_sees_only_what_is_public() -> None:
    assert [place.path for place in navigation(None, counts=Counts(), path="/")] == ["/", "/timeline/public", "/about"]


def test_the_mark_shows_the_first_letter_of_the_proper_name() -> None:
    assert desk_of(MemorySessions()).initial == "G"
