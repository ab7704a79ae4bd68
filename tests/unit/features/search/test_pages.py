"""Finding people and messages by name, handle or address."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import Visibility
from fedgov.features.posts.service import storing
from fedgov.features.search.pages import blueprint
from fedgov.federation import objects, roster
from fedgov.instance import Instance
from fedgov.kernel.errors import (
    FedgovError,
    ForbiddenError,
    GoneError,
    MalformedError,
    NotFoundError,
    RateLimitedError,
    UnreachableError,
)
from fedgov.kernel.uris import Handle
from fedgov.store.tables import actors
from fedgov.store.transaction import Transaction
from fedgov.web.cards import PostCard
from fedgov.web.session import Visitor
from tests.trust import TrustInAllBut
from tests.unit.features.notices.people import ANNA, BOUKE, JELLE, SJOERD, block, keep, settle
from tests.unit.features.trust.counter import Counter, person
from tests.unit.features.trust.town import town_hall

NEW = "https://harlingen.example/users/fenna"


@dataclass
class World:
    """What is out there, and what was asked of it."""

    handles: dict[str, str] = field(default_factory=dict)
    actors: dict[str, str] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)
    trouble: FedgovError | None = None
    asked: list[str] = field(default_factory=list)

    async def actor_by_handle(self, handle: Handle) -> str:
        return self._answer(self.handles, str(handle), NotFoundError("nobody"))

    async def actor(self, uri: str) -> str:
        wrong = MalformedError("no actor") if uri in self.objects else NotFoundError("nothing")
        return self._answer(self.actors, uri, wrong)

    async def refresh_actor(self, uri: str) -> str:
        """Nothing is older than it was."""
        return await self.actor(uri)

    def refresh_thread(self, uri: str) -> None:
        """Nobody reads threads here."""

    async def object(self, uri: str) -> str:
        return self._answer(self.objects, uri, MalformedError("no object"))

    async def file(self, url: str, *, max_bytes: int, accept: str = "", stay: bool = False) -> tuple[str, bytes]:
        raise AssertionError("no file is asked for here")

    def _answer(self, where: dict[str, str], what: str, otherwise: FedgovError) -> str:
        self.asked.append(what)
        if self.trouble is not None:
            raise self.trouble
        if what not in where:
            raise otherwise
        return where[what]


@pytest.fixture
def world() -> World:
    return World(handles={"@jelle@leeuwarden.example": JELLE, "@anna@groningen.example": ANNA})


@pytest_asyncio.fixture
async def town(tmp_path: Path, world: World) -> AsyncIterator[Instance]:
    """Gemeente Groningen with its people and two that it knows at Leeuwarden."""

    def prepare(tx: Transaction) -> None:
        settle(tx)
        tx.execute(actors.update().where(actors.c.uri != SJOERD).values(discoverable=True))
        tx.execute(actors.update().where(actors.c.uri == BOUKE).values(function="inkoopadviseur"))
        roster.index_batch(tx, after=0)

    async with town_hall(tmp_path, database_url=f"sqlite:///{tmp_path / 'fedgov.sqlite3'}") as instance:
        await instance.write(prepare)
        instance.fetch = world
        yield instance


@pytest.fixture
def anna(town: Instance) -> Counter:
    """Anna's browser."""
    return Counter(town, blueprint(), visitor=person("anna"))


@pytest.fixture
def visitor(town: Instance) -> Counter:
    """The browser of somebody without an account."""
    return Counter(town, blueprint())


async def search(counter: Counter, words: str) -> str:
    answer = await counter.get(f"/search?q={quote(words)}&lang=en")
    assert answer.status_code == 200
    return str(await answer.get_data(as_text=True))


def people(html: str) -> list[str]:
    """Handles of the people on a page."""
    return re.findall(r'<div class="handle"><bdi>([^<]+)</bdi>', html)


async def test_without_words_the_page_explains_itself(anna: Counter) -> None:
    assert "You find colleagues of gemeente Groningen by their name." in await search(anna, "")


@pytest.mark.parametrize("words", ["bouke", "BOU", "inkoop", "@bouke"])
async def test_people_are_found_by_name_and_function(anna: Counter, world: World, words: str) -> None:
    assert people(await search(anna, words)) == ["@bouke@groningen.example"]
    assert world.asked == []


async def test_people_who_want_to_be_found_are_found_by_visitors_too(visitor: Counter) -> None:
    assert people(await search(visitor, "jelle")) == ["@jelle@leeuwarden.example"]
    assert people(await search(visitor, "sjoerd")) == []


async def test_somebody_with_whom_there_is_a_block_is_not_found_by_name(town: Instance, anna: Counter) -> None:
    await town.write(block, who=JELLE, whom=ANNA)
    assert people(await search(anna, "jelle")) == []


async def test_what_was_typed_comes_back_as_text(anna: Counter) -> None:
    html = await search(anna, '"><script>alert(1)</script>')
    assert "<script>alert(1)" not in html
    assert "Nothing found for" in html


