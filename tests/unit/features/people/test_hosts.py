from __future__ import annotations

import pytest

from fedgov.features.people import queries
from fedgov.features.people.service import follows, hosts
from fedgov.federation import follows as rows
from fedgov.kernel.errors import ForbiddenError, InvalidError
from fedgov.kernel.pagination import PageRequest
from fedgov.kernel.uris import host
from tests.unit.features.residents import Town


def blocked(town: Town, who: str) -> list[str]:
    return [row.host for row in queries.blocked_hosts(town.tx, who=who, page=PageRequest()).items]


def test_of_a_blocked_server_everybody_is_hidden_from_that_person_alone(town: Town) -> None:
    fatima, jelle, pieter = town.local(), town.local("jelle"), town.remote()

    assert hosts.block_host(town.tx, who=fatima, host=host(pieter).upper())

    assert blocked(town, fatima) == [host(pieter)]
    assert pieter in queries.hidden_from(town.tx, viewer=fatima)
    assert queries.silences(town.tx, who=fatima, whom=pieter)
    assert pieter in queries.unheard(town.tx, viewer=fatima)
    assert pieter not in queries.hidden_from(town.tx, viewer=jelle)
    assert not hosts.block_host(town.tx, who=fatima, host=host(pieter))
    assert hosts.unblock_host(town.tx, who=fatima, host=host(pieter))
    assert not hosts.unblock_host(town.tx, who=fatima, host=host(pieter))
    assert pieter not in queries.hidden_from(town.tx, viewer=fatima)


def test_follows_from_and_to_a_blocked_server_end_and_none_begins(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    rows.put(town.tx, follower=fatima, following=pieter, state="accepted", activity_uri=None)
    rows.put(town.tx, follower=pieter, following=fatima, state="accepted", activity_uri="https://x.example/f/1")

    hosts.block_host(town.tx, who=fatima, host=host(pieter))

    assert rows.find(town.tx, follower=fatima, following=pieter) is None
    assert rows.find(town.tx, follower=pieter, following=fatima) is None
    assert len(town.sent("Undo")) == len(town.sent("Reject")) == 1
    with pytest.raises(ForbiddenError):
        follows.follow(town.tx, actor=fatima, target=pieter)
    asked = {"id": "https://x.example/f/2", "type": "Follow", "actor": pieter, "object": fatima}
    assert follows.receive_follow(town.tx, follower=pieter, following=fatima, activity=asked) == "rejected"


@pytest.mark.parametrize("typed", ["", "geen domein", "https://", "a/b"])
def test_what_is_no_domain_cannot_be_blocked(town: Town, typed: str) -> None:
    with pytest.raises(InvalidError):
        hosts.block_host(town.tx, who=town.local(), host=typed)


def test_nobody_blocks_the_server_that_they_are_on(town: Town) -> None:
    with pytest.raises(InvalidError):
        hosts.block_host(town.tx, who=town.local(), host=town.tx.site.domain)
