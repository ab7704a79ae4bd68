"""Who gets to see what on the home timeline."""

from __future__ import annotations

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.queries.home import has_home_before, home_page
from fedgov.features.people.vocabulary import ActorRemoved, Blocked, Followed, Unfollowed
from fedgov.features.posts.vocabulary import PostRemoved, PostUnshared
from fedgov.instance import Instance
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from tests.unit.features.notices.people import (
    ANNA,
    BOUKE,
    CARLA,
    JELLE,
    SJOERD,
    block,
    follow,
    keep,
    mute,
    say,
    share,
    timeline,
)

HERE = {ANNA: "anna", BOUKE: "bouke", CARLA: "carla"}


def readers(tx: Transaction, object_id: int) -> set[str]:
    return {name for uri, name in HERE.items() if object_id in timeline(tx, uri)}


# --- fan-out ----------------------------------------------------------------------------------------------------

# Anna follows the author; Bouke is named; Carla has nothing to do with it.
FAN_OUT = [
    (JELLE, Visibility.PUBLIC, {"anna", "bouke"}),
    (JELLE, Visibility.UNLISTED, {"anna", "bouke"}),
    (JELLE, Visibility.FOLLOWERS, {"anna", "bouke"}),
    (JELLE, Visibility.DIRECT, {"bouke"}),
    (CARLA, Visibility.PUBLIC, {"anna", "bouke", "carla"}),
    (CARLA, Visibility.UNLISTED, {"anna", "bouke", "carla"}),
    (CARLA, Visibility.FOLLOWERS, {"anna", "bouke", "carla"}),
    (CARLA, Visibility.DIRECT, {"bouke", "carla"}),
    (CARLA, Visibility.ORGANISATION, {"anna", "bouke", "carla"}),
]


@pytest.mark.parametrize(("author", "visibility", "expected"), FAN_OUT)
async def test_a_post_reaches_its_author_its_followers_and_whom_it_names(
    town: Instance, author: str, visibility: Visibility, expected: set[str]
) -> None:
    def scene(tx: Transaction) -> set[str]:
        follow(tx, ANNA, author)
        return readers(tx, say(tx, author, visibility=visibility, naming=[BOUKE]))

    assert await town.write(scene) == expected


async def test_a_post_does_not_reach_those_who_do_not_follow(town: Instance) -> None:
    def scene(tx: Transaction) -> set[str]:
        return readers(tx, say(tx, JELLE))

    assert await town.write(scene) == set()


async def test_ac_09_a_follow_that_waits_for_an_answer_brings_nothing(town: Instance) -> None:
    def scene(tx: Transaction) -> set[str]:
        from tests.unit.features.trust.town import befriend

        befriend(tx, follower=ANNA, following=JELLE, state="pending")
        return readers(tx, say(tx, JELLE, visibility=Visibility.FOLLOWERS))

    assert await town.write(scene) == set()


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
async def test_being_named_in_a_closed_post_is_not_enough_to_get_it(town: Instance, visibility: Visibility) -> None:
    def scene(tx: Transaction) -> set[str]:
        return readers(tx, say(tx, JELLE, visibility=visibility, naming=[BOUKE], to=()))

    assert await town.write(scene) == set()


async def test_a_direct_post_reaches_whom_it_is_addressed_to_without_naming_them(town: Instance) -> None:
    def scene(tx: Transaction) -> set[str]:
        follow(tx, ANNA, JELLE)
        return readers(tx, say(tx, JELLE, visibility=Visibility.DIRECT, naming=(), to=[CARLA]))

    assert await town.write(scene) == {"carla"}


async def test_older_news_that_completes_a_thread_is_put_on_no_timeline(town: Instance) -> None:
    def scene(tx: Transaction) -> set[str]:
        follow(tx, ANNA, JELLE)
        return readers(tx, say(tx, JELLE, naming=[BOUKE], is_backfill=True))

    assert await town.write(scene) == set()


