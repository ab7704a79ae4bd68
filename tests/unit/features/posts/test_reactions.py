"""Likes, reactions and shares, from here and from elsewhere."""

from __future__ import annotations

import pytest

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.features.people.service.blocks import block
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.queries.reach import receipt
from fedgov.features.posts.service import pinning, reacting
from fedgov.features.posts.vocabulary import PostLiked, PostShared, PostUnliked, PostUnshared
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from tests.unit.features.posts.correspondence import PIETER, activity, arrive, deliver, note, the_post, written
from tests.unit.features.residents import Town

FATIMA = "https://groningen.example/users/fatima"
MALLORY = "https://elders.example/users/mallory"


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima and Pieter follow each other; Mallory is a stranger."""
    people_town.befriend(people_town.local("fatima"), people_town.remote())
    people_town.befriend(PIETER, FATIMA)
    people_town.remote("@mallory@elders.example")
    return people_town


# --- likes ------------------------------------------------------------------------------------------------------


def test_a_like_is_told_to_the_author_alone(town: Town) -> None:
    row = arrive(town, note())

    assert reacting.like(town.tx, actor=FATIMA, object_id=row.object_id)

    (sent,) = town.sent("Like")
    assert (sent["object"], sent["to"], "cc" in sent) == (row.uri, [PIETER], False)
    assert town.queued() == [("Like", "https://leeuwarden.example/inbox")]
    assert the_post(town.tx, row.uri).likes == 1
    assert town.events(PostLiked)[0].emoji is None


def test_liking_twice_counts_once(town: Town) -> None:
    row = arrive(town, note())
    reacting.like(town.tx, actor=FATIMA, object_id=row.object_id)

    assert not reacting.like(town.tx, actor=FATIMA, object_id=row.object_id)
    assert the_post(town.tx, row.uri).likes == 1
    assert len(town.sent("Like")) == 1


def test_taking_a_like_back_undoes_what_was_sent(town: Town) -> None:
    row = arrive(town, note())
    reacting.like(town.tx, actor=FATIMA, object_id=row.object_id)

    assert reacting.unlike(town.tx, actor=FATIMA, object_id=row.object_id)

    (undo,) = town.sent("Undo")
    assert (undo["object"]["type"], undo["object"]["object"], undo["to"]) == ("Like", row.uri, [PIETER])
    assert "proof" not in undo["object"]
    assert the_post(town.tx, row.uri).likes == 0
    assert town.events(PostUnliked)
    assert not reacting.unlike(town.tx, actor=FATIMA, object_id=row.object_id)


def test_a_like_from_elsewhere_is_counted_and_confirms_that_they_have_it(town: Town) -> None:
    row = written(town, FATIMA)

    deliver(town.tx, activity("Like", row.uri))
    deliver(town.tx, activity("Like", row.uri))

    assert the_post(town.tx, row.uri).likes == 1
    assert parts.likers(town.tx, object_id=row.object_id) == [PIETER]
    assert len(town.events(PostLiked)) == 1
    assert receipt(town.tx, uri=row.uri).organisations[0].updated_at == town.tx.now


@pytest.mark.parametrize(
    ("kind", "content", "kept"),
    [
        ("EmojiReact", "🎉", "🎉"),
        ("Like", "🎉", "🎉"),
        ("Like", "❤️", ""),
        ("Like", None, ""),
        ("EmojiReact", ":koe:", ":koe:"),
        ("EmojiReact", ":koe@leeuwarden.example:", ":koe:"),
        ("EmojiReact", "1️⃣", "1️⃣"),
    ],
)
def test_a_reaction_is_kept_as_the_emoji_it_is(town: Town, kind: str, content: str | None, kept: str) -> None:
    row = written(town, FATIMA)

    deliver(town.tx, activity(kind, row.uri, content=content))

    assert parts.own_reactions(town.tx, object_ids=[row.object_id], actor=PIETER) == {row.object_id: {kept}}
    assert the_post(town.tx, row.uri).likes == (kept == "")


@pytest.mark.parametrize("content", ["goed zo", "🎉" * 30, "<b>", ":" + "a" * 200 + ":", "🎉 🎉"])
def test_what_is_no_emoji_is_refused(town: Town, content: str) -> None:
    row = written(town, FATIMA)

    with pytest.raises(InvalidError):
        deliver(town.tx, activity("EmojiReact", row.uri, content=content))


def test_the_picture_of_a_custom_emoji_is_kept(town: Town) -> None:
    row = written(town, FATIMA)
    tag = [{"type": "Emoji", "name": ":koe:", "icon": {"type": "Image", "url": "https://leeuwarden.example/koe.png"}}]

    deliver(town.tx, activity("EmojiReact", row.uri, content=":koe:", tag=tag))

    (each,) = parts.reactions_of(town.tx, object_ids=[row.object_id])[row.object_id]
    assert (each.emoji, each.times, each.emoji_url) == (":koe:", 1, "https://leeuwarden.example/koe.png")


def test_nobody_gives_one_post_endless_reactions(town: Town) -> None:
    row = written(town, FATIMA)
    for code in range(10):
        deliver(town.tx, activity("EmojiReact", row.uri, content=chr(0x1F600 + code)))

    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("EmojiReact", row.uri, content="🎉"))


def test_aut_03_only_who_liked_can_take_it_back(town: Town) -> None:
    row = written(town, FATIMA)
    liked = activity("Like", row.uri)
    deliver(town.tx, liked)

    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Undo", liked, actor=MALLORY))
    deliver(town.tx, activity("Undo", liked | {"actor": MALLORY}, actor=MALLORY))
    assert the_post(town.tx, row.uri).likes == 1

    deliver(town.tx, activity("Undo", liked))
    assert the_post(town.tx, row.uri).likes == 0


@pytest.mark.parametrize("kind", ["Like", "EmojiReact", "Announce"])
def test_what_somebody_may_not_read_is_not_there_to_react_to(town: Town, kind: str) -> None:
    row = written(town, FATIMA, visibility=Visibility.ORGANISATION)

    with pytest.raises((NotFoundError, ForbiddenError)):
        deliver(town.tx, activity(kind, row.uri, content="🎉", to=[PUBLIC]))
    with pytest.raises(NotFoundError):
        deliver(town.tx, activity(kind, "https://groningen.example/posts/1", content="🎉", to=[PUBLIC]))


@pytest.mark.parametrize("kind", ["Like", "EmojiReact", "Announce"])
def test_aut_11_a_blocked_actor_cannot_react(town: Town, kind: str) -> None:
    row = written(town, FATIMA)
    block(town.tx, who=FATIMA, whom=PIETER)

    with pytest.raises(NotFoundError):
        deliver(town.tx, activity(kind, row.uri, content="🎉", to=[PUBLIC]))

    assert the_post(town.tx, row.uri).likes == 0


def test_a_like_among_colleagues_goes_nowhere(town: Town) -> None:
    row = written(town, FATIMA, visibility=Visibility.ORGANISATION)

    reacting.like(town.tx, actor=town.local("bouke"), object_id=row.object_id)

    assert [kind for kind, _ in town.queued()] == []


# --- shares -----------------------------------------------------------------------------------------------------


def test_a_share_goes_to_followers_and_the_author(town: Town) -> None:
    jelle = town.remote("@jelle@drachten.example")
    town.befriend(jelle, FATIMA)
    row = arrive(town, note())

    share_id = reacting.share(town.tx, actor=FATIMA, object_id=row.object_id)

    (sent,) = town.sent("Announce")
    assert (sent["to"], sent["cc"]) == ([PUBLIC], [f"{FATIMA}/followers", PIETER])
    assert {inbox for _, inbox in town.queued()} == {
        "https://leeuwarden.example/inbox",
        "https://drachten.example/inbox",
    }
    (event,) = town.events(PostShared)
    assert (event.share_id, event.by, event.author) == (share_id, FATIMA, PIETER)
    assert the_post(town.tx, row.uri).shares == 1
    assert reacting.share(town.tx, actor=FATIMA, object_id=row.object_id) is None


def test_taking_a_share_back_tells_whoever_got_it(town: Town) -> None:
    row = arrive(town, note())
    reacting.share(town.tx, actor=FATIMA, object_id=row.object_id)

    assert reacting.unshare(town.tx, actor=FATIMA, object_id=row.object_id)

    (undo,) = town.sent("Undo")
    assert (undo["object"]["type"], undo["to"]) == ("Announce", [PUBLIC])
    assert the_post(town.tx, row.uri).shares == 0
    assert town.events(PostUnshared)
    assert not reacting.unshare(town.tx, actor=FATIMA, object_id=row.object_id)


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT, Visibility.ORGANISATION])
def test_ac_15_what_is_not_for_everyone_is_not_shared_even_by_its_author(town: Town, visibility: Visibility) -> None:
    row = written(town, FATIMA, "Hoi @pieter@leeuwarden.example", visibility=visibility)

    with pytest.raises(ForbiddenError):
        reacting.share(town.tx, actor=FATIMA, object_id=row.object_id)
    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Announce", row.uri, to=[PUBLIC]))

    assert the_post(town.tx, row.uri).shares == 0


def test_an_unlisted_post_stays_unlisted_when_it_is_shared(town: Town) -> None:
    row = arrive(town, note(to=[f"{PIETER}/followers"], cc=[PUBLIC]))

    reacting.share(town.tx, actor=FATIMA, object_id=row.object_id)

    assert town.sent("Announce")[0]["to"] == [f"{FATIMA}/followers"]


def test_a_share_from_elsewhere_is_counted(town: Town) -> None:
    row = written(town, FATIMA)

    deliver(town.tx, activity("Announce", row.uri, to=[PUBLIC], cc=[f"{PIETER}/followers"]))
    deliver(town.tx, activity("Announce", row.uri, to=[PUBLIC]))

    assert the_post(town.tx, row.uri).shares == 1
    assert parts.sharers(town.tx, object_id=row.object_id) == [PIETER]


def test_a_stranger_who_shares_a_strangers_post_concerns_nobody_here(town: Town) -> None:
    row = arrive(town, note())

    with pytest.raises(ForbiddenError, match="nobody here follows"):
        deliver(town.tx, activity("Announce", row.uri, actor=MALLORY, to=[PUBLIC]))


def test_a_share_of_what_we_do_not_have_is_refused(town: Town) -> None:
    with pytest.raises(NotFoundError):
        deliver(town.tx, activity("Announce", "https://elders.example/notes/1", to=[PUBLIC]))


def test_aut_03_only_who_shared_can_take_it_back(town: Town) -> None:
    row = written(town, FATIMA)
    shared = activity("Announce", row.uri, to=[PUBLIC])
    deliver(town.tx, shared)

    with pytest.raises(ForbiddenError):
        deliver(town.tx, activity("Undo", shared, actor=MALLORY))
    assert the_post(town.tx, row.uri).shares == 1

    deliver(town.tx, activity("Undo", shared))
    assert the_post(town.tx, row.uri).shares == 0


# --- the top of a profile ---------------------------------------------------------------------------------------


def test_pinning_is_told_to_followers_and_undone(town: Town) -> None:
    row = written(town, FATIMA)

    assert pinning.pin(town.tx, actor=FATIMA, object_id=row.object_id)
    assert not pinning.pin(town.tx, actor=FATIMA, object_id=row.object_id)
    assert pinning.unpin(town.tx, actor=FATIMA, object_id=row.object_id)

    (add,), (remove,) = town.sent("Add"), town.sent("Remove")
    assert (add["object"], add["target"]) == (row.uri, f"{FATIMA}/featured")
    assert (remove["object"], remove["target"]) == (row.uri, f"{FATIMA}/featured")


def test_only_own_posts_are_pinned_and_not_too_many(town: Town) -> None:
    bouke = town.local("bouke")
    with pytest.raises(ForbiddenError):
        pinning.pin(town.tx, actor=bouke, object_id=written(town, FATIMA).object_id)
    for _ in range(10):
        pinning.pin(town.tx, actor=FATIMA, object_id=written(town, FATIMA).object_id)
    with pytest.raises(InvalidError):
        pinning.pin(town.tx, actor=FATIMA, object_id=written(town, FATIMA).object_id)
    direct = written(town, bouke, "Hoi @fatima", visibility=Visibility.DIRECT)
    with pytest.raises(InvalidError):
        pinning.pin(town.tx, actor=bouke, object_id=direct.object_id)
    assert post_queries.find(town.tx, object_id=direct.object_id)
