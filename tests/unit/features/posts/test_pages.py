"""The pages, as a browser sees them."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from markupsafe import escape
from PIL import Image
from quart import Response
from werkzeug.datastructures import FileStorage

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.features.posts.pages.blueprint import blueprint
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries import timelines
from fedgov.features.posts.service.publishing import publish_post
from fedgov.federation import follows
from fedgov.instance import Instance
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from fedgov.web import csrf
from fedgov.web.language import Translator
from fedgov.web.session import Visitor
from tests.unit.features.posts.correspondence import PIETER, activity, deliver, note
from tests.unit.features.residents import Town, World, living_town, settle
from tests.unit.features.trust.counter import Counter, person

FATIMA, BOUKE = "https://groningen.example/users/fatima", "https://groningen.example/users/bouke"


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen on SQLite; Fatima and Pieter follow each other, Bouke is a colleague."""
    async with living_town(f"sqlite:///{tmp_path / 'fedgov.sqlite3'}", folder=tmp_path) as (instance, _):
        await instance.write(settle, name="Fatima de Vries")
        await instance.write(settle, "bouke", name="Bouke Postma")
        await instance.write(_meet)
        yield instance


def _meet(tx: Transaction) -> None:
    Town(tx=tx, clock=None).remote()  # type: ignore[arg-type]
    for follower, following in ((FATIMA, PIETER), (PIETER, FATIMA)):
        follows.put(tx, follower=follower, following=following, state="accepted", activity_uri=None)


@pytest.fixture
def fatima(town: Instance) -> Counter:
    return Counter(town, blueprint(), visitor=person())


@pytest.fixture
def bouke(town: Instance) -> Counter:
    return Counter(town, blueprint(), visitor=person("bouke"))


@pytest.fixture
def visitor(town: Instance) -> Counter:
    return Counter(town, blueprint())


async def text(response: Response) -> str:
    return str(await response.get_data(as_text=True))


def words(message: str) -> str:
    """Return how a page says something to this reader."""
    translated = Translator("en").gettext(message)
    return str(escape(translated[:1].upper() + translated[1:]))


async def said(town: Instance, words: str = "Hallo allemaal", author: str = FATIMA, **values: Any) -> int:
    values.setdefault("visibility", Visibility.PUBLIC)
    return await town.write(publish_post, author=author, text=words, **values)


async def newest(town: Instance, author: str = FATIMA) -> Any:
    page = await town.read(timelines.profile_timeline, author=author, viewer=author, page=PageRequest(), tab="replies")
    return page.items[0].row


# --- reading ----------------------------------------------------------------------------------------------------


async def test_a_visitor_reads_what_is_public_and_staff_go_home(
    town: Instance, visitor: Counter, fatima: Counter
) -> None:
    await said(town)
    await said(town, "Onder ons", visibility=Visibility.ORGANISATION)

    page = await text(await visitor.get("/"))

    assert "Hallo allemaal" in page
    assert "Onder ons" not in page
    home = await fatima.get("/")
    assert (home.status_code, home.headers["Location"]) == (303, "/home")


async def test_lists_are_shown_page_by_page(town: Instance, bouke: Counter, visitor: Counter) -> None:
    for number in range(25):
        await said(
            town, f"Bericht {number} #wmo", visibility=Visibility.ORGANISATION if number % 2 else Visibility.PUBLIC
        )

    first = await text(await bouke.get("/timeline/organisation"))
    assert "Bericht 24" in first
    assert "Bericht 4 " not in first
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "Bericht 4 " in await text(await bouke.get(older))

    public = await text(await visitor.get("/timeline/public"))
    assert "Bericht 24" in public
    assert "Bericht 23" not in public
    assert "Bericht 23" in await text(await bouke.get("/tags/WMO"))
    assert (await visitor.get("/timeline/organisation")).status_code == 303
    assert (await visitor.get("/tags/a%20b")).status_code == 404


