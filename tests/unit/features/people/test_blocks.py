from __future__ import annotations

import pytest

from fedgov.features.people import queries
from fedgov.features.people.inbox import on_block, on_undo_block
from fedgov.features.people.service import blocks, follows
from fedgov.features.people.vocabulary import Blocked, Unfollowed
from fedgov.federation import follows as rows
from fedgov.kernel.clock import HOUR
from fedgov.kernel.errors import ForbiddenError, NotFoundError
from tests.unit.features.residents import Town, verified


def test_a_block_ends_follows_both_ways_and_is_sent(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    follows.follow(town.tx, actor=fatima, target=pieter)
    town.befriend(pieter, fatima)

    blocks.block(town.tx, who=fatima, whom=pieter)

    assert rows.find(town.tx, follower=fatima, following=pieter) is None
    assert rows.find(town.tx, follower=pieter, following=fatima) is None
    assert [kind for kind, _ in town.queued()] == ["Follow", "Undo", "Reject", "Block"]
    assert town.sent("Block")[0]["object"] == pieter
    assert town.events(Blocked) == [Blocked(who=fatima, whom=pieter)]
    assert queries.blocks(town.tx, who=fatima, whom=pieter)
    assert not queries.blocks(town.tx, who=pieter, whom=fatima)
    assert queries.any_block(town.tx, one=pieter, other=fatima)


def test_blocking_twice_is_sent_once(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    for _ in range(2):
        blocks.block(town.tx, who=fatima, whom=pieter)
    assert len(town.sent("Block")) == len(town.events(Blocked)) == 1


def test_a_block_of_a_colleague_stays_here(town: Town) -> None:
    fatima, jan = town.local(), town.local("jan")
    blocks.block(town.tx, who=fatima, whom=jan)
    assert town.queued() == []
    assert queries.relation(town.tx, viewer=fatima, target=jan).blocked


def test_nobody_blocks_themselves_a_server_or_nobody(town: Town) -> None:
    fatima, server = town.local(), town.remote("@server@leeuwarden.example", type="Application")
    for whom in (fatima, server):
        with pytest.raises(ForbiddenError):
            blocks.block(town.tx, who=fatima, whom=whom)
    with pytest.raises(NotFoundError):
        blocks.block(town.tx, who=fatima, whom="https://leeuwarden.example/users/nobody")
    with pytest.raises(NotFoundError):
        blocks.block(town.tx, who=town.remote(), whom=fatima)


def test_unblocking_undoes_the_block_that_was_sent(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    blocks.block(town.tx, who=fatima, whom=pieter)

    assert blocks.unblock(town.tx, who=fatima, whom=pieter)

    [undo] = town.sent("Undo")
    assert undo["object"]["id"] == town.sent("Block")[0]["id"]
    assert not queries.any_block(town.tx, one=pieter, other=fatima)
    assert not blocks.unblock(town.tx, who=fatima, whom=pieter)
    assert len(town.sent("Undo")) == 1


def block_of(who: str, whom: str) -> dict[str, object]:
    return {"id": f"{who}#blocks/1", "type": "Block", "actor": who, "object": whom}


def test_a_block_from_elsewhere_ends_follows_and_tells_that_nobody_follows_any_more(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    town.befriend(fatima, pieter)
    town.befriend(pieter, fatima)

    for _ in range(2):
        on_block(town.tx, verified(block_of(pieter, fatima)))

    [undo] = town.sent()
    assert (undo["type"], undo["object"]["type"], undo["object"]["object"]) == ("Undo", "Follow", pieter)
    assert len(town.events(Unfollowed)) == 2
    assert town.events(Blocked) == [Blocked(who=pieter, whom=fatima)]
    with pytest.raises(ForbiddenError):
        follows.follow(town.tx, actor=fatima, target=pieter)


def test_a_block_between_strangers_is_refused(town: Town) -> None:
    pieter, anna = town.remote(), town.remote("@anna@bzk.example")
    with pytest.raises(ForbiddenError):
        on_block(town.tx, verified(block_of(pieter, anna)))


def test_aut_03_only_who_blocked_can_undo_it(town: Town) -> None:
    fatima, pieter, mallory = town.local(), town.remote(), town.remote("@mallory@leeuwarden.example")
    block = block_of(pieter, fatima)
    on_block(town.tx, verified(block))

    with pytest.raises(ForbiddenError):
        on_undo_block(town.tx, verified({"id": f"{mallory}#1", "type": "Undo", "actor": mallory, "object": block}))
    assert queries.blocks(town.tx, who=pieter, whom=fatima)

    on_undo_block(town.tx, verified({"id": f"{pieter}#2", "type": "Undo", "actor": pieter, "object": block}))
    assert not queries.blocks(town.tx, who=pieter, whom=fatima)


def test_nobody_elsewhere_can_undo_the_block_of_a_person_here(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    blocks.block(town.tx, who=fatima, whom=pieter)
    block = town.sent("Block")[0]
    with pytest.raises(ForbiddenError):
        on_undo_block(town.tx, verified({"id": f"{pieter}#2", "type": "Undo", "actor": pieter, "object": block}))
    assert queries.blocks(town.tx, who=fatima, whom=pieter)


def test_a_mute_lasts_until_its_time_and_nobody_is_told(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    blocks.mute(town.tx, who=fatima, whom=pieter, until=town.tx.now + HOUR)

    assert queries.mutes(town.tx, who=fatima, whom=pieter)
    assert queries.muted(town.tx, who=fatima) == {pieter}
    assert town.sent() == []

    later = town.later(HOUR)
    assert not queries.mutes(later, who=fatima, whom=pieter)
    assert queries.muted(later, who=fatima) == frozenset()


def test_a_mute_can_be_changed_and_ended(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    blocks.mute(town.tx, who=fatima, whom=pieter, until=town.tx.now + 1)
    blocks.mute(town.tx, who=fatima, whom=pieter)
    assert queries.mutes(town.later(HOUR), who=fatima, whom=pieter)
    assert blocks.unmute(town.tx, who=fatima, whom=pieter)
    assert not blocks.unmute(town.tx, who=fatima, whom=pieter)
    with pytest.raises(ForbiddenError):
        blocks.mute(town.tx, who=fatima, whom=fatima)


def test_timelines_leave_out_whom_one_blocks_who_blocks_one_and_whom_one_muted(town: Town) -> None:
    fatima, jan, pieter, anna = town.local(), town.local("jan"), town.remote(), town.remote("@anna@bzk.example")
    blocks.block(town.tx, who=fatima, whom=jan)
    on_block(town.tx, verified(block_of(pieter, fatima)))
    blocks.mute(town.tx, who=fatima, whom=anna)
    assert queries.shut_out(town.tx, viewer=fatima) == {jan, pieter}
    assert queries.hidden_from(town.tx, viewer=fatima) == {jan, pieter, anna}
    assert queries.hidden_from(town.tx, viewer=anna) == frozenset()


def test_who_is_muted_for_posts_alone_is_still_heard_of(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    blocks.mute(town.tx, who=fatima, whom=pieter, notifications=False)

    assert pieter in queries.hidden_from(town.tx, viewer=fatima)
    assert pieter not in queries.unheard(town.tx, viewer=fatima)
    assert not queries.silences(town.tx, who=fatima, whom=pieter)

    blocks.mute(town.tx, who=fatima, whom=pieter)
    assert pieter in queries.unheard(town.tx, viewer=fatima)
    assert queries.silences(town.tx, who=fatima, whom=pieter)
