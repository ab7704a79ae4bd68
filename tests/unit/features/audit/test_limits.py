"""What one account may do in an hour: the service counts, and the page says 429 with Retry-After."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import Visibility
from fedgov.app import FEATURES
from fedgov.features.media.service.uploads import upload
from fedgov.features.moderation import service as moderation
from fedgov.features.people.service import blocks, follows
from fedgov.features.people.service.profiles import Profile, change_profile
from fedgov.features.posts.service import publishing, reacting
from fedgov.instance import Instance
from fedgov.kernel.acting import By
from fedgov.kernel.clock import HOUR, ManualClock
from fedgov.kernel.config import LimitSettings
from fedgov.kernel.errors import FedgovError, OverLimitError
from fedgov.kernel.uris import Handle
from fedgov.store.transaction import Transaction
from tests.tables import known_tables
from tests.unit.features.audit.test_every_act import hire
from tests.unit.features.trust.counter import Counter, person
from tests.unit.features.trust.town import town_hall

FATIMA: Final = "https://groningen.example/users/fatima"
JAN: Final = "https://groningen.example/users/jan"
MOST: Final = 2
OF_NO_ACCOUNT: Final = frozenset({"newcomers_per_hour", "apps_per_hour"})
"""Count a domain elsewhere (tests/security/test_load.py), or a network (tests/unit/features/people/test_apps.py)."""

Act = Callable[[Instance], Awaitable[object]]


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Instance]:
    """A town hall where everything is allowed twice an hour."""
    known_tables()
    names = [name for name in LimitSettings.__slots__ if name.endswith("_per_hour")]
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    async with town_hall(tmp_path, database_url=url, limits=dict.fromkeys(names, MOST)) as instance:
        for username in ("fatima", "jan"):
            await instance.write(hire, username=username)
        yield instance


def post(tx: Transaction) -> int:
    return publishing.publish_post(tx, author=FATIMA, text="Hallo", visibility=Visibility.ORGANISATION)


async def write(instance: Instance) -> None:
    await instance.write(post)


async def edit(instance: Instance) -> None:
    await instance.write(publishing.edit_post, actor=FATIMA, object_id=1, text="Anders")


async def share(instance: Instance) -> None:
    await instance.write(reacting.share, actor=FATIMA, object_id=1)


async def like(instance: Instance) -> None:
    await instance.write(reacting.like, actor=FATIMA, object_id=1)


async def follow(instance: Instance) -> None:
    await instance.write(follows.follow, actor=FATIMA, target=JAN)


async def block(instance: Instance) -> None:
    await instance.write(blocks.block, who=FATIMA, whom=JAN)


async def mute(instance: Instance) -> None:
    await instance.write(blocks.mute, who=FATIMA, whom=JAN)


async def report(instance: Instance) -> None:
    await instance.write(moderation.report, reporter=FATIMA, target=JAN)


async def describe(instance: Instance) -> None:
    await instance.write(change_profile, actor=FATIMA, profile=Profile(name="Fatima"))


async def add_file(instance: Instance) -> None:
    await upload(instance, owner=FATIMA, name="x.txt", data=b"%PDF-1.4 x")


async def look_up(instance: Instance) -> None:
    await instance.fetch.actor_by_handle(Handle(username="pieter", host="leeuwarden.example"))


async def look_at(instance: Instance) -> None:
    await instance.fetch.object("https://leeuwarden.example/1")


ACTS: Final = {
    "posts": (write, edit, share, describe),
    "reactions": (like,),
    "follows": (follow, block, mute),
    "uploads": (add_file,),
    "reports": (report,),
    "lookups": (look_up, look_at),
}


async def tried(act: Act, instance: Instance) -> bool:
    """Whether it was over the limit; that it fails for another reason does not matter here."""
    try:
        await act(instance)
    except OverLimitError:
        return True
    except FedgovError:
        pass
    return False


def test_every_limit_of_an_account_has_an_act_here() -> None:
    assert {f"{name}_per_hour" for name in ACTS} == {
        name for name in LimitSettings.__slots__ if "_per_hour" in name and name not in OF_NO_ACCOUNT
    }


@pytest.mark.parametrize("door", ["web", "api", "command line"])
@pytest.mark.parametrize("act", [act for acts in ACTS.values() for act in acts])
async def test_whoever_does_it_too_often_is_put_off_for_a_while(town: Instance, act: Act, door: str) -> None:
    fatima = town.acting(By(who=FATIMA, door=door))  # type: ignore[arg-type]

    assert [await tried(act, fatima) for _ in range(MOST + 2)] == [False] * MOST + [True] * 2

    assert not any([await tried(act, town) for _ in range(MOST + 2)]), "the server itself is not limited"
    assert isinstance(town.clock, ManualClock)
    town.clock.advance(HOUR)
    assert not await tried(act, fatima)


async def test_the_page_says_429_and_when_to_come_back_and_keeps_what_was_typed(town: Instance) -> None:
    pages = [feature.pages() for feature in FEATURES if feature.pages is not None]
    browser = Counter(town, *pages, visitor=person("fatima"))
    form = {"text": "Mijn lange verhaal", "audience": "organisation", "action": "publish"}
    answers = [await browser.post("/compose", form) for _ in range(MOST + 1)]

    assert [each.status_code for each in answers] == [303] * MOST + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= HOUR // 1_000
    page = await answers[-1].get_data(as_text=True)
    assert "That is a bit too fast" in page
    assert "Too many requests; wait a moment." in page
    assert "Mijn lange verhaal" in page


async def test_a_search_that_asks_others_too_often_is_put_off_too(town: Instance) -> None:
    pages = [feature.pages() for feature in FEATURES if feature.pages is not None]
    browser = Counter(town, *pages, visitor=person("fatima"))
    path = "/search?q=%40pieter%40leeuwarden.example"
    assert [(await browser.get(path)).status_code for _ in range(MOST + 1)] == [200] * MOST + [429]
