"""Subjects that people follow, or show on their profile."""

from __future__ import annotations

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.notices.queries.tags import featured_by, followed_among, followed_page
from fedgov.features.notices.service import tags
from fedgov.features.people.vocabulary import ActorRemoved
from fedgov.features.posts.queries.subjects import most_used
from fedgov.features.posts.tables import hashtags
from fedgov.features.posts.vocabulary import PostAppeared
from fedgov.instance import Instance
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedgov.kernel.pagination import PageRequest
from fedgov.store.transaction import Transaction
from tests.unit.features.notices.people import ANNA, BOUKE, JELLE, SJOERD, block, keep, timeline


def write(
    tx: Transaction,
    author: str,
    *about: str,
    visibility: Visibility = Visibility.PUBLIC,
    answering: str | None = None,
) -> int:
    number = keep(tx, author, visibility=visibility)
    for tag in about:
        tx.execute(hashtags.insert(), {"object_id": number, "tag": tag})
    tx.tell(
        PostAppeared(
            object_id=number,
            uri="",
            author=author,
            visibility=visibility,
            published_at=tx.now,
            in_reply_to_author=answering,
        )
    )
    return number


async def test_what_is_written_about_a_followed_subject_comes_home(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        assert tags.follow_tag(tx, owner=ANNA, name="#Inkoop") == "inkoop"
        tags.follow_tag(tx, owner=ANNA, name="zorg")
        tags.follow_tag(tx, owner=ANNA, name="inkoop")
        post = write(tx, JELLE, "inkoop", "zorg")
        spun_on = write(tx, JELLE, "inkoop", answering=JELLE)
        write(tx, JELLE, "iets")
        write(tx, JELLE)
        write(tx, JELLE, "inkoop", answering=SJOERD)
        write(tx, JELLE, "inkoop", visibility=Visibility.UNLISTED)
        assert timeline(tx, ANNA) == [spun_on, post]
        assert timeline(tx, BOUKE) == []
        tags.unfollow_tag(tx, owner=ANNA, name="Inkoop")
        write(tx, JELLE, "inkoop")
        assert timeline(tx, ANNA) == [spun_on, post]

    await town.write(scene)


async def test_who_is_blocked_does_not_come_home_by_a_subject(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        tags.follow_tag(tx, owner=ANNA, name="inkoop")
        block(tx, ANNA, JELLE)
        write(tx, JELLE, "inkoop")
        assert timeline(tx, ANNA) == []

    await town.write(scene)


async def test_followed_subjects_have_pages(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        for name in ("een", "twee", "drie"):
            tags.follow_tag(tx, owner=ANNA, name=name)
        first = followed_page(tx, owner=ANNA, request=PageRequest(limit=2))
        assert [each.tag for each in first.items] == ["drie", "twee"]
        rest = followed_page(tx, owner=ANNA, request=PageRequest(max_id=first.next_max_id, limit=2))
        assert [each.tag for each in rest.items] == ["een"]
        assert followed_among(tx, owner=ANNA, tags=["een", "vier"]) == {"een"}
        assert followed_among(tx, owner=BOUKE, tags=["een"]) == frozenset()

    await town.write(scene)


async def test_a_profile_shows_subjects_with_how_often_they_were_used(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        tags.feature_tag(tx, owner=ANNA, name="#Inkoop")
        tags.feature_tag(tx, owner=ANNA, name="zorg")
        for visibility in (Visibility.PUBLIC, Visibility.PUBLIC, Visibility.FOLLOWERS):
            write(tx, ANNA, "inkoop", visibility=visibility)
        write(tx, BOUKE, "zorg")
        purchase, care = featured_by(tx, owner=ANNA)
        assert (purchase.tag, purchase.name, purchase.posts, purchase.last_at) == ("inkoop", "Inkoop", 2, tx.now)
        assert (care.tag, care.posts, care.last_at) == ("zorg", 0, None)
        assert [(each.tag, each.posts) for each in most_used(tx, author=ANNA)] == [("inkoop", 2)]
        with pytest.raises(NotFoundError):
            tags.unfeature_tag(tx, owner=BOUKE, featured_id=care.id)
        tags.unfeature_tag(tx, owner=ANNA, featured_id=care.id)
        tags.unfeature_tag(tx, owner=ANNA, name="inkoop")
        assert featured_by(tx, owner=ANNA) == []

    await town.write(scene)


async def test_what_is_no_hashtag_is_refused_and_so_are_too_many(
    town: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "MAX_FOLLOWED", 1)
    monkeypatch.setattr(tags, "MAX_FEATURED", 1)

    def scene(tx: Transaction) -> None:
        for act in (tags.follow_tag, tags.unfollow_tag, tags.feature_tag):
            with pytest.raises(NotFoundError):
                act(tx, owner=ANNA, name="#")
        for act in (tags.follow_tag, tags.feature_tag):
            act(tx, owner=ANNA, name="een")
            with pytest.raises(InvalidError):
                act(tx, owner=ANNA, name="twee")
            with pytest.raises(ForbiddenError):
                act(tx, owner=JELLE, name="een")

    await town.write(scene)


async def test_the_subjects_of_who_is_gone_are_forgotten(town: Instance) -> None:
    def scene(tx: Transaction) -> None:
        tags.follow_tag(tx, owner=ANNA, name="een")
        tags.feature_tag(tx, owner=ANNA, name="een")
        tx.tell(ActorRemoved(uri=ANNA))
        assert followed_page(tx, owner=ANNA, request=PageRequest()).items == ()
        assert featured_by(tx, owner=ANNA) == []

    await town.write(scene)
