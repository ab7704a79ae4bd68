"""Stored figures say at any moment what counting would say."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select, update

from fedgov.activitystreams.audience import FOR_EVERYONE, Visibility
from fedgov.features.people.service import blocks
from fedgov.features.people.service import follows as following
from fedgov.features.people.service.moves import receive_move
from fedgov.features.people.service.removal import remove_actor
from fedgov.features.posts.queries import timelines
from fedgov.features.posts.service import keeping, publishing, reacting, storing
from fedgov.features.posts.tables import posts, reactions, shares
from fedgov.federation import follows
from fedgov.kernel.errors import FedgovError
from fedgov.store.tables import actors
from fedgov.store.tables import follows as rows
from fedgov.store.transaction import Transaction
from tests.unit.features.posts.correspondence import activity, arrive, deliver, note, written
from tests.unit.features.residents import Town

STEPS = 60


def counted_follows(tx: Transaction, uri: str) -> tuple[int, int]:
    followers, followed = (
        int(tx.value(select(func.count()).select_from(rows).where(column == uri, rows.c.state == "accepted")))
        for column in (rows.c.following, rows.c.follower)
    )
    return followers, followed


def counted_posts(tx: Transaction, uri: str) -> tuple[int, int | None]:
    found = tx.row(
        select(func.count().label("times"), func.max(posts.c.published_at).label("newest")).where(
            posts.c.author == uri, posts.c.visibility.in_(FOR_EVERYONE)
        )
    )
    assert found is not None
    return found.times, found.newest


def counted_reactions(tx: Transaction, object_id: int) -> tuple[int, int]:
    likes = (
        select(func.count()).select_from(reactions).where(reactions.c.object_id == object_id, reactions.c.emoji == "")
    )
    shared = select(func.count()).select_from(shares).where(shares.c.object_id == object_id)
    return int(tx.value(likes)), int(tx.value(shared))


def compare(tx: Transaction) -> None:
    """Hold every stored figure against the rows that it counts."""
    everybody = list(tx.values(select(actors.c.uri)))
    for uri, found in follows.counts(tx, uris=everybody).items():
        assert found == counted_follows(tx, uri), uri
    for uri, written_by in timelines.figures(tx, authors=everybody).items():
        times, newest = counted_posts(tx, uri)
        assert written_by == (times, newest if times else None), uri
    for row in tx.rows(select(posts.c.object_id, posts.c.likes, posts.c.shares)):
        assert (row.likes, row.shares) == counted_reactions(tx, row.object_id), row.object_id


@dataclass(slots=True)
class Story:
    """Random people who do random things."""

    town: Town
    dice: random.Random
    here: list[str]
    there: list[str]
    told: int = 0
    wrote: list[int] = field(default_factory=list)

    def step(self) -> None:
        deeds: list[Callable[[], object]] = [
            self.follow, self.follow, self.follow, self.befriend, self.unfollow, self.block, self.write, self.write,
            self.receive, self.receive, self.react, self.react, self.share, self.unreact, self.hide, self.delete,
            self.take_away, self.move,
        ]  # fmt: skip
        with suppress(FedgovError):
            self.dice.choice(deeds)()

    def anybody(self) -> str:
        return self.dice.choice([*self.here, *self.there])

    def somebody(self) -> str:
        return self.dice.choice(self.here)

    def post(self) -> int:
        self.wrote = list(self.town.tx.values(select(posts.c.object_id).order_by(posts.c.object_id)))
        return self.dice.choice(self.wrote or [0])

    def follow(self) -> None:
        following.follow(self.town.tx, actor=self.somebody(), target=self.anybody())

    def befriend(self) -> None:
        state = self.dice.choice(["pending", "accepted"])
        follows.put(self.town.tx, follower=self.anybody(), following=self.anybody(), state=state, activity_uri=None)

    def unfollow(self) -> None:
        following.unfollow(self.town.tx, actor=self.somebody(), target=self.anybody())

    def block(self) -> None:
        blocks.block(self.town.tx, who=self.somebody(), whom=self.anybody())

    def write(self) -> None:
        visibility = self.dice.choice(list(Visibility))
        written(self.town, self.somebody(), visibility=visibility)

    def receive(self) -> None:
        self.told += 1
        author = self.dice.choice(self.there)
        minutes = self.dice.randrange(59)
        arrive(self.town, note(author, key=str(self.told), published=f"2026-11-01T10:{minutes:02}:00Z"))

    def react(self) -> None:
        actor = self.anybody()
        sent = None if actor in self.here else f"{actor}/likes/{self.dice.random()}"
        reacting.like(self.town.tx, actor=actor, object_id=self.post(), activity_uri=sent)

    def unreact(self) -> None:
        actor = self.somebody()
        reacting.unlike(self.town.tx, actor=actor, object_id=self.post())
        reacting.unshare(self.town.tx, actor=actor, object_id=self.post())

    def share(self) -> None:
        reacting.share(self.town.tx, actor=self.somebody(), object_id=self.post())

    def hide(self) -> None:
        kind = self.dice.choice([Visibility.PUBLIC, Visibility.FOLLOWERS])
        storing.change_visibility(self.town.tx, object_id=self.post(), visibility=kind)

    def delete(self) -> None:
        row = self.town.tx.row(select(posts.c.author).where(posts.c.object_id == self.post()))
        if row is not None and row.author in self.here:
            publishing.delete_post(self.town.tx, actor=row.author, object_id=self.dice.choice(self.wrote))

    def take_away(self) -> None:
        author = self.dice.choice(self.there)
        deliver(self.town.tx, activity("Delete", f"{author.partition('/users/')[0]}/notes/{self.told}", actor=author))

    def move(self) -> None:
        old, new = self.dice.sample(self.there, 2)
        self.town.tx.execute(update(actors).where(actors.c.uri == new).values(also_known_as=f'["{old}"]'))
        receive_move(self.town.tx, old=old, new=new)


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_story_the_figures_are_what_counting_gives(people_town: Town, seed: int) -> None:
    here = [people_town.local(name) for name in ("anna", "bouke", "carla")]
    there = [people_town.remote(f"@{name}@leeuwarden.example") for name in ("jelle", "pieter", "sjoerd")]
    for uri in there:
        people_town.befriend(here[0], uri)
    story = Story(people_town, random.Random(seed), here, there)

    for number in range(STEPS):
        story.step()
        if number % 20 == 0:
            compare(people_town.tx)
    compare(people_town.tx)
    assert any(figures[0] for figures in timelines.figures(people_town.tx, authors=there).values())
    assert any(found[0] for found in follows.counts(people_town.tx, uris=[*here, *there]).values())

    keeping.forget_author(people_town.tx, actor=there[0])
    remove_actor(people_town.tx, uri=there[0])
    compare(people_town.tx)


def test_a_person_who_follows_themself_counts_on_both_sides(people_town: Town) -> None:
    anna = people_town.local("anna")

    people_town.befriend(anna, anna)
    assert follows.counts(people_town.tx, uris=[anna]) == {anna: (1, 1)}

    follows.remove(people_town.tx, follower=anna, following=anna)
    assert follows.counts(people_town.tx, uris=[anna]) == {anna: (0, 0)}


def test_when_the_newest_post_goes_the_one_before_it_is_the_newest(people_town: Town) -> None:
    pieter = people_town.remote()
    people_town.befriend(people_town.local("anna"), pieter)
    old, new = (arrive(people_town, note(key=str(day), published=f"2026-11-0{day}T10:00:00Z")) for day in (1, 2))
    assert timelines.figures(people_town.tx, authors=[pieter]) == {pieter: (2, new.published_at)}

    storing.erase(people_town.tx, row=new)
    assert timelines.figures(people_town.tx, authors=[pieter]) == {pieter: (1, old.published_at)}

    storing.erase(people_town.tx, row=old)
    assert timelines.figures(people_town.tx, authors=[pieter]) == {pieter: (0, None)}
