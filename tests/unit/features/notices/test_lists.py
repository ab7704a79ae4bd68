"""Lists of people, and what their timelines show."""

from __future__ import annotations

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.queries.lists import get_list, list_page, lists_of, lists_with, members, members_page
from fedgov.features.notices.service import lists
from fedgov.features.notices.service.pruning import KEPT_ENTRIES, SLICES, prune_home
from fedgov.features.notices.vocabulary import Replies
from fedgov.features.people.vocabulary import ActorRemoved, Blocked, Unfollowed
from fedgov.features.posts.vocabulary import PostRemoved, PostUnshared
from fedgov.instance import Instance
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
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
    row_id_of,
    say,
    share,
    timeline,
)


def make(tx: Transaction, *on: str, replies: Replies = Replies.LIST, exclusive: bool = False) -> int:
    """Give Anna a list of people whom she follows."""
    follow(tx, ANNA, *(uri for uri in on if uri != ANNA))
    number = lists.create_list(tx, owner=ANNA, title="Buren", replies=replies, exclusive=exclusive)
    lists.add_members(tx, owner=ANNA, list_id=number, members=on)
    return number


def shown(tx: Transaction, number: int, request: PageRequest = PageRequest()) -> list[int]:  # noqa: B008 (frozen)
    return [entry.object_id for entry in list_page(tx, owner=ANNA, list_id=number, request=request).items]


# --- making and changing ----------------------------------------------------------------------------------------


