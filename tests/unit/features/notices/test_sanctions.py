"""What it means that an administrator limited, covered or suspended somebody, here or elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from fedgov.features.notices.queries.admission import request_page
from fedgov.features.notices.service.notifications import notify
from fedgov.features.notices.vocabulary import Kind
from fedgov.features.people.present import profile_cards
from fedgov.features.people.service import removal, sanctions, suggestions
from fedgov.features.people.service.sanctions import Sanctions
from fedgov.features.posts.present import post_cards
from fedgov.features.posts.queries import timelines
from fedgov.features.trust.queries import hidden
from fedgov.federation import actors, follows
from fedgov.instance import Instance
from fedgov.kernel.errors import ForbiddenError, NotFoundError
from fedgov.kernel.pagination import PageRequest
from fedgov.store.tables import actors as actor_rows
from fedgov.store.tables import audit_entries
from fedgov.store.transaction import Transaction
from tests.unit.features.notices.people import ANNA, BOUKE, CARLA, JELLE, follow, keep, say, told

PAGE = PageRequest(limit=20)


def public(tx: Transaction, viewer: str | None) -> list[int]:
    return [each.row.object_id for each in timelines.public_timeline(tx, viewer=viewer, page=PAGE).items]


@pytest.mark.parametrize("author", [BOUKE, JELLE])
async def test_who_is_limited_is_on_the_public_timeline_of_their_followers_alone(town: Instance, author: str) -> None:
    def scene(tx: Transaction) -> list[list[int]]:
        follow(tx, ANNA, author)
        number = keep(tx, author)
        sanctions.limit(tx, actor=author, by=CARLA)
        seen = [public(tx, each) for each in (ANNA, CARLA, None, author)]
        assert seen == [[number], [], [], [number]]
        sanctions.stop_limiting(tx, actor=author)
        return [public(tx, each) for each in (ANNA, CARLA, None)]

    seen = await town.write(scene)
    assert seen[0] == seen[1] == seen[2] != []


async def test_who_goes_and_looks_finds_what_somebody_limited_wrote(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[int, list[int]]:
        number = keep(tx, JELLE)
        sanctions.limit(tx, actor=JELLE)
        page = timelines.profile_timeline(tx, author=JELLE, viewer=CARLA, page=PAGE)
        return number, [each.row.object_id for each in page.items]

    number, found = await town.write(scene)
    assert found == [number]


async def test_what_somebody_limited_does_waits_unless_the_reader_follows_them(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[int, int, int]:
        follow(tx, BOUKE, JELLE)
        sanctions.limit(tx, actor=JELLE)
        for reader in (ANNA, BOUKE):
            notify(tx, owner=reader, kind=Kind.FOLLOW, actor=JELLE)
        waiting = request_page(tx, owner=ANNA, request=PAGE).items
        return len(told(tx, ANNA)), len(waiting), len(told(tx, BOUKE))

    assert await town.write(scene) == (0, 1, 1)


async def test_who_is_limited_is_not_proposed_to_anybody(town: Instance) -> None:
    def scene(tx: Transaction) -> tuple[set[str], set[str]]:
        tx.execute(actor_rows.update().values(discoverable=True))

        def shown() -> set[str]:
            rows = suggestions.directory(tx, viewer=ANNA, order="new", local_only=False, limit=20, offset=0)
            return {row.uri for row in rows}

        before = shown()
        sanctions.limit(tx, actor=JELLE)
        return before, shown()

    before, after = await town.write(scene)
    assert before - after == {JELLE}


async def test_what_somebody_covered_posts_is_covered(town: Instance) -> None:
    def scene(tx: Transaction) -> list[bool]:
        number, other = keep(tx, JELLE), keep(tx, BOUKE)
        sanctions.mark_sensitive(tx, actor=JELLE)
        covered = [card.sensitive for card in post_cards(tx, [number, other], ANNA)]
        sanctions.unmark_sensitive(tx, actor=JELLE)
        return [*covered, *(card.sensitive for card in post_cards(tx, [number], ANNA))]

    assert await town.write(scene) == [True, False, False]


@pytest.mark.parametrize("author", [BOUKE, JELLE])
async def test_who_is_suspended_is_shown_to_nobody_and_followed_by_nobody(town: Instance, author: str) -> None:
    def scene(tx: Transaction) -> tuple[list[object], bool]:
        follow(tx, ANNA, author)
        follow(tx, author, CARLA)
        number = say(tx, author, naming=[ANNA])
        sanctions.suspend(tx, actor=author, by=CARLA)
        seen = [*post_cards(tx, [number], ANNA), *public(tx, ANNA), *public(tx, None), *told(tx, ANNA)]
        still = follows.is_follower(tx, follower=ANNA, following=author)
        row = actors.get(tx, uri=author)
        assert row.disabled_at is not None
        assert profile_cards(tx, [row])[author].suspended
        assert hidden(tx, uris=[author, ANNA]) == {author}
        sanctions.unsuspend(tx, actor=author)
        assert actors.get(tx, uri=author).disabled_at is None
        assert public(tx, None) == [number]
        return seen, still or follows.is_follower(tx, follower=author, following=CARLA)

    assert await town.write(scene) == ([], False)


async def test_a_sanction_is_written_down_once(town: Instance) -> None:
    def scene(tx: Transaction) -> list[str]:
        for _ in range(2):
            sanctions.limit(tx, actor=JELLE, by=ANNA)
        for _ in range(2):
            sanctions.stop_limiting(tx, actor=JELLE, by=ANNA)
        return list(tx.values(select(audit_entries.c.kind).order_by(audit_entries.c.number)))

    assert await town.write(scene) == ["person.limited", "person.limit_ended"]


ACTS = (sanctions.limit, sanctions.mark_sensitive, sanctions.suspend)


@pytest.mark.parametrize("act", ACTS, ids=[each.__name__ for each in ACTS])
async def test_nobody_sanctions_themselves_the_server_or_somebody_unknown(
    town: Instance, act: Callable[..., None]
) -> None:
    with pytest.raises(ForbiddenError):
        await town.write(act, actor=ANNA, by=ANNA)
    with pytest.raises(NotFoundError):
        await town.write(act, actor="https://leeuwarden.example/users/niemand", by=ANNA)
    assert await town.read(sanctions.sanctioned) == []


async def test_who_is_gone_leaves_no_sanction(town: Instance) -> None:
    def scene(tx: Transaction) -> list[tuple[str, Sanctions]]:
        sanctions.limit(tx, actor=JELLE)
        assert sanctions.sanctioned(tx) == [(JELLE, Sanctions(limited=True))]
        removal.remove_actor(tx, uri=JELLE)
        return sanctions.sanctioned(tx)

    assert await town.write(scene) == []