@pytest.mark.parametrize(("follows", "action"), [(False, "follow"), (True, "unfollow")])
async def test_a_subject_is_followed_from_its_page(
    bouke: Counter, visitor: Counter, *, follows: bool, action: str
) -> None:
    async def answer(_reader: Visitor, subject: str) -> bool:
        assert subject == "wmo"
        return follows

    bouke.desk = replace(bouke.desk, follows_subject=answer)
    page = await text(await bouke.get("/tags/WMO"))
    assert f'name="action" value="{action}"' in page
    assert 'name="subject" value="wmo"' in page
    assert "/settings/subjects" not in await text(await visitor.get("/tags/WMO"))


async def test_a_post_is_shown_with_its_thread(town: Instance, visitor: Counter, fatima: Counter) -> None:
    object_id = await said(town)
    uri = town.site.post(object_id)
    await town.write(deliver, activity("Create", note(inReplyTo=uri, content="<p>Moin <b>werom</b></p>")))

    page = await text(await visitor.get(f"/posts/{object_id}"))

    assert "Hallo allemaal" in page
    assert "Moin <b>werom</b>" in page
    assert 'name="text"' not in page
    assert 'name="text"' in await text(await fatima.get(f"/posts/{object_id}"))


@pytest.mark.parametrize("path", ["", "/history", "/receipt", "/edit", "/delete"])
async def test_a_post_that_is_not_for_somebody_is_like_one_that_does_not_exist(
    town: Instance, visitor: Counter, bouke: Counter, path: str
) -> None:
    hidden = await said(town, visibility=Visibility.FOLLOWERS)

    for browser in (bouke, visitor):
        found = await browser.get(f"/posts/{hidden}{path}")
        missing = await browser.get(f"/posts/12345{path}")
        assert found.status_code == missing.status_code
        assert found.status_code in (404, 303)


async def test_an_unknown_type_gives_its_name_its_summary_and_a_link(town: Instance, visitor: Counter) -> None:
    recipe = note(
        type="Recipe", name="Sûkerbôle", content=None, summary="Fries brood", url="https://leeuwarden.example/r"
    )
    await town.write(deliver, activity("Create", recipe))
    row = await newest(town, PIETER)

    page = await text(await visitor.get(f"/posts/{row.object_id}"))

    for piece in ("Sûkerbôle", "Fries brood", 'href="https://leeuwarden.example/r"', "Recipe"):
        assert piece in page


async def test_a_deleted_post_says_so_and_a_secret_one_does_not(
    town: Instance, fatima: Counter, visitor: Counter
) -> None:
    known, secret = await said(town), await said(town, visibility=Visibility.FOLLOWERS)
    for object_id in (known, secret):
        assert (await fatima.post(f"/posts/{object_id}/delete", {"next": "/home"})).headers["Location"] == "/home"

    assert (await visitor.get(f"/posts/{known}")).status_code == 410
    assert (await visitor.get(f"/posts/{secret}")).status_code == 404


async def test_profiles_of_here_and_elsewhere(town: Instance, visitor: Counter, fatima: Counter) -> None:
    await said(town, "Mijn bericht")
    await town.write(deliver, activity("Create", note()))

    short = await visitor.get("/@fatima")
    assert (short.status_code, short.headers["Location"]) == (303, "/users/fatima")
    page = await text(await visitor.get("/users/fatima"))
    assert "Fatima de Vries" in page
    assert "Mijn bericht" in page
    assert "Moin" in await text(await visitor.get("/people/@pieter@leeuwarden.example"))
    assert "Moin" in await text(await visitor.get("/people/@pieter@leeuwarden.example?tab=replies"))
    assert (await visitor.get("/people/@fatima@groningen.example")).headers["Location"] == "/users/fatima"
    assert (await visitor.get("/users/niemand")).status_code == 404
    assert (await visitor.get("/people/@niemand@elders.example")).status_code == 404
    assert cast("World", town.fetch).asked == []
    assert (await fatima.get("/people/@niemand@elders.example")).status_code == 404
    assert cast("World", town.fetch).asked == ["@niemand@elders.example"]


async def test_a_pinned_post_stands_on_top_of_the_profile_once(
    town: Instance, fatima: Counter, visitor: Counter
) -> None:
    pinned = await said(town, "Welkom hier")
    await said(town, "Nieuwer")

    await fatima.post(f"/posts/{pinned}/pin", {})

    page = await text(await visitor.get("/users/fatima"))
    assert page.count("Welkom hier") == 1
    assert page.index("Welkom hier") < page.index("Nieuwer")


