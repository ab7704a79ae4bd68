from __future__ import annotations

import pytest

from fedgov.features.people.service import notes, removal
from fedgov.features.people.service.standing import standings
from fedgov.federation import follows as rows
from fedgov.kernel.errors import InvalidError, NotFoundError
from fedgov.kernel.pagination import PageRequest
from tests.unit.features.residents import Town


def test_a_note_is_for_its_writer_alone_and_an_empty_one_removes_it(town: Town) -> None:
    fatima, jelle, pieter = town.local(), town.local("jelle"), town.remote()

    notes.write_note(town.tx, who=fatima, whom=pieter, text=" Sprak hem op het congres ")

    assert standings(town.tx, viewer=fatima, targets=[pieter])[pieter].note == "Sprak hem op het congres"
    assert standings(town.tx, viewer=jelle, targets=[pieter])[pieter].note == ""
    notes.write_note(town.tx, who=fatima, whom=pieter, text="")
    assert standings(town.tx, viewer=fatima, targets=[pieter])[pieter].note == ""


def test_a_note_has_an_end_and_somebody_to_be_about(town: Town) -> None:
    fatima = town.local()
    with pytest.raises(InvalidError):
        notes.write_note(town.tx, who=fatima, whom=town.remote(), text="a" * (notes.MAX_NOTE + 1))
    with pytest.raises(NotFoundError):
        notes.write_note(town.tx, who=fatima, whom="https://nobody.example/x", text="a")


def test_only_whom_somebody_follows_they_can_recommend(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    with pytest.raises(InvalidError):
        notes.endorse(town.tx, who=fatima, whom=pieter)
    rows.put(town.tx, follower=fatima, following=pieter, state="accepted", activity_uri=None)

    notes.endorse(town.tx, who=fatima, whom=pieter)
    notes.endorse(town.tx, who=fatima, whom=pieter)

    assert [row.uri for row in notes.endorsed(town.tx, who=fatima, page=PageRequest()).items] == [pieter]
    assert notes.stop_endorsing(town.tx, who=fatima, whom=pieter)
    assert not notes.stop_endorsing(town.tx, who=fatima, whom=pieter)


def test_of_who_is_gone_nothing_stays_written(town: Town) -> None:
    fatima, pieter = town.local(), town.remote()
    notes.write_note(town.tx, who=fatima, whom=pieter, text="Belt terug")
    removal.remove_actor(town.tx, uri=pieter)
    assert standings(town.tx, viewer=fatima, targets=[pieter])[pieter].note == ""