@pytest.mark.parametrize("typed", ["@jelle@leeuwarden.example", "jelle@leeuwarden.example"])
async def test_a_handle_is_looked_up_where_it_lives(anna: Counter, world: World, typed: str) -> None:
    assert people(await search(anna, typed)) == ["@jelle@leeuwarden.example"]
    assert world.asked == ["@jelle@leeuwarden.example"]


async def test_the_address_of_a_person_elsewhere_is_looked_up(town: Instance, anna: Counter, world: World) -> None:
    page = "https://harlingen.example/@fenna"
    world.actors[page] = SJOERD
    assert people(await search(anna, page)) == ["@sjoerd@leeuwarden.example"]
    assert world.asked == [page]


async def test_the_address_of_a_message_elsewhere_is_looked_up(town: Instance, anna: Counter, world: World) -> None:
    def stored(tx: Transaction, object_id: int) -> str:
        row = objects.find_by_id(tx, row_id=object_id)
        assert row is not None
        return str(row.uri)

    post = await town.write(keep, author=JELLE)
    page = "https://leeuwarden.example/@jelle/1"
    world.objects[page] = await town.read(stored, object_id=post)
    html = await search(anna, page)
    assert f'id="post-{post}"' in html
    assert world.asked == [page, page]


async def test_what_is_known_is_found_by_its_address_without_asking(
    town: Instance, anna: Counter, world: World
) -> None:
    post = await town.write(keep, author=BOUKE)
    assert people(await search(anna, JELLE)) == ["@jelle@leeuwarden.example"]
    assert f'id="post-{post}"' in await search(anna, f"https://groningen.example/posts/{post}")
    assert world.asked == []


@pytest.mark.parametrize("path", ["/users/bouke", "/@bouke", "/people/@bouke", "/@bouke@groningen.example", "/@bouke/"])
async def test_the_address_of_a_page_of_ours_is_known(anna: Counter, visitor: Counter, world: World, path: str) -> None:
    for counter in (anna, visitor):
        assert people(await search(counter, f"https://groningen.example{path}")) == ["@bouke@groningen.example"]
    assert world.asked == []


@pytest.mark.parametrize("path", ["/users/nobody", "/@nobody", "/posts/12", "/posts/x", "/about", "/@a@b@c"])
async def test_an_address_of_ours_where_nothing_is_asks_nobody(anna: Counter, world: World, path: str) -> None:
    assert "no person or message that we can show" in await search(anna, f"https://groningen.example{path}")
    assert world.asked == []


async def test_somebody_who_is_gone_is_not_found(town: Instance, anna: Counter, visitor: Counter) -> None:
    def remove(tx: Transaction) -> None:
        from fedgov.federation.actors import mark_deleted

        for uri in (JELLE, BOUKE):
            mark_deleted(tx, uri=uri)

    await town.write(remove)
    for uri in (JELLE, BOUKE, "https://groningen.example/@bouke"):
        assert people(await search(anna, uri)) == []
    assert people(await search(visitor, BOUKE)) == []


async def test_a_message_that_somebody_may_not_read_looks_as_if_it_does_not_exist(
    town: Instance, anna: Counter, visitor: Counter
) -> None:
    closed = await town.write(keep, author=BOUKE, visibility=Visibility.FOLLOWERS)
    own = await town.write(keep, author=BOUKE, visibility=Visibility.ORGANISATION)
    for counter, post in ((anna, closed), (visitor, closed), (visitor, own)):
        html = await search(counter, f"https://groningen.example/posts/{post}")
        assert f'id="post-{post}"' not in html
        assert "Moi" not in html


@pytest.mark.parametrize("typed", ["@fenna@harlingen.example", "@jelle@leeuwarden.example", NEW, JELLE])
async def test_a_visitor_makes_this_server_ask_nobody(visitor: Counter, world: World, typed: str) -> None:
    html = await search(visitor, typed)
    assert people(html) == []
    assert "Log in to look up" in html
    assert world.asked == []


TROUBLE: list[tuple[FedgovError, str]] = [
    (NotFoundError("x"), "harlingen.example knows nobody with this address."),
    (MalformedError("x"), "harlingen.example knows nobody with this address."),
    (UnreachableError("x"), "harlingen.example does not answer at the moment."),
    (RateLimitedError("x"), "harlingen.example does not answer at the moment."),
    (ForbiddenError("x"), "does not exchange messages with harlingen.example."),
    (GoneError("x"), "has been deleted."),
]


@pytest.mark.parametrize(("trouble", "words"), TROUBLE)
async def test_what_went_wrong_is_said_plainly(anna: Counter, world: World, trouble: FedgovError, words: str) -> None:
    world.trouble = trouble
    html = await search(anna, "@fenna@harlingen.example")
    assert words in html
    assert "Nothing found for" not in html


@pytest.mark.parametrize(("trouble", "words"), [("nothing", "no person or message"), ("other", "no person or message")])
async def test_an_address_elsewhere_where_nothing_is_is_said_plainly(
    anna: Counter, world: World, trouble: str, words: str
) -> None:
    if trouble == "other":
        world.trouble = MalformedError("a page about cats")
    assert words in await search(anna, NEW)


