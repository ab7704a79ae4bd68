"""What somebody is told, and what not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.moderation.vocabulary import ReportAnswered, ReportDecided
from fedgov.features.notices.queries.notifications import (
    count_unread,
    find_notification,
    has_notifications_before,
    notification_page,
    read_markers,
)
from fedgov.features.notices.service.markers import mark_notifications_read, mark_read
from fedgov.features.notices.service.notifications import clear, dismiss, notify
from fedgov.features.notices.vocabulary import Kind, Outcome, Timeline
from fedgov.features.people.vocabulary import ActorRemoved, Blocked, Followed, FollowRequested, Unfollowed
from fedgov.features.posts.vocabulary import (
    PollEnded,
    PostChanged,
    PostLiked,
    PostQuoted,
    PostRemoved,
    PostUnliked,
    PostUnshared,
    QuoteAsked,
    QuoteSettled,
)
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
    keep,
    mute,
    say,
    share,
    told,
)

Deed = Callable[[Transaction, int, str], None]
"""Something that somebody does that concerns Anna, the author of a post."""


def like(tx: Transaction, post: int, by: str) -> None:
    tx.tell(PostLiked(object_id=post, uri="", by=by, author=ANNA))


def react(tx: Transaction, post: int, by: str) -> None:
    tx.tell(PostLiked(object_id=post, uri="", by=by, author=ANNA, emoji="🎉"))


def pass_on(tx: Transaction, post: int, by: str) -> None:
    share(tx, by, post)


def answer(tx: Transaction, post: int, by: str) -> None:
    say(tx, by, answering=ANNA)


def mention(tx: Transaction, post: int, by: str) -> None:
    say(tx, by, naming=[ANNA])


def ask_to_follow(tx: Transaction, post: int, by: str) -> None:
    tx.tell(FollowRequested(follower=by, following=ANNA))


def start_to_follow(tx: Transaction, post: int, by: str) -> None:
    tx.tell(Followed(follower=by, following=ANNA))


def change_what_she_shared(tx: Transaction, post: int, by: str) -> None:
    theirs = keep(tx, by)
    share(tx, ANNA, theirs)
    tx.tell(PostChanged(object_id=theirs, uri="", author=by))


def quote(tx: Transaction, post: int, by: str) -> None:
    tx.tell(PostQuoted(object_id=keep(tx, by), by=by, author=ANNA))


def ask_to_quote(tx: Transaction, post: int, by: str) -> None:
    tx.tell(QuoteAsked(object_id=post, by=by, author=ANNA))


DEEDS: dict[str, Deed] = {
    "like": like,
    "reaction": react,
    "share": pass_on,
    "reply": answer,
    "mention": mention,
    "follow_request": ask_to_follow,
    "follow": start_to_follow,
    "update": change_what_she_shared,
    "quote": quote,
    "quote_request": ask_to_quote,
}
NEEDED_ONCE = [kind for kind in DEEDS if kind not in {"reply", "mention", "update", "quote"}]


@pytest.mark.parametrize("by", [JELLE, BOUKE])
@pytest.mark.parametrize("kind", DEEDS)
async def test_somebody_is_told_of_what_others_do(town: Instance, kind: str, by: str) -> None:
    def scene(tx: Transaction) -> list[tuple[str, str | None]]:
        DEEDS[kind](tx, keep(tx, ANNA), by)
        return [(found, who) for found, who, _ in told(tx, ANNA)]

    assert await town.write(scene) == [(kind, by)]


@pytest.mark.parametrize("kind", DEEDS)
async def test_nobody_is_told_of_what_they_do_themself(town: Instance, kind: str) -> None:
    def scene(tx: Transaction) -> list[object]:
        DEEDS[kind](tx, keep(tx, ANNA), ANNA)
        return list(told(tx, ANNA))

    assert await town.write(scene) == []


@pytest.mark.parametrize("kind", DEEDS)
@pytest.mark.parametrize("door", ["blocked", "blocked by", "muted"])
async def test_nobody_is_told_of_those_whom_they_shut_out(town: Instance, kind: str, door: str) -> None:
    def scene(tx: Transaction) -> list[object]:
        from fedgov.features.people.tables import blocks, mutes

        match door:
            case "blocked":
                block(tx, ANNA, JELLE)
            case "blocked by":
                block(tx, JELLE, ANNA)
            case _:
                mute(tx, ANNA, JELLE)
        DEEDS[kind](tx, keep(tx, ANNA), JELLE)
        tx.execute(blocks.delete())
        tx.execute(mutes.delete())
        return list(told(tx, ANNA))

    assert await town.write(scene) == []


@pytest.mark.parametrize("kind", NEEDED_ONCE)
async def test_the_same_deed_is_told_once(town: Instance, kind: str) -> None:
    def scene(tx: Transaction) -> int:
        post = keep(tx, ANNA)
        if kind == "share":
            from fedgov.features.posts.tables import shares

            pass_on(tx, post, JELLE)
            tx.execute(shares.delete())
        else:
            DEEDS[kind](tx, post, JELLE)
        DEEDS[kind](tx, post, JELLE)
        return len(told(tx, ANNA))

    assert await town.write(scene) == 1


async def test_different_emoji_are_different_deeds(town: Instance) -> None:
    def scene(tx: Transaction) -> int:
        post = keep(tx, ANNA)
        for emoji in ("🎉", "👍"):
            tx.tell(PostLiked(object_id=post, uri="", by=JELLE, author=ANNA, emoji=emoji))
        return len(told(tx, ANNA))

    assert await town.write(scene) == 2


async def test_an_edit_is_told_anew_each_time_in_the_place_of_the_one_before(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[object], bool]:
        theirs = keep(tx, JELLE)
        share(tx, ANNA, theirs)
        tx.tell(PostChanged(object_id=theirs, uri="", author=JELLE))
        mark_notifications_read(tx, owner=ANNA)
        tx.tell(PostChanged(object_id=theirs, uri="", author=JELLE))
        return list(told(tx, ANNA)), count_unread(tx, owner=ANNA) == 1

    found, is_unread = await town.write(scene)
    assert len(found) == 1
    assert is_unread


async def test_who_is_answered_and_named_in_one_post_is_told_once(town: Instance) -> None:
    def scene(tx: Transaction) -> list[str]:
        say(tx, JELLE, answering=ANNA, naming=[ANNA, ANNA])
        return [kind for kind, _, _ in told(tx, ANNA)]

    assert await town.write(scene) == ["reply"]


async def test_a_direct_post_tells_whom_it_is_for(town: Instance) -> None:
    def scene(tx: Transaction) -> list[str]:
        say(tx, JELLE, visibility=Visibility.DIRECT, to=[ANNA])
        return [kind for kind, _, _ in told(tx, ANNA)]

    assert await town.write(scene) == ["mention"]


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
async def test_nobody_is_told_of_a_post_that_they_may_not_read(town: Instance, visibility: Visibility) -> None:
    def scene(tx: Transaction) -> list[object]:
        say(tx, JELLE, visibility=visibility, naming=[ANNA], answering=BOUKE, to=())
        return [*told(tx, ANNA), *told(tx, BOUKE)]

    assert await town.write(scene) == []


async def test_older_news_tells_nobody(town: Instance) -> None:
    def scene(tx: Transaction) -> list[object]:
        say(tx, JELLE, naming=[ANNA], answering=BOUKE, is_backfill=True)
        return [*told(tx, ANNA), *told(tx, BOUKE)]

    assert await town.write(scene) == []


async def test_people_elsewhere_have_no_notifications_here(town: Instance) -> None:
    def scene(tx: Transaction) -> bool:
        return notify(tx, owner=JELLE, kind=Kind.FOLLOW, actor=ANNA)

    assert await town.write(scene) is False


async def test_the_end_of_a_poll_is_told_to_its_author_and_to_those_here_who_voted(town: Instance) -> None:
    def scene(tx: Transaction) -> list[list[tuple[str, str | None, int | None]]]:
        post = keep(tx, ANNA)
        for _ in range(2):
            tx.tell(PollEnded(object_id=post, author=ANNA, voters=(BOUKE, JELLE, ANNA)))
        assert [each[2] for each in told(tx, ANNA)] == [post]
        return [[(kind, who, None) for kind, who, _ in told(tx, each)] for each in (ANNA, BOUKE, CARLA)]

    assert await town.write(scene) == [[("poll", None, None)], [("poll", None, None)], []]


async def test_who_reported_something_is_told_of_the_decision(town: Instance) -> None:
    def scene(tx: Transaction) -> list[tuple[Kind, Outcome | None, str]]:
        tx.tell(ReportDecided(report_id=7, reporter=ANNA, note="Thank you"))
        tx.tell(ReportDecided(report_id=8, reporter=ANNA, resolved=False))
        for accepted in (True, False):
            tx.tell(ReportAnswered(report_id=7 if accepted else 8, reporter=ANNA, accepted=accepted))
        assert {who for _, who, _ in told(tx, ANNA)} == {None}
        page = notification_page(tx, owner=ANNA, request=PageRequest())
        return [(each.kind, each.outcome, each.text) for each in page.items]

    assert await town.write(scene) == [
        (Kind.MODERATION, Outcome.REFUSED_THERE, ""),
        (Kind.MODERATION, Outcome.ACCEPTED_THERE, ""),
        (Kind.MODERATION, Outcome.REJECTED, ""),
        (Kind.MODERATION, Outcome.RESOLVED, "Thank you"),
    ]


# --- what was undone --------------------------------------------------------------------------------------------


async def test_what_is_taken_back_is_no_longer_told(town: Instance) -> None:
    def scene(tx: Transaction) -> list[object]:
        post = keep(tx, ANNA)
        like(tx, post, JELLE)
        react(tx, post, JELLE)
        share_id = share(tx, JELLE, post)
        ask_to_follow(tx, post, JELLE)
        start_to_follow(tx, post, SJOERD)
        ask_to_quote(tx, post, JELLE)
        assert len(told(tx, ANNA)) == 6
        tx.tell(PostUnliked(object_id=post, by=JELLE))
        tx.tell(PostUnliked(object_id=post, by=JELLE, emoji="🎉"))
        tx.tell(PostUnshared(object_id=post, by=JELLE, share_id=share_id))
        tx.tell(QuoteSettled(object_id=post, by=JELLE, author=ANNA))
        for follower in (JELLE, SJOERD):
            tx.tell(Unfollowed(follower=follower, following=ANNA))
        return list(told(tx, ANNA))

    assert await town.write(scene) == []


async def test_taking_back_a_like_leaves_those_of_others(town: Instance) -> None:
    def scene(tx: Transaction) -> list[tuple[str, str | None]]:
        post = keep(tx, ANNA)
        like(tx, post, JELLE)
        like(tx, post, SJOERD)
        react(tx, post, JELLE)
        tx.tell(PostUnliked(object_id=post, by=JELLE))
        return [(kind, who) for kind, who, _ in told(tx, ANNA)]

    assert await town.write(scene) == [("reaction", JELLE), ("like", SJOERD)]


async def test_taking_back_one_emoji_leaves_the_other(town: Instance) -> None:
    def scene(tx: Transaction) -> list[str]:
        post = keep(tx, ANNA)
        for emoji in ("🎉", "👍"):
            tx.tell(PostLiked(object_id=post, uri="", by=JELLE, author=ANNA, emoji=emoji))
        tx.tell(PostUnliked(object_id=post, by=JELLE, emoji="🎉"))
        return [each.emoji for each in notification_page(tx, owner=ANNA, request=PageRequest()).items]

    assert await town.write(scene) == ["👍"]


async def test_a_request_that_was_accepted_is_settled(town: Instance) -> None:
    def scene(tx: Transaction) -> list[object]:
        ask_to_follow(tx, 0, JELLE)
        start_to_follow(tx, 0, JELLE)
        return list(told(tx, ANNA))

    assert await town.write(scene) == []


async def test_nothing_is_told_about_a_post_that_was_deleted(town: Instance) -> None:
    def scene(tx: Transaction) -> list[str]:
        post = keep(tx, ANNA)
        like(tx, post, JELLE)
        share(tx, JELLE, post)
        tx.tell(ReportDecided(report_id=post, reporter=ANNA))
        tx.tell(PostRemoved(object_id=post, uri="", author=ANNA))
        return [kind for kind, _, _ in told(tx, ANNA)]

    assert await town.write(scene) == ["moderation"]


@pytest.mark.parametrize("event", [Blocked(who=ANNA, whom=JELLE), Blocked(who=JELLE, whom=ANNA), ActorRemoved(JELLE)])
async def test_what_somebody_did_is_forgotten_with_them(town: Instance, event: object) -> None:
    def scene(tx: Transaction) -> list[str | None]:
        post = keep(tx, ANNA)
        for who in (JELLE, SJOERD):
            like(tx, post, who)
        tx.tell(event)
        return [who for _, who, _ in told(tx, ANNA)]

    assert await town.write(scene) == [SJOERD]


# --- reading ----------------------------------------------------------------------------------------------------


async def test_with_six_notifications_each_cursor_gives_the_page_that_clients_expect(town: Instance) -> None:
    def scene(tx: Transaction) -> list[list[int]]:
        for _ in range(6):
            like(tx, keep(tx, ANNA), JELLE)
        ids = sorted(each.id for each in notification_page(tx, owner=ANNA, request=PageRequest()).items)

        def numbers(**cursor: int) -> list[int]:
            page = notification_page(tx, owner=ANNA, request=PageRequest(limit=2, **cursor))
            return [ids.index(each.id) + 1 for each in page.items]

        return [numbers(), numbers(max_id=ids[2]), numbers(since_id=ids[2]), numbers(min_id=ids[2])]

    assert await town.write(scene) == [[6, 5], [2, 1], [6, 5], [5, 4]]


async def test_a_page_of_which_everything_is_hidden_still_leads_on(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[int, list[str | None], bool]:
        like(tx, keep(tx, ANNA), SJOERD)
        for _ in range(2):
            like(tx, keep(tx, ANNA), JELLE)
        mute(tx, ANNA, JELLE)
        first = notification_page(tx, owner=ANNA, request=PageRequest(limit=2))
        assert first.next_max_id is not None
        goes_on = has_notifications_before(tx, owner=ANNA, notification_id=first.next_max_id)
        second = notification_page(tx, owner=ANNA, request=PageRequest(limit=2, max_id=first.next_max_id))
        return len(first.items), [each.actor for each in second.items], goes_on

    assert await town.write(scene) == (0, [SJOERD], True)


async def test_a_list_of_some_kinds_has_no_others(town: Instance) -> None:
    def scene(tx: Transaction) -> list[str]:
        post = keep(tx, ANNA)
        like(tx, post, JELLE)
        answer(tx, post, JELLE)
        page = notification_page(tx, owner=ANNA, request=PageRequest(), kinds=[Kind.REPLY, Kind.MENTION])
        return [each.kind.value for each in page.items]

    assert await town.write(scene) == ["reply"]


async def test_what_was_seen_is_no_longer_new(town: Instance) -> None:
    def scene(tx: Transaction) -> list[int]:
        post = keep(tx, ANNA)
        like(tx, post, JELLE)
        ask_to_follow(tx, post, SJOERD)
        numbers = [count_unread(tx, owner=ANNA), count_unread(tx, owner=ANNA, without=[Kind.FOLLOW_REQUEST])]
        mark_notifications_read(tx, owner=ANNA)
        numbers.append(count_unread(tx, owner=ANNA))
        like(tx, post, SJOERD)
        unread = [each.unread for each in notification_page(tx, owner=ANNA, request=PageRequest()).items]
        assert unread == [True, False, False]
        return [*numbers, count_unread(tx, owner=ANNA), count_unread(tx, owner=BOUKE)]

    assert await town.write(scene) == [2, 1, 0, 1, 0]


async def test_what_is_hidden_is_not_counted(town: Instance) -> None:
    def scene(tx: Transaction) -> int:
        like(tx, keep(tx, ANNA), JELLE)
        mute(tx, ANNA, JELLE)
        return count_unread(tx, owner=ANNA)

    assert await town.write(scene) == 0


async def test_a_marker_never_goes_back(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[bool], int, int]:
        moved = [mark_read(tx, owner=ANNA, timeline=Timeline.HOME, last_read_id=each) for each in (20, 10, 20, 30)]
        marker = read_markers(tx, owner=ANNA)[Timeline.HOME]
        assert read_markers(tx, owner=BOUKE) == {}
        return moved, marker.last_read_id, marker.version

    assert await town.write(scene) == ([True, False, False, True], 30, 2)


async def test_everybody_has_only_their_own_notifications(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[bool, bool, int, int, bool]:
        like(tx, keep(tx, ANNA), JELLE)
        number = notification_page(tx, owner=ANNA, request=PageRequest()).items[0].id
        return (
            find_notification(tx, owner=BOUKE, notification_id=number) is None,
            dismiss(tx, owner=BOUKE, notification_id=number),
            clear(tx, owner=BOUKE),
            len(told(tx, ANNA)),
            find_notification(tx, owner=ANNA, notification_id=number) is not None,
        )

    assert await town.write(scene) == (True, False, 0, 1, True)


async def test_notifications_can_be_removed_one_by_one_or_all(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[int, int, int]:
        for _ in range(3):
            like(tx, keep(tx, ANNA), JELLE)
        like(tx, post := keep(tx, ANNA), SJOERD)
        assert post
        number = notification_page(tx, owner=ANNA, request=PageRequest()).items[0].id
        assert dismiss(tx, owner=ANNA, notification_id=number)
        left = len(told(tx, ANNA))
        return left, clear(tx, owner=ANNA), len(told(tx, ANNA))

    assert await town.write(scene) == (3, 3, 0)
