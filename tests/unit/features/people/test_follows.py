from __future__ import annotations

import orjson
import pytest

from fedgov.activitystreams.document import Document
from fedgov.features.people import queries
from fedgov.features.people.inbox import HANDLERS, on_accept, on_follow, on_reject, on_undo_follow
from fedgov.features.people.service import accounts, blocks, follows
from fedgov.features.people.vocabulary import Followed, FollowRequested, Unfollowed
from fedgov.federation import actors
from fedgov.federation import follows as rows
from fedgov.federation.dispatch import Need
from fedgov.kernel.errors import ForbiddenError, NotFoundError
from fedgov.store.tables import inbox_items
from tests.unit.features.residents import NOW, Town, verified

SHARED = "https://leeuwarden.example/inbox"


def follow_of(who: str, whom: str, *, number: int = 1) -> Document:
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{who}#follows/{number}",
        "type": "Follow",
        "actor": who,
        "object": whom,
        "unknown": {"kept": True},
    }


def answer(kind: str, *, by: str, to: object) -> Document:
    return {"id": f"{by}#answers/1", "type": kind, "actor": by, "object": to}


def state(town: Town, follower: str, following: str) -> str | None:
    row = rows.find(town.tx, follower=follower, following=following)
    return None if row is None else str(row.state)


# --- people here follow -----------------------------------------------------------------------------------------


