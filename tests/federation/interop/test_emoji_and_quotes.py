"""Emoji and quotations as they come in over HTTP, on the pages of the town hall."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from fedgov.activitystreams.audience import PUBLIC
from fedgov.features.trust import service as trust
from fedgov.web.proxied import PREFIX
from tests.federation.interop.world import Correspondent, World, correspondent, open_world

pytestmark = pytest.mark.asyncio(loop_scope="module")
MISSKEY = "https://misskey-hub.net/ns#_misskey_quote"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A town hall that other servers write to."""
    async with open_world(tmp_path_factory.mktemp("quotes")) as found:
        yield found


@pytest.fixture(scope="module")
def pien(world: World) -> Correspondent:
    """Somebody who quotes, and has an emoji."""
    found = correspondent(world.outside, "vrolijk", "/users/pien")
    found.document.update({"name": "Pien :koe:", "tag": [emoji(world)]})
    world.outside.serve(found.document)
    return found


@pytest.fixture(scope="module")
def klaas(world: World) -> Correspondent:
    """Somebody whom nobody here knows."""
    return correspondent(world.outside, "stil", "/users/klaas")


def emoji(world: World) -> dict[str, Any]:
    """An emoji of which the other server has the picture."""
    url = world.outside.url("vrolijk", "/koe.png")
    drawn = io.BytesIO()
    Image.new("RGB", (64, 64), "brown").save(drawn, "PNG")
    world.outside.pages[url] = (200, "image/png", drawn.getvalue())
    return {"type": "Emoji", "name": ":koe:", "icon": {"type": "Image", "mediaType": "image/png", "url": url}}


def written(world: World, by: Correspondent, content: str, **more: Any) -> dict[str, Any]:
    """Something for everyone that names somebody here; its server shows it too."""
    note = by.note(content=content, to=[PUBLIC, world.fatima.uri], **more)
    world.outside.serve({"@context": "https://www.w3.org/ns/activitystreams", **note})
    return note


async def arrive(world: World, note: dict[str, Any], *, by: Correspondent) -> str:
    """Let it arrive; return its page."""
    item = await world.deliver(by.activity("Create", note, to=note["to"]), by=by)
    assert item.state == "done", item.reason
    return await world.page_of(note["id"])


def quotation(page: str) -> str:
    """The card of the quoted message on a page; empty when there is none."""
    found = re.search(r'<figure class="quote".*?</figure>', page, re.DOTALL)
    return found[0] if found else ""


async def test_a_message_with_emoji_and_a_quotation_is_shown_with_both(
    world: World, pien: Correspondent, klaas: Correspondent
) -> None:
    quoted = klaas.note(content="<p>Het plan is klaar</p>")
    world.outside.serve({"@context": "https://www.w3.org/ns/activitystreams", **quoted})
    line = f'<p class="quote-inline">RE: <a href="{quoted["id"]}">{quoted["id"]}</a></p>'

    page = await arrive(
        world, written(world, pien, f"{line}<p>Mooi :koe:</p>", quote=quoted["id"], tag=[emoji(world)]), by=pien
    )

    assert "Het plan is klaar" in quotation(page)
    assert f"@klaas@stil.localhost:{world.outside.port}" in quotation(page)
    assert "RE:" not in page
    (source,) = set(re.findall(r'<img class="emoji" src="([^"]+)" alt=":koe:" title=":koe:"', page))
    assert source.startswith(PREFIX)
    assert f'<p>Mooi <img class="emoji" src="{source}"' in page
    picture = await world.ask("GET", source)
    assert (picture.status, picture.headers["Content-Type"]) == (200, "image/webp")
    assert re.search(r'class="who-name"[^>]*><a [^>]*><bdi>Pien <img class="emoji"', page)


@pytest.mark.parametrize(
    "way",
    [
        lambda uri: {"quote": uri},
        lambda uri: {"quoteUrl": uri},
        lambda uri: {"quoteUri": uri},
        lambda uri: {"_misskey_quote": uri},
        lambda uri: {"tag": [{"type": "Link", "mediaType": "application/activity+json", "rel": MISSKEY, "href": uri}]},
    ],
    ids=["FEP-044f", "quoteUrl", "quoteUri", "Misskey", "FEP-e232"],
)
async def test_every_way_to_quote_is_understood(
    world: World, pien: Correspondent, klaas: Correspondent, way: Any
) -> None:
    quoted = klaas.note(content="<p>Nog iets</p>")
    world.outside.serve({"@context": "https://www.w3.org/ns/activitystreams", **quoted})

    page = await arrive(world, written(world, pien, "<p>Kijk</p>", **way(quoted["id"])), by=pien)

    assert "Nog iets" in quotation(page)


async def test_what_is_quoted_is_fetched_and_what_that_quotes_is_not(
    world: World, pien: Correspondent, klaas: Correspondent
) -> None:
    first = world.outside.url("ver", "/notes/1")
    second = klaas.note(content="<p>Twee</p>", quote=first)
    world.outside.serve({"@context": "https://www.w3.org/ns/activitystreams", **second})

    page = await arrive(world, written(world, pien, "<p>Drie</p>", quote=second["id"]), by=pien)

    assert "Twee" in quotation(page)
    assert first not in world.outside.asked


async def test_a_stranger_cannot_send_us_to_an_address_by_quoting_it(world: World, klaas: Correspondent) -> None:
    target = world.outside.url("doel", "/notes/1")
    note = klaas.note(content="<p>Haal op</p>", quote=target)

    item = await world.deliver(klaas.activity("Create", note, to=note["to"]), by=klaas)

    assert item.state == "refused"
    assert target not in world.outside.asked


@pytest.mark.parametrize("trouble", ["gone", "not theirs", "nowhere"])
async def test_what_cannot_be_had_is_a_line_with_a_link(world: World, pien: Correspondent, trouble: str) -> None:
    uri = world.outside.url("kapot", f"/notes/{trouble.replace(' ', '')}")
    if trouble == "gone":
        world.outside.serve({"id": uri, "type": "Tombstone"}, status=410)
    if trouble == "not theirs":
        world.outside.serve({"id": uri, "type": "Note", "attributedTo": pien.uri, "content": "<p>Vals</p>"})

    page = await arrive(world, written(world, pien, "<p>Kijk</p>", quote=uri), by=pien)

    assert quotation(page) == ""
    assert "Vals" not in page
    assert 'class="quote-gone' in page
    assert f'href="{uri}"' in page


async def test_a_blocked_host_shows_no_emoji_and_no_quotation(world: World, pien: Correspondent) -> None:
    boos = correspondent(world.outside, "boos", "/users/boos")
    quoted = boos.note(content="<p>Boze tekst</p>")
    world.outside.serve({"@context": "https://www.w3.org/ns/activitystreams", **quoted})
    theirs = emoji(world) | {"icon": {"type": "Image", "url": world.outside.url("boos", "/koe.png")}}
    note = written(world, pien, "<p>Kijk :koe:</p>", quote=quoted["id"], tag=[theirs])
    page = await arrive(world, note, by=pien)
    assert "Boze tekst" in quotation(page)
    assert re.search(r"<p>Kijk <img ", page)

    await world.town.instance.write(trust.block, domain=f"boos.localhost:{world.outside.port}")
    await world.town.instance.trust.settled()
    page = await world.page_of(note["id"])

    assert "<p>Kijk :koe:</p>" in page
    assert quotation(page) == ""
    assert quoted["id"] not in page
