"""What a post answers and what answers it, in whatever order it arrives."""

from __future__ import annotations

import pytest

from fedgov.activitystreams.audience import PUBLIC, Visibility
from fedgov.features.posts.queries.threads import Thread, thread
from fedgov.features.posts.service import publishing
from tests.unit.features.posts.correspondence import PIETER, activity, arrive, deliver, note, the_post, written
from tests.unit.features.residents import Town

FATIMA = "https://groningen.example/users/fatima"


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima follows Pieter."""
    people_town.befriend(people_town.local("fatima"), people_town.remote())
    return people_town


def uri(key: str) -> str:
    return f"https://leeuwarden.example/notes/{key}"


def around(town: Town, address: str, viewer: str | None = FATIMA) -> Thread:
    return thread(town.tx, row=the_post(town.tx, address), viewer=viewer)


def shape(found: Thread) -> tuple[list[str | None], list[tuple[str | None, int]]]:
    return (
        [place.row.uri if place.row is not None else None for place in found.ancestors],
        [(place.row.uri if place.row is not None else None, place.depth) for place in found.descendants],
    )


def test_a_thread_is_read_branch_by_branch(town: Town) -> None:
    for key, parent in (("a", None), ("b", "a"), ("c", "a"), ("d", "b"), ("e", "d")):
        arrive(town, note(key=key, inReplyTo=uri(parent) if parent else None))

    assert shape(around(town, uri("a"))) == ([], [(uri("b"), 1), (uri("d"), 2), (uri("e"), 3), (uri("c"), 1)])
    assert shape(around(town, uri("d"))) == ([uri("a"), uri("b")], [(uri("e"), 1)])


def test_replies_that_came_first_are_attached_when_their_parent_comes(town: Town) -> None:
    arrive(town, note(key="c", inReplyTo=uri("b")))
    arrive(town, note(key="d", inReplyTo=uri("c")))
    assert the_post(town.tx, uri("c")).in_reply_to_id is None

    arrive(town, note(key="b", inReplyTo=uri("a")))
    arrive(town, note(key="a"))

    assert shape(around(town, uri("a")))[1] == [(uri("b"), 1), (uri("c"), 2), (uri("d"), 3)]
    assert [the_post(town.tx, uri(key)).replies for key in "abcd"] == [1, 1, 1, 0]
    assert len({the_post(town.tx, uri(key)).thread_id for key in "abcd"}) == 1


def test_two_posts_that_claim_to_answer_each_other_make_no_circle(town: Town) -> None:
    arrive(town, note(key="a", inReplyTo=uri("b")))
    arrive(town, note(key="b", inReplyTo=uri("a")))
    arrive(town, note(key="self", inReplyTo=uri("self")))

    assert shape(around(town, uri("b"))) == ([uri("a")], [])
    assert shape(around(town, uri("a"))) == ([], [(uri("b"), 1)])
    assert shape(around(town, uri("self"))) == ([], [])


def test_a_deleted_post_leaves_its_place_in_the_thread(town: Town) -> None:
    for key, parent in (("a", None), ("b", "a"), ("c", "b")):
        arrive(town, note(key=key, inReplyTo=uri(parent) if parent else None))
    deliver(town.tx, activity("Delete", uri("b")))
    arrive(town, note(key="d", inReplyTo=uri("b")))

    assert shape(around(town, uri("c"))) == ([None], [])
    assert shape(around(town, uri("d")))[0] == [None]


def test_a_reply_that_the_reader_may_not_read_is_not_there(town: Town) -> None:
    arrive(town, note(key="a"))
    arrive(town, note(key="b", inReplyTo=uri("a"), to=[FATIMA], cc=[]))
    arrive(town, note(key="c", inReplyTo=uri("b"), to=[PUBLIC]))

    assert shape(around(town, uri("a"), FATIMA))[1] == [(uri("b"), 1), (uri("c"), 2)]
    assert shape(around(town, uri("a"), None))[1] == []
    assert shape(around(town, uri("c"), None))[0] == []
    assert the_post(town.tx, uri("a")).replies == 0


def test_replies_of_the_same_narrow_audience_are_counted(town: Town) -> None:
    row = written(town, FATIMA, visibility=Visibility.ORGANISATION)

    reply = written(town, FATIMA, "Ja", visibility=Visibility.ORGANISATION, in_reply_to=row.uri)

    assert the_post(town.tx, row.uri).replies == 1
    publishing.delete_post(town.tx, actor=FATIMA, object_id=reply.object_id)
    assert the_post(town.tx, row.uri).replies == 0


def test_a_long_thread_is_shown_up_to_a_limit(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from fedgov.features.posts.queries import threads

    monkeypatch.setattr(threads, "MAX_ANCESTORS", 3)
    monkeypatch.setattr(threads, "MAX_DESCENDANTS", 2)
    for number in range(8):
        arrive(town, note(PIETER, key=str(number), inReplyTo=uri(str(number - 1)) if number else None))

    found = around(town, uri("5"))

    assert [place.row.uri for place in found.ancestors if place.row] == [uri("2"), uri("3"), uri("4")]
    assert len(found.descendants) == 2
