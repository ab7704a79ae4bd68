"""Every page can be made in every language, from what a room gives it, and is whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import UndefinedError
from quart import Response

from fedgov.web import resources
from fedgov.web.desk import Counts
from fedgov.web.render import environment, render
from fedgov.web.session import hash_token
from tests.unit.web.desk_room import ANNA, TOKEN, MemorySessions, client_of, desk_of
from tests.unit.web.page_samples import PAGES, POST

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "use"})


class Outline(HTMLParser):
    """Reads a page: are its elements closed, what has an id, what points at one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: set[str] = set()
        self.headings: list[str] = []
        self.named: list[str] = []
        self.mistakes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if len(found) != len(attrs):
            self.mistakes.append(f"an attribute twice: {attrs}")
        if tag not in VOID:
            self.open.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
        self.targets |= {found[name] for name in ("for", "aria-labelledby") if name in found}
        self.targets |= set(found.get("aria-describedby", "").split())
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag in {"input", "select", "textarea"} and found.get("type") != "hidden" and "hidden" not in found:
            self.named.append(found.get("id", f"without id: {found.get('name')}"))
        if tag == "img" and "alt" not in found:
            self.mistakes.append(f"no alt: {found}")
        if tag == "img" and "width" not in found and "picture" not in found.get("class", ""):
            self.mistakes.append(f"no size: {found}")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(f"</{tag}> closes something else at {self.getpos()}")


async def page_of(template: str, values: Mapping[str, Any], *, member: bool, language: str) -> str:
    """Return a page as a browser gets it."""
    sessions = MemorySessions()
    sessions.visitors[hash_token(TOKEN)] = replace(ANNA, administrator=True)

    async def counts(_visitor: object) -> Counts:
        return Counts(notifications=1, follow_requests=2, attention=3)

    desk = desk_of(sessions, counts=counts, registration_open=True, contact="a@b.example", source_url="/source")

    async def show() -> Response:
        return await render(template, **values)

    headers = {"Cookie": f"fedgov-groningen={TOKEN}"} if member else {}
    client = client_of(desk, views={"/sample": show}, use_cookies=False)
    response = await client.get(f"/sample?lang={language}", headers=headers)
    assert response.status_code == 200
    return str(await response.get_data(as_text=True))


@pytest.mark.parametrize("language", ["nl", "en", "fy"])
@pytest.mark.parametrize(("member", "template", "values"), PAGES)
async def test_every_page_is_whole(member: bool, template: str, values: Mapping[str, Any], language: str) -> None:
    page = await page_of(template, values, member=member, language=language)
    outline = Outline()
    outline.feed(page)
    assert outline.mistakes == []
    assert outline.open == []
    assert outline.headings.count("h1") == 1
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.targets <= set(outline.ids)
    assert set(outline.named) - outline.targets <= {each for each in outline.ids if "q" in each}
    assert f'<html lang="{language}"' in page


@pytest.mark.parametrize(("member", "template", "values"), PAGES)
async def test_xss_09_what_a_person_typed_is_text_on_every_page(
    member: bool, template: str, values: Mapping[str, Any]
) -> None:
    page = await page_of(template, values, member=member, language="nl")
    assert "<b>" not in page
    assert "<jelle>" not in page
    assert not re.search(r">\s*None\s*<", page)


def test_every_template_has_a_sample() -> None:
    pieces = {"people/settings_tabs.html", "administration/tabs.html", "posts/reach.html", "people/scopes.html"}
    pieces |= {"notices/list_head.html", "notices/filter_words.html"}
    root = resources.templates_dir()
    ours = ("about", "administration", "mastodon", "notices", "people", "posts")
    pages = {str(path.relative_to(root)) for room in ours for path in (root / room).glob("*.html")}
    assert pages - pieces - {template for _, template, _ in PAGES} == set()


def test_a_value_that_was_forgotten_is_an_error_and_not_an_empty_spot() -> None:
    with pytest.raises(UndefinedError):
        environment().get_template("posts/receipt.html").render(post=POST)
