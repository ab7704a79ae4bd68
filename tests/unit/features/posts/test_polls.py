"""Votes in and out, numbers, and the end of a poll."""

from __future__ import annotations

from typing import Any

import pytest

from fedgov.activitystreams.audience import Visibility
from fedgov.features.posts.queries import parts
from fedgov.features.posts.queries import posts as post_queries
from fedgov.features.posts.service import polls
from fedgov.features.posts.vocabulary import PollDraft, PollEnded
from fedgov.kernel.clock import DAY, HOUR, MINUTE, to_rfc3339
from fedgov.kernel.errors import ConflictError, FedgovError, ForbiddenError, InvalidError, NotFoundError
from tests.unit.features.posts.correspondence import PIETER, activity, arrive, deliver, note, the_post, written
from tests.unit.features.residents import NOW, Town

FATIMA = "https://groningen.example/users/fatima"


@pytest.fixture
def town(people_town: Town) -> Town:
    """Fatima and Pieter follow each other; Bouke is a colleague."""
    people_town.befriend(people_town.local("fatima"), people_town.remote())
    people_town.befriend(PIETER, FATIMA)
    people_town.local("bouke")
    return people_town


BOUKE = "https://groningen.example/users/bouke"


def asked(town: Town, *, multiple: bool = False, visibility: Visibility = Visibility.PUBLIC) -> int:
    draft = PollDraft(options=("Koffie", "Thee", "Water"), ends_at=NOW + DAY, multiple=multiple)
    return int(written(town, FATIMA, "Wat drinken we?", poll=draft, visibility=visibility).object_id)


def votes(town: Town, object_id: int) -> list[int]:
    poll = parts.poll_of(town.tx, object_id=object_id)
    assert poll is not None
    return [option.votes for option in poll.options]


def ballot(question: str, choice: str, *, actor: str = PIETER, key: str = "v1") -> dict[str, object]:
    vote = note(actor, key=key, name=choice, content=None, inReplyTo=question, to=[FATIMA], cc=[])
    return activity("Create", vote, actor=actor)


# --- votes ------------------------------------------------------------------------------------------------------


def test_aut_14_a_vote_from_elsewhere_is_counted_once_and_is_no_post(town: Town) -> None:
    object_id = asked(town)
    uri = post_queries.get_any(town.tx, object_id=object_id).uri

    deliver(town.tx, ballot(uri, "Thee"))
    deliver(town.tx, ballot(uri, "Thee", key="v2"))

    assert votes(town, object_id) == [0, 1, 0]
    poll = parts.poll_of(town.tx, object_id=object_id)
    assert poll is not None
    assert poll.voters_count == 1
    assert post_queries.find_by_uri(town.tx, uri="https://leeuwarden.example/notes/v1") is None
    assert post_queries.get_any(town.tx, object_id=object_id).replies == 0


def test_where_one_answer_counts_a_second_one_is_refused(town: Town) -> None:
    object_id = asked(town)
    uri = post_queries.get_any(town.tx, object_id=object_id).uri
    deliver(town.tx, ballot(uri, "Thee"))

    with pytest.raises(ConflictError):
        deliver(town.tx, ballot(uri, "Koffie", key="v2"))

    assert votes(town, object_id) == [0, 1, 0]


def test_where_several_answers_count_each_counts_once(town: Town) -> None:
    object_id = asked(town, multiple=True)
    uri = post_queries.get_any(town.tx, object_id=object_id).uri

    deliver(town.tx, ballot(uri, "Thee"))
    deliver(town.tx, ballot(uri, "Koffie", key="v2"))

    assert votes(town, object_id) == [1, 1, 0]
    poll = parts.poll_of(town.tx, object_id=object_id)
    assert poll is not None
    assert poll.voters_count == 1


def test_aut_14_votes_that_do_not_count_are_refused(town: Town) -> None:
    object_id = asked(town)
    uri = post_queries.get_any(town.tx, object_id=object_id).uri

    with pytest.raises(InvalidError):
        deliver(town.tx, ballot(uri, "Bier"))
    with pytest.raises(FedgovError):
        deliver(town.tx, ballot(uri, "Thee") | {"actor": "https://elders.example/users/x"})
    town.later(DAY + 1)
    with pytest.raises(ConflictError, match="over"):
        deliver(town.tx, ballot(uri, "Thee"))

    assert votes(town, object_id) == [0, 0, 0]


def test_aut_14_who_may_not_read_a_poll_does_not_vote_in_it(town: Town) -> None:
    object_id = asked(town, visibility=Visibility.ORGANISATION)
    uri = post_queries.get_any(town.tx, object_id=object_id).uri

    with pytest.raises(NotFoundError):
        deliver(town.tx, ballot(uri, "Thee"))


def test_aut_14_colleagues_vote_and_the_author_does_not(town: Town) -> None:
    object_id = asked(town, visibility=Visibility.ORGANISATION)

    polls.vote(town.tx, actor=BOUKE, object_id=object_id, choices=[2])

    assert votes(town, object_id) == [0, 0, 1]
    assert parts.own_votes(town.tx, object_ids=[object_id], actor=BOUKE) == {object_id: (2,)}
    with pytest.raises(ForbiddenError):
        polls.vote(town.tx, actor=FATIMA, object_id=object_id, choices=[0])
    with pytest.raises(ConflictError):
        polls.vote(town.tx, actor=BOUKE, object_id=object_id, choices=[1])


