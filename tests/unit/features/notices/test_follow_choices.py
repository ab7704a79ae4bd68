from __future__ import annotations

import pytest

from fedgov.features.notices.service import follow_choices
from fedgov.features.notices.service.follow_choices import ALL, FollowChoice
from fedgov.kernel.errors import InvalidError
from tests.unit.features.residents import Town


def chosen(town: Town, who: str, whom: str) -> FollowChoice:
    return follow_choices.choices_of(town.tx, follower=who, following=[whom])[whom]


def test_what_is_wanted_of_somebody_is_kept_until_it_is_forgotten(people_town: Town) -> None:
    town = people_town
    fatima, pieter = town.local(), town.remote()
    assert chosen(town, fatima, pieter) == ALL

    follow_choices.choose(town.tx, follower=fatima, following=pieter, shares=False, languages=["NL", "fy", "nl"])
    follow_choices.choose(town.tx, follower=fatima, following=pieter, notify=True)

    assert chosen(town, fatima, pieter) == FollowChoice(notify=True, shares=False, languages=("nl", "fy"))
    assert chosen(town, pieter, fatima) == ALL
    follow_choices.forget(town.tx, follower=fatima, following=pieter)
    assert chosen(town, fatima, pieter) == ALL


@pytest.mark.parametrize("languages", [["geen taal"], ["n1"], ["a" * 11], [f"a{chr(98 + n)}" for n in range(21)]])
def test_what_is_no_list_of_languages_is_refused(people_town: Town, languages: list[str]) -> None:
    town = people_town
    with pytest.raises(InvalidError):
        follow_choices.choose(town.tx, follower=town.local(), following=town.remote(), languages=languages)