async def test_somebody_who_is_gone_gets_nothing(town: Instance) -> None:
    def scene(tx: Transaction) -> list[int]:
        from fedgov.federation import actors

        follow(tx, ANNA, JELLE)
        actors.mark_deleted(tx, uri=ANNA)
        say(tx, JELLE, naming=[ANNA])
        return timeline(tx, ANNA)

    assert await town.write(scene) == []


# --- replies ----------------------------------------------------------------------------------------------------


async def test_a_reply_is_for_those_who_follow_both(town: Instance) -> None:
    def scene(tx: Transaction) -> set[str]:
        follow(tx, ANNA, JELLE, SJOERD)
        follow(tx, BOUKE, JELLE)
        follow(tx, CARLA, SJOERD)
        return readers(tx, say(tx, JELLE, answering=SJOERD))

    assert await town.write(scene) == {"anna"}


async def test_a_reply_reaches_whom_it_answers_when_they_follow_or_are_named(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[set[str], set[str], set[str]]:
        follow(tx, ANNA, JELLE)
        return (
            readers(tx, say(tx, JELLE, answering=ANNA)),
            readers(tx, say(tx, JELLE, answering=BOUKE)),
            readers(tx, say(tx, JELLE, answering=BOUKE, naming=[BOUKE])),
        )

    assert await town.write(scene) == ({"anna"}, set(), {"bouke"})


async def test_an_answer_to_oneself_reaches_every_follower(town: Instance) -> None:
    def scene(tx: Transaction) -> set[str]:
        follow(tx, ANNA, JELLE)
        return readers(tx, say(tx, JELLE, answering=JELLE))

    assert await town.write(scene) == {"anna"}


# --- shares -----------------------------------------------------------------------------------------------------


async def test_a_shared_post_reaches_those_who_follow_the_sharer(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[set[str], tuple[int, str | None], int]:
        follow(tx, ANNA, SJOERD)
        post = say(tx, JELLE)
        share_id = share(tx, SJOERD, post)
        entry = home_page(tx, owner=ANNA, request=PageRequest()).items[0]
        return readers(tx, post), (entry.entry_id, entry.shared_by), share_id

    who, entry, share_id = await town.write(scene)
    assert who == {"anna"}
    assert entry == (share_id, SJOERD)


async def test_a_post_shows_once_however_often_it_is_shared(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[int, list[int]]:
        follow(tx, ANNA, JELLE, SJOERD, BOUKE)
        post = say(tx, JELLE)
        share(tx, SJOERD, post)
        share(tx, BOUKE, post)
        return post, timeline(tx, ANNA)

    post, shown = await town.write(scene)
    assert shown == [post]


async def test_what_i_share_is_on_my_own_timeline_and_what_i_wrote_does_not_come_back(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[bool, bool]:
        follow(tx, ANNA, BOUKE)
        theirs, mine = say(tx, JELLE), keep(tx, ANNA)
        share(tx, ANNA, theirs)
        share(tx, BOUKE, mine)
        return theirs in timeline(tx, ANNA), mine in timeline(tx, ANNA)

    assert await town.write(scene) == (True, False)


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT, Visibility.ORGANISATION])
async def test_sharing_something_closed_brings_it_to_nobody(town: Instance, visibility: Visibility) -> None:
    def scene(tx: Transaction) -> set[str]:
        follow(tx, ANNA, SJOERD)
        post = say(tx, BOUKE, visibility=visibility)
        share(tx, SJOERD, post)
        return readers(tx, post)

    assert await town.write(scene) == {"bouke"}


async def test_a_share_that_is_taken_back_leaves_only_what_others_brought(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[set[str], set[str]]:
        follow(tx, ANNA, SJOERD)
        follow(tx, BOUKE, JELLE, SJOERD)
        post = say(tx, JELLE)
        share_id = share(tx, SJOERD, post)
        before = readers(tx, post)
        tx.tell(PostUnshared(object_id=post, by=SJOERD, share_id=share_id))
        return before, readers(tx, post)

    assert await town.write(scene) == ({"anna", "bouke"}, {"bouke"})


# --- what ends --------------------------------------------------------------------------------------------------


async def test_a_deleted_post_leaves_every_timeline(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[set[str], set[str]]:
        follow(tx, ANNA, JELLE)
        post, other = say(tx, JELLE, naming=[BOUKE]), say(tx, JELLE)
        tx.tell(PostRemoved(object_id=post, uri="", author=JELLE))
        return readers(tx, post), readers(tx, other)

    assert await town.write(scene) == (set(), {"anna"})


async def test_unfollowing_removes_what_somebody_wrote_and_shared_but_not_what_others_share_of_it(
    town: Instance,
) -> None:
    def scene(tx: Transaction) -> tuple[list[int], list[int], list[int], list[int]]:
        follow(tx, ANNA, JELLE, SJOERD)
        follow(tx, BOUKE, JELLE)
        written, shared, brought_by_another = say(tx, JELLE), keep(tx, CARLA), keep(tx, JELLE)
        share(tx, JELLE, shared)
        share(tx, SJOERD, brought_by_another)
        others = say(tx, SJOERD)
        tx.tell(Unfollowed(follower=ANNA, following=JELLE))
        return timeline(tx, ANNA), [others, brought_by_another], timeline(tx, BOUKE), [shared, written]

    annas, hers, boukes, his = await town.write(scene)
    assert annas == hers
    assert boukes == his


async def test_a_block_takes_each_out_of_the_others_sight(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[int], list[int]]:
        follow(tx, ANNA, BOUKE, SJOERD)
        follow(tx, BOUKE, ANNA)
        hers, his = say(tx, ANNA), say(tx, BOUKE)
        shared = keep(tx, BOUKE)
        share(tx, SJOERD, shared)
        tx.tell(Blocked(who=ANNA, whom=BOUKE))
        assert hers in timeline(tx, ANNA)
        assert his in timeline(tx, BOUKE)
        return [each for each in timeline(tx, ANNA) if each != hers], [
            each for each in timeline(tx, BOUKE) if each != his
        ]

    assert await town.write(scene) == ([], [])


async def test_somebody_who_is_removed_leaves_every_timeline(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[int], list[int]]:
        follow(tx, ANNA, JELLE, SJOERD)
        say(tx, JELLE)
        shared = keep(tx, CARLA)
        share(tx, JELLE, shared)
        other = say(tx, SJOERD)
        tx.tell(ActorRemoved(uri=JELLE))
        return timeline(tx, ANNA), [other]

    annas, expected = await town.write(scene)
    assert annas == expected


async def test_somebody_of_ours_who_is_removed_keeps_no_timeline(town: Instance) -> None:
    def scene(tx: Transaction) -> list[int]:
        follow(tx, ANNA, JELLE)
        say(tx, JELLE)
        tx.tell(ActorRemoved(uri=ANNA))
        return timeline(tx, ANNA)

    assert await town.write(scene) == []


# --- catching up ------------------------------------------------------------------------------------------------


async def test_who_starts_to_follow_finds_the_newest_posts_that_we_have(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[int], list[int]]:
        known = [keep(tx, JELLE) for _ in range(25)]
        keep(tx, SJOERD)
        follow(tx, ANNA, JELLE)
        tx.tell(Followed(follower=ANNA, following=JELLE))
        return timeline(tx, ANNA, PageRequest(limit=40)), known

    shown, known = await town.write(scene)
    assert shown == list(reversed(known))[:20]


async def test_catching_up_brings_nothing_that_the_follower_may_not_read(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[int], int]:
        keep(tx, JELLE, visibility=Visibility.DIRECT, to=[BOUKE])
        for_followers = keep(tx, JELLE, visibility=Visibility.FOLLOWERS)
        follow(tx, ANNA, JELLE)
        tx.tell(Followed(follower=ANNA, following=JELLE))
        return timeline(tx, ANNA), for_followers

    shown, for_followers = await town.write(scene)
    assert shown == [for_followers]


async def test_catching_up_brings_what_somebody_wrote_and_not_what_they_shared(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[int], int]:
        share(tx, JELLE, keep(tx, SJOERD))
        written = keep(tx, JELLE)
        follow(tx, ANNA, JELLE)
        tx.tell(Followed(follower=ANNA, following=JELLE))
        return timeline(tx, ANNA), written

    shown, written = await town.write(scene)
    assert shown == [written]


async def test_catching_up_leaves_out_replies_to_others(town: Instance) -> None:
    def scene(tx: Transaction) -> list[int]:
        keep(tx, JELLE, answers=keep(tx, SJOERD))
        follow(tx, ANNA, JELLE)
        tx.tell(Followed(follower=ANNA, following=JELLE))
        return timeline(tx, ANNA)

    assert await town.write(scene) == []


# --- reading ----------------------------------------------------------------------------------------------------


async def test_blocks_and_mutes_hide_when_it_is_read_and_come_back_when_they_end(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[int], list[int], list[int]]:
        from fedgov.features.people.tables import mutes

        follow(tx, ANNA, JELLE, SJOERD)
        post, shared = say(tx, JELLE), keep(tx, CARLA)
        share(tx, SJOERD, shared)
        mute(tx, ANNA, JELLE)
        block(tx, SJOERD, ANNA)
        hidden = timeline(tx, ANNA)
        tx.execute(mutes.delete())
        return hidden, timeline(tx, ANNA), [post]

    hidden, shown, expected = await town.write(scene)
    assert hidden == []
    assert shown == expected


async def test_with_six_posts_each_cursor_gives_the_page_that_clients_expect(town: Instance) -> None:
    def scene(tx: Transaction) -> dict[str, list[int]]:
        ids = [say(tx, ANNA) for _ in range(6)]
        three = ids[2]

        def numbers(**cursor: int) -> list[int]:
            return [ids.index(each) + 1 for each in timeline(tx, ANNA, PageRequest(limit=2, **cursor))]

        return {
            "top": numbers(),
            "max_id": numbers(max_id=three),
            "since_id": numbers(since_id=three),
            "min_id": numbers(min_id=three),
        }

    assert await town.write(scene) == {"top": [6, 5], "max_id": [2, 1], "since_id": [6, 5], "min_id": [5, 4]}


async def test_a_page_of_which_everything_is_hidden_still_leads_on(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[int], list[int], int]:
        follow(tx, ANNA, JELLE, SJOERD)
        last = say(tx, JELLE)
        for _ in range(4):
            say(tx, SJOERD)
        mute(tx, ANNA, SJOERD)
        seen: list[int] = []
        sizes: list[int] = []
        request = PageRequest(limit=2)
        while True:
            page = home_page(tx, owner=ANNA, request=request)
            if page.next_max_id is None:
                return sizes, seen, last
            sizes.append(len(page.items))
            seen += [entry.object_id for entry in page.items]
            request = PageRequest(limit=2, max_id=page.next_max_id)

    sizes, seen, last = await town.write(scene)
    assert sizes == [0, 0, 1]
    assert seen == [last]


async def test_a_list_says_whether_it_goes_on(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[bool, bool]:
        older, newer = say(tx, ANNA), say(tx, ANNA)
        return has_home_before(tx, owner=ANNA, entry_id=newer), has_home_before(tx, owner=ANNA, entry_id=older)

    assert await town.write(scene) == (True, False)


async def test_nobody_sees_anothers_timeline_in_their_own(town: Instance) -> None:
    def scene(tx: Transaction) -> list[int]:
        say(tx, ANNA)
        return timeline(tx, BOUKE)

    assert await town.write(scene) == []
