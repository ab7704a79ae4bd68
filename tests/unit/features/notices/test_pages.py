"""The pages of what is there for one person."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fedgov.activitystreams.audience import Visibility
from fedgov.activitystreams.tag import Emoji
from fedgov.features.moderation.vocabulary import ReportAnswered, ReportDecided
from fedgov.features.notices.pages.blueprint import blueprint
from fedgov.features.notices.queries.bookmarks import bookmarked
from fedgov.features.notices.queries.notifications import count_unread
from fedgov.features.notices.service.bookmarks import bookmark
from fedgov.features.notices.service.filters import create_filter
from fedgov.features.notices.service.listeners import LISTENERS
from fedgov.features.notices.vocabulary import FilterAction, FilterContext, KeywordChange
from fedgov.features.posts.service import reacting
from fedgov.features.posts.tables import posts
from fedgov.features.posts.vocabulary import PollEnded, PostLiked
from fedgov.instance import Instance
from fedgov.store.transaction import Transaction
from tests.unit.features.notices.people import ANNA, BOUKE, JELLE, SJOERD, follow, keep, mute, say, settle, share, told
from tests.unit.features.trust.counter import Counter, person
from tests.unit.features.trust.town import town_hall

PATHS = ("/home", "/notifications", "/bookmarks")


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Instance]:
    """Gemeente Groningen, on SQLite: what the pages ask is tested on both elsewhere."""
    url = f"sqlite:///{tmp_path / 'fedgov.sqlite3'}"
    async with town_hall(tmp_path, database_url=url, listeners=LISTENERS) as instance:
        await instance.write(settle)
        yield instance


@pytest.fixture
def anna(town: Instance) -> Counter:
    """Anna's browser."""
    return Counter(town, blueprint(), visitor=person("anna"))


async def page(counter: Counter, path: str) -> str:
    answer = await counter.get(path)
    assert answer.status_code == 200, answer.status_code
    return str(await answer.get_data(as_text=True))


def shown(html: str) -> list[int]:
    """Row ids of the posts on a page."""
    return [int(number) for number in re.findall(r'<article[^>]* id="post-(\d+)"', html)]


