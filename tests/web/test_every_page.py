"""Every page in three languages: no violation of WCAG 2.2 AA, nothing to scroll sideways, nothing too heavy."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from fedgov.app import web_application
from tests.web.guest import Guest
from tests.web.scene import Scene

PAGES: Final = {
    "visitor": (
        "/",
        "/login",
        "/timeline/public",
        "/about",
        "/privacy",
        "/accessibility",
        "/terms",
        "/posts/{question}",
        "/users/anna",
        "/users/anna/followers",
        "/interact?handle={anna}",
        "/nergens",
    ),
    "elsewhere": ("/register",),
    "bram": ("/follow-requests", "/admin"),
    "anna": (
        "/home",
        "/timeline/organisation",
        "/timeline/public",
        "/tags/inkoop",
        "/compose?quote={question}",
        "/posts/{question}",
        "/posts/{poll}",
        "/posts/{hostile}",
        "/posts/{cheerful}",
        "/posts/{cheerful_poll}",
        "/posts/{quoting}",
        "/posts/{quoting_noted}",
        "/posts/{quoting_unknown}",
        "/posts/{edited}/history",
        "/posts/{question}/edit",
        "/posts/{question}/delete",
        "/posts/{poll}/report",
        "/posts/{late}/receipt",
        "/users/anna",
        "/users/anna?tab=replies",
        "/users/anna/following",
        "/people/{jelle}",
        "/people/{jelle}?tab=media",
        "/people/{mallory}",
        "/people/{pien}",
        "/search?q=bram",
        "/search?q=niemand",
        "/notifications",
        "/bookmarks",
        "/favourites",
        "/follow-requests",
        "/settings",
        "/settings/profile",
        "/settings/password",
        "/settings/sessions",
        "/settings/apps",
        "/settings/filters",
        "/settings/filters/{filter}",
        "/settings/filters/new",
        "/settings/subjects",
        "/settings/account",
        "/settings/blocks",
        "/lists",
        "/lists/{list}",
        "/lists/{list}/people",
        "/lists/{list}/settings",
        "/lists/of?handle={jelle}",
        "/emojis",
        "/posts/{question}/quotes",
        "/quote-requests",
        "/notifications/requests",
        "/oauth/authorize?{asking}",
        "/oauth/authorize?client_id=unknown",
        "/logout",
        "/admin",
        "/admin/deliveries",
        "/admin/peers",
        "/admin/blocks",
        "/admin/parked",
        "/admin/reports",
        "/admin/accounts",
        "/admin/people",
        "/admin/announcements",
        "/admin/announcements?change={announcement}",
        "/admin/emojis",
        "/admin/audit",
    ),
}
LOOKS: Final = (("nl", 1280, "light"), ("fy", 360, "light"), ("en", 768, "dark"))
"""Language, width in pixels and colours: each page is looked at three times, each time otherwise."""

_PLACE: Final = re.compile(r"\{(\w+)\}")
_SHAPE: Final = re.compile(r"<[\w()=,]+:")
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MOST_BYTES: Final = 150_000
VIEWS: Final = [(who, path) for who, paths in PAGES.items() for path in paths]


NO_PAGES: Final = frozenset(
    {
        *("/.well-known/change-password", "/@<name>", "/emojis/<emoji_id>", "/authorize_interaction"),
        *("/media/<name>", "/media/<name>/preview", "/static/<name>", "/static/own/<name>"),
        *("/media/proxy/<token>", "/media/proxy/<token>/emoji", "/media/proxy/<token>/preview"),
    }
)
"""Addresses that lead on to a page, or that give a file."""

SAME: Final = {
    "/oauth/authorize/": "/oauth/authorize",
    "/@<username>/followers": "/users/<username>/followers",
    "/@<username>/following": "/users/<username>/following",
    "/people/<username>/followers": "/users/<username>/followers",
    "/people/<username>/following": "/users/<username>/following",
}
"""Other addresses of a page."""


def test_every_page_that_there_is_is_visited() -> None:
    app = web_application()
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    visits = app.url_map.bind("groningen.localhost")
    numbers = dict.fromkeys(("anna", "bram", "jelle", "pien", "mallory"), "somebody")
    visited = set()
    for _, path in VIEWS:
        filled = _PLACE.sub(lambda found: numbers.get(found[1], "1"), path).partition("?")[0]
        if path != "/nergens":
            visited.add(_bare(visits.match(filled, return_rule=True)[0].rule))
    expected = {SAME.get(each, each) for each in (_bare(rule.rule) for rule in rules)} - NO_PAGES
    assert expected - visited == set(), "no browser has seen these"
    assert {_bare(rule.rule) for rule in rules} >= NO_PAGES


def _bare(rule: str) -> str:
    """Return a rule without what it says of the shape of its parts."""
    return _SHAPE.sub("<", rule)


async def violations(guest: Guest, axe_script: str, *, within: str = "html") -> list[str]:
    """What axe finds, as lines to read."""
    await guest.page.evaluate(axe_script)
    found: dict[str, Any] = await guest.page.evaluate(
        "([within, rules]) => axe.run(within, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})",
        [within, RULES],
    )
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize(("who", "path"), VIEWS, ids=[f"{who} {path}" for who, path in VIEWS])
async def test_a_page_is_for_everyone(
    who: str, path: str, guests: dict[str, Guest], scene: Scene, axe_script: str
) -> None:
    guest, address = guests[who], path.format(**scene.pages)
    for language, width, colours in LOOKS:
        await guest.page.set_viewport_size({"width": width, "height": 900})
        await guest.page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
        await guest.go(f"{address}{'&' if '?' in address else '?'}lang={language}")
        # What is folded counts too; menus that lie over the page are looked at on their own.
        await guest.page.evaluate("document.querySelectorAll('details:not(.menu)').forEach(each => each.open = true)")

        assert await guest.page.evaluate("document.documentElement.lang") == language
        assert await violations(guest, axe_script) == [], f"in {language} at {width} pixels"
        wide = await guest.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} pixels too wide in {language} at {width} pixels"
    guest.check()


async def test_a_fault_is_noticed(guests: dict[str, Guest], axe_script: str) -> None:
    guest = guests["visitor"]
    await guest.go("/about")
    await guest.page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert any(each.startswith("image-alt") for each in await violations(guest, axe_script))

    async with guest.page.expect_console_message():
        await guest.page.evaluate("fetch('http://elders.localhost:9/').catch(() => 0)")
    with pytest.raises(AssertionError, match="Content Security Policy"):
        guest.check()


@pytest.mark.parametrize("menu", [".account-menu", ".act-more", ".more-places"])
async def test_an_open_menu_is_for_everyone(menu: str, guests: dict[str, Guest], scene: Scene, axe_script: str) -> None:
    guest = guests["anna"]
    await guest.page.set_viewport_size({"width": 360 if menu == ".more-places" else 1280, "height": 900})
    await guest.go(f"/posts/{scene.pages['question']}")
    await guest.page.locator(f"{menu} > summary").first.click()

    assert await violations(guest, axe_script, within=f"{menu}[open]") == []
    await guest.page.keyboard.press("Escape")
    assert await guest.page.locator(f"{menu}[open]").count() == 0
    guest.check()


async def test_a_first_view_is_light(guests: dict[str, Guest], scene: Scene) -> None:
    heavy = {}
    for who, paths in PAGES.items():
        guest = guests[who]
        meter = await guest.context.new_cdp_session(guest.page)
        await meter.send("Network.enable")
        await meter.send("Network.setCacheDisabled", {"cacheDisabled": True})
        sizes: list[float] = []
        meter.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]))
        for path in paths:
            sizes.clear()
            await guest.go(path.format(**scene.pages), wait_until="load")
            assert sizes
            if sum(sizes) > MOST_BYTES:
                heavy[path] = sum(sizes)
        await meter.detach()
        guest.check()
    assert heavy == {}