async def _send_pairs(browser: Counter, path: str, pairs: list[tuple[str, str]]) -> Response:
    """Send a form in which a name stands more than once."""
    token = csrf.make_token(person().csrf_secret)
    return await browser._send(
        "POST",
        path,
        headers={"Content_Type": "application/x-www-form-urlencoded"},
        data=urlencode([(csrf.FIELD, token), *pairs]),
    )


# --- writing ----------------------------------------------------------------------------------------------------


async def test_a_message_is_posted(town: Instance, fatima: Counter) -> None:
    answer = await fatima.post(
        "/compose",
        {"audience": "organisation", "text": "Hoi **allemaal**", "summary": "", "language": "fy", "next": "/home"},
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, "/home")
    row = await newest(town)
    assert (row.content_html, row.visibility, row.language) == (
        "<p>Hoi <strong>allemaal</strong></p>",
        "organisation",
        "fy",
    )


async def test_a_reply_and_a_poll_are_posted(town: Instance, fatima: Counter) -> None:
    parent = await said(town)

    await fatima.post("/compose", {"audience": "public", "text": "Ja", "in_reply_to": str(parent), "next": "/compose"})
    assert (await newest(town)).in_reply_to_id == parent

    options = [("poll_option", "Ja"), ("poll_option", "Nee"), ("poll_option", ""), ("poll_ends", "86400")]
    await _send_pairs(fatima, "/compose", [("audience", "public"), ("text", "Koffie?"), *options])
    assert (await newest(town)).type == "Question"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"audience": "public", "text": ""}, "the message is empty"),
        ({"audience": "world", "text": "Hoi"}, "choose who this is for"),
        ({"audience": "direct", "text": "Hoi"}, "name somebody with @name@organisation, or choose another audience"),
        (
            {"audience": "direct", "text": "Hoi @x@elders.example"},
            "somebody who is named in it cannot be found; check the spelling",
        ),
        ({"audience": "public", "text": "Blijft staan", "media": "12"}, "a file is not there any more; add it again"),
    ],
)
async def test_a_mistake_is_named_and_nothing_that_was_typed_is_lost(
    town: Instance, fatima: Counter, values: dict[str, str], message: str
) -> None:
    answer = await fatima.post("/compose", values)

    assert answer.status_code == 422
    page = await text(answer)
    assert words(message) in page
    assert values["text"] in page
    assert (await town.read(timelines.profile_timeline, author=FATIMA, viewer=FATIMA, page=PageRequest())).items == ()


async def test_when_the_session_ended_the_text_comes_along_to_the_log_in_page(visitor: Counter) -> None:
    answer = await visitor.post("/compose", {"audience": "public", "text": "Lang verhaal"})

    assert answer.status_code in (401, 403)
    assert "Lang verhaal" in await text(answer)


async def test_somebody_new_is_looked_up_when_the_message_is_posted(town: Instance, fatima: Counter) -> None:
    uri = await town.write(_newcomer)
    cast("World", town.fetch).handles["jelle@drachten.example"] = uri

    await fatima.post("/compose", {"audience": "public", "text": "Hoi @jelle@drachten.example en @x@elders.example"})

    assert f'href="{uri}"' in (await newest(town)).content_html
    assert "@x@elders.example" in (await newest(town)).content_html


def _newcomer(tx: Transaction) -> str:
    return Town(tx=tx, clock=None).remote("@jelle@drachten.example")  # type: ignore[arg-type]


async def test_a_picture_is_hung_on_a_message_and_described(town: Instance, fatima: Counter, visitor: Counter) -> None:
    answer = await fatima.post(
        "/compose",
        {"audience": "public", "text": "Kijk", "alt1": "Een rood vlak"},
        files={"attachment1": _picture()},
    )
    assert answer.status_code == 303, await text(answer)

    row = await newest(town)
    page = await text(await visitor.get(f"/posts/{row.object_id}"))
    assert 'alt="Een rood vlak"' in page
    assert 'src="/media/' in page


