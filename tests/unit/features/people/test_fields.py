"""Pages that lead back to the profile that links to them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fedgov.features.people import present, queries
from fedgov.features.people.service import fields
from fedgov.features.people.service.accounts import disable
from fedgov.features.people.service.profiles import Profile, change_profile
from fedgov.federation import actors
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY, ManualClock
from fedgov.kernel.errors import FedgovError, NotFoundError, RateLimitedError, UnreachableError
from fedgov.store.transaction import Transaction
from fedgov.web.cards import ProfileField
from tests.unit.features.residents import NOW, World, settle

PAGE = "https://fatima.example/over-mij"
BACK = '<html><head><link rel="stylesheet me" href="https://GRONINGEN.example/@fatima"></head></html>'


@dataclass
class Web(World):
    """Pages by address."""

    pages: dict[str, tuple[str, str] | FedgovError] = field(default_factory=dict)

    async def file(self, url: str, *, max_bytes: int, accept: str = "", stay: bool = False) -> tuple[str, bytes]:
        assert stay, "whoever is led elsewhere learns nothing about this page"
        self.asked.append(url)
        found = self.pages.get(url, NotFoundError("nothing there"))
        if isinstance(found, FedgovError):
            raise found
        return found[0], found[1].encode()


@pytest.fixture
def web(instance: Instance) -> Web:
    """What stands elsewhere."""
    instance.fetch = found = Web()
    return found


async def describe(instance: Instance, *rows: tuple[str, str]) -> str:
    """Let fatima fill in the facts on her profile; return her URI."""
    uri = instance.site.actor("fatima")
    if await instance.read(actors.find, uri=uri) is None:
        await instance.write(settle)
    await instance.write(change_profile, actor=uri, profile=Profile(fields=rows))
    return uri


async def seen(instance: Instance) -> dict[str, int | None]:
    """Return since when the facts on her profile lead back, as a visitor sees them."""

    def cards(tx: Transaction) -> tuple[ProfileField, ...]:
        row = actors.get(tx, uri=tx.site.actor("fatima"))
        return present.profile_cards(tx, [row])[row.uri].fields

    return {each.name: each.confirmed_at for each in await instance.read(cards)}


async def test_a_page_that_links_back_is_confirmed_on_the_profile_and_in_no_document(
    instance: Instance, web: Web
) -> None:
    web.pages[PAGE] = ("text/html", BACK)
    uri = await describe(instance, ("Site", PAGE), ("Telefoon", "050 - 1234"), ("Ook", f"kijk op {PAGE}"))
    assert await seen(instance) == {"Site": None, "Telefoon": None, "Ook": None}

    await fields.look(instance)

    assert await seen(instance) == {"Site": NOW, "Telefoon": None, "Ook": None}
    assert web.asked == [PAGE]
    document = await instance.read(lambda tx: actors.document(tx, row=actors.get(tx, uri=uri)))
    assert {row["name"] for row in document["attachment"]} == {"Site", "Telefoon", "Ook"}


@pytest.mark.parametrize(
    "page",
    [
        "",
        '<a href="https://groningen.example/@fatima">',
        '<a rel="me" href="https://groningen.example/@jan">',
        '<a rel="me" href="https://groningen.example.evil.example/@fatima">',
        '<a rel="menu" href="https://groningen.example/@fatima">',
        '<form rel="me" action="https://groningen.example/@fatima" href="https://groningen.example/@fatima">',
        '<!-- <a rel="me" href="https://groningen.example/@fatima"> -->',
        '<script>"<a rel=me href=https://groningen.example/@fatima>"</script>',
        '<a rel="me" href="javascript:https://groningen.example/@fatima">',
    ],
)
async def test_a_page_that_does_not_link_back_confirms_nothing(instance: Instance, web: Web, page: str) -> None:
    web.pages[PAGE] = ("text/html", page)
    await describe(instance, ("Site", PAGE))

    await fields.look(instance)

    assert await seen(instance) == {"Site": None}


async def test_what_is_no_page_confirms_nothing(instance: Instance, web: Web) -> None:
    web.pages[PAGE] = ("image/svg+xml", BACK)
    await describe(instance, ("Site", PAGE))

    await fields.look(instance)

    assert await seen(instance) == {"Site": None}


@pytest.mark.parametrize("rel", ["me", "ME", "nofollow me noopener"])
@pytest.mark.parametrize("address", ["https://groningen.example/@fatima", "https://groningen.example/users/fatima"])
async def test_a_link_of_any_spelling_leads_back(instance: Instance, web: Web, rel: str, address: str) -> None:
    web.pages[PAGE] = ("text/html", f"<p><A REL='{rel}' HREF=' {address} '>ik")
    await describe(instance, ("Site", PAGE))

    await fields.look(instance)

    assert await seen(instance) == {"Site": NOW}


async def test_a_page_is_looked_at_again_after_a_day_and_not_before(instance: Instance, web: Web) -> None:
    assert isinstance(instance.clock, ManualClock)
    web.pages[PAGE] = ("text/html", BACK)
    await describe(instance, ("Site", PAGE))
    await fields.look(instance)
    web.pages[PAGE] = ("text/html", "verhuisd")

    await fields.look(instance)
    assert await seen(instance) == {"Site": NOW}
    instance.clock.advance(DAY)
    await fields.look(instance)

    assert await seen(instance) == {"Site": None}
    assert web.asked == [PAGE, PAGE]


@pytest.mark.parametrize("trouble", [UnreachableError("no answer"), RateLimitedError("too often")])
async def test_a_page_that_does_not_answer_for_a_while_stays_confirmed(
    instance: Instance, web: Web, trouble: FedgovError
) -> None:
    assert isinstance(instance.clock, ManualClock)
    web.pages[PAGE] = ("text/html", BACK)
    await describe(instance, ("Site", PAGE))
    await fields.look(instance)
    web.pages[PAGE] = trouble
    instance.clock.advance(DAY)

    await fields.look(instance)

    assert await seen(instance) == {"Site": NOW}


async def test_a_page_that_is_gone_is_confirmed_no_longer(instance: Instance, web: Web) -> None:
    assert isinstance(instance.clock, ManualClock)
    web.pages[PAGE] = ("text/html", BACK)
    await describe(instance, ("Site", PAGE))
    await fields.look(instance)
    web.pages[PAGE] = NotFoundError("nothing there any more")
    instance.clock.advance(DAY)

    await fields.look(instance)

    assert await seen(instance) == {"Site": None}


async def test_a_page_stays_confirmed_when_something_else_on_the_profile_changes(instance: Instance, web: Web) -> None:
    web.pages[PAGE] = ("text/html", BACK)
    await describe(instance, ("Site", PAGE))
    await fields.look(instance)

    uri = await describe(instance, ("Mijn site", PAGE), ("Regio", "Noord"))

    assert await seen(instance) == {"Mijn site": NOW, "Regio": None}
    await describe(instance, ("Regio", "Noord"))
    await describe(instance, ("Site", PAGE))
    assert await seen(instance) == {"Site": None}, "what left the profile is looked at anew"
    assert await instance.read(fields.confirmed, actor=uri) == {}


async def test_who_mended_a_page_need_not_wait_for_a_day(instance: Instance, web: Web) -> None:
    await describe(instance, ("Site", PAGE))
    await fields.look(instance)
    web.pages[PAGE] = ("text/html", BACK)

    await describe(instance, ("Site", PAGE), ("Regio", "Noord"))
    await fields.look(instance)

    assert await seen(instance) == {"Site": NOW, "Regio": None}


async def test_our_own_pages_and_those_of_who_is_disabled_are_not_asked_for(instance: Instance, web: Web) -> None:
    await describe(instance, ("Hier", "https://groningen.example/@jan"))
    await fields.look(instance)
    assert web.asked == []
    await describe(instance, ("Site", PAGE))
    account = await instance.read(queries.account_of, actor=instance.site.actor("fatima"))
    assert account is not None

    await instance.write(disable, account_id=account.id)
    await fields.look(instance)

    assert web.asked == []


async def test_a_page_full_of_links_is_read_to_a_limit() -> None:
    page = "".join(f'<a rel="me" href="https://a.example/{number}">' for number in range(5_000))
    assert len(fields.links_to_me(page)) == 1_000
