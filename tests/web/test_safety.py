"""What a browser must never do, and whom a page must never reach."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.web.conftest import Invite
from tests.web.scene import ALT, Scene

POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'"


@pytest.mark.parametrize("path", ["/", "/login", "/nergens", "/posts/{question}", "/posts/{hostile}"])
async def test_the_policy_allows_nothing_from_elsewhere(path: str, invite: Invite, scene: Scene) -> None:
    guest = await invite()
    headers = (await guest.go(path.format(**scene.pages))).headers

    assert headers["content-security-policy"].startswith(POLICY)
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_cookies_are_for_this_host_only_and_the_log_in_is_out_of_reach_of_scripts(invite: Invite) -> None:
    guest = await invite("anna", anew=True)
    await guest.go("/home?lang=en")
    cookies = {each["name"]: each for each in await guest.context.cookies()}

    session = cookies["fedgov-groningen"]
    assert (session["httpOnly"], session["sameSite"], session["path"]) == (True, "Lax", "/")
    assert all(each["domain"] == "groningen.localhost" for each in cookies.values()), "no neighbour gets one"
    assert all(each["sameSite"] == "Lax" for each in cookies.values())
    assert session["value"] not in str(await guest.page.evaluate("document.cookie"))


async def test_a_hostile_message_is_harmless(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    for path in ("/posts/{hostile}", "/people/{mallory}", "/notifications", "/timeline/public"):
        await guest.go(path.format(**scene.pages))
        await guest.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert await guest.page.evaluate("window.harmed === undefined"), path
        assert await guest.page.locator("main iframe, main svg style, main [style], main [onerror]").count() == 0
        assert await guest.page.locator("main a[href^=javascript]").count() == 0
        assert await guest.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path

    await guest.go(f"/posts/{scene.pages['hostile']}")
    await guest.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert "EINDE" in await guest.text("article .prose"), "what is harmless stays"
    assert await guest.page.locator("article .prose form, article .prose input").count() == 0
    assert await guest.page.locator("article .prose .top-search, article .prose .menu-sheet").count() == 0
    assert await guest.page.locator("header.top").is_visible(), "nothing lies over the page"


async def test_names_that_turn_the_text_around_turn_only_themselves(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    await guest.go(f"/posts/{scene.pages['hostile']}")
    name = guest.page.locator("article .who-name bdi").first
    assert len(await name.inner_text()) <= 100
    box, card = await name.bounding_box(), await guest.page.locator("article").first.bounding_box()
    assert box is not None
    assert card is not None
    assert box["width"] <= card["width"]


async def test_pictures_from_elsewhere_come_from_here(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    await guest.go(f"/posts/{scene.pages['picture']}")
    shown = guest.page.locator(f"article img[alt='{ALT}']")
    source = str(await shown.evaluate("each => each.src"))

    assert urlsplit(source).netloc == scene.groningen.domain
    assert await shown.evaluate("async each => { await each.decode(); return each.naturalWidth; }") > 0
    asked_before = len(scene.outside.asked)
    await guest.go(f"/posts/{scene.pages['hostile']}")
    pictures = await guest.page.locator("main img").evaluate_all("all => all.map(each => each.src)")
    assert pictures
    assert {urlsplit(each).netloc for each in pictures} == {scene.groningen.domain}
    assert all("elders" not in each for each in scene.outside.asked[asked_before:])


async def test_what_is_for_the_organisation_stays_there(invite: Invite, scene: Scene) -> None:
    colleague, visitor = await invite("bram"), await invite()
    elsewhere = await invite("jelle", town=scene.leeuwarden)
    address = f"/posts/{scene.pages['own']}"

    assert (await colleague.go(address)).status == 200
    assert "Kamer 3.12" in await colleague.text()
    assert (await visitor.go(address)).status == 404
    for guest in (visitor, elsewhere):
        for path in ("/", "/timeline/public", "/tags/inkoop"):
            await guest.go(path)
            assert "Kamer 3.12" not in await guest.page.content()
    await elsewhere.go(f"/people/{scene.anna.handle}")
    assert "Kamer 3.12" not in await elsewhere.page.content()
    assert "inkoopkader" in await elsewhere.page.content()


async def test_a_form_of_another_session_changes_nothing(invite: Invite) -> None:
    guest = await invite("anna")
    await guest.go("/compose")
    await guest.page.fill("#f-text", "Van een oude pagina")
    await guest.page.evaluate("document.querySelector('form.composer input[name=csrf]').value = 'x'")
    await guest.page.click("button[value=publish]")

    assert "Dit formulier is niet meer geldig" in await guest.text()
    assert await guest.page.input_value("#kept-text") == "Van een oude pagina"
    await guest.go("/home")
    assert await guest.post("Van een oude pagina").count() == 0


async def test_an_administrators_page_is_closed_to_others(invite: Invite) -> None:
    guest = await invite("bram")
    for path in ("/admin", "/admin/accounts", "/admin/blocks"):
        assert (await guest.go(path)).status == 403
        assert "Dit mag alleen een beheerder." in await guest.text()