@pytest.mark.parametrize(("ticked", "covered"), [({"sensitive": "yes"}, True), ({}, False)])
async def test_pictures_are_covered_until_asked_for_where_the_author_says_so(
    fatima: Counter, visitor: Counter, *, ticked: dict[str, str], covered: bool
) -> None:
    values = {"audience": "public", "text": "Kijk", "alt1": "Rood", "next": "/compose", **ticked}
    preview = await fatima.post("/compose", {**values, "action": "preview"}, files={"attachment1": _picture()})
    published = await fatima.post("/compose", values, files={"attachment1": _picture()})
    page = await visitor.get(published.headers["Location"].partition("?")[0])
    for answer in (preview, page):
        card = (await text(answer)).partition("<article")[2].partition("</article>")[0]
        before = card.partition('alt="Rood"')[0]
        assert before != card
        assert (before.rfind('<details class="content-note">') > before.rfind("</details>")) is covered


async def test_a_file_survives_a_mistake_elsewhere_in_the_form(town: Instance, fatima: Counter) -> None:
    answer = await fatima.post(
        "/compose", {"audience": "nobody", "text": "Kijk", "alt1": "Rood"}, files={"attachment1": _picture()}
    )

    page = await text(answer)
    media_id = page.partition('name="media" value="')[2].partition('"')[0]
    assert media_id
    await fatima.post(
        "/compose", {"audience": "public", "text": "Kijk", "media": media_id, f"media_alt_{media_id}": "Rood"}
    )
    row = await newest(town)
    assert row.content_html == "<p>Kijk</p>"
    assert 'alt="Rood"' in await text(await fatima.get(f"/posts/{row.object_id}"))


async def test_a_file_that_is_no_picture_is_named_as_the_mistake(fatima: Counter) -> None:
    broken = FileStorage(io.BytesIO(b"MZ nothing good"), filename="x.png", content_type="image/png")

    answer = await fatima.post("/compose", {"audience": "public", "text": "Kijk"}, files={"attachment1": broken})

    assert answer.status_code == 422
    refusal = "this type of file is not accepted; choose a picture, PDF, office file without macros, sound or film"
    assert words(refusal) in await text(answer)


def _picture() -> FileStorage:
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, "PNG")
    drawn.seek(0)
    return FileStorage(drawn, filename="rood.png", content_type="image/png")


async def test_the_line_under_the_audience_says_whom_it_reaches(fatima: Counter) -> None:
    answer = await fatima.post("/compose/preview", {"audience": "followers", "text": "Hoi @x@elders.example"})

    line = await text(answer)
    assert "<html" not in line
    assert "1 person" in line
    assert "@x@elders.example" in line


async def test_a_preview_posts_nothing(town: Instance, fatima: Counter) -> None:
    answer = await fatima.post("/compose", {"audience": "public", "text": "Hoi **vet**", "action": "preview"})

    assert "<strong>vet</strong>" in await text(answer)
    assert (await town.read(timelines.profile_timeline, author=FATIMA, viewer=FATIMA, page=PageRequest())).items == ()


async def test_the_composer_starts_with_whom_it_is_for(fatima: Counter) -> None:
    page = await text(await fatima.get("/compose?mention=@pieter@leeuwarden.example"))

    assert "@pieter@leeuwarden.example" in page
    assert '<option value="direct" selected' in page


async def test_a_message_is_edited_and_its_history_shown(town: Instance, fatima: Counter, visitor: Counter) -> None:
    object_id = await said(town, "Eest")
    assert "Eest" in await text(await fatima.get(f"/posts/{object_id}/edit"))

    answer = await fatima.post(f"/posts/{object_id}/edit", {"text": "Eerst", "summary": "", "language": "nl"})

    assert answer.headers["Location"] == f"/posts/{object_id}"
    assert "Eerst" in await text(await visitor.get(f"/posts/{object_id}"))
    assert "Eest" in await text(await visitor.get(f"/posts/{object_id}/history"))
    refused = await fatima.post(f"/posts/{object_id}/edit", {"text": "", "summary": ""})
    assert refused.status_code == 422
    assert words("the message is empty") in await text(refused)