async def test_a_list_is_made_changed_and_removed(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = lists.create_list(tx, owner=ANNA, title="  Buren\n")
        assert [(each.id, each.title, each.replies, each.exclusive) for each in lists_of(tx, owner=ANNA)] == [
            (number, "Buren", Replies.LIST, False)
        ]
        lists.change_list(tx, owner=ANNA, list_id=number, title="Straat", replies=Replies.NONE, exclusive=True)
        changed = get_list(tx, owner=ANNA, list_id=number)
        assert (changed.title, changed.replies, changed.exclusive) == ("Straat", Replies.NONE, True)
        lists.change_list(tx, owner=ANNA, list_id=number)
        assert get_list(tx, owner=ANNA, list_id=number) == changed
        lists.delete_list(tx, owner=ANNA, list_id=number)
        assert lists_of(tx, owner=ANNA) == []

    await town.write(scene)


async def test_the_list_of_somebody_else_is_as_good_as_none(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE)
        for act in (
            lambda: get_list(tx, owner=BOUKE, list_id=number),
            lambda: list_page(tx, owner=BOUKE, list_id=number, request=PageRequest()),
            lambda: members_page(tx, owner=BOUKE, list_id=number, request=PageRequest()),
            lambda: lists.change_list(tx, owner=BOUKE, list_id=number, title="Van mij"),
            lambda: lists.delete_list(tx, owner=BOUKE, list_id=number),
            lambda: lists.add_members(tx, owner=BOUKE, list_id=number, members=[BOUKE]),
            lambda: lists.remove_members(tx, owner=BOUKE, list_id=number, members=[JELLE]),
        ):
            with pytest.raises(NotFoundError):
                act()
        assert members(tx, list_id=number) == [JELLE]
        assert lists_with(tx, owner=BOUKE, member=JELLE) == []

    await town.write(scene)


async def test_a_list_needs_a_title(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        with pytest.raises(InvalidError):
            lists.create_list(tx, owner=ANNA, title=" \u200b ")
        number = lists.create_list(tx, owner=ANNA, title="Buren")
        with pytest.raises(InvalidError):
            lists.change_list(tx, owner=ANNA, list_id=number, title="")

    await town.write(scene)


async def test_nobody_makes_lists_without_end(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        for _ in range(lists.MAX_LISTS):
            lists.create_list(tx, owner=ANNA, title="Buren")
        with pytest.raises(InvalidError):
            lists.create_list(tx, owner=ANNA, title="Nog een")
        lists.create_list(tx, owner=BOUKE, title="De eerste")

    await town.write(scene)


async def test_only_people_here_have_lists(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        with pytest.raises(ForbiddenError):
            lists.create_list(tx, owner=JELLE, title="Buren")

    await town.write(scene)


async def test_only_people_whom_one_follows_or_oneself_can_be_on_a_list(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE, ANNA)
        for stranger in (SJOERD, "https://leeuwarden.example/users/nobody"):
            with pytest.raises(NotFoundError):
                lists.add_members(tx, owner=ANNA, list_id=number, members=[stranger])
        with pytest.raises(InvalidError):
            lists.add_members(tx, owner=ANNA, list_id=number, members=[JELLE])
        assert [each.uri for each in members_page(tx, owner=ANNA, list_id=number, request=PageRequest()).items] == [
            ANNA,
            JELLE,
        ]
        assert [each.id for each in lists_with(tx, owner=ANNA, member=JELLE)] == [number]
        assert lists_with(tx, owner=ANNA, member=SJOERD) == []

    await town.write(scene)


# --- what a list shows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("visibility", "is_shown"),
    [
        (Visibility.PUBLIC, True),
        (Visibility.UNLISTED, True),
        (Visibility.FOLLOWERS, True),
        (Visibility.ORGANISATION, True),
        (Visibility.DIRECT, False),
    ],
)
async def test_a_list_shows_what_its_members_write_but_no_direct_messages(
    town: Instance, visibility: Visibility, is_shown: bool
) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, BOUKE)
        post = say(tx, BOUKE, visibility=visibility, naming=[ANNA])
        say(tx, CARLA)
        assert shown(tx, number) == ([post] if is_shown else [])
        assert timeline(tx, ANNA) == [post]

    await town.write(scene)


REPLIES = [
    (Replies.NONE, {"self", "me"}),
    (Replies.LIST, {"self", "me", "member"}),
    (Replies.FOLLOWED, {"self", "me", "member", "followed"}),
]


@pytest.mark.parametrize(("replies", "expected"), REPLIES)
async def test_a_list_shows_the_answers_that_its_owner_chose(
    town: Instance, replies: Replies, expected: set[str]
) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE, BOUKE, replies=replies)
        follow(tx, ANNA, CARLA)
        to = {"self": JELLE, "me": ANNA, "member": BOUKE, "followed": CARLA, "stranger": SJOERD}
        posts = {name: say(tx, JELLE, answering=uri) for name, uri in to.items()}
        assert {name for name, post in posts.items() if post in shown(tx, number)} == expected

    await town.write(scene)


async def test_a_list_shows_what_its_members_share_until_they_take_it_back(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE)
        post = keep(tx, SJOERD)
        share_id = share(tx, JELLE, post)
        (entry,) = list_page(tx, owner=ANNA, list_id=number, request=PageRequest()).items
        assert (entry.entry_id, entry.object_id, entry.author, entry.shared_by) == (share_id, post, SJOERD, JELLE)
        tx.tell(PostUnshared(object_id=post, by=JELLE, share_id=share_id))
        assert shown(tx, number) == []

    await town.write(scene)


async def test_who_is_put_on_a_list_brings_the_newest_posts_and_takes_them_along(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        old = keep(tx, JELLE)
        keep(tx, JELLE, visibility=Visibility.DIRECT, to=[ANNA])
        number = make(tx, JELLE, SJOERD)
        other = say(tx, SJOERD)
        assert shown(tx, number) == [other, old]
        lists.remove_members(tx, owner=ANNA, list_id=number, members=[JELLE, CARLA])
        assert shown(tx, number) == [other]
        assert members(tx, list_id=number) == [SJOERD]

    await town.write(scene)


async def test_a_list_leaves_out_who_is_muted_or_blocked(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE, SJOERD, BOUKE)
        say(tx, JELLE)
        say(tx, BOUKE)
        post = say(tx, SJOERD)
        mute(tx, ANNA, JELLE)
        block(tx, BOUKE, ANNA)
        assert shown(tx, number) == [post]

    await town.write(scene)


async def test_a_list_has_pages(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE)
        six, five, four, three, two, _ = reversed([say(tx, JELLE) for _ in range(6)])
        assert shown(tx, number, PageRequest(max_id=four, limit=2)) == [three, two]
        assert shown(tx, number, PageRequest(since_id=three, limit=2)) == [six, five]
        assert shown(tx, number, PageRequest(min_id=three, limit=2)) == [five, four]

    await town.write(scene)


# --- exclusive lists --------------------------------------------------------------------------------------------


async def test_what_an_exclusive_list_shows_does_not_come_home(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE, ANNA, exclusive=True)
        follow(tx, BOUKE, JELLE)
        other = keep(tx, SJOERD)
        share(tx, JELLE, other)
        post = say(tx, JELLE, naming=[ANNA])
        own = say(tx, ANNA)
        assert shown(tx, number) == [own, post, other]
        assert timeline(tx, ANNA) == [own]
        assert timeline(tx, BOUKE) == [post, other]

    await town.write(scene)


async def test_a_list_that_becomes_exclusive_clears_the_home_timeline_and_gives_it_back(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE)
        post = say(tx, JELLE)
        assert timeline(tx, ANNA) == [post]
        lists.change_list(tx, owner=ANNA, list_id=number, exclusive=True)
        assert timeline(tx, ANNA) == []
        lists.change_list(tx, owner=ANNA, list_id=number, exclusive=False)
        assert timeline(tx, ANNA) == [post]
        lists.change_list(tx, owner=ANNA, list_id=number, exclusive=True)
        lists.remove_members(tx, owner=ANNA, list_id=number, members=[JELLE])
        assert timeline(tx, ANNA) == [post]
        lists.add_members(tx, owner=ANNA, list_id=number, members=[JELLE])
        assert timeline(tx, ANNA) == []
        lists.delete_list(tx, owner=ANNA, list_id=number)
        assert timeline(tx, ANNA) == [post]

    await town.write(scene)


async def test_another_exclusive_list_goes_on_keeping_posts_off_the_home_timeline(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        make(tx, JELLE, exclusive=True)
        other = lists.create_list(tx, owner=ANNA, title="Ook", exclusive=True)
        lists.add_members(tx, owner=ANNA, list_id=other, members=[JELLE])
        say(tx, JELLE)
        lists.delete_list(tx, owner=ANNA, list_id=other)
        assert timeline(tx, ANNA) == []

    await town.write(scene)


# --- what goes away ---------------------------------------------------------------------------------------------


async def test_a_deleted_post_leaves_every_list(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE)
        post = say(tx, JELLE)
        tx.tell(PostRemoved(object_id=post, uri="", author=JELLE))
        assert shown(tx, number) == []

    await town.write(scene)


@pytest.mark.parametrize("event", [Unfollowed(follower=ANNA, following=JELLE), Blocked(who=JELLE, whom=ANNA)])
async def test_who_is_not_followed_any_more_leaves_the_lists(town: Instance, event: object) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE, SJOERD)
        say(tx, JELLE)
        post = say(tx, SJOERD)
        tx.tell(event)
        assert members(tx, list_id=number) == [SJOERD]
        assert shown(tx, number) == [post]

    await town.write(scene)


async def test_nothing_is_kept_of_who_is_gone(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        number = make(tx, JELLE, SJOERD)
        say(tx, JELLE)
        share(tx, JELLE, keep(tx, CARLA))
        share(tx, SJOERD, keep(tx, JELLE))
        tx.tell(ActorRemoved(uri=JELLE))
        assert members(tx, list_id=number) == [SJOERD]
        assert shown(tx, number) == []
        tx.tell(ActorRemoved(uri=ANNA))
        assert lists_of(tx, owner=ANNA) == []

    await town.write(scene)


async def test_old_entries_of_long_lists_are_let_go(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        from fedgov.features.notices.tables import list_entries

        number = make(tx, JELLE)
        entry = {"list_id": number, "author_id": row_id_of(tx, JELLE)}
        tx.execute(
            list_entries.insert(),
            [{**entry, "entry_id": each, "object_id": each} for each in range(1, KEPT_ENTRIES + 11)],
        )
        for part in range(SLICES):
            prune_home(tx, part=part)
        left = tx.values(list_entries.select().with_only_columns(list_entries.c.entry_id))
        assert (len(left), min(left)) == (KEPT_ENTRIES, 11)

    await town.write(scene)
