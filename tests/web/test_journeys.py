"""What people come for: with a mouse, with the keyboard alone, without scripts, in their own language."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import FilePayload

from tests.fediverse import PASSWORD
from tests.web.conftest import Invite
from tests.web.guest import Guest
from tests.web.scene import ALT, Scene, picture


async def _write(guest: Guest, text: str, *, audience: str) -> None:
    await guest.page.select_option("#f-audience", audience)
    await guest.page.fill("#f-text", text)
    await guest.page.click("button[value=publish]")
    await guest.page.locator(".flash").wait_for()


async def test_everything_works_without_scripts(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna", anew=True, java_script_enabled=False)

    await _write(guest, "Geschreven zonder scripts", audience="organisation")
    assert await guest.post("Geschreven zonder scripts").count() == 1

    await guest.go(f"/posts/{scene.pages['picture']}")
    await _write(guest, f"{scene.jelle.handle} Mooi", audience="public")
    await guest.post("Met een afbeelding").locator("button", has_text="Waarderen").click()
    await guest.post("Met een afbeelding").locator("button", has_text="Gewaardeerd").wait_for()

    await guest.go(f"/search?q={scene.femke.handle}")
    await guest.page.click("main .people a")
    await guest.page.locator("#relation button", has_text="Volgen").click()
    await guest.page.locator(".flash", has_text="verzoek").wait_for()

    await guest.go("/logout")
    kept = [(each["name"], each["value"]) for each in await guest.context.cookies()]
    await guest.page.click("main form button")
    await guest.page.locator(".flash", has_text="uitgelogd").wait_for()
    await guest.context.add_cookies([{"name": name, "value": value, "url": guest.base} for name, value in kept])
    assert (await guest.go("/settings")).url.endswith("/login?next=/settings".replace("/settings", "%2Fsettings"))


async def test_the_keyboard_is_enough(invite: Invite, scene: Scene) -> None:
    guest = await invite()
    keys = guest.page.keyboard

    await guest.go("/login")
    await guest.tab_to("#f-username")
    await keys.type("anna")
    await keys.press("Tab")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await guest.page.wait_for_url("**/home")

    await keys.press("Tab")
    assert await guest.page.evaluate("document.activeElement.className.includes('skip-link')"), "first stop"
    await keys.press("Enter")
    await guest.tab_to("#f-audience")
    await keys.type("Iedereen")
    assert await guest.page.input_value("#f-audience") == "public"
    await guest.tab_to("#f-text")
    await keys.type("Geschreven met het toetsenbord")
    await guest.tab_to("button[value=publish]")
    await keys.press("Enter")
    await guest.page.locator(".flash").wait_for()
    assert "Iedereen" in await guest.post("Geschreven met het toetsenbord").inner_text()

    await guest.go(f"/posts/{scene.pages['picture']}")
    await guest.tab_to("button[id^=share-]")
    await guest.tab_to("button[id^=like-]")
    like = await guest.page.evaluate("document.activeElement.id")
    was_liked = await guest.page.locator(f"#{like}.act-on").count() == 1  # whoever came before may have liked it
    for state in (":not(.act-on)", ".act-on") if was_liked else (".act-on", ":not(.act-on)"):
        await keys.press("Enter")
        await guest.page.locator(f"#{like}{state}:focus").wait_for()  # the focus stays where it was

    await guest.tab_to(".act-more > summary")
    await keys.press("Enter")
    await guest.page.locator(".menu-sheet a", has_text="Melden").first.wait_for()
    await keys.press("Escape")
    await guest.tab_to("#reply textarea")
    await keys.type(" Met het toetsenbord geantwoord")
    await guest.tab_to("#reply button[value=publish]")
    await keys.press("Enter")
    await guest.page.locator(".flash").wait_for()
    assert await guest.post("Met het toetsenbord geantwoord").count() == 1


async def test_who_chooses_to_reply_can_type_at_once(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    await guest.go("/timeline/public")
    await guest.post("Met een afbeelding").locator("a.act", has_text="Reageren").click()
    await guest.page.locator("#reply textarea:focus").wait_for()
    await guest.page.keyboard.type("Dank")
    assert await guest.page.input_value("#f-text") == f"{scene.jelle.handle} Dank"


async def test_a_message_is_quoted_without_scripts_once_its_author_agreed(invite: Invite) -> None:
    anna, bram = await invite("anna"), await invite("bram", anew=True, java_script_enabled=False)
    await anna.go("/compose")
    await anna.page.locator(".extra", has_text="Wie mag dit citeren").locator("summary").click()
    await anna.page.select_option("#f-quote_policy", "ask")
    await _write(anna, "Vraag het me eerst, dan mag het", audience="public")

    await bram.go("/timeline/organisation")
    await bram.post("Vraag het me eerst").get_by_role("link", name="Citeren").click()
    await bram.page.wait_for_url("**/compose?quote=*")
    assert "Vraag het me eerst" in await bram.text(".composer-quote .quote")
    await _write(bram, "Dit wil ik laten zien", audience="public")
    assert "heeft nog niet ingestemd" in await bram.post("Dit wil ik laten zien").inner_text()

    await anna.go("/notifications")
    await anna.page.get_by_role("link", name="1 verzoek om je te citeren").click()
    assert "Vraag het me eerst" in await anna.post("Dit wil ik laten zien").locator(".quote").inner_text()
    await anna.page.locator(".under-card button", has_text="Accepteren").click()
    await anna.page.locator(".flash", has_text="Geaccepteerd").wait_for()

    await bram.page.reload()
    assert "Vraag het me eerst" in await bram.post("Dit wil ik laten zien").locator(".quote").inner_text()


async def test_a_reader_is_told_whom_it_reaches_while_writing(invite: Invite) -> None:
    guest = await invite("anna")
    await guest.go("/compose")
    await guest.page.select_option("#f-audience", "followers")
    await guest.page.locator("#reach", has_text="gemeente Leeuwarden").wait_for()
    await guest.page.select_option("#f-audience", "organisation")
    await guest.page.locator("#reach", has_text="bij 1 organisatie: gemeente Groningen").wait_for()


async def test_a_picture_travels_with_its_description(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    await guest.go("/compose")
    await guest.page.select_option("#f-audience", "public")
    await guest.page.fill("#f-text", "Zie de kaart")
    await guest.page.locator("summary", has_text="Bijlage").click()
    file = FilePayload(name="kaart.png", mimeType="image/png", buffer=picture())
    await guest.page.set_input_files("#f-attachment1", file)
    assert await guest.page.locator("#f-attachment2").is_visible(), "room for the next file"
    await guest.page.fill("#f-alt1", "Kaart van de wijk")
    await guest.page.click("button[value=preview]")
    assert await guest.page.locator(".preview-box img[alt='Kaart van de wijk']").count() == 1
    await guest.page.click("button[value=publish]")
    await guest.page.locator(".flash").wait_for()

    there = await invite("jelle", town=scene.leeuwarden)
    shown = there.post("Zie de kaart").locator("img[alt='Kaart van de wijk']")
    async with asyncio.timeout(60):
        while not await shown.count():
            await there.go("/home")
    assert await shown.evaluate("async each => { await each.decode(); return each.naturalWidth; }") > 0


async def test_nothing_written_is_lost_with_the_session(invite: Invite) -> None:
    guest = await invite("anna")
    await guest.go("/compose")
    await guest.page.select_option("#f-audience", "followers")
    await guest.page.fill("#f-text", "Een lange tekst")
    await guest.context.clear_cookies()
    guest.excused = ("status of 401", "Response Status Error Code 401")

    await guest.page.click("button[value=publish]")
    assert "Wat je typte, is bewaard" in await guest.text()
    await guest.page.fill("#f-username", "anna")
    await guest.page.fill("#f-password", PASSWORD)
    await guest.page.click("main button[type=submit]")
    assert await guest.page.input_value("#f-text") == "Een lange tekst"
    assert await guest.page.input_value("#f-audience") == "followers"

    await guest.page.click("button[value=publish]")
    await guest.page.locator(".flash").wait_for()
    assert await guest.post("Een lange tekst").count() == 1


async def test_a_mistake_keeps_what_was_typed_and_leads_to_the_field(invite: Invite, scene: Scene) -> None:
    guest = await invite(town=scene.leeuwarden)
    await guest.go("/register")
    for field, value in {"name": "Nieuwe Collega", "username": "jelle", "password": "een-lang-wachtwoord"}.items():
        await guest.page.fill(f"#f-{field}", value)
    await guest.page.click("main button[type=submit]")

    await guest.page.locator("#errors:focus").wait_for()
    await guest.page.click("#errors a")
    assert await guest.page.evaluate("document.activeElement.id") == "f-username"
    assert await guest.page.get_attribute("#f-username", "aria-invalid") == "true"
    assert await guest.page.input_value("#f-name") == "Nieuwe Collega"


async def test_another_language_shows_the_same_page(invite: Invite) -> None:
    guest = await invite("anna")
    await guest.go("/search?q=bram")
    for language, words in (("fy", "Sykje"), ("en", "Search"), ("nl", "Zoeken")):
        await guest.page.click(f".languages a[hreflang={language}]")
        assert await guest.text("h1") == words
        assert re.search(r"/search\?q=bram", guest.page.url)
        assert "Bram" in await guest.text()
    await guest.page.click(".languages a[hreflang=fy]")
    await guest.go("/home")
    assert await guest.page.evaluate("document.documentElement.lang") == "fy", "and stays"


@pytest.mark.parametrize(("locale", "month"), [("nl-NL", "januari"), ("en-GB", "January"), ("fy-NL", "jannewaris")])
async def test_dates_are_in_the_readers_language(locale: str, month: str, invite: Invite, scene: Scene) -> None:
    months = {
        "nl-NL": "januari februari maart april mei juni juli augustus september oktober november december",
        "en-GB": "January February March April May June July August September October November December",
        "fy-NL": "jannewaris febrewaris maart april maaie juny july augustus septimber oktober novimber desimber",
    }
    guest = await invite(locale=locale)
    await guest.go(f"/posts/{scene.pages['question']}")
    moment = guest.page.locator(".full-time time").first
    number = int(str(await moment.get_attribute("datetime"))[5:7])
    assert month == months[locale].split()[0]
    assert months[locale].split()[number - 1] in await moment.inner_text()


async def test_people_and_messages_from_elsewhere_say_who_and_where(invite: Invite, scene: Scene) -> None:
    guest = await invite("anna")
    await guest.go(f"/people/{scene.jelle.handle}")
    assert "inkoopadviseur · gemeente Leeuwarden" in await guest.text(".profile")
    await guest.go(f"/people/{scene.jelle.handle}?tab=media")
    card = guest.post("Met een afbeelding")
    assert "inkoopadviseur · gemeente Leeuwarden" in await card.inner_text()
    assert await card.locator("img").last.get_attribute("alt") == ALT
