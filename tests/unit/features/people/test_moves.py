from __future__ import annotations

import orjson
import pytest

from fedgov.features.people import queries
from fedgov.features.people.inbox import needs_of_move, on_move
from fedgov.features.people.service import blocks, moves
from fedgov.features.people.vocabulary import ActorMoved
from fedgov.federation import actors
from fedgov.federation import follows as rows
from fedgov.federation.dispatch import Need
from fedgov.kernel.clock import DAY
from fedgov.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from tests.unit.features.residents import Town, verified

NEW = "https://bzk.example/users/pieter"


def move_of(who: str, *, what: str | None = None, to: str = NEW) -> dict[str, object]:
    return {"id": f"{who}#moves/1", "type": "Move", "actor": who, "object": what or who, "target": to}


def test_followers_here_come_along_and_leave_the_old_account(town: Town) -> None:
    fatima, old = town.local(), town.remote()
    new = town.remote("@pieter@bzk.example", alsoKnownAs=[old])
    town.befriend(fatima, old)

    on_move(town.tx, verified(move_of(old)))

    assert rows.find(town.tx, follower=fatima, following=old) is None
    moved = rows.find(town.tx, follower=fatima, following=new)
    assert moved is not None
    assert moved.state == "pending"
    assert town.queued() == [("Follow", "https://bzk.example/inbox"), ("Undo", "https://leeuwarden.example/inbox")]
    assert actors.get(town.tx, uri=old).moved_to == new
    assert town.events(ActorMoved) == [ActorMoved(old=old, new=new)]


def test_the_same_move_twice_happens_once(town: Town) -> None:
    old = town.remote()
    town.remote("@pieter@bzk.example", alsoKnownAs=[old])
    for _ in range(2):
        on_move(town.tx, verified(move_of(old)))
    assert len(town.events(ActorMoved)) == 1


def test_aut_05_a_move_that_the_new_account_does_not_confirm_is_refused(town: Town) -> None:
    fatima, old = town.local(), town.remote()
    town.remote("@pieter@bzk.example", alsoKnownAs=["https://leeuwarden.example/users/other"])
    town.befriend(fatima, old)

    with pytest.raises(ForbiddenError):
        on_move(town.tx, verified(move_of(old)))

    assert rows.is_follower(town.tx, follower=fatima, following=old)
    assert actors.get(town.tx, uri=old).moved_to is None


def test_aut_05_nobody_moves_somebody_else(town: Town) -> None:
    victim, mallory = town.remote(), town.remote("@mallory@leeuwarden.example")
    town.remote("@pieter@bzk.example", alsoKnownAs=[victim, mallory])
    with pytest.raises(ForbiddenError):
        on_move(town.tx, verified(move_of(mallory, what=victim)))


def test_aut_05_nobody_moves_to_themselves(town: Town) -> None:
    old = town.remote(alsoKnownAs=["https://leeuwarden.example/users/pieter"])
    with pytest.raises(ForbiddenError):
        on_move(town.tx, verified(move_of(old, to=old)))


def test_a_second_move_within_a_week_is_refused(town: Town) -> None:
    old = town.remote()
    for handle in ("@pieter@bzk.example", "@pieter@third.example"):
        town.remote(handle, alsoKnownAs=[old])
    on_move(town.tx, verified(move_of(old)))
    third = "https://third.example/users/pieter"
    with pytest.raises(ForbiddenError):
        on_move(town.tx, verified(move_of(old, to=third)))
    town.later(7 * DAY)
    on_move(town.tx, verified(move_of(old, to=third)))
    assert actors.get(town.tx, uri=old).moved_to == third


def test_a_move_to_somebody_unknown_is_refused_and_the_worker_gets_the_target_first(town: Town) -> None:
    old = town.remote()
    document = verified(move_of(old))
    assert list(needs_of_move(document.activity)) == [Need(kind="actor", uri=NEW, fresh=True)]
    with pytest.raises(NotFoundError):
        on_move(town.tx, document)


def test_aut_11_a_block_is_not_evaded_by_moving(town: Town) -> None:
    fatima, old = town.local(), town.remote()
    new = town.remote("@pieter@bzk.example", alsoKnownAs=[old])
    blocks.block(town.tx, who=fatima, whom=old)
    on_move(town.tx, verified(move_of(old)))
    assert queries.blocks(town.tx, who=fatima, whom=new)


def test_who_blocks_the_new_account_does_not_follow_it(town: Town) -> None:
    fatima, old = town.local(), town.remote()
    new = town.remote("@pieter@bzk.example", alsoKnownAs=[old])
    town.befriend(fatima, old)
    blocks.block(town.tx, who=fatima, whom=new)
    on_move(town.tx, verified(move_of(old)))
    assert rows.find(town.tx, follower=fatima, following=new) is None


# --- people here move -------------------------------------------------------------------------------------------


def test_somebody_here_moves_with_all_followers(town: Town) -> None:
    fatima, jan, pieter = town.local(), town.local("jan"), town.remote()
    new = town.remote("@fatima@bzk.example", alsoKnownAs=[fatima])
    town.befriend(jan, fatima)
    town.befriend(pieter, fatima)

    moves.move(town.tx, actor=fatima, target=new)

    [sent] = town.sent("Move")
    assert (sent["object"], sent["target"]) == (fatima, new)
    assert ("Move", "https://leeuwarden.example/inbox") in town.queued()
    assert actors.get(town.tx, uri=fatima).moved_to == new
    assert rows.find(town.tx, follower=jan, following=new) is not None
    assert rows.find(town.tx, follower=jan, following=fatima) is None


def test_somebody_here_cannot_move_to_an_account_that_does_not_confirm_it(town: Town) -> None:
    fatima, new = town.local(), town.remote("@fatima@bzk.example")
    with pytest.raises(ForbiddenError):
        moves.move(town.tx, actor=fatima, target=new)
    assert town.sent("Move") == []


def test_somebody_here_moves_once_a_week(town: Town) -> None:
    fatima = town.local()
    first = town.remote("@fatima@bzk.example", alsoKnownAs=[fatima])
    second = town.remote("@fatima@third.example", alsoKnownAs=[fatima])
    moves.move(town.tx, actor=fatima, target=first)
    with pytest.raises(ForbiddenError):
        moves.move(town.tx, actor=fatima, target=second)


def test_an_alias_is_published_and_can_be_taken_back(town: Town) -> None:
    fatima, other = town.local(), town.remote("@fatima@bzk.example")
    moves.add_alias(town.tx, actor=fatima, alias=other)
    moves.add_alias(town.tx, actor=fatima, alias=other)
    assert [document["object"]["alsoKnownAs"] for document in town.sent("Update")] == [[other]]
    moves.remove_alias(town.tx, actor=fatima, alias=other)
    assert orjson.loads(actors.get(town.tx, uri=fatima).also_known_as) == []


def test_an_alias_must_be_another_known_account(town: Town) -> None:
    fatima = town.local()
    with pytest.raises(InvalidError):
        moves.add_alias(town.tx, actor=fatima, alias=fatima)
    with pytest.raises(NotFoundError):
        moves.add_alias(town.tx, actor=fatima, alias=NEW)