def test_following_somebody_elsewhere_waits_for_the_answer(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()

    assert follows.follow(town.tx, actor=fatima, target=pieter) == "pending"

    assert town.queued() == [("Follow", SHARED)]
    assert queries.relation(town.tx, viewer=fatima, target=pieter).requested
    assert not queries.relation(town.tx, viewer=fatima, target=pieter).following
    assert town.events(Followed) == []


def test_following_an_open_colleague_counts_at_once_and_sends_nothing(town: Town) -> None:
    fatima, jan = town.local(), town.local("jan")

    assert follows.follow(town.tx, actor=fatima, target=jan) == "accepted"

    assert [document["type"] for document in town.sent()] == ["Follow", "Accept"]
    assert town.queued() == []
    assert town.events(Followed) == [Followed(follower=fatima, following=jan)]


def test_following_a_careful_colleague_asks_first(town: Town) -> None:
    fatima, jan = town.local(), town.local("jan", approves_followers=True)

    assert follows.follow(town.tx, actor=fatima, target=jan) == "pending"

    assert town.events(FollowRequested) == [FollowRequested(follower=fatima, following=jan)]
    assert queries.count_follow_requests(town.tx, of=jan) == 1


def test_following_twice_changes_nothing(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    follows.follow(town.tx, actor=fatima, target=pieter)

    assert follows.follow(town.tx, actor=fatima, target=pieter) == "pending"

    assert len(town.queued()) == 1


def test_nobody_follows_themselves(town: Town) -> None:
    fatima = town.local()
    with pytest.raises(ForbiddenError):
        follows.follow(town.tx, actor=fatima, target=fatima)


def test_nobody_follows_a_server(town: Town) -> None:
    fatima, server = town.local(), town.remote("@server@leeuwarden.example", type="Application")
    with pytest.raises(ForbiddenError):
        follows.follow(town.tx, actor=fatima, target=server)
    assert town.queued() == []


def test_nobody_follows_whoever_blocks_them_or_is_blocked(town: Town) -> None:
    fatima, jan, anna = town.local(), town.local("jan"), town.local("anna")
    blocks.block(town.tx, who=jan, whom=fatima)
    blocks.block(town.tx, who=fatima, whom=anna)
    for other in (jan, anna):
        with pytest.raises(ForbiddenError):
            follows.follow(town.tx, actor=fatima, target=other)


def test_nobody_follows_an_account_that_moved(town: Town) -> None:
    fatima, pieter = town.local(), town.remote(movedTo="https://bzk.example/users/pieter")
    with pytest.raises(ForbiddenError):
        follows.follow(town.tx, actor=fatima, target=pieter)


def test_a_disabled_account_follows_nobody(town: Town) -> None:
    fatima, jan = town.local(), town.local("jan")
    accounts.disable(town.tx, account_id=queries.account_named(town.tx, username="fatima").id)
    with pytest.raises(ForbiddenError):
        follows.follow(town.tx, actor=fatima, target=jan)


def test_nobody_can_let_a_stranger_follow(town: Town) -> None:
    pieter, fatima = town.remote(), town.local()
    with pytest.raises(NotFoundError):
        follows.follow(town.tx, actor=pieter, target=fatima)


def test_unfollowing_undoes_the_follow_that_was_sent(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    follows.follow(town.tx, actor=fatima, target=pieter)
    [sent] = town.sent("Follow")

    assert follows.unfollow(town.tx, actor=fatima, target=pieter)

    [undo] = town.sent("Undo")
    assert undo["object"]["id"] == sent["id"]
    assert undo["object"]["object"] == pieter
    assert "proof" not in undo["object"]
    assert [kind for kind, _ in town.queued()] == ["Follow", "Undo"]
    assert state(town, fatima, pieter) is None
    assert town.events(Unfollowed) == [Unfollowed(follower=fatima, following=pieter)]


def test_unfollowing_whom_one_does_not_follow_sends_nothing(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    assert not follows.unfollow(town.tx, actor=fatima, target=pieter)
    assert town.sent() == []


# --- answers from elsewhere -------------------------------------------------------------------------------------


@pytest.mark.parametrize("embedded", [True, False])
def test_an_accept_by_the_followed_counts(town: Town, *, embedded: bool) -> None:
    fatima, pieter = town.local(), town.remote()
    follows.follow(town.tx, actor=fatima, target=pieter)
    [sent] = town.sent("Follow")

    on_accept(town.tx, verified(answer("Accept", by=pieter, to=sent if embedded else sent["id"])))

    assert state(town, fatima, pieter) == "accepted"
    assert town.events(Followed) == [Followed(follower=fatima, following=pieter)]


def test_aut_04_an_accept_by_somebody_else_has_no_effect(town: Town) -> None:
    fatima, pieter, mallory = town.local(), town.remote(), town.remote("@mallory@evil.example")
    follows.follow(town.tx, actor=fatima, target=pieter)
    [sent] = town.sent("Follow")

    on_accept(town.tx, verified(answer("Accept", by=mallory, to=sent)))
    on_accept(town.tx, verified(answer("Accept", by=mallory, to=sent["id"])))

    assert state(town, fatima, pieter) == "pending"
    assert state(town, fatima, mallory) is None


def test_an_accept_of_a_request_to_somebody_else_has_no_effect(town: Town) -> None:
    fatima, pieter, mallory = town.local(), town.remote(), town.remote("@mallory@evil.example")
    follows.follow(town.tx, actor=fatima, target=pieter)
    follows.follow(town.tx, actor=fatima, target=mallory)
    [to_pieter, _] = town.sent("Follow")

    on_accept(town.tx, verified(answer("Accept", by=mallory, to=to_pieter)))

    assert state(town, fatima, pieter) == state(town, fatima, mallory) == "pending"


def test_aut_04_an_accept_that_nobody_asked_for_has_no_effect(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    invented = {"id": f"{fatima}#never", "type": "Follow", "actor": fatima, "object": pieter}

    check = HANDLERS["Accept", "Follow"].check
    assert check is not None
    with pytest.raises(ForbiddenError):  # before anything is fetched
        check(town.tx, verified(answer("Accept", by=pieter, to=invented)))
    on_accept(town.tx, verified(answer("Accept", by=pieter, to=invented)))

    assert state(town, fatima, pieter) is None
    assert town.heard == [event for event in town.heard if not isinstance(event, Followed)]


def test_whom_one_begins_to_follow_is_read_anew_if_that_is_possible_now(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    follows.follow(town.tx, actor=fatima, target=pieter)
    [sent] = town.sent("Follow")
    arrived = verified(answer("Accept", by=pieter, to=sent))

    handler = HANDLERS["Accept", "Follow"]
    assert list(handler.needs(arrived.activity)) == [Need(kind="actor", uri=pieter, required=False, fresh=True)]
    handler.check(town.tx, arrived)

    follows.unfollow(town.tx, actor=fatima, target=pieter)
    with pytest.raises(ForbiddenError):
        handler.check(town.tx, arrived)


def test_an_accept_comes_once(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    follows.follow(town.tx, actor=fatima, target=pieter)
    [sent] = town.sent("Follow")
    for _ in range(2):
        on_accept(town.tx, verified(answer("Accept", by=pieter, to=sent)))
    assert len(town.events(Followed)) == 1


@pytest.mark.parametrize("accepted_before", [True, False])
def test_a_reject_ends_a_request_and_a_follow(town: Town, *, accepted_before: bool) -> None:
    fatima, pieter = town.local(), town.remote()
    follows.follow(town.tx, actor=fatima, target=pieter)
    [sent] = town.sent("Follow")
    if accepted_before:
        rows.accept(town.tx, follower=fatima, following=pieter)

    on_reject(town.tx, verified(answer("Reject", by=pieter, to=sent)))

    assert state(town, fatima, pieter) is None


@pytest.mark.parametrize("kind", ["Accept", "Reject"])
@pytest.mark.parametrize("embedded", [True, False])
def test_an_answer_to_an_earlier_request_leaves_the_one_that_stands(town: Town, kind: str, *, embedded: bool) -> None:
    fatima, pieter = town.local(), town.remote()
    follows.follow(town.tx, actor=fatima, target=pieter)
    follows.unfollow(town.tx, actor=fatima, target=pieter)
    follows.follow(town.tx, actor=fatima, target=pieter)
    first, second = town.sent("Follow")

    late = answer(kind, by=pieter, to=first if embedded else first["id"])
    (on_accept if kind == "Accept" else on_reject)(town.tx, verified(late))
    assert state(town, fatima, pieter) == "pending"

    on_accept(town.tx, verified(answer("Accept", by=pieter, to=second)))
    assert state(town, fatima, pieter) == "accepted"


def test_an_answer_that_gives_the_request_an_id_of_its_own_counts(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    follows.follow(town.tx, actor=fatima, target=pieter)
    [sent] = town.sent("Follow")

    on_accept(town.tx, verified(answer("Accept", by=pieter, to=sent | {"id": f"{pieter}#follows/9"})))

    assert state(town, fatima, pieter) == "accepted"


def test_a_reject_by_somebody_else_has_no_effect(town: Town) -> None:
    fatima, pieter, mallory = town.local(), town.remote(), town.remote("@mallory@evil.example")
    follows.follow(town.tx, actor=fatima, target=pieter)
    on_reject(town.tx, verified(answer("Reject", by=mallory, to=town.sent("Follow")[0])))
    assert state(town, fatima, pieter) == "pending"


# --- people elsewhere follow ------------------------------------------------------------------------------------


def test_a_follow_is_accepted_with_the_follow_exactly_as_it_came(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    request = follow_of(pieter, fatima)

    on_follow(town.tx, verified(request))

    [accept] = town.sent("Accept")
    assert accept["object"] == request
    assert accept["to"] == [pieter]
    assert town.queued() == [("Accept", SHARED)]
    assert state(town, pieter, fatima) == "accepted"
    assert town.events(Followed) == [Followed(follower=pieter, following=fatima)]


def test_a_repeated_follow_is_answered_again_but_told_once(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    on_follow(town.tx, verified(follow_of(pieter, fatima)))
    on_follow(town.tx, verified(follow_of(pieter, fatima, number=2)))
    assert len(town.sent("Accept")) == 2
    assert len(town.events(Followed)) == 1


def test_the_organisation_can_be_followed_but_the_server_refuses(town: Town) -> None:
    town.house()
    pieter = town.remote()
    on_follow(town.tx, verified(follow_of(pieter, town.tx.site.organisation)))
    on_follow(town.tx, verified(follow_of(pieter, town.tx.site.application)))
    assert [document["type"] for document in town.sent()] == ["Accept", "Reject"]
    assert state(town, pieter, town.tx.site.application) is None


def test_a_follow_of_somebody_who_decides_waits(town: Town) -> None:
    fatima, pieter = town.local(approves_followers=True), town.remote()

    on_follow(town.tx, verified(follow_of(pieter, fatima)))
    on_follow(town.tx, verified(follow_of(pieter, fatima, number=2)))

    assert town.sent() == []
    assert town.events(FollowRequested) == [FollowRequested(follower=pieter, following=fatima)]
    assert [row.uri for row in queries.follow_requests(town.tx, of=fatima).rows] == [pieter]
    assert not rows.is_follower(town.tx, follower=pieter, following=fatima)


def test_a_follower_does_not_fall_back_to_asking(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    on_follow(town.tx, verified(follow_of(pieter, fatima)))
    actors.change_local(town.tx, uri=fatima, values={"approves_followers": True})
    on_follow(town.tx, verified(follow_of(pieter, fatima, number=2)))
    assert state(town, pieter, fatima) == "accepted"


def test_whom_one_blocks_is_rejected(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    blocks.block(town.tx, who=fatima, whom=pieter)

    on_follow(town.tx, verified(follow_of(pieter, fatima)))

    assert state(town, pieter, fatima) is None
    assert len(town.sent("Reject")) == 1
    assert town.sent("Accept") == []


def test_a_follow_of_nobody_here_is_refused(town: Town) -> None:
    pieter, anna = town.remote(), town.remote("@anna@bzk.example")
    for target in (anna, "https://groningen.example/users/nobody"):
        with pytest.raises(ForbiddenError):
            on_follow(town.tx, verified(follow_of(pieter, target)))


def test_a_granted_request_answers_with_the_follow_as_it_came(town: Town) -> None:
    fatima, pieter = town.local(approves_followers=True), town.remote()
    request = follow_of(pieter, fatima)
    town.tx.execute(
        inbox_items.insert(),
        {
            "id": town.tx.new_id(),
            "origin": "https://leeuwarden.example",
            "activity_uri": request["id"],
            "actor": pieter,
            "type": "Follow",
            "order_key": "x",
            "body": orjson.dumps(request),
            "key_id": "x",
            "proven": False,
            "state": "done",
            "next_attempt_at": NOW,
            "received_at": NOW,
        },
    )
    on_follow(town.tx, verified(request))

    follows.accept_request(town.tx, actor=fatima, follower=pieter)

    [accept] = town.sent("Accept")
    assert accept["object"] == request
    assert town.events(Followed) == [Followed(follower=pieter, following=fatima)]


def test_a_granted_request_is_answered_even_when_the_log_was_cleaned(town: Town) -> None:
    fatima, pieter = town.local(approves_followers=True), town.remote()
    on_follow(town.tx, verified(follow_of(pieter, fatima)))
    follows.accept_request(town.tx, actor=fatima, follower=pieter)
    [accept] = town.sent("Accept")
    assert accept["object"] == {"id": f"{pieter}#follows/1", "type": "Follow", "actor": pieter, "object": fatima}


@pytest.mark.parametrize("decide", [follows.accept_request, follows.reject_request])
def test_ac_12_a_request_that_was_never_made_cannot_be_decided(town: Town, decide: object) -> None:
    fatima, pieter = town.local(approves_followers=True), town.remote()
    with pytest.raises(NotFoundError):
        decide(town.tx, actor=fatima, follower=pieter)  # type: ignore[operator]
    assert state(town, pieter, fatima) is None


def test_a_refused_request_is_answered(town: Town) -> None:
    fatima, pieter = town.local(approves_followers=True), town.remote()
    on_follow(town.tx, verified(follow_of(pieter, fatima)))
    follows.reject_request(town.tx, actor=fatima, follower=pieter)
    assert [document["type"] for document in town.sent()] == ["Reject"]
    assert state(town, pieter, fatima) is None


def test_a_follower_can_be_removed(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    on_follow(town.tx, verified(follow_of(pieter, fatima)))
    assert follows.remove_follower(town.tx, actor=fatima, follower=pieter)
    assert state(town, pieter, fatima) is None
    assert town.queued()[-1] == ("Reject", SHARED)
    assert not follows.remove_follower(town.tx, actor=fatima, follower=pieter)


@pytest.mark.parametrize("embedded", [True, False])
def test_an_undo_ends_the_follow(town: Town, *, embedded: bool) -> None:
    fatima, pieter = town.local(), town.remote()
    request = follow_of(pieter, fatima)
    on_follow(town.tx, verified(request))

    on_undo_follow(town.tx, verified(answer("Undo", by=pieter, to=request if embedded else request["id"])))

    assert state(town, pieter, fatima) is None
    assert town.events(Unfollowed) == [Unfollowed(follower=pieter, following=fatima)]


def test_aut_03_nobody_undoes_the_follow_of_another(town: Town) -> None:
    fatima, pieter, mallory = town.local(), town.remote(), town.remote("@mallory@leeuwarden.example")
    request = follow_of(pieter, fatima)
    on_follow(town.tx, verified(request))

    with pytest.raises(ForbiddenError):
        on_undo_follow(town.tx, verified(answer("Undo", by=mallory, to=request)))
    on_undo_follow(town.tx, verified(answer("Undo", by=mallory, to=request["id"])))

    assert state(town, pieter, fatima) == "accepted"
