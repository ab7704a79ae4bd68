"""Announcements: who sees them when, what people do with them, and what is written down of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from fedgov.features.notices.commands import announce
from fedgov.features.notices.pages.blueprint import blueprint
from fedgov.features.notices.queries import announcements as queries
from fedgov.features.notices.service import announcements as service
from fedgov.features.notices.service.listeners import LISTENERS
from fedgov.features.notices.vocabulary import AnnouncementGone, AnnouncementReacted, AnnouncementShown
from fedgov.features.people.vocabulary import ActorRemoved
from fedgov.instance import Instance
from fedgov.kernel.clock import HOUR, ManualClock
from fedgov.kernel.errors import FedgovError, ForbiddenError, InvalidError, NotFoundError
from fedgov.store.tables import audit_entries
from fedgov.store.transaction import Listener, Transaction
from tests.unit.features.notices.people import ANNA, BOUKE, CARLA, JELLE, keep, settle
from tests.unit.features.trust.counter import CommandLine, Counter, person
from tests.unit.features.trust.town import town_hall

Heard = list[object]


@pytest.fixture
def heard() -> Heard:
    """Events, in their order."""
    return []


@pytest_asyncio.fixture
async def town(tmp_path: Path, heard: Heard) -> AsyncIterator[Instance]:
    """Gemeente Groningen, where somebody listens."""

    def listen(_tx: Transaction, event: object) -> None:
        heard.append(event)

    kinds: tuple[type, ...] = (AnnouncementShown, AnnouncementReacted, AnnouncementGone)
    listening: dict[type, list[Listener]] = {kind: [listen] for kind in kinds}
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    async with town_hall(tmp_path, database_url=url, listeners={**LISTENERS, **listening}) as instance:
        await instance.write(settle)
        yield instance


def told(tx: Transaction, who: str = ANNA, *, unread_only: bool = False) -> list[str]:
    return [each.text for each in queries.shown(tx, reader=who, unread_only=unread_only)]


def kinds_written_down(tx: Transaction) -> list[str]:
    return list(tx.values(select(audit_entries.c.kind).order_by(audit_entries.c.number)))


async def test_what_is_announced_is_told_to_everybody_here(town: Instance, heard: Heard) -> None:
    number = await town.write(service.write, text="Vanavond **onderhoud**", by=ANNA)
    for who in (ANNA, BOUKE):
        assert await town.read(told, who) == ["Vanavond **onderhoud**"]
    found = await town.read(queries.get, announcement_id=number)
    assert found.content_html == "<p>Vanavond <strong>onderhoud</strong></p>"
    assert heard == [AnnouncementShown(number)]


async def test_a_draft_is_shown_once_it_is_published_and_no_more_once_it_is_withdrawn(
    town: Instance, heard: Heard
) -> None:
    number = await town.write(service.write, text="Morgen taart", published=False)
    assert (await town.read(told), heard) == ([], [])
    await town.write(service.publish, announcement_id=number)
    await town.write(service.publish, announcement_id=number)
    assert await town.read(told) == ["Morgen taart"]
    await town.write(service.withdraw, announcement_id=number)
    assert await town.read(told) == []
    assert heard == [AnnouncementShown(number), AnnouncementGone(number)]
    await town.write(service.remove, announcement_id=number)
    assert await town.read(queries.every) == []
    expected = ["announcement.written", "announcement.published", "announcement.withdrawn", "announcement.removed"]
    assert await town.read(kinds_written_down) == expected


async def test_an_announcement_begins_and_ends_by_the_clock(town: Instance, heard: Heard) -> None:
    clock = town.clock
    assert isinstance(clock, ManualClock)
    start = clock.now() + HOUR
    number = await town.write(service.write, text="Spreekuur", starts_at=start, ends_at=start + HOUR)
    await service.keep_time(town)
    assert (await town.read(told), heard) == ([], [])
    clock.advance(HOUR)
    await service.keep_time(town)
    await service.keep_time(town)
    assert (await town.read(told), heard) == (["Spreekuur"], [AnnouncementShown(number)])
    clock.advance(HOUR + 1)
    assert await town.read(told) == []
    await service.keep_time(town)
    assert heard == [AnnouncementShown(number), AnnouncementGone(number)]


async def test_who_read_it_does_not_see_it_on_their_pages_until_it_says_something_else(town: Instance) -> None:
    number = await town.write(service.write, text="Moi")
    await town.write(service.dismiss, reader=ANNA, announcement_id=number)
    assert await town.read(told, ANNA, unread_only=True) == []
    assert await town.read(told, BOUKE, unread_only=True) == ["Moi"]
    assert [each.read for each in await town.read(queries.shown, reader=ANNA)] == [True]
    await town.write(service.change, announcement_id=number, text="Moi, allemaal")
    assert await town.read(told, ANNA, unread_only=True) == ["Moi, allemaal"]


async def test_people_put_emoji_under_it_and_take_them_away(town: Instance, heard: Heard) -> None:
    number = await town.write(service.write, text="Moi")
    heard.clear()
    for who in (ANNA, BOUKE, ANNA):
        await town.write(service.react, reader=who, announcement_id=number, emoji="🎉")
    await town.write(service.unreact, reader=BOUKE, announcement_id=number, emoji="🎉")
    found = await town.read(queries.get, announcement_id=number, reader=ANNA)
    assert [(each.emoji, each.count, each.mine) for each in found.reactions] == [("🎉", 1, True)]
    assert heard == [AnnouncementReacted(number, "🎉", count) for count in (1, 2, 1)]


async def test_what_is_no_emoji_or_one_kind_too_many_is_refused(town: Instance) -> None:
    number = await town.write(service.write, text="Moi")
    for wrong in ("", "ja", ":blobcat:", "🎉 🎉", "🎉" * 30):
        with pytest.raises(InvalidError):
            await town.write(service.react, reader=ANNA, announcement_id=number, emoji=wrong)
    for emoji in "🎉👍❤😀🐑🚲🌷🧀":
        await town.write(service.react, reader=ANNA, announcement_id=number, emoji=emoji)
    with pytest.raises(InvalidError):
        await town.write(service.react, reader=BOUKE, announcement_id=number, emoji="🦆")
    await town.write(service.react, reader=BOUKE, announcement_id=number, emoji="🧀")


async def test_nobody_answers_what_is_not_shown_and_nobody_elsewhere_answers(town: Instance) -> None:
    draft = await town.write(service.write, text="Moi", published=False)
    number = await town.write(service.write, text="Moi")
    wrong: tuple[tuple[type[FedgovError], str, int], ...] = (
        (NotFoundError, ANNA, draft), (NotFoundError, ANNA, 12), (ForbiddenError, JELLE, number),
    )  # fmt: skip
    for error, who, which in wrong:
        with pytest.raises(error):
            await town.write(service.dismiss, reader=who, announcement_id=which)
        with pytest.raises(error):
            await town.write(service.react, reader=who, announcement_id=which, emoji="🎉")
    with pytest.raises(NotFoundError):
        await town.write(service.unreact, reader=ANNA, announcement_id=number, emoji="🎉")


async def test_what_cannot_be_announced_is_refused(town: Instance) -> None:
    for values in ({"text": "  "}, {"text": "a" * 10_001}, {"text": "a", "starts_at": 5, "ends_at": 5}):
        with pytest.raises(InvalidError):
            await town.write(service.write, **values)
    for act in (service.publish, service.withdraw, service.remove):
        with pytest.raises(NotFoundError):
            await town.write(act, announcement_id=12)
    assert await town.read(queries.every) == []


async def test_it_names_people_subjects_and_posts_that_everybody_may_read(town: Instance) -> None:
    post, closed = await town.write(keep, ANNA), await town.write(keep, ANNA)
    await town.write(_close, closed)
    text = f"@anna en @niemand over #Fietsen: {town.site.post(post)} {town.site.post(closed)}"
    number = await town.write(service.write, text=text)
    found = await town.read(queries.get, announcement_id=number)
    assert (found.mentions, found.hashtags, found.posts) == ((ANNA,), ("fietsen",), (post,))


def _close(tx: Transaction, number: int) -> None:
    from fedgov.features.posts.tables import posts

    tx.execute(posts.update().where(posts.c.object_id == number).values(visibility="followers"))


async def test_who_is_gone_leaves_no_emoji(town: Instance) -> None:
    number = await town.write(service.write, text="Moi")
    await town.write(service.react, reader=CARLA, announcement_id=number, emoji="🎉")

    def go(tx: Transaction) -> None:
        tx.tell(ActorRemoved(uri=CARLA))

    await town.write(go)
    assert (await town.read(queries.get, announcement_id=number)).reactions == ()


# --- pages ------------------------------------------------------------------------------------------------------


async def test_a_reader_sees_it_above_their_messages_until_they_read_it(town: Instance) -> None:
    number = await town.write(service.write, text="Vanavond **onderhoud**")
    anna = Counter(town, blueprint(), visitor=person("anna"))
    assert "<strong>onderhoud</strong>" in await _text(anna, "/home")
    assert (await anna.post("/announcements", {"announcement": str(number)})).status_code == 303
    assert "onderhoud" not in await _text(anna, "/home")


async def test_a_reader_puts_an_emoji_under_it_and_takes_it_away(town: Instance) -> None:
    number = await town.write(service.write, text="Moi")
    anna = Counter(town, blueprint(), visitor=person("anna"))

    async def sent(**values: str) -> int:
        return (await anna.post("/announcements", {"announcement": str(number), **values})).status_code

    assert await sent(emoji="🎉") == 303
    page = await _text(anna, "/home?lang=en")
    assert 'aria-pressed="true"' in page, "it is still there to be read"
    for refused, wrong in ((422, {"emoji": "ja"}), (422, {"emoji": ""}), (404, {"emoji": "👍", "mine": "yes"})):
        assert await sent(**wrong) == refused
    assert await sent(emoji="🎉", mine="yes") == 303
    assert (await town.read(queries.get, announcement_id=number)).reactions == ()


async def test_an_administrator_writes_changes_and_withdraws_on_a_page(town: Instance) -> None:
    office = Counter(town, blueprint(), visitor=person("anna", administrator=True))
    path = "/admin/announcements"
    written = {"action": "write", "text": "Moi", "starts": "2020-01-01", "ends": "2030-01-02"}
    assert (await office.post(path, written)).status_code == 303
    [found] = await town.read(queries.every)
    assert (found.all_day, found.is_shown, found.ends_at) == (True, True, 1_893_625_199_999)  # the end of 2 January
    page = await _text(office, f"{path}?change={found.id}")
    assert 'value="2030-01-02"' in page
    assert (
        await office.post(path, {"action": "change", "announcement": str(found.id), "text": "Hoi"})
    ).status_code == 303
    for action, shown in (("withdraw", False), ("publish", True)):
        assert (await office.post(path, {"action": action, "announcement": str(found.id)})).status_code == 303
        assert [(each.text, each.is_shown) for each in await town.read(queries.every)] == [("Hoi", shown)]


async def test_what_an_administrator_typed_is_kept_when_it_cannot_be_announced(town: Instance) -> None:
    office = Counter(town, blueprint(), visitor=person("anna", administrator=True))
    for wrong in ({"starts": "morgen"}, {"starts": "2026-02-01", "ends": "2026-01-01"}):
        answer = await office.post("/admin/announcements", {"action": "write", "text": "Bewaar mij", **wrong})
        assert answer.status_code == 422
        assert "Bewaar mij" in await answer.get_data(as_text=True)
    assert await town.read(queries.every) == []


async def test_nobody_but_an_administrator_announces(town: Instance) -> None:
    anna = Counter(town, blueprint(), visitor=person("anna"))
    assert (await anna.get("/admin/announcements")).status_code == 403
    assert (await anna.post("/admin/announcements", {"action": "write", "text": "Moi"})).status_code == 403
    assert await town.read(queries.every) == []


async def _text(counter: Counter, path: str) -> str:
    answer = await counter.get(path)
    assert answer.status_code == 200, answer.status_code
    return str(await answer.get_data(as_text=True))


# --- the command line -------------------------------------------------------------------------------------------


async def test_the_command_line_announces_and_withdraws(town: Instance) -> None:
    line = CommandLine(town)
    done = await line.type(announce, "write", "Vanavond onderhoud", "--until", "2030-01-02 08:00")
    assert done.exit_code == 0, done.output
    [found] = await town.read(queries.every)
    assert (found.text, found.is_shown, found.ends_at is not None) == ("Vanavond onderhoud", True, True)
    for words in (("change", "Morgen"), ("withdraw",), ("publish",)):
        done = await line.type(announce, words[0], str(found.id), *words[1:])
        assert done.exit_code == 0, done.output
    listed = (await line.type(announce, "list")).output
    assert "Morgen" in listed
    assert "shown" in listed
    assert (await line.type(announce, "remove", str(found.id))).exit_code == 0
    assert (await line.type(announce, "list")).output == "There are no announcements.\n"


async def test_the_command_line_refuses_what_is_not_there(town: Instance) -> None:
    assert isinstance((await CommandLine(town).type(announce, "withdraw", "12")).exception, NotFoundError)