def link(html: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', html)
    return None if found is None else found[1].replace("&amp;", "&")


@pytest.mark.parametrize("path", PATHS)
async def test_a_visitor_is_asked_to_log_in(town: Instance, path: str) -> None:
    answer = await Counter(town, blueprint()).get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("path", PATHS)
async def test_an_empty_list_is_a_page_too(anna: Counter, path: str) -> None:
    html = await page(anna, path)
    assert shown(html) == []
    assert link(html, "next") is link(html, "prev") is None


@pytest.mark.parametrize("query", ["max_id=x", "max_id=-1", "min_id=99999999999999999999", "since_id=%00", "limit=0"])
@pytest.mark.parametrize("path", PATHS)
async def test_a_cursor_that_makes_no_sense_is_no_mistake(anna: Counter, path: str, query: str) -> None:
    assert (await anna.get(f"{path}?{query}")).status_code == 200


async def test_home_shows_posts_with_who_brought_them(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> list[int]:
        follow(tx, ANNA, SJOERD)
        post = keep(tx, JELLE)
        share(tx, SJOERD, post)
        return [say(tx, ANNA), post]

    posts = await town.write(scene)
    html = await page(anna, "/home")
    assert shown(html) == posts
    assert "<bdi>Sjoerd</bdi> shared this" in html


async def test_the_composer_says_whom_a_message_would_reach(anna: Counter) -> None:
    html = await page(anna, "/home")
    assert "This goes to <strong>2 people at 1 organisation</strong>: gemeente Groningen." in html


async def test_home_is_walked_down_and_up_again(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> list[int]:
        return [say(tx, ANNA) for _ in range(45)][::-1]

    posts = await town.write(scene)
    first = await page(anna, "/home")
    assert shown(first) == posts[:20]
    assert link(first, "prev") is None
    second = await page(anna, link(first, "next") or "")
    third = await page(anna, link(second, "next") or "")
    assert shown(second) + shown(third) == posts[20:]
    assert link(third, "next") is None

    assert shown(await page(anna, link(third, "prev") or "")) == posts[20:40]
    up = await page(anna, link(second, "prev") or "")
    assert shown(up) == posts[:20]
    above = await anna.get(link(up, "prev") or "")
    assert (above.status_code, above.headers["Location"]) == (303, "/home")


async def test_a_page_of_which_everything_is_hidden_still_leads_on(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> int:
        follow(tx, ANNA, JELLE)
        last = say(tx, ANNA)
        for _ in range(20):
            say(tx, JELLE)
        mute(tx, ANNA, JELLE)
        return last

    last = await town.write(scene)
    first = await page(anna, "/home")
    assert shown(first) == []
    assert shown(await page(anna, link(first, "next") or "")) == [last]


async def test_what_somebody_may_no_longer_read_is_not_shown(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> None:
        from fedgov.federation import follows

        follow(tx, ANNA, JELLE)
        post = say(tx, JELLE, visibility=Visibility.FOLLOWERS)
        bookmark(tx, owner=ANNA, object_id=post)
        say(tx, JELLE, visibility=Visibility.FOLLOWERS, naming=[ANNA], to=())
        follows.remove(tx, follower=ANNA, following=JELLE)

    await town.write(scene)
    for path in PATHS:
        html = await page(anna, path)
        assert shown(html) == []
        assert "Moi" not in html
        assert "mentioned you" not in html


async def test_notifications_say_who_did_what_and_can_be_marked_as_read(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> None:
        post = keep(tx, ANNA)
        tx.tell(PostLiked(object_id=post, uri="", by=JELLE, author=ANNA))
        tx.tell(PollEnded(object_id=post, author=ANNA))

    await town.write(scene)
    html = await page(anna, "/notifications")
    assert "likes your message" in html
    assert html.count("notice unread") == 2

    answer = await anna.post("/notifications", {"action": "read"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/notifications")
    assert await town.read(count_unread, owner=ANNA) == 0
    assert "notice unread" not in await page(anna, "/notifications")


@pytest.mark.parametrize(("action", "left"), [(FilterAction.WARN, 1), (FilterAction.HIDE, 0)])
async def test_notifications_fold_what_a_filter_finds_or_leave_it_out(
    town: Instance, anna: Counter, action: FilterAction, left: int
) -> None:
    def scene(tx: Transaction) -> None:
        say(tx, JELLE, naming=[ANNA])
        keywords = [KeywordChange(keyword="Moi", whole_word=True)]
        places = (FilterContext.NOTIFICATIONS,)
        create_filter(tx, owner=ANNA, title="Groeten", contexts=places, action=action, keywords=keywords)

    await town.write(scene)
    html = await page(anna, "/notifications?lang=en")
    assert html.count("mentioned you") == left
    assert html.count("Groeten") == left
    assert ">Moi<" not in html


async def test_a_reaction_with_an_emoji_of_theirs_is_told_with_its_picture(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> None:
        post = keep(tx, ANNA)
        for who, url in ((JELLE, "https://leeuwarden.example/koe.png"), (SJOERD, None), (BOUKE, None)):
            picture = None if url is None else Emoji(shortcode="koe", url=url)
            emoji = "🎉" if who == BOUKE else ":koe:"
            reacting.like(tx, actor=who, object_id=post, emoji=emoji, activity_uri=f"{who}#1", picture=picture)

    await town.write(scene)
    html = await page(anna, "/notifications?lang=en")

    assert re.findall(r'reacted with <img class="emoji" src="/media/proxy/[^"]+/emoji" alt=":koe:"', html)
    assert html.count("<img class") == 1
    assert "reacted with :koe:" in html
    assert "reacted with 🎉" in html


async def test_a_message_without_words_has_a_link_with_words(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> None:
        post = keep(tx, ANNA)
        tx.execute(posts.update().values(content_html=""))
        tx.tell(PostLiked(object_id=post, uri="", by=JELLE, author=ANNA))

    await town.write(scene)
    html = await page(anna, "/notifications?lang=en")
    assert re.search(r'class="notice-post"[^>]*><bdi>Page of this message</bdi>', html)


async def test_what_became_of_a_report_is_said_in_words(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> None:
        tx.tell(ReportDecided(report_id=7, reporter=ANNA, note="Thank <you>"))
        tx.tell(ReportDecided(report_id=8, reporter=ANNA, resolved=False))
        for accepted in (True, False):
            tx.tell(ReportAnswered(report_id=7, reporter=ANNA, accepted=accepted))

    await town.write(scene)
    html = await page(anna, "/notifications?lang=en")
    assert "did something about it. Thank &lt;you&gt;" in html
    assert "looked at your report and found nothing" in html
    assert "The other organisation did something" in html
    assert "The other organisation found nothing" in html


async def test_only_what_was_said_to_me_is_a_list_of_its_own(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> None:
        tx.tell(PostLiked(object_id=keep(tx, ANNA), uri="", by=JELLE, author=ANNA))
        for _ in range(21):
            say(tx, SJOERD, naming=[ANNA])

    await town.write(scene)
    html = await page(anna, "/notifications?only=mentions")
    assert "likes your message" not in html
    assert html.count("mentioned you") == 20
    older = link(html, "next") or ""
    assert "only=mentions" in older
    last = await page(anna, older)
    assert last.count("mentioned you") == 1
    assert "likes your message" not in last
    assert link(last, "next") is None


async def test_all_notifications_can_be_removed(town: Instance, anna: Counter) -> None:
    def scene(tx: Transaction) -> None:
        for author in (ANNA, BOUKE):
            tx.tell(PostLiked(object_id=keep(tx, author), uri="", by=JELLE, author=author))

    await town.write(scene)
    assert (await anna.post("/notifications", {"action": "clear"})).status_code == 303
    assert await town.read(told, owner=ANNA) == []
    assert len(await town.read(told, owner=BOUKE)) == 1


async def test_notifications_cannot_be_changed_in_a_way_that_does_not_exist(anna: Counter) -> None:
    assert (await anna.post("/notifications", {"action": "explode"})).status_code == 422


async def test_a_post_is_saved_and_found_back(town: Instance, anna: Counter) -> None:
    post = await town.write(keep, author=JELLE)

    def is_saved(tx: Transaction) -> bool:
        return bool(bookmarked(tx, owner=ANNA, object_ids=[post]))

    answer = await anna.post(f"/posts/{post}/bookmark", {})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/posts/{post}")
    assert await town.read(is_saved)
    html = await page(anna, "/bookmarks")
    assert shown(html) == [post]
    assert f"/posts/{post}/unbookmark" in html

    await anna.post(f"/posts/{post}/unbookmark", {"next": "/bookmarks"})
    assert not await town.read(is_saved)
    assert shown(await page(anna, "/bookmarks")) == []


@pytest.mark.parametrize("number", ["12", "9223372036854775807", "9223372036854775808", "-1", "x"])
async def test_what_does_not_exist_cannot_be_saved(anna: Counter, number: str) -> None:
    assert (await anna.post(f"/posts/{number}/bookmark", {})).status_code == 404


async def test_what_somebody_may_not_read_cannot_be_saved(town: Instance, anna: Counter) -> None:
    post = await town.write(keep, author=JELLE, visibility=Visibility.FOLLOWERS)
    assert (await anna.post(f"/posts/{post}/bookmark", {})).status_code == 404


async def test_a_form_from_elsewhere_changes_nothing(town: Instance, anna: Counter) -> None:
    post = await town.write(keep, author=JELLE)
    assert (await anna.post(f"/posts/{post}/bookmark", {"csrf": "forged"})).status_code == 403
    assert shown(await page(anna, "/bookmarks")) == []
