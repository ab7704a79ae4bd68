"""From whom people hear, and who waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.moderation.vocabulary import ReportMade
from fedgov.features.notices import policy
from fedgov.features.notices.queries.admission import get_request, muted_among, pending, policy_of, request_page
from fedgov.features.notices.queries.notifications import (
    count_unread,
    find_notification,
    get_group,
    group_page,
    notification_page,
)
from fedgov.features.notices.service import admission
from fedgov.features.notices.service.follow_choices import choose
from fedgov.features.notices.service.notifications import clear, dismiss_group, notify
from fedgov.features.notices.vocabulary import Kind, NotificationPolicy, Sender, Wish
from fedgov.features.people.tables import accounts
from fedgov.features.people.vocabulary import AccountCreated, ActorRemoved
from fedgov.features.posts.vocabulary import PostLiked
from fedgov.instance import Instance
from fedgov.kernel.clock import DAY
from fedgov.kernel.errors import ForbiddenError, NotFoundError
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
    told,
)

NOW = 100 * DAY
OLD = 0
FRIEND = Sender(followed=True, follower=True, known_since=OLD)
STRANGER = Sender(followed=False, follower=False, known_since=OLD)

# --- the rule ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "sender", "expected"),
    [
        (NotificationPolicy(), STRANGER, Wish.ACCEPT),
        (NotificationPolicy(not_following=Wish.FILTER), STRANGER, Wish.FILTER),
        (NotificationPolicy(not_following=Wish.FILTER), FRIEND, Wish.ACCEPT),
        (NotificationPolicy(not_followers=Wish.DROP), STRANGER, Wish.DROP),
        (NotificationPolicy(not_followers=Wish.DROP), FRIEND, Wish.ACCEPT),
        (NotificationPolicy(not_following=Wish.FILTER, not_followers=Wish.DROP), STRANGER, Wish.DROP),
        (NotificationPolicy(new_accounts=Wish.FILTER), STRANGER, Wish.ACCEPT),
        (
            NotificationPolicy(new_accounts=Wish.FILTER),
            Sender(followed=False, follower=True, known_since=NOW),
            "filter",
        ),
        (NotificationPolicy(new_accounts=Wish.FILTER), Sender(followed=True, follower=True, known_since=NOW), "accept"),
        (NotificationPolicy(private_mentions=Wish.FILTER), STRANGER, Wish.ACCEPT),
        (
            NotificationPolicy(private_mentions=Wish.FILTER),
            Sender(followed=False, follower=True, known_since=OLD, unasked=True),
            Wish.FILTER,
        ),
        (
            NotificationPolicy(private_mentions=Wish.FILTER),
            Sender(followed=True, follower=False, known_since=OLD, unasked=True),
            Wish.ACCEPT,
        ),
    ],
)
def test_the_strictest_wish_that_applies_counts(wanted: NotificationPolicy, sender: Sender, expected: Wish) -> None:
    assert policy.wish(wanted, sender=sender, now=NOW) == expected


def test_a_group_has_a_name_that_can_be_read() -> None:
    number = 5 * policy.SPAN + 17
    key = policy.group_key(Kind.LIKE, subject_id=12, notification_id=number)
    assert policy.read_group_key(key) == (Kind.LIKE, 12, 5)
    alone = policy.group_key(Kind.MENTION, subject_id=12, notification_id=number)
    assert policy.read_group_key(alone) == number
    for strange in ("", "like-1", "mention-1-2", "ungrouped-x", "like-1-2-3", "ungrouped-" + "9" * 20):
        assert policy.read_group_key(strange) is None


# --- requests ---------------------------------------------------------------------------------------------------


def strict(tx: Transaction, **wishes: Wish) -> None:
    admission.set_policy(tx, owner=ANNA, wanted=NotificationPolicy(**wishes))


async def test_who_is_not_followed_waits_until_accepted(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        strict(tx, not_following=Wish.FILTER)
        follow(tx, ANNA, BOUKE)
        known = say(tx, BOUKE, naming=[ANNA])
        first = say(tx, JELLE, naming=[ANNA])
        second = say(tx, JELLE, naming=[ANNA])
        assert told(tx, ANNA) == [("mention", BOUKE, known)]
        assert count_unread(tx, owner=ANNA) == 1
        everything = notification_page(tx, owner=ANNA, request=PageRequest(), waiting=True)
        assert [each.object_id for each in everything.items] == [second, first, known]
        (request,) = request_page(tx, owner=ANNA, request=PageRequest()).items
        assert (request.actor, request.count, request.last_object_id) == (JELLE, 2, second)
        assert get_request(tx, owner=ANNA, request_id=request.id) == request
        assert pending(tx, owner=ANNA) == (1, 2)
        clear(tx, owner=ANNA)
        assert pending(tx, owner=ANNA) == (1, 2)
        admission.accept_request(tx, owner=ANNA, request_id=request.id)
        third = say(tx, JELLE, naming=[ANNA])
        assert [post for _, _, post in told(tx, ANNA)] == [third, second, first]
        assert pending(tx, owner=ANNA) == (0, 0)

    await town.write(scene)


async def test_who_is_dismissed_waits_again(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        strict(tx, not_following=Wish.FILTER)
        say(tx, JELLE, naming=[ANNA])
        (request,) = request_page(tx, owner=ANNA, request=PageRequest()).items
        admission.dismiss_request(tx, owner=ANNA, request_id=request.id)
        assert notification_page(tx, owner=ANNA, request=PageRequest(), waiting=True).items == ()
        say(tx, JELLE, naming=[ANNA])
        (again,) = request_page(tx, owner=ANNA, request=PageRequest()).items
        assert (again.count, told(tx, ANNA)) == (1, [])

    await town.write(scene)


async def test_what_is_dropped_leaves_no_trace(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        strict(tx, not_followers=Wish.DROP)
        say(tx, JELLE, naming=[ANNA])
        assert notification_page(tx, owner=ANNA, request=PageRequest(), waiting=True).items == ()
        assert request_page(tx, owner=ANNA, request=PageRequest()).items == ()
        follow(tx, JELLE, ANNA)
        post = say(tx, JELLE, naming=[ANNA])
        assert told(tx, ANNA) == [("mention", JELLE, post)]

    await town.write(scene)


async def test_a_private_message_out_of_the_blue_waits_and_an_answer_does_not(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        strict(tx, private_mentions=Wish.FILTER)
        say(tx, JELLE, visibility=Visibility.DIRECT, naming=[ANNA])
        answer = say(tx, JELLE, visibility=Visibility.DIRECT, naming=[ANNA], answering=ANNA)
        openly = say(tx, JELLE, naming=[ANNA])
        assert told(tx, ANNA) == [("mention", JELLE, openly), ("reply", JELLE, answer)]

    await town.write(scene)


async def test_the_end_of_a_poll_and_a_new_account_wait_for_nobody(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        strict(tx, not_following=Wish.DROP, not_followers=Wish.DROP)
        for kind in policy.NEVER_FILTERED:
            assert notify(tx, owner=ANNA, kind=kind, actor=JELLE)

    await town.write(scene)


async def test_the_request_to_somebody_else_does_not_exist(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        strict(tx, not_following=Wish.FILTER)
        say(tx, JELLE, naming=[ANNA])
        (request,) = request_page(tx, owner=ANNA, request=PageRequest()).items
        acts: tuple[Callable[[], object], ...] = (
            lambda: get_request(tx, owner=BOUKE, request_id=request.id),
            lambda: admission.accept_request(tx, owner=BOUKE, request_id=request.id),
            lambda: admission.dismiss_request(tx, owner=BOUKE, request_id=request.id),
        )
        for act in acts:
            with pytest.raises(NotFoundError):
                act()
        assert request_page(tx, owner=BOUKE, request=PageRequest()).items == ()
        with pytest.raises(ForbiddenError):
            admission.set_policy(tx, owner=JELLE, wanted=NotificationPolicy())
        assert pending(tx, owner=ANNA) == (1, 1)

    await town.write(scene)


async def test_nothing_is_kept_of_who_is_gone(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        strict(tx, not_following=Wish.FILTER)
        say(tx, JELLE, naming=[ANNA])
        tx.tell(ActorRemoved(uri=JELLE))
        assert pending(tx, owner=ANNA) == (0, 0)
        tx.tell(ActorRemoved(uri=ANNA))
        assert policy_of(tx, owner=ANNA) == NotificationPolicy()

    await town.write(scene)


# --- talks that were enough -------------------------------------------------------------------------------------


async def test_nothing_is_told_of_a_talk_that_was_muted(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        post, other = say(tx, ANNA), say(tx, ANNA)
        admission.mute_thread(tx, owner=ANNA, object_id=post)
        assert muted_among(tx, owner=ANNA, object_ids=[post, other]) == {post}
        for number in (post, other):
            tx.tell(PostLiked(object_id=number, uri="", by=JELLE, author=ANNA))
        assert told(tx, ANNA) == [("like", JELLE, other)]
        admission.unmute_thread(tx, owner=ANNA, object_id=post)
        tx.tell(PostLiked(object_id=post, uri="", by=SJOERD, author=ANNA))
        assert len(told(tx, ANNA)) == 2

    await town.write(scene)


async def test_nobody_mutes_a_talk_that_they_may_not_read(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        secret = keep(tx, JELLE, visibility=Visibility.DIRECT, to=[BOUKE])
        for act in (admission.mute_thread, admission.unmute_thread):
            with pytest.raises(NotFoundError):
                act(tx, owner=ANNA, object_id=secret)

    await town.write(scene)


# --- groups -----------------------------------------------------------------------------------------------------


async def test_what_several_people_do_is_told_at_once(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        post = say(tx, ANNA)
        for by in (JELLE, SJOERD):
            tx.tell(PostLiked(object_id=post, uri="", by=by, author=ANNA))
        mention = say(tx, JELLE, naming=[ANNA])
        tx.tell(PostLiked(object_id=post, uri="", by=BOUKE, author=ANNA))
        likes, said = group_page(tx, owner=ANNA, request=PageRequest()).items
        assert (likes.count, likes.actors, likes.newest.object_id) == (3, (BOUKE, SJOERD, JELLE), post)
        assert (said.count, said.newest.object_id) == (1, mention)
        assert get_group(tx, owner=ANNA, key=likes.key) == likes
        assert get_group(tx, owner=ANNA, key=said.key) == said
        apart = group_page(tx, owner=ANNA, request=PageRequest(), grouped=())
        assert [each.count for each in apart.items] == [1, 1, 1, 1]
        assert count_unread(tx, owner=ANNA, in_groups=tuple(Kind)) == 2
        older = group_page(tx, owner=ANNA, request=PageRequest(max_id=likes.newest.id))
        assert older.items == (said,)
        newer = group_page(tx, owner=ANNA, request=PageRequest(min_id=said.newest.id))
        assert newer.items == (likes,)
        mute(tx, ANNA, BOUKE)
        assert group_page(tx, owner=ANNA, request=PageRequest()).items[0].actors == (SJOERD, JELLE)
        with pytest.raises(NotFoundError):
            dismiss_group(tx, owner=BOUKE, key=likes.key)
        assert dismiss_group(tx, owner=ANNA, key=likes.key) == 3
        assert dismiss_group(tx, owner=ANNA, key=said.key) == 1
        assert group_page(tx, owner=ANNA, request=PageRequest()).items == ()
        for key in (likes.key, said.key, "nonsense"):
            with pytest.raises(NotFoundError):
                get_group(tx, owner=ANNA, key=key)

    await town.write(scene)


# --- what is told -----------------------------------------------------------------------------------------------


async def test_who_wants_to_be_told_of_each_post_is_told(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        follow(tx, ANNA, JELLE)
        choose(tx, follower=ANNA, following=JELLE, notify=True)
        post = say(tx, JELLE)
        say(tx, JELLE, answering=SJOERD)
        say(tx, JELLE, visibility=Visibility.DIRECT, naming=[BOUKE])
        say(tx, SJOERD)
        assert told(tx, ANNA) == [("status", JELLE, post)]
        assert told(tx, CARLA) == []

    await town.write(scene)


async def test_who_does_not_want_shares_gets_none_at_home(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        follow(tx, ANNA, JELLE)
        follow(tx, BOUKE, JELLE)
        choose(tx, follower=ANNA, following=JELLE, shares=False)
        post = keep(tx, SJOERD)
        share(tx, JELLE, post)
        own = say(tx, JELLE)
        assert timeline(tx, ANNA) == [own]
        assert timeline(tx, BOUKE) == [own, post]

    await town.write(scene)


async def test_administrators_are_told_of_accounts_and_reports(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        for number, (uri, administrator) in enumerate(((ANNA, True), (BOUKE, False)), start=1):
            name = uri.rsplit("/", 1)[-1]
            row = {"id": number, "actor_uri": uri, "username": name, "password_hash": "none"}
            tx.execute(accounts.insert(), {**row, "administrator": administrator, "created_at": tx.now})
        tx.tell(AccountCreated(actor=CARLA))
        tx.tell(ReportMade(report_id=77, target=JELLE))
        assert told(tx, ANNA) == [("report", JELLE, None), ("sign_up", CARLA, None)]
        assert told(tx, BOUKE) == []
        number = notification_page(tx, owner=ANNA, request=PageRequest()).items[0].id
        found = find_notification(tx, owner=ANNA, notification_id=number)
        assert found is not None
        assert found.report_id == 77

    await town.write(scene)


@pytest.mark.parametrize(("silently", "expected"), [(True, 0), (False, 1)])
async def test_who_is_muted_may_still_be_heard(town: Instance, silently: bool, expected: int) -> None:
    def scene(tx: Transaction) -> None:
        from fedgov.features.people.service.blocks import mute as mute_person

        mute_person(tx, who=ANNA, whom=JELLE, notifications=silently)
        say(tx, JELLE, naming=[ANNA])
        block(tx, ANNA, SJOERD)
        say(tx, SJOERD, naming=[ANNA])
        assert len(told(tx, ANNA)) == expected

    await town.write(scene)


async def test_only_what_one_person_did_can_be_read(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        post = say(tx, JELLE, naming=[ANNA])
        say(tx, SJOERD, naming=[ANNA])
        page = notification_page(tx, owner=ANNA, request=PageRequest(), actor=JELLE)
        assert [each.object_id for each in page.items] == [post]
        assert count_unread(tx, owner=ANNA, actor=JELLE) == 1

    await town.write(scene)
