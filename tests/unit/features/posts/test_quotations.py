"""Quoting on the web: choosing what, deciding who may, and answering who asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from markupsafe import escape
from quart import Response

from fedgov.activitystreams.audience import Visibility
from fedgov.features.posts.pages.blueprint import blueprint
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries import timelines
from fedgov.features.posts.service import quoting
from fedgov.features.posts.service.publishing import publish_post
from fedgov.features.posts.vocabulary import ACCEPTED, PENDING, REJECTED, REVOKED, QuotePolicy
from fedgov.instance import Instance
from fedgov.kernel.pagination import PageRequest
from fedgov.web.language import Translator
from tests.unit.features.residents import living_town, settle
from tests.unit.features.trust.counter import Counter, person

ASKED_FIRST = "The author is asked first. Until they agree, others see your message without this one."
NOT_THE_AUTHOR = "The author does not want this message to be quoted."
pytestmark = pytest.mark.asyncio(loop_scope="module")
FATIMA, BOUKE = "https://groningen.example/users/fatima", "https://groningen.example/users/bouke"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    """Gemeente Groningen, where Fatima, Bouke and Carla work."""
    folder = tmp_path_factory.mktemp("quotations")
    async with living_town(f"sqlite:///{folder / 'fedgov.sqlite3'}", folder=folder) as (instance, _):
        await instance.write(settle, name="Fatima de Vries")
        await instance.write(settle, "bouke", name="Bouke Postma")
        await instance.write(settle, "carla", name="Carla Smit")
        yield instance


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


def says(page: str, message: str) -> bool:
    """Tell whether a page says something, in the language of whoever reads it."""
    spoken = [Translator(language).gettext(message) for language in ("nl", "en")]
    return any(str(escape(each[:1].upper() + each[1:])) in page for each in spoken)


async def said(town: Instance, words: str = "Hallo allemaal", **values: Any) -> int:
    """Let Fatima write something; return its row id."""
    values.setdefault("visibility", Visibility.PUBLIC)
    return await town.write(publish_post, author=FATIMA, text=words, **values)


async def newest(town: Instance, author: str = FATIMA) -> Any:
    page = await town.read(timelines.profile_timeline, author=author, viewer=author, page=PageRequest(), tab="replies")
    return page.items[0].row


async def card_of(reader: Counter, object_id: int) -> str:
    return await text(await reader.get(f"/posts/{object_id}"))


async def quote(reader: Counter, quoted: int, **values: Any) -> Response:
    return await reader.post("/compose", {"text": "Lees dit", "audience": "public", "quote": str(quoted), **values})


async def stored(town: Instance, object_id: int) -> Any:
    return await town.read(post_queries.get_any, object_id=object_id)


# --- writing ----------------------------------------------------------------------------------------------------


async def test_the_page_of_writing_shows_what_is_quoted_and_so_does_the_message(town: Instance, bouke: Counter) -> None:
    quoted = await said(town, "Het plan voor de markt")
    assert f'href="/compose?quote={quoted}"' in await card_of(bouke, quoted)

    page = await text(await bouke.get(f"/compose?quote={quoted}"))
    assert f'<input type="hidden" name="quote" value="{quoted}">' in page
    assert "Het plan voor de markt" in page
    assert not says(page, ASKED_FIRST)
    preview = await text(await quote(bouke, quoted, action="preview"))
    assert preview.count("Het plan voor de markt") == 2

    answer = await quote(bouke, quoted)
    assert answer.status_code == 303
    made = await newest(town, BOUKE)
    assert (made.quote_id, made.quote_state) == (quoted, ACCEPTED)
    assert "Het plan voor de markt" in await card_of(bouke, made.object_id)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"quote_policy": QuotePolicy.NOBODY}, NOT_THE_AUTHOR),
        ({"quote_policy": QuotePolicy.FOLLOWERS}, "Only followers of the author may quote this message."),
        (
            {"visibility": Visibility.ORGANISATION},
            "Not everyone can read this message, so it cannot be quoted.",
        ),
    ],
)
async def test_what_may_not_be_quoted_says_why_instead(
    town: Instance, bouke: Counter, values: dict[str, Any], reason: str
) -> None:
    quoted = await said(town, **values)
    page = await card_of(bouke, quoted)
    assert says(page, reason)
    assert "/compose?quote=" not in page

    led_back = await bouke.get(f"/compose?quote={quoted}")
    assert (led_back.status_code, led_back.headers["Location"].partition("?")[0]) == (303, f"/posts/{quoted}")
    assert (await quote(bouke, quoted)).status_code == 422
    assert (await stored(town, quoted)).quotes == 0


async def test_a_message_that_is_not_for_the_reader_is_not_quoted_either(town: Instance, bouke: Counter) -> None:
    hidden = await said(town, "Voor volgers", visibility=Visibility.FOLLOWERS)
    assert (await bouke.get(f"/compose?quote={hidden}")).status_code == 404
    answer = await quote(bouke, hidden)
    assert answer.status_code == 422
    assert says(await text(answer), "what you quote is no longer there")
    assert "Voor volgers" not in await text(answer)


async def test_an_own_message_for_followers_is_quoted_for_them_alone(town: Instance, fatima: Counter) -> None:
    own = await said(town, "Voor volgers", visibility=Visibility.FOLLOWERS)
    page = await text(await fatima.get(f"/compose?quote={own}"))
    audiences = page.partition('id="f-audience"')[2].partition("</select>")[0]
    assert audiences.count("<option") == 1
    assert 'value="followers"' in audiences


# --- who may ----------------------------------------------------------------------------------------------------


async def test_who_may_quote_a_message_is_chosen_when_it_is_written_and_changed_later(
    town: Instance, fatima: Counter, bouke: Counter
) -> None:
    await fatima.post("/compose", {"text": "Een bericht", "audience": "public", "quote_policy": "nobody"})
    made = await newest(town)
    assert quoting.policy_of(made) is QuotePolicy.NOBODY

    page = await text(await fatima.get(f"/posts/{made.object_id}/edit"))
    assert '<option value="nobody" selected>' in page
    form = {"text": "Een bericht", "summary": "", "language": "nl"}
    await fatima.post(f"/posts/{made.object_id}/edit", form | {"quote_policy": "ask"})
    assert quoting.policy_of(await stored(town, made.object_id)) is QuotePolicy.ASK
    await fatima.post(f"/posts/{made.object_id}/edit", form)
    assert quoting.policy_of(await stored(town, made.object_id)) is QuotePolicy.ASK, "it was not in the form"

    for path in ("/compose", f"/posts/{made.object_id}/edit"):
        refused = await fatima.post(path, form | {"audience": "public", "quote_policy": "everybody"})
        assert refused.status_code == 422
        assert says(await text(refused), "choose who may quote this")


async def test_a_message_that_not_everybody_reads_has_no_such_choice(town: Instance, fatima: Counter) -> None:
    own = await said(town, visibility=Visibility.FOLLOWERS)
    assert 'name="quote_policy"' not in await text(await fatima.get(f"/posts/{own}/edit"))


# --- who asks ---------------------------------------------------------------------------------------------------


async def asked(town: Instance, bouke: Counter) -> tuple[int, int]:
    """Bouke wants to quote Fatima, who looks at it first; the row ids of both posts."""
    quoted = await said(town, "Het plan voor de markt", quote_policy=QuotePolicy.ASK)
    assert says(await text(await bouke.get(f"/compose?quote={quoted}")), ASKED_FIRST)
    await quote(bouke, quoted)
    return quoted, (await newest(town, BOUKE)).object_id


async def test_the_author_sees_how_it_would_look_and_accepts(
    town: Instance, fatima: Counter, bouke: Counter, visitor: Counter
) -> None:
    _, made = await asked(town, bouke)
    waiting = "The author of the quoted message has not agreed to it yet."
    for reader in (fatima, bouke, visitor):
        page = await card_of(reader, made)
        assert says(page, waiting)
        assert "Het plan voor de markt" not in page

    page = await text(await fatima.get("/quote-requests"))
    assert "Lees dit" in page
    assert "Het plan voor de markt" in page
    assert "Lees dit" not in await text(await bouke.get("/quote-requests"))
    assert (await visitor.get("/quote-requests")).status_code == 303

    assert (await fatima.post("/quote-requests", {"post": str(made), "action": "accept"})).status_code == 303
    assert (await stored(town, made)).quote_state == ACCEPTED
    assert "Het plan voor de markt" in await card_of(visitor, made)
    assert "Lees dit" not in await text(await fatima.get("/quote-requests"))


async def test_the_author_refuses_and_both_see_so(town: Instance, fatima: Counter, bouke: Counter) -> None:
    _, made = await asked(town, bouke)
    await fatima.post("/quote-requests", {"post": str(made), "action": "reject"})
    assert (await stored(town, made)).quote_state == REJECTED
    for reader in (fatima, bouke):
        assert says(await card_of(reader, made), "The author of the quoted message did not agree to it.")


async def test_nobody_else_decides_and_nothing_else_can_be_decided(
    town: Instance, fatima: Counter, bouke: Counter, visitor: Counter
) -> None:
    _, made = await asked(town, bouke)
    assert (await bouke.post("/quote-requests", {"post": str(made), "action": "accept"})).status_code == 404
    assert (await visitor.post("/quote-requests", {"post": str(made), "action": "accept"})).status_code == 401
    for values in ({"post": str(made), "action": "maybe"}, {"post": "x", "action": "accept"}, {}):
        assert (await fatima.post("/quote-requests", values)).status_code == 422
    assert (await fatima.post("/quote-requests", {"post": "1", "action": "accept"})).status_code == 404
    assert (await stored(town, made)).quote_state == PENDING


# --- by whom ----------------------------------------------------------------------------------------------------


async def test_the_author_sees_who_quotes_a_message_and_takes_consent_back(
    town: Instance, fatima: Counter, bouke: Counter, visitor: Counter
) -> None:
    quoted = await said(town, "Het plan voor de markt")
    await quote(bouke, quoted)
    made = (await newest(town, BOUKE)).object_id
    assert f'href="/posts/{quoted}/quotes"' in await card_of(fatima, quoted)
    revoke = f"/posts/{quoted}/quotes/{made}/revoke"
    page = await text(await fatima.get(f"/posts/{quoted}/quotes"))
    assert "Lees dit" in page
    assert revoke in page
    for reader in (bouke, Counter(town, blueprint(), visitor=person("carla"))):
        seen = await text(await reader.get(f"/posts/{quoted}/quotes"))
        assert "Lees dit" in seen
        assert revoke not in seen
    assert (await visitor.get(f"/posts/{quoted}/quotes")).status_code == 303

    assert (await bouke.post(revoke, {})).status_code == 403
    assert (await fatima.post(f"/posts/{made}/quotes/{quoted}/revoke", {})).status_code in {403, 404}
    assert (await stored(town, made)).quote_state == ACCEPTED

    assert (await fatima.post(revoke, {})).status_code == 303
    assert (await stored(town, made)).quote_state == REVOKED
    assert says(await card_of(bouke, made), "The author of the quoted message no longer agrees to it.")
    assert "Lees dit" not in await text(await fatima.get(f"/posts/{quoted}/quotes"))


async def test_who_quotes_what_is_not_for_the_reader_is_nobodys_business(town: Instance, bouke: Counter) -> None:
    hidden = await said(town, visibility=Visibility.FOLLOWERS)
    assert (await bouke.get(f"/posts/{hidden}/quotes")).status_code == 404
