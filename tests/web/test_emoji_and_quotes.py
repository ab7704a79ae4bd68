"""Emoji of others are small pictures from here; quoted messages are small cards."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Route

from tests.web.conftest import Invite
from tests.web.guest import Guest
from tests.web.scene import Scene

SIZE = "image => image.getBoundingClientRect().height / parseFloat(getComputedStyle(image.parentElement).fontSize)"
LINES = "text => text.clientHeight / parseFloat(getComputedStyle(text).lineHeight)"


async def _is_shown(image: Locator) -> bool:
    """Tell whether a picture has arrived, waiting for it."""
    return bool(await image.evaluate("image => {image.loading = 'eager'; return image.decode().then(() => true)}"))


async def _quote(guest: Guest, scene: Scene, name: str) -> Locator:
    """The quotation in a message."""
    await guest.go(f"/posts/{scene.pages[name]}?lang=nl")
    return guest.page.locator(f"#post-{scene.pages[name]} .quote")


@pytest.mark.parametrize(
    ("path", "within", "count"),
    [
        ("/posts/{cheerful}", ".prose", 2),
        ("/posts/{cheerful}", ".content-note > summary", 1),
        ("/posts/{cheerful}", ".who-name", 1),
        ("/posts/{cheerful_poll}", ".poll", 2),
        ("/posts/{quoting}", ".quote-author", 1),
        ("/posts/{question}", ".reactions", 1),
        ("/people/{pien}", "h1", 1),
        ("/people/{pien}", ".profile .prose", 1),
        ("/notifications", ".notices", 2),
        ("/search?q={pien_uri}", ".people", 1),
    ],
)
async def test_an_emoji_is_a_small_picture_from_here(
    invite: Invite, scene: Scene, path: str, within: str, count: int
) -> None:
    guest = await invite("anna")
    await guest.go(path.format(**scene.pages), wait_until="load")
    found = guest.page.locator(f"main {within} img.emoji")

    assert await found.count() == count
    for image in await found.all():
        assert await _is_shown(image)
        assert 1.2 <= await image.evaluate(SIZE) <= 1.4
        name = await image.get_attribute("alt")
        assert name in {":koe:", ":vlag:"}
        assert await image.get_attribute("title") == name


async def test_an_emoji_in_code_stays_as_it_was_written(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    await guest.go(f"/posts/{scene.pages['cheerful']}")
    assert await guest.text(".prose code") == ":koe:"


async def test_the_name_of_an_emoji_that_cannot_be_had_is_read(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    guest.excused = ("404 (Not Found)",)

    async def gone(route: Route) -> None:
        await route.fulfill(status=404, body="", content_type="text/plain")

    await guest.page.route("**/emoji", gone)
    await guest.go(f"/posts/{scene.pages['cheerful_poll']}", wait_until="load")
    image = guest.page.locator(".prose img.emoji")
    await guest.page.wait_for_function(
        "() => [...document.querySelectorAll('img.emoji')].every(each => each.complete && !each.naturalWidth)"
    )

    shape = await image.bounding_box()
    assert shape is not None
    assert shape["width"] > 2 * shape["height"], "there is room for the words"
    assert await guest.page.get_by_role("img", name=":koe:").count() > 0


async def test_a_quotation_is_short_and_leads_to_the_message(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    for width in (360, 768, 1280):
        await guest.page.set_viewport_size({"width": width, "height": 900})
        quote = await _quote(guest, scene, "quoting")
        assert 1 < await quote.locator(".quote-text").evaluate(LINES) < 4.5
        assert "RE:" not in await guest.text(f"#post-{scene.pages['quoting']}")
        picture = quote.locator(".quote-picture")
        assert await picture.get_attribute("alt") == "Een vlag op het plein"
        assert await _is_shown(picture)
        assert "en nog één bestand" in await quote.inner_text()

        # All of the card is the one link that stands at the time.
        shape = await quote.locator(".quote-text").bounding_box()
        assert shape is not None
        await guest.page.mouse.click(shape["x"] + shape["width"] / 2, shape["y"] + shape["height"] / 2)
        await guest.page.wait_for_url(f"**/posts/{scene.pages['quotable']}")


async def test_the_keyboard_finds_the_quoted_message(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    await _quote(guest, scene, "quoting")
    await guest.tab_to(".quote .when")
    await guest.page.keyboard.press("Enter")
    await guest.page.wait_for_url(f"**/posts/{scene.pages['quotable']}")


async def test_a_note_in_advance_covers_a_quoted_message_too(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    quote = await _quote(guest, scene, "quoting_noted")
    words, picture = quote.locator(".quote-text"), quote.locator(".quote-picture")
    assert not await words.is_visible()
    assert not await picture.is_visible()

    await quote.locator("summary").click()
    assert guest.page.url.partition("?")[0].endswith(f"/posts/{scene.pages['quoting_noted']}")
    assert await words.is_visible()
    assert await picture.is_visible()


async def test_a_quotation_in_a_quotation_is_a_link(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    quote = await _quote(guest, scene, "quoting_nested")
    assert await quote.count() == 1
    await quote.get_by_role("link", name="citeert een ander bericht").click()
    await guest.page.wait_for_url(f"**/posts/{scene.pages['quoting']}")


async def test_what_cannot_be_shown_is_said_and_linked_where_that_tells_nothing(invite: Invite, scene: Scene) -> None:
    visitor, anna = await invite(), await invite("anna")

    for reader, words in (  # anna may read it, and its author let nobody elsewhere quote it
        (anna, "De schrijver van het geciteerde bericht heeft nog niet ingestemd."),
        (visitor, "Het geciteerde bericht is hier niet te zien."),
    ):
        assert await (await _quote(reader, scene, "quoting_hidden")).count() == 0
        line = reader.page.locator(".quote-gone")
        assert await line.inner_text() == words
        assert "Kamer 3.12" not in await reader.text("html")

    await _quote(visitor, scene, "quoting_unknown")
    link = line.get_by_role("link")
    assert await link.get_attribute("href") == scene.outside.url("weg", "/notes/1")
    assert "noreferrer" in (await link.get_attribute("rel") or "")