async def test_nobody_opens_the_editor_of_somebody_else(town: Instance, bouke: Counter) -> None:
    object_id = await said(town)

    for path in ("edit", "delete", "receipt"):
        assert (await bouke.get(f"/posts/{object_id}/{path}")).status_code == 404
    assert (await bouke.post(f"/posts/{object_id}/edit", {"text": "Kaap"})).status_code == 403
    assert (await bouke.post(f"/posts/{object_id}/delete", {})).status_code == 403


async def test_the_author_sees_where_a_message_went_and_sends_it_again(town: Instance, fatima: Counter) -> None:
    object_id = await said(town)

    page = await text(await fatima.get(f"/posts/{object_id}/receipt"))

    assert "leeuwarden.example" in page
    assert (await fatima.post(f"/posts/{object_id}/resend", {})).headers["Location"] == f"/posts/{object_id}/receipt"


# --- acting -----------------------------------------------------------------------------------------------------


async def test_buttons_do_and_undo(town: Instance, bouke: Counter) -> None:
    object_id = await said(town)

    async def counts(*actions: str) -> tuple[int, int]:
        for action in actions:
            answer = await bouke.post(f"/posts/{object_id}/{action}", {"next": "/timeline/public"})
            assert (answer.status_code, answer.headers["Location"]) == (303, "/timeline/public")
        row = await town.read(post_queries.get_any, object_id=object_id)
        return row.likes, row.shares

    assert await counts("like", "share", "like", "share") == (1, 1)
    assert await counts("unlike", "unshare", "unlike") == (0, 0)


async def test_a_reaction_is_given_and_taken_back(town: Instance, bouke: Counter) -> None:
    object_id = await said(town)

    await bouke.post(f"/posts/{object_id}/react", {"emoji": "🚲"})
    assert "🚲" in await text(await bouke.get(f"/posts/{object_id}"))
    await bouke.post(f"/posts/{object_id}/react", {"emoji": "🚲"})
    assert "🚲" not in await text(await bouke.get(f"/posts/{object_id}"))
    assert (await bouke.post(f"/posts/{object_id}/react", {"emoji": "geen"})).status_code == 422


async def test_somebody_votes(town: Instance, bouke: Counter) -> None:
    from fedgov.features.posts.vocabulary import PollDraft
    from fedgov.kernel.clock import DAY

    poll = PollDraft(options=("Ja", "Nee"), ends_at=town.clock.now() + DAY)
    object_id = await said(town, "Koffie?", poll=poll)

    assert (await bouke.post(f"/posts/{object_id}/vote", {"choice": "x"})).status_code == 422
    assert (await bouke.post(f"/posts/{object_id}/vote", {"choice": "1"})).status_code == 303
    assert "your vote" in await text(await bouke.get(f"/posts/{object_id}"))
    assert (await bouke.post(f"/posts/{object_id}/vote", {"choice": "0"})).status_code == 409


@pytest.mark.parametrize("action", ["like", "share", "vote", "pin", "react", "resend", "edit", "delete"])
async def test_a_visitor_changes_nothing(town: Instance, visitor: Counter, action: str) -> None:
    object_id = await said(town)

    assert (await visitor.post(f"/posts/{object_id}/{action}", {"emoji": "🎉", "choice": "0"})).status_code in (
        401,
        403,
    )
    row = await town.read(post_queries.get_any, object_id=object_id)
    assert (row.likes, row.shares) == (0, 0)


async def test_an_emoji_of_another_server_is_shown_from_our_own(town: Instance, visitor: Counter) -> None:
    tag = [{"type": "Emoji", "name": ":koe:", "icon": {"type": "Image", "url": "https://leeuwarden.example/koe.png"}}]
    attachment = [{"type": "Image", "url": "https://leeuwarden.example/1.png", "mediaType": "image/png"}]
    document = note(content='<p title=":koe:">Kijk :koe: :schaap:</p>', tag=tag, attachment=attachment, to=[PUBLIC])
    await town.write(deliver, activity("Create", document))

    page = await text(await visitor.get("/timeline/public"))

    assert page.count('src="/media/proxy/') == 2
    assert 'alt=":koe:"' in page
    assert ":schaap:" in page
    assert 'src="https://leeuwarden' not in page
