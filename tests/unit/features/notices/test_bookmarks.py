"""Posts that somebody saved."""

from __future__ import annotations

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.queries.bookmarks import bookmark_page, bookmarked, has_bookmarks_before
from fedgov.features.notices.service.bookmarks import bookmark, unbookmark
from fedgov.features.people.vocabulary import ActorRemoved
from fedgov.features.posts.vocabulary import PostRemoved
from fedgov.instance import Instance
from fedgov.kernel.errors import ForbiddenError, NotFoundError
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from tests.unit.features.notices.people import ANNA, BOUKE, JELLE, block, keep


def saved(tx: Transaction, owner: str) -> list[int]:
    return [each.object_id for each in bookmark_page(tx, owner=owner, request=PageRequest()).items]


async def test_what_is_saved_is_found_back_newest_saved_first_and_only_by_oneself(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[int], list[int], list[int]]:
        first, second = keep(tx, JELLE), keep(tx, JELLE)
        for post in (second, first, second):
            bookmark(tx, owner=ANNA, object_id=post)
        assert bookmarked(tx, owner=ANNA, object_ids=[first, second, 1]) == {first, second}
        assert bookmarked(tx, owner=BOUKE, object_ids=[first]) == frozenset()
        assert bookmarked(tx, owner=ANNA, object_ids=[]) == frozenset()
        return saved(tx, ANNA), [first, second], saved(tx, BOUKE)

    annas, expected, boukes = await town.write(scene)
    assert annas == expected
    assert boukes == []


async def test_what_is_no_longer_wanted_is_gone_and_leaves_that_of_others(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[int, int]:
        post = keep(tx, JELLE)
        for owner in (ANNA, BOUKE):
            bookmark(tx, owner=owner, object_id=post)
        unbookmark(tx, owner=ANNA, object_id=post)
        unbookmark(tx, owner=ANNA, object_id=post)
        return len(saved(tx, ANNA)), len(saved(tx, BOUKE))

    assert await town.write(scene) == (0, 1)


@pytest.mark.parametrize("why", ["closed", "blocked", "unknown"])
async def test_what_somebody_may_not_read_looks_as_if_it_does_not_exist(town: Instance, why: str) -> None:
    def scene(tx: Transaction) -> None:
        post = keep(tx, JELLE, visibility=Visibility.FOLLOWERS if why == "closed" else Visibility.PUBLIC)
        if why == "blocked":
            block(tx, JELLE, ANNA)
        bookmark(tx, owner=ANNA, object_id=5 if why == "unknown" else post)

    with pytest.raises(NotFoundError) as refusal:
        await town.write(scene)
    assert refusal.value.safe == "there is no such message"


async def test_only_people_of_ours_save_posts_here(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        bookmark(tx, owner=JELLE, object_id=keep(tx, ANNA))

    with pytest.raises(ForbiddenError):
        await town.write(scene)


@pytest.mark.parametrize("what", ["post", "owner"])
async def test_what_is_deleted_is_no_longer_saved(town: Instance, what: str) -> None:
    def scene(tx: Transaction) -> tuple[int, int]:
        post, other = keep(tx, JELLE), keep(tx, JELLE)
        bookmark(tx, owner=ANNA, object_id=post)
        bookmark(tx, owner=BOUKE, object_id=other)
        if what == "post":
            tx.tell(PostRemoved(object_id=post, uri="", author=JELLE))
        else:
            tx.tell(ActorRemoved(uri=ANNA))
        return len(saved(tx, ANNA)), len(saved(tx, BOUKE))

    assert await town.write(scene) == (0, 1)


async def test_bookmarks_come_in_pages(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[list[int], bool, bool]:
        posts = [keep(tx, JELLE) for _ in range(3)]
        for post in posts:
            bookmark(tx, owner=ANNA, object_id=post)
        first = bookmark_page(tx, owner=ANNA, request=PageRequest(limit=2))
        assert first.next_max_id is not None
        second = bookmark_page(tx, owner=ANNA, request=PageRequest(limit=2, max_id=first.next_max_id))
        assert second.next_max_id is not None
        return (
            [posts.index(each.object_id) for page in (first, second) for each in page.items],
            has_bookmarks_before(tx, owner=ANNA, bookmark_id=first.next_max_id),
            has_bookmarks_before(tx, owner=ANNA, bookmark_id=second.next_max_id),
        )

    assert await town.write(scene) == ([2, 1, 0], True, False)
