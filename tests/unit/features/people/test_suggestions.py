from __future__ import annotations

import pytest

from fedgov.features.people.service import blocks, suggestions
from fedgov.federation import actors
from fedgov.federation import follows as rows
from fedgov.kernel.errors import NotFoundError
from tests.unit.features.residents import Town


def befriend(town: Town, *pairs: tuple[str, str]) -> None:
    for follower, following in pairs:
        rows.put(town.tx, follower=follower, following=following, state="accepted", activity_uri=None)


def test_friends_of_friends_are_suggested_the_best_known_first(town: Town) -> None:
    fatima, jelle, otto, anna, bram = (town.local(name) for name in ("fatima", "jelle", "otto", "anna", "bram"))
    befriend(town, (fatima, jelle), (fatima, otto), (jelle, anna), (otto, anna), (otto, bram), (jelle, fatima))

    assert suggestions.suggested(town.tx, who=fatima, limit=40) == [anna, bram]

    suggestions.dismiss(town.tx, who=fatima, whom=anna)
    assert suggestions.suggested(town.tx, who=fatima, limit=40) == [bram]
    blocks.mute(town.tx, who=fatima, whom=bram)
    assert suggestions.suggested(town.tx, who=fatima, limit=40) == []


def test_who_does_not_want_to_be_found_is_not_suggested_nor_in_the_directory(town: Town) -> None:
    fatima, jelle, anna = (town.local(name) for name in ("fatima", "jelle", "anna"))
    befriend(town, (fatima, jelle), (jelle, anna))
    actors.change_local(town.tx, uri=anna, values={"discoverable": False})

    assert suggestions.suggested(town.tx, who=fatima, limit=40) == []
    found = suggestions.directory(town.tx, viewer=fatima, order="new", local_only=True, limit=40, offset=0)
    assert anna not in [row.uri for row in found]
    assert jelle in [row.uri for row in found]


def test_whom_nobody_knows_cannot_be_dismissed(town: Town) -> None:
    with pytest.raises(NotFoundError):
        suggestions.dismiss(town.tx, who=town.local(), whom="https://nobody.example/x")


def test_familiar_followers_are_told_unless_the_followed_hides_its_followers(town: Town) -> None:
    fatima, jelle, anna = (town.local(name) for name in ("fatima", "jelle", "anna"))
    befriend(town, (fatima, jelle), (jelle, anna))

    assert suggestions.familiar_followers(town.tx, who=fatima, of=[anna]) == {anna: [jelle]}

    actors.change_local(town.tx, uri=anna, values={"lists_followers": False})
    assert suggestions.familiar_followers(town.tx, who=fatima, of=[anna]) == {anna: []}