@pytest.mark.parametrize("typed", ["@jelle@leeuwarden.example", JELLE, "https://leeuwarden.example/@jelle"])
async def test_a_server_that_we_do_not_trust_is_not_asked_and_shows_nobody(
    town: Instance, anna: Counter, world: World, typed: str
) -> None:
    assert isinstance(town.trust, TrustInAllBut)
    town.trust.refused.add("leeuwarden.example")
    html = await search(anna, typed)
    assert "does not exchange messages with leeuwarden.example" in html
    assert people(html) == []
    assert world.asked == []


# --- messages by their words ------------------------------------------------------------------------------------


def publish(tx: Transaction, text: str, visibility: Visibility, *hashtags: str) -> int:
    """Store a message of Bouke without telling anybody; return its row id."""
    number = tx.new_id()
    uri = tx.site.post(number)
    objects.add(
        tx,
        uri=uri,
        kind="Note",
        author=BOUKE,
        visibility=visibility,
        targets=(),
        document="{}",
        published_at=tx.now,
        row_id=number,
    )
    said = storing.Text(content_html=f"<p>{text}</p>", hashtags=hashtags)
    storing.store(
        tx,
        storing.NewPost(
            object_id=number,
            uri=uri,
            author=BOUKE,
            kind="Note",
            visibility=visibility,
            text=said,
            published_at=tx.now,
        ),
    )
    return number


async def test_messages_and_subjects_are_found_by_words_beside_people(town: Instance, anna: Counter) -> None:
    shown = await town.write(publish, "Het #inkoopkader is klaar", Visibility.ORGANISATION, "inkoopkader")
    html = await search(anna, "inkoop")

    assert people(html) == ["@bouke@groningen.example"]
    assert '<a class="tag" href="/tags/inkoopkader">#inkoopkader</a>' in html
    assert f'id="post-{shown}"' in html


async def test_nobody_sees_a_message_that_is_for_somebody_else(town: Instance, anna: Counter, visitor: Counter) -> None:
    await town.write(publish, "Iets #vertrouwelijks", Visibility.DIRECT, "vertrouwelijks")
    public = await town.write(publish, "Iets openbaars", Visibility.PUBLIC)

    assert "Nothing found for" in await search(anna, "vertrouwelijks")
    assert f'id="post-{public}"' in await search(anna, "openbaars")
    html = await search(visitor, "openbaars")
    assert "Nothing found for" in html
    assert "Log in to search messages too." in html


async def test_older_messages_are_on_the_next_page(town: Instance, anna: Counter) -> None:
    ids = [await town.write(publish, f"Verslag {number}", Visibility.PUBLIC) for number in range(21)]
    html = await search(anna, "verslag")
    assert f'id="post-{ids[0]}"' not in html
    (older,) = re.findall(r'rel="next" href="([^"]+)"', html)
    answer = await anna.get(older.replace("&amp;", "&"))
    assert f'id="post-{ids[0]}"' in str(await answer.get_data(as_text=True))


async def test_what_a_filter_of_the_reader_finds_is_folded_here_too(town: Instance, anna: Counter) -> None:
    await town.write(publish, "Verslag van de raad", Visibility.PUBLIC)

    async def fold(_reader: Visitor, cards: Sequence[PostCard], place: str) -> tuple[PostCard, ...]:
        return tuple(replace(card, folded=f"Raad {place}") for card in cards)

    anna.desk = replace(anna.desk, sift=fold)
    html = await search(anna, "verslag")
    assert "<bdi>Raad public</bdi>" in html


# --- coming home from elsewhere ---------------------------------------------------------------------------------


async def test_somebody_comes_home_to_a_person(anna: Counter, visitor: Counter, world: World) -> None:
    home = "/authorize_interaction?uri="
    world.handles["@jelle@leeuwarden.example"] = JELLE
    assert (await visitor.get(f"{home}{JELLE}")).headers["Location"].startswith("/login")
    assert world.asked == []
    for asked in (JELLE, "acct:jelle@leeuwarden.example"):
        assert (await anna.get(f"{home}{asked}")).headers["Location"] == "/people/@jelle@leeuwarden.example"
    assert (await anna.get(f"{home}https://leeuwarden.example/x")).status_code == 404
    assert (await anna.get(f"{home}%22x%22")).status_code == 400
    assert (await anna.get("/authorize_interaction")).status_code == 400


async def test_ac_03_nobody_is_led_to_a_message_that_is_for_somebody_else(town: Instance, anna: Counter) -> None:
    paths = []
    for audience in (Visibility.PUBLIC, Visibility.DIRECT):
        post = await town.write(keep, author=SJOERD, visibility=audience)
        row = await town.read(objects.find_by_id, row_id=post)
        assert row is not None
        answer = await anna.get(f"/authorize_interaction?uri={row.uri}")
        paths.append((answer.status_code, answer.headers.get("Location")))
    assert paths[0][0] == 303
    assert paths[1] == (404, None)