@pytest.mark.parametrize("choices", [[], [3], [-1], [0, 1]])
def test_a_choice_that_is_not_there_is_refused(town: Town, choices: list[int]) -> None:
    object_id = asked(town)

    with pytest.raises(InvalidError):
        polls.vote(town.tx, actor=BOUKE, object_id=object_id, choices=choices)


def test_a_vote_in_a_poll_elsewhere_travels_as_a_note_with_a_name(town: Town) -> None:
    row = arrive(town, question())

    polls.vote(town.tx, actor=FATIMA, object_id=row.object_id, choices=[1])

    (create,) = town.sent("Create")
    vote = create["object"]
    assert (vote["type"], vote["name"], vote["inReplyTo"], vote["to"]) == ("Note", "Nee", row.uri, [PIETER])
    assert "content" not in vote
    assert create["to"] == [PIETER]
    assert votes(town, row.object_id) == [3, 3]


def question(**members: Any) -> dict[str, object]:
    options = [
        {"type": "Note", "name": "Ja", "replies": {"type": "Collection", "totalItems": 3}},
        {"type": "Note", "name": "Nee", "replies": {"type": "Collection", "totalItems": 2}},
    ]
    return note(key="q", type="Question", oneOf=options, votersCount=5, endTime=to_rfc3339(NOW + HOUR), **members)


# --- numbers ----------------------------------------------------------------------------------------------------


def test_the_numbers_are_sent_a_while_after_the_votes_in_one_message(town: Town) -> None:
    jelle = town.remote("@jelle@drachten.example")
    object_id = asked(town)
    uri = post_queries.get_any(town.tx, object_id=object_id).uri
    deliver(town.tx, ballot(uri, "Thee", actor=jelle))
    polls.vote(town.tx, actor=BOUKE, object_id=object_id, choices=[1])
    assert polls.end_polls(town.tx) == 0

    assert polls.end_polls(town.later(polls.TALLY_AFTER)) == 1

    (update,) = town.sent("Update")
    assert [option["replies"]["totalItems"] for option in update["object"]["oneOf"]] == [0, 2, 0]
    assert update["object"]["votersCount"] == 2
    assert "updated" not in update["object"]
    assert {inbox for kind, inbox in town.queued() if kind == "Update"} == {
        "https://leeuwarden.example/inbox",
        "https://drachten.example/inbox",
    }
    assert polls.end_polls(town.tx) == 0


def test_the_numbers_of_a_poll_elsewhere_are_taken_over_without_an_edit(town: Town) -> None:
    row = arrive(town, question())
    newer = question()
    newer["oneOf"][0]["replies"]["totalItems"] = 9  # type: ignore[index]

    deliver(town.tx, activity("Update", newer))

    assert votes(town, row.object_id) == [9, 2]
    assert the_post(town.tx, row.uri).edited_at is None
    assert post_queries.earlier_versions(town.tx, object_id=row.object_id) == []


def test_other_answers_void_the_votes(town: Town) -> None:
    row = arrive(town, question())
    polls.vote(town.tx, actor=FATIMA, object_id=row.object_id, choices=[1])

    deliver(town.tx, activity("Update", question() | {"oneOf": [{"name": "A"}, {"name": "B"}]}))

    assert votes(town, row.object_id) == [0, 0]
    assert parts.own_votes(town.tx, object_ids=[row.object_id], actor=FATIMA) == {}


# --- the end ----------------------------------------------------------------------------------------------------


def test_a_poll_ends_and_everyone_concerned_hears_it(town: Town) -> None:
    object_id = asked(town)
    polls.vote(town.tx, actor=BOUKE, object_id=object_id, choices=[0])
    polls.end_polls(town.later(MINUTE))

    assert polls.end_polls(town.later(DAY)) == 1

    (ended,) = town.events(PollEnded)
    assert (ended.object_id, ended.author, ended.voters) == (object_id, FATIMA, (BOUKE,))
    assert town.sent("Update")[-1]["object"]["closed"]
    assert polls.end_polls(town.tx) == 0
    with pytest.raises(ConflictError):
        polls.vote(town.tx, actor=BOUKE, object_id=object_id, choices=[1])


def test_the_end_of_a_poll_elsewhere_is_told_to_who_voted_here(town: Town) -> None:
    row = arrive(town, question())
    polls.vote(town.tx, actor=FATIMA, object_id=row.object_id, choices=[0])

    polls.end_polls(town.later(HOUR))
    late = question(updated=to_rfc3339(NOW + HOUR))
    deliver(town.tx, activity("Update", late, published=to_rfc3339(NOW + HOUR)))
    polls.end_polls(town.later(MINUTE))

    assert [(event.object_id, event.voters) for event in town.events(PollEnded)] == [(row.object_id, (FATIMA,))]
    assert town.sent("Update") == []
